#include <chrono>
#include <set>

#include <gtest/gtest.h>

#include "mapping/placement.hpp"
#include "synthetic.hpp"
#include "wafer/error.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

/// Rules N1, N2 and X: rectangles inside one block, nothing shared, nothing defective, only usable chips.
void expect_legal(const Scene& scene, const Placement& placement)
{
    std::set<std::pair<Chip, Denmem>> taken;
    for (std::size_t p = 0; p < scene.network.populations.size(); ++p) {
        ASSERT_EQ(placement.sites[p].size(), is_source(scene.network.populations[p].cell) ? 0 : scene.network.populations[p].size);
        for (const NeuronSite& site : placement.sites[p]) {
            ASSERT_GT(site.size, 0);
            const Defects& defects = scene.machine.defects[site.chip.wafer];
            ASSERT_TRUE(std::binary_search(scene.machine.chips.begin(), scene.machine.chips.end(), site.chip));
            ASSERT_TRUE(defects.usable(site.chip.hicann));
            const auto denmems = denmems_of(site);
            ASSERT_EQ(denmems.size(), site.size);
            for (const Denmem d : denmems) {
                ASSERT_EQ(d.block(), site.first.block());
                ASSERT_FALSE(defects.of(site.chip.hicann).neurons.test(d.value()));
                ASSERT_TRUE(taken.insert({site.chip, d}).second);
            }
        }
    }
}

std::set<Chip> chips_of(const Placement& placement, std::size_t population)
{
    std::set<Chip> chips;
    for (const NeuronSite& site : placement.sites[population])
        chips.insert(site.chip);
    return chips;
}

}   // namespace

TEST(Placement, DenmemsOfASite)
{
    EXPECT_EQ(denmems_of({{}, Denmem(300), 1}), std::vector{Denmem(300)});
    EXPECT_EQ(denmems_of({{}, Denmem(7), 2}), (std::vector{Denmem(7), Denmem(263)}));
    EXPECT_EQ(denmems_of({{}, Denmem(4), 4}), (std::vector{Denmem(4), Denmem(5), Denmem(260), Denmem(261)}));
}

/// 8 denmems: 59 of 64 neurons make the chip one net; 4 denmems: 118 make two (mapping.md §1.1).
TEST(Placement, ChipsHoldWholeNets)
{
    for (const auto& [size, per_chip] : {std::pair(8, 59u), std::pair(4, 118u), std::pair(2, 236u), std::pair(16, 32u), std::pair(64, 8u)}) {
        Scene scene;
        scene.options.neuron_size = size;
        scene.add_population(5 * per_chip);
        const Placement placement = place(scene.network, scene.machine, scene.options);
        expect_legal(scene, placement);
        EXPECT_EQ(chips_of(placement, 0).size(), 5) << size;
    }
}

TEST(Placement, StartsAtTheCentre)
{
    Scene scene;
    scene.add_population(1);
    EXPECT_EQ(place(scene.network, scene.machine, scene.options).sites[0][0].chip.hicann, Hicann(174));
}

/// All-to-all sources of 4 denmems: a neuron has 12 slots in a chain of three drivers, so 12 sources a block are the most without loss.
TEST(Placement, DenseNetworksGetNarrowBlocks)
{
    Scene scene;
    scene.options.neuron_size = 4;
    const auto a = scene.add_population(100), b = scene.add_population(100);
    scene.connect(a, b, 1.0);
    const Placement placement = place(scene.network, scene.machine, scene.options);
    std::map<std::pair<Chip, NeuronBlock>, int> blocks;
    for (const NeuronSite& site : placement.sites[a])
        EXPECT_LE(++(blocks[{site.chip, site.first.block()}]), 12);
}

TEST(Placement, ManualRequestsAreObeyed)
{
    Scene scene;
    scene.options.neuron_size = 4;
    scene.add_population(30);
    scene.add_population(20);
    scene.options.place = {{.population = 0, .first = 0, .last = 29, .chips = {{0, Hicann(10)}}, .size = 0},
                           {.population = 1, .first = 0, .last = 9, .chips = {{0, Hicann(297)}}, .size = 8}};
    const Placement placement = place(scene.network, scene.machine, scene.options);
    expect_legal(scene, placement);
    EXPECT_EQ(chips_of(placement, 0), (std::set{Chip{0, Hicann(10)}}));
    for (int n = 0; n < 20; ++n) {
        EXPECT_EQ(placement.sites[1][n].size, n < 10 ? 8 : 4);
        EXPECT_EQ(placement.sites[1][n].chip.hicann == Hicann(297), n < 10);
    }
}

