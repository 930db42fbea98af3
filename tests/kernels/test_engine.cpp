// Running programs: events act at the right place and time, whatever the threads, windows and pieces of a run.

#include <cmath>
#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "backends.hpp"
#include "kernels/comparison.hpp"
#include "small_wafer.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss::test {
namespace {

ON_BACKENDS(Delay);
ON_BACKENDS(Addresses);
ON_BACKENDS(Neurons);
ON_BACKENDS(Traces);
ON_BACKENDS(Currents);
ON_BACKENDS(Determinism);

const Hicann home = *Hicann::at(10, 7);
constexpr DncMerger merger(0);
constexpr double dt = SmallWafer::dt;

Recording run(const Program& program, const Stimulus& stimulus, std::int64_t steps, int threads = 1)
{
    const auto engine = make_engine(program, stimulus, {backend(), threads});
    engine->advance(steps);
    return engine->take_recording();
}

/// One input, a listening neuron `hops` chips to the east; where its conductance rises.
struct Line {
    SmallWafer wafer;
    NeuronPlace target;
    static constexpr int address = 0x1a;

    explicit Line(int hops, Imperfections imperfections = no_imperfections()) : wafer(imperfections)
    {
        wafer.open(home, merger, true);
        Hicann there = home;
        for (int k = 0; k < hops; ++k)
            there = *there.neighbour(Direction::east);
        const SynapseDriver driver = wafer.lead(home, merger, hops);
        target = wafer.neuron(there, Denmem(7), {});
        wafer.connect(target, driver, address, 1);
    }
    std::vector<std::int64_t> arrivals(std::vector<double> times_s, std::int64_t steps, double timestep_s = dt, Counters* counters = nullptr) const
    {
        const Program program = wafer.program({probe(Variable::gsyn_exc, {target})}, 1, timestep_s);
        const auto engine = make_engine(program, {{source(1, std::move(times_s), home, merger, address)}}, {backend()});
        engine->advance(steps);
        if (counters)
            *counters = engine->counters();
        return onsets(engine->take_recording().traces[0], 1, 0);
    }
};

TEST_P(Delay, EventsActAtTheNearestGridPoint)
{
    for (const int hops : {0, 1, 4}) {
        const Line line(hops);
        const double delay_s = 64.44e-9 + hops * 3.97e-9;
        std::vector<double> times;
        std::vector<std::int64_t> expected;
        for (int k = 0; k < 40; ++k) {
            times.push_back(k * 213.7e-9 + 3e-9);
            expected.push_back(std::llround((times.back() + delay_s) / dt));
        }
        Counters counters;
        EXPECT_EQ(line.arrivals(times, 1000, dt, &counters), expected);
        EXPECT_EQ(counters.delays_below_timestep, 0);
        EXPECT_EQ(counters.row_events, 40);
        EXPECT_EQ(counters.synaptic_events, 40);
    }
}

TEST_P(Delay, BelowTheStepAnEventWaitsForTheNextOne)
{
    const Line line(0);
    constexpr double step = 200e-9;                          // 64 ns: a third of a step
    Counters counters;
    // Arrivals 0.42, 0.62 and 0.92 steps after a grid point; the first would be nearest to the point before its spike.
    const auto steps = line.arrivals({10.1 * step, 20.3 * step, 30.6 * step}, 50, step, &counters);
    EXPECT_EQ(steps, (std::vector<std::int64_t>{11, 21, 31}));
    EXPECT_EQ(counters.delays_below_timestep, 1);
}

TEST_P(Delay, UniformReplacesRoutes)
{
    Line line(3);
    line.wafer.config.ideals.uniform_delay_s = 500e-9;
    EXPECT_EQ(line.arrivals({1e-6}, 300), std::vector<std::int64_t>{150});
}

TEST_P(Delay, JitterHasItsWidthAndFloor)
{
    const Line line(10, only({&Imperfections::route_delay}));
    constexpr int count = 500;
    std::vector<double> times;
    for (int k = 0; k < count; ++k)
        times.push_back(k * 400e-9);
    const auto steps = line.arrivals(times, count * 40 + 100);
    ASSERT_EQ(steps.size(), times.size());
    double mean = 0, square = 0, least = 1;
    for (std::size_t k = 0; k < times.size(); ++k) {
        const double delay_s = static_cast<double>(steps[k]) * dt - times[k];
        mean += delay_s / count;
        square += delay_s * delay_s / count;
        least = std::min(least, delay_s);
    }
    EXPECT_NEAR(mean, 64.44e-9 + 39.7e-9, 1.2e-9);
    EXPECT_NEAR(std::sqrt(square - mean * mean), std::hypot(10e-9, dt / std::sqrt(12)), 0.7e-9);
    EXPECT_GE(least, 60e-9 - 1e-12);
}

TEST_P(Addresses, OnlySynapsesThatAreMeantFire)
{
    SmallWafer wafer;
    wafer.open(home, merger, true);
    const SynapseDriver driver = wafer.lead(home, merger);
    std::vector<NeuronPlace> neurons;
    for (int x = 0; x < 64; ++x)
        neurons.push_back(wafer.neuron(home, Denmem(x), {}));
    wafer.row(home, SynapseRow(driver, 0), 1, 2);
    wafer.row(home, SynapseRow(driver, 1), 0, 0, SynapticInput::inhibitory);
    for (int x = 0; x < 64; ++x) {
        wafer.synapse(home, SynapseRow(driver, 0), x, x / 4);
        wafer.synapse(home, SynapseRow(driver, 1), x, 3);
    }
    Stimulus stimulus;
    for (int a = 0; a < 64; ++a)
        stimulus.sources.push_back(source(a, {a * 20 * dt}, home, merger, a));
    const Recording recording = run(wafer.program({probe(Variable::gsyn_exc, neurons), probe(Variable::gsyn_inh, neurons)}), stimulus, 1400);
    for (int x = 0; x < 64; ++x) {
        const int wanted = (x % 2 == 0 ? 1 : 2) << 4 | x / 4;
        EXPECT_EQ(onsets(recording.traces[0], 64, x), std::vector<std::int64_t>{wanted * 20 + 6});
        EXPECT_EQ(onsets(recording.traces[1], 64, x), std::vector<std::int64_t>{3 * 20 + 6});
    }
}

TEST_P(Neurons, SpikesReachTheirTargetsUnderTheirAddress)
{
    SmallWafer wafer;
    const Hicann east = *home.neighbour(Direction::east);
    const auto a = wafer.neuron(home, Denmem(0), {.e_leak_volt = 1.2}, 2), b = wafer.neuron(home, Denmem(4), {.e_leak_volt = 1.15}, 2);
    wafer.open(home, merger, false);
    wafer.send(a, 0x13);
    wafer.send(b, 0x24);
    const SynapseDriver driver = wafer.lead(home, merger, 1);
    std::vector<NeuronPlace> targets{wafer.neuron(east, Denmem(10), {}), wafer.neuron(east, Denmem(20), {})};
    wafer.row(east, SynapseRow(driver, 0), 1, 1);
    wafer.row(east, SynapseRow(driver, 1), 2, 2);
    wafer.synapse(east, SynapseRow(driver, 0), 10, 3, 1);
    wafer.synapse(east, SynapseRow(driver, 1), 20, 4, 1);
    const Program program = wafer.program({probe(Variable::gsyn_exc, targets)});
    const Recording recording = run(program, {}, 5000);
    for (std::uint32_t n : {0u, 1u}) {
        std::vector<std::int64_t> expected;
        for (const NeuronSpike& spike : recording.spikes)
            if (spike.neuron == n)
                if (const auto step = std::llround((spike.time_s + 68.41e-9) / dt); step < 4999)
                    expected.push_back(step);
        EXPECT_GT(expected.size(), 4u);
        EXPECT_EQ(onsets(recording.traces[0], 2, n), expected);
    }
    for (std::size_t k = 1; k < recording.spikes.size(); ++k)
        EXPECT_LE(recording.spikes[k - 1].time_s, recording.spikes[k].time_s);
}

TEST_P(Traces, StandOnTheirGridAndGoOn)
{
    SmallWafer wafer;
    const auto place = wafer.neuron(home, Denmem(0), {.e_leak_volt = 1.0}, 1);
    wafer.config.ideals.initial_potentials = {{home, Denmem(0), 0.8}};
    const Program program = wafer.program({probe(Variable::v, {place}, 7), probe(Variable::v, {place}, 1)});
    const Recording whole = run(program, {}, 700);
    EXPECT_EQ(whole.traces[0].values.size(), 100u);
    EXPECT_EQ(whole.traces[1].values.size(), 700u);
    EXPECT_FLOAT_EQ(whole.traces[1].values[0], 0.8f);
    for (int k = 0; k < 100; ++k)
        EXPECT_EQ(whole.traces[0].values[k], whole.traces[1].values[7 * k]);
    for (int k = 0; k < 700; ++k)
        EXPECT_NEAR(whole.traces[1].values[k], 1.0 - 0.2 * std::exp(-k * dt / 5e-6), 2e-6);

    const auto engine = make_engine(program, {}, {backend()});
    std::vector<float> pieces;
    for (const int steps : {3, 1, 10, 0, 6, 680}) {
        engine->advance(steps);
        const Recording part = engine->take_recording();
        EXPECT_EQ(part.traces[0].first_step, static_cast<std::int64_t>(7 * pieces.size()));
        EXPECT_EQ(part.last_step, engine->now());
        pieces.insert(pieces.end(), part.traces[0].values.begin(), part.traces[0].values.end());
    }
    EXPECT_EQ(pieces, whole.traces[0].values);
}

TEST_P(Traces, ThroughTheAdcAreShiftedNoisyAndInCodes)
{
    SmallWafer wafer(only({&Imperfections::readout}));
    const auto place = wafer.neuron(home, Denmem(0), {}, 1);
    TraceRequest request = probe(Variable::v, {place});
    request.through = Through::adc;
    request.readout_denmems = {Denmem(256)};
    const Recording recording = run(wafer.program({request, probe(Variable::v, {place})}), {}, 4000);
    const ReadoutCircuit readout = wafer.silicon.readout(home, Denmem(256));
    double mean = 0, square = 0;
    for (int k = 0; k < 4000; ++k) {
        const double code = recording.traces[0].values[k] / 1.8 * 4095;
        EXPECT_NEAR(code, std::round(code), 1e-3);
        const double error = recording.traces[0].values[k] - recording.traces[1].values[k];
        mean += error / 4000;
        square += error * error / 4000;
    }
    EXPECT_NEAR(mean, readout.offset_volt, 3e-4);
    EXPECT_NEAR(std::sqrt(square - mean * mean), std::hypot(readout.noise_volt, 1.8 / 4095 / std::sqrt(12)), 1e-4);
    SmallWafer ideal;
    ideal.config = wafer.config;
    const Recording same = run(ideal.program({request, probe(Variable::v, {place})}), {}, 50);
    EXPECT_EQ(same.traces[0].values, same.traces[1].values);
}

TEST_P(Currents, FollowTheirWaveform)
{
    SmallWafer wafer;
    const auto place = wafer.neuron(home, Denmem(0), {.e_leak_volt = 0.9, .tau_m_s = 0.6e-6}, 1);
    HicannConfig& chip = wafer.chip(home);
    chip.denmems[0].enable_current_input = true;
    CurrentStimulus& stimulus = chip.stimulus[Denmem(0).shared_fg_block().value()];
    stimulus.enable = true;
    stimulus.pulse_length = 15;                             // 512 ns
    for (int k = 20; k < 60; ++k)
        stimulus.dac[k] = 100;
    const Program program = wafer.program({probe(Variable::v, {place})});
    const ChipProgram& c = program.chips[0];
    const double conductance = c.circuits[0].g_leak_siemens + c.circuits[1].g_leak_siemens;
    const double plateau = 0.9 + 100 * c.circuits[0].stimulus_ampere_per_dac / conductance;
    const Recording recording = run(program, {}, 4000);
    const auto at = [&](double sample) { return recording.traces[0].values[static_cast<std::size_t>(sample * 0.512e-6 / dt)]; };
    EXPECT_NEAR(at(19.9), 0.9, 1e-4);
    EXPECT_NEAR(at(59.9), plateau, 1e-4);
    EXPECT_NEAR(at(70), 0.9, 1e-3);
    EXPECT_GT(plateau, 0.91);
}

/// A few chips in a row with recurrent, noisy, driven neurons and host input: everything that could depend on order.
struct Crowd {
    SmallWafer wafer;
    Stimulus stimulus;
    std::vector<TraceRequest> traces;
    static constexpr int chips = 6;

