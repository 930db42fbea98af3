#include "defects.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "error.hpp"
#include "random.hpp"

namespace bss {

bool HicannDefects::synapse_defective(SynapseRow row, Column column) const
{
    const auto id = static_cast<std::uint32_t>(Column::count * row.value() + column.value());
    return rows.test(row.value()) || std::binary_search(synapses.begin(), synapses.end(), id);
}

const HicannDefects& Defects::of(Hicann hicann) const
{
    static const HicannDefects sound;
    const auto found = on_hicann.find(hicann);
    return found == on_hicann.end() ? sound : found->second;
}

namespace {

template <auto Member>
void mark_on_wafer(Defects& defects, Hicann, int index)
{
    (defects.*Member).set(static_cast<std::size_t>(index));
}

template <auto Member>
void mark_on_hicann(Defects& defects, Hicann hicann, int index)
{
    (defects.on_hicann[hicann].*Member).set(static_cast<std::size_t>(index));
}

void mark_synapse(Defects& defects, Hicann hicann, int index)
{
    auto& synapses = defects.on_hicann[hicann].synapses;
    const auto id = static_cast<std::uint32_t>(index);
    const auto place = std::lower_bound(synapses.begin(), synapses.end(), id);
    if (place == synapses.end() || *place != id)
        synapses.insert(place, id);
}

}   // namespace

const std::vector<DefectKind>& defect_kinds()
{
    using H = HicannDefects;
    static const std::vector<DefectKind> kinds{
        {"hicanns", Hicann::count, true, mark_on_wafer<&Defects::hicanns>},
        {"fpgas", Fpga::count, true, mark_on_wafer<&Defects::fpgas>},
        {"links", Hicann::count, true, mark_on_wafer<&Defects::links>},
        {"neurons", Denmem::count, false, mark_on_hicann<&H::neurons>},
        {"synapses", SynapseRow::count * Column::count, false, mark_synapse},
        {"rows", SynapseRow::count, false, mark_on_hicann<&H::rows>},
        {"arrays", 2, false, mark_on_hicann<&H::arrays>},
        {"drivers", SynapseDriver::count, false, mark_on_hicann<&H::drivers>},
        {"synaptic_inputs", 2 * Denmem::count, false, mark_on_hicann<&H::synaptic_inputs>},
        {"analog_outputs", 2, false, mark_on_hicann<&H::analog_outputs>},
        {"background_generators", BackgroundGenerator::count, false, mark_on_hicann<&H::background_generators>},
        {"fg_blocks", FgBlock::count, false, mark_on_hicann<&H::fg_blocks>},
        {"h_buses", HLine::count, false, mark_on_hicann<&H::h_buses>},
        {"v_buses", VLine::count, false, mark_on_hicann<&H::v_buses>},
        {"h_repeaters", HLine::count, false, mark_on_hicann<&H::h_repeaters>},
        {"v_repeaters", VLine::count, false, mark_on_hicann<&H::v_repeaters>},
        {"crossbar_switches", CrossbarSwitch::count, false, mark_on_hicann<&H::crossbar_switches>},
        {"synapse_switches", SynapseSwitch::count, false, mark_on_hicann<&H::synapse_switches>},
        {"switch_rows", SwitchRow::count, false, mark_on_hicann<&H::switch_rows>},
        {"mergers", Merger::count, false, mark_on_hicann<&H::mergers>},
        {"dnc_mergers", DncMerger::count, false, mark_on_hicann<&H::dnc_mergers>},
    };
    return kinds;
}

Defects random_defects(const std::map<std::string, double>& fractions, std::uint64_t wafer_id)
{
    Defects defects;
    const auto& kinds = defect_kinds();
    for (const auto& entry : fractions) {
        const std::string& name = entry.first;
        const double fraction = entry.second;
        const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const DefectKind& k) { return k.name == name; });
        if (kind == kinds.end())
            throw InputError(fmt::format("defects: unknown kind \"{}\"", name));
        if (!(fraction >= 0.0 && fraction <= 1.0))
            throw InputError(fmt::format("defects: {}: expected a fraction from 0 to 1, found {}", name, fraction));
        if (fraction == 0.0)
            continue;
        const auto kind_number = static_cast<std::uint32_t>(kind - kinds.begin());
        const auto fail = [&](Hicann hicann) {
            // Distances between failures are geometric: work is proportional to the failures, not to the 44 M synapses.
            double index = -1.0;
            for (std::uint32_t n = 0;; ++n) {
                const double u = random_uniform(wafer_id, Purpose::defects, kind_number, static_cast<std::uint32_t>(hicann.value()), 0, n);
                index += 1.0 + (fraction < 1.0 ? std::floor(std::log(u) / std::log1p(-fraction)) : 0.0);
                if (!(index < kind->count))
                    break;
                kind->mark(defects, hicann, static_cast<int>(index));
            }
        };
        if (kind->on_wafer)
            fail(Hicann(0));
        else
            for (const Hicann hicann : all<Hicann>())
                fail(hicann);
    }
    return defects;
}

