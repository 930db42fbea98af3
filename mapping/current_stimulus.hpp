/// PyNN's i_offset through the chips' own current stimuli: one constant for each FG block (hardware.md §2.5).
#pragma once

#include <vector>

#include "mapping.hpp"
#include "placement.hpp"

namespace bss
{

/// A neuron of a chip with an i_offset.
struct OffsetCurrent {
    std::uint32_t population = 0, neuron = 0;
    NeuronSite site;
    double ampere = 0;   ///< into its membrane, hardware units
    double realised = 0; ///< filled: what the stimulus gives
};

/// Gives each different current one of the four blocks whose value the neurons can take (by position in the quad), and switches their denmems to it.
/// A neuron takes it through as few denmems as the range allows.
/// @param quantised  whole DACs from 0 to 1023; otherwise any real number
/// @throws InputError naming the population whose current does not fit
void write_offset_currents(HicannConfig& config, std::vector<OffsetCurrent>& currents, const Technology& technology, const Network& network, bool quantised);

} // namespace bss
