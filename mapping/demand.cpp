#include "demand.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace bss {

std::vector<std::uint8_t> source_kinds(const Network& network)
{
    std::vector<std::uint8_t> kinds(network.populations.size(), 0);
    for (const Projection& p : network.projections) {
        if (p.size() == 0)
            continue;
        const int plasticity = !p.stp ? 0 : p.stp->tau_facil_ms > 0 ? 2 : 1;
        kinds[p.pre] |= static_cast<std::uint8_t>(1 << (3 * static_cast<int>(p.receptor) + plasticity));
    }
    return kinds;
}

namespace {

/// Synapses that a target neuron of one population has from another.
struct InDegree {
    double mean = 0, largest = 0;
};

/// Counts of one projection; it is sorted by target.
InDegree in_degree(const Projection& p)
{
    std::size_t targets = 0, largest = 0;
    for (std::size_t k = 0, end = 0; k < p.size(); k = end, ++targets) {
        while (end < p.size() && p.post_neuron[end] == p.post_neuron[k])
            ++end;
        largest = std::max(largest, end - k);
    }
    return {static_cast<double>(p.size()) / std::max<std::size_t>(targets, 1), static_cast<double>(largest)};
}

constexpr double deviations = 3.3;      ///< of the busiest of some hundred neurons from the mean one
constexpr int addresses_a_group = 15;   ///< usable ones with the same driver decoder (rule A3)
constexpr int drivers_a_chip = 220;     ///< rule G4

/// Half-rows that one kind of synapse needs: the groups of a net each pay for their busiest neuron.
double half_rows(int width, double population, const InDegree& degree, double slots)
{
    const int groups = (width + addresses_a_group - 1) / addresses_a_group;
    const double density = degree.mean / population, sources = static_cast<double>(width) / groups, mean = sources * density;
    const double busiest = std::min({mean + deviations * std::sqrt(mean * std::max(0.0, 1 - density)), degree.largest, std::max(sources, mean)});
    return groups * std::ceil(busiest / slots - 1e-9);
}

int drivers_needed(int width, double population, const std::vector<InDegree>& kinds, int neuron_size)
{
    // A neuron of one column only ever meets one parity of each row, so half of a driver's four half-rows serve it.
    const double slots = std::max(1.0, neuron_size / 4.0), half_rows_a_driver = neuron_size > 2 ? 4 : 2;
    double sum = 0;
    for (const InDegree& degree : kinds)
        sum += half_rows(width, population, degree, slots);
    return static_cast<int>(std::ceil(sum / half_rows_a_driver));
}

}   // namespace

int drivers_needed(int width, double population, double mean, double largest, int neuron_size)
{
    return drivers_needed(width, population, {{mean, largest}}, neuron_size);
}

std::vector<int> net_widths(const Network& network, const MappingOptions& options)
{
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<int, InDegree>> degrees;     // (pre, post) -> receptor
    for (const Projection& p : network.projections)
        if (p.size() > 0) {
            InDegree& sum = degrees[{p.pre, p.post}][static_cast<int>(p.receptor)];
            const InDegree one = in_degree(p);
            sum.mean += one.mean;
            sum.largest += one.largest;
        }
    std::vector<std::vector<std::pair<std::uint32_t, std::vector<InDegree>>>> targets(network.populations.size());
    for (const auto& [pair, receptors] : degrees) {
        auto& kinds = targets[pair.first].emplace_back(pair.second, std::vector<InDegree>{}).second;
        for (const auto& [receptor, degree] : receptors)
            kinds.push_back(degree);
    }
    std::vector<int> widths(network.populations.size(), usable_addresses);
    std::vector<int> drivers(network.populations.size(), 0);     // on a chip of the target population
    for (std::uint32_t pre = 0; pre < targets.size(); ++pre) {
        const double size = network.populations[pre].size;
        const auto fits = [&](int width) {
            return std::all_of(targets[pre].begin(), targets[pre].end(),
                               [&](const auto& target) { return drivers_needed(width, size, target.second, options.neuron_size) <= options.driver_chain_length; });
        };
        int width = usable_addresses;
        while (width > 0 && !fits(width))
            --width;
        widths[pre] = width > 0 ? width : usable_addresses;
        for (const auto& [post, kinds] : targets[pre])
            drivers[post] += static_cast<int>(std::ceil(size / widths[pre])) * drivers_needed(widths[pre], size, kinds, options.neuron_size);
    }
    if (std::any_of(drivers.begin(), drivers.end(), [](int n) { return n > drivers_a_chip; }))
        std::fill(widths.begin(), widths.end(), usable_addresses);
    return widths;
}

double source_rate_hz(const Population& population, std::uint32_t neuron, double speedup)
{
    if (population.cell == CellType::SpikeSourcePoisson)
        return value_of(population, "rate", neuron) * speedup;
    const auto& times = population.spike_times[neuron];
    constexpr double shortest_ms = 100;     // a single spike is no rate
    return times.empty() ? 0 : static_cast<double>(times.size()) * speedup * 1e3 / std::max(times.back(), shortest_ms);
}

InputDemand input_demand(const Network& network, const std::vector<int>& widths, const Machine& machine)
{
    const auto kinds = source_kinds(network);
    const bool limited = !machine.silicon.empty() && machine.silicon[0]->imperfections().link_bandwidth;
    InputDemand demand;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const Population& p = network.populations[k];
        if (!is_source(p.cell) || kinds[k] == 0)
            continue;
        const auto width = static_cast<std::uint32_t>(widths[k]);
        const double nets = (p.size + width - 1) / width;
        double nets_a_chip = DncMerger::count;
        if (limited) {
            double rate = 0;
            for (std::uint32_t n = 0; n < p.size; ++n)
                rate += source_rate_hz(p, n, machine.speedup);
            nets_a_chip = std::clamp(std::floor(chip_input_budget_hz * nets / std::max(rate, 1.0)), 1.0, nets_a_chip);
        }
        demand.nets += nets;
        demand.chips += nets / nets_a_chip;
    }
    return demand;
}

}   // namespace bss
