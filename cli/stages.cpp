#include "cli/stages.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "mapping/ideal.hpp"
#include "mapping/storage.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); }

std::shared_ptr<const Calibration> make_calibration(CalibrationKind kind, const Silicon& silicon)
{
    return kind == CalibrationKind::ideal ? ideal_calibration(silicon) : oracle_calibration(silicon);
}

}   // namespace

Hardware make_hardware(const Configuration& configuration)
{
    Hardware hardware;
    hardware.technology = Technology::load(configuration.wafer.technology);
    Machine& machine = hardware.machine;
    for (const std::uint64_t id : configuration.wafer.ids)
        machine.silicon.push_back(std::make_shared<const Silicon>(hardware.technology, configuration.wafer.imperfections, id));
    const auto calibration_begin = std::chrono::steady_clock::now();
    for (const auto& silicon : machine.silicon)
        machine.calibration.push_back(make_calibration(configuration.wafer.calibration, *silicon));
    hardware.calibration_seconds = seconds_since(calibration_begin);
    machine.defects = defects_of(configuration);
    machine.speedup = configuration.run.speedup;
    for (const Chip chip : configuration.wafer.chips)
        if (machine.defects[chip.wafer].usable(chip.hicann))
            machine.chips.push_back(chip);
    return hardware;
}

Mapping make_mapping(const Configuration& configuration, const Network& network, const Machine& machine)
{
    const Imperfections& imperfections = configuration.wafer.imperfections;
    try {
        return configuration.run.mode == RunMode::ideal ? place_ideally(network, configuration.run.speedup)
               : configuration.mapping_file.empty()     ? map(network, machine, configuration.mapping, imperfections)
                                                        : read_mapping(configuration.mapping_file, network, machine, configuration.mapping, imperfections);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", configuration.file, error.what()));
    }
}

Program make_program(const Configuration& configuration, const Network& network, const Hardware& hardware, const Mapping& mapping, std::vector<TraceRequest> traces)
{
    const RunSettings settings{
        .timestep_s = mapping.scale.seconds(configuration.run.timestep_ms), .trial = configuration.run.seed, .traces = std::move(traces)};
    if (configuration.run.mode == RunMode::ideal)
        return ideal_program(network, mapping, hardware.technology, settings);
    std::vector<Silicon> silicon;
    for (const auto& wafer : hardware.machine.silicon)
        silicon.push_back(*wafer);
    return elaborate(mapping.wafers, silicon, settings);
}

void advance(Engine& engine, std::int64_t until, const std::function<bool()>& after_chunk)
{
    constexpr double chunk_seconds = 0.25;
    std::int64_t chunk = 64;
    while (engine.now() < until) {
        const auto begin = std::chrono::steady_clock::now();
        engine.advance(std::min(chunk, until - engine.now()));
        const double factor = std::clamp(chunk_seconds / std::max(seconds_since(begin), 1e-6), 0.1, 8.0);
        chunk = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(chunk) * factor));
        if (!after_chunk())
            return;
    }
}

RunAccount account_of(const Engine& engine)
{
    RunAccount account;
    account.backend = engine.backend();
    account.simd = engine.simd();
    account.threads = engine.threads();
    account.counters = engine.counters();
    return account;
}

std::vector<Warning> warnings_of_run(const Mapping& mapping, const Counters& counters)
{
    std::vector<Warning> warnings;
    const auto add = [&](std::string_view code, std::int64_t count, std::string_view message) {
        const bool known = std::any_of(mapping.warnings.begin(), mapping.warnings.end(), [&](const Warning& w) { return w.code == code; });
        if (count > 0 && !known)
            warnings.push_back({.code = std::string(code), .message = std::string(message), .count = static_cast<std::uint64_t>(count)});
    };
    add("input_rate", counters.l2_down_lost + counters.l2_down_dropped_before_sim,
        "spikes of sources were lost on the way to the wafer: they fire faster than the links carry");
    add("delay_below_timestep", counters.delays_below_timestep, "events arrived within the step in which they were sent, and acted in the next one");
    return warnings;
}

Outcome outcome_of(const Configuration& configuration, const Network& network, const Hardware& hardware, const Mapping& mapping, std::string mapping_sha256)
{
    const bool ideal = configuration.run.mode == RunMode::ideal;
    return {.configuration = configuration,
            .network = network,
            .mapping = mapping,
            .technology = hardware.technology,
            .calibration = ideal ? std::string() : std::string(hardware.machine.calibration.front()->kind()),
            .calibration_seconds = hardware.calibration_seconds,
            .mapping_sha256 = std::move(mapping_sha256),
            .run = {},
            .activity = {},
            .warnings = {}};
}

Exceeded exceeded_limits(const Configuration& configuration, const Json& summary)
{
    Exceeded exceeded;
    if (const Json& mapping = summary["mapping"]; !mapping.is_null()) {
        const double wanted = summary["network"]["synapses"].get<double>(), lost = mapping["synapses_lost"].get<double>();
        if (wanted > 0 && lost / wanted > configuration.max_synapse_loss)
            exceeded.synapse_loss.push_back(fmt::format("{}: mapping.max_synapse_loss: expected at most {:g} of the synapses lost, found {:.4g}",
                                                        configuration.file, configuration.max_synapse_loss, lost / wanted));
    }
    if (configuration.strict)
        for (const std::string& finding : strict_findings(summary))
            exceeded.strict.push_back(fmt::format("{}: strict: {}", configuration.file, finding));
    return exceeded;
}

}   // namespace bss
