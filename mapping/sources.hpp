/// What the host plays into the wafer, what generators send there, and the table of who is where.
#pragma once

#include "nets.hpp"

namespace bss {

/// Fills in Mapping::placement, a row a neuron or an entry point of a source, and Mapping::relays.
void write_placement_table(Mapping& mapping, const Network& network, const Placement& placement, const Nets& nets);

/// Spike sources in the order of population and id, in hardware units, entering where mapping.placement says; with a warning where links are too slow for them.
/// A source's running number addresses its randomness. Sets seeds and periods of the background generators that are sources (generators.hpp).
void write_stimulus(Mapping& mapping, const Network& network, const Machine& machine);

}   // namespace bss
