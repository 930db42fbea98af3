#include "bare_adex.hpp"

#include <cstdint>
#include <cstring>

namespace bss::benchmark {

namespace {

/// Polynomial of degree 4.
inline float exponential(float x)
{
    x = x < -80.0f ? -80.0f : x > 80.0f ? 80.0f : x;
    const float shifted = x * 1.44269504f + 12582912.0f, f = x * 1.44269504f - (shifted - 12582912.0f);
    std::int32_t n;
    std::memcpy(&n, &shifted, sizeof n);
    n = (n << 23) + (127 << 23);
    float scale;
    std::memcpy(&scale, &n, sizeof scale);
    return scale * (1.0f + f * (0.693113625f + f * (0.240207106f + f * (0.0559768826f + f * 0.00978291221f))));
}

}   // namespace

int bare_step(BareNeurons& n, float dt)
{
    int spikes = 0;
#pragma omp simd reduction(+ : spikes)
    for (int i = 0; i < BareNeurons::size; ++i) {
        const float v = n.v[i];
        const float upstroke = n.g_delta[i] * exponential((v - n.v_exp[i]) * n.slope[i]);
        const float current =
            n.g_leak[i] * (n.e_leak[i] - v) + n.g_exc[i] * (n.e_exc[i] - v) + n.g_inh[i] * (n.e_inh[i] - v) + upstroke - n.w[i] + n.current[i];
        const float next = n.refractory[i] > 0 ? v : v + dt * n.per_capacitance[i] * current;
        const bool spike = next >= n.v_peak[i];
        n.v[i] = spike ? n.v_reset[i] : next;
        n.w[i] += n.w_rate[i] * (n.a[i] * (v - n.e_leak[i]) - n.w[i]) + (spike ? n.b[i] : 0.0f);
        n.refractory[i] = spike ? n.tau_refrac[i] : n.refractory[i] - dt;
        n.g_exc[i] *= n.decay_exc[i];
        n.g_inh[i] *= n.decay_inh[i];
        spikes += spike;
    }
    return spikes;
}

}   // namespace bss::benchmark
