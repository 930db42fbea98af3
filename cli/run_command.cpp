#include "cli/run_command.hpp"

#include <csignal>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/batch.hpp"
#include "cli/configuration.hpp"
#include "cli/dry_run.hpp"
#include "cli/progress.hpp"
#include "cli/record_plan.hpp"
#include "cli/recorder.hpp"
#include "cli/runs_table.hpp"
#include "cli/selftest.hpp"
#include "cli/stages.hpp"
#include "cli/summary.hpp"
#include "kernels/backend.hpp"
#include "mapping/storage.hpp"
#include "wafer/error.hpp"
#include "wafer/files.hpp"
#include "wafer/parallel.hpp"

namespace bss {

namespace {

namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point begin) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); }

// ---- command line --------------------------------------------------------------------------------------------------

struct Options {
    std::string config, output, backend = "auto";
    BackendChoice chosen; ///< what `backend` comes to here
    std::vector<std::string> set;
    int threads = 0; ///< 0: all cores
    bool quiet = false, json = false, dry_run = false, map_only = false, selftest = false;
};

/// Reads the command line; an exit code when there is nothing more to do.
std::optional<ExitCode> parse(int argc, const char* const* argv, std::string_view program, Options& options)
{
    const std::string name(program);
    CLI::App app(options.map_only ? "Maps a network onto the wafer and writes the mapping with an account of it."
                                  : "Maps a network onto the wafer, runs it and writes what was recorded with an account of it.",
                 name);
    app.footer(fmt::format("Examples:\n"
                           "  {0} --config configs/wafer.yaml\n"
                           "  {0} --config configs/brunel.yaml --set run.duration=\"200 ms\" --set wafer.id=7 --output results/try\n"
                           "  {0} --config configs/wafer.yaml --dry-run\n"
                           "  {0} --config configs/brunel.yaml --quiet --json > summary.json\n"
                           "  {1}\n"
                           "Exit codes: 0 done, 1 the run failed, 2 the input is wrong, 3 a limit was exceeded (max_synapse_loss, strict), 130 interrupted.",
                           program, options.map_only ? "bss-map --config configs/brunel.yaml --set mapping.seed=2" : "bss-run --selftest --backend cuda"));
    bool help_config = false, version = false;
    app.add_option("--config", options.config, "configuration (YAML)")->type_name("FILE");
    app.add_option("--set", options.set, "sets one key, as key.path=value in YAML; repeatable")->type_name("KEY=VALUE")->allow_extra_args(false);
    app.add_option("--output", options.output, "folder for the results, in place of the configuration's")->type_name("DIR");
    app.add_option("--threads", options.threads, "number of threads (default: all cores)")->type_name("N")->check(CLI::Range(1, 4096));
    app.add_option("--backend", options.backend, "cpu, cuda, or auto: the CUDA device where there is one, the CPU otherwise")->type_name("NAME")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
    app.add_flag("--quiet", options.quiet, "print nothing but errors");
    app.add_flag("--json", options.json, "print the summary as JSON, and nothing else");
    app.add_flag("--dry-run", options.dry_run, "only estimate HICANNs, memory, time and rates; write nothing");
    const bool map_only = options.map_only;
    if (!map_only) {
        app.add_flag("--map-only", options.map_only, "stop after the mapping, as bss-map does");
        app.add_flag("--selftest", options.selftest, "run small networks in every way that this machine has (instruction sets, threads, CUDA device) and compare them bit by bit");
    }
    app.add_flag("--help-config", help_config, "list every key of a configuration");
    app.add_flag("--version", version, "print the version");
    if (const auto code = parse_arguments(app, argc, argv, program))
        return code;
    if (version) {
        fmt::print("{} {}\n", program, project_version());
        return ExitCode::done;
    }
    if (help_config) {
        fmt::print("{}", configuration_help());
        return ExitCode::done;
    }
    return require_options(program, {{"--config", !options.config.empty() || options.selftest}});
}

// ---- Ctrl-C --------------------------------------------------------------------------------------------------------

volatile std::sig_atomic_t interrupted = 0;
volatile std::sig_atomic_t running = 0;

