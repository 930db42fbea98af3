#include <algorithm>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

std::string name(const Source& source) { return fmt::format("{} {}", source.neuron ? "denmem" : "background generator", source.index); }

bool has_neurons(const MergerView& merger)
{
    return std::any_of(merger.sources.begin(), merger.sources.end(), [](const Source& s) { return s.neuron; });
}

/// Calls visit(chip, DncMerger, MergerView) for every DNC merger of the configured chips.
template <class Visit>
void for_each_merger(const Analysis& a, Visit&& visit)
{
    for (const ChipView& chip : a.chips)
        for (const DncMerger merger : all<DncMerger>())
            visit(chip, merger, chip.mergers[merger.value()]);
}

/// Mean rate of a generator in events/s (hardware.md §4.5).
double rate(const BackgroundConfig& generator, double pll_hz)
{
    return generator.random ? pll_hz * (1.0 - generator.period / 65535.0) / 2.0 : pll_hz / (generator.period + 1.0);
}

}   // namespace

void blocks_not_on_one_merger(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        std::array<int, NeuronBlock::count> reached{};
        for (const MergerView& merger : chip.mergers)
            for (const NeuronBlock block : merger.inputs.blocks)
                ++reached[block.value()];
        std::bitset<NeuronBlock::count> sends;
        for (const Denmem d : all<Denmem>())
            if (chip.config.denmems[d.value()].activate_firing && chip.config.denmems[d.value()].enable_spl1_output)
                sends.set(d.block().value());
        for (const NeuronBlock block : all<NeuronBlock>())
            if (sends.test(block.value()) && reached[block.value()] != 1)
                report(chip.hicann, fmt::format("neuron block {} sends and reaches {} DNC mergers", block.value(), reached[block.value()]));
    }
}

void nets_without_locking_events(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        if (!view.drives_net)
            return;
        if (view.locking.size() != 1)
            report(chip.hicann,
                   fmt::format("DNC merger {} drives a net and receives {} background generators of address 0", merger.value(), view.locking.size()));
        for (const BackgroundGenerator g : view.locking) {
            const BackgroundConfig& generator = chip.config.background[g.value()];
            if (generator.random || generator.period == 0)
                report(chip.hicann, fmt::format("background generator {} locks the net of DNC merger {} and is not regular with a period of 2 clocks or more",
                                                g.value(), merger.value()));
        }
    });
}

void wrong_dnc_merger_modes(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        const MergerConfig& config = chip.config.dnc_mergers[merger.value()];
        const GbitLink link = chip.config.gbit_links[merger.value()];
        if (view.drives_net) {
            if (config.mode != MergerMode::merge || !config.slow)
                report(chip.hicann, fmt::format("DNC merger {} drives a net and is not in mode merge and slow", merger.value()));
        } else if (link == GbitLink::to_hicann)
            report.warn(chip.hicann, fmt::format("DNC merger {} takes input and drives no net", merger.value())); // its net found no way: useless, not harmful
        else if (link == GbitLink::off && !has_neurons(view) && (config.mode != MergerMode::left_only || config.slow))
            report(chip.hicann, fmt::format("unused DNC merger {} is not in mode left only, fast", merger.value()));
    });
}

void inputs_on_wrong_mergers(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        if (chip.config.gbit_links[merger.value()] != GbitLink::to_hicann)
            return;
        if (!view.inputs.layer2)
            report(chip.hicann, fmt::format("DNC merger {} takes input and does not pass it on", merger.value()));
        if (has_neurons(view))
            report.warn(chip.hicann, fmt::format("DNC merger {} takes input and carries neurons too", merger.value()));
    });
}

void too_many_addresses(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        if (view.sources.size() > usable_addresses)
            report(chip.hicann, fmt::format("DNC merger {} carries {} sources", merger.value(), view.sources.size()));
    });
}

void loopback_both_ways(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        for (int d = 0; d < DncMerger::count; d += 2)
            if (chip.config.dnc_mergers[d].loopback && chip.config.dnc_mergers[d + 1].loopback)
                report(chip.hicann, fmt::format("loopback between the DNC mergers {} and {} is on both ways", d, d + 1));
        for (const Merger merger : all<Merger>())
            if (chip.config.mergers[merger.value()].loopback)
                report(chip.hicann, fmt::format("merger {} has no loopback, and it is on", merger.value()));
    }
}

void too_many_recorded_events(const Analysis& a, Reporter& report)
{
    constexpr double link_events_per_s = 25e6; // hardware.md §5.1
    for (const ChipView& chip : a.chips) {
        double events_per_s = 0;
        for (const DncMerger merger : all<DncMerger>())
            if (chip.config.gbit_links[merger.value()] == GbitLink::to_dnc)
                for (const BackgroundGenerator g : chip.mergers[merger.value()].inputs.background)
                    events_per_s += rate(chip.config.background[g.value()], chip.config.pll_hz);
        if (events_per_s > link_events_per_s)
            report(chip.hicann, fmt::format("background generators alone send {:.1f} M events/s over the recording link", events_per_s / 1e6));
    }
}

void equal_addresses(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        std::array<const Source*, L1Address::count> first{};
        for (const Source& source : view.sources)
            if (const Source*& owner = first[source.address.value()]; !owner)
                owner = &source;
            else
                report(chip.hicann,
                       fmt::format("{} and {} share address {} on DNC merger {}", name(*owner), name(source), source.address.value(), merger.value()));
    });
}

void locking_address_of_a_source(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        for (const Source& source : view.sources)
            if (source.address == L1Address(0))
                report(chip.hicann, fmt::format("{} sends address 0 to DNC merger {}", name(source), merger.value()));
    });
}

void parked_addresses(const Analysis& a, Reporter& report)
{
    for_each_merger(a, [&](const ChipView& chip, DncMerger merger, const MergerView& view) {
        for (const Source& source : view.sources)
            if (source.address.synapse_decoder() == parked_decoder)
                report(chip.hicann,
                       fmt::format("{} sends address {} to DNC merger {}, which fires parked synapses", name(source), source.address.value(), merger.value()));
    });
}

}   // namespace bss::rules
