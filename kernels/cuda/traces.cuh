/// Samples of traces and the current stimulus: what happens in some steps only.
#pragma once

#include "kernels/model/current_stimulus.hpp"
#include "membranes.cuh"

namespace bss::cuda {

/// Which steps of the window sample a trace or change a current, bit by bit. Called by a warp, a lane a step.
__device__ inline void find_special_steps(const Machine& m, Block& block, std::int64_t first, int steps, std::uint32_t lane)
{
    const ChipData& chip = m.chip[blockIdx.x];
    const std::int64_t step = first + lane;
    bool samples = false, changes = false;
    for (std::uint32_t k = 0; k < chip.probes; ++k)
        samples |= step % m.piece->traces[m.probes[chip.first_probe + k].trace].interval_steps == 0;
    for (std::uint32_t k = 0; k < chip.currents; ++k)
        changes |= model::waveform_changes(step, m.timestep_s, m.currents[chip.first_current + k].sample_s);
    const bool inside = static_cast<int>(lane) < steps;
    const std::uint32_t sample_steps = __ballot_sync(~0u, inside && samples), change_steps = __ballot_sync(~0u, inside && changes);
    if (lane == 0) {
        block.samples = sample_steps;
        block.current_changes = change_steps;
    }
}

/// @return the current into the thread's membrane from now on
__device__ __noinline__ inline float change_currents(std::int64_t step, float current)
{
    const Machine& m = shared_block().machine;
    const ChipData& chip = m.chip[blockIdx.x];
    for (std::uint32_t k = 0; k < chip.currents; ++k) {
        const CurrentData& waveform = m.currents[chip.first_current + k];
        if (!model::waveform_changes(step, m.timestep_s, waveform.sample_s))
            continue;
        const double dac = model::waveform_dac(waveform.dac, sizeof waveform.dac / sizeof *waveform.dac, waveform.continuous, model::waveform_sample(step, m.timestep_s, waveform.sample_s));
        for (std::uint32_t i = 0; i < waveform.count; ++i) {
            const CurrentNeuron neuron = m.current_neurons[waveform.first + i];
            if (neuron.neuron == threadIdx.x)
                current = static_cast<float>(dac * neuron.ampere_per_dac * m.parameters[blockIdx.x].scale[threadIdx.x]);
        }
    }
    return current;
}

/// The state at the grid point of a step, with what arrives at this very moment: potentials are in block.v, the rest in block.parts. All threads.
__device__ __forceinline__ void sample(std::int64_t step)
{
    const Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const ChipParameters& p = m.parameters[blockIdx.x];
    const std::uint32_t t = threadIdx.x;
    __syncthreads();
    for (std::uint32_t k = t; k < chip.probes; k += threads) {
        const Probe probe = m.probes[chip.first_probe + k];
        const TraceData& trace = m.piece->traces[probe.trace];
        if (step % trace.interval_steps != 0)
            continue;
        const std::uint32_t n = probe.neuron, first = p.first[n], last = first + p.count[n];
        float value = 0;
        double sum = 0;
        switch (static_cast<Variable>(trace.variable)) {
        case Variable::v: value = model::volt(p.threshold_volt[n], block.v[n]); break;
        case Variable::w:
            for (std::uint32_t i = first; i < last; ++i)
                sum += block.parts.w[i];
            value = static_cast<float>(sum / p.scale[n]);
            break;
        default:
            const int input = trace.variable == static_cast<std::uint8_t>(Variable::gsyn_inh);
            for (std::uint32_t i = first; i < last; ++i) {
                sum += block.parts.g[input][i];
                sum += block.arrived[input][i];
            }
            value = static_cast<float>(sum * p.quantum_siemens[input][n]);
        }
        m.piece->values[trace.first_value + static_cast<std::uint64_t>(step / trace.interval_steps - trace.first_sample) * trace.width + probe.position] = value;
    }
    __syncthreads();
}

}   // namespace bss::cuda
