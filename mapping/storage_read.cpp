#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>

#include <fmt/format.h>

#include "account.hpp"
#include "sources.hpp"
#include "storage.hpp"
#include "wafer/error.hpp"
#include "wafer/hdf5.hpp"
#include "wafer/storage.hpp"

namespace bss {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& expected)
{
    throw InputError(fmt::format("mapping.file: {}: {}", file, expected));
}

/// A column of a table that must have a given number of rows.
template <class T>
std::vector<T> read_column(hid_t group, const std::string& name, std::size_t rows)
{
    auto column = hdf5::read_dataset<T>(group, name);
    if (column.size() != rows)
        throw InputError(fmt::format("{}: expected {} rows, found {}", hdf5::where(group, name), rows, column.size()));
    return column;
}

/// Whether a chip is one that the file configures.
bool configured(const Mapping& mapping, int wafer, int hicann)
{
    return wafer >= 0 && wafer < static_cast<int>(mapping.wafers.size()) && hicann >= 0 && hicann < Hicann::count &&
           mapping.wafers[static_cast<std::size_t>(wafer)].hicanns.contains(Hicann(hicann));
}

/// Rows of /placement or /relays.
std::vector<PlacedNeuron> read_places_of(hid_t group, const Population& population, const Mapping& mapping)
{
    const auto id = hdf5::read_dataset<std::uint32_t>(group, "id");
    const auto wafer = read_column<std::uint16_t>(group, "wafer", id.size());
    const auto hicann = read_column<int>(group, "hicann", id.size());
    const auto denmem = read_column<std::int16_t>(group, "denmem", id.size());
    const auto size = read_column<std::uint8_t>(group, "size", id.size());
    const auto merger = read_column<int>(group, "merger", id.size());
    const auto address = read_column<int>(group, "address", id.size());
    std::vector<PlacedNeuron> rows;
    for (std::size_t k = 0; k < id.size(); ++k) {
        const auto within = [](int value, int count) { return value >= 0 && value < count; };
        if (id[k] >= population.size || !configured(mapping, wafer[k], hicann[k]) || denmem[k] < -1 || denmem[k] >= Denmem::count ||
            (merger[k] >= 0 && (!within(merger[k], DncMerger::count) || !within(address[k], L1Address::count))))
            throw InputError(fmt::format("{}: row {} is not one of this population", hdf5::where(group), k));
        PlacedNeuron row{.id = id[k], .chip = {wafer[k], Hicann(hicann[k])}, .denmem = denmem[k], .size = size[k], .merger = {}, .address = {}, .connected = merger[k] >= 0};
        if (row.connected) {
            row.merger = DncMerger(merger[k]);
            row.address = L1Address(address[k]);
        }
        rows.push_back(row);
    }
    return rows;
}

void read_placement(hid_t file, Mapping& mapping, const Network& network)
{
    const hdf5::Handle root = hdf5::open_group(file, "placement");
    for (const Population& population : network.populations) {
        const hdf5::Handle group = hdf5::open_group(root, population.name);
        const auto& rows = mapping.placement.emplace_back(read_places_of(group, population, mapping));
        for (std::size_t k = 0; k < rows.size() && !is_source(population.cell); ++k)
            if (rows[k].id != k || rows[k].denmem < 0)
                throw InputError(fmt::format("{}: row {} is not one of this population", hdf5::where(group), k));
        if (!is_source(population.cell) && rows.size() != population.size)
            throw InputError(fmt::format("{}: expected {} rows, found {}", hdf5::where(group), population.size, rows.size()));
    }
    mapping.relays.resize(network.populations.size());
    if (!hdf5::exists(file, "relays"))
        return;
    const hdf5::Handle relays = hdf5::open_group(file, "relays");
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        if (const std::string& name = network.populations[p].name; hdf5::exists(relays, name))
            mapping.relays[p] = read_places_of(hdf5::open_group(relays, name), network.populations[p], mapping);
}

