#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

using Mode = RepeaterConfig::Mode;

bool drives(const RepeaterView& repeater)
{
    return repeater.config.mode == Mode::forwarding || repeater.config.mode == Mode::sending || repeater.config.mode == Mode::test_input;
}

/// Repeaters that drive each bus of the wafer, [bus_index].
std::vector<std::uint8_t> repeaters_per_bus(const Analysis& a)
{
    std::vector<std::uint8_t> count(Hicann::count * (HLine::count + VLine::count), 0);
    for (const ChipView& chip : a.chips)
        for (const RepeaterView& repeater : active_repeaters(chip)) {
            if (!drives(repeater))
                continue;
            if (repeater.config.onto_chip)
                ++count[bus_index(repeater.own)];
            if (repeater.config.off_chip && repeater.beyond)
                ++count[bus_index(*repeater.beyond)];
        }
    return count;
}

/// Buses of one chip, joined where a crossbar switch is closed: [H lines, then V lines] -> representative.
class Groups {
public:
    explicit Groups(const HicannConfig& config)
    {
        std::iota(parent_.begin(), parent_.end(), 0);
        for (const CrossbarSwitch s : all<CrossbarSwitch>())
            if (config.crossbar.test(s.value()))
                parent_[find(HLine::count + s.v().value())] = find(s.h().value());
    }
    int find(int bus)
    {
        while (parent_[bus] != bus)
            bus = parent_[bus] = parent_[parent_[bus]];
        return bus;
    }

private:
    std::array<int, HLine::count + VLine::count> parent_;
};

Segment bus_of(const ChipView& chip, int bus)
{
    const bool vertical = bus >= HLine::count;
    return {chip.hicann, vertical, static_cast<std::uint16_t>(vertical ? bus - HLine::count : bus)};
}

/// Where the signal of a forwarding repeater comes from and goes to.
struct Hop {
    Segment from, to;
};
std::optional<Hop> hop_of(const RepeaterView& repeater)
{
    if (repeater.config.mode != Mode::forwarding || !repeater.beyond || repeater.config.onto_chip == repeater.config.off_chip)
        return std::nullopt;
    return repeater.config.off_chip ? Hop{repeater.own, *repeater.beyond} : Hop{*repeater.beyond, repeater.own};
}

std::string repeater_name(const RepeaterView& repeater) { return fmt::format("repeater of {} line {}", repeater.own.vertical ? 'V' : 'H', repeater.own.line); }

}   // namespace

void buses_with_two_drivers(const Analysis& a, Reporter& report)
{
    // Two nets that touch share everything behind the place where they meet: one line a pair says it.
    std::set<std::pair<const Net*, const Net*>> reported;
    for (const Net& net : a.nets)
        for (const Segment& bus : net.segments)
            if (const Net* owner = a.net_of(bus); owner != &net && reported.insert({owner, &net}).second)
                report(bus.hicann, fmt::format("{} belongs to the {} and the {}", name(bus), name(*owner), name(net)));

    const auto repeaters = repeaters_per_bus(a);
    for (const ChipView& chip : a.chips) {
        Groups groups(chip.config);
        std::array<int, HLine::count + VLine::count> drivers{};
        for (int bus = 0; bus < HLine::count + VLine::count; ++bus)
            drivers[groups.find(bus)] += repeaters[bus_index(bus_of(chip, bus))];
        for (int bus = 0; bus < HLine::count + VLine::count; ++bus)
            if (drivers[bus] > 1)
                report(chip.hicann, fmt::format("{} is driven by {} repeaters", name(bus_of(chip, bus)), drivers[bus]));
    }
}

void nets_that_are_no_trees(const Analysis& a, Reporter& report)
{
    for (const Net& net : a.nets)
        if (net.loops)
            report(net.hicann, fmt::format("the {} runs in a loop", name(net)));
    for (const ChipView& chip : a.chips) {
        for (const CrossbarSwitch s : all<CrossbarSwitch>())
            if (chip.config.crossbar.test(s.value()) && !a.net_of({chip.hicann, false, static_cast<std::uint16_t>(s.h().value())}))
                report(chip.hicann, fmt::format("closed crossbar switch of H line {} and V line {} carries no net", s.h().value(), s.v().value()));
        for (const RepeaterView& repeater : active_repeaters(chip)) {
            const auto hop = hop_of(repeater);
            if (hop && !a.net_of(hop->from) && !a.net_of(hop->to))
                report(chip.hicann, fmt::format("{} forwards and carries no net", repeater_name(repeater)));
            else if (drives(repeater) && repeater.config.off_chip && repeater.beyond && !a.chip(repeater.beyond->hicann))
                report(chip.hicann, fmt::format("{} drives HICANN {}, which is not configured", repeater_name(repeater), repeater.beyond->hicann.value()));
        }
    }
}

