/// What became of a network: every synapse counted, every change told.
#pragma once

#include "mapping.hpp"

namespace bss {

/// Counts synapses by projection and cause, chips' drivers and denmems; appends the warnings on delays.
/// @throws InputError where something was lost that must not be (imperfections.synapse_loss)
void write_account(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

/// The one delay of every event while route delay is switched off: the smallest that the network asks for, at least one step (hardware seconds).
double smallest_delay_s(const Network& network, const MappingOptions& options, double speedup);

}   // namespace bss
