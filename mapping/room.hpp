/// The denmems of a chip that are free, and how many neurons its blocks should get.
#pragma once

#include <array>
#include <bitset>
#include <optional>

#include "mergers.hpp"
#include "placement.hpp"

namespace bss {

inline constexpr int denmems_a_block = Denmem::count / NeuronBlock::count;
using BlockCounts = std::array<int, NeuronBlock::count>;

/// The denmems of one chip that are still free.
class Room {
public:
    /// @param usual  neurons that its blocks would have
    Room(Chip chip, const HicannDefects& defects, const BlockCounts& usual);

    /// Blocks without a way to Layer 1 hold no neurons.
    bool usable(NeuronBlock block) const { return connected_[block.value()]; }
    void disconnect(NeuronBlock block) { connected_[block.value()] = false; }
    int neurons(NeuronBlock block) const { return neurons_[block.value()]; }
    bool empty() const { return std::all_of(neurons_.begin(), neurons_.end(), [](int n) { return n == 0; }); }

    /// Places a neuron in the leftmost gap; nothing when there is none.
    std::optional<NeuronSite> take(NeuronBlock block, int size, bool top_row_only = false);

    Chip chip;
    MergerTree tree;

private:
    void mark(Denmem d);

    std::array<std::array<std::uint32_t, 2>, NeuronBlock::count> taken_{};      ///< [block][half], a bit a column
    BlockCounts neurons_{};
    std::bitset<NeuronBlock::count> connected_;
};

/// How generously chips are filled; the first way that fits is taken.
struct Filling {
    int net_width;              ///< 1: as narrow as net_widths() wants them, in blocks that leave room for that; 2: twice that, …; 0: 59 sources
    bool dense;                 ///< every denmem; otherwise only as many neurons as fill whole nets
    bool mixed_blocks;          ///< populations may share a neuron block
    bool free_chips;            ///< leaves chips for sources to enter
    int free_blocks = 0;        ///< leaves blocks of every chip for sources to enter
    bool own_chips = false;     ///< every population starts on a new chip
};

/// Neurons for each block such that blocks of 1, 2, 4 or 8 make up a net of at most `width` (mapping.md §1.1: for 8 denmems 59 of 64, one net a chip).
BlockCounts block_counts(int size, int width, const Filling& filling);

}   // namespace bss
