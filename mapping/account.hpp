/// What became of a network: every synapse counted, every change told.
#pragma once

#include "mapping.hpp"

namespace bss {

/// Counts synapses by projection and cause, chips' drivers and denmems; sets the uniform delay where route delay is switched off and the lost synapses that are kept where
/// synapse loss is; appends the warnings on delays.
void write_account(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

/// Checks the result: design rules, and the network rebuilt from the bits alone.
void verify(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

}   // namespace bss
