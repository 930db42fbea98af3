#include "cli/summary.hpp"

#include <algorithm>
#include <numeric>

#include <CLI/Version.hpp>
#include <H5public.h>
#include <fmt/format.h>

#include "cli/chips_reader.hpp"
#include "mapping/bottlenecks.hpp"

namespace bss {

namespace {

std::string_view name_of(Gear gear)
{
    constexpr std::array<std::string_view, 3> names{"normal", "slow", "fast"};
    return names[static_cast<std::size_t>(gear)];
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json by_cause(const std::array<std::uint64_t, loss_cause_names.size()>& lost)
{
    Json json = Json::object();
    for (std::size_t k = 0; k < lost.size(); ++k)
        json[std::string(loss_cause_names[k])] = lost[k];
    return json;
}

/// What was short, where, for whom, and what would help.
Json bottlenecks_block(const Outcome& outcome)
{
    const auto& ids = outcome.configuration.wafer.ids;
    Json json = Json::array();
    for (const Bottleneck& b : bottlenecks(outcome.mapping, outcome.network, outcome.configuration.mapping)) {
        const Projection& worst = outcome.network.projections[b.worst_projection];
        Json hicanns = Json::array();
        for (const auto& [chip, synapses] : b.chips)
            hicanns.push_back({{"hicann", chip_name(chip, ids)}, {"synapses", synapses}});
        json.push_back({{"cause", loss_cause_names[static_cast<std::size_t>(b.cause)]},
                        {"resource", b.resource},
                        {"synapses", b.synapses},
                        {"hicanns_hit", b.all_chips},
                        {"worst_hicanns", hicanns},
                        {"worst_projection",
                         {{"pre", outcome.network.populations[worst.pre].name}, {"post", outcome.network.populations[worst.post].name}, {"synapses", b.of_worst_projection}}},
                        {"advice", b.advice}});
    }
    return json;
}

/// Ways from wafer to wafer: neurons whose spikes take them, entries on other wafers, and synapses that hang on them.
Json relays_block(const Mapping& mapping, const Network& network)
{
    std::size_t neurons = 0, entries = 0, synapses = 0;
    for (const auto& rows : mapping.relays) {
        entries += rows.size();
        for (std::size_t k = 0; k < rows.size(); ++k)
            neurons += k == 0 || rows[k].id != rows[k - 1].id;
    }
    for (std::size_t k = 0; entries > 0 && k < network.projections.size(); ++k) {
        const Projection& p = network.projections[k];
        if (is_source(network.populations[p.pre].cell))
            continue;
        for (std::size_t s = 0; s < p.size(); ++s)
            synapses += mapping.synapses[k][s].realised() && mapping.synapses[k][s].chip.wafer != mapping.placement[p.pre][p.pre_neuron[s]].chip.wafer;
    }
    return {{"neurons", neurons}, {"entries", entries}, {"synapses", synapses}};
}

/// Of plastic synapses, as the calibration expects it; null of others.
Json plasticity_of(const ProjectionAccount& account)
{
    if (!account.plasticity)
        return nullptr;
    const RealisedPlasticity& p = *account.plasticity;
    return {{"U", p.U}, {"tau_ms", p.tau_ms}, {"sigma_U", p.sigma_U}, {"sigma_tau", p.sigma_tau}, {"clipped", p.clipped}};
}

Json mapping_block(const Outcome& outcome)
{
    if (outcome.configuration.run.mode == RunMode::ideal)
        return nullptr;
    const Mapping& mapping = outcome.mapping;
    ProjectionAccount total;
    Json projections = Json::array();
    for (std::size_t k = 0; k < mapping.account.size(); ++k) {
        const ProjectionAccount& account = mapping.account[k];
        const Projection& projection = outcome.network.projections[k];
        projections.push_back({{"pre", outcome.network.populations[projection.pre].name},
                               {"post", outcome.network.populations[projection.post].name},
                               {"receptor", projection.receptor == Receptor::excitatory ? "excitatory" : "inhibitory"},
                               {"requested", account.requested},
                               {"realised", account.realised},
                               {"lost", account.lost},
                               {"lost_by_cause", by_cause(account.lost_by_cause)},
                               {"clipped_weights", account.clipped_weights},
                               {"plasticity", plasticity_of(account)}});
        total.realised += account.realised;
        total.lost += account.lost;
        for (std::size_t c = 0; c < total.lost_by_cause.size(); ++c)
            total.lost_by_cause[c] += account.lost_by_cause[c];
    }
    Json rules = Json::object();
    std::uint64_t errors = 0, warnings = 0;
    for (const Violation& violation : mapping.violations) {
        errors += violation.severity == Severity::error;
        warnings += violation.severity == Severity::warning;
        if (violation.severity != Severity::information)
            rules[std::string(violation.rule)] = rules.value(std::string(violation.rule), 0) + 1;
    }
    const std::size_t kept = std::accumulate(mapping.wafers.begin(), mapping.wafers.end(), std::size_t{0},
                                             [](std::size_t sum, const WaferConfig& w) { return sum + w.ideals.kept_synapses.size(); });
    const std::size_t hicanns = std::accumulate(mapping.wafers.begin(), mapping.wafers.end(), std::size_t{0},
                                                [](std::size_t sum, const WaferConfig& w) { return sum + w.hicanns.size(); });
    const auto& p = mapping.potentials;
    return {{"synapses_realised", total.realised},
            {"synapses_lost", total.lost},
            {"synapses_kept_ideal", kept},
            {"lost_by_cause", by_cause(total.lost_by_cause)},
            {"projections", projections},
            {"wafers", std::count_if(mapping.wafers.begin(), mapping.wafers.end(), [](const WaferConfig& w) { return !w.hicanns.empty(); })},
            {"hicanns", hicanns},
            {"denmems", mapping.denmems_used},
            {"drivers", mapping.drivers_used},
            {"synapses_used", total.realised},
            {"neuron_size", mapping.neuron_size},
            {"capacitor", mapping.big_capacitor ? "big" : "small"},
            {"leak", name_of(mapping.leak)},
            {"potentials", {{"biological_mV", {p.biological_low_mv, p.biological_high_mv}}, {"hardware_V", {p.hardware_low_v, p.hardware_high_v}}}},
            {"design_rules", {{"errors", errors}, {"warnings", warnings}, {"by_rule", rules}}},
            {"rebuilt_from_bits", mapping.rebuilt_from_bits},
            {"clipped_parameters", mapping.clipped_parameters},
            {"clipped_weights", mapping.clipped_weights},
            {"bottlenecks", bottlenecks_block(outcome)},
            {"relays", relays_block(mapping, outcome.network)},
            {"seconds", mapping.seconds}};
}

Json run_block(const Outcome& outcome)
{
    if (!outcome.run)
        return nullptr;
    const RunAccount& run = *outcome.run;
    const auto& wanted = outcome.configuration.run;
    const double real_time = run.seconds > 0 ? run.completed_ms * 1e-3 / run.seconds : 0.0;
    return {{"backend", run.backend},
            {"backend_reason", run.backend_reason},
            {"threads", run.threads},
            {"simd", run.simd},
            {"duration_ms", wanted.duration_ms},
            {"completed_ms", run.completed_ms},
            {"timestep_ms", wanted.timestep_ms},
            {"speedup", wanted.speedup},
            {"window_steps", run.window_steps},
            {"seconds", run.seconds},
            {"times_real_time", real_time},
            {"slower_than_hardware", real_time > 0 ? wanted.speedup / real_time : 0.0},
            {"membranes", run.counters.membranes},
            {"denmem_steps", run.counters.denmem_steps},
            {"relayed_spikes", run.counters.relayed},
            {"row_events", run.counters.row_events},
            {"synaptic_events", run.counters.synaptic_events}};
}

Json populations_block(const Outcome& outcome)
{
    Json json = Json::object();
    const double seconds = outcome.run ? outcome.run->completed_ms * 1e-3 : 0.0;
    for (std::size_t p = 0; p < outcome.network.populations.size(); ++p) {
        const Population& population = outcome.network.populations[p];
        const PopulationActivity activity = outcome.activity.empty() ? PopulationActivity{} : outcome.activity[p];
        json[population.name] = {{"neurons", population.size},
                                 {"source", is_source(population.cell)},
                                 {"spikes_fired", activity.fired},
                                 {"spikes", activity.recorded},
                                 {"rate_hz", seconds > 0 && population.size > 0 ? static_cast<double>(activity.fired) / population.size / seconds : 0.0}};
    }
    return json;
}

Json warnings_block(const Outcome& outcome)
{
    Json json = Json::array();
    for (const auto* warnings : {&outcome.mapping.warnings, &outcome.warnings})
        for (const Warning& warning : *warnings)
            json.push_back({{"code", warning.code}, {"count", warning.count}, {"message", warning.message}});
    return json;
}

Json libraries_block()
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return {{"hdf5", fmt::format("{}.{}.{}", major, minor, release)},
            {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
            {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
            {"cli11", CLI11_VERSION},
            {"compiler", __VERSION__}};
}

}   // namespace

std::string_view project_version() { return BSS_VERSION; }

std::string json_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

Json make_summary(const Outcome& outcome)
{
    const Configuration& configuration = outcome.configuration;
    Json imperfections = Json::object();
    for (const ImperfectionSwitch& s : imperfection_switches)
        imperfections[std::string(s.name)] = configuration.wafer.imperfections.*s.value;
    const Counters lost = outcome.run ? outcome.run->counters : Counters{};
    return {{"version", project_version()},
            {"config", configuration.file},
            {"config_sha256", configuration.sha256},
            {"network", {{"neurons", outcome.network.neurons()}, {"sources", outcome.network.sources()}, {"synapses", outcome.network.synapses()}}},
            {"mapping", mapping_block(outcome)},
            {"calibration", {{"kind", text_or_null(outcome.calibration)}, {"table", text_or_null(outcome.calibration_table)}, {"seconds", outcome.calibration_seconds}}},
            {"run", run_block(outcome)},
            {"populations", populations_block(outcome)},
            {"spikes_lost",
             {{"l2_down_dropped_before_sim", lost.l2_down_dropped_before_sim},
              {"l2_down_lost", lost.l2_down_lost},
              {"l2_up_lost", lost.l2_up_lost},
              {"l1_neuron_lost", lost.l1_neuron_lost}}},
            {"imperfections", imperfections},
            {"warnings", warnings_block(outcome)},
            {"provenance",
             {{"wafer_id", configuration.wafer.ids.size() == 1 ? Json(configuration.wafer.ids.front()) : Json(configuration.wafer.ids)},
              {"technology", configuration.wafer.technology},
              {"seeds", {{"run", configuration.run.seed}, {"mapping", configuration.mapping.seed}, {"network", outcome.network.seed}}},
              {"settings", configuration.settings},
              {"configuration_sha256", fingerprint(configuration)},
              {"technology_sha256", outcome.technology.sha256},
              {"mapping_sha256", text_or_null(outcome.mapping_sha256)},
              {"libraries", libraries_block()}}}};
}

std::vector<std::string> strict_findings(const Json& summary)
{
    std::vector<std::string> findings;
    const auto object = [&](std::string_view what, std::uint64_t count) {
        if (count > 0)
            findings.push_back(fmt::format("{}: {}", what, count));
    };
    for (const Json& warning : summary["warnings"])
        findings.push_back(fmt::format("warning {}: {}", warning["code"].get<std::string>(), warning["message"].get<std::string>()));
    if (const Json& mapping = summary["mapping"]; !mapping.is_null()) {
        object("synapses lost", mapping["synapses_lost"].get<std::uint64_t>());
        object("clipped parameters", mapping["clipped_parameters"].get<std::uint64_t>());
        object("clipped weights", mapping["clipped_weights"].get<std::uint64_t>());
        object("broken design rules", mapping["design_rules"]["errors"].get<std::uint64_t>() + mapping["design_rules"]["warnings"].get<std::uint64_t>());
    }
    for (const auto& [where, count] : summary["spikes_lost"].items())
        object("spikes lost, " + where, count.get<std::uint64_t>());
    return findings;
}

}   // namespace bss
