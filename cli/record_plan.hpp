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

/// What becomes one /report/<population> of <variable>.h5: the samples of the trace of the same index.
struct PlannedReport {
    Variable variable = Variable::v;
    std::uint32_t population = 0;
    double interval_ms = 0;
    std::vector<std::uint64_t> node_ids; ///< ascending, one a neuron of the trace
    std::vector<double> factor, offset;  ///< likewise: biological value = factor * sample + offset
};

struct RecordPlan {
    std::vector<TraceRequest> traces;
    std::vector<PlannedReport> reports; ///< [trace], ascending by (variable, population)
};

/// Integration steps of a duration: the last one may reach beyond it.
std::int64_t steps_of(double duration_ms, double timestep_ms);

/// Plans the traces. Those through the ADC get a denmem and an output of their chip, which are written into `mapping.wafers`.
/// @param defects  one a wafer. @throws InputError naming the neuron that finds no output
RecordPlan plan_recording(const Configuration& configuration, const Network& network, Mapping& mapping, const Technology& technology,
                          std::span<const Defects> defects);

/// The report of a plan.
/// @param samples  of its trace: [sample][neuron], from step 0 to completed_ms
Report make_report(const PlannedReport& plan, const Network& network, std::span<const float> samples, double completed_ms);

}   // namespace bss
