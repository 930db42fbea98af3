#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "mapping/storage.hpp"
#include "pipeline.hpp"
#include "wafer/error.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

/// A scene on several wafers, of which a small part may be used.
Scene on_wafers(std::size_t wafers, int columns = 4)
{
    Scene scene;
    scene.machine.defects.resize(wafers);
    scene.configs.resize(wafers);
    scene.machine.chips.clear();
    for (std::uint16_t w = 0; w < wafers; ++w)
        for (const Hicann h : all<Hicann>())
            if (h.x() >= 16 && h.x() < 16 + columns && h.y() >= 6 && h.y() < 10)
                scene.machine.chips.push_back({w, h});
    return scene;
}

/// Groups on a ring, each joined with itself and with the next one.
Scene ring(std::size_t wafers, int groups, std::uint32_t neurons)
{
    Scene scene = on_wafers(wafers);
    for (int g = 0; g < groups; ++g)
        scene.add_population(neurons);
    for (std::uint32_t g = 0; g < static_cast<std::uint32_t>(groups); ++g) {
        scene.connect(g, g, 0.1);
        scene.connect(g, (g + 1) % static_cast<std::uint32_t>(groups), 0.1, Receptor::inhibitory);
    }
    return scene;
}

std::set<std::uint16_t> wafers_of(const std::vector<PlacedNeuron>& rows)
{
    std::set<std::uint16_t> wafers;
    for (const PlacedNeuron& row : rows)
        wafers.insert(row.chip.wafer);
    return wafers;
}

std::size_t lost(const Mapping& mapping)
{
    std::size_t lost = 0;
    for (const auto& projection : mapping.synapses)
        lost += static_cast<std::size_t>(std::count_if(projection.begin(), projection.end(), [](const RealisedSynapse& s) { return !s.realised(); }));
    return lost;
}

void expect_no_errors(const Scene& scene, const Mapping& mapping)
{
    for (std::size_t w = 0; w < mapping.wafers.size(); ++w)
        for (const Violation& violation : check(mapping.wafers[w], scene.machine.defects[w]))
            EXPECT_NE(violation.severity, Severity::error) << "wafer " << w << ": " << violation.rule << ": " << violation.what;
}

}   // namespace

TEST(Wafers, WhatFitsOnOneStaysThere)
{
    Scene scene = ring(3, 8, 59);
    const Mapping mapping = synthetic::connect_all(scene);
    for (const auto& population : mapping.placement)
        EXPECT_EQ(wafers_of(population), std::set<std::uint16_t>{0});
    for (const auto& population : mapping.relays)
        EXPECT_TRUE(population.empty());
    EXPECT_TRUE(rebuilt_equals(mapping, scene.network));
}

TEST(Wafers, ARingIsCutWhereItIsThin)
{
    // 16 chips a wafer; a group fills one of them. Each wafer sends from one group to the next wafer.
    Scene scene = ring(3, 36, 59);
    const Mapping mapping = synthetic::connect_all(scene);
    std::set<std::uint16_t> used;
    std::size_t senders = 0;
    for (std::size_t p = 0; p < mapping.placement.size(); ++p) {
        const auto wafers = wafers_of(mapping.placement[p]);
        EXPECT_EQ(wafers.size(), 1) << "population " << p << " was torn apart";
        used.insert(wafers.begin(), wafers.end());
        senders += mapping.relays[p].empty() ? 0 : 1;
        for (const PlacedNeuron& relay : mapping.relays[p]) {
            EXPECT_NE(relay.chip.wafer, *wafers.begin());
            EXPECT_EQ(relay.denmem, -1);
            EXPECT_EQ(mapping.wafers[relay.chip.wafer].hicanns.at(relay.chip.hicann).gbit_links[relay.merger.value()], GbitLink::to_hicann);
        }
    }
    EXPECT_EQ(used.size(), 3);
    EXPECT_EQ(senders, 3);
    EXPECT_EQ(lost(mapping), 0);
    EXPECT_TRUE(rebuilt_equals(mapping, scene.network));
    expect_no_errors(scene, mapping);
}

