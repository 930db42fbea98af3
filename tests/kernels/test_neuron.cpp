// One neuron, a few neurons: dynamics against closed forms and adaptive integration in double precision.
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <memory>
#include <tuple>

#include "kernels/cpu/floating_point.hpp"
#include "kernels/cpu/membranes.hpp"
#include "reference_neuron.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss {
namespace {

using namespace test;

constexpr double quantum = 1e-13;

/// Membranes with the steps counted, and all spike times (seconds) of each neuron.
struct Bench {
    explicit Bench(const std::vector<NeuronCircuit>& neurons, double timestep_s, std::uint64_t trial = 1)
        : membranes(neurons, {.timestep_s = timestep_s, .quantum_siemens = quantum, .trial = trial, .wafer = 3, .hicann = 7}), h(timestep_s),
          times(neurons.size())
    {
        flush_denormals();
        input.begin(membranes.slots());
    }

    void step(int steps = 1)
    {
        spikes.clear();
        membranes.run(now, steps, input, spikes);
        for (const auto& s : spikes) {
            times[s.neuron].push_back((static_cast<double>(s.step) + s.fraction) * h);
        }
        now += steps;
        input.begin(membranes.slots());
    }
    void run(double until_s)
    {
        while (static_cast<double>(now) * h < until_s - h / 2) {
            step();
        }
    }
    void add(int neuron, int k, int synaptic_input, double siemens)
    {
        input.at(0, synaptic_input)[membranes.slot(neuron, k)] += static_cast<std::int32_t>(std::lround(siemens / quantum));
    }

    Membranes membranes;
    WindowInput input{WindowInput::longest_window, membranes.slots()};
    double h;
    std::vector<Vector> times;
    std::vector<MembraneSpike> spikes;
    std::int64_t now = 0;
};

double mean_error(const Vector& a, const Vector& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += std::abs(a[i] - b[i]);
    }
    return sum / static_cast<double>(a.size());
}

NeuronCircuit mismatched(NeuronCircuit neuron, std::uint64_t seed)
{
    std::uint32_t k = 0;
    for (auto& c : neuron.denmems) {
        const auto n = [&](std::uint32_t what) { return random_normal(seed, Purpose::test, k, what, 0); };
        c.e_leak_volt += 0.005 * n(0);
        c.v_exp_volt += 0.005 * n(1);
        c.delta_t_volt *= std::exp(0.1 * n(2));
        c.g_leak_siemens *= std::exp(0.15 * n(3));
        c.tau_w_s *= std::exp(0.15 * n(4));
        c.tau_syn_s[0] *= std::exp(0.15 * n(5));
        ++k;
    }
    return neuron;
}

/// Mean spike-time error in steps over the six sets, 0.99 s of biology.
double adex_error(double dt_ms, double speedup, int size, std::uint64_t mismatch_seed = 0)
{
    std::vector<NeuronCircuit> neurons;
    for (const Cell& cell : adex_sets()) {
        neurons.push_back(circuit(cell, size, speedup, -60));
        if (mismatch_seed != 0) {
            neurons.back() = mismatched(neurons.back(), mismatch_seed);
        }
    }
    Bench bench(neurons, dt_ms * 1e-3 / speedup);
    bench.run(0.99 / speedup);
    double error = 0;
    for (std::size_t i = 0; i < neurons.size(); ++i) {
        const Vector expected = ReferenceNeuron(neurons[i]).run(0.99 / speedup);
        EXPECT_EQ(bench.times[i].size(), expected.size()) << "set " << i << ", dt " << dt_ms;
        if (bench.times[i].size() != expected.size()) {
            return 1e9;
        }
        error += mean_error(bench.times[i], expected) / bench.h / static_cast<double>(neurons.size());
    }
    return error;
}

TEST(Neuron, AdexSpikesStandWhereAdaptiveIntegrationPutsThem)
{
    for (const double dt : {0.2, 0.1, 0.05, 0.02}) {
        EXPECT_LT(adex_error(dt, 1e4, 1), 0.03) << dt;
    }
    EXPECT_LT(adex_error(0.1, 1e3, 1), 0.03);
    EXPECT_LT(adex_error(0.1, 1e4, 8), 0.03);
}

