// Random wafers give the same bits on every backend, with any number of threads, any instruction set, in one piece or many, on a fresh engine or a used one.

#include <cstdlib>
#include <numeric>

#include <gtest/gtest.h>

#include "backends.hpp"
#include "kernels/comparison.hpp"
#include "kernels/ideal.hpp"
#include "random_wafer.hpp"
#include "wafer/error.hpp"

namespace bss::test {
namespace {

ON_BACKENDS(RandomWafers);
ON_BACKENDS(RandomIdealNetworks);

constexpr std::int64_t steps = 400;
using Pieces = std::vector<std::int64_t>;
constexpr std::uint64_t seeds = 24;

RunOutput run(const Program& program, const Stimulus& stimulus, const EngineOptions& options, const Pieces& pieces)
{
    return run_in_pieces(*make_engine(program, stimulus, options), pieces);
}
/// What the CPU makes of it with one thread, in one piece.
RunOutput expected(const Program& program, const Stimulus& stimulus, std::int64_t steps) { return run(program, stimulus, {"cpu", 1}, {steps}); }

/// Chooses an instruction set for as long as it lives.
struct WithSimd {
    explicit WithSimd(const char* name) { setenv("BSS_SIMD", name, 1); }
    ~WithSimd() { unsetenv("BSS_SIMD"); }
};

void compare(std::uint64_t seed, std::int64_t steps)
{
    SCOPED_TRACE(seed);
    const RandomWafer wafer = random_wafer(seed, steps);
    const RunOutput first = expected(wafer.program, wafer.stimulus, steps);
    const int threads = seed % 4 == 0 ? 3 : 1;      // a barrier every few microseconds takes its time on a busy machine
    const auto engine = make_engine(wafer.program, wafer.stimulus, {backend(), threads});
    EXPECT_EQ(difference(run_in_pieces(*engine, Pieces{1, 2, steps / 2, 0, steps - steps / 2 - 3}), first), "") << "in pieces";
    engine->restart(wafer.again, wafer.stimulus);
    EXPECT_EQ(difference(run_in_pieces(*engine, Pieces{steps}), expected(wafer.again, wafer.stimulus, steps)), "") << "another trial on a used engine";
    if (backend() == "cpu")
        for (const char* simd : {"baseline", "avx2"}) {
            const WithSimd use(simd);
            try {
                EXPECT_EQ(difference(run(wafer.program, wafer.stimulus, {"cpu", 1}, {steps}), first), "") << simd;
            } catch (const InputError&) {           // not on this machine
            }
        }
}

TEST_P(RandomWafers, AreEqual)
{
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed)
        compare(seed, steps);
}

/// For runs under tools that slow everything down.
TEST_P(RandomWafers, AFewShortOnesAreEqual)
{
    for (const std::uint64_t seed : {4, 7, 20})
        compare(seed, 60);
}

/// Neurons of every kind with lines of every kind.
void compare_ideal(std::uint64_t seed, int most_neurons, std::int64_t steps)
{
    SCOPED_TRACE(seed);
    Dice dice(1000 + seed);
    const auto size = static_cast<std::uint32_t>(1 + dice.below(most_neurons));
    constexpr double dt = 100e-9, unlimited = std::numeric_limits<double>::infinity();
    std::vector<IdealNeuron> neurons(size);
    for (IdealNeuron& neuron : neurons) {
        DenmemCircuit& c = neuron.circuit;
        const bool adex = dice.chance(0.5);
        c = {.capacitance_farad = 1e-12, .g_leak_siemens = dice.uniform(2e-8, 2e-7), .e_leak_volt = dice.uniform(0.8, 1.1), .leak_linear_volt = unlimited,
             .e_rev_volt = {1.4, 0.5}, .tau_syn_s = {dice.uniform(1e-6, 1e-5), dice.uniform(1e-6, 1e-5)}, .synaptic_limit_siemens = {unlimited, unlimited},
             .exponential = adex, .v_exp_volt = 1.0, .delta_t_volt = 0.01, .v_threshold_volt = 1.05, .v_reset_volt = 0.8, .tau_refrac_s = dice.uniform(0, 2e-6),
             .a_siemens = adex ? 1e-8 : 0, .tau_w_s = 3e-5, .b_ampere = adex ? 1e-9 : 0};
        neuron.initial_volt = dice.uniform(0.7, 1.0);
        neuron.current_ampere = dice.chance(0.3) ? dice.uniform(0, 1e-8) : 0;
    }
    Stimulus stimulus;
    for (std::uint64_t id = 0; id < 20; ++id)
        stimulus.sources.push_back({id, PoissonTrain{.rate_hz = dice.uniform(0, 2e5)}, {}});
    std::vector<IdealLine> lines;
    for (std::uint32_t n = 0; n < size + 20; ++n)
        lines.push_back({n >= size, n < size ? n : n - size, dice.chance(0.2) ? std::optional(TsodyksMarkram{0.4, 50e-6 * dice.below(2), 20e-6}) : std::nullopt, 0, 0});
    for (IdealLine& line : lines)
        if (line.plasticity && line.plasticity->tau_rec_s > 0)
            line.plasticity->tau_facil_s = 0;
    std::vector<std::vector<IdealSynapse>> synapses(lines.size());
    const int longest = std::array{3, 30, 300}[dice.below(3)];
    for (auto& of_line : synapses)
        for (int k = dice.below(40); k > 0; --k)
            of_line.push_back({static_cast<std::uint32_t>(dice.below(static_cast<int>(size))), static_cast<float>(dice.uniform(1e-10, 2e-8)),
                               static_cast<std::uint16_t>(1 + dice.below(longest)), dice.chance(0.7) ? SynapticInput::excitatory : SynapticInput::inhibitory});
    const auto fabric = ideal_fabric(lines, [&](auto&& take) {
        for (std::size_t l = 0; l < synapses.size(); ++l)
            for (const IdealSynapse& synapse : synapses[l])
                take(l, synapse);
    });
    std::vector<NeuronPlace> traced;
    for (int k = 0; k < 5; ++k)
        traced.push_back(ideal_place(static_cast<std::uint32_t>(dice.below(static_cast<int>(size)))));
    const Program program = ideal_program(neurons, fabric, {dt, seed, {probe(Variable::v, traced, 3), probe(Variable::w, traced), probe(Variable::gsyn_exc, traced)}});
    const RunOutput first = expected(program, stimulus, steps);
    EXPECT_EQ(difference(run(program, stimulus, {backend(), 2}, {7, steps - 7}), first), "");
}

TEST_P(RandomIdealNetworks, AreEqual)
{
    for (std::uint64_t seed = 1; seed <= seeds / 4 && !HasFailure(); ++seed)
        compare_ideal(seed, 1200, steps);
}
TEST_P(RandomIdealNetworks, AShortOneIsEqual) { compare_ideal(3, 700, 60); }

/// The wafers above are worth comparing: between them, everything that can be counted happens.
TEST(RandomWafersThemselves, UseEverything)
{
    Counters sum;
    std::size_t neuron_spikes = 0, source_spikes = 0, unseen = 0, adaptation = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const RandomWafer wafer = random_wafer(seed, steps);
        const RunOutput o = expected(wafer.program, wafer.stimulus, steps);
        for (const auto counter : {&Counters::row_events, &Counters::synaptic_events, &Counters::l2_down_dropped_before_sim, &Counters::l2_down_lost, &Counters::l2_up_lost,
                                   &Counters::l1_neuron_lost, &Counters::delays_below_timestep})
            sum.*counter += o.counters.*counter;
        neuron_spikes += o.recording.spikes.size();
        source_spikes += o.recording.source_spikes.size();
        unseen += static_cast<std::size_t>(std::count_if(o.recording.spikes.begin(), o.recording.spikes.end(), [](const NeuronSpike& s) { return !s.recorded; }));
        const auto& w = o.recording.traces[1].values;
        adaptation += static_cast<std::size_t>(std::count_if(w.begin(), w.end(), [](float ampere) { return ampere > 0; }));
        for (const Trace& trace : o.recording.traces)
            for (const float value : trace.values)
                ASSERT_TRUE(std::isfinite(value)) << seed;
    }
    EXPECT_GT(sum.row_events, 1000);
    EXPECT_GT(sum.synaptic_events, 1000);
    EXPECT_GT(sum.l2_down_dropped_before_sim, 0);
    EXPECT_GT(sum.l2_down_lost, 0);
    EXPECT_GT(sum.l2_up_lost, 0);
    EXPECT_GT(sum.l1_neuron_lost, 0);
    EXPECT_GT(sum.delays_below_timestep, 0);
    EXPECT_GT(neuron_spikes, 10000u);
    EXPECT_GT(source_spikes, 1000u);
    EXPECT_GT(unseen, 100u);
    EXPECT_GT(adaptation, 1000u);
}

}   // namespace
}   // namespace bss::test
