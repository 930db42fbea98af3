/// Coordinates of everything on a BrainScaleS-1 wafer as types that cannot be mixed up, with their geometry (hardware.md §1-4).
///
/// Every coordinate is a flat index in the order of halco's enum. x grows east, y grows south.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace bss {

/// A checked index 0..N-1 of one kind of thing; constructing one outside the range throws std::out_of_range.
template <class Self, int N>
class Index {
public:
    static constexpr int count = N;

    constexpr Index() = default;
    constexpr explicit Index(int value) : value_(static_cast<std::uint16_t>(value))
    {
        if (value < 0 || value >= N)
            throw std::out_of_range("coordinate " + std::to_string(value) + " is not in 0.." + std::to_string(N - 1));
    }
    constexpr int value() const { return value_; }
    constexpr auto operator<=>(const Index&) const = default;

private:
    std::uint16_t value_ = 0;
};

/// All coordinates of a kind, in order: `for (HLine h : all<HLine>())`.
template <class T>
struct AllOf {
    struct Iterator {
        using value_type = T;
        using difference_type = int;
        using iterator_category = std::input_iterator_tag;
        int value = 0;
        constexpr T operator*() const { return T(value); }
        constexpr Iterator& operator++() { ++value; return *this; }
        constexpr Iterator operator++(int) { Iterator old = *this; ++value; return old; }
        constexpr bool operator==(const Iterator&) const = default;
    };
    constexpr Iterator begin() const { return {0}; }
    constexpr Iterator end() const { return {T::count}; }
    constexpr int size() const { return T::count; }
};
template <class T>
constexpr AllOf<T> all() { return {}; }

/// Euclidean remainder, never negative (hardware.md §4.2).
constexpr int euclidean_mod(int a, int b) { return ((a % b) + b) % b; }

enum class Side : std::uint8_t { left, right };          ///< of a chip; left is west
enum class Half : std::uint8_t { top, bottom };          ///< of a chip; top is north
enum class Direction : std::uint8_t { north, east, south, west };
inline constexpr std::array directions{Direction::north, Direction::east, Direction::south, Direction::west};
constexpr Direction opposite(Direction d) { return static_cast<Direction>((static_cast<int>(d) + 2) % 4); }

// ---- wafer ---------------------------------------------------------------------------------------------------------

struct Fpga : Index<Fpga, 48> {
    using Index::Index;
    constexpr int wafer_io_board() const { return value() / 12; }   ///< 4 boards of 12 FPGAs (hardware.md §1.1)
};

/// One of the 48 reticles of 4 x 2 HICANNs ("DNC" coordinate), row-major over the populated octagon (hardware.md §1.3).
struct Reticle : Index<Reticle, 48> {
    using Index::Index;
    static std::optional<Reticle> at(int x, int y);
    int x() const;
    int y() const;
    Fpga fpga() const;              ///< hardware.md §1.4
    int power_channel() const;      ///< 1..48, hardware.md §1.5
    int adc_group() const;          ///< 0..5
    int adc_trigger() const;        ///< 0..11
};

/// One of the 384 HICANNs of a wafer, row-major over the populated octagon (hardware.md §1.2).
struct Hicann : Index<Hicann, 384> {
    using Index::Index;
    static std::optional<Hicann> at(int x, int y);
    int x() const;
    int y() const;
    std::optional<Hicann> neighbour(Direction direction) const;     ///< nothing beyond the rim
    Reticle reticle() const;
    int position_in_reticle() const;                                ///< 0..7, row-major in the 4 x 2
    int link() const;                                               ///< high-speed link 0..7 within the reticle
};

/// A HICANN of one of the wafers of a run; `wafer` counts the wafers of the run from 0 (not the manufactured id).
struct Chip {
    std::uint16_t wafer = 0;
    Hicann hicann;
    constexpr auto operator<=>(const Chip&) const = default;
};

// ---- neurons -------------------------------------------------------------------------------------------------------

