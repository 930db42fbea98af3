#include "rows.hpp"

#include <algorithm>
#include <cstring>

namespace bss {
namespace {

// One text, compiled for each instruction set: the attribute of the function into which it is inlined decides what becomes of its vectors.

template <int width>
struct Lanes {
    using Bytes [[gnu::vector_size(width)]] = std::uint8_t;
    using Halfwords [[gnu::vector_size(2 * width)]] = std::uint16_t;
    using Words [[gnu::vector_size(4 * width)]] = std::uint32_t;
    using Masks [[gnu::vector_size(4 * width)]] = std::int32_t;
};

template <int width, bool scaled>
[[gnu::always_inline]] inline int add_row(const RowView& row, std::uint8_t address, std::uint32_t factor, std::int32_t* accumulator)
{
    using L = Lanes<width>;
    const RowView local = row;      // nothing that is written can be part of it
    typename L::Masks answers{};
    const std::uint8_t* all_addresses = local.synapses;
    const std::uint8_t* all_increments = local.synapses + local.group_count * Rows::lanes;
    for (int g = 0; g < local.group_count; ++g)
        for (int lane = 0; lane < Rows::lanes; lane += width) {
            std::int32_t* slots = accumulator + local.groups[g] + lane;
            typename L::Bytes addresses;
            typename L::Halfwords increments;
            typename L::Words sums;
            __builtin_memcpy(&addresses, all_addresses + g * Rows::lanes + lane, sizeof addresses);
            __builtin_memcpy(&increments, all_increments + 2 * (g * Rows::lanes + lane), sizeof increments);
            __builtin_memcpy(&sums, slots, sizeof sums);
            auto added = __builtin_convertvector(increments, typename L::Words);
            if constexpr (scaled)
                added = added * factor >> stp_factor_bits;
            const auto meant = __builtin_convertvector(addresses == address, typename L::Masks);     // all bits or none
            sums += (typename L::Words)meant & added << local.shift;
            answers -= meant;
            __builtin_memcpy(slots, &sums, sizeof sums);
        }
    int count = 0;
    for (int lane = 0; lane < width; ++lane)
        count += answers[lane];
    return count;
}

#define BSS_ROW_KERNELS(name, width, ...)                                                                                                          \
    __VA_ARGS__ int add_##name(const RowView& row, std::uint8_t address, std::int32_t* sums) { return add_row<width, false>(row, address, 0, sums); }      \
    __VA_ARGS__ int add_scaled_##name(const RowView& row, std::uint8_t address, std::uint32_t factor, std::int32_t* sums)                         \
    {                                                                                                                                              \
        return add_row<width, true>(row, address, factor, sums);                                                                                           \
    }

BSS_ROW_KERNELS(avx512, 16, [[gnu::target("arch=x86-64-v4,prefer-vector-width=512")]])
BSS_ROW_KERNELS(avx2, 8, [[gnu::target("arch=x86-64-v3")]])
BSS_ROW_KERNELS(baseline, 4)
#undef BSS_ROW_KERNELS

}   // namespace

RowKernels row_kernels(std::string_view simd)
{
    if (simd == "avx512")
        return {add_avx512, add_scaled_avx512};
    if (simd == "avx2")
        return {add_avx2, add_scaled_avx2};
    return {add_baseline, add_scaled_baseline};
}

Rows::Rows(const ChipProgram& chip, std::span<const int> slots, std::string_view simd)
    : kernels_(row_kernels(simd)), plastic_drivers_(chip.plastic_drivers), states_(chip.plastic_drivers.size())
{
    // A group may hold denmems of both halves where neurons of different shapes meet: it then stands in rows of both.
    std::array<std::vector<std::pair<std::uint32_t, std::uint8_t>>, 2> synapses;    // [half] (slot, column)
    for (std::size_t k = 0; k < slots.size(); ++k) {
        const int half = static_cast<int>(chip.denmems[k].half());
        groups_[half].push_back(static_cast<std::uint32_t>(slots[k] / lanes * lanes));
        synapses[half].emplace_back(slots[k], chip.denmems[k].x());
    }
    std::array<std::vector<std::uint32_t>, 2> positions;                            // [half] of each synapse within a row
    for (const int half : {0, 1}) {
        auto& groups = groups_[half];
        std::sort(groups.begin(), groups.end());
        groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
        for (const auto& [slot, column] : synapses[half]) {
            const auto group = std::lower_bound(groups.begin(), groups.end(), slot / lanes * lanes) - groups.begin();
            positions[half].push_back(static_cast<std::uint32_t>(group * lanes + slot % lanes));
        }
    }

    constexpr std::size_t synapse_bytes = sizeof(std::uint8_t) + sizeof(std::uint16_t);
    std::size_t size = 0;
    for (const RowProgram& row : chip.rows)
        size += groups_[static_cast<int>(row.row.half())].size() * lanes * synapse_bytes;
    synapses_.resize(size);
    rows_.reserve(chip.rows.size());
    std::uint32_t first = 0;
    for (std::size_t r = 0; r < chip.rows.size(); ++r) {
        const RowProgram& row = chip.rows[r];
        const auto half = static_cast<std::uint8_t>(row.row.half());
        rows_.push_back({first, half, row.input, row.shift, row.plastic_driver});
        const std::size_t length = groups_[half].size() * lanes;
        std::uint8_t* addresses = synapses_.data() + first;
        std::fill_n(addresses, length, deaf_synapse);
        for (std::size_t k = 0; k < positions[half].size(); ++k) {
            const std::size_t from = r * Column::count + synapses[half][k].second;
            addresses[positions[half][k]] = chip.addresses[from];
            std::memcpy(addresses + length + sizeof(std::uint16_t) * positions[half][k], &chip.increments[from], sizeof(std::uint16_t));
        }
        first += static_cast<std::uint32_t>(length * synapse_bytes);
    }
}

RowView Rows::view(const Row& row) const { return {synapses_.data() + row.first, groups_[row.half].data(), static_cast<int>(groups_[row.half].size()), row.shift}; }

void Rows::deliver(std::span<const std::uint16_t> rows, L1Address address, double time_s, const std::array<std::int32_t*, 2>& inputs)
{
    const auto wanted = static_cast<std::uint8_t>(address.value());
    int driver = -1;
    std::uint32_t factor = 0;
    row_events_ += static_cast<std::int64_t>(rows.size());
    for (const std::uint16_t index : rows) {
        const Row& row = rows_[index];
        if (row.plastic_driver < 0) {
            synaptic_events_ += kernels_.add(view(row), wanted, inputs[row.input]);
            continue;
        }
        if (row.plastic_driver != driver) {
            driver = row.plastic_driver;
            factor = stp_event(states_[driver][wanted], plastic_drivers_[driver], time_s);
        }
        synaptic_events_ += kernels_.add_scaled(view(row), wanted, factor, inputs[row.input]);
    }
}

void Rows::prefetch(std::uint16_t row) const
{
    constexpr int cache_line = 64;
    const RowView v = view(rows_[row]);
    for (int byte = 0; byte < v.group_count * lanes * 3; byte += cache_line)
        __builtin_prefetch(v.synapses + byte);
}

}   // namespace bss
