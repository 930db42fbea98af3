#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "mapping/addresses.hpp"
#include "mapping/demand.hpp"
#include "mapping/mergers.hpp"
#include "mapping/nets.hpp"
#include "synthetic.hpp"
#include "wafer/fabric.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

/// Places, forms nets and configures a scene.
void build(Scene& scene)
{
    scene.placement = place(scene.network, scene.machine, scene.options);
    scene.nets = form_nets(scene.network, scene.placement, scene.machine, scene.options);
    configure_neurons(scene.configs, scene.network, scene.placement, scene.nets);
}

/// Rules N3, M2-M6 and A1-A3 as the bits make them: what merger_inputs() reads back is what the nets say.
void expect_consistent(const Scene& scene)
{
    std::set<std::pair<Chip, DncMerger>> used;
    for (const SourceNet& net : scene.nets.nets) {
        ASSERT_TRUE(used.insert({net.chip, net.merger}).second);
        const HicannDefects& defects = scene.machine.defects[net.chip.wafer].of(net.chip.hicann);
        ASSERT_FALSE(defects.dnc_mergers.test(net.merger.value()));
        const HicannConfig& chip = scene.configs[net.chip.wafer].hicanns.at(net.chip.hicann);
        const MergerInputs inputs = merger_inputs(chip, net.merger);
        ASSERT_EQ(inputs.background.size(), 1);
        ASSERT_FALSE(defects.background_generators.test(inputs.background[0].value()));
        ASSERT_EQ(chip.background[inputs.background[0].value()].address, L1Address(0));
        ASSERT_EQ(inputs.layer2, net.input);
        ASSERT_EQ(chip.dnc_mergers[net.merger.value()].mode, MergerMode::merge);
        ASSERT_TRUE(chip.dnc_mergers[net.merger.value()].slow);

        std::set<L1Address> from_bits, from_net;
        for (const NeuronBlock block : inputs.blocks)
            for (const Denmem d : all<Denmem>())
                if (d.block() == block && chip.denmems[d.value()].enable_spl1_output) {
                    ASSERT_TRUE(from_bits.insert(chip.denmems[d.value()].address).second);
                    ASSERT_TRUE(chip.denmems[d.value()].activate_firing);
                }
        for (const L1Address a : all<L1Address>())
            if (net.by_address[a.value()].valid()) {
                ASSERT_TRUE(a.usable());
                from_net.insert(a);
            }
        if (net.input) {
            ASSERT_TRUE(from_bits.empty());
            ASSERT_FALSE(from_net.empty());
        } else
            ASSERT_EQ(from_bits, from_net);
    }
    for (std::size_t w = 0; w < scene.configs.size(); ++w)
        for (const auto& [hicann, chip] : scene.configs[w].hicanns)
            for (const DncMerger d : all<DncMerger>())
                if (!used.contains({Chip{static_cast<std::uint16_t>(w), hicann}, d})) {
                    ASSERT_EQ(chip.gbit_links[d.value()], GbitLink::off);
                }
}

/// The membranes that the switches make are the placed neurons.
void expect_membranes(const Scene& scene)
{
    for (std::size_t p = 0; p < scene.network.populations.size(); ++p)
        for (const NeuronSite& site : scene.placement.sites[p])
            ASSERT_EQ(joined_denmems(scene.configs[site.chip.wafer].hicanns.at(site.chip.hicann), site.first), denmems_of(site));
}

int connected(const Scene& scene, std::uint32_t population)
{
    return static_cast<int>(std::count_if(scene.nets.entries[population].begin(), scene.nets.entries[population].end(), [](const auto& entries) { return !entries.empty(); }));
}

std::array<BlockDemand, 8> demands(std::array<int, 8> sources, std::array<int, 8> kinds = {1, 1, 1, 1, 1, 1, 1, 1})
{
    std::array<BlockDemand, 8> blocks;
    for (int b = 0; b < 8; ++b) {
        blocks[b].sources = sources[b];
        blocks[b].kinds = static_cast<std::uint8_t>(kinds[b]);
        blocks[b].population = kinds[b];
    }
    return blocks;
}

}   // namespace

TEST(Mergers, ReachAsTheTreeSays)
{
    const std::array<std::set<int>, 8> expected{{{0, 1, 3}, {1, 3}, {2, 3}, {3}, {3, 4, 5}, {3, 5}, {3, 5, 6}, {3, 5, 6, 7}}};
    for (const NeuronBlock b : all<NeuronBlock>())
        for (const DncMerger d : all<DncMerger>())
            EXPECT_EQ(reaches(b, d), expected[b.value()].contains(d.value()));
}