struct NeuronBlock : Index<NeuronBlock, 8> { using Index::Index; };     ///< 32 columns, 64 denmems (hardware.md §2.1)
struct Quad : Index<Quad, 128> { using Index::Index; };                 ///< 2 x 2 denmems
struct FgBlock : Index<FgBlock, 4> { using Index::Index; };             ///< 0 top-left, 1 top-right, 2 bottom-left, 3 bottom-right
struct Column : Index<Column, 256> {
    using Index::Index;
    constexpr bool odd() const { return value() % 2 == 1; }
};

/// One of the 512 membrane circuits of a HICANN: enum = 256 y + x (hardware.md §2.1).
struct Denmem : Index<Denmem, 512> {
    using Index::Index;
    constexpr Denmem(Column x, Half y) : Index(256 * static_cast<int>(y) + x.value()) {}
    constexpr int x() const { return value() % 256; }
    constexpr Column column() const { return Column(x()); }
    constexpr Half half() const { return value() < 256 ? Half::top : Half::bottom; }
    constexpr Quad quad() const { return Quad(x() / 2); }
    constexpr int position_in_quad() const { return 2 * static_cast<int>(half()) + x() % 2; }
    constexpr NeuronBlock block() const { return NeuronBlock(x() / 32); }
    /// Block that holds the denmem's own parameters: by location.
    constexpr FgBlock fg_block() const { return FgBlock(2 * static_cast<int>(half()) + x() / 128); }
    /// Column 1..128 within its own block; right blocks are mirrored (hardware.md §6.1).
    constexpr int fg_column() const { return x() < 128 ? 1 + x() : 1 + 127 - (x() - 128); }
    /// Block that gives V_reset, I_breset, the current stimulus and the multiplexer line: by position in the quad (hardware.md §2.1).
    constexpr FgBlock shared_fg_block() const { return FgBlock(position_in_quad()); }
};

// ---- synapses ------------------------------------------------------------------------------------------------------

/// Synapse driver = its line 0..223; two rows each (hardware.md §3.1).
struct SynapseDriver : Index<SynapseDriver, 224> {
    using Index::Index;
    constexpr Half half() const { return value() < 112 ? Half::top : Half::bottom; }
    /// Top half: even line right, odd left; bottom half: even left, odd right.
    constexpr Side side() const { return (value() % 2 == 0) == (half() == Half::top) ? Side::right : Side::left; }
    constexpr int quadrant_index() const { return value() / 2 % 56; }               ///< q, 0..55 within its quadrant
    /// Lines 110-113 do not exist on HICANN v4 (hardware.md §3.1).
    constexpr bool exists() const { return value() < 110 || value() > 113; }
    /// Geometric quadrant's block, which gives V_gmax and the STP voltages.
    constexpr FgBlock fg_block() const { return FgBlock(2 * static_cast<int>(half()) + static_cast<int>(side())); }
    /// Next driver of the same side and half towards the outer end of a chain: up in the top half, down in the bottom half (hardware.md §3.3).
    constexpr std::optional<SynapseDriver> outward() const { return step(half() == Half::top ? -2 : 2); }
    constexpr std::optional<SynapseDriver> inward() const { return step(half() == Half::top ? 2 : -2); }

private:
    constexpr std::optional<SynapseDriver> step(int lines) const
    {
        const int line = value() + lines;
        if (line < 0 || line >= count || (line < 112) != (value() < 112))
            return std::nullopt;
        return SynapseDriver(line);
    }
};

struct SynapseRow : Index<SynapseRow, 448> {
    using Index::Index;
    constexpr SynapseRow(SynapseDriver driver, int which) : Index(2 * driver.value() + which) {}   ///< which: 0 top, 1 bottom row of the driver
    constexpr SynapseDriver driver() const { return SynapseDriver(value() / 2); }
    constexpr int which() const { return value() % 2; }
    constexpr Half half() const { return value() < 224 ? Half::top : Half::bottom; }
    constexpr Denmem denmem(Column column) const { return Denmem(column, half()); }                ///< rule Y1
    constexpr bool exists() const { return driver().exists(); }
};