/// Before and after the run there is nothing to save: the program ends at once. The run itself stops at the next chunk, or at once when asked again.
void on_interrupt(int)
{
    if (!running || interrupted)
        _exit(static_cast<int>(ExitCode::interrupted));
    interrupted = 1;
}

// ---- output --------------------------------------------------------------------------------------------------------

/// Finds out before any work whether results can be written, and leaves nothing behind.
void check_output(const fs::path& folder)
{
    std::error_code error;
    const auto refuse = [&](const std::string& why) { throw InputError(fmt::format("--output: {} cannot be a result folder: {}", folder.string(), why)); };
    if (folder.empty())
        refuse("it has no name");
    std::vector<fs::path> made; // folders that are missing so far, the innermost first
    for (fs::path path = fs::absolute(folder).lexically_normal(); !fs::exists(path, error); path = path.parent_path()) {
        if (error)
            refuse(error.message());
        made.push_back(path);
    }
    const fs::path existing = made.empty() ? folder : made.back().parent_path();
    if (!fs::is_directory(existing, error))
        refuse(fmt::format("{} is a file", existing.string()));
    if (made.empty()) {
        if (access(folder.c_str(), W_OK) != 0)
            refuse("no permission to write");
        return;
    }
    const bool possible = fs::create_directories(made.front(), error);
    const std::string why = error.message();
    for (const fs::path& path : made)
        fs::remove(path, error);
    if (!possible)
        refuse(why);
}

/// Makes the folder, or removes what earlier runs of ours left in it; those runs of a batch stay which `keeps` names by their number.
void take_over(const fs::path& folder, const std::function<bool(std::size_t run)>& keeps = [](std::size_t) { return false; })
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        throw RunError(fmt::format("{}: cannot be created: {}", folder.string(), error.message()));
    remove_results(folder);
    remove_runs(folder, keeps);
}

// ---- one run -------------------------------------------------------------------------------------------------------

/// Runs to the end, or to Ctrl-C.
RunAccount run_engine(Engine& engine, Recorder& recorder, const Configuration& configuration, bool show_progress)
{
    const double duration_ms = configuration.run.duration_ms;
    const std::int64_t steps = steps_of(duration_ms, configuration.run.timestep_ms);
    Progress progress("Running", show_progress);
    const auto begin = std::chrono::steady_clock::now();
    advance(engine, steps, [&] {
        recorder.add(engine.take_recording(), duration_ms);
        progress.update(static_cast<double>(engine.now()) / static_cast<double>(steps));
        return !interrupted;
    });
    RunAccount account = account_of(engine);
    account.seconds = seconds_since(begin);
    account.completed_ms = engine.now() == steps ? duration_ms : static_cast<double>(engine.now()) * configuration.run.timestep_ms;
    return account;
}

/// Everything that runs share which differ in nothing that matters to it: Configuration::shared_sha256 says so.
struct Prepared {
    Hardware hardware;
    Network network;
    Mapping mapping;
    RecordPlan record_plan;
    std::unique_ptr<Engine> engine; ///< of the run before
    std::string shared_sha256;
};

std::unique_ptr<Prepared> prepare(const Configuration& configuration, bool progress)
{
    auto prepared = std::make_unique<Prepared>();
    Prepared& p = *prepared;
    p.hardware = make_hardware(configuration);
    p.network = expand_network(configuration);
    p.mapping = make_mapping(configuration, p.network, p.hardware, progress);
    p.record_plan = plan_recording(configuration, p.network, p.mapping, p.hardware.technology, p.hardware.machine.defects);
    p.shared_sha256 = configuration.shared_sha256;
    return prepared;
}

/// How a run ended, and its summary.
struct Ended {
    ExitCode code = ExitCode::done;
    Json summary;
};

/// Writes summary.json, which says that the results are complete, and tells why limits were exceeded.
Ended finish(const Configuration& configuration, const fs::path& folder, Json summary)
{
    write_text(folder / "summary.json", json_text(summary) + "\n");
    const Exceeded exceeded = exceeded_limits(configuration, summary);
    for (const auto* lines : {&exceeded.synapse_loss, &exceeded.strict})
        for (const std::string& line : *lines)
            fmt::print(stderr, "{}\n", line);
    return {exceeded.any() ? ExitCode::limit_exceeded : ExitCode::done, std::move(summary)};
}

