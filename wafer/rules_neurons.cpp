#include <algorithm>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

/// One denmem, or the same columns of both rows without a gap (rule N1).
bool rectangle(const std::vector<Denmem>& denmems)
{
    const std::size_t n = denmems.size();
    if (n == 1)
        return true;
    if (n % 2 == 1)
        return false;
    const int first = denmems.front().x();
    for (std::size_t k = 0; k < n / 2; ++k) {
        const int x = first + static_cast<int>(k);
        if (x >= Column::count || denmems[k] != Denmem(Column(x), Half::top) || denmems[n / 2 + k] != Denmem(Column(x), Half::bottom))
            return false;
    }
    return true;
}

int comparators(const ChipView& chip, const Compound& neuron)
{
    return static_cast<int>(
        std::count_if(neuron.denmems.begin(), neuron.denmems.end(), [&](Denmem d) { return chip.config.denmems[d.value()].activate_firing; }));
}

}   // namespace

void neurons_of_wrong_shape(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const Compound& neuron : chip.neurons) {
            const Denmem first = neuron.denmems.front();
            const bool one_block = std::all_of(neuron.denmems.begin(), neuron.denmems.end(), [&](Denmem d) { return d.block() == first.block(); });
            if (!one_block)
                report(chip.hicann, fmt::format("the neuron of denmem {} reaches beyond neuron block {}", first.value(), first.block().value()));
            else if (!rectangle(neuron.denmems))
                report(chip.hicann,
                       fmt::format("the neuron of denmem {} has {} denmems that are no rectangle of two rows", first.value(), neuron.denmems.size()));
        }
}

void defective_denmems_in_neurons(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const Denmem d : all<Denmem>())
            if (chip.defects.neurons.test(d.value()) && chip.neuron_of[d.value()] >= 0)
                report(chip.hicann, fmt::format("defective denmem {} belongs to the neuron of denmem {}", d.value(),
                                                chip.neurons[static_cast<std::size_t>(chip.neuron_of[d.value()])].denmems.front().value()));
}

void neurons_without_one_comparator(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        for (const Compound& neuron : chip.neurons)
            if (const int n = comparators(chip, neuron); n != 1)
                report(chip.hicann, fmt::format("the neuron of denmem {} has {} firing denmems", neuron.denmems.front().value(), n));
        for (const Denmem d : all<Denmem>())
            if (chip.config.denmems[d.value()].enable_spl1_output && !chip.config.denmems[d.value()].activate_firing)
                report(chip.hicann, fmt::format("denmem {} has its output enabled and does not fire", d.value()));
    }
}

void harmful_fire_inputs(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        const auto listens = [&](int x, Half half) { return chip.config.denmems[Denmem(Column(x), half).value()].enable_fire_input; };
        const auto listeners = [&](int x) { return int(listens(x, Half::top)) + int(listens(x, Half::bottom)); };
        if (listeners(0) + listeners(Column::count - 1) > 0)
            report(chip.hicann, "a denmem of the outermost column listens to a neighbour that is not there");
        for (int x = 1; x + 1 < Column::count; x += 2) { // border between the columns x and x + 1 of two quads
            const int here = listeners(x) + listeners(x + 1);
            if (here > 1)
                report(chip.hicann, fmt::format("{} denmems listen across the quad border of columns {} and {}", here, x, x + 1));
            if (here > 0 && Column(x).value() / 32 != Column(x + 1).value() / 32)
                report(chip.hicann, fmt::format("a denmem listens across the neuron block border of columns {} and {}", x, x + 1));
        }
        // Even columns listen to their left, odd ones to their right: the firing denmem must lie on that side.
        for (const Compound& neuron : chip.neurons) {
            if (comparators(chip, neuron) != 1)
                continue;
            const int source = neuron.firing.quad().value();
            for (const Denmem d : neuron.denmems)
                if (chip.config.denmems[d.value()].enable_fire_input && (d.x() % 2 == 0 ? source >= d.quad().value() : source <= d.quad().value()))
                    report(chip.hicann, fmt::format("denmem {} listens away from its firing denmem {}", d.value(), neuron.firing.value()));
        }
    }
}

void neurons_with_bad_address(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const DncMerger merger : all<DncMerger>()) {
            const auto& sources = chip.mergers[merger.value()].sources;
            for (const Source& source : sources) {
                const auto namesakes = std::count_if(sources.begin(), sources.end(), [&](const Source& s) { return s.address == source.address; });
                if (source.neuron && (!source.address.usable() || namesakes > 1))
                    report(chip.hicann, fmt::format("denmem {} sends address {} to DNC merger {}, which is {}", source.index, source.address.value(),
                                                    merger.value(), source.address.usable() ? "used twice there" : "reserved"));
            }
        }
}

void own_reset_potentials(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        const std::size_t own = chip.config.fg.own_v_reset.size();
        if (own != 0 && (!a.limits.real_valued_dacs || own != Denmem::count))
            report(chip.hicann, fmt::format("{} denmems have a V_reset of their own", own));
    }
}

void neurons_across_unequal_halves(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        const auto spans = [](const Compound& neuron) { return neuron.denmems.front().half() != neuron.denmems.back().half(); };
        const bool unequal = chip.config.halves[0] != chip.config.halves[1];
        if (unequal && std::any_of(chip.neurons.begin(), chip.neurons.end(), spans))
            report(chip.hicann, "capacitor or gear differ between the top and the bottom half, and a neuron lies on both");
    }
}

}   // namespace bss::rules
