#include "layer1_graph.hpp"

#include <algorithm>

namespace bss {

namespace {

Direction direction_between(Hicann from, Hicann to)
{
    return *std::find_if(directions.begin(), directions.end(), [&](Direction d) { return from.neighbour(d) == to; });
}

/// Rim of the chip at which the repeater of a line sits (rule B6).
Direction repeater_rim(Bus bus)
{
    if (bus.vertical())
        return bus.v().repeater_half() == Half::top ? Direction::north : Direction::south;
    return bus.h().repeater_side() == Side::left ? Direction::west : Direction::east;
}

bool repeater_defective(const Defects& defects, Bus bus)
{
    const HicannDefects& d = defects.of(bus.hicann());
    return bus.vertical() ? d.v_repeaters.test(bus.v().value()) : d.h_repeaters.test(bus.h().value());
}

}   // namespace

BorderRepeater border_repeater(Bus from, Bus to)
{
    const bool own = repeater_rim(from) == direction_between(from.hicann(), to.hicann());
    return own ? BorderRepeater{from.hicann(), from, false} : BorderRepeater{to.hicann(), to, true};
}

Layer1Graph::Layer1Graph(const Defects& defects, const std::bitset<Hicann::count>& allowed)
{
    usable_.assign(Bus::count, 0);
    for (const Hicann hicann : all<Hicann>()) {
        if (!allowed.test(hicann.value()) || !defects.usable(hicann))
            continue;
        const HicannDefects& d = defects.of(hicann);
        for (const HLine h : all<HLine>())
            usable_[Bus(hicann, h).index] = !d.h_buses.test(h.value());
        for (const VLine v : all<VLine>())
            usable_[Bus(hicann, v).index] = !d.v_buses.test(v.value());
    }

    begin_.reserve(Bus::count + 1);
    edges_.reserve(Bus::count * 6);
    const auto hop = [&](Bus from, Bus to, Direction d) {
        const Bus repeater = repeater_rim(from) == d ? from : to;
        if (usable(to.index) && !repeater_defective(defects, repeater))
            edges_.push_back({to.index, -1});
    };
    const auto cross = [&](const HicannDefects& d, CrossbarSwitch s, Bus to) {
        if (usable(to.index) && !d.crossbar_switches.test(s.value()))
            edges_.push_back({to.index, static_cast<std::int16_t>(s.value())});
    };
    for (const Hicann hicann : all<Hicann>()) {
        const HicannDefects& d = defects.of(hicann);
        const auto neighbour = [&](Direction direction) { return hicann.neighbour(direction); };
        for (const HLine h : all<HLine>()) {
            const Bus bus(hicann, h);
            begin_.push_back(static_cast<std::uint32_t>(edges_.size()));
            if (!usable(bus.index))
                continue;
            for (const VLine v : h.crossings())
                cross(d, *CrossbarSwitch::at(h, v), Bus(hicann, v));
            for (const Direction direction : {Direction::east, Direction::west})
                if (const auto other = neighbour(direction))
                    hop(bus, Bus(*other, h.neighbour(direction)), direction);
        }
        for (const VLine v : all<VLine>()) {
            const Bus bus(hicann, v);
            begin_.push_back(static_cast<std::uint32_t>(edges_.size()));
            if (!usable(bus.index))
                continue;
            for (const HLine h : v.crossings())
                cross(d, *CrossbarSwitch::at(h, v), Bus(hicann, h));
            for (const Direction direction : {Direction::north, Direction::south})
                if (const auto other = neighbour(direction))
                    hop(bus, Bus(*other, v.neighbour(direction)), direction);
        }
    }
    begin_.push_back(static_cast<std::uint32_t>(edges_.size()));
}

}   // namespace bss