TEST(Neuron, MismatchedDenmemsOnOneMembrane)
{
    for (const std::uint64_t seed : {1, 2, 3}) {
        EXPECT_LT(adex_error(0.1, 1e4, 4, seed), 0.07) << seed;
    }
}

TEST(Neuron, LifIntervalIsTheClosedForm)
{
    for (const int size : {1, 2, 4, 8, 16, 32, 64}) {
        std::vector<NeuronCircuit> neurons;
        std::vector<double> expected;
        for (const double v_rest : {-49.5, -49.0, -47.0, -45.0, -42.0, -40.0, -35.0, -30.0}) {
            const Cell cell{.v_rest = v_rest};
            neurons.push_back(circuit(cell, size, 1e4, -65));
            expected.push_back(1e-7 * (cell.tau_refrac + cell.tau_m * std::log((v_rest - cell.v_reset) / (v_rest - cell.v_thresh))));
        }
        Bench bench(neurons, 1e-8);
        bench.run(1e-4);
        for (std::size_t i = 0; i < neurons.size(); ++i) {
            const auto& t = bench.times[i];
            ASSERT_GT(t.size(), 5u);
            EXPECT_NEAR((t.back() - t.front()) / static_cast<double>(t.size() - 1) / expected[i], 1, 1e-5) << "size " << size << ", neuron " << i;
        }
    }
}

TEST(Neuron, RefractoryTimeShorterThanAStepIsExactToo)
{
    for (const double tau_refrac : {0.0, 0.013, 0.05, 0.099, 0.1, 0.17}) {
        const Cell cell{.tau_refrac = tau_refrac, .v_rest = -45};
        Bench bench({circuit(cell, 1, 1e4, -65)}, 1e-8);
        bench.run(1e-4);
        const double expected = 1e-7 * (tau_refrac + cell.tau_m * std::log(20.0 / 5.0));
        const auto& t = bench.times[0];
        EXPECT_NEAR((t.back() - t.front()) / static_cast<double>(t.size() - 1) / expected, 1, 5e-5) << tau_refrac;
    }
}

TEST(Neuron, PspsAreThoseOfAdaptiveIntegration)
{
    for (const int input : {0, 1}) {
        for (const double nanosiemens : {0.5, 10.0, 100.0}) {
            const Cell cell{.v_rest = -60, .v_thresh = -20};
            const auto neuron = mismatched(circuit(cell, 2, 1e4, -60), 5);
            const double g = nanosiemens * 1e-9 * 1e4 * 2.16e-12 / 0.25e-9, h = 1e-8;
            const std::vector<InputEvent> events{{100 * h, 0, input, g}, {140 * h, 1, input, g}};
            std::vector<double> expected;
            ReferenceNeuron(neuron).run(800 * h, events, h, [&](double v) { expected.push_back(v); });
            Bench bench({neuron}, h);
            double worst = 0, peak = 0;
            for (std::size_t k = 0; k <= 800; ++k) {
                worst = std::max(worst, std::abs(bench.membranes.v_volt(0) - expected[k]));
                peak = std::max(peak, std::abs(expected[k] - expected[0]));
                for (const auto& e : events) {
                    if (std::lround(e.time_s / h) == static_cast<long>(k)) {
                        bench.add(0, e.denmem, input, e.siemens);
                    }
                }
                bench.step();
            }
            EXPECT_LT(worst / peak, 5e-4) << "input " << input << ", " << nanosiemens << " nS";
        }
    }
}

TEST(Neuron, AdaptationAndConductancesGoOnWhileRefractory)
{
    Cell cell = adex_sets()[0];
    cell.tau_refrac = 50;
    const auto neuron = circuit(cell, 2, 1e4, -43);
    const double h = 1e-8, g = 1e-7;
    Bench bench({neuron}, h);
    while (bench.times[0].empty()) {
        bench.step();
    }
    bench.add(0, 1, 0, g);
    ReferenceNeuron reference(neuron);
    const double begin = static_cast<double>(bench.now) * h;
    ASSERT_EQ(reference.run(begin + 200 * h, {{begin, 1, 0, g}}).size(), 1u);
    for (int k = 0; k < 200; ++k) {
        bench.step();
        EXPECT_FLOAT_EQ(bench.membranes.v_volt(0), static_cast<float>(neuron.denmems[0].v_reset_volt));
    }
    EXPECT_NEAR(bench.membranes.w_ampere(0) / reference.w_ampere(), 1, 1e-4);
    EXPECT_NEAR(bench.membranes.g_siemens(0, 0) / (g * std::exp(-200 * h / neuron.denmems[1].tau_syn_s[0])), 1, 1e-4);
    EXPECT_EQ(bench.membranes.g_siemens(0, 1), 0.0f);
}

