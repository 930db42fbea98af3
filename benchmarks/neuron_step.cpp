// Speed of the neuron dynamics: nanoseconds a denmem and step, and as a ratio to the bare AdEx loop in the same run. 512 denmems, all in the cache.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <vector>

#include "bare_adex.hpp"
#include "kernels/cpu/floating_point.hpp"
#include "kernels/cpu/membranes.hpp"

namespace {

using namespace bss;

constexpr int denmems = 512, steps = 9600;
constexpr int window = 6;             // steps that a chip runs on its own at 10^4
constexpr double timestep_s = 1e-8;   // 0.1 ms of biology at 10^4

double thread_seconds()
{
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// @param run  takes a window's first step and its number of steps
template <class Run>
double nanoseconds(int window_steps, Run run)
{
    const double begin = thread_seconds();
    for (int i = 0; i < steps; i += window_steps) {
        run(i, window_steps);
    }
    return (thread_seconds() - begin) * 1e9 / steps / denmems;
}

/// An AdEx denmem in the range of hardware.md §7.4: tau_m 1.5 us, tau_w 10 us, a few spikes in 100 us; a little different for every k.
DenmemCircuit adex(int k)
{
    const double x = 1e-3 * (k % 97);
    return {.capacitance_farad = 2.16e-12, .g_leak_siemens = 1.44e-6, .e_leak_volt = 0.6 + 0.3 * x, .leak_linear_volt = HUGE_VAL, .e_rev_volt = {1.2, 0.4},
            .tau_syn_s = {3e-7, 4e-7}, .synaptic_limit_siemens = {HUGE_VAL, HUGE_VAL}, .exponential = true, .v_exp_volt = 0.62, .delta_t_volt = 0.008,
            .v_threshold_volt = 0.7, .v_reset_volt = 0.5, .tau_refrac_s = 2e-7, .a_siemens = 2e-7, .tau_w_s = 1e-5, .b_ampere = 5e-9,
            .noise_volt_per_sqrt_s = 0, .stimulus_ampere_per_dac = 0};
}

struct Variant {
    const char* name;
    bool noise, limits, input;
};

/// A chip of neurons of `size` denmems; its spikes of all steps are counted.
struct BenchmarkChip {
    Membranes membranes;
    bool input;
    WindowInput arrivals{window, membranes.slots()};
    std::vector<MembraneSpike> spikes{};
    long count = 0;

    void run(int first, int steps)
    {
        arrivals.begin(membranes.slots());
        for (int k = 0; k < steps && input; ++k) {
            for (int side = 0; side < 2; ++side) {
                arrivals.at(k, side)[((first + k) * 7) % membranes.slots()] += 1000;
            }
        }
        spikes.clear();
        membranes.run(first, steps, arrivals, spikes);
        count += static_cast<long>(spikes.size());
    }
};

BenchmarkChip make_chip(int size, const Variant& variant)
{
    std::vector<NeuronCircuit> neurons(static_cast<std::size_t>(denmems / size));
    int k = 0;
    for (auto& neuron : neurons) {
        neuron.initial_volt = 0.6;
        neuron.place = static_cast<std::uint32_t>(k);
        for (int i = 0; i < size; ++i) {
            auto& c = neuron.denmems.emplace_back(adex(k++));
            if (variant.noise) {
                c.noise_volt_per_sqrt_s = 2e-3 * std::sqrt(2 / 1.5e-6);
            }
            if (variant.limits) {
                c.leak_linear_volt = 0.2;
                c.synaptic_limit_siemens = {1e-5, 1e-5};
            }
        }
    }
    return {Membranes(neurons, {.timestep_s = timestep_s, .quantum_siemens = 1e-12}), variant.input};
}

std::unique_ptr<benchmark::BareNeurons> make_bare()
{
    auto n = std::make_unique<benchmark::BareNeurons>();
    for (int i = 0; i < denmems; ++i) {
        const DenmemCircuit c = adex(i);
        const auto set = [i](benchmark::BareNeurons::Row& row, double value) { row[i] = static_cast<float>(value); };
        set(n->v, 0.6), set(n->w, 0), set(n->g_exc, 0), set(n->g_inh, 0), set(n->refractory, 0);
        set(n->g_leak, c.g_leak_siemens), set(n->e_leak, c.e_leak_volt), set(n->e_exc, c.e_rev_volt[0]), set(n->e_inh, c.e_rev_volt[1]);
        set(n->decay_exc, std::exp(-timestep_s / c.tau_syn_s[0])), set(n->decay_inh, std::exp(-timestep_s / c.tau_syn_s[1]));
        set(n->v_exp, c.v_exp_volt), set(n->slope, 1 / c.delta_t_volt), set(n->g_delta, c.g_leak_siemens * c.delta_t_volt);
        set(n->a, c.a_siemens), set(n->w_rate, timestep_s / c.tau_w_s), set(n->b, c.b_ampere), set(n->v_peak, c.v_threshold_volt);
        set(n->v_reset, c.v_reset_volt), set(n->tau_refrac, c.tau_refrac_s), set(n->per_capacitance, 1 / c.capacitance_farad), set(n->current, 0);
    }
    return n;
}

}   // namespace

int main()
{
    flush_denormals();
    constexpr Variant variants[] = {{"exponential, adaptation", false, false, false},
                                    {"+ noise", true, false, false},
                                    {"+ noise, input in every step", true, false, true},
                                    {"+ noise, input, limits", true, true, true}};
    auto bare = make_bare();
    std::printf("%s, %d denmems, %d steps; best of 9\n", std::string(Membranes({}, {.timestep_s = 1, .quantum_siemens = 1}).simd()).c_str(), denmems, steps);
    for (const Variant& variant : variants) {
        for (const int size : {8, 1}) {
            BenchmarkChip chip = make_chip(size, variant), single = make_chip(size, variant);
            double full = HUGE_VAL, single_steps = HUGE_VAL, plain = HUGE_VAL;
            long bare_spikes = 0;
            // In turns, so that all see the same machine.
            for (int repeat = 0; repeat < 9; ++repeat) {
                plain = std::min(plain, nanoseconds(1, [&](int, int) { bare_spikes += benchmark::bare_step(*bare, static_cast<float>(timestep_s)); }));
                full = std::min(full, nanoseconds(window, [&](int i, int length) { chip.run(repeat * steps + i, length); }));
                single_steps = std::min(single_steps, nanoseconds(1, [&](int i, int length) { single.run(repeat * steps + i, length); }));
            }
            std::printf("%-30s n = %d: windows of %d: %5.2f ns a denmem-step, ratio %.2f; of 1: %5.2f ns, ratio %.2f; bare loop %.2f ns  (spikes a membrane: %.1f, %.1f)\n",
                        variant.name, size, window, full, full / plain, single_steps, single_steps / plain, plain, static_cast<double>(chip.count) * size / denmems,
                        static_cast<double>(bare_spikes) / denmems);
        }
    }
    return 0;
}
