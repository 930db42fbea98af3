/// The kernel: a block takes its chip through windows of steps, with the chip's data at hand.
#pragma once

#include <cooperative_groups.h>

#include "chip_output.cuh"
#include "ideal_input.cuh"
#include "kernels.hpp"
#include "membranes.cuh"
#include "traces.cuh"

namespace bss::cuda {

/// Steps of the window from `first` on that begin a group with new noise words, bit by bit.
__device__ inline std::uint32_t draws_in(std::int64_t first)
{
    static_assert(model::steps_per_draw == 16);
    return 0x00010001u << (-static_cast<std::uint32_t>(first) & 15);
}

/// The next window, if there is one.
__device__ __noinline__ inline void begin_window()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const Piece& piece = *m.piece;
    const std::uint32_t window = ++block.window;
    block.more = window < block.end_window;
    block.first_step = piece.first + static_cast<std::int64_t>(window) * m.window_steps;
    block.steps = static_cast<int>(piece.last - block.first_step < m.window_steps ? piece.last - block.first_step : m.window_steps);
    block.busy = block.crossings = block.arrivals_before[0] = 0;
}

/// What one thread finds out about the window at hand.
template <class P>
__device__ __noinline__ void look_at_window(std::uint32_t arrivals_in)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    block.arrivals_in = arrivals_in;
    atomicOr(&block.busy, arrivals_in | (m.ideal_lines > 0 ? ~0u : 0u) | (P::noise ? draws_in(block.first_step) | (block.window == block.first_window) : 0u));
    block.counters.delays_below_timestep += block.counters.delays_to_count;
    block.counters.delays_to_count = 0;
    block.counters.row_events += block.row_events;
    block.counters.synaptic_events += block.synaptic_events;
    block.row_events = block.synaptic_events = 0;
    block.stop = __ldcg(&m.report->failed_window) < block.window;
    block.prepares = block.stop || m.ideal_lines > 0 || (arrivals_in != 0 && m.chip[blockIdx.x].plastic_drivers > 0);
    block.sends = m.link_bandwidth || m.ideal_lines > 0 || inputs_of(*m.piece, block.window).count > 0;
}

/// What is in the window's steps. Two warps, a lane a step.
template <class P>
__device__ __forceinline__ void find_what_happens()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t lane = threadIdx.x % 32;
    const std::int64_t step = block.first_step + lane;
    const bool inside = static_cast<int>(lane) < block.steps;
    if (threadIdx.x >= 32) {
        const Special special = special_at(static_cast<int>(lane));
        const std::uint32_t samples = __ballot_sync(~0u, inside && special.samples), changes = __ballot_sync(~0u, inside && special.changes);
        if (lane == 0) {
            block.samples = samples;
            block.current_changes = changes;
            atomicOr(&block.busy, samples | changes);
        }
        return;
    }
    std::uint32_t count = 0;
    if (m.arrivals != nullptr && inside) {
        std::uint32_t* const waiting = m.arrival_counts + std::size_t{blockIdx.x} * (m.ring_mask + 1) + (static_cast<std::uint32_t>(step) & m.ring_mask);
        count = __ldcg(waiting);
        *waiting = 0;
    }
    const std::uint32_t arrivals_in = __ballot_sync(~0u, count > 0);
    for (int d = 1; d < 32; d *= 2) {
        const std::uint32_t other = __shfl_up_sync(~0u, count, d);
        count += static_cast<int>(lane) >= d ? other : 0;
    }
    block.arrivals_before[lane + 1] = count;
    if (lane == 0)
        look_at_window<P>(arrivals_in);
}

/// What arrives at the thread's denmem.
__device__ inline void take_quanta(Block& block, const std::int32_t* quanta)
{
    float4& denmem = block.denmem[threadIdx.x];
    denmem.x = denmem.x + model::number(static_cast<std::uint32_t>(quanta[threadIdx.x]));
    denmem.y = denmem.y + model::number(static_cast<std::uint32_t>(quanta[threads + threadIdx.x]));
}