TEST(Wafers, RelaysAreWhereTheSpikesLeave)
{
    Scene scene = ring(2, 24, 59);
    const Mapping mapping = synthetic::connect_all(scene);
    std::size_t listed = 0, configured = 0;
    for (const auto& population : mapping.relays)
        listed += population.size();
    for (std::uint16_t w = 0; w < 2; ++w)
        for (const auto& [fpga, settings] : mapping.wafers[w].fpgas)
            for (const Relay& relay : settings.relays) {
                ++configured;
                EXPECT_EQ(relay.hicann.reticle().fpga(), fpga);
                EXPECT_NE(relay.to.wafer, w);
                EXPECT_EQ(mapping.wafers[w].hicanns.at(relay.hicann).gbit_links[relay.merger.value()], GbitLink::to_dnc);
            }
    EXPECT_GT(listed, 0);
    EXPECT_EQ(configured, listed);
}

TEST(Wafers, TheRebuildFollowsRelays)
{
    Scene scene = ring(2, 24, 59);
    Mapping mapping = synthetic::connect_all(scene);
    ASSERT_TRUE(rebuilt_equals(mapping, scene.network));
    for (WaferConfig& wafer : mapping.wafers)
        for (auto& [fpga, settings] : wafer.fpgas)
            if (!settings.relays.empty()) {
                const Relay kept = settings.relays.front();
                settings.relays.front().address = L1Address(kept.address.value() ^ 1);
                EXPECT_FALSE(rebuilt_equals(mapping, scene.network)) << "the spikes of another neuron";
                settings.relays.front() = kept;
                settings.relays.erase(settings.relays.begin());
                EXPECT_FALSE(rebuilt_equals(mapping, scene.network)) << "no spikes at all";
                return;
            }
    FAIL() << "no relay";
}

TEST(Wafers, ManualPlacementWins)
{
    Scene scene = ring(3, 4, 40);
    scene.options.place.push_back({.population = 2, .first = 0, .last = 39, .chips = {{2, Hicann(174)}}, .size = 0});
    const Mapping mapping = synthetic::connect_all(scene);
    EXPECT_EQ(wafers_of(mapping.placement[2]), std::set<std::uint16_t>{2});
    EXPECT_EQ(wafers_of(mapping.placement[0]), std::set<std::uint16_t>{0});
    EXPECT_EQ(lost(mapping), 0);
    EXPECT_TRUE(rebuilt_equals(mapping, scene.network));
}

TEST(Wafers, OneBigPopulationOnTwo)
{
    Scene scene = on_wafers(2);
    const auto e = scene.add_population(1200), s = scene.add_population(30, CellType::SpikeSourcePoisson);
    scene.connect(e, e, 0.02);
    scene.connect(s, e, 0.1);
    const Mapping mapping = synthetic::connect_all(scene);
    EXPECT_EQ(wafers_of(mapping.placement[e]).size(), 2);
    EXPECT_EQ(wafers_of(mapping.placement[s]).size(), 2) << "a source enters both";
    EXPECT_TRUE(rebuilt_equals(mapping, scene.network));
    expect_no_errors(scene, mapping);
}

TEST(Wafers, WhatFitsNowhereIsAnError)
{
    Scene scene = ring(2, 40, 64);
    try {
        synthetic::connect_all(scene);
        FAIL() << "expected an error";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("do not fit on 2 wafers with 32 usable HICANNs"), std::string::npos) << error.what();
    }
}

/// Any network, some broken chips: realised and lost add up on several wafers too, the same at any number of threads.
TEST(Wafers, RandomNetworks)
{
    int mapped = 0;
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
        std::uint32_t n = 0;
        const auto draw = [&](double low, double high) { return low + (high - low) * random_uniform(9, Purpose::test, trial, 0, 0, n++); };
        Scene scene = synthetic::random_scene(draw, trial);
        scene.machine.defects.assign(3, {});
        scene.machine.chips.clear();
        for (std::uint16_t w = 0; w < 3; ++w) {
            scene.machine.defects[w] = derived(random_defects({{"drivers", 0.02}, {"neurons", 0.01 / scene.options.neuron_size}, {"mergers", 0.02}, {"hicanns", 0.02}}, 3 * trial + w));
            for (const Hicann h : all<Hicann>())
                if (scene.machine.defects[w].usable(h) && h.x() >= 16 && h.x() < 19 && h.y() >= 6 && h.y() < 9)
                    scene.machine.chips.push_back({w, h});
        }
        try {
            const Mapping mapping = synthetic::connect_all(scene);
            EXPECT_TRUE(rebuilt_equals(mapping, scene.network)) << "trial " << trial;
            expect_no_errors(scene, mapping);
            ++mapped;
        } catch (const InputError&) {
            continue;       // some do not fit
        }
    }
    EXPECT_GT(mapped, 10);
}
