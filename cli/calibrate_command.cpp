#include "cli/calibrate_command.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/calibrate_sweep.hpp"
#include "cli/calibration_store.hpp"
#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "cli/progress.hpp"
#include "cli/report_tool.hpp"
#include "cli/summary.hpp"
#include "kernels/backend.hpp"
#include "wafer/error.hpp"
#include "wafer/files.hpp"
#include "wafer/hdf5.hpp"
#include "wafer/parallel.hpp"

namespace bss {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::string config, output, mode = "fast", backend = "cpu", report;
    std::vector<std::string> set;
    int threads = 0;
    bool resume = false, quiet = false, json = false;
};

std::optional<ExitCode> parse(int argc, const char* const* argv, std::string_view program, Options& options)
{
    CLI::App app("Calibrates the HICANNs of a configuration on a simulated bench, and writes the table with an account of its quality.", std::string(program));
    app.footer(fmt::format("Examples:\n"
                           "  {0} --config configs/brunel.yaml --output table.h5 --report table.html\n"
                           "  {0} --config configs/brunel.yaml --output lab.h5 --mode lab --set wafer.hicanns=[174]\n"
                           "  {0} sweep --help\n"
                           "A table is used with wafer.calibration: table.h5.",
                           program));
    bool version = false;
    app.add_option("--config", options.config, "configuration (YAML)")->type_name("FILE");
    app.add_option("--output", options.output, "the table (HDF5); its account goes beside it, as .json")->type_name("FILE");
    app.add_option("--mode", options.mode, "fast, or lab: the protocols of the real lab")->type_name("NAME")->check(CLI::IsMember({"fast", "lab"}));
    app.add_option("--set", options.set, "sets one key, as key.path=value in YAML; repeatable")->type_name("KEY=VALUE")->allow_extra_args(false);
    app.add_option("--threads", options.threads, "number of threads (default: all cores)")->type_name("N")->check(CLI::Range(1, 4096));
    app.add_option("--backend", options.backend, "what the bench's membranes run on: cpu, cuda or auto; the same table (default: cpu)")->type_name("NAME")->check(CLI::IsMember({"cpu", "cuda", "auto"}));
    app.add_option("--report", options.report, "a page about the quality (HTML)")->type_name("FILE");
    app.add_flag("--resume", options.resume, "go on where an earlier command was broken off");
    app.add_flag("--quiet", options.quiet, "print nothing but errors");
    app.add_flag("--json", options.json, "print the account as JSON, and nothing else");
    app.add_flag("--version", version, "print the version");
    if (const auto code = parse_arguments(app, argc, argv, program))
        return code;
    if (version) {
        fmt::print("{} {}\n", program, project_version());
        return ExitCode::done;
    }
    return require_options(program, {{"--config", !options.config.empty()}, {"--output", !options.output.empty()}});
}

/// The errors behind the account, for the page: a group a parameter.
void write_errors(const fs::path& path, const std::vector<QualityReport>& reports)
{
    hdf5::write_file(path, [&](hid_t file) {
        for (const QualityReport& report : reports) {
            std::vector<std::int32_t> hicann;
            std::vector<std::uint16_t> circuit;
            std::vector<float> target, error, predicted, sigma;
            for (const QualityReport::Error& e : report.errors) {
                hicann.push_back(e.hicann.value());
                circuit.push_back(e.circuit);
                target.push_back(e.target);
                error.push_back(e.error);
                predicted.push_back(e.predicted);
                sigma.push_back(e.sigma);
            }
            const auto group = hdf5::create_group(file, std::string(info(report.quantity).name));
            hdf5::write_dataset(group, "hicann", hicann);
            hdf5::write_dataset(group, "circuit", circuit);
            hdf5::write_dataset(group, "target", target);
            hdf5::write_dataset(group, "error", error);
            hdf5::write_dataset(group, "predicted", predicted);
            hdf5::write_dataset(group, "sigma", sigma);
            hdf5::write_dataset(group, "uncalibrated", report.uncalibrated);
        }
    });
}

/// The page about the quality, drawn by bss-report from the account and the errors.
void write_report(const fs::path& page, const fs::path& account, const std::vector<QualityReport>& reports)
{
    write_aside(page, [&](const fs::path& aside) {
        const fs::path errors = aside.string() + ".errors";
        struct Removed {
            const fs::path& path;
            ~Removed()
            {
                std::error_code error;
                fs::remove(path, error);
            }
        } removed{errors};
        write_errors(errors, reports);
        run_report_tool({account.string(), "--calibration", errors.string(), "--output", aside.string(), "--quiet"});
    });
}

