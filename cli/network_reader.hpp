/// A network as users write it: populations, projections, values, connectors (PyNN's names, units and defaults).
#pragma once

#include <map>

#include "keys.hpp"
#include "mapping/connectors.hpp"

namespace bss {

inline constexpr std::uint64_t largest_population = 100'000'000;

/// Reads a network map; what is wrong goes to the mistakes, each with its line.
/// A population that is wrong in itself keeps its name, so that one mistake makes one message.
NetworkSpec read_network(const Yaml& node, const std::string& path, Mistakes& mistakes);

/// Populations by name.
class PopulationNames {
public:
    explicit PopulationNames(const std::vector<Population>& populations);
    /// Index of the population that a node names; otherwise a mistake that names the closest one.
    std::optional<std::uint32_t> read(const Yaml& node, const std::string& path, Mistakes& mistakes) const;

private:
    std::map<std::string, std::uint32_t> indices_;
};

}   // namespace bss
