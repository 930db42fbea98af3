/// A denmem and a membrane of a thread over a step: the text of kernels/model/ on a device.
#pragma once

#include "block.cuh"
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"
#include "kernels/model/observables.hpp"

namespace bss::cuda {

/// What the neurons of a program need. Parts that one does not need add exact zeros for it: leaving them out changes no bit.
template <bool adex_, bool limits_, bool noise_, bool merged_>
struct Parts {
    static constexpr bool exponential = adex_, adaptation = adex_, limits = limits_, noise = noise_;
    static constexpr bool merged = merged_;         ///< some neurons have several denmems; otherwise a thread's neuron is its denmem
};

/// State and parameters in registers, from the first window of a launch to the last; what registers have no room for is in shared memory.
struct DenmemRegisters {
    float g[2], w, carry;
    float e_leak, e_rev[2], decay[2], slope, intercept, rate, gain;
};
struct MembraneRegisters {
    float v, refractory, lift, current;
};

template <class P>
__device__ void load(const ChipParameters& p, const ChipState& s, Block& block, DenmemRegisters& d, MembraneRegisters& membrane)
{
    const std::uint32_t t = threadIdx.x;
    for (int i = 0; i < 2; ++i) {
        d.g[i] = s.g[i][t];
        d.e_rev[i] = p.e_rev[i][t];
        d.decay[i] = p.decay[i][t];
        block.per_quantum[i][t] = P::limits ? p.limit_share[i][t] : p.per_quantum[i][t];
        block.limit_scale[i][t] = p.limit_scale[i][t];
    }
    d.w = s.w[t];
    d.carry = s.carry[t];
    d.e_leak = p.e_leak[t];
    d.slope = p.slope[t];
    d.intercept = p.intercept[t];
    d.rate = p.rate[t];
    d.gain = p.gain[t];
    block.leak[0][t] = P::limits ? p.leak_per_end[t] : p.g_leak[t];
    block.leak[1][t] = p.leak_strength[t];
    membrane = {s.v[t], s.refractory[t], s.lift[t], s.current[t]};
    block.v[t] = membrane.v;
    block.lift[t] = membrane.lift;
    block.noise[t] = p.noise[t];
}

__device__ inline void store(ChipState& s, const DenmemRegisters& d, const MembraneRegisters& membrane)
{
    const std::uint32_t t = threadIdx.x;
    s.g[0][t] = d.g[0];
    s.g[1][t] = d.g[1];
    s.w[t] = d.w;
    s.carry[t] = d.carry;
    s.v[t] = membrane.v;
    s.refractory[t] = membrane.refractory;
    s.lift[t] = membrane.lift;
    s.current[t] = membrane.current;
}

/// What a denmem does to its membrane in a step; its own state moves on (cpu/step.hpp has the same for vectors).
template <class P>
__device__ __forceinline__ model::Terms<float> step_denmem(DenmemRegisters& d, const Block& block, float v, float lift)
{
    using namespace model;
    const std::uint32_t t = threadIdx.x;
    Terms<float> one;
    const float gap = d.e_leak - v;
    if constexpr (P::limits)
        limited_leak(one, gap, block.leak[0][t], block.leak[1][t]);
    else
        leak(one, gap, block.leak[0][t]);
    for (int i = 0; i < 2; ++i) {
        float g = d.g[i];
        d.g[i] = g * d.decay[i];
        if constexpr (P::limits)
            g = limited_conductance(g, block.per_quantum[i][t], block.limit_scale[i][t]);
        else
            g = conductance(g, block.per_quantum[i][t]);
        synapse(one, v, g, d.e_rev[i]);
    }
    if constexpr (P::exponential)
        exponential(one, v, d.slope, d.intercept);
    if constexpr (P::adaptation) {
        d.carry = fused(d.gain, lift, d.carry);
        adaptation(one, gap, d.rate, d.gain, d.w, d.carry);
    }
    return one;
}

/// New noise words for the group of sixteen steps that `step` belongs to.
__device__ __noinline__ inline void draw_noise(std::int64_t step)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    if (threadIdx.x >= chip.neurons)
        return;
    const std::uint64_t group = static_cast<std::uint64_t>(step) / model::steps_per_draw;
    std::uint32_t words[4] = {chip.wafer, m.parameters[blockIdx.x].firing[threadIdx.x] + chip.hicann * Denmem::count, static_cast<std::uint32_t>(group >> 32),
                              static_cast<std::uint32_t>(group)};
    model::philox(words, m.noise_key[0], m.noise_key[1]);
    for (int i = 0; i < 4; ++i)
        block.noise_words[i][threadIdx.x] = words[i];
}

/// Current and noise on a membrane.
template <class P>
__device__ __forceinline__ void drive(model::Terms<float>& sum, const Block& block, const MembraneRegisters& membrane, std::uint32_t step)
{
    sum.linear = sum.linear + membrane.current;
    if constexpr (P::noise) {
        const float draw = model::noise_draw<float>(block.noise_words[model::noise_word(step)][threadIdx.x], step);
        sum.linear = model::fused(draw, block.noise[threadIdx.x], sum.linear);
    }
}

