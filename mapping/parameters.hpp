/// Stage 8: from biological parameters and weights to DACs, row gains and codes, through a calibration; everything clipped or shared is counted.
#pragma once

#include "mapping.hpp"
#include "placement.hpp"

namespace bss {

/// Fits scale, capacitor and gear to the network (or takes the options') and writes the floating gates of every used chip, half-chip bits, current stimuli and
/// initial potentials. Fills scale, potentials, big_capacitor, leak, parameters, clipped_parameters and warnings of `mapping`.
/// @throws InputError for what the hardware cannot do (i_offset that does not fit)
void write_parameters(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

/// Chooses V_gmax of each quadrant, gmax select and divider of each used row and the weight codes of `mapping.synapses`, and the STP settings of the drivers.
/// Fills realised_weight, clipped_weights and warnings.
void write_weights(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

}   // namespace bss
