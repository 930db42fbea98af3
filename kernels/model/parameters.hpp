/// Circuits in the units of the model's text (neuron.hpp), rounded to float once, the same for every backend. Host code.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "noise.hpp"
#include "wafer/silicon.hpp"

namespace bss::model {

struct MembraneParameters {
    double threshold_volt = 0;              ///< of the firing denmem: origin of the potentials
    double scale = 1;                       ///< step / capacitance of the whole membrane, s/F: makes conductances and currents of siemens and amperes
    float v = -1;                           ///< at step 0
    float v_reset = -1, tau_refrac = 0;     ///< of the firing denmem; steps
    float noise = 0;                        ///< of a noise draw's unit
};

struct DenmemParameters {
    float e_leak = 0;
    float g_leak = 0;                       ///< without limits
    float leak_per_end = 0, leak_strength = 0;                      ///< with limits: limited_leak()
    std::array<float, 2> e_rev{}, decay{};                          ///< [SynapticInput]
    std::array<float, 2> per_quantum{};                             ///< without limits
    std::array<float, 2> limit_share{}, limit_scale{};              ///< with limits: limited_conductance()
    float slope = 0, intercept = -std::numeric_limits<float>::infinity();   ///< exponential()
    float rate = 0, gain = 0, jump = 0;                             ///< adaptation(); b

    bool operator==(const DenmemParameters&) const = default;
};

inline bool adapts(const DenmemCircuit& c) { return c.a_siemens != 0 || c.b_ampere != 0; }
inline bool limited(const DenmemCircuit& c)
{
    return std::isfinite(c.leak_linear_volt) || std::isfinite(c.synaptic_limit_siemens[0]) || std::isfinite(c.synaptic_limit_siemens[1]);
}

/// Potentials of the model stand below the threshold; one that would not be is just below, and the membrane fires when it is free to.
inline float below_threshold(double relative_volt) { return static_cast<float>(std::min(-1e-7, relative_volt)); }

/// @param denmems  of one membrane
/// @param firing   which of them decides
inline MembraneParameters membrane_parameters(std::span<const DenmemCircuit> denmems, std::size_t firing, double initial_volt, double timestep_s)
{
    double capacitance = 0, noise_squared = 0;
    for (const DenmemCircuit& c : denmems) {
        capacitance += c.capacitance_farad;
        noise_squared += std::pow(c.capacitance_farad * c.noise_volt_per_sqrt_s, 2);
    }
    const DenmemCircuit& decides = denmems[firing];
    MembraneParameters m;
    m.threshold_volt = decides.v_threshold_volt;
    m.scale = timestep_s / capacitance;
    m.v = below_threshold(initial_volt - m.threshold_volt);
    m.v_reset = below_threshold(decides.v_reset_volt - m.threshold_volt);
    m.tau_refrac = static_cast<float>(decides.tau_refrac_s / timestep_s);
    m.noise = static_cast<float>(std::sqrt(noise_squared * timestep_s) / capacitance / draw_deviation);
    return m;
}

/// Conductance of a quantum of a synaptic input: the neuron's own or, where it has none (0), its chip's.
inline double own_or_chip_quantum(double own_siemens, double chip_siemens) { return own_siemens > 0 ? own_siemens : chip_siemens; }

/// @param quantum_siemens  conductance of a quantum of its synaptic inputs
inline DenmemParameters denmem_parameters(const DenmemCircuit& c, const MembraneParameters& membrane, double timestep_s, const std::array<double, 2>& quantum_siemens)
{
    const auto rounded = [](double x) { return static_cast<float>(x); };
    const double threshold = membrane.threshold_volt, scale = membrane.scale;
    DenmemParameters p;
    p.e_leak = rounded(c.e_leak_volt - threshold);
    p.g_leak = rounded(c.g_leak_siemens * scale);
    const bool leak_ends = std::isfinite(c.leak_linear_volt);
    p.leak_per_end = leak_ends ? rounded(1 / (1.5 * c.leak_linear_volt)) : 0x1p-20f;
    p.leak_strength = leak_ends ? rounded(c.g_leak_siemens * scale * 1.5 * c.leak_linear_volt) : p.g_leak * 0x1p20f;
    for (std::size_t i = 0; i < 2; ++i) {
        const double steps = timestep_s / c.tau_syn_s[i], limit = c.synaptic_limit_siemens[i] * scale;
        const double per_quantum = quantum_siemens[i] * scale * -std::expm1(-steps) / steps;
        p.e_rev[i] = rounded(c.e_rev_volt[i] - threshold);
        p.decay[i] = rounded(std::exp(-steps));
        p.per_quantum[i] = rounded(per_quantum);
        // An input that gives nothing has a scale of 0.
        p.limit_share[i] = !std::isfinite(limit) ? p.per_quantum[i] * 0x1p-40f : limit > 0 ? rounded(per_quantum / (4 * limit)) : 0.0f;
        p.limit_scale[i] = std::isfinite(limit) ? rounded(4 * limit) : 0x1p40f;
    }
    if (c.exponential) {
        const double slope = std::numbers::log2e / c.delta_t_volt;
        p.slope = rounded(slope);
        p.intercept = rounded(std::log2(c.g_leak_siemens * c.delta_t_volt * scale) - (c.v_exp_volt - threshold) * slope);
    }
    if (adapts(c)) {
        const double rate = -std::expm1(-timestep_s / c.tau_w_s);
        p.rate = rounded(rate);
        p.gain = rounded(c.a_siemens * scale * rate);
        p.jump = rounded(c.b_ampere * scale);
    }
    return p;
}

}   // namespace bss::model
