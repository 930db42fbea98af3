#include "configuration.hpp"

#include <algorithm>
#include <cmath>

#include "configuration_keys.hpp"
#include "network_reader.hpp"
#include "wafer/digest.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

/// A network's file takes its place in the tree, so that `--set network.…` reaches into it. Without the file the place stays empty.
void bring_in_network(Yaml& root, const Yaml& place, Reading& reading)
{
    const auto path = located(place, place.text);
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        reading.mistakes.add(place, "network", fmt::format("expected a network (a map) or the name of its file, found no file \"{}\"", place.text));
        root.items.clear();
        return;
    }
    auto tree = reading.yaml.read_file(path, "network.");
    *root.find("network") = std::move(tree);
}

/// Short-term plasticity that no driver has; the ideal fabric has it.
void check_plasticity(const Yaml& root, const Configuration& configuration, Reading& reading)
{
    const auto& projections = configuration.network.projections;
    for (std::size_t k = 0; k < projections.size(); ++k)
        if (const auto& stp = projections[k].stp; stp && stp->tau_rec_ms > 0 && stp->tau_facil_ms > 0) {
            const Yaml& given = *root.find("network")->find("projections")->items.at(k).find("synapse")->find("TsodyksMarkram");
            reading.mistakes.add(given, fmt::format("network.projections.{}.synapse.TsodyksMarkram", k),
                                 fmt::format("expected tau_rec or tau_facil of 0 (a driver either depresses or facilitates), found {} and {} ms",
                                             stp->tau_rec_ms, stp->tau_facil_ms));
        }
}

/// What is wrong only between keys.
void check_together(const Yaml& root, Configuration& configuration, Reading& reading)
{
    auto& run = configuration.run;
    const auto* block = root.find("run");
    const auto* timestep = block ? block->find("timestep") : nullptr;
    if (run.timestep_ms > run.duration_ms) {
        const auto* duration = block ? block->find("duration") : nullptr;
        const auto& where = timestep ? *timestep : duration ? *duration : root;
        reading.mistakes.add(where, "run.timestep", fmt::format("expected a time <= run.duration ({} ms), found {} ms", run.duration_ms, run.timestep_ms));
    }
    configuration.mapping.timestep_s = run.timestep_ms * 1e-3 / run.speedup;
    if (run.mode == RunMode::ideal) {
        configuration.wafer.imperfections = no_imperfections();
        for (RecordRequest& request : configuration.record)
            request.through = Through::probe;       // there is no ADC
    } else {
        check_plasticity(root, configuration, reading);
    }
}

}   // namespace

Configuration read_configuration(const std::filesystem::path& file, const std::vector<std::string>& options)
{
    Reading reading;
    Configuration configuration;
    auto root = reading.yaml.read_file(file);
    configuration.file = file.string();
    configuration.text = reading.yaml.text();
    configuration.sha256 = sha256(configuration.text);
    configuration.output = (std::filesystem::path("results") / file.stem()).string();
    if (!root.is(Yaml::Kind::map)) {
        reading.mistakes.expected(root, "", "a map with network, wafer, mapping, run, record, output");
        reading.mistakes.throw_if_any();
    }
    const auto reaches_into_network = [](const std::string& option) { return option.starts_with("network."); };
    for (const auto& option : options)
        if (!reaches_into_network(option))
            reading.yaml.apply_option(root, option);
    if (const auto* network = root.find("network"); network && network->is(Yaml::Kind::scalar)) {
        const Yaml place = *network;
        bring_in_network(root, place, reading);
        reading.mistakes.throw_if_any();
    }
    for (const auto& option : options)
        if (reaches_into_network(option))
            reading.yaml.apply_option(root, option);

    read_keys(root, "", configuration_keys(), configuration, reading);
    if (!root.find("network"))
        reading.mistakes.add(root, "network", "expected a network (a map) or the name of its file, found nothing");
    if (!reading.mistakes.any())
        check_together(root, configuration, reading);
    reading.mistakes.throw_if_any();
    return configuration;
}

Network expand_network(const Configuration& configuration)
{
    const auto named = [&](std::string_view what) { return InputError(fmt::format("{}: {}", configuration.file, what)); };
    const auto denmems = static_cast<std::uint64_t>(configuration.wafer.hicanns.size()) * Denmem::count;
    const auto size = static_cast<std::uint64_t>(configuration.mapping.neuron_size > 0 ? configuration.mapping.neuron_size : 4);  // auto takes at least 4
    std::uint64_t needed = 0;
    const bool on_wafer = configuration.run.mode == RunMode::hardware;
    for (std::uint32_t k = 0; on_wafer && k < configuration.network.populations.size(); ++k) {
        const auto& population = configuration.network.populations[k];
        if (is_source(population.cell))
            continue;
        needed += population.size * size;
        for (const auto& request : configuration.mapping.place)
            if (request.population == k && request.size > 0)
                needed += (std::uint64_t{request.last} - request.first + 1) * static_cast<std::uint64_t>(request.size) -
                          (std::uint64_t{request.last} - request.first + 1) * size;
        if (needed > denmems)
            throw named(fmt::format("population {} does not fit: {} neurons, in all {} denmems so far, and the {} HICANNs have {}", population.name,
                                    population.size, needed, configuration.wafer.hicanns.size(), denmems));
    }
    auto spec = configuration.network;
    for (auto& projection : spec.projections)
        if (!projection.delay_given)
            projection.delay_ms = configuration.run.timestep_ms;    // PyNN's default: the least delay there is
    try {
        return expand(std::move(spec));
    } catch (const InputError& error) {
        throw named(error.what());
    }
}

Defects defects_of(const Configuration& configuration, std::uint64_t wafer_id)
{
    const auto& wafer = configuration.wafer;
    return derived(wafer.listed_defects ? *wafer.listed_defects : random_defects(wafer.random_defects, wafer_id));
}

}   // namespace bss