enum class SynapticInput : std::uint8_t { excitatory, inhibitory };     ///< left = x = excitatory, right = i = inhibitory (hardware.md §3.3)

/// 6-bit Layer-1 address = 2 bits matched in the driver, 4 in the synapse (hardware.md §3.2).
struct L1Address : Index<L1Address, 64> {
    using Index::Index;
    constexpr int driver_decoder() const { return value() >> 4; }
    constexpr int synapse_decoder() const { return value() & 15; }
    /// 59 of 64: not 0 (it locks the repeaters), nor those that fire synapses parked on decoder 1 (rules A2, A3).
    constexpr bool usable() const { return value() != 0 && synapse_decoder() != 1; }
};
inline constexpr int usable_addresses = 59;
inline constexpr int parked_decoder = 1;                                ///< decoder of an unused synapse

// ---- Layer 1 -------------------------------------------------------------------------------------------------------

struct HLine;
struct VLine;

/// Merger at the root of a bus tree; also the Gbit channel of the same number (hardware.md §4.4).
struct DncMerger : Index<DncMerger, 8> {
    using Index::Index;
    HLine sending_line() const;                                         ///< merger d feeds sending repeater 7 - d on line 8 (7 - d) + 6
};

/// Horizontal line 0..63 of one HICANN (hardware.md §4.1-4.3).
struct HLine : Index<HLine, 64> {
    using Index::Index;
    constexpr HLine neighbour(Direction d) const                        ///< east or west (rule B5)
    {
        return HLine(euclidean_mod(value() + (d == Direction::east ? 2 : -2), count));
    }
    std::array<VLine, 8> crossings() const;                             ///< 4 on the left, then 4 on the right (rule B3)
    constexpr Side repeater_side() const { return value() % 2 == 0 ? Side::left : Side::right; }    ///< rule B6
    constexpr std::optional<DncMerger> sender() const                   ///< merger whose sending repeater sits on this line
    {
        return value() % 8 == 6 ? std::optional(DncMerger(7 - value() / 8)) : std::nullopt;
    }
};

/// Vertical line 0..255 of one HICANN: 0..127 on the left.
struct VLine : Index<VLine, 256> {
    using Index::Index;
    constexpr Side side() const { return value() < 128 ? Side::left : Side::right; }
    constexpr VLine neighbour(Direction d) const                        ///< north or south (rule B5)
    {
        const int sign = (d == Direction::north) == (side() == Side::left) ? 2 : -2;
        const int base = side() == Side::left ? 0 : 128;
        return VLine(base + euclidean_mod(value() - base + sign, 128));
    }
    constexpr std::array<HLine, 2> crossings() const                    ///< hardware.md §4.1
    {
        const int h = side() == Side::left ? 2 * euclidean_mod(63 - value(), 32) : 2 * (value() % 32);
        return {HLine(h), HLine(h + 1)};
    }
    /// Half of the chip at whose rim the line's repeater sits: left even bottom, left odd top; right the reverse (rule B6).
    constexpr Half repeater_half() const { return (value() % 2 == 0) == (side() == Side::left) ? Half::bottom : Half::top; }
    /// Group 0..7 of local drivers that the line can reach (rule D1); 14 drivers each, 12 in group 7 on v4.
    constexpr int driver_group() const
    {
        const int xm = value() % 32 / 4;
        return side() == Side::left ? xm : 7 - xm;
    }
};

inline HLine DncMerger::sending_line() const { return HLine(8 * (7 - value()) + 6); }

inline std::array<VLine, 8> HLine::crossings() const
{
    std::array<VLine, 8> lines;
    for (int k = 0; k < 4; ++k) {
        lines[k] = VLine(31 - value() / 2 + 32 * k);
        lines[4 + k] = VLine(128 + value() / 2 + 32 * k);
    }
    return lines;
}

