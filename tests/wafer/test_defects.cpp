// Defects: drawn by kind and wafer, and what follows from them (mapping.md §2.9).
#include <gtest/gtest.h>

#include "wafer/defects.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

TEST(Defects, TwentyOneKindsMarkWhatTheySay)
{
    ASSERT_EQ(defect_kinds().size(), 21u);
    for (const DefectKind& kind : defect_kinds()) {
        Defects marked;
        kind.mark(marked, Hicann(5), kind.count - 1);
        EXPECT_NE(marked, Defects{}) << kind.name;
        EXPECT_EQ(marked.on_hicann.empty(), kind.on_wafer) << kind.name;
    }
}

TEST(Defects, RandomOnesBelongToTheWaferAndHaveTheirRate)
{
    const std::map<std::string, double> fractions{{"neurons", 0.02}, {"synapses", 0.001}, {"hicanns", 0.05}};
    const Defects one = random_defects(fractions, 1);
    EXPECT_EQ(one, random_defects(fractions, 1));
    EXPECT_NE(one, random_defects(fractions, 2));
    double neurons = 0, synapses = 0;
    for (const auto& [hicann, d] : one.on_hicann) {
        neurons += static_cast<double>(d.neurons.count());
        synapses += static_cast<double>(d.synapses.size());
        EXPECT_TRUE(std::is_sorted(d.synapses.begin(), d.synapses.end()));
    }
    EXPECT_NEAR(neurons / (384 * 512), 0.02, 0.002);                // 6 standard errors
    EXPECT_NEAR(synapses / (384 * 448 * 256), 0.001, 3e-5);
    EXPECT_GT(one.hicanns.count(), 5u);
    EXPECT_EQ(random_defects({{"drivers", 1.0}}, 1).of(Hicann(3)).drivers.count(), 224u);
    EXPECT_EQ(random_defects({{"drivers", 0.0}}, 1), Defects{});
    EXPECT_THROW(random_defects({{"drivrs", 0.1}}, 1), InputError);
    EXPECT_THROW(random_defects({{"drivers", 1.1}}, 1), InputError);
}

TEST(Defects, KindsAreIndependent)
{
    const Defects both = random_defects({{"neurons", 0.05}, {"drivers", 0.05}}, 7), alone = random_defects({{"neurons", 0.05}}, 7);
    for (const Hicann h : all<Hicann>())
        EXPECT_EQ(both.of(h).neurons, alone.of(h).neurons);
}

TEST(DerivedDefects, LinkAndFpgaLeaveRoutingOnly)
{
    Defects defects;
    defects.fpgas.set(5);
    const Defects result = derived(defects);
    for (const Hicann h : all<Hicann>()) {
        const bool behind = h.reticle().fpga() == Fpga(5);
        EXPECT_EQ(result.of(h).neurons.all(), behind);
        EXPECT_EQ(result.of(h).dnc_mergers.all(), behind);
        EXPECT_TRUE(result.usable(h));
    }
}

TEST(DerivedDefects, RepeaterCostsTheTwoBusesItJoins)
{
    Defects defects;
    const Hicann chip(174);
    defects.on_hicann[chip].h_repeaters.set(10);                    // even: left rim, joins line 8 of the west neighbour
    const Defects result = derived(defects);
    EXPECT_TRUE(result.of(chip).h_buses.test(10));
    EXPECT_TRUE(result.of(*chip.neighbour(Direction::west)).h_buses.test(8));
    EXPECT_EQ(result.of(chip).h_buses.count(), 1u);
    EXPECT_EQ(result.of(*chip.neighbour(Direction::west)).h_buses.count(), 1u);

    defects.on_hicann[chip].h_repeaters.set(12);                    // a second one in the block (X3)
    EXPECT_EQ(derived(defects).of(chip).h_repeaters.count(), 32u);
}

TEST(DerivedDefects, MissingChipBlocksOnlyLinesWhoseRepeaterSitsOnIt)
{
    Defects defects;
    const Hicann chip(174);
    defects.hicanns.set(chip.value());
    const Defects result = derived(defects);
    EXPECT_EQ(result.of(*chip.neighbour(Direction::west)).h_buses.count(), 32u);
    EXPECT_EQ(result.of(*chip.neighbour(Direction::east)).h_buses.count(), 32u);
    EXPECT_EQ(result.of(*chip.neighbour(Direction::north)).v_buses.count(), 128u);
    EXPECT_EQ(result.of(*chip.neighbour(Direction::south)).v_buses.count(), 128u);
}

TEST(DerivedDefects, FgBlockArrayDriverAndSender)
{
    Defects defects;
    defects.on_hicann[Hicann(1)].fg_blocks.set(2);
    defects.on_hicann[Hicann(20)].arrays.set(1);
    defects.on_hicann[Hicann(20)].drivers.set(3);
    defects.on_hicann[Hicann(30)].h_buses.set(62);
    const Defects result = derived(defects);
    EXPECT_FALSE(result.usable(Hicann(1)));                         // X4
    EXPECT_EQ(result.of(Hicann(20)).drivers.count(), 113u);         // X6
    EXPECT_TRUE(result.of(Hicann(20)).synapse_defective(SynapseRow(6), Column(0)));
    EXPECT_FALSE(result.of(Hicann(20)).synapse_defective(SynapseRow(8), Column(0)));
    EXPECT_TRUE(result.of(Hicann(30)).dnc_mergers.test(0));         // X7
    EXPECT_EQ(result.of(Hicann(30)).dnc_mergers.count(), 1u);
    EXPECT_EQ(derived(result), result);
}

TEST(DerivedDefects, PartialReticlesHaveTheCountsOfRuleX5)
{
    const Defects result = derived({}, true);
    std::size_t chips = 0, h = 0, v = 0, senders = 0;
    for (const auto& [hicann, d] : result.on_hicann) {
        chips += d.h_buses.any() || d.v_buses.any();
        h += d.h_buses.count();
        v += d.v_buses.count();
        senders += d.dnc_mergers.count();
    }
    EXPECT_EQ(chips, 44u);
    EXPECT_EQ(h, 512u);
    EXPECT_EQ(v, 4096u);
    EXPECT_EQ(senders, 64u);
}

}   // namespace
}   // namespace bss