/// The sum of what the denmems of a thread's neuron do, in their order.
__device__ __forceinline__ model::Terms<float> sum_terms(const Block& block, std::uint32_t first, std::uint32_t count)
{
    const auto at = [&](std::uint32_t k) { return model::Terms<float>{block.terms[0][k], block.terms[1][k], block.terms[2][k], block.terms[3][k], block.terms[4][k], block.terms[5][k]}; };
    model::Terms<float> sum = at(first);
    for (std::uint32_t k = first + 1; k < first + count; ++k)
        add(sum, at(k));
    return sum;
}

__device__ inline void put_terms(Block& block, const model::Terms<float>& one)
{
    const float terms[6] = {one.linear, one.conductance, one.exponential, one.steepness, one.curvature, one.adaptation};
    for (int i = 0; i < 6; ++i)
        block.terms[i][threadIdx.x] = terms[i];
}

/// The rare case: the thread's membrane crosses its threshold in this step, at least once. Needs its denmems' w in block.w and leaves them there. Arguments and
/// result go by value: what has an address does not stay in registers.
template <class P>
__device__ __noinline__ MembraneRegisters cross(model::Terms<float> sum, float v, float fraction, float current, std::int64_t step)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t chip = blockIdx.x, n = threadIdx.x;
    const ChipParameters& p = m.parameters[chip];
    const std::uint32_t first = p.first[n];
    const model::DenmemColumn denmems{p.count[n], 1, block.w + first, p.jump + first, p.rate + first, p.slope + first, p.intercept + first};
    const model::Firing f = model::fire<P>(v, sum, fraction, p.v_reset[n], p.tau_refrac[n], denmems);
    for (int k = 0; k < f.spikes; ++k) {
        const std::uint32_t number = m.state[chip].spike_count[n]++;
        const std::uint32_t at = atomicAdd(&block.crossings, 1u);
        if (at < m.room.crossings)
            m.crossed[2 * std::size_t{chip} * m.room.crossings + at] = {(static_cast<double>(step) + f.times[k]) * m.timestep_s, n, number, false};
    }
    return {f.v, f.refractory, f.lift, current};
}

/// All neurons have one denmem: no thread needs another one.
template <class P>
__device__ __forceinline__ void step_single(Block& block, DenmemRegisters& d, MembraneRegisters& membrane, int s)
{
    model::Terms<float> sum = step_denmem<P>(d, block, membrane.v, membrane.lift);
    drive<P>(sum, block, membrane, static_cast<std::uint32_t>(block.first_step) + s);
    const float fraction = model::larger(1.0f - membrane.refractory, 0.0f);
    membrane.refractory = model::larger(membrane.refractory - 1.0f, 0.0f);
    const auto next = model::advance<P>(membrane.v, sum, fraction);
    if (next.v >= 0.0f) {
        block.w[threadIdx.x] = d.w;
        membrane = cross<P>(sum, membrane.v, fraction, membrane.current, block.first_step + s);
        d.w = block.w[threadIdx.x];
    } else {
        membrane.v = next.v;
        membrane.lift = next.lift;
    }
}

/// Denmems hand their terms to the owners of their membranes, who integrate and tell the potential.
/// @param mine  neuron of the thread's denmem
template <class P>
__device__ __forceinline__ void step_merged(Block& block, DenmemRegisters& d, MembraneRegisters& membrane, int s,
                                            std::uint32_t mine, std::uint32_t first_denmem, std::uint32_t count, std::uint32_t denmems)
{
    if (threadIdx.x < denmems)
        put_terms(block, step_denmem<P>(d, block, block.v[mine], block.lift[mine]));
    __syncthreads();
    bool crossing = false;
    float fraction = 0;
    if (count > 0) {
        model::Terms<float> sum = sum_terms(block, first_denmem, count);
        drive<P>(sum, block, membrane, static_cast<std::uint32_t>(block.first_step) + s);
        fraction = model::larger(1.0f - membrane.refractory, 0.0f);
        const auto next = model::advance<P>(membrane.v, sum, fraction);
        crossing = next.v >= 0.0f;
        if (!crossing) {
            membrane.refractory = model::larger(membrane.refractory - 1.0f, 0.0f);
            block.v[threadIdx.x] = membrane.v = next.v;
            block.lift[threadIdx.x] = membrane.lift = next.lift;
        }
    }
    if (!__syncthreads_or(crossing))
        return;
    block.w[threadIdx.x] = d.w;
    __syncthreads();
    if (crossing) {
        model::Terms<float> sum = sum_terms(block, first_denmem, count);
        drive<P>(sum, block, membrane, static_cast<std::uint32_t>(block.first_step) + s);
        membrane = cross<P>(sum, membrane.v, fraction, membrane.current, block.first_step + s);
        block.v[threadIdx.x] = membrane.v;
        block.lift[threadIdx.x] = membrane.lift;
    }
    __syncthreads();
    d.w = block.w[threadIdx.x];
}

}   // namespace bss::cuda
