/// Driver chains of one side of a chip as intervals: where each has its primary and how far it reaches (mapping.md §4.4 D; rules D1-D4).
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "wafer/coordinates.hpp"

namespace bss {

/// A chain that wants drivers.
struct ChainRequest {
    std::vector<SynapseDriver> primaries;                   ///< drivers that its V line can feed, all of the same side
    std::array<std::vector<std::uint32_t>, 2> gain;         ///< [half][length - 1] synapses realised by a chain of that length; rising, concave
};
struct PlacedChain {
    std::vector<SynapseDriver> drivers;                     ///< ascending; empty: no primary was left
    SynapseDriver primary;
};

/// Places all chains of one side so that the gains sum to as much as a local search finds: every chain gets a primary first (most valuable ones first, by
/// augmenting paths), then for given primaries the lengths are exact (dynamic programme along each quadrant), and primaries move while that helps.
std::vector<PlacedChain> pack_chains(const std::vector<ChainRequest>& requests, const std::bitset<SynapseDriver::count>& usable);

}   // namespace bss