void read_places(hid_t file, Mapping& mapping, const Network& network)
{
    const hdf5::Handle root = hdf5::open_group(file, "places"), weights = hdf5::open_group(file, "weights");
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        const std::size_t rows = network.projections[k].size();
        const hdf5::Handle group = hdf5::open_group(root, std::to_string(k));
        const auto wafer = read_column<std::uint16_t>(group, "wafer", rows);
        const auto hicann = read_column<std::uint16_t>(group, "hicann", rows);
        const auto row = read_column<std::uint16_t>(group, "row", rows);
        const auto column = read_column<std::uint8_t>(group, "column", rows);
        const auto cause = read_column<std::uint8_t>(group, "cause", rows);
        auto& synapses = mapping.synapses.emplace_back(rows);
        for (std::size_t s = 0; s < rows; ++s) {
            if (!configured(mapping, wafer[s], hicann[s]) || cause[s] >= loss_cause_names.size())
                throw InputError(fmt::format("{}: row {} is no place on a wafer", hdf5::where(group), s));
            synapses[s] = {.chip = {wafer[s], Hicann(hicann[s])}, .row = row[s], .column = column[s], .cause = static_cast<LossCause>(cause[s])};
            if (synapses[s].realised() && row[s] >= SynapseRow::count)
                throw InputError(fmt::format("{}: row {} is no place on a wafer", hdf5::where(group), s));
        }
        mapping.realised_weight.push_back(read_column<float>(weights, std::to_string(k), rows));
    }
}

void read_parameters(hid_t file, hid_t group, Mapping& mapping, const Network& network)
{
    const auto clipped = hdf5::read_dataset<std::uint64_t>(group, "clipped_of_parameters");
    const auto names = hdf5::read_strings(group, "names_of_parameters");
    const auto numbers = read_column<std::uint32_t>(group, "parameters_of_populations", network.populations.size());
    const hdf5::Handle root = hdf5::open_group(file, "parameters");
    std::size_t k = 0;
    if (const auto sum = std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0}); sum != names.size() || sum != clipped.size())
        throw InputError(fmt::format("{}: expected {} parameters, found {} names and {} counts", hdf5::where(group), sum, names.size(), clipped.size()));
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        const hdf5::Handle values = hdf5::open_group(root, network.populations[p].name);
        auto& parameters = mapping.parameters.emplace_back();
        for (std::uint32_t n = 0; n < numbers[p]; ++n, ++k)
            parameters.push_back({.name = names[k], .values = read_column<double>(values, names[k], network.populations[p].size), .clipped = clipped[k]});
    }
}

/// Warnings of parameters and weights; the others depend on the run and are made anew.
void read_warnings(hid_t group, Mapping& mapping)
{
    const hdf5::Handle warnings = hdf5::open_group(group, "warnings");
    const auto codes = hdf5::read_strings(warnings, "code"), messages = hdf5::read_strings(warnings, "message");
    const auto counts = read_column<std::uint64_t>(warnings, "count", codes.size());
    if (messages.size() != codes.size())
        throw InputError(fmt::format("{}: expected {} rows, found {}", hdf5::where(warnings, "message"), codes.size(), messages.size()));
    constexpr std::array<std::string_view, 5> made_anew{"input_rate", "on_wafer_duration", "on_wafer_rate", "delay_ignored", "delay_below_timestep"};
    for (std::size_t k = 0; k < codes.size(); ++k)
        if (std::find(made_anew.begin(), made_anew.end(), codes[k]) == made_anew.end())
            mapping.warnings.push_back({.code = codes[k], .message = messages[k], .count = counts[k]});
}