TEST(Neuron, TracesReadWhatIsThere)
{
    const auto neuron = circuit(adex_sets()[0], 4, 1e4, -57);
    Bench bench({neuron}, 1e-8);
    EXPECT_FLOAT_EQ(bench.membranes.v_volt(0), static_cast<float>(neuron.initial_volt));
    EXPECT_EQ(bench.membranes.w_ampere(0), 0.0f);
    ReferenceNeuron reference(neuron);
    reference.run(2e-6);
    bench.run(2e-6);
    EXPECT_NEAR(bench.membranes.w_ampere(0) / reference.w_ampere(), 1, 2e-4);
}

TEST(Neuron, SaturatingLeakAndSynapse)
{
    // A membrane pulled by one synapse against its leak rests where the limited currents cancel.
    auto neuron = circuit(Cell{.v_rest = -65, .v_thresh = 0}, 1, 1e4, -65);
    auto& c = neuron.denmems[0];
    c.leak_linear_volt = 0.1;
    c.synaptic_limit_siemens[0] = c.g_leak_siemens;
    c.tau_syn_s[0] = 1;
    Bench bench({neuron}, 1e-8);
    bench.add(0, 0, 0, c.g_leak_siemens);   // gives 3/4 of the limit
    bench.run(1e-5);
    const double v = bench.membranes.v_volt(0), gap = std::min(0.15, v - c.e_leak_volt);
    EXPECT_NEAR(0.75 * (c.e_rev_volt[0] - v), gap - 4.0 / 27 * gap * gap * gap / 0.01, 1e-4);
}

TEST(Neuron, ConstantCurrentMovesTheRestingPotential)
{
    const auto neuron = circuit(Cell{.v_rest = -65, .v_thresh = 0}, 4, 1e4, -65);
    Bench bench({neuron}, 1e-8);
    bench.membranes.set_current(0, 1e-8);
    bench.run(2e-5);
    EXPECT_NEAR(bench.membranes.v_volt(0) - neuron.denmems[0].e_leak_volt, 1e-8 / (4 * neuron.denmems[0].g_leak_siemens), 3e-6);
}

TEST(Neuron, NoiseHasTheAskedVarianceAndItsAddress)
{
    auto neuron = circuit(Cell{.v_rest = -65, .v_thresh = 0}, 2, 1e4, -65);
    const double tau = 1e-6, sigma = 2e-3;
    for (auto& c : neuron.denmems) {
        c.noise_volt_per_sqrt_s = sigma * std::sqrt(2 / tau);
    }
    std::vector<NeuronCircuit> neurons(200, neuron);
    for (std::uint32_t i = 0; i < 200; ++i) {
        neurons[i].place = i;
    }
    Bench bench(neurons, 1e-8), again(neurons, 1e-8), other(neurons, 1e-8, 2);
    double sum = 0, squares = 0, n = 0;
    for (int k = 0; k < 5000; ++k) {
        bench.step();
        again.step();
        other.step();
        for (int i = 0; i < 200 && k > 1000; ++i) {
            const double x = bench.membranes.v_volt(i) - neuron.denmems[0].e_leak_volt;
            sum += x, squares += x * x, n += 1;
        }
    }
    EXPECT_NEAR(std::sqrt(squares / n) / (sigma / std::sqrt(2.0)), 1, 0.03);   // two independent sources on one membrane
    EXPECT_NEAR(sum / n, 0, 1e-4);
    EXPECT_EQ(bench.membranes.v_volt(17), again.membranes.v_volt(17));
    EXPECT_NE(bench.membranes.v_volt(17), other.membranes.v_volt(17));
    EXPECT_NE(bench.membranes.v_volt(17), bench.membranes.v_volt(18));
}

