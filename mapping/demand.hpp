/// What a network asks of nets, before anything is placed: which sources may share one, and how wide it may become (mapping.md §1.7, §4.4).
#pragma once

#include <cstdint>
#include <vector>

#include "mapping.hpp"

namespace bss {

/// Kinds of use of each population's spikes, a bit for each pair of receptor and short-term plasticity (none, depression, facilitation).
/// Rows serve one kind only, so nets that mix kinds need more drivers. 0: sends to nobody.
std::vector<std::uint8_t> source_kinds(const Network& network);

/// Synapses that a neuron of a target population has from a source population.
struct InDegree {
    double mean = 0, largest = 0;
};

/// Drivers that a net of `width` sources needs on a chip full of target neurons so that nothing is lost, by the statistics of the connections (mapping.md §1.7).
/// @param population  its size; @param receptors  synapses of each receptor
int drivers_needed(int width, double population, const std::vector<InDegree>& receptors, int neuron_size);

/// Most sources of each population that a net should have: narrow nets fit the longest driver chain, wide nets leave drivers to others. Chosen for the least loss,
/// as far as the mean statistics of the connections tell. With NetForming::one_per_population as wide as can be.
std::vector<int> net_widths(const Network& network, const MappingOptions& options);

/// Denmems a neuron for `neuron_size: auto`: the smallest of 4, 8, 16, 32, 64 whose synapses suffice for the population with the most inputs at the use of slots
/// that is usual (a quarter, mapping.md §4.5), as far as the chips have room.
int choose_neuron_size(const Network& network, const Machine& machine);

/// Room that sources want which enter a wafer: external ones, and neurons of other wafers.
struct InputDemand {
    double nets = 0;                ///< as wide as net_widths() says
    double chips = 0;               ///< for them alone, within the rate budget where links have limits
};
/// @param senders  [population] how many enter
InputDemand input_demand(const Network& network, const std::vector<int>& widths, const Machine& machine, const std::vector<std::uint32_t>& senders);

/// Mean rate (hardware Hz) of a source: a Poisson source's rate; spikes of a list over its length. Of a neuron, whose rate shows only in the run, an assumed one.
double source_rate_hz(const Population& population, std::uint32_t neuron, double speedup);

inline constexpr double assumed_neuron_rate_hz = 10;            ///< biological: of neurons whose spikes another wafer wants
inline constexpr double chip_input_budget_hz = 0.8 * 17.8e6;    ///< hardware.md §5.1
inline constexpr double fpga_input_budget_hz = 0.8 * 125e6;     ///< hardware.md §5.1

}   // namespace bss
