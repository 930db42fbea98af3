/// The configured part of one wafer: the only thing that a mapping writes and an engine reads (design: the configuration is the interface).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "hicann_config.hpp"

namespace bss {

/// What no wafer has but a user may ask for; kept apart, ignored by the rebuild, printed in every report.
struct Ideals {
    std::optional<double> uniform_delay_s;  ///< route delay switched off: every event takes this long (hardware seconds)

    /// Potential of a neuron at time zero, if asked for; otherwise its leak potential.
    struct InitialPotential {
        Hicann hicann;
        Denmem firing;
        double v_volt;
        bool operator==(const InitialPotential&) const = default;
    };
    std::vector<InitialPotential> initial_potentials;   ///< ascending by (hicann, firing)

    bool operator==(const Ideals&) const = default;
};

/// Playback and trace side of an FPGA and its links (hardware.md §5).
struct FpgaConfig {
    int lookahead_clocks = 25;              ///< FPGA -> HICANN, 8 ns each (sthal's default; hardware.md §5.2)
    bool operator==(const FpgaConfig&) const = default;
};

struct WaferConfig {
    int wafer_id = 1;                       ///< which manufactured wafer
    std::map<Hicann, HicannConfig> hicanns; ///< only configured ones; a missing chip is powered down
    std::map<Fpga, FpgaConfig> fpgas;
    Ideals ideals;

    bool operator==(const WaferConfig&) const = default;
};

}   // namespace bss
