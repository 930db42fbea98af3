#include "wafer/fabric.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "wafer/random.hpp"

namespace bss {
namespace {

using Mode = RepeaterConfig::Mode;

const Hicann home = *Hicann::at(18, 7);

Segment h_segment(Hicann hicann, int line) { return {hicann, false, static_cast<std::uint16_t>(line)}; }
Segment v_segment(Hicann hicann, int line) { return {hicann, true, static_cast<std::uint16_t>(line)}; }

void send(WaferConfig& config, Hicann hicann, DncMerger merger, bool onto_chip, bool off_chip)
{
    config.hicanns[hicann].h_repeaters[merger.sending_line().value()] = {Mode::sending, onto_chip, off_chip};
}
void close(WaferConfig& config, Hicann hicann, HLine h, VLine v) { config.hicanns[hicann].crossbar.set(CrossbarSwitch::at(h, v).value().value()); }
void feed(WaferConfig& config, Hicann hicann, int v, int line)
{
    config.hicanns[hicann].synapse_switches.set(SynapseSwitch::at(VLine(v), SynapseDriver(line)).value().value());
}

/// A net that ends on `target`: sent from up to three chips further west (or east), since sending lines lie 8 apart and a hop changes the line by 2.
void drive(WaferConfig& config, const Segment& target, Direction from = Direction::west)
{
    if (target.vertical) {
        const HLine h = VLine(target.line).crossings()[0];
        close(config, target.hicann, h, VLine(target.line));
        return drive(config, h_segment(target.hicann, h.value()), from);
    }
    const HLine h(target.line);
    if (h.value() % 2 == 1) {
        const HLine even(h.value() - 1);
        const VLine v = h.crossings()[0];
        close(config, target.hicann, h, v);
        close(config, target.hicann, even, v);
        return drive(config, h_segment(target.hicann, even.value()), from);
    }
    if (h.sender())
        return send(config, target.hicann, *h.sender(), true, false);
    const Hicann there = *target.hicann.neighbour(from);
    const HLine before = h.neighbour(from);
    config.hicanns[target.hicann];
    if (from == Direction::west)
        config.hicanns[target.hicann].h_repeaters[h.value()] = {Mode::forwarding, true, false};
    else if (before.sender())
        return send(config, there, *before.sender(), false, true);
    else
        config.hicanns[there].h_repeaters[before.value()] = {Mode::forwarding, false, true};
    drive(config, h_segment(there, before.value()), from);
}

bool reaches(const WaferConfig& config, const Segment& segment)
{
    for (const Net& net : trace_all(config))
        if (std::find(net.segments.begin(), net.segments.end(), segment) != net.segments.end())
            return true;
    return false;
}

TEST(Trace, UnusedSendingRepeaterDrivesNothing)
{
    WaferConfig config;
    EXPECT_TRUE(trace(config, home, DncMerger(0)).segments.empty());
    config.hicanns[home];
    EXPECT_TRUE(trace(config, home, DncMerger(0)).segments.empty());
    send(config, home, DncMerger(0), false, false);
    EXPECT_TRUE(trace(config, home, DncMerger(0)).segments.empty());
    EXPECT_TRUE(trace_all(config).empty());
    config.hicanns[home].h_repeaters[62] = {Mode::forwarding, true, false};
    EXPECT_TRUE(trace_all(config).empty());
}

// mapping.md §2.12: DNC merger 0 / 7 -> H line 62 / 6.
TEST(Trace, MergersStartOnTheirSendingLine)
{
    WaferConfig config;
    for (const DncMerger merger : all<DncMerger>()) {
        send(config, home, merger, true, false);
        const Net net = trace(config, home, merger);
        ASSERT_EQ(net.segments.size(), 1u);
        EXPECT_EQ(net.segments[0], h_segment(home, 62 - 8 * merger.value()));
    }
    const auto nets = trace_all(config);
    ASSERT_EQ(nets.size(), 8u);
    for (int d = 0; d < 8; ++d)
        EXPECT_EQ(nets[d].merger, DncMerger(d));
}

// Rule B8: this chip's line and line h - 2 of the west neighbour.
TEST(Trace, SendingRepeaterDrivesTheWestNeighbourToo)
{
    WaferConfig config;
    const Hicann west = *home.neighbour(Direction::west);
    send(config, home, DncMerger(0), true, true);
    EXPECT_EQ(trace(config, home, DncMerger(0)).segments, (std::vector{h_segment(home, 62)})) << "the neighbour is not configured";
    config.hicanns[west];
    EXPECT_EQ(trace(config, home, DncMerger(0)).segments, (std::vector{h_segment(home, 62), h_segment(west, 60)}));
    send(config, home, DncMerger(0), false, true);
    EXPECT_EQ(trace(config, home, DncMerger(0)).segments, (std::vector{h_segment(west, 60)}));
}

TEST(Trace, NothingLiesBeyondTheRim)
{
    WaferConfig config;
    const Hicann rim(0);
    send(config, rim, DncMerger(0), false, true);
    EXPECT_TRUE(trace(config, rim, DncMerger(0)).segments.empty());
}

// Rules B5, B6; the listed numbers are those of mapping.md §2.12 and hardware.md §13.
TEST(Trace, CrossesABorderOnlyThroughTheRepeaterThere)
{
    int crossings = 0;
    for (const Direction direction : directions) {
        const bool vertical = direction == Direction::north || direction == Direction::south;
        for (int line = 0; line < (vertical ? VLine::count : HLine::count); ++line) {
            SCOPED_TRACE(std::to_string(line) + " direction " + std::to_string(static_cast<int>(direction)));
            WaferConfig config;
            const Hicann beyond = *home.neighbour(direction);
            config.hicanns[beyond];
            const Segment start{home, vertical, static_cast<std::uint16_t>(line)};
            drive(config, start, direction == Direction::west ? Direction::east : Direction::west);
            ASSERT_TRUE(reaches(config, start));
            ++crossings;

            const int far_line = vertical ? VLine(line).neighbour(direction).value() : HLine(line).neighbour(direction).value();
            const bool own = vertical ? (VLine(line).repeater_half() == Half::top) == (direction == Direction::north)
                                      : (HLine(line).repeater_side() == Side::left) == (direction == Direction::west);
            HicannConfig& chip = config.hicanns[own ? home : beyond];
            RepeaterConfig& repeater = vertical ? chip.v_repeaters[own ? line : far_line] : chip.h_repeaters[own ? line : far_line];
            if (repeater.mode == Mode::sending)
                continue;
            ASSERT_EQ(repeater.mode, Mode::idle);
            const Segment end{beyond, vertical, static_cast<std::uint16_t>(far_line)};
            EXPECT_FALSE(reaches(config, end));
            repeater = {Mode::forwarding, !own, own};
            EXPECT_TRUE(reaches(config, end));
            repeater = {Mode::forwarding, own, !own};
            EXPECT_FALSE(reaches(config, end)) << "wrong direction";
            repeater = {Mode::idle, true, true};
            EXPECT_FALSE(reaches(config, end)) << "idle";
        }
    }
    EXPECT_EQ(crossings, 2 * HLine::count + 2 * VLine::count);
}

TEST(Trace, LineNumbersWrapAround)
{
    struct Case {
        bool vertical;
        int line;
        Direction direction;
        int beyond;
        bool own;
    };
    for (const Case& c :
         {Case{true, 128, Direction::north, 254, true}, Case{true, 0, Direction::south, 126, true}, Case{false, 0, Direction::west, 62, true},
          Case{true, 126, Direction::north, 0, false}, Case{true, 254, Direction::north, 252, true}, Case{true, 1, Direction::south, 127, false}}) {
        SCOPED_TRACE(c.line);
        WaferConfig config;
        const Hicann beyond = *home.neighbour(c.direction);
        drive(config, {home, c.vertical, static_cast<std::uint16_t>(c.line)}, Direction::east);
        config.hicanns[beyond];
        HicannConfig& chip = config.hicanns[c.own ? home : beyond];
        (c.vertical ? chip.v_repeaters[c.own ? c.line : c.beyond] : chip.h_repeaters[c.own ? c.line : c.beyond]) = {Mode::forwarding, !c.own, c.own};
        EXPECT_TRUE(reaches(config, {beyond, c.vertical, static_cast<std::uint16_t>(c.beyond)}));
    }
}

TEST(Trace, SpreadsOverTheCrossbarBothWays)
{
    WaferConfig config;
    send(config, home, DncMerger(0), true, false);
    close(config, home, HLine(62), VLine(0));
    close(config, home, HLine(63), VLine(0));
    const Net net = trace(config, home, DncMerger(0));
    EXPECT_EQ(net.segments, (std::vector{h_segment(home, 62), v_segment(home, 0), h_segment(home, 63)}));
    EXPECT_FALSE(net.loops);
    close(config, home, HLine(62), VLine(32));
    EXPECT_FALSE(trace(config, home, DncMerger(0)).loops);
    close(config, home, HLine(63), VLine(32));
    EXPECT_TRUE(trace(config, home, DncMerger(0)).loops);
}

// The pair H 62 -> V 191 -> driver 0 appears in cake's figures (hardware.md §13); row 1 on the right feeds driver 1 of the east neighbour.
TEST(Trace, FeedsLocalAndNeighbouringDrivers)
{
    WaferConfig config;
    const Hicann east = *home.neighbour(Direction::east);
    send(config, home, DncMerger(0), true, false);
    close(config, home, HLine(62), VLine(191));
    feed(config, home, 191, 0);
    feed(config, home, 191, 1);
    EXPECT_TRUE(trace(config, home, DncMerger(0)).chains.empty()) << "no driver listens";
    config.hicanns[home].drivers[0].locin = true;
    config.hicanns[home].drivers[1].locin = true;
    config.hicanns[east].drivers[0].locin = true;
    config.hicanns[east].drivers[1].locin = true;
    const Net net = trace(config, home, DncMerger(0));
    ASSERT_EQ(net.chains.size(), 2u);
    EXPECT_EQ(net.chains[0].hicann, home);
    EXPECT_EQ(net.chains[0].drivers, std::vector{SynapseDriver(0)});
    EXPECT_EQ(net.chains[0].hops, 0);
    EXPECT_EQ(net.chains[1].hicann, east);
    EXPECT_EQ(net.chains[1].drivers, std::vector{SynapseDriver(1)});
    EXPECT_EQ(net.chains[1].from, v_segment(home, 191));
    EXPECT_EQ(net.chains[1].hops, 1);
}

// mapping.md §2.12: v = 0 (left), row 0 -> west neighbour's driver 0, row 1 -> local driver 1.
TEST(Trace, LeftLineFeedsTheWestNeighbour)
{
    WaferConfig config;
    const Hicann west = *home.neighbour(Direction::west);
    send(config, home, DncMerger(0), true, false);
    close(config, home, HLine(62), VLine(0));
    feed(config, home, 0, 0);
    feed(config, home, 0, 1);
    config.hicanns[west].drivers[0].locin = true;
    config.hicanns[home].drivers[1].locin = true;
    const Net net = trace(config, home, DncMerger(0));
    ASSERT_EQ(net.chains.size(), 2u);
    EXPECT_EQ(net.chains[0].hicann, west);
    EXPECT_EQ(net.chains[0].drivers, std::vector{SynapseDriver(0)});
    EXPECT_EQ(net.chains[1].hicann, home);
    EXPECT_EQ(net.chains[1].drivers, std::vector{SynapseDriver(1)});
}

TEST(Trace, CountsBordersOnTheWay)
{
    WaferConfig config;
    const Segment target = v_segment(home, 28); // crosses H 6, a sending line; go three chips south from there
    drive(config, target);
    Hicann here = home;
    VLine v(28);
    for (int hop = 1; hop <= 3; ++hop) {
        const Hicann south = *here.neighbour(Direction::south);
        const VLine beyond = v.neighbour(Direction::south);
        config.hicanns[south];
        config.hicanns[v.repeater_half() == Half::bottom ? here : south].v_repeaters[v.repeater_half() == Half::bottom ? v.value() : beyond.value()] = {
            Mode::forwarding, v.repeater_half() != Half::bottom, v.repeater_half() == Half::bottom};
        here = south;
        v = beyond;
    }
    ASSERT_TRUE(reaches(config, v_segment(here, v.value())));
    for (const SynapseDriver d : all<SynapseDriver>())
        if (d.exists() && d.side() == v.side() && SynapseSwitch::at(v, d)) {
            feed(config, here, v.value(), d.value());
            config.hicanns[here].drivers[d.value()].locin = true;
            break;
        }
    const Net net = trace(config, home, DncMerger(7));
    ASSERT_EQ(net.chains.size(), 1u);
    EXPECT_EQ(net.chains[0].hicann, here);
    EXPECT_EQ(net.chains[0].hops, 3);
}

// Rule D1 and mapping.md §2.12: v = 28 (left) and v = 131 (right) reach 12 local and 12 neighbouring drivers on v4, others 14 and 14.
TEST(Trace, ReachesTheDriversOfItsGroup)
{
    for (const VLine v : all<VLine>()) {
        WaferConfig config;
        config.hicanns[home];
        const Direction outside = v.side() == Side::left ? Direction::west : Direction::east;
        drive(config, v_segment(home, v.value()));
        for (const Hicann hicann : {home, *home.neighbour(outside)})
            for (DriverConfig& driver : config.hicanns[hicann].drivers)
                driver.locin = true;
        for (const SynapseDriver d : all<SynapseDriver>())
            if (SynapseSwitch::at(v, d))
                feed(config, home, v.value(), d.value());
        std::map<Hicann, int> reached;
        for (const Net& net : trace_all(config))
            for (const ReachedChain& chain : net.chains)
                ++reached[chain.hicann];
        const int expected = v.driver_group() == 7 ? 12 : 14;
        EXPECT_EQ(reached[home], expected) << v.value();
        EXPECT_EQ(reached[*home.neighbour(outside)], expected) << v.value();
    }
}

TEST(ChainOf, FollowsTheConnectBitsBothWays)
{
    HicannConfig chip;
    EXPECT_EQ(chain_of(chip, SynapseDriver(20)), std::vector{SynapseDriver(20)});
    chip.drivers[20].connect_neighbour = true; // 20 - 18 in the top half
    chip.drivers[22].connect_neighbour = true; // 22 - 20
    EXPECT_EQ(chain_of(chip, SynapseDriver(20)), (std::vector{SynapseDriver(20), SynapseDriver(18), SynapseDriver(22)}));
    EXPECT_EQ(chain_of(chip, SynapseDriver(18)), (std::vector{SynapseDriver(18), SynapseDriver(20), SynapseDriver(22)}));
    chip.drivers[120].connect_neighbour = true; // 120 - 122 in the bottom half
    EXPECT_EQ(chain_of(chip, SynapseDriver(122)), (std::vector{SynapseDriver(122), SynapseDriver(120)}));
    EXPECT_EQ(chain_of(chip, SynapseDriver(121)), std::vector{SynapseDriver(121)});
}

TEST(ChainOf, EndsAtTheHalvesAndAtMissingDrivers)
{
    HicannConfig chip;
    for (DriverConfig& driver : chip.drivers)
        driver.connect_neighbour = true;
    EXPECT_EQ(chain_of(chip, SynapseDriver(108)).size(), 55u);
    EXPECT_EQ(chain_of(chip, SynapseDriver(1)).size(), 55u);
    EXPECT_EQ(chain_of(chip, SynapseDriver(114)).size(), 55u);
    EXPECT_EQ(chain_of(chip, SynapseDriver(223)).size(), 55u);
}

// hardware.md §4.4: neuron blocks that each DNC merger can hear.
TEST(MergerInputs, OfTheWholeTree)
{
    HicannConfig chip;
    for (MergerConfig& merger : chip.mergers)
        merger.mode = MergerMode::merge;
    for (BackgroundConfig& background : chip.background)
        background.enable = true;
    for (MergerConfig& merger : chip.dnc_mergers)
        merger.mode = MergerMode::merge;
    const std::vector<std::vector<int>> expected{{0}, {0, 1}, {2}, {0, 1, 2, 3, 4, 5, 6, 7}, {4}, {4, 5, 6, 7}, {6, 7}, {7}};
    for (const DncMerger d : all<DncMerger>()) {
        const MergerInputs inputs = merger_inputs(chip, d);
        std::vector<int> blocks, generators;
        for (const NeuronBlock b : inputs.blocks)
            blocks.push_back(b.value());
        for (const BackgroundGenerator g : inputs.background)
            generators.push_back(g.value());
        EXPECT_EQ(blocks, expected[d.value()]) << d.value();
        EXPECT_EQ(generators, expected[d.value()]) << d.value();
        EXPECT_FALSE(inputs.layer2);
    }
}

TEST(MergerInputs, FollowModesOfEachMerger)
{
    HicannConfig chip;
    chip.background[1].enable = true;
    chip.gbit_links[1] = GbitLink::to_hicann;
    EXPECT_TRUE(merger_inputs(chip, DncMerger(1)).layer2) << "left_only passes the link";
    EXPECT_TRUE(merger_inputs(chip, DncMerger(1)).background.empty());
    chip.dnc_mergers[1].mode = MergerMode::right_only;
    chip.mergers[Merger::at(1, 0).value()].mode = MergerMode::right_only;
    MergerInputs inputs = merger_inputs(chip, DncMerger(1));
    EXPECT_FALSE(inputs.layer2);
    EXPECT_EQ(inputs.background, std::vector{BackgroundGenerator(1)});
    EXPECT_TRUE(inputs.blocks.empty());
    chip.mergers[Merger::at(0, 1).value()].mode = MergerMode::right_only;
    inputs = merger_inputs(chip, DncMerger(1));
    EXPECT_EQ(inputs.blocks, std::vector{NeuronBlock(1)});
    EXPECT_TRUE(inputs.background.empty());
    chip.gbit_links[1] = GbitLink::to_dnc;
    chip.dnc_mergers[1].mode = MergerMode::merge;
    EXPECT_FALSE(merger_inputs(chip, DncMerger(1)).layer2) << "recording is no input";
}

// ---- random trees --------------------------------------------------------------------------------------------------

/// Random integers addressed by (seed, running number).
class Random {
public:
    explicit Random(std::uint32_t seed) : seed_(seed) {}
    int below(int n) { return static_cast<int>(random_words(seed_, Purpose::test, 0, 0, 0, number_++)[0] % static_cast<std::uint32_t>(n)); }

private:
    std::uint32_t seed_, number_ = 0;
};

struct RandomNets {
    WaferConfig config;
    std::map<std::pair<Hicann, DncMerger>, std::map<Segment, int>> nets; ///< segment -> hops
};

/// Grows trees over free buses of a fully configured wafer, one step after another, never through a bus in use.
RandomNets random_nets(std::uint32_t seed, int net_count, int segments_each)
{
    Random random(seed);
    RandomNets result;
    for (const Hicann hicann : all<Hicann>())
        result.config.hicanns[hicann];
    std::set<Segment> used;
    for (const Hicann hicann : all<Hicann>()) // lines of sending repeaters stay free for their mergers
        for (const DncMerger merger : all<DncMerger>())
            used.insert(h_segment(hicann, merger.sending_line().value()));
    while (static_cast<int>(result.nets.size()) < net_count) {
        const Hicann origin(random.below(Hicann::count));
        const DncMerger merger(random.below(DncMerger::count));
        if (result.nets.contains({origin, merger}))
            continue;
        auto& hops = result.nets[{origin, merger}];
        std::vector<Segment> tree{h_segment(origin, merger.sending_line().value())};
        hops[tree[0]] = 0;
        send(result.config, origin, merger, true, false);
        for (int attempt = 0; attempt < 20 * segments_each && static_cast<int>(tree.size()) < segments_each; ++attempt) {
            const Segment from = tree[static_cast<std::size_t>(random.below(static_cast<int>(tree.size())))];
            const HicannConfig& chip = result.config.hicanns[from.hicann];
            const int choice = random.below(3);
            if (choice < 1) { // crossbar
                const CrossbarSwitch s = from.vertical ? *CrossbarSwitch::at(VLine(from.line).crossings()[random.below(2)], VLine(from.line))
                                                       : CrossbarSwitch(8 * from.line + random.below(8));
                const Segment to = from.vertical ? h_segment(from.hicann, s.h().value()) : v_segment(from.hicann, s.v().value());
                if (chip.crossbar.test(s.value()) || !used.insert(to).second)
                    continue;
                result.config.hicanns[from.hicann].crossbar.set(s.value());
                tree.push_back(to);
                hops[to] = hops[from];
                continue;
            }
            const Direction direction = static_cast<Direction>(2 * random.below(2) + (from.vertical ? 0 : 1));
            const auto beyond = from.hicann.neighbour(direction);
            if (!beyond)
                continue;
            const int line = from.vertical ? VLine(from.line).neighbour(direction).value() : HLine(from.line).neighbour(direction).value();
            const Segment to{*beyond, from.vertical, static_cast<std::uint16_t>(line)};
            const bool own = from.vertical ? (VLine(from.line).repeater_half() == Half::top) == (direction == Direction::north)
                                           : (HLine(from.line).repeater_side() == Side::left) == (direction == Direction::west);
            HicannConfig& with_repeater = result.config.hicanns[own ? from.hicann : *beyond];
            RepeaterConfig& repeater = from.vertical ? with_repeater.v_repeaters[own ? from.line : line] : with_repeater.h_repeaters[own ? from.line : line];
            if (repeater.mode != Mode::idle || !used.insert(to).second)
                continue;
            repeater = {Mode::forwarding, !own, own};
            tree.push_back(to);
            hops[to] = hops[from] + 1;
        }
    }
    return result;
}

TEST(Trace, FindsEveryRandomTreeAndNothingElse)
{
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
        RandomNets random = random_nets(seed, 40, 60);
        // A primary on a local switch row at every fourth V line shows the hops.
        Random choice(seed + 100);
        std::map<Segment, int> fed;
        std::set<std::pair<Hicann, SynapseDriver>> taken;
        for (const auto& [root, hops] : random.nets)
            for (const auto& [segment, count] : hops) {
                const SynapseDriver driver(choice.below(SynapseDriver::count));
                if (!segment.vertical || !driver.exists() || !SynapseSwitch::at(VLine(segment.line), driver))
                    continue;
                const auto target = fed_chip(segment.hicann, SwitchRow(VLine(segment.line).side(), driver));
                if (!target || !taken.insert({*target, driver}).second)
                    continue;
                feed(random.config, segment.hicann, segment.line, driver.value());
                random.config.hicanns[*target].drivers[driver.value()].locin = true;
                fed[segment] = count + (*target == segment.hicann ? 0 : 1);
            }
        EXPECT_GT(fed.size(), 10u);
        std::size_t chains = 0;
        const auto nets = trace_all(random.config);
        ASSERT_EQ(nets.size(), random.nets.size());
        auto expected = random.nets.begin();
        for (const Net& net : nets) {
            EXPECT_EQ(std::make_pair(net.hicann, net.merger), expected->first);
            EXPECT_FALSE(net.loops);
            std::set<Segment> wanted;
            for (const auto& [segment, count] : expected->second)
                wanted.insert(segment);
            EXPECT_EQ(std::set<Segment>(net.segments.begin(), net.segments.end()), wanted);
            EXPECT_EQ(net.segments.size(), wanted.size());
            for (const ReachedChain& chain : net.chains) {
                ++chains;
                ASSERT_TRUE(fed.contains(chain.from));
                EXPECT_EQ(chain.hops, fed[chain.from]);
            }
            const Net alone = trace(random.config, net.hicann, net.merger);
            EXPECT_EQ(alone.segments, net.segments);
            EXPECT_EQ(alone.chains.size(), net.chains.size());
            ++expected;
        }
        EXPECT_EQ(chains, fed.size());
    }
}

TEST(Trace, ClosingARingIsALoop)
{
    int rings = 0;
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        const RandomNets random = random_nets(seed, 20, 60);
        // Close one more crossbar switch between two buses of the same net.
        for (const auto& [root, hops] : random.nets)
            for (const auto& [segment, count] : hops) {
                if (segment.vertical)
                    continue;
                for (int k = 0; k < 8; ++k) {
                    const CrossbarSwitch s(8 * segment.line + k);
                    if (!hops.contains(v_segment(segment.hicann, s.v().value())) || random.config.hicanns.at(segment.hicann).crossbar.test(s.value()))
                        continue;
                    WaferConfig ring = random.config;
                    ring.hicanns[segment.hicann].crossbar.set(s.value());
                    EXPECT_TRUE(trace(ring, root.first, root.second).loops);
                    if (++rings == 5)
                        return;
                }
            }
    }
    EXPECT_GT(rings, 0);
}

TEST(Trace, IsFastOnAFullWafer)
{
    const RandomNets random = random_nets(7, 300, 150);
    const auto start = std::chrono::steady_clock::now();
    std::size_t segments = 0;
    for (const Net& net : trace_all(random.config))
        segments += net.segments.size();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_GT(segments, 20000u);
    RecordProperty("milliseconds", std::to_string(1e3 * seconds));
    EXPECT_LT(seconds, 2.0) << "0.2 s is the aim; the rest is room for slow machines and sanitizers";
}

}   // namespace
}   // namespace bss
