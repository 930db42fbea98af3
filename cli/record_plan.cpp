#include "cli/record_plan.hpp"

#include <algorithm>
#include <cmath>

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
    const bool whole = std::abs(steps - nearest) <= 1e-9 * nearest; // 990 ms / 0.1 ms is 9900.000000000002
    return static_cast<std::int64_t>(whole ? nearest : std::ceil(steps));
}

RecordPlan plan_recording(const Configuration& configuration, const Network& network, Mapping& mapping, const Technology& technology,
                          std::span<const Defects> defects)
{
    std::vector<const RecordRequest*> entries;
    for (const RecordRequest& request : configuration.record)
        entries.push_back(&request);
    std::sort(entries.begin(), entries.end(),
              [](const auto* a, const auto* b) { return std::pair(a->variable, a->population) < std::pair(b->variable, b->population); });

    RecordPlan plan;
    std::vector<ReadoutRequest> readouts;
    for (const RecordRequest* request : entries) {
        const Population& population = network.populations[request->population];
        const Values& cm = population.parameters[parameter_index(population.cell, "cm")];
        TraceRequest trace{
            .variable = request->variable, .through = request->through, .interval_steps = request->interval_steps, .neurons = {}, .readout_denmems = {}};
        PlannedReport report{
            .variable = request->variable, .population = request->population, .interval_ms = request->interval_ms, .node_ids = {}, .factor = {}, .offset = {}};
        for (const NeuronRange& range : request->neurons)
            for (std::uint32_t neuron = range.first; neuron <= range.last; ++neuron) {
                const PlacedNeuron& placed = mapping.placement[request->population][neuron];
                const Denmem firing(placed.denmem);
                const auto [factor, offset] =
                    conversion(request->variable, mapping.scale, placed.size * technology.capacitance_farad(mapping.big_capacitor), cm[neuron] * 1e-9);
                trace.neurons.push_back({placed.chip, firing});
                report.node_ids.push_back(neuron);
                report.factor.push_back(factor);
                report.offset.push_back(offset);
                if (request->through == Through::adc) {
                    std::vector<Denmem> denmems = joined_denmems(mapping.wafers[placed.chip.wafer].hicanns.at(placed.chip.hicann), firing);
                    std::stable_partition(denmems.begin(), denmems.end(), [&](Denmem d) { return d == firing; });
                    readouts.push_back({.neuron = fmt::format("neuron {} of {}", neuron, population.name), .chip = placed.chip, .denmems = std::move(denmems)});
                }
            }
        plan.traces.push_back(std::move(trace));
        plan.reports.push_back(std::move(report));
    }
    try {
        const std::vector<Readout> chosen = plan_readout(readouts, defects);
        configure_readout(mapping.wafers, readouts, chosen);
        auto next = chosen.begin();
        for (TraceRequest& trace : plan.traces)
            for (std::size_t k = 0; trace.through == Through::adc && k < trace.neurons.size(); ++k)
                trace.readout_denmems.push_back((next++)->denmem);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", configuration.file, error.what()));
    }
    return plan;
}

Report make_report(const PlannedReport& plan, const Network& network, std::span<const float> samples, double completed_ms)
{
    Report report{
        .population = network.populations[plan.population].name, .node_ids = plan.node_ids, .stop_ms = completed_ms, .step_ms = plan.interval_ms, .data = {}};
    const std::size_t neurons = plan.node_ids.size();
    report.data.reserve(samples.size());
    for (std::size_t k = 0; k < samples.size(); ++k)
        report.data.push_back(static_cast<float>(plan.factor[k % neurons] * samples[k] + plan.offset[k % neurons]));
    return report;
}

}   // namespace bss
