#include <algorithm>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

/// Drivers that the connect bits join, from the outer end inwards; one that is joined to nobody stands alone. Drivers that do not exist are left out.
struct Run {
    std::vector<SynapseDriver> drivers;
    int primaries = 0;
    bool on = false; ///< a member does something
};

std::vector<Run> runs_of(const ChipView& chip)
{
    std::vector<Run> runs;
    for (const SynapseDriver outermost : all<SynapseDriver>()) {
        const auto connected = [&](SynapseDriver d) { return chip.config.drivers[d.value()].connect_neighbour; };
        if (!outermost.exists() || (connected(outermost) && outermost.outward()))
            continue; // passes its signal on to a driver further out
        Run run;
        for (std::optional d = outermost; d && d->exists() && (*d == outermost || connected(*d)); d = d->inward()) {
            const DriverConfig& driver = chip.config.drivers[d->value()];
            run.drivers.push_back(*d);
            run.primaries += driver.locin;
            run.on = run.on || on(driver);
        }
        if (run.on)
            runs.push_back(std::move(run));
    }
    return runs;
}

/// Calls visit(chip, row, driver configuration, row configuration) for every row with synapses in use whose driver is on.
template <class Visit>
void for_each_used_row(const Analysis& a, Visit&& visit)
{
    for (const ChipView& chip : a.chips)
        for (const SynapseRow row : all<SynapseRow>()) {
            const DriverConfig& driver = chip.config.drivers[row.driver().value()];
            if (chip.used[row.value()].any() && on(driver))
                visit(chip, row, driver.rows[row.which()]);
        }
}

}   // namespace

void crowded_synapse_switches(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        if (chip.config.synapse_switches.none())
            continue;
        std::array<int, SwitchRow::count> of_row{};
        std::array<int, VLine::count> of_line{};
        for (const SynapseSwitch s : all<SynapseSwitch>())
            if (chip.config.synapse_switches.test(s.value())) {
                ++of_row[s.row().value()];
                ++of_line[s.v().value()];
            }
        for (const SwitchRow row : all<SwitchRow>())
            if (of_row[row.value()] > a.limits.synapse_switch_limit)
                report(chip.hicann, fmt::format("{} synapse switches are closed in the {} switch row {}", of_row[row.value()],
                                                row.side() == Side::left ? "left" : "right", row.line().value()));
        for (const VLine v : all<VLine>())
            if (of_line[v.value()] > a.limits.synapse_switch_limit)
                report(chip.hicann, fmt::format("{} synapse switches of V line {} are closed", of_line[v.value()], v.value()));
    }
}

void shorted_driver_inputs(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const SynapseDriver d : all<SynapseDriver>())
            if (const auto& feeders = chip.feeders[d.value()]; feeders.size() > 1)
                report(chip.hicann,
                       fmt::format("{} synapse switches are closed on the input wire of driver {}: V line {} of HICANN {} and V line {} of HICANN {}",
                                   feeders.size(), d.value(), feeders[0].closed.v().value(), feeders[0].hicann.value(), feeders[1].closed.v().value(),
                                   feeders[1].hicann.value()));
}

void switches_without_net_or_primary(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        if (chip.config.synapse_switches.any())
            for (const SynapseSwitch s : all<SynapseSwitch>()) {
                if (!chip.config.synapse_switches.test(s.value()))
                    continue;
                if (!a.net_of({chip.hicann, true, static_cast<std::uint16_t>(s.v().value())}))
                    report(chip.hicann,
                           fmt::format("the synapse switch of V line {} and row {} is closed, and the line carries no net", s.v().value(), s.line().value()));
                const auto fed = fed_chip(chip.hicann, s.row());
                if (!fed)
                    continue; // rule S6
                const ChipView* target = a.chip(*fed);
                if (!target || !s.line().exists() || !target->config.drivers[s.line().value()].locin)
                    report(chip.hicann, fmt::format("the synapse switch of V line {} and row {} feeds driver {} of HICANN {}, which is no primary",
                                                    s.v().value(), s.line().value(), s.line().value(), fed->value()));
            }
        for (const SynapseDriver d : all<SynapseDriver>())
            if (chip.config.drivers[d.value()].locin && chip.feeders[d.value()].empty())
                report(chip.hicann, fmt::format("no synapse switch feeds the primary driver {}", d.value()));
    }
}

