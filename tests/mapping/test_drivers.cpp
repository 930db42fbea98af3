#include <gtest/gtest.h>

#include <numeric>

#include "mapping/driver_groups.hpp"
#include "mapping/half_rows.hpp"
#include "mapping/packing.hpp"
#include "mapping/routing.hpp"
#include "synthetic.hpp"
#include "wafer/design_rules.hpp"
#include "wafer/fabric.hpp"

namespace bss {
namespace {

using synthetic::Scene;

Routes route_and_assign(Scene& s)
{
    Routes routes = route(s.configs, s.network, s.placement, s.nets, s.machine, s.options);
    assign_drivers(s.configs, routes, s.network, s.placement, s.nets, s.machine, s.options);
    return routes;
}

/// Violations of the rules about switches and drivers (B, S, D) and broken components (G5).
std::vector<std::string> violations(const Scene& s)
{
    const Limits limits{.crossbar_limit = s.options.crossbar_limit, .synapse_switch_limit = s.options.synapse_switch_limit, .driver_chain_length = s.options.driver_chain_length};
    std::vector<std::string> found;
    for (const Violation& v : check(s.configs[0], s.machine.defects[0], limits))
        if (v.rule[0] == 'B' || v.rule[0] == 'S' || v.rule[0] == 'D' || v.rule == "G5")
            found.push_back(std::string(v.rule) + ": " + v.what);
    return found;
}

TEST(DriverGroup, SixteenOfFourteenButTwelveInGroupSeven)
{
    std::bitset<SynapseDriver::count> seen;
    for (const DriverGroup group : all<DriverGroup>()) {
        EXPECT_EQ(group.drivers().size(), group.value() % 8 == 7 ? 12u : 14u);
        for (const SynapseDriver y : group.drivers()) {
            EXPECT_FALSE(seen.test(y.value()));
            seen.set(y.value());
        }
    }
    EXPECT_EQ(seen.count(), 220u);
}

TEST(DriverGroup, HoldsWhatASwitchFeeds)
{
    for (const SynapseSwitch s : all<SynapseSwitch>())
        if (s.line().exists()) {
            EXPECT_EQ(DriverGroup(s.line()), DriverGroup::fed_by(s.v(), !s.row().local())) << s.value();
        }
}

TEST(HalfRows, CountWhatTheyServe)
{
    // One neuron of 8 denmems at column 0: two even and two odd columns a row. 5 synapses of one key: even and odd of a row serve 4, another half-row the fifth.
    const std::vector<TargetNeuron> neurons{{0, 0, {{}, Denmem(0), 8}}};
    const RowSlots slots(neurons, Half::top, {});
    const std::size_t stride = RowSlots::padded(1);
    std::vector<std::uint8_t> demand(8 * stride, 0);
    demand[6 * stride] = 5;                                     // inhibitory, MSB 2
    HalfRowAllocator allocator(demand, 8, stride);
    const DriverPlan plan = allocator.add_driver({&slots, &slots});
    EXPECT_EQ(plan.gain, 5u);
    EXPECT_EQ(plan.rows[0].key, (std::array{6, 6}));
    EXPECT_EQ(std::count(plan.rows[1].key.begin(), plan.rows[1].key.end(), 6), 1);
    EXPECT_EQ(std::count(plan.rows[1].key.begin(), plan.rows[1].key.end(), RowPlan::none), 1);
    EXPECT_EQ(allocator.add_driver({&slots, &slots}).gain, 0u);
}

TEST(HalfRows, OneDriverHasOneStpTypeAndOneRowOneSide)
{
    const std::vector<TargetNeuron> neurons{{0, 0, {{}, Denmem(0), 8}}};
    const RowSlots slots(neurons, Half::top, {});
    const std::size_t stride = RowSlots::padded(1);
    std::vector<std::uint8_t> demand(16 * stride, 0);
    demand[0] = 3;
    demand[4 * stride] = 2;                                     // same STP type, other side
    demand[8 * stride] = 6;                                     // other STP type
    HalfRowAllocator allocator(demand, 16, stride);
    EXPECT_EQ(allocator.add_driver({&slots, &slots}).gain, 6u);
    const DriverPlan second = allocator.add_driver({&slots, &slots});
    EXPECT_EQ(second.gain, 5u);
    EXPECT_EQ(second.rows[0].key, (std::array{0, 0}));
    EXPECT_EQ(second.rows[1].key, (std::array{4, RowPlan::none}));
}

TEST(HalfRows, SingleDenmemsAreServedByTheirHalfOnly)
{
    const std::vector<TargetNeuron> neurons{{0, 0, {{}, Denmem(Column(7), Half::bottom), 1}}};
    EXPECT_EQ(RowSlots(neurons, Half::top, {}).of(0, 1)[0], 0);
    EXPECT_EQ(RowSlots(neurons, Half::bottom, {}).of(0, 1)[0], 1);
    EXPECT_EQ(RowSlots(neurons, Half::bottom, {}).of(0, 0)[0], 0);
    HicannDefects defects;
    defects.synaptic_inputs.set(2 * Denmem(Column(7), Half::bottom).value() + 1);
    EXPECT_EQ(RowSlots(neurons, Half::bottom, defects).of(0, 1)[0], 1);
    EXPECT_EQ(RowSlots(neurons, Half::bottom, defects).of(1, 1)[0], 0);
}

TEST(Packing, LengthsAreOptimalForFewChains)
{
    // Three chains whose only primaries are neighbours at q = 3, 4, 6 of the top left quadrant: brute force over all intervals.
    const auto driver = [](int q) { return SynapseDriver(2 * q + 1); };
    std::bitset<SynapseDriver::count> usable;
    for (int q = 0; q < 9; ++q)
        usable.set(driver(q).value(), q != 1);
    const std::array cells{3, 4, 6};
    std::vector<ChainRequest> requests;
    const std::array<std::vector<std::uint32_t>, 3> gains{{{10, 19, 27, 34}, {10, 18}, {7, 13, 18, 22}}};
    for (int k = 0; k < 3; ++k)
        requests.push_back({{driver(cells[k])}, {gains[k], gains[k]}});
    const auto chains = pack_chains(requests, usable);
    std::uint32_t total = 0;
    std::bitset<SynapseDriver::count> used;
    for (int k = 0; k < 3; ++k) {
        ASSERT_FALSE(chains[k].drivers.empty());
        EXPECT_EQ(chains[k].primary, driver(cells[k]));
        total += gains[k][chains[k].drivers.size() - 1];
        for (const SynapseDriver y : chains[k].drivers) {
            EXPECT_TRUE(usable.test(y.value()) && !used.test(y.value()));
            used.set(y.value());
        }
    }
    std::uint32_t best = 0;
    for (int a = 2; a <= 3; ++a)
        for (int b = 4; b <= 5; ++b)
            for (int c = b + 1; c <= 6; ++c)
                for (int d = 6; d <= 8; ++d)
                    if (d - c < 4)
                        best = std::max(best, gains[0][3 - a] + gains[1][b - 4] + gains[2][d - c]);
    EXPECT_EQ(total, best);
}

TEST(Packing, EveryChainGetsAPrimaryIfThatIsPossible)
{
    // 14 chains of one group, each with two primaries in a ring: only a perfect matching seats all of them.
    const auto members = DriverGroup(2).drivers();
    std::vector<ChainRequest> requests;
    for (std::size_t k = 0; k < members.size(); ++k)
        requests.push_back({{members[k], members[(k + 1) % members.size()]}, {std::vector<std::uint32_t>{10, 15}, std::vector<std::uint32_t>{10, 15}}});
    std::bitset<SynapseDriver::count> usable;
    for (const SynapseDriver y : all<SynapseDriver>())
        usable.set(y.value(), y.exists());
    for (const PlacedChain& chain : pack_chains(requests, usable))
        EXPECT_EQ(chain.drivers.size(), 2u);
}

TEST(Drivers, TwelveOneNeuronSourcesOntoSizeFourNeedThree)
{
    // mapping.md §6: 12/(4/2)/2 = 3 drivers on one side.
    Scene s;
    const Hicann chip = *Hicann::at(18, 7);
    const auto sources = s.add_population(12), targets = s.add_population(1);
    s.place(sources, {chip}, 12, 4);
    s.placement.sites[targets].push_back({{0, chip}, Denmem(Column(128), Half::top), 4});
    s.add_net(sources, 0, 12, chip, DncMerger(3));
    s.connect(sources, targets, 1);
    // All sources in one MSB, as the sheet assumes.
    s.nets.nets[0].by_address = {};
    for (std::uint32_t n = 0; n < 12; ++n) {
        s.nets.entries[sources][n][0].address = L1Address(34 + static_cast<int>(n));
        s.nets.nets[0].by_address[34 + n] = {sources, n};
    }
    const Routes routes = route_and_assign(s);
    ASSERT_EQ(routes.arrivals.size(), 1u);
    EXPECT_EQ(routes.arrivals[0].chain.size(), 3u);
    EXPECT_EQ(violations(s), std::vector<std::string>{});
}

TEST(Drivers, RandomNetsOnRandomDamageGetLegalChains)
{
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Scene s = synthetic::random_scene(seed);
        s.options.driver_chain_length = 1 + static_cast<int>(seed % 5);
        s.options.synapse_switch_limit = 1 + seed % 2;
        if (seed > 3)
            s.machine.defects[0] = synthetic::random_damage(seed, 0.03);
        const Routes routes = route_and_assign(s);
        EXPECT_EQ(violations(s), std::vector<std::string>{}) << "seed " << seed;

        // What the bits say is what the arrivals say.
        std::size_t chains = 0;
        for (const Net& net : trace_all(s.configs[0]))
            chains += net.chains.size();
        std::size_t expected = 0;
        for (const Arrival& a : routes.arrivals) {
            if (a.chain.empty())
                continue;
            ++expected;
            EXPECT_LE(static_cast<int>(a.chain.size()), s.options.driver_chain_length);
            const SourceNet& source = s.nets.nets[a.net];
            const Net net = trace(s.configs[0], source.chip.hicann, source.merger);
            const auto reached = std::find_if(net.chains.begin(), net.chains.end(), [&](const ReachedChain& c) { return c.hicann == a.target.hicann && c.drivers.front() == a.primary; });
            ASSERT_NE(reached, net.chains.end());
            std::vector<SynapseDriver> drivers = reached->drivers;
            std::sort(drivers.begin(), drivers.end());
            EXPECT_EQ(drivers, a.chain);
        }
        EXPECT_EQ(chains, expected);
    }
}

TEST(Drivers, AllDisabledGiveNoChain)
{
    Scene s = synthetic::recurrent(2 * 59, 8, 0.1);
    for (const Hicann h : synthetic::compact_region(2))
        s.machine.defects[0].on_hicann[h].drivers.set();
    for (const Arrival& a : route_and_assign(s).arrivals)
        EXPECT_TRUE(a.chain.empty());
}

}   // namespace
}   // namespace bss
