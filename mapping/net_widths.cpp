#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "demand.hpp"

namespace bss {
namespace {

constexpr double deviations = 3.3;          ///< of the busiest of some hundred neurons from the mean one
constexpr int addresses_a_group = 15;       ///< usable ones with the same driver decoder (rule A3)
constexpr double drivers_a_chip = 205;      ///< of 220 (rule G4); some stay behind when chains are packed

/// Counts of one projection; it is sorted by target.
InDegree in_degree(const Projection& p)
{
    std::size_t targets = 0, largest = 0;
    for (std::size_t k = 0, end = 0; k < p.size(); k = end, ++targets) {
        while (end < p.size() && p.post_neuron[end] == p.post_neuron[k])
            ++end;
        largest = std::max(largest, end - k);
    }
    return {static_cast<double>(p.size()) / static_cast<double>(std::max<std::size_t>(targets, 1)), static_cast<double>(largest)};
}

/// How a target neuron meets the half-rows of drivers.
struct Slots {
    double a_half_row, half_rows_a_driver;

    /// A neuron of one column only ever meets one parity of each row, so half of a driver's four half-rows serve it.
    explicit Slots(int neuron_size) : a_half_row(std::max(1.0, neuron_size / 4.0)), half_rows_a_driver(neuron_size > 2 ? 4 : 2) {}
};

int groups_of(int width) { return (width + addresses_a_group - 1) / addresses_a_group; }

/// Synapses of one receptor that the busiest target neuron has from one group of a net.
double busiest(int width, double population, const InDegree& degree)
{
    const double density = degree.mean / population, sources = static_cast<double>(width) / groups_of(width), mean = sources * density;
    return std::min({mean + deviations * std::sqrt(mean * std::max(0.0, 1 - density)), degree.largest, std::max(sources, mean)});
}

/// Expected part of a binomial variable above a limit: E[max(X - limit, 0)].
double expected_excess(double n, double p, double limit)
{
    if (p >= 1)
        return std::max(0.0, n * p - limit);
    const int most = static_cast<int>(std::ceil(n));
    double excess = 0, probability = std::pow(1 - p, most);
    for (int k = 0; k <= most; ++k) {
        excess += probability * std::max(0.0, k - limit);
        probability *= (most - k) / (k + 1.0) * p / (1 - p);
    }
    return excess;
}

/// What one population sends to another, a receptor each.
struct Stream {
    std::uint32_t post = 0;
    std::vector<InDegree> receptors;
    double synapses = 0;

    int drivers(int width, double population, int neuron_size) const { return drivers_needed(width, population, receptors, neuron_size); }

    /// Fraction of its synapses that a chain of `drivers` cannot hold.
    double loss(int width, double population, int neuron_size, int drivers_at_most) const
    {
        if (drivers(width, population, neuron_size) <= drivers_at_most)
            return 0;
        const Slots slots(neuron_size);
        const int groups = groups_of(width);
        double wanted = 0, all = 0, excess = 0;
        for (const InDegree& degree : receptors)
            wanted += busiest(width, population, degree);
        for (const InDegree& degree : receptors) {
            const double share = busiest(width, population, degree) / wanted;
            const double limit = share * drivers_at_most * slots.half_rows_a_driver / groups * slots.a_half_row;
            const double sources = static_cast<double>(width) / groups, density = degree.mean / population;
            all += sources * density;
            excess += expected_excess(sources, density, limit);
        }
        return all > 0 ? std::min(1.0, excess / all) : 0;
    }
};

std::vector<std::vector<Stream>> streams_of(const Network& network)
{
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<Receptor, InDegree>> degrees;    // (pre, post)
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> synapses;
    for (const Projection& p : network.projections)
        if (p.size() > 0) {
            InDegree& sum = degrees[{p.pre, p.post}][p.receptor];
            const InDegree one = in_degree(p);
            sum.mean += one.mean;
            sum.largest += one.largest;
            synapses[{p.pre, p.post}] += static_cast<double>(p.size());
        }
    std::vector<std::vector<Stream>> streams(network.populations.size());
    for (const auto& [pair, receptors] : degrees) {
        Stream& stream = streams[pair.first].emplace_back();
        stream.post = pair.second;
        stream.synapses = synapses[pair];
        for (const auto& [receptor, degree] : receptors)
            stream.receptors.push_back(degree);
    }
    return streams;
}

}   // namespace

int drivers_needed(int width, double population, const std::vector<InDegree>& receptors, int neuron_size)
{
    const Slots slots(neuron_size);
    double half_rows = 0;
    for (const InDegree& degree : receptors)
        half_rows += groups_of(width) * std::ceil(busiest(width, population, degree) / slots.a_half_row - 1e-9);
    return static_cast<int>(std::ceil(half_rows / slots.half_rows_a_driver));
}

std::vector<int> net_widths(const Network& network, const MappingOptions& options)
{
    if (options.nets == NetForming::one_per_population)
        return std::vector<int>(network.populations.size(), usable_addresses);
    const auto streams = streams_of(network);
    const int chain = options.driver_chain_length, size = options.neuron_size;
    // Narrow nets lose nothing in their chains, wide ones leave drivers to others: the best compromise, between no loss in chains and any.
    constexpr std::array tolerances{0.0, 0.001, 0.003, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 1.0};
    std::vector<int> best;
    double least = std::numeric_limits<double>::infinity();
    for (const double tolerance : tolerances) {
        std::vector<int> widths(network.populations.size(), usable_addresses);
        std::vector<double> drivers(widths.size(), 0), kept(widths.size(), 0), wanted(widths.size(), 0);       // of a target population
        for (std::uint32_t pre = 0; pre < streams.size(); ++pre) {
            const double population = network.populations[pre].size;
            const auto fits = [&](int width) {
                return std::all_of(streams[pre].begin(), streams[pre].end(), [&](const Stream& s) { return s.loss(width, population, size, chain) <= tolerance; });
            };
            while (widths[pre] > 1 && !fits(widths[pre]))
                --widths[pre];
            for (const Stream& s : streams[pre]) {
                drivers[s.post] += std::ceil(population / widths[pre]) * std::min(chain, s.drivers(widths[pre], population, size));
                kept[s.post] += s.synapses * (1 - s.loss(widths[pre], population, size, chain));
                wanted[s.post] += s.synapses;
            }
        }
        double lost = 0;
        for (std::size_t post = 0; post < widths.size(); ++post)
            lost += wanted[post] - kept[post] * std::min(1.0, drivers_a_chip / std::max(drivers[post], 1.0));
        constexpr double worth = 0.98;      // nets are narrowed for a gain only
        if (best.empty() || lost * worth <= least) {
            least = std::min(least, lost);
            best = std::move(widths);
        }
    }
    return best;
}

}   // namespace bss
