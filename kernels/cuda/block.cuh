/// What the threads of a block share while a kernel runs, and small tools for all of them.
#pragma once

#include "layout.hpp"

namespace bss::cuda {

struct Block {
    Machine machine;                                ///< by which threads find everything else
    std::uint32_t window, first_window, end_window; ///< at hand, and those of the launch
    bool more;                                      ///< there is a window at hand
    std::int64_t first_step;                        ///< of the window
    int steps;                                      ///< of the window
    std::uint32_t busy;                             ///< steps of the window in which something happens beside the integration, bit by bit
    std::uint32_t arrivals_in, samples, current_changes;    ///< the same, each by itself
    std::uint32_t arrivals_before[most_window_steps + 1];   ///< [step of the window]
    bool prepares, sends;                           ///< there is something to do before and after the steps whether a membrane crosses or not
    std::uint32_t crossings, passing, held;
    std::uint32_t first_record;
    std::uint32_t row_events, synaptic_events;      ///< of the window
    bool stop;
    ChipCounters counters;                          ///< since the launch
    // What changes from step to step. Threads have it in registers from one thing that happens beside the integration to the next.
    float4 denmem[threads];                         ///< g of both inputs, w, carry
    float4 membrane[threads];                       ///< v, lift, refractory, current
};

/// Functions with barriers are all inlined: lanes of a warp that run ahead of others into a call would wait there alone (an emulator's schedules do that).
__device__ inline unsigned char* shared_memory()
{
    extern __shared__ __align__(16) unsigned char memory[];
    return memory;
}
__device__ inline Block& shared_block() { return *reinterpret_cast<Block*>(shared_memory()); }

/// The first step after the window.
__device__ inline std::int64_t end_of_window(const Block& block) { return block.first_step + block.steps; }

/// Copies of `from` in order of `less` to `to`; equal ones stay in order. All threads, few elements; a barrier must follow.
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
}

/// Something has no room in this window: the host makes some and has the piece run again.
__device__ inline void does_not_fit(const Block& block, std::uint32_t Room::* what, std::uint32_t needed)
{
    atomicMin(&block.machine.report->failed_window, block.window);
    atomicMax(&(block.machine.report->needed.*what), needed);
}

}   // namespace bss::cuda
