#include <gtest/gtest.h>

#include <set>

#include "mapping/layer1_graph.hpp"
#include "mapping/routing.hpp"
#include "synthetic.hpp"
#include "wafer/design_rules.hpp"
#include "wafer/fabric.hpp"

namespace bss {
namespace {

using synthetic::Scene;

Routes route(Scene& s) { return route(s.configs, s.network, s.placement, s.nets, s.machine, s.options); }

/// Violations of the rules about buses and switches (B) and broken components (G5).
std::vector<std::string> bus_violations(const Scene& s)
{
    std::vector<std::string> found;
    for (const Violation& v : check(s.configs[0], s.machine.defects[0], {.crossbar_limit = s.options.crossbar_limit, .synapse_switch_limit = s.options.synapse_switch_limit}))
        if (v.rule[0] == 'B' || v.rule == "G5")
            found.push_back(std::string(v.rule) + ": " + v.what);
    return found;
}

/// One population on one chip that projects to another on another chip.
Scene pair(Hicann from, Hicann to)
{
    Scene s;
    const auto a = s.add_population(10), b = s.add_population(10);
    s.place(a, {from}, 10, 8);
    s.place(b, {to}, 10, 8);
    s.add_net(a, 0, 10, from, DncMerger(3));
    s.connect(a, b, 1);
    return s;
}

TEST(Layer1Graph, HasTheEdgesOfTheSheet)
{
    std::bitset<Hicann::count> every;
    every.set();
    const Layer1Graph graph(Defects{}, every);
    std::size_t crossbars = 0, borders = 0;
    for (std::int32_t bus = 0; bus < Bus::count; ++bus)
        for (const BusEdge& edge : graph.edges(bus))
            ++(edge.crossbar >= 0 ? crossbars : borders);
    EXPECT_EQ(crossbars, 2 * 196608u);              // mapping.md §1.6, both directions
    EXPECT_EQ(borders, 2 * (23552u + 89088u));
}

TEST(Layer1Graph, ADefectiveRepeaterRemovesOneEdge)
{
    std::bitset<Hicann::count> every;
    every.set();
    Defects defects;
    const Hicann chip = *Hicann::at(18, 7), east = *Hicann::at(19, 7), west = *Hicann::at(17, 7);
    defects.on_hicann[chip].h_repeaters.set(10);    // even: at the left rim
    const Layer1Graph graph(defects, every);
    const auto joined = [&](Bus a, Bus b) {
        const auto edges = graph.edges(a.index);
        return std::any_of(edges.begin(), edges.end(), [&](const BusEdge& e) { return e.to == b.index; });
    };
    EXPECT_FALSE(joined(Bus(chip, HLine(10)), Bus(west, HLine(8))));
    EXPECT_FALSE(joined(Bus(west, HLine(8)), Bus(chip, HLine(10))));
    EXPECT_TRUE(joined(Bus(chip, HLine(10)), Bus(east, HLine(12))));
}

TEST(Route, ReachesAChipFarAway)
{
    Scene s = pair(*Hicann::at(4, 4), *Hicann::at(30, 10));
    const Routes routes = route(s);
    ASSERT_EQ(routes.arrivals.size(), 1u);
    const Arrival& arrival = routes.arrivals[0];
    EXPECT_EQ(arrival.target.hicann, *Hicann::at(30, 10));
    const auto nets = trace_all(s.configs[0]);
    ASSERT_EQ(nets.size(), 1u);
    EXPECT_FALSE(nets[0].loops);
    EXPECT_EQ(nets[0].hicann, *Hicann::at(4, 4));
    const Segment end{arrival.from, true, static_cast<std::uint16_t>(arrival.v.value())};
    EXPECT_NE(std::find(nets[0].segments.begin(), nets[0].segments.end(), end), nets[0].segments.end());
    EXPECT_TRUE(bus_violations(s).empty());
}

TEST(Route, StaysOnAllowedChips)
{
    Scene s = pair(*Hicann::at(18, 7), *Hicann::at(20, 7));
    s.machine.chips = {{0, *Hicann::at(18, 7)}, {0, *Hicann::at(20, 7)}};
    EXPECT_TRUE(route(s).arrivals.empty());
    s = pair(*Hicann::at(18, 7), *Hicann::at(20, 7));
    s.machine.chips = {{0, *Hicann::at(18, 7)}, {0, *Hicann::at(19, 7)}, {0, *Hicann::at(20, 7)}};
    EXPECT_EQ(route(s).arrivals.size(), 1u);
}

TEST(Route, WithoutBusesOfTheSourceNothingArrives)
{
    Scene s = pair(*Hicann::at(18, 7), *Hicann::at(18, 7));
    s.machine.defects[0].on_hicann[*Hicann::at(18, 7)].h_buses.set();
    EXPECT_TRUE(route(s).arrivals.empty());
}

TEST(Route, MicrocircuitSizedNetworkArrivesEverywhere)
{
    Scene s = synthetic::recurrent(131 * 59, 8, 0.005);
    const Routes routes = route(s);
    EXPECT_GE(routes.arrivals.size(), 131u * 131 - 2);
    EXPECT_TRUE(bus_violations(s).empty());
}

TEST(Route, CrowdedNetsPushEachOtherAside)
{
    // 200 nets to each of 200 chips leave no room: unit growth alone loses 4.8 % of the routes (mapping.md §4.4 A).
    Scene s = synthetic::recurrent(200 * 59, 8, 0.002);
    const Routes routes = route(s);
    EXPECT_GE(static_cast<double>(routes.arrivals.size()), 0.985 * 200 * 200);
    EXPECT_TRUE(bus_violations(s).empty());
    for (const Net& net : trace_all(s.configs[0]))
        EXPECT_FALSE(net.loops);
}

TEST(Route, RandomNetsOnRandomDamageAreCleanTrees)
{
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Scene s = synthetic::random_scene(seed);
        s.options.crossbar_limit = 1 + seed % 2;
        s.options.synapse_switch_limit = 1 + seed % 3 / 2;
        if (seed > 3)
            s.machine.defects[0] = synthetic::random_damage(seed, 0.03);
        const Routes routes = route(s);
        EXPECT_EQ(bus_violations(s), std::vector<std::string>{}) << "seed " << seed;

        std::map<std::pair<Hicann, DncMerger>, std::set<Segment>> reached;
        for (const Net& net : trace_all(s.configs[0])) {
            EXPECT_FALSE(net.loops);
            reached[{net.hicann, net.merger}].insert(net.segments.begin(), net.segments.end());
        }
        std::set<std::pair<Chip, std::uint32_t>> pairs;
        std::map<std::pair<Hicann, VLine>, int> feeds;
        for (const Arrival& a : routes.arrivals) {
            const SourceNet& net = s.nets.nets[a.net];
            EXPECT_TRUE(reached.at({net.chip.hicann, net.merger}).contains({a.from, true, static_cast<std::uint16_t>(a.v.value())}));
            EXPECT_TRUE(pairs.emplace(a.target, a.net).second);
            EXPECT_LE(++feeds[std::pair(a.from, a.v)], s.options.synapse_switch_limit);
            const auto beside = a.from.neighbour(a.v.side() == Side::left ? Direction::west : Direction::east);
            EXPECT_TRUE(a.from == a.target.hicann || beside == a.target.hicann);
        }
    }
}

TEST(Route, SeedBreaksTies)
{
    Scene a = synthetic::recurrent(10 * 59, 8, 0.05), b = synthetic::recurrent(10 * 59, 8, 0.05), c = synthetic::recurrent(10 * 59, 8, 0.05);
    c.options.seed = 2;
    route(a);
    route(b);
    route(c);
    EXPECT_TRUE(a.configs == b.configs);
    EXPECT_FALSE(a.configs == c.configs);
}

}   // namespace
}   // namespace bss