/// One run into its folder, from a mapping that is made.
Ended run_one(const Configuration& configuration, Prepared& prepared, const fs::path& folder, const Options& options)
{
    const Network& network = prepared.network;
    const Mapping& mapping = prepared.mapping;
    const bool ideal = configuration.run.mode == RunMode::ideal;
    take_over(folder);
    Outcome outcome = outcome_of(configuration, network, prepared.hardware, mapping,
                                 ideal ? std::string() : write_mapping(folder / "mapping.h5", mapping, network, configuration.mapping.list_synapses));
    if (Json mapped = make_summary(outcome); options.map_only || exceeded_limits(configuration, mapped).any())
        return finish(configuration, folder, std::move(mapped));

    Program program = make_program(configuration, network, prepared.hardware, mapping, prepared.record_plan.traces);
    Recorder recorder(network, mapping, prepared.record_plan, program.neurons);
    const int window_steps = program.window_steps;
    if (prepared.engine)
        prepared.engine->restart(std::move(program), mapping.stimulus);
    else
        prepared.engine = make_engine(std::move(program), mapping.stimulus, {.backend = options.chosen.name, .threads = threads()});
    running = 1;
    RunAccount account = run_engine(*prepared.engine, recorder, configuration, !options.quiet && !options.json);
    account.backend_reason = options.chosen.why;
    account.window_steps = window_steps;
    outcome.run = account;
    outcome.activity = recorder.activity();
    outcome.warnings = warnings_of_run(mapping, account.counters);
    recorder.write(folder, account.completed_ms);

    Ended ended = finish(configuration, folder, make_summary(outcome));
    running = interrupted;
    if (account.completed_ms < configuration.run.duration_ms) {
        fmt::print(stderr, "interrupted: {} is complete up to {:g} ms\n", folder.string(), account.completed_ms);
        ended.code = ExitCode::interrupted;
    }
    return ended;
}

// ---- a batch -------------------------------------------------------------------------------------------------------

/// What an earlier command left of a run, if there is nothing to add to it.
std::optional<Ended> finished(const Configuration& configuration, const fs::path& folder, const Options& options)
{
    std::ifstream file(folder / "summary.json");
    Json summary = Json::parse(file, nullptr, false);
    if (!summary.is_object() || summary.value("/provenance/configuration_sha256"_json_pointer, "") != fingerprint(configuration))
        return std::nullopt;
    const Json& run = summary["run"];
    const ExitCode code = exceeded_limits(configuration, summary).any() ? ExitCode::limit_exceeded : ExitCode::done;
    const bool complete = run.is_null() ? options.map_only || code == ExitCode::limit_exceeded
                                        : run["completed_ms"] >= run["duration_ms"] && fs::exists(folder / "spikes.h5");
    return complete ? std::optional(Ended{code, std::move(summary)}) : std::nullopt;
}

/// One run of a batch. What goes wrong is told, and leaves the other runs alone.
Ended run_of_batch(Batch& batch, std::size_t run, std::unique_ptr<Prepared>& prepared, const fs::path& folder, const Options& options)
{
    const auto failed = [&](ExitCode code, std::string_view what) {
        fmt::print(stderr, "{}: {}\n", run_name(run), what);
        prepared.reset();
        return Ended{code, nullptr};
    };
    try {
        const Configuration& configuration = batch.configuration(run);
        if (!prepared || prepared->shared_sha256 != configuration.shared_sha256) {
            prepared.reset(); // two mappings need not fit into memory
            prepared = prepare(configuration, !options.quiet && !options.json);
        }
        return run_one(configuration, *prepared, folder, options);
    } catch (const InputError& error) {
        return failed(ExitCode::wrong_input, error.what());
    } catch (const std::bad_alloc&) {
        return failed(ExitCode::failed, "out of memory (--dry-run estimates what a run needs)");
    } catch (const std::exception& error) {
        return failed(ExitCode::failed, error.what());
    }
}

