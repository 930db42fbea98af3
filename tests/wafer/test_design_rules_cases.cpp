// Beyond one breach a rule: the check vectors of mapping.md §2.12, other ways to break a rule, what is allowed, limits that can be raised.
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "reference_wafer.hpp"
#include "violations.hpp"

namespace bss {
namespace {

using namespace reference;
using Mode = RepeaterConfig::Mode;

// ---- check vectors of mapping.md §2.12 -----------------------------------------------------------------------------

TEST(CheckVectors, AddressesOfAMerger)
{
    // Neurons of one denmem on block 0; all 59 usable addresses are legal, one more is not.
    WaferConfig config;
    HicannConfig& chip = config.hicanns[sender];
    drive_net(chip, DncMerger(0), GbitLink::to_dnc);
    int placed = 0;
    const auto place = [&](L1Address address) {
        DenmemConfig& denmem = chip.denmems[placed % 2 * 256 + placed / 2];
        denmem.activate_firing = denmem.enable_spl1_output = true;
        denmem.address = address;
        ++placed;
    };
    for (const L1Address address : all<L1Address>())
        if (address.usable())
            place(address);
    EXPECT_EQ(placed, 59);
    EXPECT_EQ(broken(config), Ids{}) << describe(check(config, {}));
    place(L1Address(49));
    EXPECT_EQ(broken(config), (Ids{"M6", "A3", "N5"}));
}

TEST(CheckVectors, ChainsAtTheEndsOfAQuadrant)
{
    // Top, q = 54..55: lines 108 and 110; 110 does not exist on v4.
    WaferConfig config = wafer();
    config.hicanns[receiver].drivers[110].connect_neighbour = true;
    EXPECT_TRUE(broken(config).contains("G4"));
    // The outermost of the top half, q = 0, has nobody to pass its signal on to.
    config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    for (const int d : {0, 2, 4, 6, 8, 10, 12}) {
        chip.drivers[d].enable = true;
        chip.drivers[d].connect_neighbour = true;
    }
    Limits limits;
    limits.driver_chain_length = 8;
    EXPECT_EQ(broken(config, {}, limits), Ids{"D3"});
    chip.drivers[0].connect_neighbour = false;
    EXPECT_EQ(broken(config, {}, limits), Ids{});
    EXPECT_EQ(broken(config), Ids{"D4"});
}

TEST(CheckVectors, MissingDrivers)
{
    for (const int d : {110, 111, 112, 113}) {
        WaferConfig config = wafer();
        config.hicanns[receiver].drivers[d].locin = true;
        EXPECT_TRUE(broken(config).contains("G4")) << d;
        config = wafer();
        add_synapse(config.hicanns[receiver], SynapseRow(SynapseDriver(d), 1), 0, 2);
        EXPECT_TRUE(broken(config).contains("G4")) << d;
    }
}

TEST(CheckVectors, NeuronOverABlockBorder)
{
    WaferConfig config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    add_neuron(chip, 15); // columns 30 and 31
    chip.quads[16] = {{true, true}, {true, true}};
    EXPECT_EQ(broken(config), Ids{});
    chip.denmems[32].enable_fire_input = true;
    EXPECT_EQ(broken(config), (Ids{"N1", "N4"}));
}

TEST(CheckVectors, TwoCrossbarSwitchesOfALine)
{
    WaferConfig config = wafer();
    close(config.hicanns[receiver], 6, 60);
    EXPECT_EQ(broken(config), Ids{"B4"});
    Limits limits;
    limits.crossbar_limit = 2;
    EXPECT_EQ(broken(config, {}, limits), Ids{});
}

// Geometry that the types hold (rules G1-G3, S1, B3): numbers re-counted by mapping.md §2.
TEST(CheckVectors, Counts)
{
    int east_west = 0, north_south = 0;
    std::map<Reticle, int> chips_of;
    std::set<Fpga> fpgas;
    for (const Hicann h : all<Hicann>()) {
        east_west += h.neighbour(Direction::east).has_value();
        north_south += h.neighbour(Direction::south).has_value();
        ++chips_of[h.reticle()];
        fpgas.insert(h.reticle().fpga());
    }
    EXPECT_EQ(east_west, 368);
    EXPECT_EQ(north_south, 348);
    EXPECT_EQ(chips_of.size(), 48u);
    EXPECT_EQ(fpgas.size(), 48u);
    for (const auto& [reticle, count] : chips_of)
        EXPECT_EQ(count, 8);
    std::map<VLine, int> switches_of, crossings_of;
    for (const SynapseSwitch s : all<SynapseSwitch>())
        ++switches_of[s.v()];
    for (const CrossbarSwitch s : all<CrossbarSwitch>())
        ++crossings_of[s.v()];
    for (const VLine v : all<VLine>()) {
        EXPECT_EQ(switches_of[v], 28);
        EXPECT_EQ(crossings_of[v], 2);
    }
}

// ---- other ways to break a rule, and what is allowed ----------------------------------------------------------------

TEST(Neurons, GrowOverQuadsAwayFromTheFiringDenmem)
{
    WaferConfig config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    for (const int quad : {4, 5, 6})
        chip.quads[quad] = {{true, true}, {true, true}};
    chip.denmems[8].activate_firing = true;          // left end
    chip.denmems[10].enable_fire_input = true;       // 10 listens to 9
    chip.denmems[256 + 12].enable_fire_input = true; // 12 listens to 11, in the other row
    EXPECT_EQ(broken(config), Ids{});
    chip.denmems[8].activate_firing = false;
    chip.denmems[10].activate_firing = true; // the middle quad fires, and the link to the left one still leads towards it
    EXPECT_EQ(broken(config), Ids{"N4"});
    chip.denmems[10].enable_fire_input = false;
    chip.denmems[9].enable_fire_input = true; // 9 listens to 10
    EXPECT_EQ(broken(config), Ids{});
    chip.denmems[10].enable_fire_input = true; // both partners of a border: may damage the chip
    EXPECT_EQ(broken(config), Ids{"N4"});
}

TEST(Neurons, ListenToNothingAtTheOutermostColumns)
{
    for (const int d : {0, 255, 256, 511}) {
        WaferConfig config;
        config.hicanns[sender].denmems[d].enable_fire_input = true;
        EXPECT_EQ(broken(config), Ids{"N4"}) << d;
    }
}

TEST(Neurons, ShapesAndSizes)
{
    for (int quads = 1; quads <= 16; ++quads) {
        WaferConfig config;
        HicannConfig& chip = config.hicanns[sender];
        for (int q = 0; q < quads; ++q) {
            chip.quads[q] = {{true, true}, {true, true}};
            chip.denmems[2 * q].enable_fire_input = q > 0;
        }
        chip.denmems[0].activate_firing = true;
        EXPECT_EQ(broken(config), Ids{}) << quads;
    }
    WaferConfig config;
    HicannConfig& chip = config.hicanns[sender];
    chip.denmems[20].activate_firing = true; // one denmem
    chip.denmems[25].activate_firing = true; // two, in one column
    chip.quads[12].join_column[1] = true;
    EXPECT_EQ(broken(config), Ids{});
    chip.quads[10].join_row[0] = true; // two, in one row
    EXPECT_EQ(broken(config), Ids{"N1"});
}

TEST(Neurons, OutputWithoutComparator)
{
    WaferConfig config = wafer();
    config.hicanns[receiver].denmems[9].enable_spl1_output = true;
    EXPECT_EQ(broken(config), Ids{"N3"});
}

TEST(Mergers, BlockThatReachesNoMerger)
{
    WaferConfig config = wafer();
    add_sending_neuron(config.hicanns[receiver], 16, 2); // block 1
    EXPECT_EQ(broken(config), Ids{"M2"});
}

TEST(Mergers, NeuronsOnAnInputMergerAreAWarning)
{
    WaferConfig config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    add_sending_neuron(chip, 127, 7); // block 7
    chip.mergers[Merger::at(0, 7).value()].mode = MergerMode::merge;
    const auto violations = check(config, {});
    ASSERT_EQ(violations.size(), 1u) << describe(violations);
    EXPECT_EQ(violations[0].rule, "M5");
    EXPECT_EQ(violations[0].severity, Severity::warning);
}

TEST(Mergers, RecordingAloneNeedsNoNet)
{
    WaferConfig config;
    HicannConfig& chip = config.hicanns[sender];
    add_sending_neuron(chip, 0, 2);
    drive_net(chip, DncMerger(0), GbitLink::to_dnc);
    chip.h_repeaters[62] = {};
    EXPECT_EQ(broken(config), Ids{});
    chip.gbit_links[0] = GbitLink::to_hicann;
    EXPECT_EQ(broken(config), (Ids{"M4", "M5"}));
    for (const Violation& v : check(config, {}))
        EXPECT_EQ(v.severity, Severity::warning) << v.what;
}

TEST(Mergers, UnusedOnesAreLeftOnlyAndFast)
{
    WaferConfig config;
    config.hicanns[sender].dnc_mergers[4].mode = MergerMode::merge;
    EXPECT_EQ(broken(config), Ids{"M4"});
    config.hicanns[sender].dnc_mergers[4] = {MergerMode::left_only, true, false};
    EXPECT_EQ(broken(config), Ids{"M4"});
}

TEST(Mergers, LockingGenerators)
{
    WaferConfig config = wafer();
    config.hicanns[sender].background[0].enable = false;
    EXPECT_EQ(broken(config), Ids{"M3"}) << "none";
    config = wafer();
    config.hicanns[sender].background[0].period = 0;
    EXPECT_TRUE(broken(config).contains("M3")) << "an event every clock";
    config = wafer();
    HicannConfig& chip = config.hicanns[sender]; // block 1 joins over DNC merger 1
    chip.h_repeaters[62] = {};
    chip.h_repeaters[54] = {Mode::sending, true, false};
    chip.dnc_mergers[1] = chip.dnc_mergers[0];
    chip.gbit_links = {};
    chip.dnc_mergers[0] = {};
    chip.mergers[Merger::at(1, 0).value()].mode = MergerMode::merge;
    chip.background[1].enable = true;
    Ids ids = broken(config);
    EXPECT_TRUE(ids.contains("M3")) << "two";
    chip.background[1].address = L1Address(5); // a source of its own, such as a Poisson generator
    chip.background[1].random = true;
    EXPECT_FALSE(broken(config).contains("M3"));
    EXPECT_FALSE(broken(config).contains("A2"));
    chip.background[1].address = L1Address(2);
    EXPECT_TRUE(broken(config).contains("A1"));
}

TEST(Buses, LoopsAndDeadEnds)
{
    WaferConfig config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    for (const int h : {6, 7})
        for (const int v : {28, 60})
            close(chip, h, v);
    Limits limits;
    limits.crossbar_limit = 2;
    EXPECT_EQ(broken(config, {}, limits), Ids{"B2"}) << "a ring of two H and two V lines";
    config = wafer();
    config.hicanns[receiver].v_repeaters[60] = {Mode::forwarding, false, true};
    config.hicanns[receiver].h_repeaters[21] = {Mode::forwarding, false, true};
    EXPECT_EQ(broken(config), Ids{"B2"}) << "forwarding without a signal";
    config = wafer();
    config.hicanns[receiver].v_repeaters[128] = {Mode::forwarding, false, true};
    EXPECT_EQ(broken(config), Ids{"B2"}) << "onto a chip without configuration";
}

TEST(Buses, RepeaterModes)
{
    const auto with = [](HLine h, RepeaterConfig repeater) {
        WaferConfig config = wafer();
        config.hicanns[receiver].h_repeaters[h.value()] = repeater;
        return broken(config);
    };
    EXPECT_EQ(with(HLine(20), {Mode::test_output, false, false}), Ids{}) << "alone at its port";
    EXPECT_EQ(with(HLine(22), {Mode::test_output, false, false}), Ids{"B7"}) << "a sending repeater has no test port";
    EXPECT_EQ(with(HLine(20), {Mode::sending, true, false}), Ids{"B7"});
    EXPECT_EQ(with(HLine(20), {Mode::loopback, false, false}), Ids{"B7"});
    EXPECT_EQ(with(HLine(20), {Mode::forwarding, false, false}), Ids{"B7"});
    EXPECT_EQ(with(HLine(20), {Mode::forwarding, true, true}), Ids{"B7"});
    EXPECT_EQ(with(HLine(20), {Mode::idle, true, true}), Ids{}) << "directions of an idle repeater mean nothing";
    WaferConfig config = wafer(); // input and output may share a port
    config.hicanns[receiver].h_repeaters[20].mode = Mode::test_output;
    config.hicanns[receiver].h_repeaters[24].mode = Mode::test_input;
    EXPECT_EQ(broken(config), Ids{});
}

TEST(Buses, NothingComesFromBeyondTheRim)
{
    WaferConfig config;
    HicannConfig& chip = config.hicanns[Hicann(0)];
    chip.h_repeaters[0] = {Mode::forwarding, true, false};
    EXPECT_EQ(broken(config), Ids{"B10"});
    chip.h_repeaters[0] = {};
    chip.v_repeaters[1] = {Mode::forwarding, true, false};
    EXPECT_EQ(broken(config), Ids{"B10"});
    chip.v_repeaters[1] = {};
    drive_net(chip, DncMerger(0), GbitLink::off, true, true);
    EXPECT_EQ(broken(config), Ids{"B10"}) << "a sending repeater at the west rim";
}

TEST(SynapseSwitches, NeedANetAndAPrimary)
{
    WaferConfig config = wafer();
    feed(config.hicanns[receiver], 30, 31);
    listen(config.hicanns[receiver], SynapseDriver(31));
    EXPECT_EQ(broken(config), Ids{"S5"}) << "V line 30 carries no net";
    config = wafer();
    feed(config.hicanns[receiver], 28, 31);
    EXPECT_EQ(broken(config), (Ids{"S3", "S5"})) << "driver 31 does not listen";
    config = wafer();
    config.hicanns[receiver].synapse_switches.reset();
    feed(config.hicanns[receiver], 28, 15);
    EXPECT_EQ(broken(config), (Ids{"S5", "Y3"})) << "primary 14 has no switch";
}

TEST(SynapseSwitches, AdjacentFeedingIsLegal)
{
    WaferConfig config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    chip.synapse_switches.reset();
    feed(chip, 28, input_primary.value());
    feed(chip, 128, 15); // right row 15 leads to the east neighbour
    chip.drivers[14] = chip.drivers[12] = {};
    chip.synapses.decoder[SynapseArrays::at(SynapseRow(primary, 0), Column(0))] = parked_decoder;
    chip.synapses.decoder[SynapseArrays::at(SynapseRow(chained, 1), Column(1))] = parked_decoder;
    EXPECT_EQ(broken(config), Ids{"S5"}) << "the neighbour is not configured";
    const Hicann east = *receiver.neighbour(Direction::east);
    listen(config.hicanns[east], SynapseDriver(15));
    EXPECT_EQ(broken(config), Ids{});
}

TEST(Drivers, TwoPrimariesInAChain)
{
    WaferConfig config = wafer();
    HicannConfig& chip = config.hicanns[receiver];
    chip.drivers[chained.value()].locin = true;
    EXPECT_EQ(broken(config), (Ids{"D3", "S5"}));
    chip.drivers[chained.value()] = wafer().hicanns.at(receiver).drivers[chained.value()];
    chip.drivers[16].connect_neighbour = true; // the driver just inside of the chain shorts itself to it
    EXPECT_EQ(broken(config), Ids{"D3"});
}

TEST(Drivers, BothInputsOfARowAreAWarning)
{
    WaferConfig config = wafer();
    config.hicanns[receiver].drivers[primary.value()].rows[0].syn_in_right = true;
    const auto violations = check(config, {});
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].rule, "D6");
    EXPECT_EQ(violations[0].severity, Severity::warning);
}

