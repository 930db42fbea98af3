/// Where the threads of a run meet once a window.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bss {

/// Who waits long gives its core away: on a machine that does something else beside us, a thread that only spins takes the core from the very
/// thread that is waited for (measured with OpenMP's barrier: 7 times slower).
class Barrier {
public:
    explicit Barrier(int threads) : threads_(threads) {}

    /// Returns when all threads have called it; what they wrote before is visible then.
    void wait()
    {
        const std::uint32_t round = round_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        for (int k = 0; round_.load(std::memory_order_acquire) == round; ++k) {
            if (k < spins)
                pause();
            else
                std::this_thread::yield();
        }
    }

private:
    static void pause()
    {
#if defined(__x86_64__)
        _mm_pause();
#endif
    }

    static constexpr int spins = 500;       // some 10 µs
    const int threads_;
    alignas(64) std::atomic<int> arrived_ = 0;
    alignas(64) std::atomic<std::uint32_t> round_ = 0;
};

}   // namespace bss
