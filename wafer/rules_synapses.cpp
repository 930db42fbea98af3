#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

using Columns = std::bitset<Column::count>;

/// "3 synapses of row 12 (first: column 7)": one line a row, since one mistake often hits many synapses.
std::string name(SynapseRow row, const Columns& columns)
{
    return fmt::format("{} synapse{} of row {} (first: column {})", columns.count(), columns.count() == 1 ? "" : "s", row.value(), columns._Find_first());
}

/// Reports the columns of each row with synapses in use that `select(chip, row)` returns.
template <class Select>
void report_rows(const Analysis& a, Reporter& report, std::string_view verdict, Select&& select)
{
    for (const ChipView& chip : a.chips)
        for (const SynapseRow row : all<SynapseRow>())
            if (chip.used[row.value()].any())
                if (const Columns columns = select(chip, row); columns.any())
                    report(chip.hicann, name(row, columns) + std::string(verdict));
}

}   // namespace

void synapses_of_no_neuron(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        std::array<Columns, 2> driven; // [half]: columns whose denmem belongs to a neuron
        for (const Denmem d : all<Denmem>())
            driven[static_cast<int>(d.half())][d.x()] = chip.neuron_of[d.value()] >= 0;
        for (const SynapseRow row : all<SynapseRow>())
            if (const Columns astray = chip.used[row.value()] & ~driven[static_cast<int>(row.half())]; astray.any())
                report(chip.hicann, name(row, astray) + " in use on denmems of no neuron");
    }
}

void wrong_synapse_decoders(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        if (!chip.readable)
            report(chip.hicann, fmt::format("the synapse arrays have {} decoders, {} weights and {} conductances", chip.config.synapses.decoder.size(),
                                            chip.config.synapses.weight.size(), chip.config.synapses.exact_conductance.size()));
    report_rows(a, report, " have a decoder above 15", [](const ChipView& chip, SynapseRow row) {
        Columns wrong;
        const std::uint8_t* decoder = &chip.config.synapses.decoder[SynapseArrays::at(row, Column(0))];
        for (int c = 0; c < Column::count; ++c)
            wrong[c] = decoder[c] > 15;
        return wrong;
    });
}

void synapses_of_unfed_drivers(const Analysis& a, Reporter& report)
{
    report_rows(a, report, " in use on a driver that hears no net", [](const ChipView& chip, SynapseRow row) {
        const bool hears = chip.fed.test(row.driver().value()) && chip.config.drivers[row.driver().value()].enable;
        return hears ? Columns() : chip.used[row.value()];
    });
}

void ghost_synapses(const Analysis& a, Reporter& report)
{
    report_rows(a, report, " wait for an address that the net does not carry", [](const ChipView& chip, SynapseRow row) {
        const int d = row.driver().value();
        Columns ghosts;
        if (!chip.fed.test(d))
            return ghosts;
        std::array<std::uint32_t, 2> carried{}; // [parity of the column]: synapse decoders that an event can match
        for (int parity = 0; parity < 2; ++parity) {
            const int msb = chip.config.drivers[d].rows[row.which()].decoder[parity];
            for (int lsb = 0; lsb < 16 && msb < 4; ++lsb)
                carried[parity] |= static_cast<std::uint32_t>(chip.heard[d].test(16 * msb + lsb)) << lsb;
        }
        const Columns& used = chip.used[row.value()];
        const std::uint8_t* decoder = &chip.config.synapses.decoder[SynapseArrays::at(row, Column(0))];
        for (int c = 0; c < Column::count; ++c)
            if (used[c] && decoder[c] < 16 && !(carried[c % 2] >> decoder[c] & 1))
                ghosts.set(c);
        return ghosts;
    });
}

void wrong_weights(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        const SynapseArrays& synapses = chip.config.synapses;
        if (const auto heaviest = std::max_element(synapses.weight.begin(), synapses.weight.end()); heaviest != synapses.weight.end() && *heaviest > 15)
            report(chip.hicann, fmt::format("the weight of synapse {} is {}", heaviest - synapses.weight.begin(), *heaviest));
        const auto& exact = synapses.exact_conductance;
        if (!exact.empty() && !a.limits.real_valued_weights)
            report(chip.hicann, "synapses have real-valued conductances");
        if (const auto bad = std::find_if(exact.begin(), exact.end(), [](float g) { return !(g >= 0) || std::isinf(g); }); bad != exact.end())
            report(chip.hicann, fmt::format("the conductance of synapse {} is {} S", bad - exact.begin(), *bad));
    }
}

}   // namespace bss::rules
