#include "storage.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "wafer/digest.hpp"
#include "wafer/error.hpp"
#include "wafer/hdf5.hpp"
#include "wafer/storage.hpp"

namespace bss {

namespace {

/// Rows of /placement or /relays.
void write_places_of(hid_t group, const std::vector<PlacedNeuron>& rows)
{
    const auto write_column = [&]<class T>(const char* name, T (*value)(const PlacedNeuron&)) {
        std::vector<T> column;
        column.reserve(rows.size());
        for (const PlacedNeuron& row : rows)
            column.push_back(value(row));
        hdf5::write_dataset(group, name, column);
    };
    write_column("id", +[](const PlacedNeuron& row) { return row.id; });
    write_column("wafer", +[](const PlacedNeuron& row) { return row.chip.wafer; });
    write_column("hicann", +[](const PlacedNeuron& row) { return static_cast<std::uint16_t>(row.chip.hicann.value()); });
    write_column("denmem", +[](const PlacedNeuron& row) { return row.denmem; });
    write_column("size", +[](const PlacedNeuron& row) { return row.size; });
    write_column("merger", +[](const PlacedNeuron& row) { return static_cast<std::int16_t>(row.connected ? row.merger.value() : -1); });
    write_column("address", +[](const PlacedNeuron& row) { return static_cast<std::int16_t>(row.connected ? row.address.value() : -1); });
}

/// /placement/<population>: a row a neuron; for a source a row an entry point, with denmem -1. /relays/<population>: where spikes of neurons enter other wafers.
void write_placement(hid_t file, const Mapping& mapping, const Network& network)
{
    const hdf5::Handle root = hdf5::create_group(file, "placement");
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        write_places_of(hdf5::create_group(root, network.populations[p].name), mapping.placement[p]);
    if (std::all_of(mapping.relays.begin(), mapping.relays.end(), [](const auto& rows) { return rows.empty(); }))
        return;
    const hdf5::Handle relays = hdf5::create_group(file, "relays");
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        if (!mapping.relays[p].empty())
            write_places_of(hdf5::create_group(relays, network.populations[p].name), mapping.relays[p]);
}

/// /parameters/<population>/<name> and /weights/<projection>: what the hardware was told, in biological units.
void write_realised(hid_t file, const Mapping& mapping, const Network& network)
{
    const hdf5::Handle parameters = hdf5::create_group(file, "parameters");
    for (std::size_t p = 0; p < mapping.parameters.size(); ++p) {
        const hdf5::Handle group = hdf5::create_group(parameters, network.populations[p].name);
        for (const RealisedParameter& parameter : mapping.parameters[p])
            hdf5::write_dataset(group, parameter.name, parameter.values);
    }
    const hdf5::Handle weights = hdf5::create_group(file, "weights");
    for (std::size_t k = 0; k < mapping.realised_weight.size(); ++k)
        hdf5::write_dataset(weights, std::to_string(k), mapping.realised_weight[k]);
}

/// Columns that say where hardware synapses are.
struct SynapseColumns {
    std::vector<std::uint16_t> wafer, hicann, row;
    std::vector<std::uint8_t> column;

