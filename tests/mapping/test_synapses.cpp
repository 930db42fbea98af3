#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "mapping/routing.hpp"
#include "synthetic.hpp"
#include "wafer/fabric.hpp"
#include "wafer/parallel.hpp"

namespace bss {
namespace {

using synthetic::Scene;
using Synapses = std::vector<std::vector<RealisedSynapse>>;

struct Mapped {
    Routes routes;
    Synapses synapses;
};
Mapped map_all(Scene& s)
{
    Mapped m;
    m.routes = route(s.configs, s.network, s.placement, s.nets, s.machine, s.options);
    assign_drivers(s.configs, m.routes, s.network, s.placement, s.nets, s.machine, s.options);
    m.synapses = assign_synapses(s.configs, m.routes, s.network, s.placement, s.nets, s.machine, s.options);
    return m;
}

struct Count {
    std::size_t realised = 0, lost = 0;
    std::array<std::size_t, loss_cause_names.size()> by_cause{};
    double loss() const { return static_cast<double>(lost) / static_cast<double>(realised + lost); }
};
Count count(const Synapses& synapses)
{
    Count c;
    for (const auto& projection : synapses)
        for (const RealisedSynapse& r : projection)
            if (r.realised())
                ++c.realised;
            else {
                ++c.lost;
                ++c.by_cause[static_cast<std::size_t>(r.cause)];
            }
    return c;
}

/// Follows every realised synapse through the bits from its source to its neuron, and looks for bits that realise nothing.
void expect_realised_by_the_bits(const Scene& s, const Synapses& synapses)
{
    std::map<std::pair<Hicann, SynapseDriver>, std::pair<Hicann, DncMerger>> heard;
    for (const Net& net : trace_all(s.configs[0]))
        for (const ReachedChain& chain : net.chains)
            for (const SynapseDriver y : chain.drivers)
                EXPECT_TRUE(heard.emplace(std::pair(chain.hicann, y), std::pair(net.hicann, net.merger)).second);

    std::set<std::tuple<Chip, int, int>> used;
    std::map<std::pair<Hicann, SynapseDriver>, std::set<std::tuple<bool, double, double>>> stp;
    std::size_t realised = 0;
    for (std::size_t p = 0; p < synapses.size(); ++p) {
        const Projection& projection = s.network.projections[p];
        ASSERT_EQ(synapses[p].size(), projection.size());
        for (std::size_t k = 0; k < synapses[p].size(); ++k) {
            const RealisedSynapse& r = synapses[p][k];
            const NeuronSite& site = s.placement.sites[projection.post][projection.post_neuron[k]];
            EXPECT_EQ(r.chip, site.chip);
            if (!r.realised())
                continue;
            ++realised;
            const SynapseRow row(r.row);
            const Column column(r.column);
            EXPECT_TRUE(used.emplace(r.chip, r.row, r.column).second) << "synapse used twice";
            // target: denmems are 32 columns of one block in both rows, or a single one
            const int columns = std::max(1, site.size / 2);
            EXPECT_TRUE(column.value() >= site.first.x() && column.value() < site.first.x() + columns);
            EXPECT_TRUE(site.size > 1 || row.half() == site.first.half());
            const HicannConfig& chip = s.configs[0].hicanns.at(r.chip.hicann);
            const HicannDefects& broken = s.machine.defects[0].of(r.chip.hicann);
            const RowConfig& bits = chip.drivers[row.driver().value()].rows[row.which()];
            const bool excitatory = projection.receptor == Receptor::excitatory;
            EXPECT_EQ(bits.syn_in_left, excitatory);
            EXPECT_EQ(bits.syn_in_right, !excitatory);
            EXPECT_FALSE(broken.synapse_defective(row, column));
            EXPECT_FALSE(broken.synaptic_inputs.test(2 * row.denmem(column).value() + !excitatory));
            // source: the net that this driver hears carries it under the address that the decoders wait for
            const auto [from, merger] = heard.at({r.chip.hicann, row.driver()});
            const L1Address address(16 * bits.decoder[column.odd()] + chip.synapses.decoder[SynapseArrays::at(row, column)]);
            const auto net = std::find_if(s.nets.nets.begin(), s.nets.nets.end(), [&](const SourceNet& n) { return n.chip.hicann == from && n.merger == merger; });
            EXPECT_EQ(net->by_address[address.value()], (SourceId{projection.pre, projection.pre_neuron[k]}));
            const ShortTermPlasticity plain{0, 0, 0};
            const ShortTermPlasticity& type = projection.stp.value_or(plain);
            stp[{r.chip.hicann, row.driver()}].insert({projection.stp.has_value(), type.U, type.tau_rec_ms});
        }
    }
    for (const auto& [driver, types] : stp)
        EXPECT_EQ(types.size(), 1u) << "driver " << driver.second.value() << " has several STP types";
    std::size_t waiting = 0;
    for (const auto& [hicann, chip] : s.configs[0].hicanns)
        for (const std::uint8_t decoder : chip.synapses.decoder)
            waiting += decoder != parked_decoder;
    EXPECT_EQ(waiting, realised);
}

TEST(Synapses, RandomNetsOnRandomDamageAreRealisedByTheBits)
{
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Scene s = synthetic::random_scene(seed);
        if (seed > 3)
            s.machine.defects[0] = synthetic::random_damage(seed, 0.02);
        const Mapped m = map_all(s);
        expect_realised_by_the_bits(s, m.synapses);
        EXPECT_FALSE(HasFailure()) << "seed " << seed;
        EXPECT_GT(count(m.synapses).realised, 0u);
    }
}

TEST(Synapses, OneAndTwoThreadsGiveTheSame)
{
    const int before = threads();
    Scene a = synthetic::recurrent(20 * 59, 8, 0.2, 0.2), b = synthetic::recurrent(20 * 59, 8, 0.2, 0.2);
    set_threads(1);
    const Mapped one = map_all(a);
    set_threads(2);
    const Mapped two = map_all(b);
    set_threads(before);
    EXPECT_TRUE(a.configs == b.configs);
    for (std::size_t p = 0; p < one.synapses.size(); ++p)
        for (std::size_t k = 0; k < one.synapses[p].size(); ++k)
            ASSERT_TRUE(one.synapses[p][k].row == two.synapses[p][k].row && one.synapses[p][k].column == two.synapses[p][k].column && one.synapses[p][k].cause == two.synapses[p][k].cause);
}

TEST(Synapses, SourceWithoutNetIsLostWithThatCause)
{
    Scene s = synthetic::recurrent(2 * 59, 8, 0.1);
    for (std::uint32_t n = 59; n < 118; ++n)
        s.nets.entries[0][n].clear();
    const Mapped m = map_all(s);
    std::size_t without = 0;
    for (const std::uint32_t pre : s.network.projections[0].pre_neuron)
        without += pre >= 59;
    EXPECT_EQ(count(m.synapses).by_cause[static_cast<std::size_t>(LossCause::source_entry)], without);
    EXPECT_EQ(count(m.synapses).lost, without);
}

TEST(Synapses, WithoutBusesOfTheSourceExactlyItsSynapsesAreLost)
{
    Scene s = synthetic::recurrent(3 * 59, 8, 0.1);
    s.machine.defects[0].on_hicann[synthetic::compact_region(3)[1]].h_buses.set();
    const Mapped m = map_all(s);
    std::size_t from_there = 0;
    for (const std::uint32_t pre : s.network.projections[0].pre_neuron)
        from_there += pre >= 59 && pre < 118;
    EXPECT_EQ(count(m.synapses).by_cause[static_cast<std::size_t>(LossCause::l1_routing)], from_there);
    EXPECT_EQ(count(m.synapses).lost, from_there);
}

TEST(Synapses, WithoutDriversEverythingIsLost)
{
    Scene s = synthetic::recurrent(2 * 59, 8, 0.1);
    for (const Hicann h : synthetic::compact_region(2))
        s.machine.defects[0].on_hicann[h].drivers.set();
    const Count c = count(map_all(s).synapses);
    EXPECT_EQ(c.realised, 0u);
    EXPECT_EQ(c.by_cause[static_cast<std::size_t>(LossCause::defects)], c.lost);
}

TEST(Synapses, DefectiveSynapsesAreNamedAsTheCause)
{
    // One neuron, one source, and a chain that would fit: all hardware synapses of the neuron are broken.
    Scene s;
    const Hicann chip = *Hicann::at(18, 7);
    const auto source = s.add_population(1), target = s.add_population(1);
    s.place(source, {chip}, 1, 4);
    s.placement.sites[target].push_back({{0, chip}, Denmem(Column(10), Half::top), 4});
    s.add_net(source, 0, 1, chip, DncMerger(0));
    s.connect(source, target, 1);
    auto& broken = s.machine.defects[0].on_hicann[chip].synapses;
    for (std::uint32_t row = 0; row < 448; ++row)
        for (const std::uint32_t column : {10u, 11u})
            broken.push_back(256 * row + column);
    const Count c = count(map_all(s).synapses);
    EXPECT_EQ(c.lost, 1u);
    EXPECT_EQ(c.by_cause[static_cast<std::size_t>(LossCause::defects)], 1u);
}

TEST(Synapses, ChainLimitIsNamedAsTheCause)
{
    Scene s = synthetic::recurrent(59, 4, 1);
    s.options.driver_chain_length = 3;
    const Count c = count(map_all(s).synapses);
    EXPECT_EQ(c.realised, 59u * 12);            // 3 drivers of 4 slots for a neuron of 4 denmems
    EXPECT_EQ(c.by_cause[static_cast<std::size_t>(LossCause::chain_length)], c.lost);
}

TEST(Synapses, EveryOneIsAsLikelyToBeLost)
{
    // 59 sources, 12 slots: nobody is always preferred.
    Scene s = synthetic::recurrent(59, 4, 1);
    const Mapped m = map_all(s);
    std::array<int, 59> of_source{};
    for (std::size_t k = 0; k < m.synapses[0].size(); ++k)
        of_source[s.network.projections[0].pre_neuron[k]] += m.synapses[0][k].realised();
    EXPECT_LT(*std::max_element(of_source.begin(), of_source.end()), 59);
}

TEST(Synapses, HeavyOnesShareRows)
{
    // Two weights, half and half, of sources in one MSB: rows hold one or the other, but for the one in which they meet.
    Scene s;
    const Hicann chip = *Hicann::at(18, 7);
    const auto sources = s.add_population(12), targets = s.add_population(20);
    s.place(sources, {chip}, 12, 4);
    s.place(targets, {chip}, 20, 8);
    s.add_net(sources, 0, 12, chip, DncMerger(3));
    s.nets.nets[0].by_address = {};
    for (std::uint32_t n = 0; n < 12; ++n) {
        s.nets.entries[sources][n][0].address = L1Address(18 + static_cast<int>(n));
        s.nets.nets[0].by_address[18 + n] = {sources, n};
    }
    s.connect(sources, targets, 1);
    Projection& projection = s.network.projections[0];
    projection.weight.values.clear();
    for (const std::uint32_t pre : projection.pre_neuron)
        projection.weight.values.push_back(pre % 2 == 0 ? 0.01 : 0.001);
    const Mapped m = map_all(s);
    EXPECT_EQ(count(m.synapses).lost, 0u);
    std::map<int, std::set<double>> weights;
    for (std::size_t k = 0; k < projection.size(); ++k)
        weights[m.synapses[0][k].row].insert(projection.weight[k]);
    int mixed = 0;
    for (const auto& [row, values] : weights)
        mixed += values.size() > 1;
    EXPECT_LE(mixed, 1);
}

TEST(Synapses, LossOfLargeNetworks)
{
    Scene microcircuit = synthetic::recurrent(131 * 59, 8, 0.05, 0.2);
    const Count large = count(map_all(microcircuit).synapses);
    EXPECT_LT(large.loss(), 0.03);
    RecordProperty("microcircuit_loss", std::to_string(large.loss()));
    Scene random = synthetic::recurrent(36 * 59, 8, 0.1, 0.2);
    const Count small = count(map_all(random).synapses);
    EXPECT_LT(small.loss(), 0.002);
}

}   // namespace
}   // namespace bss
