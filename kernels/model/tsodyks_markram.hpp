/// Tsodyks and Markram's short-term plasticity, exactly, for ideal synapses; the same text on every backend.
#pragma once

#include "math.hpp"
#include "wafer/wafer_config.hpp"

namespace bss {

/// Factors are integers in units of 2^-24 and at most 1.
inline constexpr int tsodyks_markram_factor_bits = 24;

struct TsodyksMarkramState {
    TsodyksMarkram parameters;
    double last_s = 0;
    float u = 0, x = 1;                         ///< just after the last event; u = 0, x = 1: at rest
};

/// An event comes; times must not descend. @return its factor on the conductance, in units of 2^-24; the state moves on
BSS_HD std::uint32_t tsodyks_markram_event(TsodyksMarkramState& state, double time_s)
{
    const double passed_s = time_s - state.last_s;
    const double tau_rec_s = state.parameters.tau_rec_s, tau_facil_s = state.parameters.tau_facil_s;
    const float left = tau_rec_s > 0 ? model::exp_limited(static_cast<float>(-passed_s / tau_rec_s)) : 0.0f;
    const float kept = tau_facil_s > 0 ? model::exp_limited(static_cast<float>(-passed_s / tau_facil_s)) : 0.0f;
    const auto rise = static_cast<float>(state.parameters.utilisation);
    state.x = 1.0f - (1.0f - state.x) * left;
    const float u = state.u * kept;
    state.u = u + rise * (1.0f - u);
    state.last_s = time_s;
    const float factor = state.u * state.x;
    state.x -= factor;
    return static_cast<std::uint32_t>(factor * static_cast<float>(1 << tsodyks_markram_factor_bits) + 0.5f);
}

}   // namespace bss
