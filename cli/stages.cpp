#include "cli/stages.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "cli/calibration_store.hpp"
#include "cli/progress.hpp"
#include "mapping/demand.hpp"
#include "mapping/ideal.hpp"
#include "mapping/placement.hpp"
#include "mapping/scale.hpp"
#include "mapping/storage.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); }

constexpr std::array<std::string_view, 4> calibration_names{"auto", "ideal", "oracle", "table"};

/// A table of this device. @throws InputError where it is another one's
Table read_table_of(const Silicon& silicon, const Configuration& configuration)
{
    const auto& file = configuration.wafer.calibration_table;
    if (configuration.wafer.ids.size() > 1)
        throw InputError(fmt::format("{}: wafer.calibration: expected one wafer with a table, found {}", configuration.file, configuration.wafer.ids.size()));
    Table table = read_table(file);
    if (table.info.wafer_id != silicon.wafer_id() || table.info.technology_sha256 != silicon.technology().sha256)
        throw InputError(fmt::format("{}: expected a table of wafer {} in {}, found one of wafer {} in {}{}", file.string(), silicon.wafer_id(), silicon.technology().name,
                                     table.info.wafer_id, table.info.technology, table.info.technology == silicon.technology().name ? " as it once was" : ""));
    return table;
}

/// Denmems that cannot be calibrated, or are known to be broken, are no place for neurons.
void avoid_unusable(Machine& machine, Chip chip)
{
    if (const auto unusable = machine.calibration[chip.wafer]->unusable(chip.hicann); unusable.any())
        machine.defects[chip.wafer].on_hicann[chip.hicann].neurons |= unusable;
}

/// Measures the chips that the network needs: those that it is placed on. What cannot be calibrated moves neurons, so that takes a few rounds.
void calibrate(Hardware& hardware, const Configuration& configuration, const Network& network, bool show)
{
    const auto begin = std::chrono::steady_clock::now();
    Machine& machine = hardware.machine;
    MappingOptions options = configuration.mapping;
    if (options.neuron_size == 0)
        options.neuron_size = choose_neuron_size(network, machine);
    const Scale scale = make_scale(machine.speedup, fit_potentials(network, options.potentials));
    const bool adaptive = std::any_of(network.populations.begin(), network.populations.end(), [](const Population& p) { return p.cell == CellType::EIF_cond_exp_isfa_ista; });
    std::optional<OperatingMode> mode;
    std::vector<Table> tables(machine.silicon.size());
    std::vector<Chip> measured;
    for (;;) {
        const Placement placement = place(network, machine, options);
        const OperatingMode wanted = choose_mode(network, placement, hardware.technology, scale, options, configuration.wafer.imperfections);
        if (!mode)
            mode = wanted;
        // What was measured in one mode is kept for the mapping: it must not choose another one.
        options.big_capacitor = mode->big_capacitor;
        options.leak = mode->leak;
        std::vector<std::vector<Hicann>> missing(tables.size());
        std::vector<Chip> chips;
        for (const auto& population : placement.sites)
            for (const NeuronSite& site : population)
                chips.push_back(site.chip);
        std::sort(chips.begin(), chips.end());
        chips.erase(std::unique(chips.begin(), chips.end()), chips.end());
        std::vector<Chip> fresh;
        std::set_difference(chips.begin(), chips.end(), measured.begin(), measured.end(), std::back_inserter(fresh));
        if (fresh.empty())
            break;
        for (const Chip chip : fresh)
            missing[chip.wafer].push_back(chip.hicann);
        for (std::size_t w = 0; w < tables.size(); ++w) {
            TableInfo info = table_info(*machine.silicon[w], CalibrationMode::fast, *mode);
            info.adaptive = adaptive;
            const CalibrationStore store(cache_folder() / "calibration", info);
            hardware.calibration_table = store.folder().parent_path().string();
            Progress progress("Calibrating", show);
            Table found = store.calibrate(machine.silicon[w], missing[w], [&](double fraction) { progress.update(fraction); });
            tables[w].info = info;
            tables[w].chips.merge(found.chips);
            machine.calibration[w] = table_calibration(*machine.silicon[w], tables[w]);
        }
        for (const Chip chip : fresh)
            avoid_unusable(machine, chip);
        measured.insert(measured.end(), fresh.begin(), fresh.end());
        std::sort(measured.begin(), measured.end());
    }
    hardware.operating = mode;
    hardware.calibration_seconds = seconds_since(begin);
}

}   // namespace

Hardware make_hardware(const Configuration& configuration)
{
    Hardware hardware;
    hardware.technology = Technology::load(configuration.wafer.technology);
    Machine& machine = hardware.machine;
    for (const std::uint64_t id : configuration.wafer.ids)
        machine.silicon.push_back(std::make_shared<const Silicon>(hardware.technology, configuration.wafer.imperfections, id));
    machine.defects = defects_of(configuration);
    machine.speedup = configuration.run.speedup;
    for (const Chip chip : configuration.wafer.chips)
        if (machine.defects[chip.wafer].usable(chip.hicann))
            machine.chips.push_back(chip);

    const auto begin = std::chrono::steady_clock::now();
    const CalibrationKind kind = configuration.wafer.calibration;
    hardware.calibration = calibration_names[static_cast<std::size_t>(kind)];
    for (const auto& silicon : machine.silicon)
        machine.calibration.push_back(kind == CalibrationKind::oracle  ? oracle_calibration(*silicon)
                                      : kind == CalibrationKind::table ? table_calibration(*silicon, read_table_of(*silicon, configuration))
                                                                       : ideal_calibration(*silicon));
    if (kind == CalibrationKind::table) { // only chips that it has
        hardware.calibration_table = configuration.wafer.calibration_table.string();
        std::erase_if(machine.chips, [&](Chip chip) { return !machine.calibration[chip.wafer]->knows(chip.hicann); });
        if (machine.chips.empty())
            throw InputError(fmt::format("{}: expected a table with HICANNs of wafer.hicanns, found none of them", hardware.calibration_table));
    }
    for (const Chip chip : machine.chips)
        avoid_unusable(machine, chip);
    // On silicon without mismatch the nominal curves are true.
    const Imperfections& imperfections = configuration.wafer.imperfections;
    hardware.to_calibrate = kind == CalibrationKind::automatic && (imperfections.fixed_pattern || imperfections.weight_mismatch);
    hardware.calibration_seconds = seconds_since(begin);
    return hardware;
}

Mapping make_mapping(const Configuration& configuration, const Network& network, Hardware& hardware, bool progress)
{
    const Imperfections& imperfections = configuration.wafer.imperfections;
    try {
        if (configuration.run.mode == RunMode::ideal)
            return place_ideally(network, configuration.run.speedup);
        if (!configuration.mapping_file.empty()) // its DACs are there already
            return read_mapping(configuration.mapping_file, network, hardware.machine, configuration.mapping, imperfections);
        if (hardware.to_calibrate)
            calibrate(hardware, configuration, network, progress);
        MappingOptions options = configuration.mapping;
        if (hardware.operating) {
            options.big_capacitor = hardware.operating->big_capacitor;
            options.leak = hardware.operating->leak;
        }
        return map(network, hardware.machine, options, imperfections);
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
            .calibration = ideal ? std::string() : hardware.calibration,
            .calibration_table = ideal ? std::string() : hardware.calibration_table,
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
