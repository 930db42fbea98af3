/// The eleven switches of wafer.imperfections: what a simulated wafer does to a network, each for itself.
#pragma once

#include <array>
#include <string_view>

namespace bss {

/// All true: the real thing. All false: what was asked for is what runs.
struct Imperfections {
    bool fixed_pattern = true;
    bool rewrite = true;
    bool temporal_noise = true;
    bool parameter_quantisation = true;
    bool weight_quantisation = true;
    bool weight_mismatch = true;
    bool saturation = true;
    bool route_delay = true;
    bool synapse_loss = true;
    bool link_bandwidth = true;
    bool readout = true;
    bool operator==(const Imperfections&) const = default;
};

struct ImperfectionSwitch {
    std::string_view name;
    bool Imperfections::*value;
    std::string_view text;
};
inline constexpr std::array<ImperfectionSwitch, 11> imperfection_switches{{
    {"fixed_pattern", &Imperfections::fixed_pattern, "parameter mismatch between circuits"},
    {"rewrite", &Imperfections::rewrite, "floating-gate write error, drawn anew each configuration"},
    {"temporal_noise", &Imperfections::temporal_noise, "membrane noise while running"},
    {"parameter_quantisation", &Imperfections::parameter_quantisation, "10-bit DACs, their range (clipping), cells shared by a block (V_reset)"},
    {"weight_quantisation", &Imperfections::weight_quantisation, "4-bit weights, their range, gains shared by a row, the conductance of weight 0"},
    {"weight_mismatch", &Imperfections::weight_mismatch, "synapse and row variation"},
    {"saturation", &Imperfections::saturation, "leak OTA, synaptic input and reversal potentials leave the linear range"},
    {"route_delay", &Imperfections::route_delay, "delay and jitter by route; off: every event takes the smallest delay that the network asks for"},
    {"synapse_loss", &Imperfections::synapse_loss, "off: what could not be mapped is kept as ideal synapses"},
    {"link_bandwidth", &Imperfections::link_bandwidth, "off-wafer rate limits and buffers, priority encoders, mergers"},
    {"readout", &Imperfections::readout, "buffer offset, noise and ADC on traces recorded through `adc`"},
}};

constexpr Imperfections no_imperfections()
{
    Imperfections off;
    for (const auto& s : imperfection_switches)
        off.*s.value = false;
    return off;
}

}   // namespace bss
