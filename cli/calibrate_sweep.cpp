#include "cli/calibrate_sweep.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibration/calibrate.hpp"
#include "calibration/silicon_bench.hpp"
#include "calibration/sweep.hpp"
#include "cli/calibrate_command.hpp"
#include "cli/configuration.hpp"
#include "cli/progress.hpp"
#include "cli/report_tool.hpp"
#include "cli/command_line.hpp"
#include "cli/summary.hpp"
#include "cli/yaml_reader.hpp"
#include "wafer/error.hpp"
#include "wafer/files.hpp"
#include "wafer/hdf5.hpp"
#include "wafer/parallel.hpp"

namespace bss {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::string config, what, values, neurons = "0-511", observe, output, table;
    std::vector<int> hicanns;
    std::vector<std::string> set;
    int repetitions = 1, threads = 0;
    bool quiet = false;
};

std::string observables_help()
{
    std::string text = "What can be observed:\n";
    for (const Observable& o : observables())
        text += fmt::format("  {:<12}{:<5}{}\n", o.name, o.unit, o.meaning);
    return text;
}

std::optional<ExitCode> parse(int argc, const char* const* argv, const std::string& program, Options& options)
{
    CLI::App app("Sweeps one cell, by its DAC, or the weight of the stimulated synapses, on chips of a configuration, as one would in the lab.", program);
    app.footer(fmt::format("{1}\nExamples:\n"
                           "  {0} --config configs/brunel.yaml --what I_gl --values 100:901:200 --hicann 174 --neurons 0-7 --observe tau_m --output I_gl.csv\n"
                           "  {0} --config configs/brunel.yaml --what weight --values 0:16:1 --hicann 174 --observe epsp --repetitions 3 --output weight.h5\n"
                           "Columns: hicann, denmem, value, repetition, observed. The picture is made beside the table, as .png.",
                           program, observables_help()));
    app.add_option("--config", options.config, "configuration (YAML): technology, wafer, imperfections, capacitor and gear")->type_name("FILE");
    app.add_option("--what", options.what, "a cell of the floating gates (I_gl, V_t, V_reset, V_gmax0, ...), or weight")->type_name("NAME");
    app.add_option("--values", options.values, "from:to:step, without the end; or values with commas between")->type_name("DACS");
    app.add_option("--hicann", options.hicanns, "a chip, by its number; repeatable")->type_name("N")->allow_extra_args(false);
    app.add_option("--neurons", options.neurons, "denmems of each chip, such as 0-15,32 [all]")->type_name("LIST");
    app.add_option("--observe", options.observe, "what is looked at, see below")->type_name("NAME");
    app.add_option("--repetitions", options.repetitions, "times that everything is written and looked at")->type_name("N")->check(CLI::Range(1, 1000));
    app.add_option("--table", options.table, "a calibration table: everything but the swept cell is set through it")->type_name("FILE");
    app.add_option("--output", options.output, "the table, .csv or .h5")->type_name("FILE");
    app.add_option("--set", options.set, "sets one key of the configuration, as key.path=value in YAML; repeatable")->type_name("KEY=VALUE")->allow_extra_args(false);
    app.add_option("--threads", options.threads, "number of threads (default: all cores)")->type_name("N")->check(CLI::Range(1, 4096));
    app.add_flag("--quiet", options.quiet, "print nothing but errors");
    if (const auto code = parse_arguments(app, argc, argv, program))
        return code;
    return require_options(program, {{"--config", !options.config.empty()},
                                     {"--what", !options.what.empty()},
                                     {"--values", !options.values.empty()},
                                     {"--observe", !options.observe.empty()},
                                     {"--output", !options.output.empty()},
                                     {"--hicann", !options.hicanns.empty()}});
}

template <class T>
std::optional<T> number(std::string_view text)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at)
{
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0;;) {
        const std::size_t end = text.find(at, begin);
        parts.push_back(text.substr(begin, end - begin));
        if (end == std::string_view::npos)
            return parts;
        begin = end + 1;
    }
}