void switches_across_the_rim(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        if (chip.config.synapse_switches.any())
            for (const SynapseSwitch s : all<SynapseSwitch>())
                if (chip.config.synapse_switches.test(s.value()) && !fed_chip(chip.hicann, s.row()))
                    report(chip.hicann, fmt::format("the synapse switch of V line {} and row {} feeds a chip beyond the rim", s.v().value(), s.line().value()));
}

void broken_chains(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const Run& run : runs_of(chip)) {
            const SynapseDriver outermost = run.drivers.front();
            if (run.primaries > 1)
                report(chip.hicann, fmt::format("the chain that ends at driver {} has {} primaries", outermost.value(), run.primaries));
            if (chip.config.drivers[outermost.value()].connect_neighbour)
                report(chip.hicann, fmt::format("driver {} is connected to a neighbour that is not there", outermost.value()));
            for (const SynapseDriver d : run.drivers)
                if (run.primaries > 0 && !chip.config.drivers[d.value()].enable)
                    report(chip.hicann, fmt::format("driver {} belongs to a chain and is not enabled", d.value()));
        }
}

void long_chains(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const Run& run : runs_of(chip))
            if (static_cast<int>(run.drivers.size()) > a.limits.driver_chain_length)
                report(chip.hicann, fmt::format("the chain that ends at driver {} has {} drivers", run.drivers.front().value(), run.drivers.size()));
}

void drivers_outside_chains(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const Run& run : runs_of(chip))
            if (run.primaries == 0)
                report(chip.hicann, fmt::format("driver {} is on and belongs to no chain with a primary", run.drivers.front().value()));
}

void rows_without_one_input(const Analysis& a, Reporter& report)
{
    for_each_used_row(a, [&](const ChipView& chip, SynapseRow r, const RowConfig& row) {
        if (!row.syn_in_left && !row.syn_in_right)
            report(chip.hicann, fmt::format("row {} has synapses in use and drives no synaptic input", r.value()));
        if (row.syn_in_left && row.syn_in_right)
            report.warn(chip.hicann, fmt::format("row {} drives both synaptic inputs", r.value()));
    });
}

void wrong_short_term_plasticity(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const SynapseDriver d : all<SynapseDriver>())
            if (chip.config.drivers[d.value()].stp_cap > 7)
                report(chip.hicann, fmt::format("stp_cap of driver {} is {}", d.value(), chip.config.drivers[d.value()].stp_cap));
}

void wrong_row_decoders(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const SynapseRow row : all<SynapseRow>())
            for (const int decoder : chip.config.drivers[row.driver().value()].rows[row.which()].decoder)
                if (decoder > 3)
                    report(chip.hicann, fmt::format("a driver decoder of row {} is {}", row.value(), decoder));
}

void wrong_row_gains(const Analysis& a, Reporter& report)
{
    for_each_used_row(a, [&](const ChipView& chip, SynapseRow r, const RowConfig& row) {
        if (row.select_gmax > 3)
            report(chip.hicann, fmt::format("row {} selects V_gmax{}", r.value(), row.select_gmax));
        const int divider = row.gmax_div_left + row.gmax_div_right;
        if (row.gmax_div_left > 15 || row.gmax_div_right > 15 || divider < 2)
            report(chip.hicann, fmt::format("the gmax divider of row {} is {} + {}", r.value(), row.gmax_div_left, row.gmax_div_right));
    });
}

}   // namespace bss::rules
