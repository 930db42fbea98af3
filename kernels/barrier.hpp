/// Where the threads of a run meet once a window.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bss {

/// Who waits long gives its core away: on a machine that does something else beside us, a thread that only spins takes the core from the very
/// thread that is waited for (measured with OpenMP's barrier: 7 times slower). If somebody took the core, the thread sleeps the next time: the scheduler gives who
/// wakes up a free core, but leaves threads that only yield to each other on the same one (measured: for 100 ms and more, windows 10 times slower).
class Barrier {
public:
    explicit Barrier(int threads) : threads_(threads) {}

    /// Returns when all threads have called it; what they wrote before is visible then.
    void wait()
    {
        const std::uint32_t round = round_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1);
            if (sleeping_.load() != 0) {
                const std::lock_guard lock(mutex_);
                woken_.notify_all();
            }
            return;
        }
        thread_local bool crowded = false;
        if (std::exchange(crowded, false)) {
            sleep(round);
            return;
        }
        for (int k = 0; k < spins; ++k) {
            if (round_.load(std::memory_order_acquire) != round)
                return;
            pause();
        }
        while (round_.load(std::memory_order_acquire) == round) {
            const auto begin = std::chrono::steady_clock::now();
            std::this_thread::yield();
            crowded |= std::chrono::steady_clock::now() - begin > lonely_yield;
        }
    }

private:
    /// The last one to arrive either sees that somebody sleeps, or has gone on before that one looks.
    void sleep(std::uint32_t round)
    {
        ++sleeping_;
        std::unique_lock lock(mutex_);
        woken_.wait(lock, [&] { return round_.load() != round; });
        --sleeping_;
    }

    static void pause()
    {
#if defined(__x86_64__)
        _mm_pause();
#endif
    }

    static constexpr int spins = 500;                               // some 10 µs
    static constexpr std::chrono::microseconds lonely_yield{10};    // takes less where nobody else wants the core
    const int threads_;
    alignas(64) std::atomic<int> arrived_ = 0;
    alignas(64) std::atomic<std::uint32_t> round_ = 0;
    std::atomic<int> sleeping_ = 0;
    std::mutex mutex_;
    std::condition_variable woken_;
};

}   // namespace bss
