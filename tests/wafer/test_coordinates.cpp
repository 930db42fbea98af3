// Geometry of wafer and chip against the check vectors of hardware.md §13 and mapping.md §2.12, and its own consistency.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "wafer/coordinates.hpp"

namespace bss {
namespace {

std::vector<int> lines(const std::array<VLine, 8>& v)
{
    std::vector<int> values;
    for (const VLine line : v)
        values.push_back(line.value());
    return values;
}

TEST(Index, RefusesWhatIsOutside)
{
    EXPECT_THROW(Hicann(384), std::out_of_range);
    EXPECT_THROW(HLine(-1), std::out_of_range);
    EXPECT_EQ(all<VLine>().size(), 256);
}

TEST(Hicann, CheckVectors)
{
    const Hicann centre = *Hicann::at(18, 7);
    EXPECT_EQ(centre.value(), 174);
    EXPECT_EQ(centre.reticle(), *Reticle::at(4, 3));
    EXPECT_EQ(centre.reticle().value(), 19);
    EXPECT_EQ(centre.reticle().fpga().value(), 5);
    EXPECT_EQ(centre.position_in_reticle(), 6);
    EXPECT_EQ(centre.link(), 5);
    EXPECT_EQ(centre.reticle().adc_group(), 2);
    EXPECT_EQ(centre.reticle().adc_trigger(), 7);
    EXPECT_EQ(centre.reticle().power_channel(), 46);

    const Hicann h297(297);
    EXPECT_EQ(h297.x(), 9);
    EXPECT_EQ(h297.y(), 11);
    EXPECT_EQ(h297.reticle().value(), 34);
    EXPECT_EQ(h297.reticle().x(), 2);
    EXPECT_EQ(h297.reticle().y(), 5);
    EXPECT_EQ(h297.reticle().fpga().value(), 29);
    EXPECT_EQ(h297.position_in_reticle(), 5);
    EXPECT_EQ(h297.link(), 3);

    EXPECT_EQ(*Hicann::at(12, 0), Hicann(0));
    EXPECT_EQ(Hicann(0).reticle().fpga().value(), 12);
    EXPECT_EQ(*Hicann::at(23, 15), Hicann(383));
    EXPECT_EQ(Hicann(383).reticle().value(), 47);
    EXPECT_EQ(Hicann(383).reticle().fpga().value(), 35);
}

TEST(Hicann, OctagonHas384ChipsAnd368And348Borders)
{
    int chips = 0, east = 0, south = 0;
    for (int y = -1; y <= 16; ++y)
        for (int x = -1; x <= 36; ++x)
            if (const auto h = Hicann::at(x, y)) {
                ++chips;
                EXPECT_EQ(h->x(), x);
                EXPECT_EQ(h->y(), y);
                east += h->neighbour(Direction::east).has_value();
                south += h->neighbour(Direction::south).has_value();
            }
    EXPECT_EQ(chips, 384);
    EXPECT_EQ(east, 368);      // mapping.md §2, G3
    EXPECT_EQ(south, 348);
    for (const Hicann h : all<Hicann>())
        for (const Direction d : directions)
            if (const auto n = h.neighbour(d)) {
                EXPECT_EQ(*n->neighbour(opposite(d)), h);
            }
}

TEST(Reticle, TablesArePermutationsAndGroups)
{
    std::set<int> fpgas, powers, links;
    std::map<int, int> group_sizes;
    for (const Reticle r : all<Reticle>()) {
        fpgas.insert(r.fpga().value());
        powers.insert(r.power_channel());
        ++group_sizes[r.adc_group()];
        EXPECT_TRUE(r.adc_trigger() >= 0 && r.adc_trigger() < 12);
    }
    EXPECT_EQ(fpgas.size(), 48u);
    EXPECT_EQ(powers.size(), 48u);
    EXPECT_EQ(*powers.begin(), 1);
    EXPECT_EQ(*powers.rbegin(), 48);
    EXPECT_EQ(group_sizes.size(), 6u);
    for (const Hicann h : all<Hicann>())
        links.insert(8 * h.reticle().value() + h.link());
    EXPECT_EQ(links.size(), 384u);
}

TEST(Denmem, CheckVector)
{
    const Denmem d(Column(33), Half::bottom);
    EXPECT_EQ(d.value(), 289);
    EXPECT_EQ(d.quad().value(), 16);
    EXPECT_EQ(d.block().value(), 1);
    EXPECT_EQ(d.fg_block().value(), 2);
    EXPECT_EQ(d.fg_column(), 34);
    EXPECT_EQ(d.shared_fg_block().value(), 3);
    EXPECT_EQ(Denmem(Column(255), Half::top).fg_column(), 1);       // right blocks are mirrored
    EXPECT_EQ(Denmem(Column(128), Half::top).fg_column(), 128);
}

TEST(SynapseDriver, SidesAndChains)
{
    EXPECT_EQ(SynapseDriver(0).side(), Side::right);
    EXPECT_EQ(SynapseDriver(1).side(), Side::left);
    EXPECT_EQ(SynapseDriver(112).side(), Side::left);
    EXPECT_EQ(SynapseDriver(113).side(), Side::right);
    EXPECT_EQ(SynapseDriver(109).side(), Side::left);               // v4 preout
    EXPECT_EQ(SynapseDriver(114).side(), Side::left);
    std::map<std::pair<int, int>, int> existing;
    for (const SynapseDriver d : all<SynapseDriver>()) {
        if (d.exists())
            ++existing[{static_cast<int>(d.half()), static_cast<int>(d.side())}];
        if (const auto out = d.outward()) {
            EXPECT_EQ(out->side(), d.side());
            EXPECT_EQ(out->half(), d.half());
            EXPECT_EQ(*out->inward(), d);
        }
    }
    for (const auto& [quadrant, n] : existing)
        EXPECT_EQ(n, 55);
    EXPECT_FALSE(SynapseDriver(0).outward());
    EXPECT_FALSE(SynapseDriver(223).outward());
    EXPECT_FALSE(SynapseDriver(111).inward());
}

TEST(L1Address, UsableOnes)
{
    EXPECT_EQ(L1Address(37).driver_decoder(), 2);
    EXPECT_EQ(L1Address(37).synapse_decoder(), 5);
    std::array<int, 4> per_group{};
    for (const L1Address a : all<L1Address>())
        per_group[a.driver_decoder()] += a.usable();
    EXPECT_EQ(per_group, (std::array{14, 15, 15, 15}));             // mapping.md §2.4
    EXPECT_EQ(per_group[0] + per_group[1] + per_group[2] + per_group[3], usable_addresses);
    EXPECT_FALSE(L1Address(49).usable());
}

TEST(Lines, CheckVectors)
{
    EXPECT_EQ(DncMerger(0).sending_line(), HLine(62));
    EXPECT_EQ(DncMerger(7).sending_line(), HLine(6));
    EXPECT_EQ(lines(HLine(62).crossings()), (std::vector{0, 32, 64, 96, 159, 191, 223, 255}));
    EXPECT_EQ(lines(HLine(6).crossings()), (std::vector{28, 60, 92, 124, 131, 163, 195, 227}));
    EXPECT_EQ(VLine(0).crossings(), (std::array{HLine(62), HLine(63)}));
    EXPECT_EQ(HLine(62).neighbour(Direction::east), HLine(0));
    EXPECT_EQ(HLine(62).neighbour(Direction::west), HLine(60));
    EXPECT_EQ(HLine(0).neighbour(Direction::west), HLine(62));
    EXPECT_EQ(VLine(126).neighbour(Direction::north), VLine(0));
    EXPECT_EQ(VLine(254).neighbour(Direction::north), VLine(252));
    EXPECT_EQ(VLine(128).neighbour(Direction::north), VLine(254));
    EXPECT_EQ(VLine(0).neighbour(Direction::south), VLine(126));
    for (const DncMerger d : all<DncMerger>())
        EXPECT_EQ(*d.sending_line().sender(), d);
}

TEST(Lines, NeighboursAreInverseAndKeepTheSide)
{
    for (const HLine h : all<HLine>())
        EXPECT_EQ(h.neighbour(Direction::east).neighbour(Direction::west), h);
    for (const VLine v : all<VLine>()) {
        EXPECT_EQ(v.neighbour(Direction::north).neighbour(Direction::south), v);
        EXPECT_EQ(v.neighbour(Direction::north).side(), v.side());
        // The line beyond the border has its own repeater at its other end (hardware.md §4.3: every second bus is driven from a neighbour).
        EXPECT_EQ(v.neighbour(Direction::north).repeater_half(), v.repeater_half());
    }
}

TEST(Crossbar, EverySwitchOnceBothWays)
{
    int switches = 0;
    for (const HLine h : all<HLine>())
        for (const VLine v : all<VLine>())
            if (const auto s = CrossbarSwitch::at(h, v)) {
                ++switches;
                EXPECT_EQ(s->h(), h);
                EXPECT_EQ(s->v(), v);
                const auto back = v.crossings();
                EXPECT_TRUE(back[0] == h || back[1] == h);
                // Rule B3 as mapping.md states it.
                EXPECT_EQ(v.value() % 32, v.value() < 128 ? 31 - h.value() / 2 : h.value() / 2);
            }
    EXPECT_EQ(switches, 512);
}

TEST(SynapseSwitches, CheckVectors)
{
    const auto rows = [](VLine v, int first, int last) {
        std::vector<int> found;
        for (int y = first; y <= last; ++y)
            if (SynapseSwitch::at(v, SynapseDriver(y)))
                found.push_back(y);
        return found;
    };
    const std::vector<int> top{0, 1, 16, 17, 32, 33, 48, 49, 64, 65, 80, 81, 96, 97};
    const std::vector<int> bottom{126, 127, 142, 143, 158, 159, 174, 175, 190, 191, 206, 207, 222, 223};
    EXPECT_EQ(rows(VLine(0), 0, 111), top);
    EXPECT_EQ(rows(VLine(0), 112, 223), bottom);
    EXPECT_EQ(rows(VLine(191), 0, 111), top);
    EXPECT_EQ(rows(VLine(191), 112, 223), bottom);
    EXPECT_EQ(rows(VLine(255), 0, 111), top);

    const Hicann centre(174);
    EXPECT_EQ(fed_chip(centre, SwitchRow(Side::right, SynapseDriver(0))), centre);
    EXPECT_EQ(fed_chip(centre, SwitchRow(Side::right, SynapseDriver(1))), centre.neighbour(Direction::east));
    EXPECT_EQ(fed_chip(centre, SwitchRow(Side::left, SynapseDriver(0))), centre.neighbour(Direction::west));
    EXPECT_EQ(fed_chip(centre, SwitchRow(Side::left, SynapseDriver(1))), centre);
    EXPECT_FALSE(fed_chip(Hicann(0), SwitchRow(Side::left, SynapseDriver(0))));      // beyond the west rim
}

TEST(SynapseSwitches, CountsAndGroups)
{
    int switches = 0;
    for (const VLine v : all<VLine>()) {
        int local = 0, adjacent = 0, local_on_v4 = 0, adjacent_on_v4 = 0;
        for (const SynapseDriver y : all<SynapseDriver>())
            if (const auto s = SynapseSwitch::at(v, y)) {
                ++switches;
                EXPECT_EQ(s->v(), v);
                EXPECT_EQ(s->line(), y);
                (s->row().local() ? local : adjacent) += 1;
                (s->row().local() ? local_on_v4 : adjacent_on_v4) += y.exists();
                if (s->row().local()) {     // rule D1: q % 8 is g in the top and 7 - g in the bottom quadrant
                    EXPECT_EQ(y.quadrant_index() % 8, y.half() == Half::top ? v.driver_group() : 7 - v.driver_group());
                }
            }
        EXPECT_EQ(local, 14);
        EXPECT_EQ(adjacent, 14);
        EXPECT_EQ(local_on_v4, v.driver_group() == 7 ? 12 : 14);
        EXPECT_EQ(adjacent_on_v4, v.driver_group() == 7 ? 12 : 14);
    }
    EXPECT_EQ(switches, 7168);
    EXPECT_EQ(VLine(28).driver_group(), 7);
    EXPECT_EQ(VLine(131).driver_group(), 7);
}

TEST(Mergers, TreeOfRuleM1)
{
    EXPECT_EQ(Merger::at(3, 0), Merger(14));
    EXPECT_EQ(Merger::at(1, 3).inputs(), (std::array{Merger::at(0, 6), Merger::at(0, 7)}));
    EXPECT_EQ(tree_input(DncMerger(5)), Merger::at(2, 1));
    EXPECT_EQ(tree_input(DncMerger(3)), Merger::at(3, 0));
    for (const Merger m : all<Merger>())
        EXPECT_EQ(Merger::at(m.level(), m.position()), m);
}

TEST(Repeaters, BlocksAndTestPorts)
{
    std::map<int, int> sizes;
    for (const HLine h : all<HLine>())
        ++sizes[repeater_block(h).value()];
    for (const VLine v : all<VLine>())
        ++sizes[repeater_block(v).value()];
    EXPECT_EQ(sizes, (std::map<int, int>{{0, 64}, {1, 64}, {2, 32}, {3, 32}, {4, 64}, {5, 64}}));     // hardware.md §4.3
    EXPECT_EQ(test_port(HLine(0)), 1);
    EXPECT_EQ(test_port(HLine(2)), 0);
    EXPECT_EQ(test_port(VLine(0)), 1);
    EXPECT_EQ(test_port(VLine(255)), 1);
}

}   // namespace
}   // namespace bss
