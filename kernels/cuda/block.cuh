/// What the threads of a block share while a kernel runs, and small tools for all of them.
#pragma once

#include <cub/block/block_scan.cuh>

#include "layout.hpp"

namespace bss::cuda {

/// Row events of a half of the chip that are at hand; at least the 448 rows that one event can reach there, both inputs counted.
inline constexpr std::uint32_t rows_at_once = 448;

/// A row that asks its synapses. `what`: row of the chip (16 bits), shift (5 bits from 8 on), plastic (bit 7), input (bit 6), address.
struct RowEvent {
    std::uint32_t what;
    std::uint32_t factor;                           ///< of a plastic row
};

using Scan = cub::BlockScan<std::uint64_t, threads, cub::BLOCK_SCAN_WARP_SCANS>;

struct Block {
    Machine machine;                                ///< by which threads find everything else
    union {
        float terms[6][threads];                    ///< of denmems, for their membranes
        struct {
            double w[threads];
            float g[2][threads];
        } parts;                                    ///< of denmems, for traces
        struct {
            double times_s[threads];                ///< for plastic drivers
            std::uint32_t rows_after[threads];      ///< row events so far: of the upper half, of the lower half
        } at_hand;                                  ///< [arrival at hand]
    };
    float v[threads], lift[threads], w[threads];
    std::int32_t arrived[2][threads];               ///< what acts on a denmem in this step, in quanta
    std::uint32_t noise_words[4][threads];
    float noise[threads];
    float leak[2][threads];                         ///< leak_per_end, leak_strength; without limits g_leak
    float per_quantum[2][threads], limit_scale[2][threads];     ///< per_quantum: with limits limit_share

    RowEvent row_events[2][rows_at_once];           ///< [half]
    std::uint32_t row_events_until[2][most_window_steps];   ///< [half][step of the window]
    std::uint32_t arrivals_before[most_window_steps + 1];   ///< [step of the window]
    std::uint32_t next_arrival;                     ///< the first that is not among the row events at hand
    Scan::TempStorage scan;

    std::uint32_t arrivals_in, samples, current_changes;    ///< steps of the window that have some, bit by bit
    std::int64_t first_step;                        ///< of the window
    std::uint32_t crossings, passing, held;
    std::uint32_t first_record;
    bool stop;
    ChipCounters counters;                          ///< since the launch
};

/// Functions with barriers are all inlined: lanes of a warp that run ahead of others into a call would wait there alone (an emulator's schedules do that).
__device__ inline Block& shared_block()
{
    extern __shared__ __align__(16) unsigned char memory[];
    return *reinterpret_cast<Block*>(memory);
}

/// Copies of `from` in order of `less` to `to`; equal ones stay in order. All threads, few elements.
template <class T, class Less>
__device__ void sort_few(const T* from, T* to, std::uint32_t count, Less less)
{
    for (std::uint32_t i = threadIdx.x; i < count; i += threads) {
        const T one = from[i];
        std::uint32_t rank = 0;
        for (std::uint32_t j = 0; j < count; ++j)
            rank += less(from[j], one) || (j < i && !less(one, from[j]));
        to[rank] = one;
    }
    __syncthreads();
}

/// Something has no room in this window: the host makes some and has the piece run again.
__device__ inline void does_not_fit(const Machine& m, std::uint32_t window, std::uint32_t Room::* what, std::uint32_t needed)
{
    atomicMin(&m.report->failed_window, window);
    atomicMax(&(m.report->needed.*what), needed);
}

}   // namespace bss::cuda
