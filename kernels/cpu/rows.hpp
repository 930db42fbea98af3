/// Synapse rows of one chip on a CPU: an event asks every synapse of a row whether it means it, and those that say yes add their increments.
///
/// The synapses stand in the order of Membranes' slots, in groups of 16, so that increments go straight into its accumulators. A row holds
/// only groups with a denmem of its half: 256 bytes of addresses on a full chip, less on one that is partly used.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/model/short_term_plasticity.hpp"
#include "kernels/program.hpp"

namespace bss {

/// The row that an event acts on, as plain pointers.
struct RowView {
    const std::uint8_t* synapses;           ///< [group][16] addresses of a byte, then [group][16] increments of two
    const std::uint32_t* groups;            ///< first slot of each group
    int group_count;
    int shift;
};

/// acc[slot] += increment << shift for all synapses whose address fits. Same sums on every instruction set. @return how many these are
using AddRow = int (*)(const RowView& row, std::uint8_t address, std::int32_t* accumulator);
/// The same with (increment * factor) >> stp_factor_bits in place of the increment.
using AddScaledRow = int (*)(const RowView& row, std::uint8_t address, std::uint32_t factor, std::int32_t* accumulator);
struct RowKernels {
    AddRow add;
    AddScaledRow add_scaled;
};
/// @param simd  "avx512", "avx2" or "baseline"
RowKernels row_kernels(std::string_view simd);

class Rows {
public:
    static constexpr int lanes = 16;

    /// @param slots  Membranes' slot of each of the chip's denmems, parallel to ChipProgram::denmems
    Rows(const ChipProgram& chip, std::span<const int> slots, std::string_view simd);

    /// An event with this address acts on some rows (indices into ChipProgram::rows); rows of a driver stand together. Events must come in order of time.
    /// @param inputs  Membranes' accumulators of both synaptic inputs
    void deliver(std::span<const std::uint16_t> rows, L1Address address, double time_s, const std::array<std::int32_t*, 2>& inputs);

    /// Starts loading a row that will be wanted soon.
    void prefetch(std::uint16_t row) const;
    std::int64_t row_events() const { return row_events_; }
    std::int64_t synaptic_events() const { return synaptic_events_; }
    std::size_t bytes() const { return synapses_.size(); }

private:
    struct Row {
        std::uint32_t first = 0;            ///< byte at which its synapses begin
        std::uint8_t half = 0, input = 0, shift = 0;
        std::int16_t plastic_driver = -1;
    };
    RowView view(const Row& row) const;

    RowKernels kernels_;
    std::array<std::vector<std::uint32_t>, 2> groups_;     ///< [Half] first slots of the groups with a denmem of that half
    std::vector<Row> rows_;
    std::vector<std::uint8_t> synapses_;    ///< [row] as RowView has them
    std::vector<StpCircuit> plastic_drivers_;
    std::vector<std::array<StpState, L1Address::count>> states_;    ///< [plastic driver][address]
    std::int64_t row_events_ = 0, synaptic_events_ = 0;
};

}   // namespace bss
