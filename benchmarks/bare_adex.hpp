/// The bare AdEx loop that speeds are compared with (performance.md §4a): what any plain simulator has to do at least.
#pragma once

namespace bss::benchmark {

/// One membrane a denmem, forward Euler, no noise: 5 states and 17 parameters.
struct BareNeurons {
    static constexpr int size = 512;
    using Row = float[size];
    alignas(64) Row v, w, g_exc, g_inh, refractory;
    alignas(64) Row g_leak, e_leak, e_exc, e_inh, decay_exc, decay_inh, v_exp, slope, g_delta;
    alignas(64) Row a, w_rate, b, v_peak, v_reset, tau_refrac, per_capacitance, current;
};

/// @return number of spikes
int bare_step(BareNeurons& neurons, float dt);

}   // namespace bss::benchmark
