/// Stage 1: which denmems a neuron gets.
#pragma once

#include <vector>

#include "mapping.hpp"

namespace bss {

/// A neuron on the wafer: `size` denmems in a rectangle of size/2 columns and both rows from `first` (its top-left, firing denmem);
/// size 1 is the single denmem, size 2 one column (hardware.md §2.2). Inside one neuron block (rule N1).
struct NeuronSite {
    Chip chip;
    Denmem first;
    std::uint8_t size = 0;
};
/// Denmems of a site, ascending.
std::vector<Denmem> denmems_of(const NeuronSite& site);

struct Placement {
    std::vector<std::vector<NeuronSite>> sites;     ///< [population][neuron]; empty for sources
};

/// @throws InputError naming the population that does not fit
Placement place(const Network& network, const Machine& machine, const MappingOptions& options);

}   // namespace bss
