/// Poisson sources from background generators (`on_wafer`): what the random generators of the chips can do, and how they are set (hardware.md §4.5).
#pragma once

#include "mapping.hpp"

namespace bss {

/// Period register of a random generator of this mean rate (Hz, within what it can do) at this clock: `65535 (1 - 2 / ISI)`, ISI = clocks an event.
std::uint16_t random_period(double rate_hz, double clock_hz);

/// Mean rate (Hz) of a random generator: half of the states above the period begin an event.
double random_rate_hz(std::uint16_t period, double clock_hz);

/// Seed register of the k-th such source of a network. All generators run through the same 65 535 states, so seeds are spread over that cycle as evenly as
/// possible (steps of the golden ratio, from a place that the network's seed chooses): sources are shifted against each other, and repeat after a cycle.
std::uint16_t generator_seed(std::uint64_t network_seed, std::uint32_t k);

/// Whether generators can be these sources; fine for other populations.
/// @throws InputError naming the population, for a rate that no generator has, and for sources that start later than the run
void check_generators(const Population& population, double speedup);

/// Sets seed and period of the generators that mapping.placement says, and lists their trains in mapping.stimulus, which must have all sources. Nothing without
/// wafers. Sources without an entry keep their Poisson train. Warns where rates come out otherwise, and where sources should stop but do not.
/// @throws InputError as check_generators()
void write_generators(Mapping& mapping, const Network& network, double speedup);

}   // namespace bss
