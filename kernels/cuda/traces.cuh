/// Samples of traces and the current stimulus: what happens in some steps only.
#pragma once

#include "block.cuh"
#include "kernels/model/current_stimulus.hpp"
#include "observed.hpp"

namespace bss::cuda {

/// What a step of the window has beside the integration.
struct Special {
    bool samples, changes;
};
__device__ __noinline__ inline Special special_at(int s)
{
    const Block& block = shared_block();
    const Machine& m = block.machine;
    const std::int64_t step = block.first_step + s;
    const ChipData& chip = m.chip[blockIdx.x];
    Special special{};
    for (std::uint32_t k = 0; k < chip.probes; ++k)
        special.samples |= step % m.piece->traces[m.probes[chip.first_probe + k].trace].interval_steps == 0;
    for (std::uint32_t k = 0; k < chip.currents; ++k)
        special.changes |= model::waveform_changes(step, m.timestep_s, m.currents[chip.first_current + k].sample_s);
    return special;
}

/// The current into the thread's membrane from a step of the window on.
__device__ __noinline__ inline void change_currents(int s)
{
    Block& block = shared_block();
    const std::int64_t step = block.first_step + s;
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    for (std::uint32_t k = 0; k < chip.currents; ++k) {
        const CurrentData& waveform = m.currents[chip.first_current + k];
        if (!model::waveform_changes(step, m.timestep_s, waveform.sample_s))
            continue;
        const double dac = model::waveform_dac(waveform.dac, sizeof waveform.dac / sizeof *waveform.dac, waveform.continuous, model::waveform_sample(step, m.timestep_s, waveform.sample_s));
        for (std::uint32_t i = 0; i < waveform.count; ++i) {
            const CurrentNeuron neuron = m.current_neurons[waveform.first + i];
            if (neuron.neuron == threadIdx.x)
                block.membrane[threadIdx.x].w = static_cast<float>(dac * neuron.ampere_per_dac * m.parameters[blockIdx.x].scale[threadIdx.x]);
        }
    }
}

/// The state at the grid point of a step of the window, with what arrives at this very moment. Barriers around it are the caller's.
__device__ __noinline__ inline void sample(int s, const std::int32_t* quanta)
{
    const Block& block = shared_block();
    const std::int64_t step = block.first_step + s;
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const ChipParameters& p = m.parameters[blockIdx.x];
    for (std::uint32_t k = threadIdx.x; k < chip.probes; k += threads) {
        const Probe probe = m.probes[chip.first_probe + k];
        const TraceData& trace = m.piece->traces[probe.trace];
        if (step % trace.interval_steps != 0)
            continue;
        m.piece->values[trace.first_value + static_cast<std::uint64_t>(step / trace.interval_steps - trace.first_sample) * trace.width + probe.position] =
            observed(static_cast<Variable>(trace.variable), p, probe.neuron, block.denmem, block.membrane, quanta);
    }
}

}   // namespace bss::cuda
