/// The kernel: a block takes its chip through windows of steps, with the chip's data at hand.
#pragma once

#include <cooperative_groups.h>

#include "chip_output.cuh"
#include "ideal_input.cuh"
#include "kernels.hpp"
#include "traces.cuh"

namespace bss::cuda {

/// What arrives in the window's steps. All threads.
__device__ __forceinline__ void begin_window(std::int64_t first, int steps)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t t = threadIdx.x, lane = t % 32;
    if (t == 0)
        block.first_step = first;
    if (t < 32) {
        std::uint32_t count = 0;
        if (m.arrivals != nullptr && static_cast<int>(t) < steps) {
            std::uint32_t* const waiting = m.arrival_counts + std::size_t{blockIdx.x} * (m.ring_mask + 1) + (static_cast<std::uint32_t>(first + t) & m.ring_mask);
            count = __ldcg(waiting);
            *waiting = 0;
        }
        for (int d = 1; d < 32; d *= 2) {
            const std::uint32_t other = __shfl_up_sync(~0u, count, d);
            count += static_cast<int>(lane) >= d ? other : 0;
        }
        block.arrivals_before[t + 1] = count;
        const std::uint32_t before = __shfl_up_sync(~0u, count, 1), arrivals_in = __ballot_sync(~0u, count > (t == 0 ? 0 : before));
        if (t == 0) {
            block.arrivals_in = arrivals_in;
            block.arrivals_before[0] = 0;
            block.next_arrival = 0;
            block.crossings = 0;
            block.counters.delays_below_timestep += block.counters.delays_to_count;
            block.counters.delays_to_count = 0;
        }
    } else if (t < 64) {
        find_special_steps(m, block, first, steps, lane);
    } else if (t < 64 + most_window_steps) {
        block.row_events_until[0][t - 64] = block.row_events_until[1][t - 64] = 0;
    }
    __syncthreads();
    if (m.chip[blockIdx.x].plastic_drivers > 0)
        sort_arrivals(m, block, first, steps);
}

/// What acts at the beginning of a step, into block.arrived; noise words, where the step needs new ones. All threads.
__device__ __forceinline__ void begin_busy_step(int s, bool noise)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipParameters& p = m.parameters[blockIdx.x];
    const std::uint32_t t = threadIdx.x, denmems = m.chip[blockIdx.x].denmems, place = p.place_of[t], half = place / Column::count;
    const std::int64_t step = block.first_step + s;
    if (noise && (s == 0 || step % model::steps_per_draw == 0))
        draw_noise(step);
    std::int32_t quanta[2] = {0, 0};
    if (m.ideal_lines > 0 && t < denmems && p.firing_thread[p.neuron_of[t]] == t)
        take_ideal(m, m.chip[blockIdx.x].first_neuron + p.neuron_of[t], step, quanta);
    // Row events of this step begin where those of the step before it end, or the lists at hand begin.
    for (std::uint32_t next = s > 0 ? block.row_events_until[half][s - 1] : 0;; next = 0) {
        if (t < denmems)
            ask_synapses(m, block, place, next, block.row_events_until[half][s], quanta);
        if (block.arrivals_before[s + 1] <= block.next_arrival)
            break;
        __syncthreads();
        take_arrivals();
    }
    block.arrived[0][t] = quanta[0];
    block.arrived[1][t] = quanta[1];
}

/// Steps from `first` on that begin a group with new noise words, bit by bit.
__device__ inline std::uint32_t draws_in(std::int64_t first)
{
    static_assert(model::steps_per_draw == 16);
    return 0x00010001u << (-static_cast<std::uint32_t>(first) & 15);
}

template <class P>
__global__ void __launch_bounds__(threads, 3) run_windows(const __grid_constant__ Machine machine, Pace pace, std::uint32_t window)
{
    Block& block = shared_block();
    const Piece& piece = *machine.piece;
    if (pace == Pace::stepwise && (window >= piece.windows || __ldcg(&machine.report->failed_window) < window))
        return;
    const std::uint32_t t = threadIdx.x, chip_number = blockIdx.x;
    if (t == 0)
        block.machine = machine;
    __syncthreads();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[chip_number];
    const ChipParameters& p = m.parameters[chip_number];
    DenmemRegisters d;
    MembraneRegisters membrane;
    load<P>(p, m.state[chip_number], block, d, membrane);
    if (t == 0) {
        block.counters = {};
        block.counters.delays_to_count = m.counters[chip_number].delays_to_count;
    }
    const std::uint32_t denmems = chip.denmems, mine = p.neuron_of[t], first_denmem = p.first[t], own_denmems = p.count[t];
    const std::uint32_t end_window = pace == Pace::stepwise ? window + 1 : piece.windows;
    for (; window < end_window; ++window) {
        const std::int64_t first = piece.first + static_cast<std::int64_t>(window) * m.window_steps;
        const int steps = static_cast<int>(piece.last - first < m.window_steps ? piece.last - first : m.window_steps);
        __syncthreads();
        begin_window(first, steps);
        if (m.ideal_lines > 0)
            send_sources(window);
        // Steps in which something happens beside the integration.
        std::uint32_t busy = block.arrivals_in | block.samples | block.current_changes | (m.ideal_lines > 0 ? ~0u : 0u);
        if (P::noise)
            busy |= (first == piece.first || pace == Pace::stepwise ? 1u : 0u) | draws_in(first);
        for (int s = 0; s < steps; ++s, busy >>= 1) {
            if (busy & 1) {
                begin_busy_step(s, P::noise);
                if (block.current_changes >> s & 1)
                    membrane.current = change_currents(block.first_step + s, membrane.current);
                if (block.samples >> s & 1) {
                    block.parts.g[0][t] = d.g[0];
                    block.parts.g[1][t] = d.g[1];
                    block.parts.w[t] = model::adaptation_part(d.w, d.gain, P::merged ? block.lift[mine] : membrane.lift, d.carry);
                    block.v[t] = membrane.v;
                    sample(block.first_step + s);
                }
                for (int i = 0; i < 2; ++i)
                    d.g[i] = d.g[i] + model::number(static_cast<std::uint32_t>(block.arrived[i][t]));
            }
            if constexpr (P::merged)
                step_merged<P>(block, d, membrane, s, mine, first_denmem, own_denmems, denmems);
            else if (t < denmems)
                step_single<P>(block, d, membrane, s);
        }
        __syncthreads();
        send(window, first + steps);
        if (m.ideal_lines > 0)
            send_on_lines();
        if (pace == Pace::together)
            cooperative_groups::this_grid().sync();
        if (pace != Pace::stepwise) {
            __syncthreads();
            if (t == 0)
                block.stop = __ldcg(&m.report->failed_window) <= window;
            __syncthreads();
            if (block.stop)
                return;                             // the piece will be run again
        }
    }
    store(m.state[chip_number], d, membrane);
    __syncthreads();
    if (t == 0) {
        ChipCounters& counters = m.counters[chip_number];
        counters.row_events += block.counters.row_events;
        counters.synaptic_events += block.counters.synaptic_events;
        counters.l1_neuron_lost += block.counters.l1_neuron_lost;
        counters.l2_up_lost += block.counters.l2_up_lost;
        counters.delays_below_timestep += block.counters.delays_below_timestep;
        counters.delays_to_count = block.counters.delays_to_count;
    }
}

}   // namespace bss::cuda
