#include "mergers.hpp"

#include <algorithm>
#include <bit>
#include <climits>

namespace bss {

MergerTree::MergerTree(const HicannDefects& defects)
{
    for (const Merger m : all<Merger>())
        net_at_[m.value()] = defects.mergers.test(m.value()) ? defective : free;
    for (const DncMerger d : all<DncMerger>()) {
        const int line = d.sending_line().value();      // rule X7
        sound_[d.value()] = !defects.dnc_mergers.test(d.value()) && !defects.h_buses.test(line) && !defects.h_repeaters.test(line);
    }
    for (const NeuronBlock b : all<NeuronBlock>())
        generators_[b.value()] = !defects.background_generators.test(b.value());
    const auto all_true = [](const auto& flags) { return std::all_of(flags.begin(), flags.end(), [](bool flag) { return flag; }); };
    whole_ = defects.mergers.none() && all_true(sound_) && all_true(generators_);
}

bool MergerTree::can_join(NeuronBlock block, DncMerger merger) const
{
    if (!sound_[merger.value()] || !reaches(block, merger))
        return false;
    for (Merger node = Merger::at(0, block.value());; node = *parent(node)) {
        if (const auto owner = net_at_[node.value()]; owner != free && owner != merger.value())
            return false;
        if (node == tree_input(merger))
            return true;
    }
}

void MergerTree::join(NeuronBlock block, DncMerger merger)
{
    used_[merger.value()] = true;
    for (Merger node = Merger::at(0, block.value());; node = *parent(node)) {
        net_at_[node.value()] = static_cast<std::int8_t>(merger.value());
        if (node == tree_input(merger))
            return;
    }
}

std::optional<DncMerger> MergerTree::net_at(Merger node) const
{
    const auto owner = net_at_[node.value()];
    return owner < 0 ? std::nullopt : std::optional(DncMerger(owner));
}

int MergerTree::nodes_in_use() const
{
    return static_cast<int>(std::count_if(net_at_.begin(), net_at_.end(), [](auto owner) { return owner >= 0; }));
}

namespace {

/// What has gathered on a DNC merger so far.
struct Gathered {
    int sources = 0, width = usable_addresses;
    std::uint8_t kinds = 0;
    std::int64_t population = -1;
    bool generator = false;
};

/// Exhaustive search over at most 864 choices (times leaving blocks out), cut where it cannot get better.
struct Search {
    const std::array<BlockDemand, NeuronBlock::count>& blocks;
    bool one_per_population;
    MergerChoice best;

    void descend(int b, const MergerTree& tree, MergerChoice& choice, const std::array<Gathered, DncMerger::count>& gathered, std::array<int, 6> cost)
    {
        if (cost >= best.cost)
            return;
        if (b == NeuronBlock::count) {
            for (const Gathered& g : gathered)
                if (g.sources > 0 && !g.generator)
                    return;
            cost[5] = tree.nodes_in_use();
            if (cost < best.cost) {
                best = choice;
                best.tree = tree;
                best.cost = cost;
            }
            return;
        }
        const BlockDemand& demand = blocks[b];
        if (demand.sources == 0)
            return descend(b + 1, tree, choice, gathered, cost);
        for (int d = DncMerger::count - 1; d >= 0; --d) {
            const NeuronBlock block(b);
            const DncMerger merger(d);
            const Gathered& before = gathered[d];
            if (before.sources + demand.sources > usable_addresses || !tree.can_join(block, merger) || (before.sources == 0 && tree.in_use(merger)))
                continue;
            const bool other_population = before.sources > 0 && before.population != demand.population;
            if (one_per_population && (other_population || demand.population == -2))
                continue;
            auto next = gathered;
            Gathered& after = next[d];
            after.sources += demand.sources;
            after.width = std::min(before.width, demand.width);
            after.kinds |= demand.kinds;
            after.population = demand.population;
            after.generator = before.generator || tree.generator_works(block);
            auto more = cost;
            if (before.kinds != 0 && demand.kinds != 0)
                more[1] += 2 * std::popcount(after.kinds) - std::popcount(before.kinds) - std::popcount(demand.kinds);
            more[2] += std::max(0, after.sources - after.width) - std::max(0, before.sources - before.width);
            more[3] += before.sources == 0;
            more[4] += other_population;
            auto joined = tree;
            joined.join(block, merger);
            choice.merger[b] = merger;
            descend(b + 1, joined, choice, next, more);
            choice.merger[b].reset();
        }
        cost[0] += demand.sources;
        descend(b + 1, tree, choice, gathered, cost);
    }
};

}   // namespace

MergerChoice choose_mergers(const std::array<BlockDemand, NeuronBlock::count>& blocks, const MergerTree& tree, bool one_per_population)
{
    MergerChoice start{.merger = {}, .tree = tree, .cost = {}};
    Search search{blocks, one_per_population, start};
    search.best.cost.fill(INT_MAX);
    search.descend(0, tree, start, {}, {});
    return search.best;
}

}   // namespace bss
