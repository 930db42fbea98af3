/// Networks whose mapping is measured: those of brainscales-benchmarks (reference-networks.md §7), the wafers' demos, the guidebook's example.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mapping/connectors.hpp"

namespace bss {

NetworkSpec microcircuit(double scale);         ///< Potjans and Diesmann, neurons and in-degrees scaled alike (reference-networks.md §4.2)
NetworkSpec brunel_demo();                      ///< balanced random network of wafer 30 at scale 1/6 (reference-networks.md §6.2)
NetworkSpec guide_example();                    ///< 50 sources onto 50 recurrently joined neurons (mapping.md §4.1)
NetworkSpec feed_forward(int layers, std::uint32_t neurons);
/// Groups of 200 neurons, each joined with itself and its two neighbours on either side of a ring. @param p  probability of a synapse
NetworkSpec ring_of_groups(int groups, double p);

/// A network of a family at one of its sizes.
struct FamilyMember {
    std::string size;
    std::function<NetworkSpec()> network;
    int neuron_size = 8;
};
struct Family {
    std::string name;
    std::vector<FamilyMember> members;
};
/// The eight families of reference-networks.md §7 over their sizes.
std::vector<Family> families();

}   // namespace bss
