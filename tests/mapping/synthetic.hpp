/// Networks, placements and nets made by hand for the tests of the back half of the mapper.
#pragma once

#include <algorithm>
#include <memory>

#include "mapping/nets.hpp"
#include "mapping/placement.hpp"
#include "mapping/routing.hpp"
#include "wafer/random.hpp"

namespace bss::synthetic {

/// Everything that route(), assign_drivers() and assign_synapses() read, and what they write.
struct Scene {
    Network network;
    Placement placement;
    Nets nets;
    Machine machine;
    MappingOptions options;
    std::vector<WaferConfig> configs;

    Scene()
    {
        machine.defects.resize(1);
        for (const Hicann h : all<Hicann>())
            machine.chips.push_back({0, h});
        configs.resize(1);
    }

    std::uint32_t add_population(std::uint32_t size, CellType cell = CellType::IF_cond_exp)
    {
        Population population;
        population.name = std::to_string(network.populations.size());
        population.size = size;
        population.cell = cell;
        network.populations.push_back(population);
        placement.sites.emplace_back();
        nets.entries.emplace_back(size);
        return static_cast<std::uint32_t>(network.populations.size() - 1);
    }

    /// Joins each pair with probability p, at most once.
    void connect(std::uint32_t pre, std::uint32_t post, double p, Receptor receptor = Receptor::excitatory, std::optional<ShortTermPlasticity> stp = {})
    {
        Projection projection;
        projection.pre = pre;
        projection.post = post;
        projection.receptor = receptor;
        projection.stp = stp;
        const auto number = static_cast<std::uint32_t>(network.projections.size());
        for (std::uint32_t j = 0; j < network.populations[post].size; ++j)
            for (std::uint32_t i = 0; i < network.populations[pre].size; ++i)
                if (p >= 1 || random_uniform(network.seed, Purpose::connectivity, number, j, i) < p) {
                    projection.pre_neuron.push_back(i);
                    projection.post_neuron.push_back(j);
                }
        projection.weight.values = {0.003};
        network.projections.push_back(std::move(projection));
    }

    /// Puts neurons of a population side by side onto chips, `per_chip` each, from column 0 on.
    void place(std::uint32_t population, const std::vector<Hicann>& chips, int per_chip, int size)
    {
        auto& sites = placement.sites[population];
        const int columns = std::max(1, size / 2);
        for (std::uint32_t n = 0; n < network.populations[population].size; ++n)
            sites.push_back({{0, chips[n / per_chip]}, Denmem(Column(static_cast<int>(n) % per_chip * columns), Half::top), static_cast<std::uint8_t>(size)});
    }