/// What happens at the beginning of a step beside the integration. All threads.
template <class P>
__device__ __forceinline__ void begin_busy_step(Block& block, int s)
{
    const Machine& m = block.machine;
    std::int32_t* const quanta = shared_neurons<P>().quanta[0];
    if (P::noise && ((static_cast<std::uint32_t>(block.first_step) + s) % model::steps_per_draw == 0 || (s == 0 && block.window == block.first_window)))
        draw_noise(s);
    if (block.current_changes >> s & 1)
        change_currents(s);
    if (((block.arrivals_in | block.samples) >> s & 1) == 0 && m.ideal_lines == 0)
        return;
    quanta[threadIdx.x] = quanta[threads + threadIdx.x] = 0;
    __syncthreads();
    if (m.chip[blockIdx.x].plastic_drivers > 0)
        deliver_in_order(s, quanta);
    else
        deliver(s, quanta);
    __syncthreads();
    if (m.ideal_lines > 0)
        take_ideal(s, quanta);
    if (block.samples >> s & 1) {
        __syncthreads();
        sample(s, quanta);
        __syncthreads();
    }
    take_quanta(block, quanta);
    if (P::merged)
        __syncthreads();                            // terms take the place of the quanta
}

template <class P>
__global__ void __launch_bounds__(threads, 3) run_windows(const __grid_constant__ Machine machine, Pace pace, std::uint32_t window)
{
    Block& block = shared_block();
    const Piece& piece = *machine.piece;
    if (pace == Pace::stepwise && (window >= piece.windows || __ldcg(&machine.report->failed_window) < window))
        return;
    const std::uint32_t t = threadIdx.x;
    static_assert(sizeof machine % 4 == 0 && sizeof machine / 4 <= threads);
    if (t < sizeof machine / 4)
        reinterpret_cast<std::uint32_t*>(&block.machine)[t] = reinterpret_cast<const std::uint32_t*>(&machine)[t];
    if (t == 0) {
        block.counters = {};
        block.counters.delays_to_count = machine.counters[blockIdx.x].delays_to_count;
        block.row_events = block.synaptic_events = 0;
        block.first_window = window;
        block.window = window - 1;
        block.end_window = pace == Pace::stepwise ? window + 1 : piece.windows;
    }
    load<P>(machine.parameters[blockIdx.x], machine.state[blockIdx.x], block);
    const float noise_unit = P::noise ? machine.parameters[blockIdx.x].noise[t] : 0.0f;
    for (;;) {
        __syncthreads();
        if (t == 0)
            begin_window();
        __syncthreads();
        if (!block.more)
            break;
        if (t < 64)
            find_what_happens<P>();
        __syncthreads();
        if (block.prepares) {
            if (block.stop)
                return;                             // something did not fit: the piece will be run again
            if (machine.chip[blockIdx.x].plastic_drivers > 0)
                sort_arrivals(block);
            if (machine.ideal_lines > 0)
                send_sources();
        }
        for (int s = 0; s < block.steps;) {
            if (block.busy >> s & 1)
                begin_busy_step<P>(block, s);
            int until = block.steps;
            if (const std::uint32_t later = block.busy >> s >> 1; later != 0)
                until = min(until, s + __ffs(static_cast<int>(later)));
            if (P::noise)                           // words at hand are for so many
                until = min(until, s + 8 - static_cast<int>(static_cast<std::uint32_t>(block.first_step + s) & 7));
            if constexpr (P::merged) {
                s = run_together<P>(block, noise_unit, s, until);
            } else {
                if (!run_calmly<P>(block, noise_unit, s, until))
                    run_carefully<P>(noise_unit, s, until);
                s = until;
            }
        }
        __syncthreads();
        if (block.sends || block.crossings > 0) {
            send();
            if (machine.ideal_lines > 0)
                send_on_lines();
        }
        if (pace == Pace::together)
            cooperative_groups::this_grid().sync();
    }
    __syncthreads();
    store(machine.state[blockIdx.x], block);
    if (t == 0) {
        ChipCounters& counters = machine.counters[blockIdx.x];
        counters.row_events += block.counters.row_events + block.row_events;
        counters.synaptic_events += block.counters.synaptic_events + block.synaptic_events;
        counters.l1_neuron_lost += block.counters.l1_neuron_lost;
        counters.l2_up_lost += block.counters.l2_up_lost;
        counters.relayed += block.counters.relayed;
        counters.delays_below_timestep += block.counters.delays_below_timestep;
        counters.delays_to_count = block.counters.delays_to_count;
    }
}

}   // namespace bss::cuda
