// A balanced random network (Brunel 2000; reference-networks.md §6.2, a quarter of its size) with every imperfection off, on the wafer and on the ideal fabric,
// against an independent double-precision simulation of the same synapses written here: own integrator, own Poisson sources, smaller step.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "kernels/engine.hpp"
#include "mapping/connectors.hpp"
#include "mapping/ideal.hpp"
#include "mapping/mapping.hpp"

namespace bss {
namespace {

constexpr double duration_ms = 2000.0, warm_up_ms = 300.0, delay_ms = 1.5;
constexpr double tau_m = 10, tau_syn = 3, tau_refrac = 2, v_reset = 10, v_thresh = 20, e_exc = 140, e_inh = -140;   // cm = 1 nF, v_rest = 0
constexpr double jump_mv = 2.4, weight = 1.2 * jump_mv / tau_syn / e_exc, g = 5, eta = 1.5;
constexpr std::uint32_t n_exc = 400, n_inh = 100, n_ext = 500, k_exc = 40, k_inh = 10, k_ext = 50;
const double source_hz = eta * 1e3 * v_thresh / (jump_mv * tau_m) / k_ext;

Population population(const char* name, std::uint32_t size, CellType cell, const std::map<std::string_view, double>& given)
{
    Population p{.name = name, .size = size, .cell = cell};
    for (const CellParameter& parameter : parameters_of(cell))
        p.parameters.push_back({{given.contains(parameter.name) ? given.at(parameter.name) : parameter.standard}});
    p.initial_v_given = true;
    return p;
}

Network brunel()
{
    const std::map<std::string_view, double> lif{{"cm", 1}, {"tau_m", tau_m}, {"tau_syn_E", tau_syn}, {"tau_syn_I", tau_syn}, {"tau_refrac", tau_refrac}, {"v_rest", 0},
                                                 {"v_reset", v_reset}, {"v_thresh", v_thresh}, {"e_rev_E", e_exc}, {"e_rev_I", e_inh}};
    NetworkSpec spec;
    spec.populations = {population("E", n_exc, CellType::IF_cond_exp, lif), population("I", n_inh, CellType::IF_cond_exp, lif),
                        population("ext", n_ext, CellType::SpikeSourcePoisson, {{"rate", source_hz}})};
    for (std::uint32_t pre = 0; pre < 3; ++pre)
        for (std::uint32_t post = 0; post < 2; ++post)
            spec.projections.push_back({.label = spec.populations[pre].name + " -> " + spec.populations[post].name,
                                        .pre = pre,
                                        .post = post,
                                        .receptor = pre == 1 ? Receptor::inhibitory : Receptor::excitatory,
                                        .connector = FixedNumberPre{.n = pre == 0 ? k_exc : pre == 1 ? k_inh : k_ext},
                                        .weight = pre == 1 ? g * weight : weight,
                                        .delay_ms = delay_ms,
                                        .delay_given = true});
    return expand(std::move(spec));
}

/// Mean rate in Hz of E and I together.
double rate_of(Program program, const Mapping& mapping)
{
    const auto engine = make_engine(std::move(program), mapping.stimulus);
    engine->advance(static_cast<std::int64_t>(duration_ms / 0.1));
    const Recording recording = engine->take_recording();
    const auto late = std::count_if(recording.spikes.begin(), recording.spikes.end(), [&](const NeuronSpike& s) { return mapping.scale.ms(s.time_s) > warm_up_ms; });
    return static_cast<double>(late) / (n_exc + n_inh) / (duration_ms - warm_up_ms) * 1e3;
}

/// From wafer and engine.
double simulated_rate(const Network& network, std::uint64_t seed)
{
    Machine machine;
    machine.silicon = {std::make_shared<Silicon>(Technology::load("hicann-x1000"), no_imperfections(), 1)};
    machine.defects = {derived({})};
    machine.calibration = {ideal_calibration(*machine.silicon[0])};
    for (const Hicann h : all<Hicann>())
        machine.chips.push_back({0, h});
    machine.speedup = 1000;
    MappingOptions options;
    options.timestep_s = 1e-4 / machine.speedup;
    const Mapping mapping = map(network, machine, options, no_imperfections());
    for (const ProjectionAccount& account : mapping.account)
        EXPECT_EQ(account.lost, 0u);
    EXPECT_TRUE(mapping.rebuilt_from_bits);

    const RunSettings settings{.timestep_s = options.timestep_s, .trial = seed, .traces = {}};
    return rate_of(elaborate(mapping.wafers, std::span(machine.silicon[0].get(), 1), settings), mapping);
}

/// The same on the ideal fabric.
double ideal_rate(const Network& network, std::uint64_t seed)
{
    constexpr double speedup = 1000;
    const Mapping placed = place_ideally(network, speedup);
    return rate_of(ideal_program(network, placed, Technology::load("hicann-x1000"), {.timestep_s = 1e-4 / speedup, .trial = seed, .traces = {}}), placed);
}

/// The same network by exponential Euler in double precision at a fifth of the step, spikes interpolated within it.
double reference_rate(const Network& network, unsigned seed)
{
    constexpr double h = 0.02;
    constexpr std::size_t delay_steps = static_cast<std::size_t>(delay_ms / h + 0.5), slots = delay_steps + 1, n = n_exc + n_inh;
    std::vector<std::vector<std::pair<std::uint32_t, double>>> targets(n + n_ext);      // signed: inhibition negative
    const std::array<std::uint32_t, 3> first{0, n_exc, n};
    for (const Projection& p : network.projections)
        for (std::size_t k = 0; k < p.size(); ++k)
            targets[first[p.pre] + p.pre_neuron[k]].emplace_back(first[p.post] + p.post_neuron[k], p.receptor == Receptor::inhibitory ? -p.weight[k] : p.weight[k]);
    std::vector<double> v(n, 0.0), ge(n, 0.0), gi(n, 0.0), free_at(n, -1.0);
    std::vector<std::vector<double>> coming(slots, std::vector<double>(2 * n, 0.0));
    std::mt19937_64 generator(seed);
    std::poisson_distribution<int> events(source_hz * 1e-3 * h);
    const double decay = std::exp(-h / tau_syn), half_decay = std::exp(-h / 2 / tau_syn);
    std::size_t late = 0;
    const auto send = [&](std::uint32_t source, std::size_t step) {
        auto& slot = coming[(step + delay_steps) % slots];
        for (const auto& [target, w] : targets[source])
            slot[2 * target + (w < 0)] += std::abs(w);
    };
    for (std::size_t step = 0; step < static_cast<std::size_t>(duration_ms / h); ++step) {
        const double t = static_cast<double>(step) * h;
        for (std::uint32_t k = 0; k < n_ext; ++k)
            for (int e = events(generator); e > 0; --e)
                send(static_cast<std::uint32_t>(n) + k, step);
        auto& now = coming[step % slots];
        for (std::uint32_t k = 0; k < n; ++k) {
            ge[k] += now[2 * k];
            gi[k] += now[2 * k + 1];
            const double a = ge[k] * half_decay, b = gi[k] * half_decay, total = 1 / tau_m + a + b, target = (a * e_exc + b * e_inh) / total;
            if (t >= free_at[k]) {
                const double next = target + (v[k] - target) * std::exp(-total * h);
                if (next >= v_thresh) {
                    free_at[k] = t + h * (v_thresh - v[k]) / (next - v[k]) + tau_refrac;
                    v[k] = v_reset;
                    late += t > warm_up_ms;
                    send(k, step);
                } else {
                    v[k] = next;
                }
            }
            ge[k] *= decay;
            gi[k] *= decay;
        }
        std::fill(now.begin(), now.end(), 0.0);
    }
    return static_cast<double>(late) / n / (duration_ms - warm_up_ms) * 1e3;
}

TEST(BrunelNetwork, RateAgreesWithAnIndependentSimulation)
{
    const Network network = brunel();
    double simulated = 0, ideal = 0, reference = 0;
    for (unsigned seed = 1; seed <= 3; ++seed) {
        simulated += simulated_rate(network, seed) / 3;
        ideal += ideal_rate(network, seed) / 3;
        reference += reference_rate(network, seed) / 3;
    }
    RecordProperty("simulated_hz", std::to_string(simulated));
    RecordProperty("reference_hz", std::to_string(reference));
    EXPECT_GT(reference, 2.0);
    EXPECT_NEAR(ideal / reference, 1.0, 0.05) << ideal << " Hz on the ideal fabric, reference " << reference << " Hz";
    EXPECT_NEAR(simulated / reference, 1.0, 0.05) << simulated << " Hz, reference " << reference << " Hz";
}

}   // namespace
}   // namespace bss