/// Neurons of every kind: sizes, features and parameters at random, some of them extreme.
std::vector<NeuronCircuit> zoo(int count, std::uint64_t seed)
{
    std::vector<NeuronCircuit> neurons;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
        std::uint32_t drawn = 0;
        const auto u = [&] { return random_uniform(seed, Purpose::test, i, drawn++, 1); };
        const auto log_between = [&](double a, double b) { return a * std::pow(b / a, u()); };
        NeuronCircuit neuron;
        const int sizes[] = {1, 2, 4, 6, 8, 64};
        const int size = sizes[static_cast<int>(6 * u())];
        const bool exponential = u() < 0.7, adapts = u() < 0.7, limits = u() < 0.5, noise = u() < 0.5;
        for (int k = 0; k < size; ++k) {
            DenmemCircuit c{};
            c.capacitance_farad = u() < 0.5 ? 2.16e-12 : 0.16e-12;
            c.g_leak_siemens = log_between(1e-9, 1e-4);
            c.e_leak_volt = 0.2 + 0.9 * u();
            c.leak_linear_volt = limits ? log_between(0.02, 1) : no_limit;
            c.e_rev_volt = {0.8 + 0.8 * u(), 0.6 * u()};
            c.tau_syn_s = {log_between(1e-9, 1e-5), log_between(1e-9, 1e-5)};
            for (double& limit : c.synaptic_limit_siemens) {
                limit = limits ? log_between(1e-8, 1e-4) : no_limit;
            }
            c.exponential = exponential;
            c.v_exp_volt = 0.3 + 0.8 * u();
            c.delta_t_volt = log_between(1e-4, 0.05);
            c.v_threshold_volt = 0.4 + 0.6 * u();
            c.v_reset_volt = 0.2 + 0.5 * u();
            c.tau_refrac_s = u() < 0.2 ? 0 : log_between(1e-9, 1e-6);
            c.a_siemens = adapts ? log_between(1e-10, 1e-5) : 0;
            c.b_ampere = adapts ? log_between(1e-11, 1e-7) : 0;
            c.tau_w_s = log_between(1e-9, 1e-4);
            c.noise_volt_per_sqrt_s = noise ? 2e-3 * std::sqrt(2 / 1e-6) : 0;
            neuron.denmems.push_back(c);
        }
        neuron.firing = size / 2;
        neuron.initial_volt = neuron.denmems[0].e_leak_volt;
        neuron.place = i;
        neurons.push_back(neuron);
    }
    return neurons;
}

/// Runs a zoo with random input, many events a step, in windows of some steps. @return all spikes and, at the end, all V, w and g, as bits
std::vector<std::uint64_t> zoo_life(const std::vector<NeuronCircuit>& neurons, int steps, std::uint64_t seed, int window = 1)
{
    Bench bench(neurons, 1e-8);
    std::vector<std::uint64_t> bits;
    for (int begin = 0; begin < steps; begin += window) {
        const int length = std::min(window, steps - begin);
        for (int k = begin; k < begin + length; ++k) {
            for (std::uint32_t i = 0; i < neurons.size(); ++i) {
                const auto w = random_words(seed, Purpose::test, static_cast<std::uint32_t>(k), neurons[i].place, 2, 0);
                if (w[0] % 8 == 0) {
                    const int at = static_cast<int>(w[1] % neurons[i].denmems.size());
                    std::int32_t* input = bench.input.at(k - begin, static_cast<int>(w[2] % 2));
                    input[bench.membranes.slot(static_cast<int>(i), at)] += static_cast<std::int32_t>(w[3] >> (8 + w[2] % 16));
                }
            }
        }
        bench.step(length);
        std::ranges::sort(bench.spikes, {}, [](const MembraneSpike& s) { return std::tuple(s.step, s.neuron, s.fraction); });
        for (const auto& s : bench.spikes) {
            bits.push_back(static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(s.fraction)) << 32 | neurons[s.neuron].place);
        }
    }
    for (int i = 0; i < bench.membranes.neurons(); ++i) {
        for (const float x : {bench.membranes.v_volt(i), bench.membranes.w_ampere(i), bench.membranes.g_siemens(i, 0), bench.membranes.g_siemens(i, 1)}) {
            EXPECT_TRUE(std::isfinite(x)) << "neuron " << i;
            bits.push_back(std::bit_cast<std::uint32_t>(x));
        }
    }
    return bits;
}

