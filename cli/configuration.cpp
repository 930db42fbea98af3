#include "configuration.hpp"

#include <algorithm>
#include <cmath>

#include "batch.hpp"
#include "configuration_keys.hpp"
#include "parameter_checks.hpp"
#include "wafer/digest.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

/// Short-term plasticity that no driver has; the ideal fabric has it.
void check_plasticity(const Yaml& root, const Configuration& configuration, Reading& reading)
{
    const auto& projections = configuration.network.projections;
    for (std::size_t k = 0; k < projections.size(); ++k)
        if (const std::string wrong = projections[k].stp ? wrong_on_wafer(*projections[k].stp) : std::string(); !wrong.empty()) {
            const Yaml& given = *root.find("network")->find("projections")->items.at(k).find("synapse")->find("TsodyksMarkram");
            reading.mistakes.add(given, fmt::format("network.projections.{}.synapse.TsodyksMarkram", k), wrong);
        }
}

/// Sources on the wafer that should stop during the run: background generators do not.
void check_generators_stop(const Yaml& root, const Configuration& configuration, Reading& reading)
{
    for (const Population& population : configuration.network.populations)
        for (std::uint32_t n = 0; population.on_wafer && n < population.size; ++n)
            if (const double duration_ms = value_of(population, "duration", n); duration_ms < configuration.run.duration_ms) {
                reading.mistakes.add(*root.find("network"), fmt::format("network.populations.{}.duration", population.name),
                                     fmt::format("expected at least run.duration ({} ms), since background generators (on_wafer) run all the time, found {} ms",
                                                 configuration.run.duration_ms, duration_ms));
                break;
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
    constexpr double most_steps = 1e12;         // years of computing; more would not fit the counters either
    if (run.duration_ms / run.timestep_ms > most_steps) {
        const auto* duration = block ? block->find("duration") : nullptr;
        const bool fine = timestep && run.timestep_ms < 1e-6;   // which of the two is it?
        reading.mistakes.add(fine ? *timestep : duration ? *duration : root, fine ? "run.timestep" : "run.duration",
                             fmt::format("expected at most {:g} steps, found {:.3g} (a duration of {:g} ms, a timestep of {:g} ms)", most_steps,
                                         run.duration_ms / run.timestep_ms, run.duration_ms, run.timestep_ms));
    }
    complete(configuration);
    if (run.mode == RunMode::hardware) {
        check_plasticity(root, configuration, reading);
        check_generators_stop(root, configuration, reading);
    }
}

}   // namespace

void complete(Configuration& configuration)
{
    configuration.mapping.timestep_s = configuration.run.timestep_ms * 1e-3 / configuration.run.speedup;
    if (configuration.run.mode == RunMode::hardware)
        return;
    configuration.wafer.imperfections = no_imperfections();
    for (RecordRequest& request : configuration.record)
        request.through = Through::probe;           // there is no ADC
}

void read_tree(const Yaml& root, Configuration& configuration, Reading& reading)
{
    const auto before = reading.mistakes.count();
    read_keys(root, "", configuration_keys(), configuration, reading);
    if (!root.find("network"))
        reading.mistakes.add(root, "network", "expected a network (a map) or the name of its file, found nothing");
    if (reading.mistakes.count() == before)
        check_together(root, configuration, reading);
}

Configuration read_configuration(const std::filesystem::path& file, const std::vector<std::string>& options)
{
    Batch batch(file, options);
    return batch.configuration(0);
}

std::string fingerprint(const Configuration& configuration)
{
    const auto& run = configuration.run;
    return sha256(fmt::format("{} {} {} {} {}", configuration.shared_sha256, run.seed, run.duration_ms, configuration.max_synapse_loss, configuration.strict));
}

Network expand_network(const Configuration& configuration)
{
    const auto named = [&](std::string_view what) { return InputError(fmt::format("{}: {}", configuration.file, what)); };
    const auto denmems = static_cast<std::uint64_t>(configuration.wafer.chips.size()) * Denmem::count;
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
                                    population.size, needed, configuration.wafer.chips.size(), denmems));
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

std::vector<Defects> defects_of(const Configuration& configuration)
{
    const auto& wafer = configuration.wafer;
    std::vector<Defects> defects;
    for (std::size_t w = 0; w < wafer.ids.size(); ++w)
        defects.push_back(derived(wafer.listed_defects ? (*wafer.listed_defects)[w] : random_defects(wafer.random_defects, wafer.ids[w])));
    return defects;
}

}   // namespace bss
