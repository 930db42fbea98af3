/// Stage 0: which wafer a neuron goes to. Between wafers spikes take the links, so what is strongly joined stays together (mapping.md §4.6).
#pragma once

#include <cstdint>
#include <vector>

#include "mapping.hpp"

namespace bss {

/// Neurons of a population that nobody has asked to be anywhere.
struct Waiting {
    std::uint32_t population = 0;
    std::vector<std::uint32_t> neurons;
};

/// Deals the neurons out to wafers: as few as have room, grown along the strongest connections, then improved by moving what has more synapses on another wafer.
/// @param chips_a_neuron  [population] part of a chip that a neuron takes
/// @param room  [wafer] chips for neurons
/// @return [wafer] what goes there, in the order of `waiting`; what has no room anywhere is on the wafer where most is left
std::vector<std::vector<Waiting>> partition(const Network& network, const std::vector<Waiting>& waiting, const std::vector<double>& chips_a_neuron, const std::vector<double>& room);

}   // namespace bss