/// The environment's BSS_SIMD for the length of a scope.
class WithSimd {
public:
    explicit WithSimd(const char* name) { setenv("BSS_SIMD", name, 1); }
    ~WithSimd() { unsetenv("BSS_SIMD"); }
};

TEST(Neuron, EveryInstructionSetGivesTheSameBits)
{
    const auto neurons = zoo(120, 1);
    std::vector<std::uint64_t> expected;
    {
        const WithSimd simd("baseline");
        expected = zoo_life(neurons, 300, 1);
    }
    ASSERT_GT(expected.size(), 120u * 4 + 500) << "too few spikes to mean anything";
    int compared = 0;
    for (const char* name : {"avx2", "avx512"}) {
        const WithSimd simd(name);
        try {
            Membranes({}, {.timestep_s = 1, .quantum_siemens = 1});
        } catch (const InputError&) {
            continue;   // not on this machine
        }
        EXPECT_EQ(zoo_life(neurons, 300, 1), expected) << name;
        ++compared;
    }
    if (compared == 0) {
        GTEST_SKIP() << "this machine has only the baseline";
    }
}

TEST(Neuron, WindowsDoNotMatter)
{
    const auto neurons = zoo(150, 3);
    const auto expected = zoo_life(neurons, 200, 3);
    for (const int window : {2, 6, 64}) {
        EXPECT_EQ(zoo_life(neurons, 200, 3, window), expected) << window;
    }
}

TEST(Neuron, BitsDoNotDependOnTheNeighbours)
{
    // The same neuron alone, in a block that needs nothing, and in one that needs everything.
    const auto neurons = zoo(200, 2);
    const auto all = zoo_life(neurons, 200, 2);
    for (std::size_t i = 0; i < neurons.size(); i += 7) {
        const auto alone = zoo_life({neurons[i]}, 200, 2);
        std::vector<std::uint64_t> mine;
        for (std::size_t k = 0; k + 4 * neurons.size() < all.size(); ++k) {
            if ((all[k] & 0xffffffffu) == neurons[i].place) {
                mine.push_back(all[k]);
            }
        }
        const auto state = all.end() - static_cast<std::ptrdiff_t>(4 * (neurons.size() - i));
        mine.insert(mine.end(), state, state + 4);
        EXPECT_EQ(mine, alone) << "neuron " << i;
    }
}

TEST(Neuron, NothingEverBecomesNan)
{
    for (std::uint64_t seed = 10; seed < 16; ++seed) {
        zoo_life(zoo(300, seed), 400, seed);
    }
}

TEST(Neuron, HugeConductanceStaysBetweenItsPotentials)
{
    const auto neuron = circuit(Cell{.v_thresh = 10}, 2, 1e4, -65);
    Bench bench({neuron}, 1e-8);
    for (int k = 0; k < 100; ++k) {
        bench.add(0, 0, k % 2, 1e-4);   // 25 times the membrane's capacitance in a step
        bench.step();
        EXPECT_GT(bench.membranes.v_volt(0), neuron.denmems[0].e_rev_volt[1] - 1e-3);
        EXPECT_LT(bench.membranes.v_volt(0), neuron.denmems[0].e_rev_volt[0] + 1e-3);
    }
}

TEST(Neuron, BadCircuitsAreNamed)
{
    const auto message = [](NeuronCircuit neuron) -> std::string {
        try {
            Membranes(std::vector{neuron}, {.timestep_s = 1e-8, .quantum_siemens = quantum});
        } catch (const InputError& e) {
            return e.what();
        }
        return "";
    };
    const auto good = circuit(adex_sets()[0], 2, 1e4, -60);
    EXPECT_EQ(message(good), "");
    auto bad = good;
    bad.denmems[1].delta_t_volt = 0;
    EXPECT_NE(message(bad).find("delta_T"), std::string::npos);
    bad = good;
    bad.firing = 2;
    EXPECT_NE(message(bad).find("firing"), std::string::npos);
    EXPECT_NE(message({}).find("denmem"), std::string::npos);
    const WithSimd simd("sse9");
    EXPECT_NE(message(good).find("BSS_SIMD"), std::string::npos);
}

}   // namespace
}   // namespace bss