TEST(Placement, WhatDoesNotFitIsNamed)
{
    Scene scene;
    scene.add_population(30);
    scene.network.populations[0].name = "Amber";
    scene.options.neuron_size = 64;
    scene.options.place = {{.population = 0, .first = 0, .last = 29, .chips = {{0, Hicann(174)}}, .size = 0}};
    const auto message = [&] {
        try {
            place(scene.network, scene.machine, scene.options);
        } catch (const InputError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_NE(message().find("Amber"), std::string::npos);
    EXPECT_NE(message().find(" 8 do"), std::string::npos) << message();

    scene.options.place.clear();
    scene.options.neuron_size = 8;
    for (const std::uint32_t size : {25000u, 100000000u}) {
        scene.network.populations[0].size = size;
        EXPECT_NE(message().find("Amber"), std::string::npos) << size;
    }
}

/// Every last denmem is used before anything is refused.
TEST(Placement, FillsAWaferToTheLast)
{
    for (const auto& [size, all] : {std::pair(8, 24576u), std::pair(4, 49152u)}) {
        Scene scene;
        scene.options.neuron_size = size;
        scene.add_population(all - 1000);
        scene.add_population(1000);
        expect_legal(scene, place(scene.network, scene.machine, scene.options));
    }
}

TEST(Placement, FullWaferOfManyPopulationsIsQuick)
{
    for (const auto& [populations, size] : {std::pair(200, 200u), std::pair(1000, 40u)}) {
        Scene scene;
        scene.options.neuron_size = 4;
        for (int p = 0; p < populations; ++p)
            scene.add_population(size);
        for (int p = 0; p < populations; ++p)
            scene.connect(static_cast<std::uint32_t>(p), static_cast<std::uint32_t>((p + 1) % populations), 0.02);
        const auto start = std::chrono::steady_clock::now();
        const Placement placement = place(scene.network, scene.machine, scene.options);
        EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 3.0);
        expect_legal(scene, placement);
    }
}

TEST(Placement, SeedsGiveOtherPlacementsThatAreReproducible)
{
    const auto sites = [](std::uint64_t seed) {
        Scene scene;
        scene.options.seed = seed;
        scene.add_population(600);
        std::vector<std::pair<Chip, int>> all;
        const Placement placement = place(scene.network, scene.machine, scene.options);
        for (const NeuronSite& site : placement.sites[0])
            all.emplace_back(site.chip, site.first.value());
        return all;
    };
    EXPECT_EQ(sites(1), sites(1));
    EXPECT_NE(sites(1), sites(2));
    EXPECT_NE(sites(1), sites(3));
    EXPECT_NE(sites(2), sites(3));
}

/// Random populations, sizes, defects and manual requests: legal, or refused with the name of a population.
TEST(Placement, RandomNetworksAreLegalOrRefused)
{
    int placed = 0;
    for (std::uint32_t trial = 0; trial < 60; ++trial) {
        std::uint32_t n = 0;
        const auto draw = [&](double low, double high) { return low + (high - low) * random_uniform(5, Purpose::test, trial, 0, 0, n++); };
        Scene scene;
        constexpr std::array sizes{1, 2, 4, 6, 8, 16, 30, 64};
        scene.options.neuron_size = sizes[static_cast<std::size_t>(draw(0, 8))];
        scene.options.seed = trial;
        scene.machine.defects[0] = derived(random_defects({{"neurons", draw(0, 0.2)}, {"hicanns", draw(0, 0.3)}, {"mergers", draw(0, 0.1)}, {"dnc_mergers", draw(0, 0.1)}}, trial));
        scene.machine.chips.clear();
        for (const Hicann h : all<Hicann>())
            if (h.x() >= 12 && h.x() < 12 + draw(2, 12) && h.y() > 3 && h.y() < 10)
                scene.machine.chips.push_back({0, h});
        const int populations = static_cast<int>(draw(1, 8));
        for (int p = 0; p < populations; ++p)
            scene.add_population(static_cast<std::uint32_t>(draw(1, 200)), draw(0, 1) < 0.2 ? CellType::SpikeSourcePoisson : CellType::IF_cond_exp);
        for (std::uint32_t p = 0; p < static_cast<std::uint32_t>(populations); ++p)
            if (!is_source(scene.network.populations[p].cell) && draw(0, 1) < 0.3)
                scene.options.place.push_back({.population = p, .first = 0, .last = scene.network.populations[p].size / 2, .chips = {scene.machine.chips[p]}, .size = 2});
        try {
            expect_legal(scene, place(scene.network, scene.machine, scene.options));
            ++placed;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find("population"), std::string::npos);
        }
    }
    EXPECT_GT(placed, 25);
}
