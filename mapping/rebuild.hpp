/// The strongest check of a mapping: the network as the configuration bits alone make it (mapping.md §6, test 6).
#pragma once

#include <vector>

#include "mapping.hpp"

namespace bss {

/// A connection that the bits make: an address entering at a DNC merger drives a hardware synapse of a neuron.
struct RebuiltSynapse {
    Chip source;                                    ///< chip and merger at which the address enters Layer 1
    DncMerger merger;
    L1Address address;
    Chip target;
    SynapseRow row;
    Column column;
    Denmem target_firing;                           ///< firing denmem of the compound that owns the column
    SynapticInput input;
    std::uint8_t weight;
    auto operator<=>(const RebuiltSynapse&) const = default;
};

/// Follows every address that can occur (firing neurons with output; addresses of `inputs`) through mergers, buses, drivers and decoders.
std::vector<RebuiltSynapse> rebuild(const std::vector<WaferConfig>& configs, const Stimulus& inputs);

/// Whether the rebuilt network equals requested minus lost: every realised synapse once, with its source, target, input and weight code, and nothing else.
bool rebuilt_equals(const Mapping& mapping, const Network& network);

}   // namespace bss
