/// Stages 2-4: which sources share a DNC merger, through which mergers, under which address; and where sources enter the wafer.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "placement.hpp"

namespace bss {

/// A neuron or source of the network.
struct SourceId {
    static constexpr std::uint32_t none = 0xffffffff;
    std::uint32_t population = none, neuron = 0;
    bool valid() const { return population != none; }
    auto operator<=>(const SourceId&) const = default;
};

/// All sources behind one DNC merger; they share one bus tree.
struct SourceNet {
    Chip chip;
    DncMerger merger;
    bool input = false;                             ///< fed through the Gbit link, not by neurons of the chip
    std::vector<NeuronBlock> blocks;                ///< merged onto it, ascending; for an input the one whose background generator it takes
    NeuronBlock generator;                          ///< which of them gives the background events that keep the net locked (rule M3)
    std::array<SourceId, L1Address::count> by_address;
    std::optional<NeuronBlock> random = std::nullopt;   ///< its one source is the background generator of this block
};

struct Nets {
    struct Entry {
        std::uint32_t net;
        L1Address address;
    };
    std::vector<SourceNet> nets;                    ///< ascending by (chip, merger)
    /// [population][neuron]: where the events of a neuron or source enter Layer 1. Neurons that send to nobody have an entry too, so that they can be
    /// recorded. None: a source sends to nobody, or no merger was free.
    /// Sources may have several (one for each group of targets); of a neuron the first is its own net, further ones are where its spikes enter other wafers.
    std::vector<std::vector<std::vector<Entry>>> entries;
};

/// @throws InputError where a source population finds no place
Nets form_nets(const Network& network, const Placement& placement, const Machine& machine, const MappingOptions& options);

/// Writes neurons (switches, firing, addresses), mergers, background generators and Gbit links of every used chip, and the ways from wafer to wafer.
void configure_neurons(std::vector<WaferConfig>& configs, const Network& network, const Placement& placement, const Nets& nets);

}   // namespace bss
