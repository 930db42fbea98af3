/// A network without a wafer, for the ideal fabric (run.mode: ideal), and what a wafer lost and keeps.
#pragma once

#include "kernels/program.hpp"
#include "mapping.hpp"

namespace bss {

/// Scale, stimulus and a placement that only numbers the neurons: one denmem of the big capacitor each. No configuration.
Mapping place_ideally(const Network& network, double speedup);

/// Neurons with the parameters that were asked for, and every synapse with its own weight and delay.
/// @param placed  by place_ideally(). @throws InputError naming the projection whose delays are too long
Program ideal_program(const Network& network, const Mapping& placed, const Technology& technology, const RunSettings& settings);

/// Writes the lost synapses into the wafers' Ideals if they are to be kept (imperfections.synapse_loss off), else none.
/// They act with the conductance that was asked for on the firing denmem.
void keep_lost_synapses(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections);

}   // namespace bss
