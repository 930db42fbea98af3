/// Which half-row serves which key: exact counts of what a chain of drivers can realise (mapping.md §1.7, §4.4 C; rules D6-D8).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "incoming.hpp"
#include "wafer/defects.hpp"

namespace bss {

/// Synapses that every target neuron of a chip can have in one row: its columns of each parity, for each input side. [side][parity][neuron], neurons padded.
class RowSlots {
public:
    /// Columns whose denmem lies in that half and has a working synaptic input.
    RowSlots(std::span<const TargetNeuron> neurons, Half half, const HicannDefects& defects);
    /// The same without the defective synapses of a row.
    RowSlots(const RowSlots& whole, std::span<const TargetNeuron> neurons, SynapseRow row, const HicannDefects& defects);

    /// Neurons rounded up so that loops over them need no tail.
    static std::size_t padded(std::size_t neurons) { return (neurons + 31) / 32 * 32; }
    const std::uint8_t* of(int side, int parity) const { return slots_.data() + (2 * side + parity) * stride_; }
    bool operator==(const RowSlots&) const = default;

private:
    std::size_t stride_;
    std::vector<std::uint8_t> slots_;
};

/// Columns of a neuron: [first, last).
struct ColumnRange {
    int first, last;
};
constexpr ColumnRange columns_of(const NeuronSite& site) { return {site.first.x(), site.first.x() + (site.size > 2 ? site.size / 2 : 1)}; }
/// Whether a neuron has denmems in that half: all but single ones have them in both.
constexpr bool reaches(const NeuronSite& site, Half half) { return site.size > 1 || site.first.half() == half; }

/// Keys of the half-rows of one row, [even, odd] columns; none: the half-row serves nobody.
struct RowPlan {
    static constexpr int none = -1;
    std::array<int, 2> key{none, none};
    bool used() const { return key[0] != none || key[1] != none; }
};
struct DriverPlan {
    std::array<RowPlan, 2> rows;
    std::uint32_t gain = 0;         ///< synapses realised by this driver beyond those of the drivers before it
};

/// Hands out the half-rows of one net's drivers on one chip, each to the key for which it realises most of what is still open.
class HalfRowAllocator {
public:
    /// @param demand  synapses by [key][neuron], stride as RowSlots::padded; more than 255 count as 255
    HalfRowAllocator(std::span<const std::uint8_t> demand, int keys, std::size_t stride);

    /// Uses a further driver. @param rows  slots of its two rows; nullptr: the row cannot be used
    DriverPlan add_driver(std::array<const RowSlots*, 2> rows);

private:
    RowPlan add_row(std::uint8_t* open, int stp, const RowSlots& slots, std::uint32_t& gain) const;

    std::size_t stride_;
    int stp_types_;
    std::vector<std::uint8_t> open_, trial_, best_;
};

}   // namespace bss
