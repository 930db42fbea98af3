// Membranes that are only looked at: a thread a membrane, from the first step to the last.

#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"
#include "kernels/model/observables.hpp"
#include "record.hpp"

namespace bss::cuda {
namespace {

/// What a denmem does to its membrane in a step; its own state moves on (cpu/step.hpp has the same for vectors).
__device__ model::Terms<float> step_denmem(RecordedDenmem& d, std::int32_t arrived, float v, float lift)
{
    using namespace model;
    Terms<float> one;
    const float gap = d.e_leak - v;
    limited_leak(one, gap, d.leak_per_end, d.leak_strength);
    for (int i = 0; i < 2; ++i) {
        const float g = arrived > 0 ? d.g[i] + number(static_cast<std::uint32_t>(arrived * d.quanta[i])) : d.g[i];
        d.g[i] = g * d.decay[i];
        synapse(one, v, limited_conductance(g, d.limit_share[i], d.limit_scale[i]), d.e_rev[i]);
    }
    exponential(one, v, d.slope, d.intercept);
    d.carry = fused(d.gain, lift, d.carry);
    adaptation(one, gap, d.rate, d.gain, d.w, d.carry);
    return one;
}

__global__ void record(RecordArguments a)
{
    const std::uint32_t n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= a.membrane_count)
        return;
    const RecordedMembrane m = a.membranes[n];
    RecordedDenmem* const d = a.denmems + m.first_denmem;
    constexpr int apart = sizeof(RecordedDenmem) / sizeof(float);
    const model::DenmemColumn denmems{static_cast<int>(m.denmems), apart, apart, &d->w, &d->jump, &d->rate, &d->slope, &d->intercept};
    std::uint32_t event = 0, change = m.first_change, words[4];
    float v = m.v, lift = 0, refractory = 0, current = 0;
    for (std::int64_t step = 0; step < a.settle + a.samples; ++step) {
        if (step >= a.settle)
            a.volt[n * a.stride + step - a.settle] = model::volt(m.threshold_volt, v);
        for (; change < m.last_change && a.changes[change].step <= step; ++change)
            current = a.changes[change].current;
        std::int32_t arrived = 0;
        for (; event < a.event_count && a.events[event] == step; ++event)
            ++arrived;
        if (step % model::steps_per_draw == 0) {
            const std::uint64_t group = static_cast<std::uint64_t>(step) / model::steps_per_draw;
            words[0] = a.wafer, words[1] = m.place + a.hicann * 512u, words[2] = static_cast<std::uint32_t>(group >> 32), words[3] = static_cast<std::uint32_t>(group);
            model::philox(words, a.noise_key[0], a.noise_key[1]);
        }
        model::Terms<float> sum = step_denmem(d[0], arrived, v, lift);
        for (std::uint32_t k = 1; k < m.denmems; ++k)
            add(sum, step_denmem(d[k], arrived, v, lift));
        sum.linear = sum.linear + current;
        sum.linear = model::fused(model::noise_draw<float>(words[model::noise_word(step)], step), m.noise, sum.linear);
        const float fraction = model::larger(1.0f - refractory, 0.0f);
        const auto next = model::advance(v, sum, fraction);
        if (next.v < 0.0f) {
            v = next.v, lift = next.lift, refractory = model::larger(refractory - 1.0f, 0.0f);
            continue;
        }
        const model::Firing f = model::fire(v, sum, fraction, m.v_reset, m.tau_refrac, denmems);
        v = f.v, lift = f.lift, refractory = f.refractory;
        for (int k = 0; k < f.spikes && step >= a.settle; ++k)
            if (const std::uint32_t at = atomicAdd(a.spike_count, 1u); at < a.room)
                a.spikes[at] = {step, f.times[k], n};
    }
}

}   // namespace

void launch_record(const RecordArguments& arguments, cudaStream_t stream)
{
    constexpr unsigned block = 64;
    record<<<(arguments.membrane_count + block - 1) / block, block, 0, stream>>>(arguments);
}

}   // namespace bss::cuda