Json account_of(const std::vector<QualityReport>& reports, const Table& table, const ProtocolTimes& times, double evaluation_seconds, double seconds)
{
    double lab_seconds = 0;
    Json hicanns = Json::array();
    for (const auto& [hicann, chip] : table.chips) {
        lab_seconds += chip.lab_seconds;
        hicanns.push_back(hicann.value());
    }
    Json protocols = Json::object();
    for (std::size_t q = 0; q < times.size(); ++q)
        if (times[q].lab_seconds > 0)
            protocols[std::string(info(static_cast<Quantity>(q)).name)] = {{"seconds", times[q].seconds}, {"lab_seconds", times[q].lab_seconds}};
    Json parameters = Json::object();
    for (const QualityReport& report : reports) {
        const auto s = report.summary();
        Json failed = Json::object();
        for (std::size_t r = 0; r < report.failed.size(); ++r)
            if (report.failed[r] > 0)
                failed[std::string(name_of(static_cast<Reason>(r)))] = report.failed[r];
        parameters[std::string(info(report.quantity).name)] = {{"unit", info(report.quantity).unit}, {"yield", s.yield}, {"failed", failed}, {"out_of_reach", report.out_of_reach}, {"sigma_uncalibrated", s.sigma_uncalibrated},
                                                               {"bias", s.bias}, {"sigma", s.sigma}, {"p95", s.p95}, {"oracle_sigma", s.oracle_sigma},
                                                               {"within_1_sigma", s.within_1_sigma}, {"within_2_sigma", s.within_2_sigma}};
    }
    return {{"mode", table.info.mode == CalibrationMode::lab ? "lab" : "fast"}, {"hicanns", hicanns}, {"seconds", seconds}, {"lab_seconds", lab_seconds},
            {"protocols", protocols}, {"evaluation_seconds", evaluation_seconds}, {"parameters", parameters}};
}

std::string table_of(const Json& account)
{
    std::string out = fmt::format("{:<14}{:>5}{:>9}{:>14}{:>9}{:>9}{:>9}{:>9}{:>8}{:>8}{:>8}\n", "", "unit", "yield", "uncalibrated", "bias", "sigma", "p95", "oracle", "regret", "< 1 s", "< 2 s");
    for (const auto& [name, p] : account["parameters"].items()) {
        const double oracle = p["oracle_sigma"].get<double>(), sigma = p["sigma"].get<double>();
        out += fmt::format("{:<14}{:>5}{:>8.2f}%{:>14.2f}{:>9.2f}{:>9.2f}{:>9.2f}{:>9.2f}{:>8}{:>7.0f}%{:>7.0f}%\n", name, p["unit"].get<std::string>(), 100 * p["yield"].get<double>(),
                           p["sigma_uncalibrated"].get<double>(), p["bias"].get<double>(), sigma, p["p95"].get<double>(), oracle, oracle > 0 ? fmt::format("{:.2f}", sigma / oracle) : "-",
                           100 * p["within_1_sigma"].get<double>(), 100 * p["within_2_sigma"].get<double>());
    }
    out += fmt::format("{} HICANNs in {:.1f} s; the real bench would have needed {:.1f} h\n", account["hicanns"].size(), account["seconds"].get<double>(), account["lab_seconds"].get<double>() / 3600);
    return out;
}

ExitCode calibrate(const Options& options)
{
    using Clock = std::chrono::steady_clock;
    const auto seconds_since = [](Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    const auto begin = Clock::now();
    set_threads(options.threads);
    const Configuration configuration = read_configuration(options.config, options.set);
    const fs::path output = options.output;
    check_output("--output", output);
    if (!options.report.empty())
        check_output("--report", options.report);

    const TraceRecorder recorder = choose_backend(options.backend).name == "cuda" ? cuda_trace_recorder() : TraceRecorder{};
    const auto silicon = std::make_shared<const Silicon>(Technology::load(configuration.wafer.technology), configuration.wafer.imperfections, configuration.wafer.ids.front());
    const Defects defects = defects_of(configuration).front();
    std::vector<Hicann> hicanns;
    for (const Chip chip : configuration.wafer.chips)
        if (chip.wafer == 0 && defects.usable(chip.hicann))
            hicanns.push_back(chip.hicann);
    const OperatingMode operating{configuration.mapping.big_capacitor.value_or(true), configuration.mapping.leak.value_or(Gear::normal)};
    const TableInfo info = table_info(*silicon, options.mode == "lab" ? CalibrationMode::lab : CalibrationMode::fast, operating);

    // Finished chips wait beside the table until all are there.
    const fs::path unfinished = output.string() + ".parts";
    std::error_code error;
    if (!options.resume)
        fs::remove_all(unfinished, error);
    Progress progress("Calibrating", !options.quiet && !options.json);
    ProtocolTimes times{};
    const Table table = CalibrationStore(unfinished, info, recorder).calibrate(silicon, hicanns, [&](double fraction) { progress.update(fraction); }, &times);
    const auto calibrated = Clock::now();
    const auto reports = evaluate(silicon, table);
    const Json account = account_of(reports, table, times, seconds_since(calibrated), seconds_since(begin));
    write_table(output, table);
    const fs::path account_file = fs::path(output).replace_extension(".json");
    write_text(account_file, json_text(account) + "\n");
    fs::remove_all(unfinished, error);
    if (!options.report.empty())
        write_report(options.report, account_file, reports);
    if (options.json)
        fmt::print("{}\n", json_text(account));
    else if (!options.quiet)
        fmt::print("{}", table_of(account));
    return ExitCode::done;
}

}   // namespace

void check_output(const std::string& option, const fs::path& file)
{
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    std::error_code error;
    if (fs::is_directory(file, error) || !fs::is_directory(folder, error) || access(folder.c_str(), W_OK) != 0)
        throw InputError(fmt::format("{}: expected a file in a folder that can be written, found {}", option, file.string()));
}

int calibrate_command(int argc, const char* const* argv, std::string_view program)
{
    if (argc > 1 && std::string_view(argv[1]) == "sweep")
        return calibrate_sweep_command(argc - 1, argv + 1, fmt::format("{} sweep", program));
    Options options;
    if (const auto code = parse(argc, argv, program, options))
        return static_cast<int>(*code);
    return static_cast<int>(run_guarded(program, [&] { return calibrate(options); }));
}

}   // namespace bss