    explicit Crowd(Imperfections imperfections) : wafer(imperfections)
    {
        Hicann at = home;
        std::vector<NeuronPlace> traced;
        for (int c = 0; c < chips; ++c) {
            for (int k = 0; k < 8; ++k) {
                const auto place = wafer.neuron(at, Denmem(4 * k), {.e_leak_volt = k < 5 ? 1.13 + 0.01 * k : 1.0, .tau_refrac_s = 0.05e-6}, 2);
                wafer.send(place, 16 * (k % 4) + 2 + k);
                if (k < 2)
                    traced.push_back(place);
            }
            wafer.open(at, merger, false);
            wafer.open(at, DncMerger(4), true);
            for (const auto& [m, hops] : {std::pair(merger, c % 2 == 0 && c + 1 < chips ? 1 : 0), std::pair(DncMerger(4), 0)}) {
                const SynapseDriver driver = wafer.lead(at, m, hops);
                const Hicann there = hops ? *at.neighbour(Direction::east) : at;
                wafer.chip(there).drivers[driver.value()].stp_enable = c % 3 == 0;
                for (const int which : {0, 1}) {
                    wafer.row(there, SynapseRow(driver, which), 2 * which, 2 * which + 1, which && m == merger ? SynapticInput::inhibitory : SynapticInput::excitatory);
                    for (int x = 0; x < 32; ++x)
                        wafer.synapse(there, SynapseRow(driver, which), x, static_cast<int>(random_words(1, Purpose::test, c, x, which, m.value())[0] % 16), x % 16);
                }
            }
            for (auto& block : wafer.chip(at).fg.shared) {
                block[static_cast<int>(SharedFg::V_stdf)] = 500;
                block[static_cast<int>(SharedFg::V_dtc)] = 20;
            }
            SpikeSource poisson{static_cast<std::uint64_t>(100 + c), PoissonTrain{4e6, 0, std::numeric_limits<double>::infinity()}, {}};
            for (int a = 2; a < 60; a += 5)
                poisson.entries.push_back({{0, at}, DncMerger(4), L1Address(a)});
            stimulus.sources.push_back(poisson);
            at = *at.neighbour(Direction::east);
        }
        wafer.chip(home).background[0] = {true, true, 7, 60000, L1Address(18)};
        wafer.chip(home).mergers[0].mode = MergerMode::merge;
        traces = {probe(Variable::v, traced, 3), probe(Variable::gsyn_exc, traced, 5)};
    }
};

RunOutput in_pieces(const Program& program, const Stimulus& stimulus, const EngineOptions& options, const std::vector<std::int64_t>& pieces)
{
    return run_in_pieces(*make_engine(program, stimulus, options), pieces);
}

TEST_P(Determinism, ThreadsWindowsAndPiecesDoNotMatter)
{
    for (const bool real : {false, true}) {
        Imperfections imperfections = real ? Imperfections{} : no_imperfections();
        imperfections.fixed_pattern = imperfections.rewrite = false;
        const Crowd crowd(imperfections);
        const Program program = crowd.wafer.program(crowd.traces);
        ASSERT_EQ(program.window_steps, 6);
        const RunOutput once = in_pieces(program, crowd.stimulus, {backend(), 1}, {3000});
        EXPECT_GT(once.recording.spikes.size(), 100u);
        EXPECT_GT(once.counters.synaptic_events, 1000);
        for (const int threads : {2, 4})
            EXPECT_EQ(difference(in_pieces(program, crowd.stimulus, {backend(), threads}, {3000}), once), "") << threads << " threads";
        EXPECT_EQ(difference(in_pieces(program, crowd.stimulus, {backend(), 2}, std::vector<std::int64_t>(3000, 1)), once), "");
        EXPECT_EQ(difference(in_pieces(program, crowd.stimulus, {backend(), 1}, {1, 1000, 17, 64, 1918}), once), "");
        for (const int window : {1, 2, 5}) {
            Program narrow = program;
            narrow.window_steps = window;
            EXPECT_EQ(difference(in_pieces(narrow, crowd.stimulus, {backend(), 2}, {3000}), once), "") << "window " << window;
        }
    }
}

TEST_P(Determinism, RestartForgetsEverything)
{
    const Crowd crowd(Imperfections{});
    const Program program = crowd.wafer.program(crowd.traces);
    const auto engine = make_engine(program, crowd.stimulus, {backend()});
    engine->advance(500);
    const Recording first = engine->take_recording();
    engine->advance(123);
    engine->restart(crowd.wafer.program(crowd.traces, 2), crowd.stimulus);
    EXPECT_EQ(engine->now(), 0);
    engine->advance(500);
    EXPECT_NE(engine->take_recording().traces[0].values, first.traces[0].values);
    engine->restart(program, crowd.stimulus);
    engine->advance(500);
    EXPECT_EQ(engine->take_recording().traces[0].values, first.traces[0].values);
}

TEST(Comparison, SaysWhereRunsPart)
{
    const Crowd crowd(Imperfections{});
    const EngineOptions options{"cpu", 1};
    const RunOutput a = in_pieces(crowd.wafer.program(crowd.traces), crowd.stimulus, options, {500});
    RunOutput b = a;
    EXPECT_EQ(difference(a, b), "");
    b.recording.spikes[3].time_s += 1e-12;
    b.recording.traces[1].values.back() = -0.0f;
    ++b.counters.row_events;
    const std::string found = difference(a, b);
    EXPECT_NE(found.find("spike 3 of"), std::string::npos) << found;
    EXPECT_NE(found.find("trace 1 sample"), std::string::npos) << found;
    EXPECT_NE(found.find("counter 2 of 10"), std::string::npos) << found;
}

TEST(Backends, UnknownOnesAreRefused)
{
    EXPECT_THROW(make_engine(SmallWafer().program(), {}, {"abacus", 1}), InputError);
}

}   // namespace
}   // namespace bss::test
