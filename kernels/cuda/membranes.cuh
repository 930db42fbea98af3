/// Denmems and membranes from step to step: the text of kernels/model/ on a device.
#pragma once

#include "block.cuh"
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"

namespace bss::cuda {

/// What the neurons of a program need. Parts that one does not need add exact zeros for it: leaving them out changes no bit.
template <bool adex_, bool limits_, bool noise_, bool merged_>
struct Parts {
    static constexpr bool exponential = adex_, adaptation = adex_, limits = limits_, noise = noise_;
    static constexpr bool merged = merged_;         ///< some neurons have several denmems; otherwise a thread's neuron is its denmem

    // Where a denmem's parameters stand.
    static constexpr int e_leak = 0, leak = 1, e_rev = leak + (limits ? 2 : 1), decay = e_rev + 2, per_quantum = decay + 2, limit_scale = per_quantum + 2,
                         slope = limit_scale + (limits ? 2 : 0), intercept = slope + 1, rate = slope + 2, gain = slope + 3, count = slope + (adex_ ? 4 : 0);
    static constexpr int quads = (count + 3) / 4;
    static constexpr int terms = adex_ ? 5 : 2;     ///< of model::Terms; the curvature is not one of them
};

/// The memory of a block: what all kernels have, and behind it this.
template <class P>
struct Neurons {
    union {
        std::int32_t quanta[2][threads];            ///< what acts on denmems at the beginning of a step
        float terms[P::merged ? P::terms : 2][threads];     ///< of denmems, for their membranes
    };
    float4 parameters[P::quads][threads];
};
template <class P>
constexpr std::size_t shared_bytes = (sizeof(Block) + 15) / 16 * 16 + sizeof(Neurons<P>);
template <class P>
__device__ Neurons<P>& shared_neurons() { return *reinterpret_cast<Neurons<P>*>(shared_memory() + (sizeof(Block) + 15) / 16 * 16); }

/// The thread's denmem in registers.
template <class P>
struct DenmemRegisters {
    float g[2], w, carry, p[4 * P::quads];

    __device__ explicit DenmemRegisters(const Block& block)
    {
        const float4 state = block.denmem[threadIdx.x];
        g[0] = state.x, g[1] = state.y, w = state.z, carry = state.w;
        for (int k = 0; k < P::quads; ++k) {
            const float4 quad = shared_neurons<P>().parameters[k][threadIdx.x];
            p[4 * k] = quad.x, p[4 * k + 1] = quad.y, p[4 * k + 2] = quad.z, p[4 * k + 3] = quad.w;
        }
    }
    __device__ void store(Block& block) const { block.denmem[threadIdx.x] = {g[0], g[1], w, carry}; }
};

/// The thread's noise in registers: the draws of eight steps.
template <class P>
struct NoiseRegisters {
    std::uint32_t low, high, next;
    float unit;

