#include "cli/recorder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace bss {

SpikeOwners::SpikeOwners(const Network& network, const Mapping& mapping, const std::vector<NeuronPlace>& neurons)
{
    of_neuron_.resize(neurons.size());
    auto next = neurons.begin();        // they ascend, and in an ideal network so do populations
    for (std::uint32_t p = 0; p < network.populations.size(); ++p) {
        if (is_source(network.populations[p].cell)) {
            for (std::uint32_t neuron = 0; neuron < network.populations[p].size; ++neuron)
                of_source_.push_back({p, neuron}); // sources stand in the order of population, id (Mapping::stimulus)
            continue;
        }
        for (const PlacedNeuron& neuron : mapping.placement[p]) {
            const NeuronPlace place{neuron.chip, Denmem(neuron.denmem)};
            if (next == neurons.end() || *next != place)
                next = std::lower_bound(neurons.begin(), neurons.end(), place);
            if (next != neurons.end() && *next == place)
                of_neuron_[static_cast<std::size_t>(next++ - neurons.begin())] = {p, neuron.id};
        }
    }
}

Recorder::Recorder(const Network& network, const Mapping& mapping, const RecordPlan& plan, const std::vector<NeuronPlace>& neurons)
    : network_(network), scale_(mapping.scale), plan_(plan), owners_(network, mapping, neurons), activity_(network.populations.size()),
      samples_(plan.traces.size())
{
    for (const Population& population : network.populations)
        spikes_.push_back({.population = population.name, .times_ms = {}, .node_ids = {}});
}

void Recorder::add(const Recording& recording, double end_ms)
{
    const auto add_spike = [&](const SpikeOwners::Id& id, double time_s, bool recorded) {
        constexpr double rounding = 1e-14;      // of the way to seconds of the hardware and back: a source at the end itself is beyond it
        const double time_ms = scale_.ms(time_s);
        if (!id.known() || time_ms >= end_ms * (1 - rounding))
            return;
        ++activity_[id.population].fired;
        if (!recorded)
            return;
        ++activity_[id.population].recorded;
        spikes_[id.population].times_ms.push_back(time_ms);
        spikes_[id.population].node_ids.push_back(id.neuron);
    };
    for (const NeuronSpike& spike : recording.spikes)
        add_spike(owners_.of_neuron(spike.neuron), spike.time_s, spike.recorded);
    for (const SourceSpike& spike : recording.source_spikes)
        add_spike(owners_.of_source(spike.source), spike.time_s, true);
    for (std::size_t k = 0; k < recording.traces.size(); ++k)
        samples_[k].insert(samples_[k].end(), recording.traces[k].values.begin(), recording.traces[k].values.end());
}

void Recorder::write(const std::filesystem::path& folder, double completed_ms)
{
    for (PopulationSpikes& spikes : spikes_)
        sort_by_time(spikes);
    write_spikes(folder / "spikes.h5", spikes_);
    spikes_.clear();

    for (std::size_t begin = 0, end = 0; begin < plan_.reports.size(); begin = end) {
        const Variable variable = plan_.reports[begin].variable;
        std::vector<Report> reports;
        for (; end < plan_.reports.size() && plan_.reports[end].variable == variable; ++end) {
            reports.push_back(make_report(plan_.reports[end], network_, samples_[end], completed_ms));
            std::vector<float>().swap(samples_[end]);
        }
        write_reports(folder / fmt::format("{}.h5", name_of(variable)), std::string(unit_of(variable)), reports);
    }
}

}   // namespace bss
