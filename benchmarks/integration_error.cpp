// Spike-time error of the integration scheme against the step: six leak-driven AdEx neurons (0.99 s of biology at 10^4) against adaptive integration.
// Prints CSV for integration_error.py: scheme, step in ms of biology, mean error in steps.
#include <cmath>
#include <cstdio>
#include <vector>

#include "kernels/cpu/floating_point.hpp"
#include "kernels/cpu/membranes.hpp"
#include "tests/kernels/reference_neuron.hpp"
#include "wafer/random.hpp"

namespace {

using namespace bss;
using test::Vector;

constexpr double speedup = 1e4, duration_s = 0.99 / speedup;

Vector ours(const NeuronCircuit& neuron, double h)
{
    Membranes membranes(std::vector{neuron}, {.timestep_s = h, .quantum_siemens = 1e-12});
    Vector times;
    std::vector<MembraneSpike> spikes;
    WindowInput no_input(1, membranes.slots());
    for (std::int64_t step = 0; step < std::llround(duration_s / h); ++step) {
        spikes.clear();
        no_input.begin(membranes.slots());
        membranes.run(step, 1, no_input, spikes);
        for (const auto& s : spikes) {
            times.push_back((static_cast<double>(s.step) + s.fraction) * h);
        }
    }
    return times;
}

/// What a plain simulator does with a single denmem: forward Euler, crossings and the end of refractoriness on the grid.
Vector euler(const NeuronCircuit& neuron, double h)
{
    const DenmemCircuit& c = neuron.denmems[0];
    double v = neuron.initial_volt, w = 0;
    std::int64_t free_at = 0;
    Vector times;
    for (std::int64_t step = 0; step < std::llround(duration_s / h); ++step) {
        const double upstroke = c.g_leak_siemens * c.delta_t_volt * std::exp(std::min((v - c.v_exp_volt) / c.delta_t_volt, 50.0));
        const double slope = (c.g_leak_siemens * (c.e_leak_volt - v) + upstroke - w) / c.capacitance_farad;
        w += h / c.tau_w_s * (c.a_siemens * (v - c.e_leak_volt) - w);
        if (step >= free_at) {
            v += h * slope;
        }
        if (v >= c.v_threshold_volt) {
            times.push_back(static_cast<double>(step + 1) * h);
            v = c.v_reset_volt;
            w += c.b_ampere;
            free_at = step + 1 + std::llround(c.tau_refrac_s / h);
        }
    }
    return times;
}

NeuronCircuit mismatched(NeuronCircuit neuron)
{
    std::uint32_t k = 0;
    for (auto& c : neuron.denmems) {
        const auto n = [&](std::uint32_t what) { return random_normal(1, Purpose::test, k, what, 0); };
        c.e_leak_volt += 0.005 * n(0);
        c.v_exp_volt += 0.005 * n(1);
        c.delta_t_volt *= std::exp(0.1 * n(2));
        c.g_leak_siemens *= std::exp(0.15 * n(3));
        c.tau_w_s *= std::exp(0.15 * n(4));
        ++k;
    }
    return neuron;
}

/// Mean error in steps of the spikes that both have.
template <class Scheme>
double error(const std::vector<NeuronCircuit>& neurons, const std::vector<Vector>& expected, double h, Scheme scheme)
{
    double sum = 0;
    for (std::size_t i = 0; i < neurons.size(); ++i) {
        const Vector times = scheme(neurons[i], h);
        const std::size_t count = std::min(times.size(), expected[i].size());
        double mine = 0;
        for (std::size_t k = 0; k < count; ++k) {
            mine += std::abs(times[k] - expected[i][k]) / h / static_cast<double>(count);
        }
        sum += mine / static_cast<double>(neurons.size());
    }
    return sum;
}

}   // namespace

int main()
{
    flush_denormals();
    std::vector<NeuronCircuit> single, four;
    std::vector<Vector> expected_single, expected_four;
    for (const auto& cell : test::adex_sets()) {
        single.push_back(test::circuit(cell, 1, speedup, -60));
        four.push_back(mismatched(test::circuit(cell, 4, speedup, -60)));
        expected_single.push_back(test::ReferenceNeuron(single.back()).run(duration_s));
        expected_four.push_back(test::ReferenceNeuron(four.back()).run(duration_s));
    }
    std::puts("scheme,step_ms,error_steps");
    for (const double dt_ms : {0.4, 0.2, 0.1, 0.05, 0.02, 0.01}) {
        const double h = dt_ms * 1e-3 / speedup;
        std::printf("one denmem,%g,%.5f\n", dt_ms, error(single, expected_single, h, ours));
        std::printf("four mismatched denmems,%g,%.5f\n", dt_ms, error(four, expected_four, h, ours));
        std::printf("forward Euler (one denmem),%g,%.5f\n", dt_ms, error(single, expected_single, h, euler));
    }
    return 0;
}
