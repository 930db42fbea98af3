#include "cli/dry_run.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/record_plan.hpp"

namespace bss {

namespace {

// Measured on configs/wafer.yaml (docs/performance.md); good to a factor of two.
constexpr double bytes_per_synapse = 40, bytes_per_hicann = 6e5, bytes_per_ideal_neuron = 1e3, bytes_per_source = 300, seconds_per_denmem_step = 5e-9, seconds_per_synapse_mapped = 2e-6;

/// Neurons of a size that a chip holds: they lie inside its 8 blocks of 64 denmems (rule N1).
int neurons_per_hicann(int size) { return NeuronBlock::count * (64 / size); }

/// Mean rate of a source population, all its sources together, in biological Hz.
double source_rate_hz(const Population& population, double duration_ms)
{
    double rate = 0;
    if (population.cell == CellType::SpikeSourceArray) {
        for (const auto& times : population.spike_times)
            rate += static_cast<double>(std::count_if(times.begin(), times.end(), [&](double t) { return t < duration_ms; })) / (duration_ms * 1e-3);
        return rate;
    }
    const auto& names = parameters_of(population.cell);
    for (std::size_t k = 0; k < names.size(); ++k)
        if (names[k].name == "rate")
            for (std::uint32_t neuron = 0; neuron < population.size; ++neuron)
                rate += population.parameters[k][neuron];
    return rate;
}

}   // namespace

Estimate estimate_of(const Configuration& configuration, const Technology& technology, int threads)
{
    const NetworkSpec& network = configuration.network;
    const bool ideal = configuration.run.mode == RunMode::ideal;
    const bool size_is_open = configuration.mapping.neuron_size == 0;
    const int size = ideal ? 1 : size_is_open ? 8 : configuration.mapping.neuron_size;
    double neurons = 0, sources = 0, synapses = 0, rate_hz = 0, hicanns = 0;
    for (const Population& population : network.populations) {
        if (is_source(population.cell)) {
            sources += population.size;
            rate_hz += source_rate_hz(population, configuration.run.duration_ms);
        } else {
            neurons += population.size;
            hicanns += static_cast<double>(population.size) / neurons_per_hicann(size);
        }
    }
    for (const ProjectionSpec& projection : network.projections)
        synapses += expected_synapses(projection.connector, network.populations[projection.pre].size, network.populations[projection.post].size,
                                      projection.pre == projection.post);
    hicanns = std::ceil(hicanns);

    const double steps = static_cast<double>(steps_of(configuration.run.duration_ms, configuration.run.timestep_ms));
    const double memory = synapses * bytes_per_synapse + sources * bytes_per_source +
                          (ideal ? neurons * bytes_per_ideal_neuron : hicanns * bytes_per_hicann) + 3e7;
    double trace_bytes = 0;
    for (const RecordRequest& request : configuration.record)
        for (const NeuronRange& range : request.neurons)
            trace_bytes += 4.0 * (range.last - range.first + 1.0) * configuration.run.duration_ms / request.interval_ms;
    const double run_s = steps * neurons * size * seconds_per_denmem_step / threads, map_s = ideal ? 0 : synapses * seconds_per_synapse_mapped;
    const double hardware_rate = rate_hz * configuration.run.speedup, link = 1.0 / technology.timing.link_down_spacing_s,
                 fpga = 1.0 / technology.timing.fpga_spacing_s;

    Estimate estimate{.table = {}, .json = {}, .map_s = map_s, .run_s = run_s, .memory_bytes = memory + trace_bytes};
    const auto whole = [](double count) { return static_cast<std::uint64_t>(count); };
    estimate.json = {
        {"config", configuration.file},
        {"network", {{"neurons", whole(neurons)}, {"sources", whole(sources)}, {"synapses", whole(synapses)}}},
        {"hicanns_at_least", ideal ? nlohmann::ordered_json() : nlohmann::ordered_json(whole(hicanns))},
        {"memory_bytes", whole(estimate.memory_bytes)},
        {"trace_bytes", whole(trace_bytes)},
        {"mapping_seconds", map_s},
        {"run_seconds", run_s},
        {"steps", whole(steps)},
        {"threads", threads},
        {"events_onto_wafer_hz", ideal ? nlohmann::ordered_json() : nlohmann::ordered_json(hardware_rate)},
    };
    std::string& out = estimate.table;
    out = fmt::format("{}: what a run would take, before mapping\n", configuration.file);
    const auto line = [&](std::string_view name, const std::string& value) { out += fmt::format("  {:<22} {}\n", name, value); };
    line("network", fmt::format("{:.0f} neurons, {:.0f} sources, {}{:.0f} synapses", neurons, sources, synapses > 0 ? "about " : "", synapses));
    if (!ideal)
        line("HICANNs", fmt::format("at least {:.0f} of {} ({} denmems a neuron{})", hicanns, configuration.wafer.chips.size(), size,
                                size_is_open ? " assumed" : ""));
    line("memory", fmt::format("about {:.1f} GB, {:.3g} MB of it for traces", (memory + trace_bytes) * 1e-9, trace_bytes * 1e-6));
    if (ideal) {
        line("time", fmt::format("about {:.0f} s for {:.0f} steps on {} threads", std::ceil(run_s), steps, threads));
        return estimate;
    }
    line("time", fmt::format("about {:.0f} s for mapping, {:.0f} s for {:.0f} steps on {} threads", std::ceil(map_s), std::ceil(run_s), steps, threads));
    line("onto the wafer", fmt::format("{:.3g} M events/s in hardware time, at least {:.0f} FPGA(s) of {:.3g} M events/s or {:.0f} link(s) of {:.3g} M",
                                       hardware_rate * 1e-6, std::ceil(hardware_rate / fpga), fpga * 1e-6, std::ceil(hardware_rate / link), link * 1e-6));
    line("off the wafer", "known only by running: the rates of the neurons");
    return estimate;
}

}   // namespace bss
