/// Which denmem and which analogue output serve a membrane that is recorded through the ADC (rules O1, O2).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "wafer/defects.hpp"
#include "wafer/wafer_config.hpp"

namespace bss {

/// A neuron whose membrane is to be read out.
struct ReadoutRequest {
    std::string neuron; ///< as the user knows it, for messages: "neuron 3 of E"
    Chip chip;
    std::vector<Denmem> denmems; ///< all of the neuron, the one that is liked best first
};

struct Readout {
    Denmem denmem;
    int output = 0; ///< analogue output of the chip, 0 or 1
};

/// Chooses for each neuron a denmem and an output: two membranes of a chip differ in (row, column parity), and each of the two outputs
/// of an ADC group of reticles carries one membrane, which makes 12 a wafer.
/// @param defects  one a wafer. @throws InputError naming the neuron that does not fit
std::vector<Readout> plan_readout(std::span<const ReadoutRequest> requests, std::span<const Defects> defects);

/// Writes the choice into the configuration, in place of any that a stored mapping brought along: the denmems' buffers and the chips' output multiplexers.
void configure_readout(std::vector<WaferConfig>& wafers, std::span<const ReadoutRequest> requests, std::span<const Readout> plan);

}   // namespace bss
