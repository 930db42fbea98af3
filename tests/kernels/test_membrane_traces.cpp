// Traces of membranes alone: on every backend what the membranes show when they go step by step.
#include "backends.hpp"

#include "kernels/backend.hpp"
#include "kernels/cpu/floating_point.hpp"
#include "wafer/random.hpp"

namespace bss {
namespace {

using namespace test;

double between(double low, double high, std::uint32_t n) { return low + (high - low) * random_uniform(5, Purpose::test, n, 0, 0); }

DenmemCircuit circuit(std::uint32_t n, bool adex, bool limits)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {.capacitance_farad = 2.16e-12,
            .g_leak_siemens = between(1e-6, 3e-6, 10 * n),
            .e_leak_volt = between(0.7, 1.05, 10 * n + 1),
            .leak_linear_volt = limits ? 0.15 : infinity,
            .e_rev_volt = {1.3, 0.5},
            .tau_syn_s = {between(0.3e-6, 1e-6, 10 * n + 2), between(0.3e-6, 1e-6, 10 * n + 3)},
            .synaptic_limit_siemens = {limits ? 2e-6 : infinity, limits ? 0.0 : infinity},
            .exponential = adex,
            .v_exp_volt = 0.85,
            .delta_t_volt = 0.01,
            .v_threshold_volt = between(0.88, 0.92, 10 * n + 4),
            .v_reset_volt = 0.6,
            .tau_refrac_s = between(0, 0.2e-6, 10 * n + 5),
            .a_siemens = adex ? 0.3e-6 : 0,
            .tau_w_s = 2e-6,
            .b_ampere = adex ? 20e-9 : 0,
            .noise_volt_per_sqrt_s = n % 2 == 0 ? 2.0 : 0.0,
            .stimulus_ampere_per_dac = 1e-9};
}

MembraneExperiment experiment()
{
    MembraneExperiment e{.settings = {.timestep_s = 20e-9, .quantum_siemens = 1e-11, .trial = 0x123456789abcull, .wafer = 4, .hicann = 99}, .settle = 70, .samples = 210};
    std::uint32_t denmems = 0;
    for (std::uint32_t n = 0; n < 21; ++n) {
        NeuronCircuit neuron{.denmems = {}, .firing = n % 5 == 4, .initial_volt = 0.7, .place = 3 * n};
        for (std::uint32_t k = 0; k < (n % 5 == 4 ? 3u : 1u); ++k)
            neuron.denmems.push_back(circuit(denmems++, n % 3 == 0, n % 4 != 1));
        e.neurons.push_back(neuron);
    }
    for (std::uint32_t d = 0; d < denmems; ++d)
        e.quanta.push_back({static_cast<std::int32_t>(1000 * d), static_cast<std::int32_t>(40000 - 1000 * d)});
    e.events = {-70, -1, 0, 33, 33, 64, 209};
    e.currents = {{-70, 2, 1e-7}, {-3, 0, 4e-7}, {10, 2, -2e-7}, {100, 0, 0}};
    return e;
}

/// The same by single steps.
MembraneTraces step_by_step(const MembraneExperiment& e)
{
    const KeepFloatingPoint keep;
    flush_denormals();
    Membranes state(e.neurons, e.settings);
    MembraneTraces traces;
    traces.resize(e.neurons.size(), e.samples);
    WindowInput input(1, state.slots());
    for (std::int64_t step = -e.settle; step < e.samples; ++step) {
        input.begin(state.slots());
        std::size_t denmem = 0;
        std::vector<MembraneSpike> fired;
        for (std::size_t n = 0; n < e.neurons.size(); ++n) {
            if (step >= 0)
                traces.volt(n)[step] = state.v_volt(static_cast<int>(n));
            for (std::size_t k = 0; k < e.neurons[n].denmems.size(); ++k, ++denmem)
                for (const std::int64_t event : e.events)
                    for (int which = 0; which < 2 && event == step; ++which)
                        input.at(0, which)[state.slot(static_cast<int>(n), static_cast<int>(k))] += e.quanta[denmem][static_cast<std::size_t>(which)];
        }
        for (const auto& current : e.currents)
            if (current.step == step)
                state.set_current(static_cast<int>(current.neuron), current.ampere);
        state.run(step + e.settle, 1, input, fired);
        for (const MembraneSpike& spike : fired)
            if (step >= 0)
                traces.spikes[spike.neuron].push_back(static_cast<double>(step) + spike.fraction);
    }
    return traces;
}

ON_BACKENDS(MembraneTracesOf);

TEST_P(MembraneTracesOf, ShortAndToTheLastBit)
{
    const MembraneExperiment e = experiment();
    const MembraneTraces expected = step_by_step(e);
    const TraceRecorder recorder = backend() == "cuda" ? cuda_trace_recorder() : TraceRecorder{};
    MembraneTraces traces;
    recorder.record(e, traces);
    recorder.record(e, traces);                     // on memory that is used again
    std::size_t spikes = 0;
    for (std::size_t n = 0; n < e.neurons.size(); ++n) {
        for (std::int64_t k = 0; k < e.samples; ++k)
            ASSERT_EQ(traces.volt(n)[k], expected.volt(n)[k]) << "neuron " << n << ", sample " << k;
        EXPECT_EQ(traces.spikes[n], expected.spikes[n]) << "neuron " << n;
        spikes += expected.spikes[n].size();
    }
    EXPECT_GT(spikes, 15u);
}

}   // namespace
}   // namespace bss
