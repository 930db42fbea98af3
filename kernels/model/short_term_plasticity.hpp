/// Short-term plasticity of a synapse driver (hardware.md §3.6), the same text on every backend.
#pragma once

#include <cstdint>

#include "math.hpp"
#include "wafer/silicon.hpp"

namespace bss {

/// Factors are integers in units of 2^-15, so that plastic increments stay exact sums.
inline constexpr int stp_factor_bits = 15;
inline constexpr float largest_stp_factor = 4.0f;

/// State of one 6-bit address of a driver.
struct StpState {
    double last_s = 0;                      ///< when its last event came
    float inactive = 0;                     ///< I, the share of the resource in use just after that
};

/// An event comes at `time_s`. @return its factor on the conductance, in units of 2^-15; the state moves on
BSS_HD std::uint32_t stp_event(StpState& state, const StpCircuit& circuit, double time_s)
{
    // An event that had to wait for the next step may be overtaken by a later one: no time passes then.
    const double passed_s = time_s > state.last_s ? time_s - state.last_s : 0.0;
    const float inactive = state.inactive * model::exp_limited(static_cast<float>(-passed_s / circuit.tau_rec_s));
    const float change = static_cast<float>(circuit.lambda) * (inactive - static_cast<float>(circuit.offset));
    float factor = circuit.mode == StpMode::depression ? 1.0f - change : 1.0f + change;
    factor = factor < 0.0f ? 0.0f : factor > largest_stp_factor ? largest_stp_factor : factor;
    state.inactive = inactive + static_cast<float>(circuit.utilisation) * (1.0f - inactive);
    state.last_s = time_s > state.last_s ? time_s : state.last_s;
    return static_cast<std::uint32_t>(factor * (1 << stp_factor_bits) + 0.5f);
}

}   // namespace bss