    /// From a step of the window on. `unit`: ChipParameters::noise of the thread's neuron.
    __device__ NoiseRegisters(const Block& block, float unit, int s) : unit(unit)
    {
        if constexpr (P::noise) {
            next = static_cast<std::uint32_t>(block.first_step) + s;
            const uint2 words = block.machine.noise_words[blockIdx.x][next / 8 % 2][threadIdx.x];
            low = words.x, high = words.y, next &= 7;
        }
    }
    __device__ void add(model::Terms<float>& sum)
    {
        if constexpr (P::noise) {
            sum.linear = model::fused(model::noise_draw_of<float>(__byte_perm(low, high, next) & 0xff), unit, sum.linear);
            ++next;
        }
    }
    __device__ void skip()
    {
        if constexpr (P::noise)
            ++next;
    }
};

template <class P>
__device__ void load(const ChipParameters& p, const ChipState& s, Block& block)
{
    const std::uint32_t t = threadIdx.x;
    block.denmem[t] = s.denmem[t];
    block.membrane[t] = s.membrane[t];
    float all[4 * P::quads]{};
    all[P::e_leak] = p.e_leak[t];
    all[P::leak] = P::limits ? p.leak_per_end[t] : p.g_leak[t];
    if constexpr (P::limits)
        all[P::leak + 1] = p.leak_strength[t];
    for (int i = 0; i < 2; ++i) {
        all[P::e_rev + i] = p.e_rev[i][t];
        all[P::decay + i] = p.decay[i][t];
        all[P::per_quantum + i] = P::limits ? p.limit_share[i][t] : p.per_quantum[i][t];
        if constexpr (P::limits)
            all[P::limit_scale + i] = p.limit_scale[i][t];
    }
    if constexpr (P::exponential) {
        all[P::slope] = p.slope[t];
        all[P::intercept] = p.intercept[t];
        all[P::rate] = p.rate[t];
        all[P::gain] = p.gain[t];
    }
    for (int k = 0; k < P::quads; ++k)
        shared_neurons<P>().parameters[k][t] = {all[4 * k], all[4 * k + 1], all[4 * k + 2], all[4 * k + 3]};
}

__device__ inline void store(ChipState& s, const Block& block)
{
    s.denmem[threadIdx.x] = block.denmem[threadIdx.x];
    s.membrane[threadIdx.x] = block.membrane[threadIdx.x];
}

/// What a denmem does to its membrane in a step; its own state moves on (cpu/step.hpp has the same for vectors).
template <class P>
__device__ __forceinline__ model::Terms<float> step_denmem(DenmemRegisters<P>& d, float v, float lift)
{
    using namespace model;
    Terms<float> one;
    const float gap = d.p[P::e_leak] - v;
    if constexpr (P::limits)
        limited_leak(one, gap, d.p[P::leak], d.p[P::leak + 1]);
    else
        leak(one, gap, d.p[P::leak]);
    for (int i = 0; i < 2; ++i) {
        if constexpr (P::limits)
            synapse(one, v, limited_conductance(d.g[i], d.p[P::per_quantum + i], d.p[P::limit_scale + i]), d.p[P::e_rev + i]);
        else
            synapse(one, v, conductance(d.g[i], d.p[P::per_quantum + i]), d.p[P::e_rev + i]);
        d.g[i] = d.g[i] * d.p[P::decay + i];
    }
    if constexpr (P::exponential)
        exponential(one, v, d.p[P::slope], d.p[P::intercept]);
    if constexpr (P::adaptation) {
        d.carry = fused(d.p[P::gain], lift, d.carry);
        adaptation(one, gap, d.p[P::rate], d.p[P::gain], d.w, d.carry);
    }
    return one;
}

/// New noise words for the group of sixteen steps that a step of the window belongs to.
__device__ __noinline__ inline void draw_noise(int s)
{
    const Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    if (threadIdx.x >= chip.neurons)
        return;
    const std::uint64_t group = static_cast<std::uint64_t>(block.first_step + s) / model::steps_per_draw;
    std::uint32_t words[4] = {chip.wafer, m.parameters[blockIdx.x].firing[threadIdx.x] + chip.hicann * Denmem::count, static_cast<std::uint32_t>(group >> 32),
                              static_cast<std::uint32_t>(group)};
    model::philox(words, m.noise_key[0], m.noise_key[1]);
    for (int i = 0; i < 2; ++i)
        m.noise_words[blockIdx.x][i][threadIdx.x] = {words[2 * i], words[2 * i + 1]};
}

/// A membrane's step in full: near the upstroke, in and out of a refractory time, across the threshold. The membrane and its denmems' w are in the block's
/// memory, at first as they were when the step began, but for w. `s`: step of the window.
template <class P>
__device__ __forceinline__ void step_membrane(Block& block, const model::Terms<float>& sum, int s)
{
    const std::uint32_t chip = blockIdx.x, n = threadIdx.x;
    float4& membrane = block.membrane[n];
    const float v = membrane.x, fraction = model::larger(1.0f - membrane.z, 0.0f);
    const auto next = model::advance<P>(v, sum, fraction);
    if (next.v < 0.0f) {
        membrane.x = next.v;
        membrane.y = next.lift;
        membrane.z = model::larger(membrane.z - 1.0f, 0.0f);
        return;
    }
    const Machine& m = block.machine;
    const ChipParameters& p = m.parameters[chip];
    const std::uint32_t first = p.first[n];
    const int apart = p.apart[n];
    const model::DenmemColumn denmems{p.count[n], apart, 4 * apart, &block.denmem[first].z, p.jump + first, p.rate + first, p.slope + first, p.intercept + first};
    const model::Firing f = model::fire<P>(v, sum, fraction, p.v_reset[n], p.tau_refrac[n], denmems);
    membrane.x = f.v;
    membrane.y = f.lift;
    membrane.z = f.refractory;
    for (int k = 0; k < f.spikes; ++k) {
        const std::uint32_t number = m.state[chip].spike_count[n]++;
        const std::uint32_t at = atomicAdd(&block.crossings, 1u);
        if (at < m.room.crossings)
            m.crossed[2 * std::size_t{chip} * m.room.crossings + at] = {(static_cast<double>(block.first_step + s) + f.times[k]) * m.timestep_s, n, number, false, never};
    }
}

/// Where short_advance() gets a membrane, it cannot be left to it: beyond largest_short_x, largest_short_y or the threshold, or just there.
template <class P>
__device__ __forceinline__ bool needs_care(const model::ShortAdvance<float>& next, float v)
{
    using namespace model;
    if constexpr (P::exponential) {
        static_assert(largest_short_x == 1.0f && largest_short_y == 0.5f);
        v = larger(v, larger(fused(next.x, next.x, -1.0f), fused(next.y, 2.0f, -1.0f)));
    }
    return v >= 0.0f;
}

/// Steps [s, until) of the threads' neurons, of one denmem each.
template <class P>
__device__ __noinline__ void run_carefully(float unit, int s, int until)
{
    Block& block = shared_block();
    const std::uint32_t t = threadIdx.x;
    NoiseRegisters<P> noise(block, unit, s);
    for (; s < until; ++s) {
        DenmemRegisters<P> d(block);
        model::Terms<float> sum = step_denmem<P>(d, block.membrane[t].x, block.membrane[t].y);
        d.store(block);
        sum.linear = sum.linear + block.membrane[t].w;
        noise.add(sum);
        step_membrane<P>(block, sum, s);
    }
}

/// The same where the warp's membranes are free all the time and far from the threshold, without a current. @return false: they are not, and nothing was done
template <class P>
__device__ __forceinline__ bool run_calmly(Block& block, float unit, int s, int until)
{
    const float4 membrane = block.membrane[threadIdx.x];
    if (__any_sync(~0u, membrane.z > 0.0f || membrane.w != 0.0f))
        return false;
    DenmemRegisters<P> d(block);
    NoiseRegisters<P> noise(block, unit, s);
    float v = membrane.x, lift = membrane.y;
    do {
        model::Terms<float> sum = step_denmem<P>(d, v, lift);
        noise.add(sum);
        const auto next = model::short_advance<P>(v, sum, 1.0f);
        v = v + next.rise;
        lift = 0.5f * next.rise;
        if (__any_sync(~0u, needs_care<P>(next, v)))
            return false;
    } while (++s < until);
    d.store(block);
    block.membrane[threadIdx.x] = {v, lift, 0.0f, 0.0f};
    return true;
}

/// The sum of what the denmems of a thread's neuron do, in their order, and of current and noise.
template <class P>
__device__ __forceinline__ model::Terms<float> sum_terms(const Block& block, std::uint32_t first, std::uint32_t apart, std::uint32_t count, NoiseRegisters<P> noise)
{
    const Neurons<P>& neurons = shared_neurons<P>();
    const auto at = [&](std::uint32_t k) {
        model::Terms<float> one{neurons.terms[0][k], neurons.terms[1][k]};
        if constexpr (P::exponential) {
            one.exponential = neurons.terms[2][k], one.steepness = neurons.terms[3][k], one.adaptation = neurons.terms[4][k];
            one.curvature = one.steepness * reinterpret_cast<const float*>(&neurons.parameters[P::slope / 4][k])[P::slope % 4];
        }
        return one;
    };
    model::Terms<float> sum = at(first);
    for (std::uint32_t k = 1; k < count; ++k)
        add(sum, at(first += apart));
    sum.linear = sum.linear + block.membrane[threadIdx.x].w;
    noise.add(sum);
    return sum;
}

template <class P>
__device__ __noinline__ void step_owned_membrane(float unit, int s)
{
    Block& block = shared_block();
    const ChipParameters& p = block.machine.parameters[blockIdx.x];
    const NoiseRegisters<P> noise(block, unit, s);
    step_membrane<P>(block, sum_terms<P>(block, p.first[threadIdx.x], p.apart[threadIdx.x], p.count[threadIdx.x], noise), s);
}

/// Steps [s, until) of neurons of several denmems, or fewer: denmems hand their terms to the owners of their membranes, who integrate and tell the potential.
/// All threads. @return the step that comes next
template <class P>
__device__ __forceinline__ int run_together(Block& block, float unit, int s, int until)
{
    const ChipParameters& p = block.machine.parameters[blockIdx.x];
    const std::uint32_t mine = p.neuron_of[threadIdx.x], first = p.first[threadIdx.x], apart = p.apart[threadIdx.x], count = p.count[threadIdx.x];
    Neurons<P>& neurons = shared_neurons<P>();
    DenmemRegisters<P> d(block);
    NoiseRegisters<P> noise(block, unit, s);
    bool care, someone;
    do {
        const model::Terms<float> one = step_denmem<P>(d, block.membrane[mine].x, block.membrane[mine].y);
        const float terms[] = {one.linear, one.conductance, one.exponential, one.steepness, one.adaptation};
        for (int i = 0; i < P::terms; ++i)
            neurons.terms[i][threadIdx.x] = terms[i];
        __syncthreads();
        care = false;
        if (count > 0) {
            const model::Terms<float> sum = sum_terms<P>(block, first, apart, count, noise);
            const float4 membrane = block.membrane[threadIdx.x];
            const float fraction = model::larger(1.0f - membrane.z, 0.0f);
            const auto next = model::short_advance<P>(membrane.x, sum, fraction);
            const float v = membrane.x + next.rise;
            care = needs_care<P>(next, v);
            if (!care)
                block.membrane[threadIdx.x] = {v, fraction * (0.5f * next.rise), model::larger(membrane.z - 1.0f, 0.0f), membrane.w};
        }
        someone = __syncthreads_or(care);
        noise.skip();
    } while (++s < until && !someone);
    d.store(block);
    if (someone) {
        __syncthreads();
        if (care)
            step_owned_membrane<P>(unit, s - 1);
        __syncthreads();
    }
    return s;
}

}   // namespace bss::cuda
