#include "coordinates.hpp"

namespace bss {
namespace {

// Populated octagon, rows from the north: width of a row of HICANNs (hardware.md §1.2) and of reticles (§1.3); rows are centred.
constexpr std::array hicann_row_width{12, 12, 20, 20, 28, 28, 36, 36, 36, 36, 28, 28, 20, 20, 12, 12};
constexpr std::array reticle_row_width{3, 5, 7, 9, 9, 7, 5, 3};

struct Position {
    std::int8_t x, y;
};

template <int N, std::size_t Rows>
constexpr std::array<Position, N> octagon(const std::array<int, Rows>& widths, int full_width)
{
    std::array<Position, N> positions{};
    int k = 0;
    for (int y = 0; y < static_cast<int>(Rows); ++y)
        for (int x = (full_width - widths[y]) / 2; x < (full_width + widths[y]) / 2; ++x)
            positions[k++] = {static_cast<std::int8_t>(x), static_cast<std::int8_t>(y)};
    return positions;
}

template <std::size_t Rows>
std::optional<int> octagon_index(const std::array<int, Rows>& widths, int full_width, int x, int y)
{
    if (y < 0 || y >= static_cast<int>(Rows) || x < (full_width - widths[y]) / 2 || x >= (full_width + widths[y]) / 2)
        return std::nullopt;
    int first = 0;
    for (int row = 0; row < y; ++row)
        first += widths[row];
    return first + x - (full_width - widths[y]) / 2;
}

constexpr auto hicann_positions = octagon<384>(hicann_row_width, 36);
constexpr auto reticle_positions = octagon<48>(reticle_row_width, 9);

// By reticle enum (hardware.md §1.4, §1.5).
constexpr std::array<std::int8_t, 48> reticle_fpga{
    12, 13, 11, 16, 14, 15, 10, 9, 20, 17, 19, 7, 6, 8, 3, 22, 21, 23, 18, 5, 4, 0, 2, 1,
    25, 26, 24, 28, 43, 42, 47, 45, 46, 27, 29, 30, 41, 40, 38, 44, 31, 32, 39, 37, 36, 33, 34, 35};
constexpr std::array<std::int8_t, 48> reticle_power{
    1, 4, 5, 2, 45, 6, 7, 8, 44, 43, 3, 12, 11, 10, 14, 41, 42, 47, 48, 46, 9, 15, 16, 13,
    37, 40, 39, 36, 34, 24, 23, 18, 17, 38, 33, 35, 21, 22, 19, 20, 32, 31, 27, 28, 26, 29, 30, 25};
constexpr std::array<std::int8_t, 48> reticle_adc_group{
    0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 2, 2, 0, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2,
    3, 3, 3, 3, 4, 4, 4, 4, 4, 3, 3, 3, 4, 4, 5, 4, 3, 5, 5, 5, 5, 5, 5, 5};
constexpr std::array<std::int8_t, 48> reticle_adc_trigger{
    5, 5, 6, 4, 5, 5, 6, 6, 3, 4, 4, 7, 7, 6, 8, 3, 3, 3, 4, 7, 7, 8, 8, 8,
    2, 2, 2, 1, 10, 10, 9, 9, 9, 2, 1, 1, 10, 10, 11, 9, 1, 0, 11, 11, 11, 0, 0, 0};

}   // namespace

std::optional<Reticle> Reticle::at(int x, int y)
{
    const auto index = octagon_index(reticle_row_width, 9, x, y);
    return index ? std::optional(Reticle(*index)) : std::nullopt;
}
int Reticle::x() const { return reticle_positions[value()].x; }
int Reticle::y() const { return reticle_positions[value()].y; }
Fpga Reticle::fpga() const { return Fpga(reticle_fpga[value()]); }
int Reticle::power_channel() const { return reticle_power[value()]; }
int Reticle::adc_group() const { return reticle_adc_group[value()]; }
int Reticle::adc_trigger() const { return reticle_adc_trigger[value()]; }

std::optional<Hicann> Hicann::at(int x, int y)
{
    const auto index = octagon_index(hicann_row_width, 36, x, y);
    return index ? std::optional(Hicann(*index)) : std::nullopt;
}
int Hicann::x() const { return hicann_positions[value()].x; }
int Hicann::y() const { return hicann_positions[value()].y; }

std::optional<Hicann> Hicann::neighbour(Direction direction) const
{
    switch (direction) {
    case Direction::north: return at(x(), y() - 1);
    case Direction::east: return at(x() + 1, y());
    case Direction::south: return at(x(), y() + 1);
    case Direction::west: return at(x() - 1, y());
    }
    return std::nullopt;
}
Reticle Hicann::reticle() const { return *Reticle::at(x() / 4, y() / 2); }
int Hicann::position_in_reticle() const { return y() % 2 * 4 + x() % 4; }
int Hicann::link() const { return 2 * (x() % 4) + y() % 2; }

std::optional<CrossbarSwitch> CrossbarSwitch::at(HLine h, VLine v)
{
    const int position = v.value() / 32;
    return h.crossings()[position] == v ? std::optional(CrossbarSwitch(8 * h.value() + position)) : std::nullopt;
}

namespace {
/// (v % 32) / 4 of the V lines that a switch row can be joined to (rule S1).
int switch_column_group(SwitchRow row)
{
    const int ym = row.line().value() % 16 / 2;
    const bool straight = (row.side() == Side::left) == (row.line().half() == Half::top);
    return straight ? ym : 7 - ym;
}
}   // namespace

std::optional<SynapseSwitch> SynapseSwitch::at(VLine v, SynapseDriver line)
{
    const SwitchRow row(v.side(), line);
    if (v.value() % 32 / 4 != switch_column_group(row))
        return std::nullopt;
    return SynapseSwitch(16 * row.value() + 4 * (v.value() % 128 / 32) + v.value() % 4);
}

VLine SynapseSwitch::v() const
{
    const int position = value() % 16;
    return VLine((row().side() == Side::left ? 0 : 128) + 32 * (position / 4) + 4 * switch_column_group(row()) + position % 4);
}

std::optional<Hicann> fed_chip(Hicann hicann, SwitchRow row)
{
    if (row.local())
        return hicann;
    return hicann.neighbour(row.side() == Side::left ? Direction::west : Direction::east);
}

RepeaterBlock repeater_block(HLine h) { return RepeaterBlock(h.repeater_side() == Side::left ? 2 : 3); }
RepeaterBlock repeater_block(VLine v) { return RepeaterBlock(4 * static_cast<int>(v.repeater_half()) + static_cast<int>(v.side())); }

}   // namespace bss
