#include "generators.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss {
namespace {

constexpr int cycle = 65535;                                ///< states of the shift register
constexpr double shortest_isi = 4, longest_isi = 32768;     ///< mean clocks an event (hardware.md §4.5)
const double pll_hz = HicannConfig{}.pll_hz;                ///< of all chips that the mapper configures

/// The generator behind an entry point: the enabled random one with its address. @throws InputError where there is none
BackgroundConfig& generator_at(Mapping& mapping, const PlacedNeuron& entry)
{
    auto& background = mapping.wafers[entry.chip.wafer].hicanns[entry.chip.hicann].background;
    const auto sends = [&](const BackgroundConfig& b) { return b.enable && b.random && b.address == entry.address; };
    const auto found = std::find_if(background.begin(), background.end(), sends);
    if (found == background.end())
        throw InputError(fmt::format("HICANN {}: expected a random background generator of address {}, found none", entry.chip.hicann.value(),
                                     entry.address.value()));
    return *found;
}

}   // namespace

std::uint16_t random_period(double rate_hz, double clock_hz)
{
    return static_cast<std::uint16_t>(std::lround(cycle * (1 - 2 * rate_hz / clock_hz)));
}

double random_rate_hz(std::uint16_t period, double clock_hz) { return (cycle - period) * clock_hz / (2.0 * cycle); }

std::uint16_t generator_seed(std::uint64_t network_seed, std::uint32_t k)
{
    constexpr std::uint64_t step = 40504;                   // nearest to the golden section of the cycle without a common divisor
    const std::uint64_t first = random_words(network_seed, Purpose::mapping, 3, 0, 0, 0)[0];
    std::uint16_t state = 1;
    for (std::uint64_t n = (first + k * step) % cycle; n > 0; --n)
        state = static_cast<std::uint16_t>(state << 1 | ((state >> 15 ^ state >> 13 ^ state >> 12 ^ state >> 10) & 1));
    return state;
}

void check_generators(const Population& population, double speedup)
{
    const double lowest_hz = pll_hz / longest_isi / speedup, highest_hz = pll_hz / shortest_isi / speedup;
    for (std::uint32_t n = 0; population.on_wafer && n < population.size; ++n) {
        if (const double rate_hz = value_of(population, "rate", n); !(rate_hz >= lowest_hz && rate_hz <= highest_hz))
            throw InputError(fmt::format("population \"{}\": on_wafer: rate: expected {:.3g} to {:.6g} Hz, which background generators can do at a speedup of {:g}, "
                                         "found {:g} Hz",
                                         population.name, lowest_hz, highest_hz, speedup, rate_hz));
        if (const double start_ms = value_of(population, "start", n); start_ms != 0)
            throw InputError(fmt::format("population \"{}\": on_wafer: start: expected 0, since background generators run all the time, found {:g} ms",
                                         population.name, start_ms));
    }
}

void write_generators(Mapping& mapping, const Network& network, double speedup)
{
    constexpr double visible = 0.03;                        // relative deviation of a rate that is worth a warning
    if (mapping.wafers.empty())
        return;
    std::uint32_t sources = 0;
    std::uint64_t ending = 0, rounded = 0;
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        const Population& population = network.populations[p];
        if (!population.on_wafer)
            continue;
        check_generators(population, speedup);
        const double never_ends_ms = value_of({.name = {}, .cell = CellType::SpikeSourcePoisson}, "duration", 0);
        for (std::uint32_t n = 0; n < population.size; ++n)
            ending += value_of(population, "duration", n) < never_ends_ms;
        for (const PlacedNeuron& entry : mapping.placement[p]) {
            const double rate_hz = value_of(population, "rate", entry.id) * speedup;
            BackgroundConfig& generator = generator_at(mapping, entry);
            generator.period = random_period(rate_hz, pll_hz);
            rounded += std::abs(random_rate_hz(generator.period, pll_hz) / rate_hz - 1) > visible;
            const std::uint16_t seed = generator_seed(network.seed, sources + entry.id);
            for (BackgroundConfig& any : mapping.wafers[entry.chip.wafer].hicanns.at(entry.chip.hicann).background)
                any.seed = seed;                            // one register for all
            mapping.stimulus.sources[mapping.first_source[p] + entry.id].train = GeneratorTrain{generator, pll_hz};
        }
        sources += population.size;
    }
    if (ending > 0)
        mapping.warnings.push_back({.code = "on_wafer_duration",
                                    .message = "background generators run all the time: sources go on after the end of their duration",
                                    .count = ending});
    if (rounded > 0)
        mapping.warnings.push_back({.code = "on_wafer_rate",
                                    .message = "background generators miss the rates of sources by more than 3 %: they send a whole number of spikes in 65535 clocks",
                                    .count = rounded});
}

}   // namespace bss