TEST(Synapses, GhostsOfEachKind)
{
    const auto with = [](std::function<void(HicannConfig&)> change) {
        WaferConfig config = wafer();
        change(config.hicanns[receiver]);
        return broken(config);
    };
    EXPECT_EQ(with([](HicannConfig& c) { c.drivers[14].rows[0].decoder[0] = 1; }), Ids{"Y6"}) << "hears addresses 16-31";
    EXPECT_EQ(with([](HicannConfig& c) { c.drivers[14].rows[0].decoder[1] = 1; }), Ids{}) << "no synapse in odd columns";
    EXPECT_EQ(with([](HicannConfig& c) { add_synapse(c, SynapseRow(primary, 0), 1, 0); }), Ids{"Y6"}) << "hears the locking events";
    EXPECT_EQ(with([](HicannConfig& c) {
                  add_synapse(c, SynapseRow(input_primary, 1), 0, 9);
                  c.drivers[15].rows[1].syn_in_left = true;
              }),
              Ids{})
        << "an input may use every usable address";
    EXPECT_EQ(with([](HicannConfig& c) {
                  add_synapse(c, SynapseRow(input_primary, 1), 0, 0);
                  c.drivers[15].rows[1].syn_in_left = true;
              }),
              Ids{"Y6"})
        << "except the locking one";
}

