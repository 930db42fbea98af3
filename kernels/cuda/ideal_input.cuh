/// Ideal synapses (cpu/ideal_input.cpp): a ring with a row of accumulators for each step, in device memory.
#pragma once

#include "chip_output.cuh"
#include "kernels/model/delay.hpp"

namespace bss::cuda {

/// Adds the synapses of a line to the rows of the steps in which they act. A whole warp.
/// @param factor  of a plastic line
__device__ __noinline__ inline void add_line(std::uint32_t line, std::int64_t step, std::uint32_t factor)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint64_t first = m.ideal_first[line], last = m.ideal_first[line + 1];
    const bool plastic = m.ideal_plastic[line] != nobody;
    for (std::uint64_t k = first + threadIdx.x % 32; k < last; k += 32) {
        const IdealSynapseData synapse = m.ideal_synapses[k];
        const std::uint32_t row = static_cast<std::uint32_t>(step + static_cast<std::int64_t>(synapse.delay)) & m.ideal_mask;
        const std::uint64_t quanta = plastic ? synapse.quanta * std::uint64_t{factor} >> tsodyks_markram_factor_bits : synapse.quanta;
        atomicAdd(m.ideal_ring + 2 * std::size_t{row} * m.ideal_neurons + synapse.target, static_cast<std::int32_t>(quanta));
    }
    if (threadIdx.x % 32 == 0)
        atomicAdd(&block.synaptic_events, static_cast<std::uint32_t>(last - first));
}

/// The crossing of this window that the neuron of crossing `at` has `later` crossings after that one, among those that the thread of a warp looks at;
/// nobody: there is none.
__device__ __noinline__ inline std::uint32_t look_for_crossing(std::uint32_t at, int later)
{
    const Block& block = shared_block();
    const Crossed* const crossed = crossings_of(block.machine);
    for (std::uint32_t k = threadIdx.x % 32; k < crossings_in(block); k += 32)
        if (crossed[k].neuron == crossed[at].neuron && crossed[k].number == crossed[at].number + later)
            return k;
    return nobody;
}

/// The same among all. A whole warp.
__device__ __forceinline__ std::uint32_t crossing_of_the_same(std::uint32_t at, int later) { return __reduce_min_sync(~0u, look_for_crossing(at, later)); }

/// A spike on the lines of its neuron. A whole warp.
__device__ __forceinline__ void send_on_lines_of(const Machine& m, const Crossed& spike)
{
    const std::uint32_t* const lines = m.ideal_lines_of + m.chip[blockIdx.x].first_neuron + spike.neuron;
    for (std::uint32_t line = lines[0]; line < lines[1]; ++line) {
        std::uint32_t factor = 0;
        if (m.ideal_plastic[line] != nobody && threadIdx.x % 32 == 0)
            factor = tsodyks_markram_event(m.ideal_states[m.ideal_plastic[line]], spike.time_s);
        add_line(line, model::nearest_step(spike.time_s, m.timestep_s), __shfl_sync(~0u, factor, 0));
    }
}

/// Spikes of the window on the lines of their neurons. A warp takes the first spike of a neuron in the window and, in order, those that follow it: a
/// plastic line must see them so.
__device__ __forceinline__ void send_on_lines()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    for (std::uint32_t k = threadIdx.x / 32; k < crossings_in(block); k += threads / 32)
        if (crossing_of_the_same(k, -1) == nobody)  // otherwise the warp of that one does it
            for (std::uint32_t at = k; at != nobody; at = crossing_of_the_same(at, 1))
                send_on_lines_of(m, crossings_of(m)[at]);
}

/// Spikes that sources send in this window: each block takes some of them.
__device__ __noinline__ inline void send_sources()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const Piece& piece = *m.piece;
    const std::uint32_t first = piece.first_ideal_spike[block.window], last = piece.first_ideal_spike[block.window + 1];
    for (std::uint32_t k = first + blockIdx.x * (threads / 32) + threadIdx.x / 32; k < last; k += m.chips * (threads / 32))
        add_line(piece.ideal_spikes[k].line, piece.ideal_spikes[k].step, piece.ideal_spikes[k].factor);
}

/// Moves what acts on the neuron of the thread's denmem at a step of the window into the sums of the firing one: if that is the thread's.
__device__ __noinline__ inline void take_ideal(int s, std::int32_t* quanta)
{
    const Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const ChipParameters& p = m.parameters[blockIdx.x];
    if (threadIdx.x >= chip.denmems || p.firing_thread[p.neuron_of[threadIdx.x]] != threadIdx.x)
        return;
    const std::uint32_t neuron = chip.first_neuron + p.neuron_of[threadIdx.x];
    std::int32_t* const row = m.ideal_ring + 2 * std::size_t{static_cast<std::uint32_t>(block.first_step + s) & m.ideal_mask} * m.ideal_neurons + neuron;
    for (int input = 0; input < 2; ++input) {
        std::int32_t* const at = row + input * std::size_t{m.ideal_neurons};
        if (const std::int32_t sum = __ldcg(at)) {
            quanta[input * threads + threadIdx.x] += sum;
            *at = 0;
        }
    }
}

}   // namespace bss::cuda
