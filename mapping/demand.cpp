#include "demand.hpp"

#include <algorithm>
#include <cmath>

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

int choose_neuron_size(const Network& network, const Machine& machine)
{
    constexpr double slots_a_denmem = 220, usual_use = 0.25, fill = 0.85;      // rule G4; mapping.md §4.5; some denmems are left over on every chip
    std::vector<double> inputs(network.populations.size(), 0);
    for (const Projection& p : network.projections)
        inputs[p.post] += static_cast<double>(p.size()) / network.populations[p.post].size;
    const double most = inputs.empty() ? 0 : *std::max_element(inputs.begin(), inputs.end());
    const double denmems = fill * static_cast<double>(machine.chips.size()) * Denmem::count;
    int size = 4;
    while (size < 64 && most > usual_use * slots_a_denmem * size && static_cast<double>(network.neurons()) * 2 * size <= denmems)
        size *= 2;
    return size;
}

double source_rate_hz(const Population& population, std::uint32_t neuron, double speedup)
{
    if (!is_source(population.cell))
        return assumed_neuron_rate_hz * speedup;
    if (population.cell == CellType::SpikeSourcePoisson)
        return value_of(population, "rate", neuron) * speedup;
    const auto& times = population.spike_times[neuron];
    constexpr double shortest_ms = 100;     // a single spike is no rate
    return times.empty() ? 0 : static_cast<double>(times.size()) * speedup * 1e3 / std::max(times.back(), shortest_ms);
}

InputDemand input_demand(const Network& network, const std::vector<int>& widths, const Machine& machine, const std::vector<std::uint32_t>& senders)
{
    const auto kinds = source_kinds(network);
    const bool limited = !machine.silicon.empty() && machine.silicon[0]->imperfections().link_bandwidth;
    InputDemand demand;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const Population& p = network.populations[k];
        if (senders[k] == 0 || kinds[k] == 0)
            continue;
        if (p.on_wafer) {       // each takes a chip's seed, and two blocks for a net
            demand.nets += 2.0 * senders[k];
            demand.chips += senders[k];
            continue;
        }
        const auto width = static_cast<std::uint32_t>(widths[k]);
        const double nets = (senders[k] + width - 1) / width;
        double nets_a_chip = DncMerger::count;
        if (limited) {
            double rate = 0;
            for (std::uint32_t n = 0; n < p.size; ++n)
                rate += source_rate_hz(p, n, machine.speedup);
            rate *= static_cast<double>(senders[k]) / p.size;
            nets_a_chip = std::clamp(std::floor(chip_input_budget_hz * nets / std::max(rate, 1.0)), 1.0, nets_a_chip);
        }
        demand.nets += nets;
        demand.chips += nets / nets_a_chip;
    }
    return demand;
}

}   // namespace bss
