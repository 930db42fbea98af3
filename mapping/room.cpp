#include "room.hpp"

#include <algorithm>
#include <bit>

namespace bss {
namespace {

constexpr int columns_a_block = Column::count / NeuronBlock::count;

/// Neurons that a sound, empty block holds.
int block_capacity(int size)
{
    return size == 1 ? usable_addresses : columns_a_block / (size / 2);
}

}   // namespace

Room::Room(Chip chip, const HicannDefects& defects, const BlockCounts& usual) : chip(chip), tree(defects)
{
    for (const Denmem d : all<Denmem>())
        if (defects.neurons.test(d.value()))
            mark(d);
    std::array<BlockDemand, NeuronBlock::count> demand;
    for (const NeuronBlock b : all<NeuronBlock>())
        demand[b.value()].sources = usual[b.value()];
    const MergerChoice choice = choose_mergers(demand, tree, false);
    for (const NeuronBlock b : all<NeuronBlock>())
        connected_[b.value()] = choice.merger[b.value()].has_value();
}

std::optional<NeuronSite> Room::take(NeuronBlock block, int size, bool top_row_only)
{
    if (!usable(block) || neurons_[block.value()] >= usable_addresses)
        return std::nullopt;
    const auto& [top, bottom] = taken_[block.value()];
    std::optional<Denmem> first;
    const int x0 = columns_a_block * block.value();
    if (size == 1) {
        if (~top)
            first = Denmem(Column(x0 + std::countr_one(top)), Half::top);
        else if (~bottom && !top_row_only)
            first = Denmem(Column(x0 + std::countr_one(bottom)), Half::bottom);
    } else {
        const std::uint32_t free = ~(top | bottom);
        std::uint32_t gaps = free;                  // bit x: columns x, x + 1, … are free; nothing beyond the block
        for (int k = 1; k < size / 2; ++k)
            gaps &= free >> k;
        if (gaps)
            first = Denmem(Column(x0 + std::countr_zero(gaps)), Half::top);
    }
    if (!first)
        return std::nullopt;
    const NeuronSite site{chip, *first, static_cast<std::uint8_t>(size)};
    for (const Denmem d : denmems_of(site))
        mark(d);
    ++neurons_[block.value()];
    return site;
}

void Room::mark(Denmem d)
{
    taken_[d.block().value()][static_cast<int>(d.half())] |= 1u << d.x() % columns_a_block;
}

BlockCounts block_counts(int size, int width, const Filling& filling)
{
    BlockCounts counts;
    const int most = size == 1 && !filling.dense ? columns_a_block : block_capacity(size);
    counts.fill(most);
    if (filling.dense)
        return counts;
    const double worth = filling.net_width ? 0.6 : 0.9;   // part of the denmems that must be in use for a wide net to be worth it
    int group = NeuronBlock::count;
    while (group > 1 && width < worth * group * most)
        group /= 2;
    const int net = std::min(width, group * most);
    for (int b = 0; b < NeuronBlock::count; ++b)
        counts[b] = net / group + (b % group * (net % group) % group < net % group);
    return counts;
}

}   // namespace bss
