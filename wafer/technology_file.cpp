// The reader of configs/technology/*.yaml; the only place of the analogue side that knows YAML.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "digest.hpp"
#include "error.hpp"
#include "files.hpp"
#include "technology_impl.hpp"

namespace bss
{
namespace
{

namespace fs = std::filesystem;

/// One file's part of a section.
struct Layer {
    std::string file;
    YAML::Node node;
};

std::string place(const Layer& layer, const YAML::Node& node) { return fmt::format("{}:{}", layer.file, node.Mark().line + 1); }

std::string shown(const YAML::Node& node)
{
    return node.IsScalar() ? fmt::format("\"{}\"", node.Scalar()) : node.IsSequence() ? "a list" : node.IsMap() ? "a map" : "nothing";
}

enum class Sign { any, not_negative, positive };

/// A map of the file, seen through the files that it builds on: the first that has a key gives it.
class Section
{
public:
    Section(std::vector<Layer> layers, std::string path) : layers_(std::move(layers)), path_(std::move(path)) {}

    bool has(const std::string& key) const
    {
        known_.insert(key);
        return find(key) != nullptr;
    }
    Section section(const std::string& key) const
    {
        require(key);
        std::vector<Layer> inner;
        for (const Layer& layer : layers_)
            if (const YAML::Node node = layer.node[key]; node.IsDefined()) {
                if (!node.IsMap())
                    fail(layer, node, key, "a map");
                inner.push_back({layer.file, node});
            }
        return {std::move(inner), full(key)};
    }
    double number(const std::string& key, Sign sign) const
    {
        const Layer& layer = require(key);
        return number(layer, layer.node[key], key, sign);
    }
    int integer(const std::string& key) const
    {
        const double x = number(key, Sign::positive);
        if (x != std::floor(x) || x > 1e6)
            fail(key, "an integer");
        return static_cast<int>(x);
    }
    std::vector<double> numbers(const std::string& key, Sign sign, std::size_t least, std::size_t most) const
    {
        const Layer& layer = require(key);
        const YAML::Node node = layer.node[key];
        if (!node.IsSequence() || node.size() < least || node.size() > most)
            fail(layer, node, key, least == most ? fmt::format("{} numbers", least) : fmt::format("a list of at least {} numbers", least));
        std::vector<double> result;
        for (const YAML::Node& element : node)
            result.push_back(number(layer, element, key, sign));
        return result;
    }
    std::vector<double> numbers(const std::string& key, Sign sign, std::size_t size) const { return numbers(key, sign, size, size); }
    std::string text(const std::string& key) const
    {
        const Layer& layer = require(key);
        const YAML::Node node = layer.node[key];
        if (!node.IsScalar() || node.Scalar().empty())
            fail(layer, node, key, "a text");
        return node.Scalar();
    }
    /// A word out of a few.
    std::string word(const std::string& key, const std::vector<std::string>& words) const
    {
        const std::string found = text(key);
        if (std::find(words.begin(), words.end(), found) == words.end())
            fail(key, fmt::format("one of {}", fmt::join(words, ", ")));
        return found;
    }
    bool flag(const std::string& key) const { return has(key) && word(key, {"true", "false"}) == "true"; }
    double optional_number(const std::string& key) const { return has(key) ? number(key, Sign::not_negative) : 0.0; }

    /// The key is known, its text only for the reader: where a number comes from.
    void source() const { text("source"); }

    /// @throws InputError for a key that nobody asked for
    void done() const
    {
        for (const Layer& layer : layers_)
            for (const auto& entry : layer.node)
                if (const std::string key = entry.first.Scalar(); !known_.contains(key))
                    throw InputError(
                        fmt::format("{}: {}: expected one of {}, found \"{}\"", place(layer, entry.first), full(key), fmt::join(known_, ", "), key));
    }
    [[noreturn]] void fail(const std::string& key, const std::string& expected) const
    {
        const Layer& layer = require(key);
        fail(layer, layer.node[key], key, expected);
    }

private:
    std::vector<Layer> layers_;
    std::string path_;
    mutable std::set<std::string> known_;

