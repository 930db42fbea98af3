/// The merger tree of one chip: which neuron blocks meet on which DNC merger (hardware.md §4.4, rules M1-M6).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wafer/defects.hpp"

namespace bss {

/// Parent of a node of the tree; nothing above the root.
constexpr std::optional<Merger> parent(Merger node)
{
    return node.level() == 3 ? std::nullopt : std::optional(Merger::at(node.level() + 1, node.position() / 2));
}
/// Whether events of a block can climb to a DNC merger.
constexpr bool reaches(NeuronBlock block, DncMerger merger)
{
    const Merger root = tree_input(merger);
    return block.value() >> root.level() == root.position();
}

/// Who passes through each node of a chip's tree. Every node carries the events of one net at most: that makes the outputs of the tree
/// exactly the blocks that were joined, whatever else is joined elsewhere.
class MergerTree {
public:
    explicit MergerTree(const HicannDefects& defects);

    /// Whether `block` can be merged onto `merger`, given what was joined before.
    bool can_join(NeuronBlock block, DncMerger merger) const;
    void join(NeuronBlock block, DncMerger merger);
    /// Whether nothing is defective.
    bool whole() const { return whole_; }
    bool joined(NeuronBlock block) const { return net_at_[Merger::at(0, block.value()).value()] >= 0; }
    bool in_use(DncMerger merger) const { return used_[merger.value()]; }
    bool generator_works(NeuronBlock block) const { return generators_[block.value()]; }
    std::optional<DncMerger> net_at(Merger node) const;
    int nodes_in_use() const;

private:
    static constexpr std::int8_t free = -1, defective = -2;
    std::array<std::int8_t, Merger::count> net_at_;
    std::array<bool, DncMerger::count> sound_{}, used_{};
    std::array<bool, NeuronBlock::count> generators_{};
    bool whole_ = true;
};

/// What one neuron block brings.
struct BlockDemand {
    int sources = 0;                    ///< neurons that want an address; 0: the block takes no part
    std::uint8_t kinds = 0;             ///< bit set of source kinds (demand.hpp)
    std::int64_t population = -1;       ///< of its sources; -2: several
    int width = usable_addresses;       ///< most sources that a net of theirs should have
};

struct MergerChoice {
    std::array<std::optional<DncMerger>, NeuronBlock::count> merger;    ///< [block]; nothing for blocks without sources and for those that find no way
    MergerTree tree;
    /// What it costs, most important first: sources without a way, kinds mixed on a net, sources beyond the nets' widths, nets, populations mixed, nodes taken.
    std::array<int, 6> cost{};
};

/// The cheapest legal choice: at most 59 sources a net, one working background generator for each.
MergerChoice choose_mergers(const std::array<BlockDemand, NeuronBlock::count>& blocks, const MergerTree& tree, bool one_per_population);

}   // namespace bss
