#include "sources.hpp"

#include <algorithm>
#include <map>

#include "demand.hpp"

namespace bss {

std::vector<std::vector<PlacedNeuron>> placement_table(const Network& network, const Placement& placement, const Nets& nets)
{
    std::vector<std::vector<PlacedNeuron>> table(network.populations.size());
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        for (std::uint32_t n = 0; n < network.populations[p].size; ++n) {
            const auto& entries = nets.entries[p][n];
            if (!is_source(network.populations[p].cell)) {
                const NeuronSite& site = placement.sites[p][n];
                PlacedNeuron row{.id = n, .chip = site.chip, .denmem = static_cast<std::int16_t>(site.first.value()), .size = site.size, .merger = {}, .address = {}, .connected = !entries.empty()};
                if (row.connected) {
                    row.merger = nets.nets[entries.front().net].merger;
                    row.address = entries.front().address;
                }
                table[p].push_back(row);
                continue;
            }
            for (const Nets::Entry& entry : entries)
                table[p].push_back({.id = n, .chip = nets.nets[entry.net].chip, .denmem = -1, .size = 0, .merger = nets.nets[entry.net].merger, .address = entry.address, .connected = true});
        }
    return table;
}

namespace {

SpikeSource make_source(const Population& population, std::uint32_t neuron, double speedup)
{
    const double second_per_ms = 1e-3 / speedup;
    SpikeSource source;
    if (population.cell == CellType::SpikeSourcePoisson) {
        const double start = value_of(population, "start", neuron), duration = value_of(population, "duration", neuron);
        source.train = PoissonTrain{.rate_hz = value_of(population, "rate", neuron) * speedup, .start_s = start * second_per_ms, .stop_s = (start + duration) * second_per_ms};
        return source;
    }
    SpikeTimes train;
    for (const double time_ms : population.spike_times[neuron])
        train.times_s.push_back(time_ms * second_per_ms);
    source.train = std::move(train);
    return source;
}

/// Sources that enter where more spikes arrive than a link carries (hardware.md §5.1).
std::uint64_t sources_over_rate(const Network& network, const Nets& nets, double speedup)
{
    std::map<Chip, double> chips;
    std::map<std::pair<std::uint16_t, Fpga>, double> fpgas;
    const auto fpga_of = [](Chip chip) { return std::pair(chip.wafer, chip.hicann.reticle().fpga()); };
    const auto for_each_entry = [&](auto&& f) {
        for (const SourceNet& net : nets.nets)
            for (const SourceId& source : net.by_address)
                if (net.input && source.valid())
                    f(net.chip, source);
    };
    for_each_entry([&](Chip chip, const SourceId& source) {
        const double rate = source_rate_hz(network.populations[source.population], source.neuron, speedup);
        chips[chip] += rate;
        fpgas[fpga_of(chip)] += rate;
    });
    std::vector<SourceId> over;
    for_each_entry([&](Chip chip, const SourceId& source) {
        if (chips[chip] > chip_input_budget_hz || fpgas[fpga_of(chip)] > fpga_input_budget_hz)
            over.push_back(source);
    });
    std::sort(over.begin(), over.end());
    return static_cast<std::uint64_t>(std::unique(over.begin(), over.end()) - over.begin());
}

}   // namespace

void write_stimulus(Mapping& mapping, const Network& network, const Nets& nets, const Machine& machine)
{
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        mapping.first_source.push_back(static_cast<std::uint32_t>(mapping.stimulus.sources.size()));
        if (!is_source(network.populations[p].cell))
            continue;
        for (std::uint32_t n = 0; n < network.populations[p].size; ++n) {
            SpikeSource source = make_source(network.populations[p], n, machine.speedup);
            source.id = mapping.stimulus.sources.size();
            for (const Nets::Entry& entry : nets.entries[p][n])
                source.entries.push_back({nets.nets[entry.net].chip, nets.nets[entry.net].merger, entry.address});
            mapping.stimulus.sources.push_back(std::move(source));
        }
    }
    const bool limited = !machine.silicon.empty() && machine.silicon[0]->imperfections().link_bandwidth;
    if (const std::uint64_t over = limited ? sources_over_rate(network, nets, machine.speedup) : 0)
        mapping.warnings.push_back({.code = "input_rate", .message = "sources fire faster than the links to the wafer carry: some of their spikes will be lost", .count = over});
}

}   // namespace bss
