/// Where external sources, and neurons of other wafers, enter a wafer (mapping.md §1.5, §4.6).
#pragma once

#include <map>

#include "addresses.hpp"
#include "mergers.hpp"
#include "nets.hpp"

namespace bss {

/// The merger trees of all usable chips, with what neurons have taken.
struct Entrances {
    struct AtChip {
        MergerTree tree;
        std::array<bool, NeuronBlock::count> neurons{};     ///< blocks that hold neurons
        double rate_hz = 0;                                 ///< of the sources that enter here
        bool random = false;                                ///< a background generator of the chip is a source: the seed register, common to all of them, is taken
        bool has_neurons() const { return std::find(neurons.begin(), neurons.end(), true) != neurons.end(); }
    };
    std::map<Chip, AtChip> chips;
};

/// Appends a net for every group of sources, or of neurons of other wafers, that found an entrance: close to its targets, within the rate budget as long as there is a choice.
/// Sources without one are missing from the nets. A source on the wafer gets a net of its own and, with a seed, a chip that no other such source uses.
/// @throws InputError naming the population whose background generators find no chip
void place_inputs(std::vector<SourceNet>& nets, Entrances& entrances, AddressBook& addresses, const Network& network, const Placement& placement, const Machine& machine,
                  const MappingOptions& options);

}   // namespace bss
