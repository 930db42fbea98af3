#include "table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "wafer/coordinates.hpp"
#include "wafer/digest.hpp"
#include "wafer/error.hpp"
#include "wafer/hdf5.hpp"

namespace bss {
namespace {

constexpr int format_version = 2;
/// Raised whenever a protocol, a fit or the bench changes what tables hold: older files in caches are then made anew.
constexpr int protocol_version = 3;

constexpr std::array<const char*, 2> mode_names{"fast", "lab"};
constexpr std::array<const char*, 3> gear_names{"normal", "slow", "fast"};

template <class Names>
int index_of(const Names& names, const std::string& word, const std::filesystem::path& path, const char* what)
{
    for (std::size_t k = 0; k < names.size(); ++k)
        if (word == names[k])
            return static_cast<int>(k);
    throw InputError(fmt::format("{}: {}: expected {}, found \"{}\"", path.string(), what, names[0], word));
}

void write_chip(hid_t parent, const ChipTable& chip)
{
    const auto group = hdf5::create_group(parent, fmt::format("{}", chip.hicann.value()));
    hdf5::write_attribute(group, "lab_seconds", chip.lab_seconds);
    for (int q = 0; q < quantity_count; ++q) {
        const auto& transforms = chip.transforms[q];
        const auto inner = hdf5::create_group(group, std::string(info(static_cast<Quantity>(q)).name));
        std::vector<std::uint8_t> form, reason;
        std::vector<double> coefficients, variance, range;
        std::vector<float> residual;
        std::vector<std::uint16_t> points;
        for (const Transform& t : transforms) {
            form.push_back(static_cast<std::uint8_t>(t.form));
            reason.push_back(static_cast<std::uint8_t>(t.reason));
            coefficients.insert(coefficients.end(), t.c.begin(), t.c.end());
            variance.insert(variance.end(), t.variance.begin(), t.variance.end());
            range.insert(range.end(), {t.dac_low, t.dac_high});
            residual.push_back(static_cast<float>(t.residual));
            points.push_back(t.points);
        }
        const auto n = static_cast<hsize_t>(transforms.size());
        hdf5::write_dataset(inner, "form", {n}, form, true);
        hdf5::write_dataset(inner, "reason", {n}, reason, true);
        hdf5::write_dataset(inner, "coefficients", {n, 4}, coefficients, true);
        hdf5::write_dataset(inner, "variance", {n, 3}, variance, true);
        hdf5::write_dataset(inner, "measured_dac", {n, 2}, range, true);
        hdf5::write_dataset(inner, "residual", {n}, residual, true);
        hdf5::write_dataset(inner, "points", {n}, points, true);
        if (const PopulationCurve& population = chip.populations[q]; !population.dac.empty()) {
            hdf5::write_dataset(inner, "population_dac", population.dac);
            hdf5::write_dataset(inner, "population_value", population.value);
        }
    }
}

template <class T>
std::vector<T> read_sized(hid_t group, const char* name, std::size_t size)
{
    auto data = hdf5::read_dataset<T>(group, name);
    if (data.size() != size)
        throw InputError(fmt::format("{}: expected {} numbers, found {}", hdf5::where(group, name), size, data.size()));
    return data;
}

/// Whether the mapping can go from a value to a DAC.
bool usable(Quantity quantity, const Transform& t)
{
    const auto finite = [](double x) { return std::isfinite(x); };
    if (!std::all_of(t.c.begin(), t.c.end(), finite) || !std::all_of(t.variance.begin(), t.variance.end(), finite) || !finite(t.dac_low) || !finite(t.dac_high))
        return false;
    if (quantity >= Quantity::weight) // factors
        return !t.good() || (t.form == Transform::Form::constant && t.c[0] > 0 && t.variance[0] >= 0);
    switch (t.form) {
    case Transform::Form::constant:
        return quantity == Quantity::readout_shift || (t.c[0] >= 0 && t.c[0] <= dac_max);
    case Transform::Form::line:
        return t.c[1] != 0;
    case Transform::Form::inverse:
    case Transform::Form::scaled:
        return t.c[0] != 0;
    case Transform::Form::softplus:
        return t.c[1] > 0 && t.c[2] > 0 && t.dac_low < t.dac_high;
    case Transform::Form::none:
        break;
    }
    return true;
}

ChipTable read_chip(hid_t parent, const std::string& name)
{
    const auto group = hdf5::open_group(parent, name);
    int enumerated = -1;
    try {
        enumerated = std::stoi(name);
    } catch (const std::exception&) {
    }
    if (enumerated < 0 || enumerated >= Hicann::count)
        throw InputError(fmt::format("{}: expected the number of a HICANN (0 to 383), found \"{}\"", hdf5::where(parent), name));
    ChipTable chip;
    chip.hicann = Hicann(enumerated);
    chip.lab_seconds = hdf5::read_attribute<double>(group, "lab_seconds");
    for (int q = 0; q < quantity_count; ++q) {
        auto& transforms = chip.transforms[q];
        const auto inner = hdf5::open_group(group, std::string(info(static_cast<Quantity>(q)).name));
        const std::size_t n = transforms.size();
        const auto form = read_sized<std::uint8_t>(inner, "form", n), reason = read_sized<std::uint8_t>(inner, "reason", n);
        const auto c = read_sized<double>(inner, "coefficients", 4 * n), variance = read_sized<double>(inner, "variance", 3 * n), range = read_sized<double>(inner, "measured_dac", 2 * n);
        const auto residual = read_sized<float>(inner, "residual", n);
        const auto points = read_sized<std::uint16_t>(inner, "points", n);
        for (std::size_t k = 0; k < n; ++k) {
            if (form[k] > static_cast<int>(Transform::Form::scaled) || reason[k] > static_cast<int>(Reason::stuck_dac))
                throw InputError(fmt::format("{}: expected a known form and reason, found {} and {}", hdf5::where(inner), form[k], reason[k]));
            transforms[k] = {.form = static_cast<Transform::Form>(form[k]),
                             .reason = static_cast<Reason>(reason[k]),
                             .c = {c[4 * k], c[4 * k + 1], c[4 * k + 2], c[4 * k + 3]},
                             .variance = {variance[3 * k], variance[3 * k + 1], variance[3 * k + 2]},
                             .dac_low = range[2 * k],
                             .dac_high = range[2 * k + 1],
                             .residual = residual[k],
                             .points = points[k]};
            if (!usable(static_cast<Quantity>(q), transforms[k]))
                throw InputError(fmt::format("{}: expected finite numbers and a curve that can be inverted, found others at circuit {}", hdf5::where(inner), k));
        }
        if (hdf5::exists(inner, "population_dac"))
            chip.populations[q] = {hdf5::read_dataset<double>(inner, "population_dac"), hdf5::read_dataset<double>(inner, "population_value")};
    }
    return chip;
}

}   // namespace

ChipTable::ChipTable()
{
    for (auto& circuits : transforms)
        circuits.resize(Denmem::count);
    of(Quantity::weight).resize(SynapseRow::count);
    for (const Quantity q : {Quantity::stp_U, Quantity::stp_tau_rec, Quantity::stp_lambda})
        of(q).resize(SynapseDriver::count);
}

std::optional<Curve> curve_of(const PopulationCurve& population)
{
    if (population.dac.size() < 2)
        return std::nullopt;
    return Curve(Curve::Axis::logarithmic, Curve::Axis::logarithmic, population.dac, population.value);
}

void write_table(const std::filesystem::path& path, const Table& table)
{
    hdf5::write_file(path, [&](hid_t file) {
        hdf5::write_attribute(file, "format", "bss-calibration");
        hdf5::write_attribute(file, "version", format_version);
        hdf5::write_attribute(file, "protocols", protocol_version);
        hdf5::write_attribute(file, "wafer_id", table.info.wafer_id);
        hdf5::write_attribute(file, "technology", table.info.technology);
        hdf5::write_attribute(file, "technology_sha256", table.info.technology_sha256);
        hdf5::write_attribute(file, "imperfections", table.info.imperfections);
        hdf5::write_attribute(file, "mode", mode_names[static_cast<int>(table.info.mode)]);
        hdf5::write_attribute(file, "capacitor", table.info.operating.big_capacitor ? "big" : "small");
        hdf5::write_attribute(file, "leak", gear_names[static_cast<int>(table.info.operating.leak)]);
        hdf5::write_attribute(file, "adaptive", static_cast<std::uint8_t>(table.info.adaptive));
        hdf5::write_attribute(file, "seed", table.info.seed);
        const auto chips = hdf5::create_group(file, "hicanns");
        for (const auto& [hicann, chip] : table.chips)
            write_chip(chips, chip);
    });
}

Table read_table(const std::filesystem::path& path)
{
    const auto file = hdf5::open_file(path);
    if (!hdf5::has_attribute(file, "format") || hdf5::read_string_attribute(file, "format") != "bss-calibration")
        throw InputError(fmt::format("{}: expected a calibration table, found another kind of file", path.string()));
    if (const int version = hdf5::read_attribute<int>(file, "version"); version != format_version)
        throw InputError(fmt::format("{}: expected format version {}, found {}", path.string(), format_version, version));
    Table table;
    table.info.wafer_id = hdf5::read_attribute<std::uint64_t>(file, "wafer_id");
    table.info.technology = hdf5::read_string_attribute(file, "technology");
    table.info.technology_sha256 = hdf5::read_string_attribute(file, "technology_sha256");
    table.info.imperfections = hdf5::read_string_attribute(file, "imperfections");
    table.info.mode = static_cast<CalibrationMode>(index_of(mode_names, hdf5::read_string_attribute(file, "mode"), path, "mode"));
    table.info.operating.big_capacitor = index_of(std::array{"small", "big"}, hdf5::read_string_attribute(file, "capacitor"), path, "capacitor") == 1;
    table.info.operating.leak = static_cast<Gear>(index_of(gear_names, hdf5::read_string_attribute(file, "leak"), path, "leak"));
    table.info.adaptive = hdf5::read_attribute<std::uint8_t>(file, "adaptive") != 0;
    table.info.seed = hdf5::read_attribute<std::uint64_t>(file, "seed");
    const auto chips = hdf5::open_group(file, "hicanns");
    for (const std::string& name : hdf5::children(chips)) {
        ChipTable chip = read_chip(chips, name);
        const Hicann hicann = chip.hicann;
        table.chips.emplace(hicann, std::move(chip));
    }
    return table;
}

std::string digest(const TableInfo& info)
{
    return sha256(fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", format_version, protocol_version, info.wafer_id, info.technology, info.technology_sha256, info.imperfections,
                              static_cast<int>(info.mode), info.operating.big_capacitor, static_cast<int>(info.operating.leak), info.adaptive, info.seed, quantity_count));
}

}   // namespace bss
