/// PyNN's i_offset and current sources through the chips' own current stimuli: one waveform for each FG block (hardware.md §2.5).
#pragma once

#include <vector>

#include "mapping.hpp"
#include "placement.hpp"

namespace bss
{

/// A current into a neuron of a chip.
struct InjectedCurrent {
    std::uint32_t population = 0, neuron = 0;
    NeuronSite site;
    std::string_view name;             ///< for messages
    CurrentWaveform waveform;          ///< biological
    double ampere_per_nanoampere = 0;  ///< into its membrane, hardware units
    double realised_nanoampere = 0;    ///< filled: the first sample as the stimulus gives it
};

/// Gives each different current one of the four blocks whose waveform the neurons can take (by position in the quad), and switches their denmems to it.
/// A neuron takes it through as few denmems as the range allows.
/// @param quantised  whole DACs from 0 to 1023; otherwise any real number
/// @throws InputError naming the population whose current does not fit
void write_currents(HicannConfig& config, std::vector<InjectedCurrent>& currents, const Technology& technology, const Network& network, bool quantised);

} // namespace bss
