/// What a network asks of nets, before anything is placed: which sources may share one, and how wide it may become (mapping.md §1.7, §4.4).
#pragma once

#include <cstdint>
#include <vector>

#include "mapping.hpp"

namespace bss {

/// Kinds of use of each population's spikes, a bit for each pair of receptor and short-term plasticity (none, depression, facilitation).
/// Rows serve one kind only, so nets that mix kinds need more drivers. 0: sends to nobody.
std::vector<std::uint8_t> source_kinds(const Network& network);

/// Most sources of each population that a net should have, so that no target needs more drivers than a chain may have; 59 where narrower nets would
/// need more drivers in all than a chip has.
std::vector<int> net_widths(const Network& network, const MappingOptions& options);

/// Drivers that a net of `width` sources needs on a chip full of target neurons, by the statistics of the connections (mapping.md §1.7).
/// @param in_degree  synapses that a target neuron has from the population, mean; `largest` that of the neuron with most
int drivers_needed(int width, double population, double in_degree, double largest, int neuron_size);

/// Room that external sources want.
struct InputDemand {
    double nets = 0;                ///< as wide as net_widths() says
    double chips = 0;               ///< for them alone, within the rate budget where links have limits
};
InputDemand input_demand(const Network& network, const std::vector<int>& widths, const Machine& machine);

/// Mean rate (hardware Hz) of a source: a Poisson source's rate; spikes of a list over its length.
double source_rate_hz(const Population& population, std::uint32_t neuron, double speedup);

inline constexpr double chip_input_budget_hz = 0.8 * 17.8e6;    ///< hardware.md §5.1
inline constexpr double fpga_input_budget_hz = 0.8 * 125e6;     ///< hardware.md §5.1

}   // namespace bss