    /// A net of `neurons` of a population on a merger, addresses spread over the MSBs.
    void add_net(std::uint32_t population, std::uint32_t first, std::uint32_t count, Hicann chip, DncMerger merger)
    {
        SourceNet net;
        net.chip = {0, chip};
        net.merger = merger;
        std::vector<L1Address> pool;
        for (int low = 15; low >= 0; --low)
            for (int msb = 3; msb >= 0; --msb)
                if (const L1Address a(16 * msb + low); a.usable())
                    pool.push_back(a);
        for (std::uint32_t n = 0; n < count; ++n) {
            net.by_address[pool[n].value()] = {population, first + n};
            nets.entries[population][first + n].push_back({static_cast<std::uint32_t>(nets.nets.size()), pool[n]});
        }
        nets.nets.push_back(net);
    }
};

/// Chips of a compact region around the middle of the wafer, nearest first.
inline std::vector<Hicann> compact_region(int count)
{
    std::vector<Hicann> chips;
    for (const Hicann h : all<Hicann>())
        chips.push_back(h);
    const auto distance = [](Hicann h) { return (2 * h.x() - 35) * (2 * h.x() - 35) + (2 * h.y() - 15) * (2 * h.y() - 15); };
    std::stable_sort(chips.begin(), chips.end(), [&](Hicann a, Hicann b) { return distance(a) < distance(b); });
    chips.resize(count);
    return chips;
}

/// `neurons` of `size` denmems, a full chip each net, every pair joined with probability p; the last `inhibitory` part of the neurons is inhibitory.
inline Scene recurrent(std::uint32_t neurons, int size, double p, double inhibitory = 0, std::uint32_t per_chip = 59)
{
    Scene scene;
    const auto chips = compact_region(static_cast<int>((neurons + per_chip - 1) / per_chip));
    const auto count_i = static_cast<std::uint32_t>(inhibitory * neurons / per_chip) * per_chip;
    const std::uint32_t count_e = neurons - count_i;
    std::vector<std::uint32_t> populations;
    std::uint32_t chip = 0;
    for (const std::uint32_t count : {count_e, count_i}) {
        if (count == 0)
            continue;
        const auto population = scene.add_population(count);
        populations.push_back(population);
        const std::uint32_t used = (count + per_chip - 1) / per_chip;
        scene.place(population, {chips.begin() + chip, chips.begin() + chip + used}, static_cast<int>(per_chip), size);
        for (std::uint32_t first = 0; first < count; first += per_chip)
            scene.add_net(population, first, std::min(per_chip, count - first), chips[chip + first / per_chip], DncMerger(3));
        chip += used;
    }
    for (const auto post : populations)
        for (const auto pre : populations)
            scene.connect(pre, post, p, pre == populations[0] ? Receptor::excitatory : Receptor::inhibitory);
    return scene;
}

/// A random network of a few populations in odd shapes on a compact region: sizes, receptors, STP, shared and missing nets.
inline Scene random_scene(std::uint64_t seed)
{
    Scene scene;
    scene.network.seed = seed;
    scene.options.seed = seed;
    std::uint32_t drawn = 0;
    const auto draw = [&](int below) { return static_cast<int>(random_uniform(seed, Purpose::test, 0, 0, drawn++) * below); };
    const auto region = compact_region(3 + draw(12));
    std::size_t chip = 0;
    const int populations = 2 + draw(4);
    for (int k = 0; k < populations && chip < region.size(); ++k) {
        const int size = std::array{1, 2, 4, 6, 8, 16}[draw(6)];
        const auto per_chip = static_cast<std::uint32_t>(std::min(59, 256 / std::max(1, size / 2)) - draw(8));
        const auto chips = static_cast<std::uint32_t>(std::min<std::size_t>(1 + draw(4), region.size() - chip));
        const auto population = scene.add_population(per_chip * chips);
        const std::vector<Hicann> here(region.begin() + static_cast<std::ptrdiff_t>(chip), region.begin() + static_cast<std::ptrdiff_t>(chip + chips));
        scene.place(population, here, static_cast<int>(per_chip), size);
        for (std::uint32_t c = 0; c < chips; ++c)
            if (draw(10) > 0) {
                const int split = 1 + draw(static_cast<int>(per_chip) - 1), merger = draw(4);
                scene.add_net(population, c * per_chip, static_cast<std::uint32_t>(split), here[c], DncMerger(2 * merger));
                scene.add_net(population, c * per_chip + static_cast<std::uint32_t>(split), per_chip - static_cast<std::uint32_t>(split), here[c], DncMerger(2 * merger + 1));
            }
        chip += chips;
    }
    const int projections = 2 + draw(8);
    for (int k = 0; k < projections; ++k) {
        std::optional<ShortTermPlasticity> stp;
        if (draw(3) == 0)
            stp = ShortTermPlasticity{0.3, 100.0 + 100 * draw(2), 0};
        const auto count = static_cast<int>(scene.network.populations.size());
        scene.connect(static_cast<std::uint32_t>(draw(count)), static_cast<std::uint32_t>(draw(count)), 0.02 + 0.01 * draw(30), draw(2) ? Receptor::excitatory : Receptor::inhibitory, stp);
        if (draw(2)) {
            auto& projection = scene.network.projections.back();
            projection.weight.values.clear();
            for (std::size_t i = 0; i < projection.size(); ++i)
                projection.weight.values.push_back(0.001 * (1 + draw(20)));
        }
    }
    return scene;
}

/// Some of everything broken.
inline Defects random_damage(std::uint64_t seed, double fraction)
{
    std::map<std::string, double> fractions;
    for (const char* kind : {"h_buses", "v_buses", "h_repeaters", "v_repeaters", "crossbar_switches", "synapse_switches", "switch_rows", "drivers", "rows", "synapses", "synaptic_inputs", "hicanns"})
        fractions[kind] = fraction;
    return random_defects(fractions, seed);
}

}   // namespace bss::synthetic