std::vector<Denmem> read_denmems(std::string_view text)
{
    const auto mistake = [&] { return InputError(fmt::format("--neurons: expected denmems from 0 to {}, such as 0-15,32, found \"{}\"", Denmem::count - 1, text)); };
    std::vector<bool> wanted(Denmem::count);
    for (const std::string_view part : split(text, ',')) {
        const std::size_t dash = part.find('-');
        const auto first = number<int>(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number<int>(part.substr(dash + 1));
        if (!first || !last || *first < 0 || *last >= Denmem::count || *first > *last)
            throw mistake();
        std::fill(wanted.begin() + *first, wanted.begin() + *last + 1, true);
    }
    std::vector<Denmem> denmems;
    for (const Denmem d : all<Denmem>())
        if (wanted[d.value()])
            denmems.push_back(d);
    return denmems;
}

Swept read_swept(const std::string& name)
{
    if (const auto swept = swept_by_name(name))
        return *swept;
    throw InputError(fmt::format("--what: expected a cell of the floating gates, or weight, found \"{}\"; did you mean {}?", name, closest(name, swept_names())));
}

const Observable& read_observable(const std::string& name)
{
    std::vector<std::string> names;
    for (const Observable& o : observables()) {
        if (o.name == name)
            return o;
        names.emplace_back(o.name);
    }
    throw InputError(fmt::format("--observe: expected {}, found \"{}\"", fmt::join(names, " | "), name));
}

/// What one chip has shown.
struct SweptChip {
    int hicann = 0;
    std::vector<Observed> rows;
};

std::string csv(std::span<const SweptChip> chips)
{
    std::string text = "hicann,denmem,value,repetition,observed\n";
    for (const SweptChip& chip : chips)
        for (const Observed& row : chip.rows)
            text += fmt::format("{},{},{},{},{}\n", chip.hicann, row.denmem.value(), row.value, row.repetition, std::isfinite(row.observed) ? fmt::format("{:.6g}", row.observed) : "nan");
    return text;
}

void write_hdf5(const fs::path& path, std::span<const SweptChip> chips, const std::string& what, const Observable& observable)
{
    std::vector<std::int32_t> hicann, denmem, repetition;
    std::vector<double> value, observed;
    for (const SweptChip& chip : chips)
        for (const Observed& row : chip.rows) {
            hicann.push_back(chip.hicann);
            denmem.push_back(row.denmem.value());
            repetition.push_back(row.repetition);
            value.push_back(row.value);
            observed.push_back(row.observed);
        }
    hdf5::write_file(path, [&](hid_t file) {
        hdf5::write_attribute(file, "format", "bss-sweep");
        hdf5::write_attribute(file, "what", what);
        hdf5::write_attribute(file, "observed", std::string(observable.name));
        hdf5::write_attribute(file, "unit", std::string(observable.unit));
        hdf5::write_dataset(file, "hicann", hicann);
        hdf5::write_dataset(file, "denmem", denmem);
        hdf5::write_dataset(file, "value", value);
        hdf5::write_dataset(file, "repetition", repetition);
        hdf5::write_dataset(file, "observed", observed);
    });
}

ExitCode run_sweep(const Options& options)
{
    set_threads(options.threads);
    const Swept what = read_swept(options.what);
    const Observable& observable = read_observable(options.observe);
    const std::vector<double> values = sweep_values(options.values);
    const double most = std::holds_alternative<SynapseWeight>(what) ? 15 : dac_max;
    for (const double value : values)
        if (value < 0 || value > most || value != std::floor(value))
            throw InputError(fmt::format("--values: expected whole numbers from 0 to {}, found {}", most, value));
    const std::vector<Denmem> denmems = read_denmems(options.neurons);
    for (const int hicann : options.hicanns)
        if (hicann < 0 || hicann >= Hicann::count)
            throw InputError(fmt::format("--hicann: expected a number from 0 to {}, found {}", Hicann::count - 1, hicann));
    const fs::path output = options.output;
    if (output.extension() != ".csv" && output.extension() != ".h5")
        throw InputError(fmt::format("--output: expected a name that ends in .csv or .h5, found {}", output.string()));
    check_output("--output", output);

    const Configuration configuration = read_configuration(options.config, options.set);
    const auto silicon = std::make_shared<const Silicon>(Technology::load(configuration.wafer.technology), configuration.wafer.imperfections, configuration.wafer.ids.front());
    const OperatingMode operating{configuration.mapping.big_capacitor.value_or(true), configuration.mapping.leak.value_or(Gear::normal)};
    const Datasheet datasheet = datasheet_of(*silicon, operating);
    const std::optional<Table> table = options.table.empty() ? std::nullopt : std::optional(read_table(options.table));

    Progress progress("Sweeping", !options.quiet);
    std::vector<SweptChip> chips;
    for (const int number : options.hicanns) {
        ChipTable known;
        known.hicann = Hicann(number);
        if (table) {
            if (!table->chips.contains(known.hicann))
                throw InputError(fmt::format("{}: expected HICANN {} in it", options.table, number));
            known = table->chips.at(known.hicann);
        }
        const auto bench = silicon_bench(silicon, known.hicann, configuration.run.seed);
        Lab lab{*bench, datasheet, known, bench->adc_rate_hz()};
        chips.push_back({number, sweep(lab, what, values, options.repetitions, observable, denmems, [&](double fraction) {
                             progress.update((static_cast<double>(chips.size()) + fraction) / static_cast<double>(options.hicanns.size()));
                         })});
    }
    if (output.extension() == ".csv")
        write_text(output, csv(chips));
    else
        write_hdf5(output, chips, options.what, observable);
    const fs::path picture = fs::path(output).replace_extension(".png");
    run_report_tool({"--sweep", output.string(), "--what", options.what, "--observed", fmt::format("{} ({})", observable.name, observable.unit), "--quiet"});
    if (!options.quiet)
        fmt::print("{} values, {} denmems of {} HICANNs: {}, {}\n", values.size(), denmems.size(), chips.size(), output.string(), picture.string());
    return ExitCode::done;
}

}   // namespace

std::vector<double> sweep_values(std::string_view text)
{
    const auto mistake = [&] { return InputError(fmt::format("--values: expected from:to:step, or values with commas between, found \"{}\"", text)); };
    std::vector<double> values;
    if (text.find(':') == std::string_view::npos) {
        for (const std::string_view part : split(text, ',')) {
            const auto value = number<double>(part);
            if (!value)
                throw mistake();
            values.push_back(*value);
        }
        return values;
    }
    const auto parts = split(text, ':');
    if (parts.size() < 2 || parts.size() > 3)
        throw mistake();
    const auto part = [&](std::size_t k) {
        const auto value = number<double>(parts[k]);
        if (!value)
            throw mistake();
        return *value;
    };
    const double from = part(0), to = part(1), step = parts.size() == 3 ? part(2) : 1.0;
    if (step == 0 || (to - from) / step <= 0 || (to - from) / step > 1e6)
        throw mistake();
    for (int k = 0; step > 0 ? from + k * step < to : from + k * step > to; ++k)
        values.push_back(from + k * step);
    return values;
}

int calibrate_sweep_command(int argc, const char* const* argv, std::string_view program)
{
    Options options;
    if (const auto code = parse(argc, argv, std::string(program), options))
        return static_cast<int>(*code);
    return static_cast<int>(run_guarded(program, [&] { return run_sweep(options); }));
}

}   // namespace bss
