/// From the `record` entries of a configuration to what the engine samples, and back to reports in biological units.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cli/configuration.hpp"
#include "cli/results.hpp"
#include "kernels/recording.hpp"
#include "mapping/mapping.hpp"

namespace bss {

/// What becomes one /report/<population> of <variable>.h5.
struct PlannedReport {
    /// Where the samples of a neuron come from, and their way into biological units: factor * sample + offset.
    struct Column {
        std::uint64_t node_id = 0;
        std::size_t trace = 0, column = 0;          ///< of RecordPlan::traces
        double factor = 1, offset = 0;
    };
    Variable variable = Variable::v;
    std::uint32_t population = 0;
    double interval_ms = 0;
    std::vector<Column> columns;                    ///< ascending by node id
};

struct RecordPlan {
    std::vector<TraceRequest> traces;
    std::vector<PlannedReport> reports;             ///< ascending by (variable, population)
};

/// Integration steps of a duration: the last one may reach beyond it.
std::int64_t steps_of(double duration_ms, double timestep_ms);

/// Checks the entries against each other: a population has one interval for a variable, and a neuron is recorded in one way.
/// @throws InputError naming the entry
void check_recording(const Configuration& configuration);

/// Plans the traces of checked entries. Those through the ADC get a denmem and an output of their chip, which are written into `mapping.wafers`.
/// @param defects  one a wafer. @throws InputError naming the neuron that finds no output
RecordPlan plan_recording(const Configuration& configuration, const Network& network, Mapping& mapping, const Technology& technology, std::span<const Defects> defects);

/// The report of a plan from samples of all traces.
/// @param samples  [trace] -> [sample][neuron], all from step 0 to completed_ms
Report make_report(const PlannedReport& plan, const Network& network, std::span<const TraceRequest> traces, std::span<const std::vector<float>> samples, double completed_ms);

}   // namespace bss
