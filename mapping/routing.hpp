/// Stages 5-7: a bus tree for every net, drivers for every (net, chip), a hardware synapse for every synapse.
#pragma once

#include <vector>

#include "nets.hpp"

namespace bss {

/// A net that arrives at a chip: the V line whose synapse switch feeds the first driver, on the chip itself or on a neighbour.
struct Arrival {
    std::uint32_t net = 0;
    Chip target;                                    ///< chip of the drivers
    Hicann from;                                    ///< chip of the V line
    VLine v;
    std::vector<SynapseDriver> chain;               ///< assigned drivers, ascending by line; empty: none left
    SynapseDriver primary;
};

struct Routes {
    std::vector<Arrival> arrivals;                  ///< ascending by (target, net)
};

/// Routes every net to the chips of its targets and writes repeaters and crossbar switches. (net, chip) pairs that found no way are missing from the result.
Routes route(std::vector<WaferConfig>& configs, const Network& network, const Placement& placement, const Nets& nets, const Machine& machine, const MappingOptions& options);

/// Gives each arrival its driver chain and writes drivers and synapse switches.
void assign_drivers(std::vector<WaferConfig>& configs, Routes& routes, const Network& network, const Placement& placement, const Nets& nets, const Machine& machine, const MappingOptions& options);

/// Gives each synapse a hardware synapse, writes row inputs, decoders and synapse decoders, and says why the others are lost.
/// Weights and row gains come later (write_weights); synapses of similar weight are put into the same row where there is a choice.
/// @return [projection][synapse]
std::vector<std::vector<RealisedSynapse>> assign_synapses(std::vector<WaferConfig>& configs, const Routes& routes, const Network& network, const Placement& placement, const Nets& nets,
                                                          const Machine& machine, const MappingOptions& options);

}   // namespace bss