TEST(Mergers, FewestNets)
{
    const MergerTree tree{HicannDefects{}};
    EXPECT_EQ(choose_mergers(demands({8, 7, 7, 7, 8, 7, 8, 7}), tree, false).cost[3], 1);
    EXPECT_EQ(choose_mergers(demands({15, 14, 15, 15, 15, 14, 15, 15}), tree, false).cost[3], 2);
    EXPECT_EQ(choose_mergers(demands({30, 29, 30, 29, 30, 29, 30, 29}), tree, false).cost[3], 4);
    EXPECT_EQ(choose_mergers(demands({59, 59, 59, 59, 59, 59, 59, 59}), tree, false).cost, (std::array{0, 0, 0, 8, 0, 15}));
    // A population of two kinds is no mixture.
    EXPECT_EQ(choose_mergers(demands({5, 5, 5, 5, 5, 5, 5, 5}, {3, 3, 3, 3, 3, 3, 3, 3}), tree, false).cost[1], 0);
    auto narrow = demands({5, 5, 5, 5, 5, 5, 5, 5}, {3, 3, 3, 3, 3, 3, 3, 3});
    for (BlockDemand& block : narrow)
        block.width = 10;
    EXPECT_EQ(choose_mergers(narrow, tree, false).cost, (std::array{0, 0, 0, 4, 0, 15}));
    // Two kinds on one chip stay apart.
    const auto apart = choose_mergers(demands({8, 8, 8, 8, 8, 8, 8, 0}, {1, 1, 2, 2, 2, 2, 2, 2}), tree, false);
    EXPECT_EQ(apart.cost[1], 0);
    EXPECT_EQ(apart.cost[3], 2);
}

TEST(Mergers, DefectsAreGoneAround)
{
    HicannDefects defects;
    defects.dnc_mergers.set(3);
    const auto choice = choose_mergers(demands({8, 7, 7, 7, 8, 7, 8, 7}), MergerTree(defects), false);
    EXPECT_EQ(choice.cost[0], 7) << "block 3 reaches nothing but DNC merger 3";
    EXPECT_FALSE(choice.merger[3]);
    defects.background_generators.set(0);
    EXPECT_EQ(choose_mergers(demands({8, 0, 0, 0, 0, 0, 0, 0}), MergerTree(defects), false).cost[0], 8) << "no generator to lock the net";
    EXPECT_EQ(choose_mergers(demands({8, 8, 0, 0, 0, 0, 0, 0}), MergerTree(defects), false).cost[0], 0);
}

TEST(Nets, OnePerChipOfEightDenmems)
{
    Scene scene;
    const auto a = scene.add_population(590);
    scene.connect(a, a, 0.05);
    build(scene);
    expect_consistent(scene);
    EXPECT_EQ(scene.nets.nets.size(), 10);
    EXPECT_EQ(connected(scene, a), 590);
}

TEST(Nets, SourcesEnterNextToTheirTargets)
{
    Scene scene;
    const auto s = scene.add_population(100, CellType::SpikeSourcePoisson), a = scene.add_population(40), idle = scene.add_population(5, CellType::SpikeSourceArray);
    scene.network.populations[idle].spike_times.resize(5);
    scene.connect(s, a, 0.05);
    build(scene);
    expect_consistent(scene);
    EXPECT_GE(connected(scene, s), 80);
    EXPECT_EQ(connected(scene, idle), 0);
    for (const SourceNet& net : scene.nets.nets)
        if (net.input) {
            EXPECT_LE(std::abs(net.chip.hicann.x() - 18) + std::abs(net.chip.hicann.y() - 7), 2);
        }
}

TEST(Nets, OnePerPopulation)
{
    Scene scene;
    scene.options.nets = NetForming::one_per_population;
    for (int p = 0; p < 6; ++p)
        scene.add_population(13, p < 2 ? CellType::SpikeSourcePoisson : CellType::IF_cond_exp);
    for (std::uint32_t p = 0; p < 6; ++p)
        scene.connect(p, 5, 0.2);
    build(scene);
    expect_consistent(scene);
    for (const SourceNet& net : scene.nets.nets) {
        std::set<std::uint32_t> populations;
        for (const SourceId& source : net.by_address)
            if (source.valid())
                populations.insert(source.population);
        EXPECT_EQ(populations.size(), 1);
    }
}

/// A single chip full of neurons leaves a merger for the sources.
TEST(Nets, SourcesFindRoomOnASmallMachine)
{
    Scene scene;
    scene.machine.chips = {{0, Hicann(174)}};
    const auto s = scene.add_population(30, CellType::SpikeSourcePoisson), a = scene.add_population(50);
    scene.connect(s, a, 0.05);
    build(scene);
    expect_consistent(scene);
    EXPECT_EQ(connected(scene, a), 50);
    EXPECT_GT(connected(scene, s), 20);
}