void crowded_crossbars(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        std::array<int, HLine::count> of_h{};
        std::array<int, VLine::count> of_v{};
        for (const CrossbarSwitch s : all<CrossbarSwitch>())
            if (chip.config.crossbar.test(s.value())) {
                ++of_h[s.h().value()];
                ++of_v[s.v().value()];
            }
        for (const HLine h : all<HLine>())
            if (of_h[h.value()] > a.limits.crossbar_limit)
                report(chip.hicann, fmt::format("{} crossbar switches of H line {} are closed", of_h[h.value()], h.value()));
        for (const VLine v : all<VLine>())
            if (of_v[v.value()] > a.limits.crossbar_limit)
                report(chip.hicann, fmt::format("{} crossbar switches of V line {} are closed", of_v[v.value()], v.value()));
    }
}

void repeaters_against_the_signal(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const RepeaterView& repeater : active_repeaters(chip))
            if (const auto hop = hop_of(repeater); hop && !a.net_of(hop->from) && a.net_of(hop->to))
                report(chip.hicann, fmt::format("{} forwards from {}, which carries no net, onto the {}", repeater_name(repeater), name(hop->from),
                                                name(*a.net_of(hop->to))));
}

void wrong_repeater_modes(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        std::array<std::array<std::array<int, 2>, 2>, RepeaterBlock::count> at_port{}; // [block][port][input, output]
        for (const RepeaterView& repeater : active_repeaters(chip)) {
            const bool sender = !repeater.own.vertical && HLine(repeater.own.line).sender();
            const std::string repeater_text = repeater_name(repeater);
            switch (repeater.config.mode) {
            case Mode::idle:
                break;
            case Mode::forwarding:
                if (repeater.config.onto_chip == repeater.config.off_chip)
                    report(chip.hicann, fmt::format("{} forwards in {}", repeater_text, repeater.config.onto_chip ? "both directions" : "no direction"));
                break;
            case Mode::sending:
                if (!sender)
                    report(chip.hicann, fmt::format("{} is no sending repeater, and sends", repeater_text));
                break;
            case Mode::loopback:
                report(chip.hicann, fmt::format("{} is in loopback", repeater_text));
                break;
            case Mode::test_input:
            case Mode::test_output: {
                if (sender) {
                    report(chip.hicann, fmt::format("{} is a sending repeater, which has no test port", repeater_text));
                    break;
                }
                const RepeaterBlock block = repeater.own.vertical ? repeater_block(VLine(repeater.own.line)) : repeater_block(HLine(repeater.own.line));
                const int port = repeater.own.vertical ? test_port(VLine(repeater.own.line)) : test_port(HLine(repeater.own.line));
                if (++at_port[block.value()][port][repeater.config.mode == Mode::test_output] > 1)
                    report(chip.hicann, fmt::format("{} is not alone at test port {} of repeater block {}", repeater_text, port, block.value()));
            }
            }
        }
    }
}

void sending_repeaters_without_direction(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const RepeaterView& repeater : active_repeaters(chip))
            if (repeater.config.mode == Mode::sending && !repeater.config.onto_chip && !repeater.config.off_chip)
                report(chip.hicann, fmt::format("{} sends in no direction", repeater_name(repeater)));
}

void long_routes(const Analysis& a, Reporter& report)
{
    if (a.limits.hop_limit <= 0)
        return;
    for (const Net& net : a.nets)
        for (const ReachedChain& chain : net.chains)
            if (chain.hops > a.limits.hop_limit)
                report(chain.hicann, fmt::format("driver {} hears the {} over {} hops", chain.drivers.front().value(), name(net), chain.hops));
}

void signals_across_the_rim(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const RepeaterView& repeater : active_repeaters(chip))
            if (!repeater.beyond && drives(repeater) && (repeater.config.off_chip || (repeater.config.mode == Mode::forwarding && repeater.config.onto_chip)))
                report(chip.hicann, fmt::format("{} lies at the rim of the wafer and joins it to nothing", repeater_name(repeater)));
}

}   // namespace bss::rules