/// One of the 512 crossbar switches of a HICANN: index = 8 h + position in HLine::crossings().
struct CrossbarSwitch : Index<CrossbarSwitch, 512> {
    using Index::Index;
    static std::optional<CrossbarSwitch> at(HLine h, VLine v);          ///< nothing where the lines do not cross (rule B3)
    HLine h() const { return HLine(value() / 8); }
    VLine v() const { return h().crossings()[value() % 8]; }
};

/// A row of 16 synapse switches: one a side and driver line (rule S2). index = 224 side + line.
struct SwitchRow : Index<SwitchRow, 448> {
    using Index::Index;
    constexpr SwitchRow(Side side, SynapseDriver line) : Index(224 * static_cast<int>(side) + line.value()) {}
    constexpr Side side() const { return value() < 224 ? Side::left : Side::right; }
    constexpr SynapseDriver line() const { return SynapseDriver(value() % 224); }
    constexpr bool local() const { return side() == line().side(); }    ///< feeds this chip's driver; otherwise the neighbour's on `side`
};

/// One of the 7168 synapse switches of a HICANN (rule S1): index = 16 row + position.
struct SynapseSwitch : Index<SynapseSwitch, 7168> {
    using Index::Index;
    static std::optional<SynapseSwitch> at(VLine v, SynapseDriver line);    ///< nothing where rule S1 has no switch
    SwitchRow row() const { return SwitchRow(value() / 16); }
    SynapseDriver line() const { return row().line(); }
    VLine v() const;
};

/// Chip whose driver a switch row feeds; nothing if it lies beyond the rim (rules S2, S6). The driver has the row's line number.
std::optional<Hicann> fed_chip(Hicann hicann, SwitchRow row);

struct RepeaterBlock : Index<RepeaterBlock, 6> { using Index::Index; }; ///< 0 V top left, 1 V top right, 2 H left, 3 H right, 4 V bottom left, 5 V bottom right (64, 64, 32, 32, 64, 64 repeaters)
RepeaterBlock repeater_block(HLine h);
RepeaterBlock repeater_block(VLine v);
constexpr int test_port(HLine h) { return std::array{1, 1, 0, 0}[h.value() % 4]; }                                   // rule B7
constexpr int test_port(VLine v) { return 1 - ((v.side() == Side::left ? v.value() : 383 - v.value()) / 2) % 2; }    // rule B7

struct BackgroundGenerator : Index<BackgroundGenerator, 8> { using Index::Index; };

/// Node of the merger tree (rule M1): level 0 has 8, 1 has 4, 2 has 2, 3 has 1. index counts level by level.
struct Merger : Index<Merger, 15> {
    using Index::Index;
    static constexpr Merger at(int level, int position) { return Merger(16 - (16 >> level) + position); }
    constexpr int level() const { return value() < 8 ? 0 : value() < 12 ? 1 : value() < 14 ? 2 : 3; }
    constexpr int position() const { return value() - at(level(), 0).value(); }
    /// Left and right input; only for levels 1..3 (level 0 joins background generator and neuron block of its number).
    constexpr std::array<Merger, 2> inputs() const { return {at(level() - 1, 2 * position()), at(level() - 1, 2 * position() + 1)}; }
};
/// Merger on the right input of a DNC merger (rule M1).
constexpr Merger tree_input(DncMerger d)
{
    constexpr std::array inputs{Merger::at(0, 0), Merger::at(1, 0), Merger::at(0, 2), Merger::at(3, 0), Merger::at(0, 4), Merger::at(2, 1), Merger::at(1, 3), Merger::at(0, 7)};
    return inputs[d.value()];
}

}   // namespace bss

template <class T>
    requires requires(const T& t) { { t.value() } -> std::same_as<int>; T::count; }
struct std::hash<T> {
    std::size_t operator()(const T& t) const noexcept { return static_cast<std::size_t>(t.value()); }
};
