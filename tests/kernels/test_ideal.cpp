// The ideal fabric: closed forms, delays exact to the step, plasticity, the same bits on any number of threads; kept synapses beside hardware ones.

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/ideal.hpp"
#include "backends.hpp"
#include "small_wafer.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss::test {
namespace {

ON_BACKENDS(Ideal);
ON_BACKENDS(Kept);

constexpr double dt = 100e-9, farad = 1e-12, tau_m_s = 20e-6, tau_syn_s = 5e-6;

/// A LIF neuron at rest at 0.9 V.
IdealNeuron lif(double threshold_volt = 1.1)
{
    constexpr double unlimited = std::numeric_limits<double>::infinity();
    IdealNeuron neuron{};
    DenmemCircuit& c = neuron.circuit;
    c.capacitance_farad = farad;
    c.g_leak_siemens = farad / tau_m_s;
    c.e_leak_volt = 0.9;
    c.leak_linear_volt = unlimited;
    c.e_rev_volt = {1.4, 0.5};
    c.tau_syn_s = {tau_syn_s, tau_syn_s};
    c.synaptic_limit_siemens = {unlimited, unlimited};
    c.v_threshold_volt = threshold_volt;
    c.v_reset_volt = 0.8;
    c.tau_refrac_s = 1e-6;
    neuron.initial_volt = 0.9;
    return neuron;
}

SpikeSource host(std::uint64_t id, std::vector<double> times_s) { return {id, SpikeTimes{std::move(times_s)}, {}}; }
IdealLine from_host(std::uint64_t id, std::uint64_t first, std::uint64_t count, std::optional<TsodyksMarkram> plasticity = {})
{
    return {true, id, plasticity, first, count};
}

Recording run(const Program& program, const Stimulus& stimulus, std::int64_t steps, int threads = 1)
{
    const auto engine = make_engine(program, stimulus, {backend(), threads});
    engine->advance(steps);
    return engine->take_recording();
}

TEST_P(Ideal, ConstantCurrentFiresAsTheClosedFormSays)
{
    IdealNeuron neuron = lif();
    const double drive_volt = 0.3;
    neuron.current_ampere = drive_volt * neuron.circuit.g_leak_siemens;
    const auto recording = run(ideal_program(std::span(&neuron, 1), {}, {dt, 1, {}}), {}, 2000);
    const double first = tau_m_s * std::log(0.3 / (0.3 - 0.2)), again = 1e-6 + tau_m_s * std::log(0.4 / (0.3 - 0.2));
    ASSERT_EQ(recording.spikes.size(), 1 + static_cast<std::size_t>((2000 * dt - first) / again));
    for (std::size_t k = 0; k < recording.spikes.size(); ++k)
        EXPECT_NEAR(recording.spikes[k].time_s, first + static_cast<double>(k) * again, 0.02 * dt * static_cast<double>(k + 1));
}

TEST_P(Ideal, ConductanceFollowsItsExponential)
{
    const IdealNeuron neuron = lif();
    const float siemens = 3e-9f;
    IdealFabric fabric{{from_host(4, 0, 1)}, {{0, siemens, 15, SynapticInput::inhibitory}}};
    const auto program = ideal_program(std::span(&neuron, 1), fabric,
                                       {dt, 1, {probe(Variable::gsyn_inh, {ideal_place(0)}), probe(Variable::gsyn_exc, {ideal_place(0)})}});
    EXPECT_EQ(program.window_steps, 15);
    const auto recording = run(program, {{host(4, {30.2 * dt})}}, 200);
    const auto& g = recording.traces[0].values;
    for (std::int64_t s = 0; s < 200; ++s) {
        if (s == 45)
            continue;       // the very moment of arrival
        const double expected = s > 45 ? siemens * std::exp(-static_cast<double>(s - 45) * dt / tau_syn_s) : 0.0;
        EXPECT_NEAR(g[s], expected, 1e-6 * siemens) << s;
        EXPECT_EQ(recording.traces[1].values[s], 0);
    }
}

TEST_P(Ideal, EverySynapseHasItsOwnDelay)
{
    // Neuron n hears the source n + 1 steps late, or n * 97 + 1; a spike counts from the nearest grid point.
    for (const int stride : {1, 97}) {
        std::vector<IdealNeuron> neurons(700, lif());
        IdealFabric fabric{{from_host(0, 0, 700)}, {}};
        std::vector<NeuronPlace> places;
        for (std::uint32_t n = 0; n < 700; ++n) {
            fabric.synapses.push_back({n, 1e-10f * static_cast<float>(1 + n % 7), static_cast<std::uint16_t>(1 + stride * (n % 300)),
                                       SynapticInput::excitatory});
            places.push_back(ideal_place(n));
        }
        const auto program = ideal_program(neurons, fabric, {dt, 1, {probe(Variable::gsyn_exc, places)}});
        const std::int64_t steps = 150 + 300 * stride;
        const auto recording = run(program, {{host(0, {10.4 * dt, 99.6 * dt})}}, steps, 2);
        for (std::uint32_t n = 0; n < 700; ++n) {
            const std::int64_t delay = 1 + stride * (n % 300);
            EXPECT_EQ(onsets(recording.traces[0], 700, n), (std::vector<std::int64_t>{10 + delay, 100 + delay})) << n;
        }
    }
}

TEST_P(Ideal, WeightsOfAnySizeSideBySide)
{
    // Neighbours on a chip, each with inputs ten orders of magnitude apart.
    const std::vector<IdealNeuron> neurons(2, lif(1e9));
    std::vector<IdealSynapse> synapses;
    for (const auto input : {SynapticInput::excitatory, SynapticInput::inhibitory})
        for (const std::uint32_t n : {0u, 1u})
            synapses.push_back({n, n == (input == SynapticInput::excitatory) ? 1e-7f : 1e-17f, 1, input});
    const std::vector<NeuronPlace> places{ideal_place(0), ideal_place(1)};
    const auto program = ideal_program(neurons, {{from_host(0, 0, 4)}, synapses},
                                       {dt, 1, {probe(Variable::gsyn_exc, places), probe(Variable::gsyn_inh, places)}});
    const auto recording = run(program, {{host(0, {5 * dt})}}, 20);
    for (std::size_t k = 0; k < 4; ++k)
        EXPECT_NEAR(recording.traces[k / 2].values[2 * 16 + k % 2] / (synapses[k].siemens * std::exp(-10 * dt / tau_syn_s)), 1, 1e-5) << k;
}

TEST_P(Ideal, NeuronsReachEachOtherAcrossThreads)
{
    // Neuron 0 fires by itself and neuron 600, on another chip, hears it a step later.
    std::vector<IdealNeuron> neurons(601, lif());
    neurons[0].current_ampere = 0.3 * neurons[0].circuit.g_leak_siemens;
    const IdealFabric fabric{{{false, 0, {}, 0, 1}}, {{600, 1e-9f, 1, SynapticInput::excitatory}}};
    const auto program = ideal_program(neurons, fabric, {dt, 1, {probe(Variable::gsyn_exc, {ideal_place(600)})}});
    const auto recording = run(program, {}, 400, 2);
    ASSERT_EQ(recording.spikes.size(), 1);
    EXPECT_EQ(onsets(recording.traces[0], 1, 0), (std::vector<std::int64_t>{std::llround(recording.spikes[0].time_s / dt) + 1}));
}

/// Efficacies of events in units of the weight, read from the conductance's jumps.
std::vector<double> efficacies(TsodyksMarkram plasticity, const std::vector<double>& times_s)
{
    const IdealNeuron neuron = lif(1e9);
    IdealFabric fabric{{from_host(0, 0, 1, plasticity)}, {{0, 1e-9f, 1, SynapticInput::excitatory}}};
    const auto program = ideal_program(std::span(&neuron, 1), fabric, {dt, 1, {probe(Variable::gsyn_exc, {ideal_place(0)})}});
    const auto recording = run(program, {{host(0, times_s)}}, 5000);
    std::vector<double> result;
    for (const double time_s : times_s) {
        const auto step = static_cast<std::size_t>(std::llround(time_s / dt)) + 1;
        const double decay = std::exp(-dt / tau_syn_s);
        const auto& g = recording.traces[0].values;
        result.push_back((g[step + 1] / decay - g[step - 1] * decay) / 1e-9);
    }
    return result;
}

TEST_P(Ideal, TsodyksMarkram)
{
    const double gap_s = 10e-6;
    std::vector<double> times;
    for (int k = 0; k < 20; ++k)
        times.push_back(1e-6 + k * gap_s);
    for (const auto& p : std::vector<TsodyksMarkram>{{0.5, 80e-6, 0}, {0.1, 0, 100e-6}, {0.2, 50e-6, 60e-6}, {0.3, 0, 0}}) {
        const auto found = efficacies(p, times);
        double u = p.utilisation, x = 1;        // the textbook's recursion
        for (const double efficacy : found) {
            EXPECT_NEAR(efficacy, u * x, 1e-4);
            x = 1 - (1 - x * (1 - u)) * (p.tau_rec_s > 0 ? std::exp(-gap_s / p.tau_rec_s) : 0);
            u = p.utilisation + u * (1 - p.utilisation) * (p.tau_facil_s > 0 ? std::exp(-gap_s / p.tau_facil_s) : 0);
        }
    }
}

TEST_P(Ideal, SameBitsOnAnyNumberOfThreads)
{
    constexpr std::uint32_t size = 1500;
    std::vector<IdealNeuron> neurons(size, lif());
    for (std::uint32_t n = 0; n < size; ++n)
        neurons[n].current_ampere = (0.15 + 0.1 * random_uniform(1, Purpose::test, n, 0, 0, 0)) * neurons[n].circuit.g_leak_siemens;
    Stimulus stimulus;
    for (std::uint64_t id = 0; id < 50; ++id)
        stimulus.sources.push_back({id, PoissonTrain{.rate_hz = 2e4}, {}});
    std::vector<IdealLine> lines;
    for (std::uint64_t n = 0; n < size; ++n)
        lines.push_back({false, n, n % 3 == 0 ? std::optional(TsodyksMarkram{0.4, 50e-6, 0}) : std::nullopt, 0, 0});
    for (std::uint64_t id = 0; id < 50; ++id)
        lines.push_back(from_host(id, 0, 0));
    const IdealFabric fabric = ideal_fabric(lines, [&](auto&& take) {
        for (std::uint32_t l = 0; l < lines.size(); ++l)
            for (std::uint32_t k = 0; k < 60; ++k) {
                const auto words = random_words(2, Purpose::test, l, 0, 0, k);
                take(l, IdealSynapse{words[0] % size, 1e-10f * static_cast<float>(1 + words[1] % 9), static_cast<std::uint16_t>(2 + words[2] % 20),
                                     words[3] % 4 == 0 ? SynapticInput::inhibitory : SynapticInput::excitatory});
            }
    });
    const Program program = ideal_program(neurons, fabric, {dt, 3, {probe(Variable::v, {ideal_place(7), ideal_place(1400)})}});
    const auto expected = run(program, stimulus, 3000);
    ASSERT_GT(expected.spikes.size(), 1000);
    const auto engine = make_engine(program, stimulus, {backend(), 3});
    Recording found;
    for (const std::int64_t steps : {1, 63, 500, 2436}) {       // and in pieces
        engine->advance(steps);
        Recording part = engine->take_recording();
        found.spikes.insert(found.spikes.end(), part.spikes.begin(), part.spikes.end());
        found.traces.resize(1);
        found.traces[0].values.insert(found.traces[0].values.end(), part.traces[0].values.begin(), part.traces[0].values.end());
    }
    ASSERT_EQ(found.spikes.size(), expected.spikes.size());
    for (std::size_t k = 0; k < found.spikes.size(); ++k) {
        ASSERT_EQ(found.spikes[k].neuron, expected.spikes[k].neuron);
        ASSERT_EQ(found.spikes[k].time_s, expected.spikes[k].time_s);
    }
    EXPECT_EQ(found.traces[0].values, expected.traces[0].values);
    if (backend() == "cpu") {
        EXPECT_GT(engine->threads(), 1);
    }
    EXPECT_EQ(engine->counters().membranes, size);
    EXPECT_GT(engine->counters().synaptic_events, 60 * 1000);
}

TEST(IdealDelay, IsRefusedWhenTooLong)
{
    EXPECT_EQ(ideal_delay_steps(0, dt), 1);
    EXPECT_EQ(ideal_delay_steps(15 * dt, dt), 15);
    EXPECT_EQ(ideal_delay_steps(65535 * dt, dt), 65535);
    EXPECT_THROW(ideal_delay_steps(65536 * dt, dt), InputError);
}

TEST_P(Kept, ActsBesideTheHardware)
{
    const Hicann home = *Hicann::at(10, 7), east = *home.neighbour(Direction::east);
    SmallWafer wafer;
    const NeuronPlace sender = wafer.neuron(home, Denmem(3), {.e_leak_volt = 1.2, .tau_m_s = 1e-6});      // fires by itself; no way through Layer 1
    const NeuronPlace target = wafer.neuron(east, Denmem(7), {}, 2);
    wafer.open(east, DncMerger(0), true);
    wafer.connect(target, wafer.lead(east, DncMerger(0)), 5, 1);
    wafer.config.ideals.kept_synapses = {{true, 9, {}, {}, east, Denmem(7), SynapticInput::inhibitory, 4e-8f, 0},
                                         {false, 0, {0, home}, Denmem(3), east, Denmem(7), SynapticInput::inhibitory, 1e-8f, 0}};
    const Program program = wafer.program({probe(Variable::gsyn_inh, {target}), probe(Variable::gsyn_exc, {target})}, 1, SmallWafer::dt);
    const auto engine = make_engine(program, {{source(9, {2.5e-6}, east, DncMerger(0), 5)}}, {backend()});
    engine->advance(400);
    const Recording recording = engine->take_recording();
    std::vector<double> sent;
    for (const NeuronSpike& spike : recording.spikes)
        if (program.neurons[spike.neuron] == sender)
            sent.push_back(spike.time_s);
    ASSERT_FALSE(sent.empty());
    // Route delays: 68 ns over a border, 64 ns from the host.
    std::vector<std::int64_t> expected{250 + 6};
    for (const double time_s : sent)
        if (const auto step = std::llround(time_s / SmallWafer::dt) + 7; step < 399)
            expected.push_back(step);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(onsets(recording.traces[0], 1, 0), expected);
    EXPECT_EQ(onsets(recording.traces[1], 1, 0), (std::vector<std::int64_t>{256})) << "the synapse on the wafer";
    const auto& g = recording.traces[0].values;
    const double decay = std::exp(-0.01);
    EXPECT_NEAR(g[258], (g[255] * decay + 4e-8) * decay * decay, 1e-5 * 4e-8);
}

}   // namespace
}   // namespace bss::test
