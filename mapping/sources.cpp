#include "sources.hpp"

#include <map>
#include <set>

#include "demand.hpp"
#include "generators.hpp"

namespace bss {

namespace {

PlacedNeuron entry_point(std::uint32_t id, const SourceNet& net, L1Address address)
{
    return {.id = id, .chip = net.chip, .denmem = -1, .size = 0, .merger = net.merger, .address = address, .connected = true};
}

}   // namespace

void write_placement_table(Mapping& mapping, const Network& network, const Placement& placement, const Nets& nets)
{
    mapping.placement.resize(network.populations.size());
    mapping.relays.resize(network.populations.size());
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        for (std::uint32_t n = 0; n < network.populations[p].size; ++n) {
            const auto& entries = nets.entries[p][n];
            if (is_source(network.populations[p].cell)) {
                for (const Nets::Entry& entry : entries)
                    mapping.placement[p].push_back(entry_point(n, nets.nets[entry.net], entry.address));
                continue;
            }
            const NeuronSite& site = placement.sites[p][n];
            PlacedNeuron row{.id = n, .chip = site.chip, .denmem = static_cast<std::int16_t>(site.first.value()), .size = site.size, .merger = {}, .address = {}, .connected = !entries.empty()};
            if (row.connected) {
                row.merger = nets.nets[entries.front().net].merger;
                row.address = entries.front().address;
            }
            mapping.placement[p].push_back(row);
            for (std::size_t k = 1; k < entries.size(); ++k)
                mapping.relays[p].push_back(entry_point(n, nets.nets[entries[k].net], entries[k].address));
        }
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
std::uint64_t sources_over_rate(const Mapping& mapping, const Network& network, double speedup)
{
    std::map<Chip, double> chips;
    std::map<std::pair<std::uint16_t, Fpga>, double> fpgas;
    const auto fpga_of = [](Chip chip) { return std::pair(chip.wafer, chip.hicann.reticle().fpga()); };
    const auto for_each_entry = [&](auto&& f) {
        for (std::size_t p = 0; p < network.populations.size(); ++p)
            if (is_source(network.populations[p].cell) && !network.populations[p].on_wafer)
                for (const PlacedNeuron& entry : mapping.placement[p])
                    f(p, entry);
    };
    for_each_entry([&](std::size_t p, const PlacedNeuron& entry) {
        const double rate = source_rate_hz(network.populations[p], entry.id, speedup);
        chips[entry.chip] += rate;
        fpgas[fpga_of(entry.chip)] += rate;
    });
    std::set<std::pair<std::size_t, std::uint32_t>> over;
    for_each_entry([&](std::size_t p, const PlacedNeuron& entry) {
        if (chips[entry.chip] > chip_input_budget_hz || fpgas[fpga_of(entry.chip)] > fpga_input_budget_hz)
            over.insert({p, entry.id});
    });
    return over.size();
}

}   // namespace

void write_stimulus(Mapping& mapping, const Network& network, const Machine& machine)
{
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        const auto first = static_cast<std::uint32_t>(mapping.stimulus.sources.size());
        mapping.first_source.push_back(first);
        if (!is_source(network.populations[p].cell))
            continue;
        for (std::uint32_t n = 0; n < network.populations[p].size; ++n) {
            SpikeSource source = make_source(network.populations[p], n, machine.speedup);
            source.id = first + n;
            mapping.stimulus.sources.push_back(std::move(source));
        }
        for (const PlacedNeuron& entry : mapping.placement[p])
            mapping.stimulus.sources[first + entry.id].entries.push_back({entry.chip, entry.merger, entry.address});
    }
    write_generators(mapping, network, machine.speedup);
    const bool limited = !machine.silicon.empty() && machine.silicon[0]->imperfections().link_bandwidth;
    if (const std::uint64_t over = limited ? sources_over_rate(mapping, network, machine.speedup) : 0)
        mapping.warnings.push_back({.code = "input_rate", .message = "sources fire faster than the links to the wafer carry: some of their spikes will be lost", .count = over});
}

}   // namespace bss