/// 10^4 times faster, sources of 100 Hz fill a link with 14 (hardware.md §5.1: 0.8 of 17.8 MHz).
TEST(Nets, RateBudgetOfChips)
{
    Scene scene;
    scene.machine.speedup = 1e4;
    Technology technology = Technology::load("hicann-v4");
    scene.machine.silicon = {std::make_shared<Silicon>(technology, Imperfections{}, 1)};
    const auto s = scene.add_population(100, CellType::SpikeSourcePoisson), a = scene.add_population(20);
    scene.network.populations[s].parameters = {{{100.0}}, {{0.0}}, {{1e9}}};
    scene.connect(s, a, 1.0);
    build(scene);
    std::map<Chip, double> rate;
    for (const SourceNet& net : scene.nets.nets)
        if (net.input)
            for (const SourceId& source : net.by_address)
                if (source.valid())
                    rate[net.chip] += source_rate_hz(scene.network.populations[s], source.neuron, 1e4);
    EXPECT_EQ(connected(scene, s), 100);
    for (const auto& [chip, hz] : rate)
        EXPECT_LE(hz, chip_input_budget_hz);
    EXPECT_GE(rate.size(), 8);
}

/// 24 all-to-all sources use two groups of addresses, 12 each: with one of 15 a target of 8 denmems would need 13 half-rows, a chain of three drivers has 12.
TEST(Addresses, GroupsAreEquallyFull)
{
    Scene scene;
    const auto a = scene.add_population(24);
    scene.connect(a, a, 1.0);
    build(scene);
    std::map<int, int> groups;
    for (const auto& entries : scene.nets.entries[a])
        ++groups[entries.at(0).address.driver_decoder()];
    EXPECT_EQ(groups, (std::map<int, int>{{2, 12}, {3, 12}}));
}

/// Sources that meet at the same neurons get addresses of different groups.
TEST(Addresses, SpreadByTargets)
{
    Scene scene;
    const auto a = scene.add_population(56), b = scene.add_population(14);
    Projection p;
    p.pre = a;
    p.post = b;
    for (std::uint32_t post = 0; post < 14; ++post)
        for (std::uint32_t k = 0; k < 4; ++k) {
            p.pre_neuron.push_back(4 * post + k);
            p.post_neuron.push_back(post);
        }
    scene.network.projections.push_back(p);
    AddressBook book(scene.network, true);
    SourceNet net;
    std::vector<SourceId> sources;
    for (std::uint32_t n = 0; n < 56; ++n)
        sources.push_back({a, n});
    book.assign(net, sources);
    std::map<std::pair<std::uint32_t, int>, int> met;
    for (const L1Address address : all<L1Address>())
        if (const SourceId source = net.by_address[address.value()]; source.valid()) {
            EXPECT_TRUE(address.usable());
            EXPECT_EQ(++(met[{source.neuron / 4, address.driver_decoder()}]), 1);
        }
    EXPECT_EQ(met.size(), 56);
}

TEST(Nets, RandomNetworksOnBrokenWafers)
{
    for (std::uint32_t trial = 0; trial < 40; ++trial) {
        std::uint32_t n = 0;
        const auto draw = [&](double low, double high) { return low + (high - low) * random_uniform(6, Purpose::test, trial, 0, 0, n++); };
        Scene scene;
        constexpr std::array sizes{1, 2, 4, 6, 8, 16, 64};
        scene.options.neuron_size = sizes[static_cast<std::size_t>(draw(0, 7))];
        scene.options.seed = trial;
        std::map<std::string, double> fractions;
        for (const char* kind : {"neurons", "mergers", "dnc_mergers", "background_generators", "h_repeaters", "h_buses"})
            fractions[kind] = draw(0, 0.1);
        fractions["neurons"] /= scene.options.neuron_size;
        fractions["h_repeaters"] /= 20;     // two in a block cost all of it (rule X3)
        scene.machine.defects[0] = derived(random_defects(fractions, trial));
        const int populations = static_cast<int>(draw(1, 7));
        for (int p = 0; p < populations; ++p)
            scene.add_population(static_cast<std::uint32_t>(draw(1, 150)), p > 0 && draw(0, 1) < 0.3 ? CellType::SpikeSourcePoisson : CellType::IF_cond_exp);
        for (int k = 0; k < 6; ++k)
            scene.connect(static_cast<std::uint32_t>(draw(0, populations)), 0, draw(0, 0.5), draw(0, 1) < 0.5 ? Receptor::excitatory : Receptor::inhibitory);
        build(scene);
        expect_consistent(scene);
        expect_membranes(scene);
        // What is placed is connected: blocks without a way to Layer 1 get no neurons.
        for (std::uint32_t p = 0; p < static_cast<std::uint32_t>(populations); ++p)
            if (!is_source(scene.network.populations[p].cell)) {
                EXPECT_EQ(connected(scene, p), static_cast<int>(scene.network.populations[p].size)) << trial;
            }
    }
}
