/// What stood in the way of the synapses that were lost, for people: which resource, where, for whom, and what would help.
#pragma once

#include "mapping.hpp"

namespace bss {

struct Bottleneck {
    LossCause cause = LossCause::l1_routing;
    std::string_view resource;                                  ///< what was short: "synapse drivers"
    std::uint64_t synapses = 0;
    std::uint32_t worst_projection = 0;                         ///< which lost most by this cause
    std::uint64_t of_worst_projection = 0;
    std::vector<std::pair<Chip, std::uint64_t>> chips;          ///< with the neurons that lost most, at most five
    std::size_t all_chips = 0;                                  ///< that lost any
    std::string advice;
};

/// One a cause that there was, the gravest first.
std::vector<Bottleneck> bottlenecks(const Mapping& mapping, const Network& network, const MappingOptions& options);

}   // namespace bss
