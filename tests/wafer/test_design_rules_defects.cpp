// Rule G5 for every kind of defect; and how long a full wafer takes to check.
#include <algorithm>
#include <chrono>
#include <map>

#include <gtest/gtest.h>

#include "reference_wafer.hpp"
#include "violations.hpp"

namespace bss {
namespace {

using namespace reference;
using Mode = RepeaterConfig::Mode;

// ---- defects (G5) --------------------------------------------------------------------------------------------------

TEST(DefectsInUse, EveryKindIsFound)
{
    WaferConfig config = wafer();
    config.hicanns[receiver].analog_outputs[1] = AnalogOutput::membrane_top_even;
    config.hicanns[receiver].v_repeaters[128] = {Mode::forwarding, false, true};
    config.hicanns[*receiver.neighbour(Direction::north)];
    ASSERT_EQ(broken(config), Ids{});
    // kind -> a component that the receiver uses, one that it does not
    const int switch_used = SynapseSwitch::at(VLine(128), primary)->value(), crossbar_used = CrossbarSwitch::at(HLine(0), VLine(128))->value();
    const std::map<std::string_view, std::pair<int, int>> components{
        {"hicanns", {receiver.value(), 0}},
        {"fpgas", {receiver.reticle().fpga().value(), (receiver.reticle().fpga().value() + 1) % 48}},
        {"links", {receiver.value(), 0}},
        {"neurons", {257, 2}},
        {"synapses", {28 * 256, 28 * 256 + 1}},
        {"rows", {28, 29}},
        {"arrays", {0, 1}},
        {"drivers", {12, 16}},
        {"synaptic_inputs", {2 * 0 + 0, 2 * 0 + 1}},
        {"analog_outputs", {1, 0}},
        {"background_generators", {7, 0}},
        {"fg_blocks", {3, -1}},
        {"h_buses", {6, 14}},
        {"v_buses", {28, 60}},
        {"h_repeaters", {0, 2}},
        {"v_repeaters", {128, 130}},
        {"crossbar_switches", {crossbar_used, crossbar_used + 1}},
        {"synapse_switches", {switch_used, switch_used + 1}},
        {"switch_rows", {224 + 14, 14}},
        {"mergers", {7, 0}},
        {"dnc_mergers", {7, 0}},
    };
    ASSERT_EQ(components.size(), defect_kinds().size());
    for (const DefectKind& kind : defect_kinds()) {
        SCOPED_TRACE(kind.name);
        const auto [used, unused] = components.at(kind.name);
        Defects defects;
        kind.mark(defects, receiver, used);
        Ids ids = broken(config, defects);
        ids.erase("N2"); // a defective denmem in a neuron breaks both
        EXPECT_EQ(ids, Ids{"G5"});
        if (unused < 0)
            continue;
        Defects harmless;
        kind.mark(harmless, receiver, unused);
        EXPECT_EQ(broken(config, harmless), Ids{});
    }
}

TEST(DefectsInUse, LinkOrFpgaHarmsOnlyWhereAGbitLinkIsOn)
{
    WaferConfig config;
    config.hicanns[sender];
    Defects defects;
    defects.links.set(sender.value());
    defects.fpgas.set(sender.reticle().fpga().value());
    EXPECT_EQ(broken(config, defects), Ids{});
}

TEST(DefectsInUse, MergersCountWhereEventsPass)
{
    // Blocks 0 and 1 on DNC merger 1; block 3's branch is not on the way.
    WaferConfig config;
    HicannConfig& chip = config.hicanns[sender];
    add_sending_neuron(chip, 0, 2);
    add_sending_neuron(chip, 16, 3);
    chip.background[0].enable = true;
    chip.mergers[Merger::at(0, 0).value()].mode = MergerMode::merge;
    chip.mergers[Merger::at(0, 1).value()].mode = MergerMode::right_only;
    chip.mergers[Merger::at(1, 0).value()].mode = MergerMode::merge;
    chip.dnc_mergers[1] = {MergerMode::merge, true, false};
    chip.h_repeaters[DncMerger(1).sending_line().value()] = {Mode::sending, true, false};
    ASSERT_EQ(broken(config), Ids{}) << describe(check(config, {}));
    for (const Merger merger : all<Merger>()) {
        Defects defects;
        defects.on_hicann[sender].mergers.set(merger.value());
        const bool on_the_way = merger == Merger::at(0, 0) || merger == Merger::at(0, 1) || merger == Merger::at(1, 0);
        EXPECT_EQ(broken(config, defects), on_the_way ? Ids{"G5"} : Ids{}) << merger.value();
    }
}

// ---- speed ---------------------------------------------------------------------------------------------------------

/// A full chip that talks to itself: 64 neurons of 8 denmems, 8 nets, each with a chain of five drivers, every synapse of them in use.
void fill(HicannConfig& chip)
{
    for (int neuron = 0; neuron < 64; ++neuron) {
        add_sending_neuron(chip, 2 * neuron, 2 + neuron % 8);
        chip.quads[2 * neuron + 1] = {{true, true}, {true, true}};
        chip.denmems[4 * neuron + 2].enable_fire_input = true;
    }
    for (int d = 0; d < 8; ++d) {
        chip.mergers[Merger::at(0, d).value()].mode = MergerMode::merge;
        chip.background[d].enable = true;
    }
    // Every block on DNC merger 3 would be too many sources for its addresses; 0, 2, 4, 7 hear a block each.
    for (const int d : {0, 2, 4, 7}) {
        chip.dnc_mergers[d] = {MergerMode::merge, true, false};
        chip.h_repeaters[DncMerger(d).sending_line().value()] = {Mode::sending, true, false};
    }
    for (const int block : {1, 3, 5, 6})
        for (int x = 32 * block; x < 32 * block + 32; ++x)
            chip.denmems[x].enable_spl1_output = false;
    const std::map<int, std::array<int, 2>> ways{
        {62, {191, 80}}, {46, {151, 42}}, {30, {143, 204}}, {6, {131, 190}}}; // sending line -> V line, about where the primary lies
    for (const auto& [h, way] : ways) {
        close(chip, h, way[0]);
        int line = way[1];
        while (!SynapseSwitch::at(VLine(way[0]), SynapseDriver(line)) || SynapseDriver(line).side() != VLine(way[0]).side())
            --line;
        feed(chip, way[0], line);
        SynapseDriver d(line);
        listen(chip, d);
        for (int k = 0; k < 10; ++k) {
            chip.drivers[d.value()].enable = true;
            chip.drivers[d.value()].connect_neighbour = k < 9;
            for (int which = 0; which < 2; ++which) {
                chip.drivers[d.value()].rows[which].syn_in_left = true;
                for (int column = 0; column < Column::count; ++column)
                    add_synapse(chip, SynapseRow(d, which), column, 2 + column % 8);
            }
            d = *d.outward();
        }
    }
}

TEST(Speed, HundredAndFiftyFullChips)
{
    WaferConfig config;
    for (int h = 0; h < 150; ++h)
        fill(config.hicanns[Hicann(h)]);
    std::size_t used = 0;
    for (const auto& [hicann, chip] : config.hicanns)
        for (const std::uint8_t decoder : chip.synapses.decoder)
            used += decoder != parked_decoder;
    EXPECT_GT(used, 3000000u);
    Limits limits;
    limits.driver_chain_length = 10;
    const auto start = std::chrono::steady_clock::now();
    const auto violations = check(config, {}, limits);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_TRUE(violations.empty()) << describe(
        {violations.begin(), violations.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(violations.size(), 20))});
    RecordProperty("milliseconds", std::to_string(1e3 * seconds));
    EXPECT_LT(seconds, 5.0) << "1 s is the aim; the rest is room for slow machines and sanitizers";
}

}   // namespace
}   // namespace bss
