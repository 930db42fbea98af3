/// Ideal synapses (cpu/ideal_input.cpp): a ring with a row of accumulators for each step, in device memory.
#pragma once

#include "block.cuh"
#include "kernels/model/delay.hpp"

namespace bss::cuda {

/// Adds the synapses of a line to the rows of the steps in which they act. A whole warp.
/// @param factor  of a plastic line
__device__ inline std::uint32_t add_line(const Machine& m, std::uint32_t line, std::int64_t step, std::uint64_t factor, std::uint32_t lane)
{
    const std::uint64_t first = m.ideal_first[line], last = m.ideal_first[line + 1];
    const bool plastic = m.ideal_plastic[line] != nobody;
    for (std::uint64_t k = first + lane; k < last; k += 32) {
        const IdealSynapseData synapse = m.ideal_synapses[k];
        const std::uint32_t row = static_cast<std::uint32_t>(step + static_cast<std::int64_t>(synapse.delay)) & m.ideal_mask;
        const std::uint64_t quanta = plastic ? synapse.quanta * factor >> tsodyks_markram_factor_bits : synapse.quanta;
        atomicAdd(m.ideal_ring + 2 * std::size_t{row} * m.ideal_neurons + synapse.target, static_cast<std::int32_t>(quanta));
    }
    return static_cast<std::uint32_t>(last - first);
}

/// Spikes of the window on the lines of their neurons. A warp takes the first spike of a neuron in the window and, in order, those that follow it: a
/// plastic line must see them so.
__device__ __forceinline__ void send_on_lines()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const Crossed* const crossed = m.crossed + 2 * std::size_t{blockIdx.x} * m.room.crossings;
    const std::uint32_t count = min(block.crossings, m.room.crossings);
    const ChipData& chip = m.chip[blockIdx.x];
    const std::uint32_t lane = threadIdx.x % 32;
    for (std::uint32_t k = threadIdx.x / 32; k < count; k += threads / 32) {
        const std::uint32_t neuron = crossed[k].neuron;
        const std::uint32_t first_line = m.ideal_lines_of[chip.first_neuron + neuron], last_line = m.ideal_lines_of[chip.first_neuron + neuron + 1];
        if (first_line == last_line)
            continue;
        std::uint32_t number = crossed[k].number, before = 0;
        for (std::uint32_t j = lane; j < count; j += 32)
            before |= crossed[j].neuron == neuron && crossed[j].number < number;
        if (__any_sync(~0u, before))
            continue;                               // the warp of that one does it
        for (std::uint32_t at = k; at != nobody;) {
            const double time_s = crossed[at].time_s;
            const std::int64_t step = model::nearest_step(time_s, m.timestep_s);
            std::uint32_t events = 0;
            for (std::uint32_t line = first_line; line < last_line; ++line) {
                std::uint32_t factor = 0;
                if (m.ideal_plastic[line] != nobody) {
                    if (lane == 0)
                        factor = tsodyks_markram_event(m.ideal_states[m.ideal_plastic[line]], time_s);
                    factor = __shfl_sync(~0u, factor, 0);
                }
                events += add_line(m, line, step, factor, lane);
            }
            if (lane == 0)
                atomicAdd(&block.counters.synaptic_events, static_cast<unsigned long long>(events));
            ++number;
            std::uint32_t found = nobody;
            for (std::uint32_t j = lane; j < count; j += 32)
                if (crossed[j].neuron == neuron && crossed[j].number == number)
                    found = j;
            at = __reduce_min_sync(~0u, found);
        }
    }
}

/// Spikes that sources send in this window: each block takes some of them.
__device__ __noinline__ inline void send_sources(std::uint32_t window)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const Piece& piece = *m.piece;
    const std::uint32_t lane = threadIdx.x % 32, first = piece.first_ideal_spike[window], last = piece.first_ideal_spike[window + 1];
    for (std::uint32_t k = first + blockIdx.x * (threads / 32) + threadIdx.x / 32; k < last; k += m.chips * (threads / 32)) {
        const IdealSpike spike = piece.ideal_spikes[k];
        const std::uint32_t events = add_line(m, spike.line, spike.step, spike.factor, lane);
        if (lane == 0)
            atomicAdd(&block.counters.synaptic_events, static_cast<unsigned long long>(events));
    }
}

/// Moves what acts on a neuron at a step into the sums of its firing denmem.
__device__ inline void take_ideal(const Machine& m, std::uint32_t neuron, std::int64_t step, std::int32_t (&sums)[2])
{
    std::int32_t* const row = m.ideal_ring + 2 * std::size_t{static_cast<std::uint32_t>(step) & m.ideal_mask} * m.ideal_neurons + neuron;
    for (int input = 0; input < 2; ++input) {
        std::int32_t* const at = row + input * std::size_t{m.ideal_neurons};
        if (const std::int32_t sum = __ldcg(at)) {
            sums[input] += sum;
            *at = 0;
        }
    }
}

}   // namespace bss::cuda