void read_whole(hid_t group, Mapping& mapping, const Network& network)
{
    mapping.scale = {.speedup = hdf5::read_attribute<double>(group, "speedup"),
                     .alpha_volt_per_mv = hdf5::read_attribute<double>(group, "alpha_volt_per_mv"),
                     .shift_volt = hdf5::read_attribute<double>(group, "shift_volt")};
    mapping.neuron_size = hdf5::read_attribute<int>(group, "neuron_size");
    mapping.big_capacitor = hdf5::read_attribute<int>(group, "big_capacitor") != 0;
    const int leak = hdf5::read_attribute<int>(group, "leak");
    if (leak < 0 || leak > static_cast<int>(Gear::fast))
        throw InputError(fmt::format("{}: leak: expected 0 to {}, found {}", hdf5::where(group), static_cast<int>(Gear::fast), leak));
    mapping.leak = static_cast<Gear>(leak);
    mapping.clipped_parameters = hdf5::read_attribute<std::uint64_t>(group, "clipped_parameters");
    mapping.clipped_weights = hdf5::read_attribute<std::uint64_t>(group, "clipped_weights");
    const auto potentials = read_column<double>(group, "potentials", 4);
    mapping.potentials = {potentials[0], potentials[1], potentials[2], potentials[3]};
    mapping.account.resize(network.projections.size());
    const auto clipped = read_column<std::uint64_t>(group, "clipped_weights_of_projections", network.projections.size());
    for (std::size_t k = 0; k < clipped.size(); ++k)
        mapping.account[k].clipped_weights = clipped[k];
    if (!hdf5::exists(group, "plasticity_of_projections"))
        return;
    const auto plasticity = read_column<double>(group, "plasticity_of_projections", plasticity_columns * network.projections.size());
    for (std::size_t k = 0; k < network.projections.size(); ++k)
        if (const double* row = &plasticity[plasticity_columns * k]; row[0] > 0)
            mapping.account[k].plasticity = {row[0], row[1], row[2], row[3], static_cast<std::uint64_t>(row[4])};
}

}   // namespace

Mapping read_mapping(const std::filesystem::path& path, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections)
{
    const auto start = std::chrono::steady_clock::now();
    const std::string name = path.string();
    const hdf5::Handle file = hdf5::open_file(path);
    if (!hdf5::exists(file, "mapping") || !hdf5::exists(file, "wafer"))
        refuse(name, "expected a mapping.h5 of ours, found other groups");
    const hdf5::Handle group = hdf5::open_group(file, "mapping"), wafers = hdf5::open_group(file, "wafer");
    if (const int version = hdf5::read_attribute<int>(group, "format_version"); version != mapping_format_version)
        refuse(name, fmt::format("expected format version {}, found {}", mapping_format_version, version));
    if (hdf5::read_string_attribute(group, "network_sha256") != network_fingerprint(network))
        refuse(name, "expected a mapping of this network, found one of another (other populations, sizes or connections)");
    if (const double speedup = hdf5::read_attribute<double>(group, "speedup"); speedup != machine.speedup)
        refuse(name, fmt::format("expected run.speedup {:g}, found a mapping for {:g}", machine.speedup, speedup));

    Mapping mapping;
    for (std::size_t w = 0; w < machine.silicon.size(); ++w) {
        if (!hdf5::exists(wafers, std::to_string(w)))
            refuse(name, fmt::format("expected {} wafers, found {}", machine.silicon.size(), w));
        mapping.wafers.push_back(read_wafer_config(hdf5::open_group(wafers, std::to_string(w))));
        if (const auto id = static_cast<int>(machine.silicon[w]->wafer_id()); mapping.wafers[w].wafer_id != id)
            refuse(name, fmt::format("expected a mapping onto wafer {}, found one onto wafer {}", id, mapping.wafers[w].wafer_id));
    }
    read_placement(file, mapping, network);
    read_places(file, mapping, network);
    read_whole(group, mapping, network);
    read_parameters(file, group, mapping, network);
    write_stimulus(mapping, network, machine);
    read_warnings(group, mapping);
    write_account(mapping, network, machine, options, imperfections);
    verify(mapping, network, machine, options, imperfections);
    mapping.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return mapping;
}

}   // namespace bss
