#include <gtest/gtest.h>

#include "mapping/rebuild.hpp"
#include "pipeline.hpp"
#include "wafer/design_rules.hpp"
#include "wafer/fabric.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

struct Small : ::testing::Test {
    Scene scene;
    Mapping mapping;

    Small()
    {
        const auto s = scene.add_population(20, CellType::SpikeSourcePoisson), a = scene.add_population(70), b = scene.add_population(30);
        scene.connect(s, a, 0.3);
        scene.connect(a, b, 0.2);
        scene.connect(b, a, 0.2, Receptor::inhibitory);
        mapping = synthetic::connect_all(scene);
    }
    bool equal() const { return rebuilt_equals(mapping, scene.network); }
    /// Some realised synapse, and its chip.
    const RealisedSynapse& synapse(std::size_t projection = 1) const
    {
        return *std::find_if(mapping.synapses[projection].begin(), mapping.synapses[projection].end(), [](const RealisedSynapse& s) { return s.realised(); });
    }
    HicannConfig& chip_of(const RealisedSynapse& s) { return mapping.wafers[0].hicanns.at(s.chip.hicann); }
};

}   // namespace

TEST_F(Small, EqualsWhatWasMapped)
{
    EXPECT_TRUE(equal());
    std::size_t realised = 0;
    for (const auto& projection : mapping.synapses)
        realised += static_cast<std::size_t>(std::count_if(projection.begin(), projection.end(), [](const RealisedSynapse& s) { return s.realised(); }));
    EXPECT_GT(realised, 800);
    EXPECT_EQ(rebuild(mapping.wafers, mapping.stimulus).size(), realised);
}

TEST_F(Small, CatchesAnOpenedSynapseSwitch)
{
    for (auto& [hicann, chip] : mapping.wafers[0].hicanns)
        for (std::size_t k = 0; k < chip.synapse_switches.size(); ++k)
            if (chip.synapse_switches.test(k)) {
                chip.synapse_switches.reset(k);
                EXPECT_FALSE(equal());
                return;
            }
    FAIL() << "no switch is closed";
}

TEST_F(Small, CatchesAnOpenedCrossbarSwitch)
{
    for (auto& [hicann, chip] : mapping.wafers[0].hicanns)
        for (std::size_t k = 0; k < chip.crossbar.size(); ++k)
            if (chip.crossbar.test(k)) {
                chip.crossbar.reset(k);
                EXPECT_FALSE(equal());
                return;
            }
    FAIL() << "no switch is closed";
}

TEST_F(Small, CatchesAWrongDecoder)
{
    const RealisedSynapse s = synapse();
    auto& decoder = chip_of(s).synapses.decoder[SynapseArrays::at(SynapseRow(s.row), Column(s.column))];
    decoder = decoder == 2 ? 3 : 2;
    EXPECT_FALSE(equal());
}

TEST_F(Small, CatchesAWrongRowDecoder)
{
    const RealisedSynapse s = synapse();
    auto& decoder = chip_of(s).drivers[SynapseRow(s.row).driver().value()].rows[SynapseRow(s.row).which()].decoder[s.column % 2];
    decoder = static_cast<std::uint8_t>((decoder + 1) % 4);
    EXPECT_FALSE(equal());
}

TEST_F(Small, CatchesTheWrongInput)
{
    const RealisedSynapse s = synapse();
    auto& row = chip_of(s).drivers[SynapseRow(s.row).driver().value()].rows[SynapseRow(s.row).which()];
    std::swap(row.syn_in_left, row.syn_in_right);
    EXPECT_FALSE(equal());
}

TEST_F(Small, CatchesAGhost)
{
    // A parked synapse of a row in use is given the decoder of its neighbour two columns on.
    const RealisedSynapse s = synapse();
    auto& decoders = chip_of(s).synapses.decoder;
    for (int x = s.column % 2; x < Column::count; x += 2)
        if (auto& decoder = decoders[SynapseArrays::at(SynapseRow(s.row), Column(x))]; decoder == parked_decoder) {
            decoder = decoders[SynapseArrays::at(SynapseRow(s.row), Column(s.column))];
            EXPECT_FALSE(equal());
            return;
        }
    FAIL() << "no parked synapse in the row";
}

TEST_F(Small, CatchesTheBackgroundGenerator)
{
    // Decoder 0 in a row of MSB 0 hears the locking events.
    const RealisedSynapse s = synapse();
    HicannConfig& chip = chip_of(s);
    chip.drivers[SynapseRow(s.row).driver().value()].rows[SynapseRow(s.row).which()].decoder = {0, 0};
    for (int x = 0; x < Column::count; ++x)
        chip.synapses.decoder[SynapseArrays::at(SynapseRow(s.row), Column(x))] = 0;
    const auto rebuilt = rebuild(mapping.wafers, mapping.stimulus);
    EXPECT_TRUE(std::any_of(rebuilt.begin(), rebuilt.end(), [](const RebuiltSynapse& r) { return r.address == L1Address(0); }));
    EXPECT_FALSE(equal());
}

TEST_F(Small, CatchesACutMembrane)
{
    const Projection& p = scene.network.projections[1];
    const PlacedNeuron& post = mapping.placement[p.post][0];
    mapping.wafers[0].hicanns.at(post.chip.hicann).quads[Denmem(post.denmem).quad().value()].join_column = {false, false};
    EXPECT_FALSE(equal());
}

TEST_F(Small, CatchesAMergerTurnedAway)
{
    const Projection& p = scene.network.projections[1];
    const PlacedNeuron& pre = mapping.placement[p.pre][0];
    mapping.wafers[0].hicanns.at(pre.chip.hicann).mergers[Denmem(pre.denmem).block().value()].mode = MergerMode::left_only;
    EXPECT_FALSE(equal());
}

TEST_F(Small, CatchesALossThatWasNone)
{
    for (RealisedSynapse& s : mapping.synapses[0])
        if (s.realised()) {
            s.row = 0xffff;
            EXPECT_FALSE(equal());
            return;
        }
}

/// Random networks, sizes and defects: no rule is broken, the bits say what the account says.
TEST(Rebuild, RandomNetworksOnBrokenWafers)
{
    for (std::uint32_t trial = 0; trial < 25; ++trial) {
        std::uint32_t n = 0;
        const auto draw = [&](double low, double high) { return low + (high - low) * random_uniform(8, Purpose::test, trial, 0, 0, n++); };
        Scene scene = synthetic::random_scene(draw, trial);
        std::map<std::string, double> fractions;
        for (const char* kind : {"neurons", "drivers", "synapses", "rows", "h_buses", "v_buses", "crossbar_switches", "synapse_switches", "mergers", "dnc_mergers", "background_generators", "hicanns"})
            fractions[kind] = draw(0, 0.02);
        for (const char* kind : {"h_repeaters", "v_repeaters"})
            fractions[kind] = draw(0, 0.004);
        fractions["neurons"] /= scene.options.neuron_size;
        if (trial > 5)
            scene.machine.defects[0] = derived(random_defects(fractions, trial));
        std::erase_if(scene.machine.chips, [&](Chip chip) { return !scene.machine.defects[0].usable(chip.hicann); });
        const Mapping mapping = synthetic::connect_all(scene);
        EXPECT_TRUE(rebuilt_equals(mapping, scene.network)) << "trial " << trial;
        for (const Violation& violation : check(mapping.wafers[0], scene.machine.defects[0]))
            if (violation.severity == Severity::error) {
                ADD_FAILURE() << "trial " << trial << " " << violation.rule << " HICANN " << violation.where.value() << ": " << violation.what;
                break;
            }
    }
}