    void add(const RealisedSynapse& synapse)
    {
        wafer.push_back(synapse.chip.wafer);
        hicann.push_back(static_cast<std::uint16_t>(synapse.chip.hicann.value()));
        row.push_back(synapse.row);
        column.push_back(synapse.column);
    }
    void write(hid_t group) const
    {
        hdf5::write_dataset(group, "wafer", wafer);
        hdf5::write_dataset(group, "hicann", hicann);
        hdf5::write_dataset(group, "row", row);
        hdf5::write_dataset(group, "column", column);
    }
};

/// /places/<projection>: chip, row and column of every synapse in the network's order, or why it has none.
void write_places(hid_t file, const Mapping& mapping)
{
    const hdf5::Handle root = hdf5::create_group(file, "places");
    for (std::size_t k = 0; k < mapping.synapses.size(); ++k) {
        SynapseColumns places;
        std::vector<std::uint8_t> cause;
        for (const RealisedSynapse& synapse : mapping.synapses[k]) {
            places.add(synapse);
            cause.push_back(static_cast<std::uint8_t>(synapse.cause));
        }
        const hdf5::Handle group = hdf5::create_group(root, std::to_string(k));
        places.write(group);
        hdf5::write_dataset(group, "cause", cause);
    }
}

/// /mapping: the account, and what belongs to the mapping as a whole.
void write_account(hid_t file, const Mapping& mapping, const Network& network)
{
    const hdf5::Handle group = hdf5::create_group(file, "mapping");
    hdf5::write_attribute(group, "format_version", mapping_format_version);
    hdf5::write_attribute(group, "network_sha256", network_fingerprint(network));
    hdf5::write_attribute(group, "speedup", mapping.scale.speedup);
    hdf5::write_attribute(group, "alpha_volt_per_mv", mapping.scale.alpha_volt_per_mv);
    hdf5::write_attribute(group, "shift_volt", mapping.scale.shift_volt);
    hdf5::write_attribute(group, "neuron_size", mapping.neuron_size);
    hdf5::write_attribute(group, "big_capacitor", static_cast<int>(mapping.big_capacitor));
    hdf5::write_attribute(group, "leak", static_cast<int>(mapping.leak));
    hdf5::write_attribute(group, "clipped_parameters", mapping.clipped_parameters);
    hdf5::write_attribute(group, "clipped_weights", mapping.clipped_weights);
    const auto& p = mapping.potentials;
    hdf5::write_dataset(group, "potentials", std::vector{p.biological_low_mv, p.biological_high_mv, p.hardware_low_v, p.hardware_high_v});
    std::vector<std::uint64_t> clipped_weights, clipped_parameters, counts;
    std::vector<std::uint32_t> parameters;
    std::vector<std::string> names, codes, messages;
    std::vector<double> plasticity;
    for (const ProjectionAccount& account : mapping.account) {
        clipped_weights.push_back(account.clipped_weights);
        const RealisedPlasticity found = account.plasticity.value_or(RealisedPlasticity{});
        plasticity.insert(plasticity.end(), {found.U, found.tau_ms, found.sigma_U, found.sigma_tau, static_cast<double>(found.clipped)});
    }
    for (const auto& population : mapping.parameters) {
        parameters.push_back(static_cast<std::uint32_t>(population.size()));
        for (const RealisedParameter& parameter : population) {
            names.push_back(parameter.name);
            clipped_parameters.push_back(parameter.clipped);
        }
    }
    hdf5::write_dataset(group, "clipped_weights_of_projections", clipped_weights);
    if (std::any_of(mapping.account.begin(), mapping.account.end(), [](const ProjectionAccount& account) { return account.plasticity.has_value(); }))
        hdf5::write_dataset(group, "plasticity_of_projections", {mapping.account.size(), plasticity_columns}, plasticity);
    hdf5::write_dataset(group, "parameters_of_populations", parameters);
    hdf5::write_strings(group, "names_of_parameters", names);
    hdf5::write_dataset(group, "clipped_of_parameters", clipped_parameters);
    for (const Warning& warning : mapping.warnings) {
        codes.push_back(warning.code);
        messages.push_back(warning.message);
        counts.push_back(warning.count);
    }
    const hdf5::Handle warnings = hdf5::create_group(group, "warnings");
    hdf5::write_strings(warnings, "code", codes);
    hdf5::write_strings(warnings, "message", messages);
    hdf5::write_dataset(warnings, "count", counts);
}

/// /synapses/<projection> and /lost/<projection>: where each synapse went, or why it went nowhere.
void write_synapses(hid_t file, const Mapping& mapping, const Network& network)
{
    const hdf5::Handle realised = hdf5::create_group(file, "synapses"), lost = hdf5::create_group(file, "lost");
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        const Projection& projection = network.projections[k];
        std::vector<std::uint32_t> pre, post, lost_pre, lost_post;
        SynapseColumns places;
        std::vector<std::uint8_t> code;
        std::vector<std::string> cause;
        for (std::size_t s = 0; s < projection.size(); ++s) {
            const RealisedSynapse& synapse = mapping.synapses[k][s];
            if (!synapse.realised()) {
                lost_pre.push_back(projection.pre_neuron[s]);
                lost_post.push_back(projection.post_neuron[s]);
                cause.emplace_back(loss_cause_names[static_cast<std::size_t>(synapse.cause)]);
                continue;
            }
            const SynapseArrays& arrays = mapping.wafers[synapse.chip.wafer].hicanns.at(synapse.chip.hicann).synapses;
            pre.push_back(projection.pre_neuron[s]);
            post.push_back(projection.post_neuron[s]);
            places.add(synapse);
            code.push_back(arrays.weight[SynapseArrays::at(SynapseRow(synapse.row), Column(synapse.column))]);
        }
        const hdf5::Handle here = hdf5::create_group(realised, std::to_string(k)), gone = hdf5::create_group(lost, std::to_string(k));
        hdf5::write_dataset(here, "pre", pre);
        hdf5::write_dataset(here, "post", post);
        places.write(here);
        hdf5::write_dataset(here, "code", code);
        hdf5::write_dataset(gone, "pre", lost_pre);
        hdf5::write_dataset(gone, "post", lost_post);
        hdf5::write_strings(gone, "cause", cause);
    }
}

/// /chips: how full each configured chip is, and what it lost of the synapses that its neurons asked for.
void write_chips(hid_t file, const Mapping& mapping, const Network& network)
{
    struct Use {
        std::uint32_t denmems = 0, drivers = 0;
        std::uint64_t realised = 0, lost = 0;
    };
    std::map<Chip, Use> chips;
    for (std::size_t w = 0; w < mapping.wafers.size(); ++w)
        for (const auto& [hicann, config] : mapping.wafers[w].hicanns) {
            Use& use = chips[{static_cast<std::uint16_t>(w), hicann}];
            for (const DriverConfig& driver : config.drivers)
                use.drivers += driver.enable;
        }
    for (const auto& population : mapping.placement)
        for (const PlacedNeuron& placed : population)
            if (placed.denmem >= 0)
                chips[placed.chip].denmems += placed.size;
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        const Projection& projection = network.projections[k];
        for (std::size_t s = 0; s < projection.size(); ++s) {
            Use& use = chips[mapping.placement[projection.post][projection.post_neuron[s]].chip];
            (mapping.synapses[k][s].realised() ? use.realised : use.lost) += 1;
        }
    }
    std::vector<std::uint16_t> wafer, hicann;
    std::vector<std::uint32_t> denmems, drivers;
    std::vector<std::uint64_t> realised, lost;
    for (const auto& [chip, use] : chips) {
        wafer.push_back(chip.wafer);
        hicann.push_back(static_cast<std::uint16_t>(chip.hicann.value()));
        denmems.push_back(use.denmems);
        drivers.push_back(use.drivers);
        realised.push_back(use.realised);
        lost.push_back(use.lost);
    }
    const hdf5::Handle group = hdf5::create_group(file, "chips");
    hdf5::write_dataset(group, "wafer", wafer);
    hdf5::write_dataset(group, "hicann", hicann);
    hdf5::write_dataset(group, "denmems", denmems);
    hdf5::write_dataset(group, "drivers", drivers);
    hdf5::write_dataset(group, "synapses_realised", realised);
    hdf5::write_dataset(group, "synapses_lost", lost);
}

}   // namespace

