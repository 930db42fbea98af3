#include "cli/record_plan.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "cli/readout_plan.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

std::size_t parameter_index(CellType cell, std::string_view name)
{
    const auto& known = parameters_of(cell);
    const auto found = std::find_if(known.begin(), known.end(), [&](const CellParameter& p) { return p.name == name; });
    if (found == known.end())
        throw std::logic_error(fmt::format("cell {} has no parameter {}", name_of(cell), name));
    return static_cast<std::size_t>(found - known.begin());
}

/// factor and offset from the engine's SI hardware units to a report's biological ones (mV, nA, µS).
std::pair<double, double> conversion(Variable variable, const Scale& scale, double c_hw_farad, double c_bio_farad)
{
    switch (variable) {
    case Variable::v:
        return {1.0 / scale.alpha_volt_per_mv, -scale.shift_volt / scale.alpha_volt_per_mv};
    case Variable::w:
        return {1e9 / scale.ampere(1.0, c_hw_farad, c_bio_farad), 0.0};
    case Variable::gsyn_exc:
    case Variable::gsyn_inh:
        break;
    }
    return {1e6 / scale.siemens(1.0, c_hw_farad, c_bio_farad), 0.0};
}

}   // namespace

std::int64_t steps_of(double duration_ms, double timestep_ms)
{
    const double steps = duration_ms / timestep_ms, nearest = std::round(steps);
    const bool whole = std::abs(steps - nearest) <= 1e-9 * nearest;     // 990 ms / 0.1 ms is 9900.000000000002
    return static_cast<std::int64_t>(whole ? nearest : std::ceil(steps));
}

void check_recording(const Configuration& configuration)
{
    std::map<std::pair<Variable, std::uint32_t>, std::size_t> first;    // entry that recorded a variable of a population first
    for (std::size_t k = 0; k < configuration.record.size(); ++k) {
        const RecordRequest& request = configuration.record[k];
        const std::string where = fmt::format("{}: record[{}]", configuration.file, k);
        const auto [entry, is_new] = first.try_emplace({request.variable, request.population}, k);
        if (is_new)
            continue;
        const std::string& population = configuration.network.populations[request.population].name;
        if (configuration.record[entry->second].interval_steps != request.interval_steps)
            throw InputError(fmt::format("{}.interval: expected {} ms as in record[{}] (one interval for {} of {}), found {} ms", where, configuration.record[entry->second].interval_ms,
                                         entry->second, name_of(request.variable), population, request.interval_ms));
        for (std::size_t other = 0; other < k; ++other) {
            const RecordRequest& before = configuration.record[other];
            if (before.variable != request.variable || before.population != request.population || before.through == request.through)
                continue;
            for (const NeuronRange& a : before.neurons)
                for (const NeuronRange& b : request.neurons)
                    if (std::max(a.first, b.first) <= std::min(a.last, b.last))
                        throw InputError(fmt::format("{}.through: expected one way for a neuron, found neuron {} of {} also in record[{}] through {}", where,
                                                     std::max(a.first, b.first), population, other, before.through == Through::adc ? "adc" : "probe"));
        }
    }
}

RecordPlan plan_recording(const Configuration& configuration, const Network& network, Mapping& mapping, const Technology& technology, std::span<const Defects> defects)
{
    std::map<std::tuple<Variable, std::uint32_t, bool>, std::vector<std::uint32_t>> wanted;     // (variable, population, adc) -> neurons
    std::map<std::pair<Variable, std::uint32_t>, const RecordRequest*> entry;
    for (const RecordRequest& request : configuration.record) {
        auto& neurons = wanted[{request.variable, request.population, request.through == Through::adc}];
        for (const NeuronRange& range : request.neurons)
            for (std::uint32_t neuron = range.first; neuron <= range.last; ++neuron)
                neurons.push_back(neuron);
        entry[{request.variable, request.population}] = &request;
    }

    RecordPlan plan;
    std::vector<ReadoutRequest> readouts;
    std::vector<std::pair<std::size_t, std::size_t>> readout_places;    // trace and column of each
    for (auto& [key, neurons] : wanted) {
        const auto [variable, index, adc] = key;
        std::sort(neurons.begin(), neurons.end());
        neurons.erase(std::unique(neurons.begin(), neurons.end()), neurons.end());
        const Population& population = network.populations[index];
        const Values& cm = population.parameters[parameter_index(population.cell, "cm")];

        TraceRequest trace;
        trace.variable = variable;
        trace.through = adc ? Through::adc : Through::probe;
        trace.interval_steps = entry[{variable, index}]->interval_steps;
        if (plan.reports.empty() || plan.reports.back().variable != variable || plan.reports.back().population != index)
            plan.reports.push_back({.variable = variable, .population = index, .interval_ms = entry[{variable, index}]->interval_ms, .columns = {}});
        for (std::uint32_t neuron : neurons) {
            const PlacedNeuron& placed = mapping.placement[index][neuron];
            const Denmem firing(placed.denmem);
            const double c_hw = placed.size * technology.capacitance_farad(mapping.big_capacitor);
            const auto [factor, offset] = conversion(variable, mapping.scale, c_hw, cm[neuron] * 1e-9);
            plan.reports.back().columns.push_back({.node_id = neuron, .trace = plan.traces.size(), .column = trace.neurons.size(), .factor = factor, .offset = offset});
            if (adc) {
                std::vector<Denmem> denmems = joined_denmems(mapping.wafers[placed.chip.wafer].hicanns.at(placed.chip.hicann), firing);
                std::stable_partition(denmems.begin(), denmems.end(), [&](Denmem d) { return d == firing; });
                readouts.push_back({.neuron = fmt::format("neuron {} of {}", neuron, population.name), .chip = placed.chip, .denmems = std::move(denmems)});
                readout_places.emplace_back(plan.traces.size(), trace.neurons.size());
            }
            trace.neurons.push_back({placed.chip, firing});
        }
        if (adc)
            trace.readout_denmems.resize(trace.neurons.size());
        plan.traces.push_back(std::move(trace));
    }
    for (PlannedReport& report : plan.reports)
        std::sort(report.columns.begin(), report.columns.end(), [](const auto& a, const auto& b) { return a.node_id < b.node_id; });

    try {
        const std::vector<Readout> chosen = plan_readout(readouts, defects);
        for (std::size_t k = 0; k < chosen.size(); ++k)
            plan.traces[readout_places[k].first].readout_denmems[readout_places[k].second] = chosen[k].denmem;
        configure_readout(mapping.wafers, readouts, chosen);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", configuration.file, error.what()));
    }
    return plan;
}

Report make_report(const PlannedReport& plan, const Network& network, std::span<const TraceRequest> traces, std::span<const std::vector<float>> samples, double completed_ms)
{
    Report report;
    report.population = network.populations[plan.population].name;
    report.step_ms = plan.interval_ms;
    report.stop_ms = completed_ms;
    std::size_t rows = plan.columns.empty() ? 0 : std::size_t(-1);
    for (const PlannedReport::Column& column : plan.columns) {
        report.node_ids.push_back(column.node_id);
        rows = std::min(rows, samples[column.trace].size() / traces[column.trace].neurons.size());
    }
    report.data.reserve(rows * plan.columns.size());
    for (std::size_t row = 0; row < rows; ++row)
        for (const PlannedReport::Column& column : plan.columns) {
            const float sample = samples[column.trace][row * traces[column.trace].neurons.size() + column.column];
            report.data.push_back(static_cast<float>(column.factor * sample + column.offset));
        }
    return report;
}

}   // namespace bss
