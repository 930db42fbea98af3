/// The parts of the network reader (network_reader.hpp is its door).
#pragma once

#include "network_reader.hpp"

namespace bss {

/// A key's path inside another's.
inline std::string below(const std::string& path, std::string_view name) { return fmt::format("{}.{}", path, name); }

/// A number, a distribution with PyNN's name and arguments (by name, or in PyNN's order), or a list.
std::optional<ValueSpec> read_values(const Yaml& node, const std::string& path, Unit unit, const Range& range, Mistakes& mistakes);

/// Adds one projection. @param synapses  of the projections so far; added to, so that a network that no memory holds is refused
void read_projection(const Yaml& node, const std::string& path, const PopulationNames& names, NetworkSpec& network, double& synapses, Mistakes& mistakes);

}   // namespace bss
