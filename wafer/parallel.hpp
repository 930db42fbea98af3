/// Work over several threads with plain std::thread: the thread sanitizer sees all of it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bss {

/// Threads that parallel_for uses; 0 or less: all cores. Set once by a command's --threads.
void set_threads(int threads);
int threads();

/// Runs work(thread) on `count` threads at once, the caller being thread 0, and waits for all. The first exception is thrown on.
template <class Work>
void on_threads(int count, Work&& work)
{
    std::exception_ptr failure;
    std::mutex failure_lock;
    const auto guarded = [&](int thread) {
        try {
            work(thread);
        } catch (...) {
            const std::lock_guard lock(failure_lock);
            if (!failure)
                failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (int thread = 1; thread < count; ++thread)
            others.emplace_back(guarded, thread);
        guarded(0);
    }
    if (failure)
        std::rethrow_exception(failure);
}

/// True in a thread that already works for a parallel_for: another one inside runs on that thread alone.
inline thread_local bool in_parallel_for = false;

/// Calls body(k) once for every k < n, in any order: each call may write only what belongs to its k. The first exception is thrown on.
/// @param grain  how many neighbouring k a thread takes at a time; fewer than that are not worth a second thread
template <class Body>
void parallel_for(std::size_t n, Body&& body, std::size_t grain = 1)
{
    const std::size_t pieces = (n + grain - 1) / grain;
    const int count = in_parallel_for ? 1 : static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(threads()), pieces));
    if (count <= 1) {
        for (std::size_t k = 0; k < n; ++k)
            body(k);
        return;
    }
    std::atomic<std::size_t> next{0};
    on_threads(count, [&](int) {
        in_parallel_for = true;
        const struct Reset {
            ~Reset() { in_parallel_for = false; }
        } reset;
        for (std::size_t piece; (piece = next.fetch_add(1, std::memory_order_relaxed)) < pieces;)
            for (std::size_t k = piece * grain; k < std::min(n, (piece + 1) * grain); ++k)
                body(k);
    });
}

}   // namespace bss
