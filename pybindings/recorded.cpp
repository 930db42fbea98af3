#include "pybindings/recorded.hpp"

#include <algorithm>

namespace bss::python {
namespace {

/// Times of a list that the user gave went to seconds of the hardware and back: the user's own again, to the last bit.
double as_given(double time_ms, const std::vector<double>& given)
{
    const auto after = std::lower_bound(given.begin(), given.end(), time_ms);
    const double slack = 1e-12 * time_ms;
    if (after != given.end() && *after - time_ms <= slack)
        return *after;
    if (after != given.begin() && time_ms - *std::prev(after) <= slack)
        return *std::prev(after);
    return time_ms;
}

}   // namespace

void Recorded::keep_spikes(std::uint32_t population, std::optional<std::vector<std::uint32_t>> neurons)
{
    Kept& kept = kept_[population];
    kept = {.all = !neurons.has_value(), .neurons = {}};
    if (!neurons)
        return;
    kept.neurons.resize(network_.populations[population].size);
    for (const std::uint32_t n : *neurons)
        kept.neurons[n] = true;
}

void Recorded::append(const PlannedReport& plan, std::int64_t interval_steps, std::int64_t first_step, std::span<const float> samples)
{
    if (samples.empty())
        return;
    Series& series = series_[{plan.variable, plan.population}];
    if (series.has_present) {
        std::vector<float>& values = series.blocks.back().values;
        values.resize(values.size() - series.blocks.back().neurons.size());
        if (values.empty())
            series.blocks.pop_back();
        series.has_present = false;
    }
    const std::vector<std::uint32_t> neurons(plan.node_ids.begin(), plan.node_ids.end());
    if (series.blocks.empty() || series.blocks.back().neurons != neurons || series.blocks.back().next_step() != first_step)
        series.blocks.push_back({neurons, first_step, interval_steps, {}});
    std::vector<float>& values = series.blocks.back().values;
    const std::size_t width = neurons.size();
    for (std::size_t k = 0; k < samples.size(); ++k)
        values.push_back(static_cast<float>(plan.factor[k % width] * samples[k] + plan.offset[k % width]));
}

void Recorded::add(const Recording& recording, const SpikeOwners& owners, const Scale& scale, const RecordPlan& plan)
{
    activity_.resize(network_.populations.size());
    const auto add_spike = [&](const SpikeOwners::Id& id, double time_s, bool recorded) {
        if (!id.known())
            return;
        ++activity_[id.population].fired;
        activity_[id.population].recorded += recorded;
        const auto kept = kept_.find(id.population);
        if (!recorded || kept == kept_.end() || !kept->second.has(id.neuron))
            return;
        const Population& population = network_.populations[id.population];
        const double time_ms = scale.ms(time_s);
        Spikes& spikes = spikes_[id.population];
        spikes.neurons.push_back(id.neuron);
        spikes.times_ms.push_back(population.cell == CellType::SpikeSourceArray ? as_given(time_ms, population.spike_times[id.neuron]) : time_ms);
    };
    for (const NeuronSpike& spike : recording.spikes)
        add_spike(owners.of_neuron(spike.neuron), spike.time_s, spike.recorded);
    for (const SourceSpike& spike : recording.source_spikes)
        add_spike(owners.of_source(spike.source), spike.time_s, true);
    for (std::size_t k = 0; k < recording.traces.size(); ++k)
        append(plan.reports[k], plan.traces[k].interval_steps, recording.traces[k].first_step, recording.traces[k].values);
}

void Recorded::set_present(const std::vector<std::vector<float>>& present, std::int64_t now, const RecordPlan& plan)
{
    for (std::size_t k = 0; k < present.size(); ++k) {
        if (now % plan.traces[k].interval_steps != 0)
            continue;
        append(plan.reports[k], plan.traces[k].interval_steps, now, present[k]);
        if (!present[k].empty())
            series_[{plan.reports[k].variable, plan.reports[k].population}].has_present = true;
    }
}

void Recorded::clear()
{
    spikes_.clear();
    series_.clear();
    activity_.clear();
}

void Recorded::clear(std::uint32_t population)
{
    spikes_.erase(population);
    for (auto& [key, series] : series_)
        if (key.second == population && !series.blocks.empty()) {
            const SampleBlock& last = series.blocks.back();
            const auto width = static_cast<std::ptrdiff_t>(last.neurons.size());
            SampleBlock present{last.neurons, last.next_step() - last.interval_steps, last.interval_steps, {last.values.end() - width, last.values.end()}};
            series.blocks.clear();
            if (series.has_present)   // the next samples begin with it
                series.blocks.push_back(std::move(present));
        }
}

const Spikes& Recorded::spikes(std::uint32_t population) const
{
    static const Spikes none;
    const auto found = spikes_.find(population);
    return found == spikes_.end() ? none : found->second;
}

const std::vector<SampleBlock>& Recorded::blocks(Key key) const
{
    static const std::vector<SampleBlock> none;
    const auto found = series_.find(key);
    return found == series_.end() ? none : found->second.blocks;
}

}   // namespace bss::python