    std::string full(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
    const Layer* find(const std::string& key) const
    {
        for (const Layer& layer : layers_)
            if (layer.node[key].IsDefined())
                return &layer;
        return nullptr;
    }
    const Layer& require(const std::string& key) const
    {
        known_.insert(key);
        if (const Layer* layer = find(key))
            return *layer;
        throw InputError(fmt::format("{}: {}: expected a value, found nothing", place(layers_.front(), layers_.front().node), full(key)));
    }
    [[noreturn]] void fail(const Layer& layer, const YAML::Node& node, const std::string& key, const std::string& expected) const
    {
        throw InputError(fmt::format("{}: {}: expected {}, found {}", place(layer, node), full(key), expected, shown(node)));
    }
    double number(const Layer& layer, const YAML::Node& node, const std::string& key, Sign sign) const
    {
        double x = 0.0;
        if (!node.IsScalar() || !YAML::convert<double>::decode(node, x) || !std::isfinite(x) || (sign == Sign::positive && !(x > 0.0)) ||
            (sign == Sign::not_negative && !(x >= 0.0)))
            fail(layer, node, key, sign == Sign::positive ? "a number > 0" : sign == Sign::not_negative ? "a number >= 0" : "a number");
        return x;
    }
};

/// `{value: x, source: …}`
double sourced(const Section& parent, const std::string& key, Sign sign)
{
    const Section entry = parent.section(key);
    const double x = entry.number("value", sign);
    entry.source();
    entry.done();
    return x;
}

// ---- curves --------------------------------------------------------------------------------------------------------

/// A formula value -> DAC as a finely sampled curve: its inverse is then as exact as itself.
Curve sampled(Curve::Axis dac_axis, Curve::Axis value_axis, const std::vector<double>& range, const std::function<double(double)>& dac_of)
{
    constexpr int intervals = 1024;
    std::vector<double> dac, value;
    for (int k = 0; k <= intervals; ++k) {
        const double t = static_cast<double>(k) / intervals;
        value.push_back(value_axis == Curve::Axis::linear ? range[0] + t * (range[1] - range[0]) : range[0] * std::pow(range[1] / range[0], t));
        dac.push_back(dac_of(value.back()));
    }
    if (dac.back() < dac.front()) {
        std::reverse(dac.begin(), dac.end());
        std::reverse(value.begin(), value.end());
    }
    return {dac_axis, value_axis, std::move(dac), std::move(value)};
}

double polynomial(const std::vector<double>& coefficients, double x)
{
    double sum = 0.0;
    for (std::size_t k = coefficients.size(); k-- > 0;)
        sum = sum * x + coefficients[k];
    return sum;
}

Curve::Axis axis(const Section& curve, const std::string& key)
{
    return curve.has(key) && curve.word(key, {"linear", "logarithmic"}) == "logarithmic" ? Curve::Axis::logarithmic : Curve::Axis::linear;
}

Curve read_curve(const Section& parent)
{
    using Axis = Curve::Axis;
    const Section curve = parent.section("curve");
    const std::string kind = curve.word("kind", {"line", "negative_powers", "polynomial", "inverse_polynomial", "table"});
    const auto coefficients = [&] { return curve.numbers("coefficients", Sign::any, 1, 16); };
    const auto range = [&] { return curve.numbers("range", Sign::positive, 2); };
    const auto build = [&]() -> Curve {
        if (kind == "line") { // the slope is that of the ideal cell, 1.8 V over 1023
            const double offset = curve.number("offset", Sign::any), slope = curve.number("slope", Sign::positive);
            return {Axis::linear, Axis::linear, {0.0, dac_max}, {offset, offset + slope * 1.8}};
        }
        if (kind == "negative_powers")
            return sampled(Axis::logarithmic, Axis::logarithmic, range(), [c = coefficients()](double x) { return polynomial(c, 1.0 / x) / x; });
        if (kind == "polynomial")
            return sampled(Axis::linear, axis(curve, "value_axis"), range(), [c = coefficients()](double x) { return polynomial(c, x); });
        if (kind == "inverse_polynomial")
            return sampled(Axis::logarithmic, Axis::logarithmic, range(), [c = coefficients()](double x) { return 1.0 / polynomial(c, x); });
        return {axis(curve, "dac_axis"), axis(curve, "value_axis"), curve.numbers("dac", Sign::not_negative, 2, 1024),
                curve.numbers("value", Sign::positive, 2, 1024)};
    };
    try {
        Curve result = build();
        curve.done();
        return result;
    } catch (const InputError& error) {
        if (std::string_view(error.what()).starts_with("a curve:"))
            parent.fail("curve", fmt::format("a strictly monotone curve ({})", error.what()));
        throw;
    }
}

/// Usable DACs: those between the ends of what the file gives.
void set_dac_range(Technology::Impl::Parameter& parameter, const Section& entry)
{
    const Section curve = entry.section("curve");
    const auto ends = curve.has("range") ? curve.numbers("range", Sign::positive, 2) : std::vector<double>{};
    double low = 0.0, high = dac_max;
    if (!ends.empty()) {
        low = parameter.curve.dac(ends[0]), high = parameter.curve.dac(ends[1]);
    } else if (curve.has("dac")) {
        const auto knots = curve.numbers("dac", Sign::not_negative, 2, 1024);
        low = knots.front(), high = knots.back();
    }
    parameter.dac_min = std::clamp(std::round(std::min(low, high)), 0.0, dac_max);
    parameter.dac_max = std::clamp(std::round(std::max(low, high)), 0.0, dac_max);
}

Technology::Impl::Parameter read_parameter(const Section& entry, double analog_scale)
{
    Technology::Impl::Parameter parameter{read_curve(entry)};
    const std::string unit = entry.word("unit", {"V", "s", "S", "A"});
    parameter.voltage_cell = entry.section("curve").text("kind") == "line";
    parameter.scale = unit == "V" ? 1.0 : unit == "s" ? 1.0 / analog_scale : analog_scale;
    parameter.zero_is_off = entry.flag("zero_is_off");
    parameter.sigma = entry.optional_number("sigma");
    parameter.spread = entry.optional_number("spread");
    entry.source();
    set_dac_range(parameter, entry);
    return parameter;
}

// ---- sections ------------------------------------------------------------------------------------------------------

void read_neuron(const Section& root, Technology::Impl& impl)
{
    const Section neuron = root.section("neuron");
    for (int p = 0; p < neuron_fg_count; ++p)
        if (const std::string key(cell(static_cast<NeuronFg>(p)).name); neuron.has(key)) {
            const Section entry = neuron.section(key);
            impl.neuron[p] = read_parameter(entry, impl.analog_scale);
            entry.done();
        }
    for (const NeuronFg p : {NeuronFg::E_l, NeuronFg::E_syni, NeuronFg::E_synx, NeuronFg::V_t, NeuronFg::V_exp, NeuronFg::I_gl, NeuronFg::I_gladapt,
                             NeuronFg::I_radapt, NeuronFg::I_fire, NeuronFg::I_rexp, NeuronFg::I_pl, NeuronFg::V_syntcx, NeuronFg::V_syntci})
        neuron.section(std::string(cell(p).name));
    neuron.done();

    const Section v_reset = root.section("v_reset");
    impl.v_reset = read_parameter(v_reset, impl.analog_scale);
    impl.v_reset_block_sigma = v_reset.number("block_sigma", Sign::not_negative);
    v_reset.done();

    const Section end = root.section("voltage_end");
    impl.saturation_volt = end.number("value", Sign::positive);
    impl.saturation_width_volt = end.number("width", Sign::positive);
    end.source();
    end.done();

    const Section modes = root.section("leak_modes");
    constexpr std::array<const char*, 2> capacitors{"small", "big"};
    constexpr std::array<const char*, 3> gears{"normal", "slow", "fast"};
    for (int big = 0; big < 2; ++big) {
        const Section by_gear = modes.section(capacitors[big]);
        for (int gear = 0; gear < 3; ++gear) {
            const Section mode = by_gear.section(gears[gear]);
            const auto domain = mode.numbers("domain", Sign::positive, 2);
            impl.leak_modes[big][gear] = {mode.number("mirror", Sign::positive), domain[0], domain[1]};
            mode.done();
        }
        by_gear.done();
    }
    impl.small_capacitor_factor = sourced(modes, "small_capacitor_factor", Sign::positive);
    modes.done();

    const Section capacitance = root.section("capacitance");
    impl.capacitance_farad = {sourced(capacitance, "small", Sign::positive), sourced(capacitance, "big", Sign::positive)};
    capacitance.done();

    const Section convoff = root.section("synaptic_offset");
    const Section cell_line = convoff.section("cell");
    impl.convoff = {.knee_volt = convoff.number("knee", Sign::positive),
                    .knee_sigma = convoff.number("sigma", Sign::not_negative),
                    .siemens_per_volt = convoff.number("leak_per_volt", Sign::not_negative),
                    .spread = convoff.number("spread", Sign::not_negative),
                    .width_volt = convoff.number("width", Sign::positive),
                    .cell_offset = cell_line.number("offset", Sign::any),
                    .cell_slope = cell_line.number("slope", Sign::positive)};
    cell_line.done();
    convoff.source();
    convoff.done();

    const Section faults = root.section("faults");
    impl.faults.comparator = sourced(faults, "comparator", Sign::not_negative);
    impl.faults.leak = sourced(faults, "leak", Sign::not_negative);
    impl.faults.synaptic_input = sourced(faults, "synaptic_input", Sign::not_negative);
    impl.faults.stuck_cell = sourced(faults, "stuck_cell", Sign::not_negative);
    faults.done();

    const Section range = root.section("linear_range");
    impl.synaptic_limit_siemens = sourced(range, "synaptic_limit", Sign::positive);
    impl.leak_linear_volt = sourced(range, "leak", Sign::positive);
    range.done();
    impl.stimulus_ampere = sourced(root, "stimulus", Sign::positive);
}

Technology::Impl::DriverSpread driver_spread(const Section& entry) { return {entry.optional_number("spread"), entry.optional_number("block_spread")}; }

void read_synapses(const Section& root, Technology::Impl& impl)
{
    const Section synapse = root.section("synapse");
    const Section weight = synapse.section("weight");
    const auto coefficients = weight.numbers("coefficients", Sign::any, 3);
    std::copy(coefficients.begin(), coefficients.end(), impl.weight_polynomial.begin());
    impl.weight_reference_ampere = weight.number("reference_current", Sign::positive);
    impl.weight_reference_div = weight.number("reference_divider", Sign::positive);
    weight.source();
    weight.done();
    impl.row_spread = sourced(synapse, "row_spread", Sign::not_negative);
    impl.synapse_spread = sourced(synapse, "synapse_spread", Sign::not_negative);
    synapse.done();

    const Section stp = root.section("short_term_plasticity");
    const Section utilisation = stp.section("utilisation");
    const auto ends = utilisation.numbers("value", Sign::positive, 2);
    impl.utilisation_min = ends[0], impl.utilisation_max = ends[1];
    impl.utilisation_spread = driver_spread(utilisation);
    utilisation.source();
    utilisation.done();
    const Section v_dtc = stp.section("v_dtc");
    impl.v_dtc_offset = v_dtc.number("offset", Sign::any);
    impl.v_dtc_slope = v_dtc.number("slope", Sign::positive);
    impl.tau_rec_spread = driver_spread(v_dtc);
    v_dtc.source();
    v_dtc.done();
    const Section lambda = stp.section("lambda");
    impl.lambda_spread = driver_spread(lambda);
    lambda.source();
    lambda.done();
    stp.done();
}

void read_noise(const Section& root, Technology::Impl& impl, Adc& adc)
{
    const Section write = root.section("write_error");
    for (auto [key, target] : {std::pair{"voltage", &impl.voltage_write}, std::pair{"current", &impl.current_write}}) {
        const Section entry = write.section(key);
        target->dac = entry.numbers("dac", Sign::not_negative, 2, 64);
        target->sigma = entry.numbers("sigma", Sign::not_negative, target->dac.size());
        if (!std::is_sorted(target->dac.begin(), target->dac.end(), std::less_equal<>()))
            entry.fail("dac", "ascending DACs");
        entry.source();
        entry.done();
    }
    const Section coarse = write.section("coarse");
    impl.coarse_voltage = coarse.number("voltage", Sign::positive);
    impl.coarse_current = coarse.number("current", Sign::positive);
    coarse.source();
    coarse.done();
    impl.empty_current = sourced(write, "empty_current", Sign::not_negative);
    write.done();

    const Section drift = root.section("drift");
    impl.drift_seconds = drift.number("after", Sign::positive);
    for (const auto& [key, kind] : {std::pair{"voltage", 0}, std::pair{"current", 1}}) {
        const Section entry = drift.section(key);
        impl.drift_mean[kind] = entry.number("mean", Sign::any);
        impl.drift_sigma[kind] = entry.number("sigma", Sign::not_negative);
        entry.done();
    }
    drift.source();
    drift.done();

    const Section membrane = root.section("membrane_noise");
    impl.noise_volt = membrane.number("value", Sign::not_negative);
    impl.noise_spread = membrane.number("spread", Sign::not_negative);
    membrane.source();
    membrane.done();

    const Section readout = root.section("readout");
    impl.buffer_offset_volt = sourced(readout, "buffer_offset", Sign::not_negative);
    impl.readout_noise_volt = sourced(readout, "noise", Sign::not_negative);
    const Section converter = readout.section("adc");
    adc = {converter.number("sample_rate", Sign::positive), converter.integer("bits"), converter.number("full_scale", Sign::positive)};
    impl.adc_clock_spread = converter.number("clock_spread", Sign::not_negative);
    converter.source();
    converter.done();
    readout.done();
}

Timing read_timing(const Section& root)
{
    const Section timing = root.section("timing");
    const auto time = [&](const char* key) { return sourced(timing, key, Sign::not_negative); };
    const auto count = [&](const char* key) {
        const Section entry = timing.section(key);
        const int n = entry.integer("value");
        entry.source();
        entry.done();
        return n;
    };
    const Timing result{time("route_base"),        time("route_per_hicann"), time("route_jitter"),    time("route_minimum"),     count("encoder_clocks"),
                        count("merger_clocks"),    time("fpga_spacing"),     time("fpga_late_limit"), time("link_down_spacing"), time("link_up_spacing"),
                        count("link_down_buffer"), count("link_up_buffer"),  time("relay_delay")};
    timing.done();
    return result;
}

// ---- files ---------------------------------------------------------------------------------------------------------

/// Folders of shipped technologies: told by the user, installed, in the source tree.
std::vector<fs::path> shipped_folders()
{
    std::vector<fs::path> folders;
    if (const char* data = std::getenv("BSS_DATA"); data && *data)
        folders.push_back(fs::path(data) / "technology");
    if (const fs::path installed = find_installed("share/bss/technology"); !installed.empty())
        folders.push_back(installed);
    folders.push_back(BSS_TECHNOLOGY_FOLDER);
    return folders;
}

fs::path find_file(const std::string& name, const std::string& asked_at)
{
    if (name.find('/') != std::string::npos || name.ends_with(".yaml")) {
        if (!fs::is_regular_file(name))
            throw InputError(fmt::format("{}technology: expected a file, found no \"{}\"", asked_at, name));
        return name;
    }
    std::set<std::string> names;
    for (const fs::path& folder : shipped_folders()) {
        if (const fs::path path = folder / (name + ".yaml"); fs::is_regular_file(path))
            return path;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error))
            if (entry.path().extension() == ".yaml")
                names.insert(entry.path().stem());
    }
    throw InputError(fmt::format("{}technology: expected one of {} or the path of a file, found \"{}\"", asked_at, fmt::join(names, ", "), name));
}

struct Files {
    std::vector<Layer> layers;
    std::string text; ///< of all of them
};

void read_files(Files& files, const fs::path& path)
{
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream)
        throw InputError(fmt::format("{}: expected a readable file, found none", path.string()));
    files.text += text.str();
    Layer layer{path.string(), {}};
    try {
        layer.node = YAML::Load(text.str());
    } catch (const YAML::Exception& error) {
        throw InputError(fmt::format("{}:{}: expected YAML, found an error: {}", path.string(), error.mark.line + 1, error.msg));
    }
    if (!layer.node.IsMap())
        throw InputError(fmt::format("{}:1: expected a map of keys, found {}", path.string(), shown(layer.node)));
    files.layers.push_back(layer);
    if (const YAML::Node base = layer.node["base"]; base.IsDefined()) {
        const std::string asked_at = place(layer, base) + ": base: ";
        if (!base.IsScalar() || files.layers.size() > 8)
            throw InputError(fmt::format("{}expected the name of a technology that does not build on this one, found {}", asked_at, shown(base)));
        read_files(files, find_file(base.Scalar(), asked_at));
    }
}

} // namespace

Technology Technology::load(const std::string& name)
{
    Files files;
    read_files(files, find_file(name, ""));
    const Section root(files.layers, "");
    Technology technology;
    auto impl = std::make_shared<Impl>();
    root.has("base");
    technology.name = root.text("name");
    technology.sha256 = bss::sha256(files.text);
    technology.nominal_speedup = sourced(root, "nominal_speedup", Sign::positive);
    impl->analog_scale = sourced(root, "analog_scale", Sign::positive);
    read_neuron(root, *impl);
    read_synapses(root, *impl);
    read_noise(root, *impl, technology.adc);
    technology.timing = read_timing(root);
    root.done();
    technology.impl_ = std::move(impl);
    return technology;
}

} // namespace bss
