// Queues of Layer 1 and of the links: spacing, buffers, priority, loss; background generators.

#include <gtest/gtest.h>

#include "kernels/background.hpp"
#include "kernels/link.hpp"
#include "wafer/random.hpp"

namespace bss {
namespace {

TEST(Queue, KeepsItsSpacing)
{
    Queue queue(2.0);
    EXPECT_EQ(queue.push(1.0), 1.0);
    EXPECT_EQ(queue.push(1.5), 3.0);
    EXPECT_EQ(queue.push(1.5), 5.0);
    EXPECT_EQ(queue.push(20.0), 20.0);
}

TEST(Queue, LosesWhatFindsTheBufferFull)
{
    auto queue = Queue::with_buffer(0.1, 3);
    int taken = 0;
    for (int k = 0; k < 10; ++k)
        taken += queue.push(1.0).has_value();
    EXPECT_EQ(taken, 4);                                    // one in service, three wait
    EXPECT_FALSE(queue.push(1.05));
    EXPECT_DOUBLE_EQ(queue.push(1.1).value(), 1.4);         // one has left
}

TEST(Queue, WithoutLimitsPassesEverythingAtOnce)
{
    Queue queue;
    for (const double t : {0.0, 0.5, 0.5, 2.0})
        EXPECT_EQ(queue.push(t), t);
}

constexpr double clock_s = 8e-9;

TEST(PriorityEncoder, ServesTheSmallestIndexFirst)
{
    PriorityEncoder encoder(2 * clock_s);
    std::vector<EncodedSpike> served;
    for (const std::uint32_t input : {9u, 5u, 63u, 2u})
        EXPECT_TRUE(encoder.push(static_cast<int>(input), {1e-6, input, 0}, served));
    EXPECT_TRUE(encoder.push(1, {1e-6 + 3 * clock_s, 1, 0}, served));   // overtakes those that wait by then
    encoder.serve(1.0, served);
    ASSERT_EQ(served.size(), 5u);
    const std::uint32_t order[] = {2, 5, 1, 9, 63};
    for (int k = 0; k < 5; ++k) {
        EXPECT_EQ(served[k].neuron, order[k]);
        EXPECT_DOUBLE_EQ(served[k].time_s, 1e-6 + 2 * clock_s * k);
    }
}

TEST(PriorityEncoder, LosesASpikeWhoseNeuronStillWaits)
{
    PriorityEncoder encoder(2 * clock_s);
    std::vector<EncodedSpike> served;
    EXPECT_TRUE(encoder.push(0, {0.0, 0, 0}, served));
    EXPECT_TRUE(encoder.push(7, {0.0, 7, 0}, served));
    EXPECT_FALSE(encoder.push(7, {clock_s, 7, 1}, served));             // 7 waits until 2 clocks
    EXPECT_TRUE(encoder.push(7, {2.5 * clock_s, 7, 2}, served));
    encoder.serve(1.0, served);
    ASSERT_EQ(served.size(), 3u);
    EXPECT_EQ(served[1].number, 0u);
    EXPECT_EQ(served[2].number, 2u);
    EXPECT_DOUBLE_EQ(served[2].time_s, 4 * clock_s);
}

TEST(PriorityEncoder, DoesNotCareWhereTimeIsCut)
{
    std::vector<std::pair<double, int>> spikes;
    double t = 0;
    for (std::uint32_t k = 0; k < 2000; ++k) {
        t += 12e-9 * random_uniform(1, Purpose::test, k, 0, 0);
        spikes.emplace_back(t, static_cast<int>(random_uniform(1, Purpose::test, k, 1, 0) * 64));
    }
    const auto run = [&](double window_s) {
        PriorityEncoder encoder(2 * clock_s);
        std::vector<EncodedSpike> served;
        std::vector<bool> taken;
        std::size_t k = 0;
        for (double end = window_s; k < spikes.size(); end += window_s) {
            for (; k < spikes.size() && spikes[k].first < end; ++k)
                taken.push_back(encoder.push(spikes[k].second, {spikes[k].first, static_cast<std::uint32_t>(spikes[k].second), static_cast<std::uint32_t>(k)}, served));
            encoder.serve(end, served);
        }
        encoder.serve(1.0, served);
        return std::pair(served, taken);
    };
    const auto [once, taken_once] = run(1.0);
    EXPECT_LT(once.size(), spikes.size());                  // overloaded: some are lost
    for (const double window_s : {3e-9, 10e-9, 60e-9, 1e-6}) {
        const auto [served, taken] = run(window_s);
        EXPECT_EQ(taken, taken_once);
        ASSERT_EQ(served.size(), once.size());
        for (std::size_t k = 0; k < once.size(); ++k) {
            EXPECT_EQ(served[k].number, once[k].number);
            EXPECT_EQ(served[k].time_s, once[k].time_s);
        }
    }
}

TEST(BackgroundTrain, RegularEveryPeriodPlusOneClocks)
{
    BackgroundTrain train({true, false, 1, 124, L1Address(5)}, 125e6);
    for (int k = 1; k < 10; ++k, train.pop())
        EXPECT_DOUBLE_EQ(train.next_s(), k * 1e-6);
}

TEST(BackgroundTrain, RandomHasTheMeanIntervalAndRepeats)
{
    constexpr double interval = 64;
    const auto period = static_cast<std::uint16_t>(65535 * (1 - 2 / interval));
    const auto clocks = random_background_clocks(1, period);
    EXPECT_NEAR(65535.0 / clocks.size(), interval, 3);
    BackgroundTrain train({true, true, 1, period, L1Address(5)}, 125e6);
    std::vector<double> times;
    for (std::size_t k = 0; k < 2 * clocks.size(); ++k, train.pop())
        times.push_back(train.next_s());
    for (std::size_t k = 0; k < clocks.size(); ++k)
        EXPECT_NEAR(times[k + clocks.size()] - times[k], 65535 / 125e6, 1e-12);
    EXPECT_NE(random_background_clocks(2, period), clocks);
}

}   // namespace
}   // namespace bss