TEST(Synapses, OneLineARow)
{
    WaferConfig config = wafer();
    for (int column = 10; column < 20; ++column)
        add_synapse(config.hicanns[receiver], SynapseRow(primary, 0), column, 2);
    const auto violations = check(config, {});
    ASSERT_EQ(violations.size(), 1u) << describe(violations);
    EXPECT_EQ(violations[0].rule, "Y1");
    EXPECT_EQ(violations[0].what, "10 synapses of row 28 (first: column 10) in use on denmems of no neuron");
}

TEST(Synapses, ArraysOfTheWrongSize)
{
    WaferConfig config = wafer();
    config.hicanns[receiver].synapses.decoder.resize(7);
    EXPECT_EQ(broken(config), Ids{"Y2"});
}

TEST(Weights, RealValuesOnlyWhileQuantisationIsOff)
{
    Limits limits;
    limits.real_valued_weights = true;
    WaferConfig config = wafer();
    auto& exact = config.hicanns[receiver].synapses.exact_conductance;
    exact.assign(static_cast<std::size_t>(SynapseRow::count) * Column::count, 1e-9f);
    EXPECT_EQ(broken(config), Ids{"Y7"});
    EXPECT_EQ(broken(config, {}, limits), Ids{});
    for (const float g : {-1e-9f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        exact[3] = g;
        EXPECT_EQ(broken(config, {}, limits), Ids{"Y7"}) << g;
    }
}

TEST(FloatingGateValues, RealOnlyWhileQuantisationIsOff)
{
    Limits limits;
    limits.real_valued_dacs = true;
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double dac : {-1.0, 1024.0, 511.5, infinity}) {
        WaferConfig config = wafer();
        config.hicanns[receiver].fg.at(Denmem(511), NeuronFg::I_pl) = dac;
        EXPECT_EQ(broken(config), Ids{"F1"}) << dac;
        EXPECT_EQ(broken(config, {}, limits), Ids{}) << dac;
    }
    for (const double dac : {0.0, 1023.0}) {
        WaferConfig config = wafer();
        config.hicanns[receiver].fg.at(FgBlock(3), SharedFg::V_reset) = dac;
        EXPECT_EQ(broken(config), Ids{}) << dac;
    }
    WaferConfig config = wafer();
    config.hicanns[receiver].fg.at(FgBlock(3), SharedFg::V_reset) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(broken(config), Ids{"F1"});
    EXPECT_EQ(broken(config, {}, limits), Ids{"F1"});
    config = wafer();
    config.hicanns[receiver].fg.own_v_reset.assign(Denmem::count, 284.5);
    EXPECT_EQ(broken(config, {}, limits), Ids{});
    config.hicanns[receiver].fg.own_v_reset.resize(3);
    EXPECT_EQ(broken(config, {}, limits), Ids{"N6"});
}

TEST(AnalogOutputs, ChannelsAreSharedByAnAdcGroup)
{
    WaferConfig config = wafer();
    config.hicanns[sender].analog_outputs[0] = AnalogOutput::membrane_top_even;
    config.hicanns[receiver].analog_outputs[1] = AnalogOutput::membrane_top_even;
    EXPECT_EQ(broken(config), Ids{}) << "different outputs of one reticle";
    Hicann other;
    for (const Hicann h : all<Hicann>())
        if (h.reticle() != sender.reticle() && h.reticle().adc_group() == sender.reticle().adc_group())
            other = h;
    ASSERT_EQ(other.reticle().adc_group(), sender.reticle().adc_group());
    config.hicanns[other].analog_outputs[0] = AnalogOutput::membrane_top_even;
    EXPECT_EQ(broken(config), Ids{"O2"});
    config = wafer();
    config.hicanns[sender].analog_outputs = {AnalogOutput::membrane_top_even, AnalogOutput::membrane_top_even};
    EXPECT_EQ(broken(config), Ids{"O1"});
}

}   // namespace
}   // namespace bss
