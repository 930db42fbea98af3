/// The tables of keys of a configuration.
#pragma once

#include "configuration.hpp"
#include "keys.hpp"

namespace bss {

/// All keys, in the order of the documentation; those that need the network come after it.
const std::vector<Key<Configuration>>& configuration_keys();

/// Reads a whole configuration, its network in place, into `configuration`; what is wrong goes to the mistakes.
void read_tree(const Yaml& root, Configuration& configuration, Reading& reading);

/// Fills in what follows from keys that were read one by one.
void complete(Configuration& configuration);

/// Keys of an entry of `record`, and of `mapping.place`; the entry's population is read first.
struct RecordEntry {
    const Configuration* configuration;
    RecordRequest request;
};
struct PlaceEntry {
    const Configuration* configuration;
    std::uint32_t population = 0;
    std::vector<NeuronRange> neurons;
    std::vector<Chip> chips;
    int size = 0;
};
const std::vector<Key<RecordEntry>>& record_keys();
const std::vector<Key<PlaceEntry>>& place_keys();

}   // namespace bss
