// What every engine is made of: the barrier of its threads, and the order of its records.

#include <algorithm>
#include <atomic>
#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/barrier.hpp"
#include "kernels/recording.hpp"
#include "wafer/parallel.hpp"

namespace bss::test {
namespace {

TEST(Barrier, NobodyGoesAheadWithMoreThreadsThanCores)
{
    constexpr int threads = 9, rounds = 400;
    Barrier barrier(threads);
    std::vector<int> round_of(threads);     // plain numbers: what was written before the barrier is seen behind it
    std::atomic<int> wrong = 0;
    on_threads(threads, [&](int thread) {
        for (int round = 1; round <= rounds; ++round) {
            round_of[static_cast<std::size_t>(thread)] = round;
            barrier.wait();
            wrong += static_cast<int>(std::count_if(round_of.begin(), round_of.end(), [&](int of) { return of != round; }));
            barrier.wait();
        }
    });
    EXPECT_EQ(wrong, 0);
}

template <class Spike>
auto key(const Spike& spike)
{
    if constexpr (requires { spike.neuron; })
        return std::tuple(spike.time_s, spike.neuron);
    else
        return std::tuple(spike.time_s, spike.source);
}

template <class Spike>
void expect_sorted(std::vector<Spike> spikes)
{
    std::vector<Spike> expected = spikes;
    std::sort(expected.begin(), expected.end(), [](const Spike& a, const Spike& b) { return key(a) < key(b); });
    sort(spikes);
    EXPECT_TRUE(std::equal(spikes.begin(), spikes.end(), expected.begin(), expected.end(), [](const Spike& a, const Spike& b) { return key(a) == key(b); }));
}

TEST(Records, SpikesAscendByTimeThenSender)
{
    std::mt19937 generator(1);
    for (const std::size_t count : {0, 1, 63, 64, 65, 5000}) {
        std::vector<NeuronSpike> even, bursts, at_once;
        std::vector<SourceSpike> sources;
        for (std::size_t k = 0; k < count; ++k) {
            const std::uint32_t who = static_cast<std::uint32_t>(generator() % 100);
            const double time_s = static_cast<double>(generator() % 1000) * 1e-4;
            even.push_back({who, true, time_s});
            bursts.push_back({who, true, k % 100 == 0 ? 1e3 * time_s : 1e-6 * time_s});
            at_once.push_back({who, true, 0.25});
            sources.push_back({who, time_s});
        }
        expect_sorted(even);
        expect_sorted(bursts);
        expect_sorted(at_once);
        expect_sorted(sources);
    }
}

}   // namespace
}   // namespace bss::test
