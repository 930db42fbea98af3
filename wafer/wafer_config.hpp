/// The configured part of one wafer: the only thing that a mapping writes and an engine reads (design: the configuration is the interface).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "hicann_config.hpp"

namespace bss {

/// Short-term plasticity as Tsodyks and Markram have it: an event acts with u x of the weight. From rest u = U, x = 1; an event leaves x (1 - u), which
/// recovers with tau_rec, while u decays with tau_facil towards 0 and rises by U (1 - u) with the next event.
struct TsodyksMarkram {
    double utilisation = 0, tau_rec_s = 0, tau_facil_s = 0;     ///< hardware seconds
    auto operator<=>(const TsodyksMarkram&) const = default;
};

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

    /// A synapse that found no place on the wafer and acts all the same (imperfection `synapse_loss` off).
    struct KeptSynapse {
        bool from_host = false;             ///< its sender is a source of the host, otherwise a neuron
        std::uint64_t source_id = 0;        ///< SpikeSource::id, if from the host
        Chip source_chip;                   ///< where the neuron is, if not
        Denmem source_firing;
        Hicann hicann;                      ///< target, on this wafer
        Denmem firing;                      ///< of the target: the denmem that the synapse acts on
        SynapticInput input = SynapticInput::excitatory;
        float siemens = 0;
        std::uint16_t plasticity = 0;       ///< 0: none; k: plasticities[k - 1]
        bool operator==(const KeptSynapse&) const = default;
    };
    std::vector<KeptSynapse> kept_synapses; ///< in the order of projection, synapse
    std::vector<TsodyksMarkram> plasticities;

    bool operator==(const Ideals&) const = default;
};

/// A way to another wafer: spikes that leave a HICANN of the FPGA's reticle under an address enter there as those of an external source do. Between wafers there is
/// no Layer 1 (mapping.md §4.6).
struct Relay {
    Hicann hicann;                          ///< whose recording link brings the spike
    DncMerger merger;
    L1Address address;
    Chip to;                                ///< where it enters: a DNC merger fed by its Gbit link, and the address it has there
    DncMerger to_merger;
    L1Address to_address;
    auto operator<=>(const Relay&) const = default;
};

/// Playback and trace side of an FPGA and its links (hardware.md §5).
struct FpgaConfig {
    int lookahead_clocks = 25;              ///< FPGA -> HICANN, 8 ns each (sthal's default; hardware.md §5.2)
    std::vector<Relay> relays;              ///< ascending
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