ExitCode run_batch(Batch& batch, const fs::path& folder, const Options& options)
{
    std::map<std::size_t, Ended> kept;
    for (std::size_t run = 0; run < batch.size(); ++run)
        if (const auto inside = folder / run_name(run); fs::exists(inside / "summary.json"))
            if (auto ended = finished(batch.configuration(run), inside, options))
                kept.emplace(run, std::move(*ended));
    take_over(folder, [&](std::size_t run) { return kept.contains(run); });

    std::vector<RunRow> rows;
    std::unique_ptr<Prepared> prepared;
    Json summaries = Json::array();
    ExitCode code = ExitCode::done;
    for (std::size_t run = 0; run < batch.size() && !interrupted; ++run) {
        const auto before = kept.find(run);
        Ended ended = before != kept.end() ? std::move(before->second) : run_of_batch(batch, run, prepared, folder / run_name(run), options);
        code = gravest(code, ended.code);
        rows.push_back(make_row(run, batch.settings(run), ended.code, ended.summary));
        write_text(folder / "runs.csv", runs_csv(batch.varied(), rows));
        if (options.json && !ended.summary.is_null())
            summaries.push_back(std::move(ended.summary));
        else if (!options.quiet && !options.json)
            fmt::print("{}{}\n", runs_line(batch.varied(), rows.back()), before != kept.end() ? " (kept)" : "");
        std::fflush(stdout);
    }
    if (options.json)
        fmt::print("{}\n", json_text(summaries));
    return rows.size() < batch.size() ? ExitCode::interrupted : code;
}

// ---- the command ---------------------------------------------------------------------------------------------------

/// What all the runs would take, as a table or as JSON.
std::string dry_run(Batch& batch, bool as_json)
{
    std::string text, shared;
    Json json;
    double map_s = 0, run_s = 0, memory = 0;
    for (std::size_t run = 0; run < batch.size(); ++run) {
        const Configuration& configuration = batch.configuration(run);
        const Estimate estimate = estimate_of(configuration, Technology::load(configuration.wafer.technology), threads());
        if (run == 0) {
            text = estimate.table;
            json = estimate.json;
        }
        map_s += configuration.shared_sha256 == shared ? 0 : estimate.map_s;
        run_s += estimate.run_s;
        memory = std::max(memory, estimate.memory_bytes);
        shared = configuration.shared_sha256;
    }
    if (as_json) {
        json["all_runs"] = {{"runs", batch.size()}, {"mapping_seconds", map_s}, {"run_seconds", run_s}, {"memory_bytes", static_cast<std::uint64_t>(memory)}};
        return json_text(json) + "\n";
    }
    if (batch.several())
        text += fmt::format("{} runs, of which this is the first, one after the other: about {:.0f} s for mapping, {:.0f} s for running, {:.1f} GB\n",
                            batch.size(), std::ceil(map_s), std::ceil(run_s), memory * 1e-9);
    return text;
}

ExitCode execute(Options options)
{
    set_threads(options.threads);
    if (options.selftest)
        return selftest(options.backend, std::max(2, threads()), options.quiet);
    Batch batch(options.config, options.set);
    const bool runs = !options.map_only && !options.dry_run;
    if (runs || options.backend == "cuda") // otherwise nothing depends on it, and looking for a device takes a moment
        options.chosen = choose_backend(options.backend);
    if (options.dry_run) {
        if (!options.quiet || options.json)
            fmt::print("{}", dry_run(batch, options.json));
        return ExitCode::done;
    }
    const fs::path folder = options.output.empty() ? batch.configuration(0).output : options.output;
    check_output(folder);
    if (runs && options.backend == "auto" && !options.quiet && !options.json)
        fmt::print(stderr, "backend: {} ({})\n", options.chosen.name, options.chosen.why);
    if (batch.several())
        return run_batch(batch, folder, options);

    const auto prepared = prepare(batch.configuration(0), !options.quiet && !options.json);
    const Ended ended = run_one(batch.configuration(0), *prepared, folder, options);
    if (options.json)
        fmt::print("{}\n", json_text(ended.summary));
    else if (!options.quiet)
        fmt::print("{}", summary_table(ended.summary));
    return ended.code;
}

}   // namespace

int run_command(int argc, const char* const* argv, std::string_view program, bool map_only)
{
    Options options;
    options.map_only = map_only;
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
    const auto work = [&] {
        const auto code = parse(argc, argv, program, options);
        return code ? *code : execute(options);
    };
    return static_cast<int>(run_guarded(program, work, " (--dry-run estimates what a run needs)"));
}

}   // namespace bss