namespace {

Direction rim(HLine h) { return h.repeater_side() == Side::left ? Direction::west : Direction::east; }
Direction rim(VLine v) { return v.repeater_half() == Half::top ? Direction::north : Direction::south; }

/// What belongs to lines of that kind.
template <class Line, class H, class V>
auto& of_lines(H& horizontal, V& vertical)
{
    if constexpr (std::is_same_v<Line, HLine>)
        return horizontal;
    else
        return vertical;
}

/// X3: more than one defective repeater in a block costs the whole block (the set of bad ones changes over months: calibration.md §1.7).
template <class Line>
void condemn_repeater_blocks(HicannDefects& d)
{
    auto& repeaters = of_lines<Line>(d.h_repeaters, d.v_repeaters);
    std::array<int, RepeaterBlock::count> bad{};
    for (const Line line : all<Line>())
        bad[repeater_block(line).value()] += repeaters.test(line.value());
    for (const Line line : all<Line>())
        if (bad[repeater_block(line).value()] > 1)
            repeaters.set(line.value());
}

/// X2: the two buses that a defective repeater joins are unusable. A chip that is gone takes only its neighbours' buses along.
template <class Line>
void condemn_buses_at_repeaters(Defects& defects, Hicann hicann)
{
    const bool gone = !defects.usable(hicann);
    const auto condemn = [&](Hicann where, Line line) {
        HicannDefects& d = defects.on_hicann[where];
        of_lines<Line>(d.h_buses, d.v_buses).set(line.value());
    };
    const HicannDefects& own = defects.on_hicann[hicann];
    const auto broken = of_lines<Line>(own.h_repeaters, own.v_repeaters);
    for (const Line line : all<Line>()) {
        if (!gone && !broken.test(line.value()))
            continue;
        if (!gone)
            condemn(hicann, line);
        if (const auto neighbour = hicann.neighbour(rim(line)))
            condemn(*neighbour, line.neighbour(rim(line)));
    }
}

/// X5: rim chips joined to partial reticles, which have no FPGA: lines whose far-end repeater lies out there (mapping.md §2.9).
void condemn_lines_to_partial_reticles(Defects& defects)
{
    constexpr std::array west{0, 12, 24, 44, 320, 340, 360, 372}, east{11, 23, 43, 63, 339, 359, 371, 383};
    const auto h_lines = [&](int chip, Side own_repeater) {
        for (const HLine h : all<HLine>())
            if (h.repeater_side() == own_repeater)
                defects.on_hicann[Hicann(chip)].h_buses.set(h.value());
    };
    const auto v_lines = [&](int first, int last, Half own_repeater) {
        for (int chip = first; chip <= last; ++chip)
            for (const VLine v : all<VLine>())
                if (v.repeater_half() == own_repeater)
                    defects.on_hicann[Hicann(chip)].v_buses.set(v.value());
    };
    for (const int chip : west)
        h_lines(chip, Side::right);
    for (const int chip : east)
        h_lines(chip, Side::left);
    for (const auto& [first, last] : {std::pair{24, 27}, {40, 43}, {64, 67}, {88, 91}})
        v_lines(first, last, Half::bottom);
    for (const auto& [first, last] : {std::pair{292, 295}, {316, 319}, {340, 343}, {356, 359}})
        v_lines(first, last, Half::top);
}

/// X6: arrays take their drivers along, drivers their rows.
void condemn_rows(HicannDefects& d)
{
    for (const SynapseDriver driver : all<SynapseDriver>()) {
        if (d.arrays.test(static_cast<int>(driver.half())))
            d.drivers.set(driver.value());
        if (d.drivers.test(driver.value()))
            for (const int which : {0, 1})
                d.rows.set(SynapseRow(driver, which).value());
    }
}

/// X7: a DNC merger needs its sending repeater and that line.
void condemn_senders(HicannDefects& d)
{
    for (const DncMerger merger : all<DncMerger>())
        if (const HLine h = merger.sending_line(); d.h_buses.test(h.value()) || d.h_repeaters.test(h.value()))
            d.dnc_mergers.set(merger.value());
}

}   // namespace

Defects derived(Defects defects, bool partial_reticles)
{
    for (auto& [hicann, d] : defects.on_hicann)
        if (d.fg_blocks.any())
            defects.hicanns.set(hicann.value());                                            // X4
    for (const Hicann hicann : all<Hicann>()) {
        if (defects.fpgas.test(hicann.reticle().fpga().value()))
            defects.links.set(hicann.value());
        if (defects.links.test(hicann.value())) {                                           // X1: routing only
            defects.on_hicann[hicann].neurons.set();
            defects.on_hicann[hicann].dnc_mergers.set();
        }
    }
    if (partial_reticles)
        condemn_lines_to_partial_reticles(defects);
    for (auto& [hicann, d] : defects.on_hicann) {
        condemn_repeater_blocks<HLine>(d);
        condemn_repeater_blocks<VLine>(d);
    }
    std::vector<Hicann> with_broken_repeaters;
    for (const Hicann hicann : all<Hicann>())
        if (!defects.usable(hicann) || defects.of(hicann).h_repeaters.any() || defects.of(hicann).v_repeaters.any())
            with_broken_repeaters.push_back(hicann);
    for (const Hicann hicann : with_broken_repeaters) {
        condemn_buses_at_repeaters<HLine>(defects, hicann);
        condemn_buses_at_repeaters<VLine>(defects, hicann);
    }
    for (auto& [hicann, d] : defects.on_hicann) {
        condemn_rows(d);
        condemn_senders(d);
    }
    return defects;
}

}   // namespace bss
