/// Other values for a network that is mapped: no place, route or driver changes.
#pragma once

#include "mapping.hpp"

namespace bss {

/// What has other values than before.
struct Changed {
    bool parameters = false;   ///< of neurons, initial values too
    bool weights = false;      ///< of synapses, their delays and plasticity too
    bool sources = false;      ///< times, rates
    bool any() const { return parameters || weights || sources; }
};

/// Writes the changed part of a mapping anew, for the same network with other values; scale, capacitor and gear stay, so that states and times keep their
/// meaning. Design rules and rebuild are not checked again: they look at connections, which are as they were.
/// @throws InputError as map() does
void rewrite(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections,
             Changed changed);

}   // namespace bss
