/// Layer 1 as it is switched: from a sending repeater over lines, repeaters and switches to the drivers it reaches.
#pragma once

#include <vector>

#include "wafer_config.hpp"

namespace bss {

/// A piece of bus: one H or V line of one HICANN.
struct Segment {
    Hicann hicann;
    bool vertical = false;
    std::uint16_t line = 0;
    auto operator<=>(const Segment&) const = default;
};

/// A driver chain that a net feeds.
struct ReachedChain {
    Hicann hicann;                          ///< chip of the drivers
    Segment from;                           ///< V line whose synapse switch feeds the primary (on this chip or on a neighbour)
    std::vector<SynapseDriver> drivers;     ///< the primary first, then every driver that its signal reaches through connect_neighbour
    int hops = 0;                           ///< HICANN borders crossed from the sending repeater's chip to the chip of the drivers (adjacent feeding counts one)
};

/// Everything that one sending repeater drives.
struct Net {
    Hicann hicann;
    DncMerger merger;
    std::vector<Segment> segments;          ///< in breadth-first order from the sending repeater's line
    std::vector<ReachedChain> chains;       ///< ascending by (hicann, primary)
    bool loops = false;                     ///< a segment is reached twice (breaks rule B2)
};

/// Follows the switches from one sending repeater; an empty net when it is not in use.
Net trace(const WaferConfig& config, Hicann hicann, DncMerger merger);

/// All nets of a wafer: every DNC merger whose sending repeater is in use, ascending by (hicann, merger).
std::vector<Net> trace_all(const WaferConfig& config);

/// Neuron blocks and background generators whose events reach a DNC merger through the merger tree (rules M1-M3).
struct MergerInputs {
    std::vector<NeuronBlock> blocks;
    std::vector<BackgroundGenerator> background;    ///< enabled ones
    bool layer2 = false;                            ///< Gbit link set to input and passed by the DNC merger
};
MergerInputs merger_inputs(const HicannConfig& config, DncMerger merger);

/// Drivers that hear `primary` when it is fed: itself and the chain around it, as the connect bits join them (rule D3).
std::vector<SynapseDriver> chain_of(const HicannConfig& config, SynapseDriver primary);

}   // namespace bss
