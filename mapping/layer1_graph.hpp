/// The bus lines of one wafer as a graph: what can be joined to what, defects taken out (rules B3, B5, B6, B10, X8 of mapping.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "wafer/coordinates.hpp"
#include "wafer/defects.hpp"

namespace bss {

/// One line of one HICANN as a number.
struct Bus {
    static constexpr int per_hicann = HLine::count + VLine::count;
    static constexpr int count = Hicann::count * per_hicann;

    std::int32_t index = -1;
    Bus() = default;
    explicit Bus(std::int32_t i) : index(i) {}
    Bus(Hicann hicann, HLine h) : index(hicann.value() * per_hicann + h.value()) {}
    Bus(Hicann hicann, VLine v) : index(hicann.value() * per_hicann + HLine::count + v.value()) {}

    Hicann hicann() const { return Hicann(index / per_hicann); }
    bool vertical() const { return index % per_hicann >= HLine::count; }
    HLine h() const { return HLine(index % per_hicann); }
    VLine v() const { return VLine(index % per_hicann - HLine::count); }
};

/// A way from one bus to another: a crossbar switch of their chip, or the repeater at the border between them.
struct BusEdge {
    std::int32_t to = -1;
    std::int16_t crossbar = -1;         ///< index of the crossbar switch; -1: a repeater
};

class Layer1Graph {
public:
    /// @param allowed  chips that may be crossed
    Layer1Graph(const Defects& defects, const std::bitset<Hicann::count>& allowed);

    std::span<const BusEdge> edges(std::int32_t bus) const { return {edges_.data() + begin_[bus], edges_.data() + begin_[bus + 1]}; }
    bool usable(std::int32_t bus) const { return usable_[bus]; }

private:
    std::vector<std::uint32_t> begin_;
    std::vector<BusEdge> edges_;
    std::vector<std::uint8_t> usable_;
};

/// The repeater that joins `from` to the line across a border, and whether it drives its own chip's line when signals go from `from` on (rule B6).
struct BorderRepeater {
    Hicann hicann;
    Bus line;                           ///< whose repeater it is
    bool onto_chip;
};
/// @param to  the line that continues `from` on a neighbouring chip
BorderRepeater border_repeater(Bus from, Bus to);

}   // namespace bss
