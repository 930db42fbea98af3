/// How the membranes of a chip lie in memory, and the door to the step in each instruction set. Plain data: every unit includes this.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace bss {

inline constexpr int lanes = 16;            ///< membranes of a block

/// Sixteen numbers, one a membrane: a cache line.
struct alignas(64) Row {
    float of[lanes];
};

/// What the membranes of a block have.
struct Features {
    bool exponential = false, adaptation = false, limits = false, noise = false;
    auto operator<=>(const Features&) const = default;
};

/// Where a denmem's rows lie: what is always its own, then the other parameters in the order of their use. What a block does not have has no rows: the step reads a block
/// from one end to the other.
struct DenmemRows {
    int g[2] = {};                          ///< conductance in quanta
    int w = 0;                              ///< open: MembraneRows::lift is still to be added
    int carry = 0;                          ///< what rounding has kept from w so far
    int per_quantum[2] = {};                ///< without limits
    int own = 0;                            ///< how many rows that makes
    int e_leak = 0;
    int g_leak = 0;                         ///< without limits
    int leak_per_end = 0, leak_strength = 0;
    int limit_share[2] = {}, limit_scale[2] = {};
    int decay[2] = {}, e_rev[2] = {};
    int slope = 0, intercept = 0;
    int rate = 0, gain = 0;
    int jump = 0;                           ///< read when the membrane fires
    int count = 0;                          ///< of all rows
};
constexpr DenmemRows denmem_rows(bool exponential, bool adaptation, bool limits)
{
    DenmemRows rows;
    int next = 0;
    rows.g[0] = next++;
    rows.g[1] = next++;
    if (adaptation) {
        rows.w = next++;
        rows.carry = next++;
    }
    if (!limits) {
        rows.per_quantum[0] = next++;
        rows.per_quantum[1] = next++;
    }
    rows.own = next;
    rows.e_leak = next++;
    if (limits) {
        rows.leak_per_end = next++;
        rows.leak_strength = next++;
    } else {
        rows.g_leak = next++;
    }
    for (int input = 0; input < 2; ++input) {
        if (limits) {
            rows.limit_share[input] = next++;
            rows.limit_scale[input] = next++;
        }
        rows.decay[input] = next++;
        rows.e_rev[input] = next++;
    }
    if (exponential) {
        rows.slope = next++;
        rows.intercept = next++;
    }
    if (adaptation) {
        rows.rate = next++;
        rows.gain = next++;
        rows.jump = next++;
    }
    rows.count = next;
    return rows;
}

/// A block begins with its membranes' rows; those of its denmems follow, denmem by denmem.
struct MembraneRows {
    Row v;
    Row refractory;                         ///< steps left
    Row lift;                               ///< integral of (v - v at its beginning) over the last step
    Row noise;                              ///< of a noise draw's unit
    Row words[4];                           ///< random bits, of sixteen steps
};
inline constexpr int membrane_rows = sizeof(MembraneRows) / sizeof(Row);

/// What few steps read of a block.
struct alignas(64) RareRows {
    float current[lanes];                   ///< into the membrane
    float v_reset[lanes], tau_refrac[lanes];
    std::uint32_t place[lanes];             ///< address of the noise
    std::uint32_t neuron[lanes];
};

/// Blocks of one kind, one after the other.
struct BlockGroup {
    Features features;
    int denmems = 1;                        ///< of each membrane
    int blocks = 0;
    int first_row = 0;                      ///< of the first block's accumulators; a block has one a denmem
    bool current = false;                   ///< somebody asked for current
    Row* rows = nullptr;
    RareRows* rare = nullptr;               ///< [block]
    const Row* shared = nullptr;            ///< rows of a denmem whose parameters all of them have; only with one denmem a membrane, without limits
    int rows_per_denmem = 0;                ///< its own ones if the others are shared
    int rows_per_block = 0;
    int chunk = 0;                          ///< so many blocks go through a window while they stay in the first-level cache

    MembraneRows& membranes(int block) const { return *reinterpret_cast<MembraneRows*>(rows + static_cast<std::ptrdiff_t>(block) * rows_per_block); }
    Row* denmem(int block, int k) const { return rows + static_cast<std::ptrdiff_t>(block) * rows_per_block + membrane_rows + k * rows_per_denmem; }
    /// The same rows, or those that hold what the denmem does not have for itself.
    const Row* parameters(int block, int k) const { return shared ? shared : denmem(block, k); }
};

/// Accumulators of one denmem of each of a block's membranes: signed integers.
struct alignas(64) QuantaRow {
    std::uint32_t of[lanes];
};

struct LaneSpike {
    std::uint32_t neuron;
    std::uint32_t step;                     ///< of the window
    float fraction;
};

/// Some blocks through some steps.
struct StepArguments {
    const BlockGroup* group;
    int first_block, blocks;
    std::int64_t first_step;
    int steps;
    bool draw;                              ///< the noise words do not belong to the first step yet
    std::uint32_t noise_key[2], wafer, hicann;
    QuantaRow* quanta;                      ///< [step][input][row]; left zero
    std::ptrdiff_t quanta_of_input;         ///< rows
    std::uint64_t filled;                   ///< bit by bit: the steps that have input
    const char* next;                       ///< what will be wanted next
    std::ptrdiff_t next_bytes;
    LaneSpike* spikes;                      ///< room for four a membrane and step
};

/// @return number of spikes
using StepFunction = int(const StepArguments&);
StepFunction step_avx512, step_avx2, step_baseline;

}   // namespace bss
