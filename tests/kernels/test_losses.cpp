// What the links and Layer 1 lose when they are asked for too much, and that nothing is lost when they are off; the trains of sources.

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/sources.hpp"
#include "backends.hpp"
#include "small_wafer.hpp"
#include "wafer/random.hpp"

namespace bss::test {
namespace {

ON_BACKENDS(LinkDown);
ON_BACKENDS(LinkUp);
ON_BACKENDS(Layer1);
ON_BACKENDS(Background);
ON_BACKENDS(Sources);

const Hicann home = *Hicann::at(10, 7);
constexpr DncMerger merger(0);
constexpr double dt = SmallWafer::dt;

struct Result {
    Recording recording;
    Counters counters;
};
Result run(const SmallWafer& wafer, const Stimulus& stimulus, std::int64_t steps, std::vector<TraceRequest> traces = {})
{
    const auto engine = make_engine(wafer.program(std::move(traces)), stimulus, {backend(), 1});
    engine->advance(steps);
    return {engine->take_recording(), engine->counters()};
}

/// A chip that takes input under address 5.
SmallWafer listener(Imperfections imperfections)
{
    SmallWafer wafer(imperfections);
    wafer.open(home, merger, true);
    wafer.connect(wafer.neuron(home, Denmem(0), {}), wafer.lead(home, merger), 5, 1);
    return wafer;
}

TEST_P(LinkDown, TakesWhatItCarriesAndLosesTheRest)
{
    for (const double spacing_s : {100e-9, 41e-9, 20e-9, 10e-9}) {
        std::vector<double> times;
        for (double t = 0; t < 100e-6; t += spacing_s)
            times.push_back(t);
        const Stimulus stimulus{{source(1, times, home, merger, 5)}};
        const auto asked = static_cast<std::int64_t>(times.size());
        const Counters real = run(listener(only({&Imperfections::link_bandwidth})), stimulus, 12000).counters;
        EXPECT_EQ(real.row_events + real.l2_down_lost + real.l2_down_dropped_before_sim, asked);
        if (spacing_s > 40e-9)
            EXPECT_EQ(real.row_events, asked);
        else
            EXPECT_NEAR(real.row_events, 100e-6 / 40e-9 + 16, 3);           // 25 M events/s, and a full buffer
        const Counters ideal = run(listener(no_imperfections()), stimulus, 12000).counters;
        EXPECT_EQ(ideal.row_events, asked);
        EXPECT_EQ(ideal.l2_down_lost + ideal.l2_down_dropped_before_sim, 0);
    }
}

TEST_P(LinkDown, AnFpgaDropsWhatWouldBeLate)
{
    SmallWafer wafer(only({&Imperfections::link_bandwidth}));
    Stimulus stimulus;
    for (int dx = 0; dx < 4; ++dx) {                                        // chips of one reticle
        const Hicann at = *Hicann::at(home.reticle().x() * 4 + dx, home.y());
        ASSERT_EQ(at.reticle(), home.reticle());
        wafer.open(at, merger, true);
        wafer.connect(wafer.neuron(at, Denmem(0), {}), wafer.lead(at, merger), 5, 1);
        std::vector<double> times(10, 1e-6);
        stimulus.sources.push_back(source(dx, times, at, merger, 5));
    }
    const Counters counters = run(wafer, stimulus, 1000).counters;
    // 40 at once, one every 8 ns: those that would wait longer than 96 ns are dropped.
    EXPECT_EQ(counters.l2_down_dropped_before_sim, 40 - 13);
    EXPECT_EQ(counters.row_events, 13);
    EXPECT_EQ(run(wafer, stimulus, 1000).recording.source_spikes.size(), 40u);
}

/// Neurons of one block that all fire at once, periodically, and reach a neuron of another block.
SmallWafer chorus(Imperfections imperfections, int size, bool slow = true)
{
    SmallWafer wafer(imperfections);
    for (int k = 0; k < size; ++k)
        wafer.send(wafer.neuron(home, Denmem(k), {.e_leak_volt = 1.3, .tau_m_s = 2e-6}), 2 + 16 * (k % 4) + k / 4 % 14);
    wafer.open(home, merger, false, slow);
    const SynapseDriver driver = wafer.lead(home, merger);
    wafer.neuron(home, Denmem(100), {});
    wafer.row(home, SynapseRow(driver, 0), 0, 0);
    wafer.synapse(home, SynapseRow(driver, 0), 100, 2, 1);
    return wafer;
}

TEST_P(LinkUp, LosesRecordsButNotEvents)
{
    const SmallWafer wafer = chorus(only({&Imperfections::link_bandwidth}), 32);
    const Result result = run(wafer, {}, 10000);
    std::int64_t recorded = 0;
    const auto fired = static_cast<std::int64_t>(result.recording.spikes.size());
    for (const NeuronSpike& spike : result.recording.spikes)
        recorded += spike.recorded;
    EXPECT_EQ(fired - recorded, result.counters.l2_up_lost);
    EXPECT_EQ(fired % 32, 0);
    EXPECT_EQ(recorded, fired / 32 * 17);                                   // all at once: one in service, 16 wait
    EXPECT_EQ(result.counters.l1_neuron_lost, 0);
    EXPECT_EQ(result.counters.row_events % 8, 0);                           // the 8 that the row hears, each volley
    EXPECT_GT(result.counters.row_events, 0);
    const Result ideal = run(chorus(no_imperfections(), 32), {}, 10000);
    EXPECT_EQ(ideal.recording.spikes.size(), result.recording.spikes.size());
    for (const NeuronSpike& spike : ideal.recording.spikes)
        EXPECT_TRUE(spike.recorded);
}

TEST_P(Layer1, EventsOfOneBlockQueueTwoClocksApart)
{
    SmallWafer wafer(only({&Imperfections::link_bandwidth}));
    std::vector<NeuronPlace> listeners;
    wafer.open(home, merger, false);
    const SynapseDriver driver = wafer.lead(home, merger);
    wafer.row(home, SynapseRow(driver, 0), 0, 0);
    for (int k = 0; k < 12; ++k) {
        wafer.send(wafer.neuron(home, Denmem(k), {.e_leak_volt = 1.3, .tau_m_s = 2e-6}), 2 + k);
        listeners.push_back(wafer.neuron(home, Denmem(100 + k), {}));
        wafer.synapse(home, SynapseRow(driver, 0), 100 + k, 2 + k, 1);
    }
    const Result result = run(wafer, {}, 600, {probe(Variable::gsyn_exc, listeners)});
    const double fired_s = result.recording.spikes.front().time_s;
    for (int k = 0; k < 12; ++k) {
        const auto steps = onsets(result.recording.traces[0], 12, k);
        ASSERT_FALSE(steps.empty());
        EXPECT_EQ(steps[0], std::llround((fired_s + 16e-9 * k + 64.44e-9) / dt));
    }
}

TEST_P(Layer1, ANeuronThatFiresWhileItWaitsLosesTheSpike)
{
    SmallWafer wafer = chorus(only({&Imperfections::link_bandwidth}), 32);
    // Intervals of some 0.4 us, while serving 32 neurons takes 0.5 us.
    for (int k = 0; k < 32; ++k)
        wafer.send(wafer.neuron(home, Denmem(k), {.e_leak_volt = 1.4, .threshold_volt = 0.9, .tau_m_s = 1e-6, .tau_refrac_s = 0.05e-6}), 2 + k % 14);
    const Result result = run(wafer, {}, 5000);
    EXPECT_GT(result.counters.l1_neuron_lost, 100);
    std::int64_t unseen = 0;
    for (const NeuronSpike& spike : result.recording.spikes)
        unseen += !spike.recorded;
    EXPECT_EQ(unseen, result.counters.l1_neuron_lost + result.counters.l2_up_lost);
}

TEST_P(Background, SendsSpikesUnderItsAddress)
{
    SmallWafer wafer;
    wafer.open(home, merger, false);
    wafer.chip(home).mergers[0].mode = MergerMode::left_only;
    wafer.chip(home).background[0] = {true, false, 1, 999, L1Address(5)};   // every 8 us
    const auto target = wafer.neuron(home, Denmem(0), {});
    wafer.connect(target, wafer.lead(home, merger), 5, 1);
    const Result result = run(wafer, {}, 3000, {probe(Variable::gsyn_exc, {target})});
    EXPECT_EQ(onsets(result.recording.traces[0], 1, 0), (std::vector<std::int64_t>{806, 1606, 2406}));
    wafer.chip(home).background[0].address = L1Address(0);
    EXPECT_EQ(run(wafer, {}, 3000).counters.row_events, 0);
}

TEST(Poisson, IntervalsAreExponentialAndIndependent)
{
    std::vector<double> times, others;
    for (std::uint64_t id = 0; id < 20; ++id) {
        const SpikeSource poisson{id, PoissonTrain{2e6, 1e-3, 2e-3}, {}};
        Train train(poisson, 7);
        std::vector<double> of_one;
        for (double end = 0.5e-3; end < 3e-3; end += 0.01e-3)
            train.take(end, of_one);
        EXPECT_NEAR(of_one.size(), 2000.0, 5 * std::sqrt(2000.0));
        EXPECT_GT(of_one.front(), 1e-3);
        EXPECT_LT(of_one.back(), 2e-3);
        EXPECT_NE(of_one, others);
        others = of_one;
        for (std::size_t k = 1; k < of_one.size(); ++k)
            times.push_back(of_one[k] - of_one[k - 1]);
        std::vector<double> at_once;
        Train(poisson, 7).take(1.0, at_once);
        EXPECT_EQ(at_once, of_one);
        at_once.clear();
        Train(poisson, 8).take(1.0, at_once);
        EXPECT_NE(at_once, of_one);
    }
    // Kolmogorov-Smirnov against 1 - exp(-t / mean)
    std::sort(times.begin(), times.end());
    double distance = 0;
    for (std::size_t k = 0; k < times.size(); ++k)
        distance = std::max(distance, std::abs((k + 0.5) / times.size() - (1 - std::exp(-times[k] * 2e6))));
    EXPECT_LT(distance, 1.63 / std::sqrt(times.size()));
}

TEST_P(Sources, WithoutEntriesAreRecordedAllTheSame)
{
    SmallWafer wafer;
    wafer.neuron(home, Denmem(0), {});
    Stimulus stimulus{{{3, SpikeTimes{{1e-6, 2e-6, 50e-6}}, {}}, {4, PoissonTrain{0, 0, 1}, {}}}};
    const Result result = run(wafer, stimulus, 1000);
    ASSERT_EQ(result.recording.source_spikes.size(), 2u);                   // the third lies beyond the end
    EXPECT_EQ(result.recording.source_spikes[1].time_s, 2e-6);
}

}   // namespace
}   // namespace bss::test
