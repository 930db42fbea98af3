// Random wafers give the same bits on every backend, with any number of threads, any instruction set, in one piece or many, on a fresh engine or a used one.

#include <cstdlib>
#include <numeric>

#include <gtest/gtest.h>

#include "backends.hpp"
#include "kernels/backend.hpp"
#include "kernels/comparison.hpp"
#include "kernels/ideal.hpp"
#include "random_wafer.hpp"
#include "wafer/error.hpp"

namespace bss::test {
namespace {

ON_BACKENDS(RandomWafers);
ON_BACKENDS(RandomIdealNetworks);
ON_BACKENDS(ManyChips);

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
    for (const std::uint64_t seed : {4, 7, 15, 20})
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

/// Copies of a chip whose neurons fire by themselves, on as many wafers as that takes. Each chip sends to the next one over Layer 1, and to one of another wafer over its link.
Program chain(std::uint32_t chips)
{
    SmallWafer wafer(only({&Imperfections::link_bandwidth, &Imperfections::route_delay}));
    const Hicann hicann = *Hicann::at(10, 7);
    for (int k = 0; k < 8; ++k) {
        const NeuronPlace place = wafer.neuron(hicann, Denmem(Column(2 * k), Half::top), {.e_leak_volt = 1.4, .threshold_volt = 1.0, .tau_m_s = 4e-7 + 5e-8 * k});
        wafer.send(place, 1 + k);
        for (const DncMerger merger : {DncMerger(0), DncMerger(4)}) {
            wafer.open(hicann, merger, merger == DncMerger(4));
            wafer.connect(place, wafer.lead(hicann, merger), 8 - k);
        }
    }
    const Program one = wafer.program();
    Program all = one;
    all.chips.clear(), all.neurons.clear(), all.nets.clear(), all.routes.clear();
    all.relay_delay_s = 40 * one.timestep_s;
    for (std::uint32_t c = 0; c < chips; ++c) {
        ChipProgram& chip = all.chips.emplace_back(one.chips[0]);
        chip.chip = {static_cast<std::uint16_t>(c / Hicann::count), Hicann(static_cast<int>(c % Hicann::count))};
        chip.first_neuron = static_cast<std::uint32_t>(all.neurons.size());
        const auto first_net = static_cast<std::uint32_t>(all.nets.size());
        for (std::uint32_t& net : chip.block_nets[0])
            net += first_net;
        const std::uint32_t abroad = (c + chips / 2) % chips;
        for (NeuronProgram& neuron : chip.neurons) {
            all.neurons.push_back({chip.chip, neuron.firing});
            neuron.initial_volt = 0.8 + 0.3 * random_uniform(1, Purpose::test, c, neuron.first_denmem, 0);
            neuron.first_relay = static_cast<std::uint32_t>(all.relays.size());
            neuron.relay_count = 1;
            all.relays.push_back({abroad, 2 * abroad + 1, neuron.address});
        }
        for (const NetProgram& net : one.nets) {
            for (RouteProgram route : std::span(one.routes).subspan(net.first_route, net.route_count)) {
                route.net = static_cast<std::uint32_t>(all.nets.size());
                route.target = net.from_host ? c : (c + 1) % chips;
                all.routes.push_back(route);
            }
            all.nets.push_back({chip.chip, net.merger, net.slow, net.from_host, static_cast<std::uint32_t>(all.routes.size()) - net.route_count, net.route_count});
        }
    }
    return all;
}

/// A device then runs each window in waves of blocks.
TEST_P(ManyChips, ShortRunsOfMoreThanFitAtOnceAreEqual)
{
    constexpr std::uint32_t most_on_a_multiprocessor = 2048 / Denmem::count;      // blocks of a thread a denmem
    const std::uint32_t chips = backend() == "cuda" ? most_on_a_multiprocessor * static_cast<std::uint32_t>(cuda_device().multiprocessors) + 1 : 33;
    const Program program = chain(chips);
    const RunOutput first = expected(program, {}, 100);
    EXPECT_GT(first.counters.relayed, chips);
    EXPECT_GT(first.counters.row_events, 10 * chips);
    EXPECT_EQ(difference(run(program, {}, {backend(), 2}, {7, 93}), first), "");
}

/// The wafers above are worth comparing: between them, everything that can be counted happens.
TEST(RandomWafersThemselves, UseEverything)
{
    Counters sum;
    std::size_t neuron_spikes = 0, source_spikes = 0, unseen = 0, adaptation = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const RandomWafer wafer = random_wafer(seed, steps);
        const RunOutput o = expected(wafer.program, wafer.stimulus, steps);
        for (const auto counter : {&Counters::row_events, &Counters::synaptic_events, &Counters::l2_down_dropped_before_sim, &Counters::l2_down_lost, &Counters::l2_up_lost,
                                   &Counters::l1_neuron_lost, &Counters::relayed, &Counters::delays_below_timestep})
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
    EXPECT_GT(sum.relayed, 1000);
    EXPECT_GT(sum.delays_below_timestep, 0);
    EXPECT_GT(neuron_spikes, 10000u);
    EXPECT_GT(source_spikes, 1000u);
    EXPECT_GT(unseen, 100u);
    EXPECT_GT(adaptation, 1000u);
}

}   // namespace
}   // namespace bss::test