std::string network_fingerprint(const Network& network)
{
    std::string text;
    const auto add = [&](const auto& numbers) { text.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(numbers[0])); };
    for (const Population& p : network.populations)
        text += fmt::format("{} {} {}{}\n", p.name, p.size, name_of(p.cell), p.on_wafer ? " on_wafer" : "");
    for (const Projection& p : network.projections) {
        text += fmt::format("{} {} {} {}\n", p.pre, p.post, static_cast<int>(p.receptor), p.size());
        add(p.pre_neuron);
        add(p.post_neuron);
    }
    return sha256(text);
}

std::string write_mapping(const std::filesystem::path& path, const Mapping& mapping, const Network& network, bool list_synapses)
{
    hdf5::write_file(path, [&](hid_t file) {
        const hdf5::Handle wafers = hdf5::create_group(file, "wafer");
        for (std::size_t k = 0; k < mapping.wafers.size(); ++k)
            write(hdf5::create_group(wafers, std::to_string(k)), mapping.wafers[k]);
        write_placement(file, mapping, network);
        write_realised(file, mapping, network);
        write_chips(file, mapping, network);
        write_places(file, mapping);
        write_account(file, mapping, network);
        if (list_synapses)
            write_synapses(file, mapping, network);
    });
    std::ifstream in(path, std::ios::binary);
    std::ostringstream bytes;
    if (!(bytes << in.rdbuf()))
        throw RunError(fmt::format("{}: cannot be read back", path.string()));
    return sha256(bytes.view());
}

}   // namespace bss
