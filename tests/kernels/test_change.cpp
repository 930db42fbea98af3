// Another program in the middle of a run: the same one changes no bit, another one changes what comes later and nothing else.

#include "backends.hpp"
#include "kernels/comparison.hpp"
#include "kernels/ideal.hpp"
#include "random_wafer.hpp"
#include "wafer/error.hpp"

namespace bss::test {
namespace {

ON_BACKENDS(Change);

/// Those on CUDA may run in an emulator.
std::uint64_t seeds() { return backend() == "cuda" ? 5 : 16; }

/// An engine that is given its program again before every piece but the first.
class Changing : public Engine {
public:
    Changing(Program program, Stimulus stimulus, int threads)
        : program_(std::move(program)), stimulus_(std::move(stimulus)), engine_(make_engine(program_, stimulus_, {test::backend(), threads}))
    {
    }
    void advance(std::int64_t steps) override
    {
        if (now() > 0)
            engine_->change(program_, stimulus_);
        engine_->advance(steps);
    }
    std::int64_t now() const override { return engine_->now(); }
    Recording take_recording() override { return engine_->take_recording(); }
    Counters counters() const override { return engine_->counters(); }
    void restart(Program program, Stimulus stimulus) override { engine_->restart(std::move(program), std::move(stimulus)); }
    std::vector<std::vector<float>> present() const override { return engine_->present(); }
    void change(Program program, Stimulus stimulus) override { engine_->change(std::move(program), std::move(stimulus)); }
    std::string_view backend() const override { return engine_->backend(); }
    std::string_view simd() const override { return engine_->simd(); }
    int threads() const override { return engine_->threads(); }

private:
    Program program_;
    Stimulus stimulus_;
    std::unique_ptr<Engine> engine_;
};

RunOutput unchanged(const Program& program, const Stimulus& stimulus, std::int64_t steps)
{
    const auto engine = make_engine(program, stimulus, {"cpu", 1});
    return run_in_pieces(*engine, std::vector{steps});
}

TEST_P(Change, TheSameProgramChangesNoBit)
{
    constexpr std::int64_t steps = 200;
    for (std::uint64_t seed = 1; seed <= seeds() && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        const RandomWafer wafer = random_wafer(seed, steps);
        Changing engine(wafer.program, wafer.stimulus, seed % 4 == 0 ? 3 : 1);
        EXPECT_EQ(difference(run_in_pieces(engine, std::vector<std::int64_t>{1, 2, 30, 5, 112, 50}), unchanged(wafer.program, wafer.stimulus, steps)), "");
    }
}

/// What comes out where one program follows another.
RunOutput changed(const RandomWafer& wafer, const EngineOptions& options, std::int64_t when, std::int64_t steps)
{
    const auto engine = make_engine(wafer.program, wafer.stimulus, options);
    engine->advance(when);
    engine->take_recording();
    engine->change(wafer.other, wafer.stimulus);
    RunOutput output = run_in_pieces(*engine, std::vector{steps - when});
    output.recording.traces.push_back({});
    for (const auto& values : engine->present())
        output.recording.traces.back().values.insert(output.recording.traces.back().values.end(), values.begin(), values.end());
    return output;
}

TEST_P(Change, AnotherProgramGivesTheSameBitsEverywhere)
{
    constexpr std::int64_t steps = 150;
    for (std::uint64_t seed = 1; seed <= seeds() && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        const RandomWafer wafer = random_wafer(seed, steps);
        EXPECT_EQ(difference(changed(wafer, {backend(), 3}, 70, steps), changed(wafer, {"cpu", 1}, 70, steps)), "");
    }
}

/// A neuron that fires by itself sends to another one over an ideal synapse that takes its time, plastic or not; a source does so too.
struct IdealPair {
    Program program;
    Stimulus stimulus;
};
IdealPair ideal_pair(float siemens, double threshold_volt, std::uint16_t delay_steps = 40, bool plastic = false, double spike_s = 50e-7)
{
    IdealNeuron neuron{};
    neuron.circuit.capacitance_farad = 2e-12;
    neuron.circuit.g_leak_siemens = 2e-7;
    neuron.circuit.e_leak_volt = 0.9;
    neuron.circuit.leak_linear_volt = std::numeric_limits<double>::infinity();
    neuron.circuit.e_rev_volt = {1.3, 0.6};
    neuron.circuit.tau_syn_s = {2e-6, 2e-6};
    neuron.circuit.synaptic_limit_siemens = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    neuron.circuit.v_threshold_volt = 0.85;
    neuron.circuit.v_reset_volt = 0.7;
    neuron.circuit.tau_refrac_s = 1e-6;
    neuron.initial_volt = 0.7;
    IdealNeuron other = neuron;
    other.circuit.v_threshold_volt = threshold_volt;
    std::optional<TsodyksMarkram> stp;
    if (plastic)
        stp = TsodyksMarkram{0.5, 1e-4, 0};
    std::vector<IdealLine> lines{{false, 0, stp, 0, 0}, {true, 0, std::nullopt, 0, 0}};
    IdealFabric fabric = ideal_fabric(std::move(lines), [&](auto&& take) {
        take(0, IdealSynapse{1, siemens, delay_steps, SynapticInput::excitatory});
        take(1, IdealSynapse{1, siemens, 3, SynapticInput::inhibitory});
    });
    const std::vector neurons{neuron, other};
    const RunSettings settings{.timestep_s = 1e-7, .trial = 1, .traces = {{.variable = Variable::v, .interval_steps = 1, .neurons = {ideal_place(0), ideal_place(1)}, .readout_denmems = {}},
                                                                          {.variable = Variable::gsyn_exc, .interval_steps = 1, .neurons = {ideal_place(1)}, .readout_denmems = {}}}};
    return {ideal_program(neurons, std::move(fabric), settings), {{{.id = 0, .train = SpikeTimes{{spike_s, 400e-7}}, .entries = {}}}}};
}

TEST_P(Change, TheSameIdealNetworkChangesNoBit)
{
    for (const bool plastic : {false, true}) {
        const IdealPair pair = ideal_pair(1e-7f, 2.0, 40, plastic);
        Changing engine(pair.program, pair.stimulus, 1);
        EXPECT_EQ(difference(run_in_pieces(engine, std::vector<std::int64_t>{1, 120, 30, 49, 300}), unchanged(pair.program, pair.stimulus, 500)), "");
    }
}

/// [sample] of a trace's first neuron of `width`
float value(const RunOutput& output, std::size_t trace, std::size_t sample, std::size_t width, std::size_t neuron) { return output.recording.traces[trace].values[sample * width + neuron]; }

TEST_P(Change, PotentialsStayAndWhatIsOnItsWayArrives)
{
    const IdealPair before = ideal_pair(1e-7f, 2.0), after = ideal_pair(4e-7f, 1.6, 3);
    const RunOutput alone = unchanged(before.program, before.stimulus, 400);
    const std::int64_t first_spike = static_cast<std::int64_t>(alone.recording.spikes.front().time_s / 1e-7);
    const std::int64_t when = first_spike + 20;             // its event acts 20 steps later
    ASSERT_LT(when + 20, 300);

    const auto engine = make_engine(before.program, before.stimulus, {backend(), 1});
    const RunOutput first = run_in_pieces(*engine, std::vector{when});
    engine->change(after.program, after.stimulus);
    const RunOutput second = run_in_pieces(*engine, std::vector<std::int64_t>{400 - when});
    const auto at = static_cast<std::size_t>(when);
    for (std::size_t neuron = 0; neuron < 2; ++neuron)
        EXPECT_NEAR(value(second, 0, 0, 2, neuron), value(alone, 0, at, 2, neuron), 1e-6) << "potential of neuron " << neuron;
    // What the old synapse sent comes with its old delay and conductance; what fires afterwards with the new ones.
    const auto jump = [](const RunOutput& output, std::size_t sample) { return value(output, 1, sample, 1, 0) - value(output, 1, sample - 1, 1, 0); };
    std::vector<std::size_t> arrivals;
    for (std::size_t k = 1; k < second.recording.traces[1].values.size(); ++k)
        if (jump(second, k) > 2e-8f)
            arrivals.push_back(k);
    ASSERT_GE(arrivals.size(), 2u);
    EXPECT_NEAR(jump(second, arrivals[0]), jump(alone, at + arrivals[0]), 2e-9) << "as without the change";
    const std::int64_t next_spike = static_cast<std::int64_t>(second.recording.spikes.front().time_s / 1e-7 + 0.5);
    EXPECT_EQ(static_cast<std::int64_t>(arrivals[1]) + when, next_spike + 3);
    EXPECT_NEAR(jump(second, arrivals[1]), 4e-7, 5e-8);
}

TEST_P(Change, SourcesPlayWhatTheyAreGivenFromNowOn)
{
    const IdealPair before = ideal_pair(1e-7f, 2.0), after = ideal_pair(1e-7f, 2.0, 40, false, 250e-7);
    const auto engine = make_engine(before.program, before.stimulus, {backend(), 1});
    std::vector<double> times;
    const auto run = [&](std::int64_t steps) {
        for (const SourceSpike& spike : run_in_pieces(*engine, std::vector{steps}).recording.source_spikes)
            times.push_back(spike.time_s);
    };
    run(100);
    engine->change(after.program, after.stimulus);
    run(400);
    EXPECT_EQ(times, (std::vector{50e-7, 250e-7, 400e-7}));
}

TEST_P(Change, AnotherShapeIsRefused)
{
    const RandomWafer one = random_wafer(1, 50), other = random_wafer(2, 50);
    const auto engine = make_engine(one.program, one.stimulus, {backend(), 1});
    engine->advance(10);
    EXPECT_THROW(engine->change(other.program, other.stimulus), InputError);
    engine->advance(40);
    EXPECT_EQ(engine->now(), 50);
}

TEST_P(Change, ThePresentIsTheNextSample)
{
    const IdealPair pair = ideal_pair(1e-7f, 2.0);
    const auto engine = make_engine(pair.program, pair.stimulus, {backend(), 1});
    engine->advance(77);
    const auto present = engine->present();
    const RunOutput whole = unchanged(pair.program, pair.stimulus, 100);
    for (std::size_t neuron = 0; neuron < 2; ++neuron)
        EXPECT_EQ(present[0][neuron], value(whole, 0, 77, 2, neuron));
}

}   // namespace
}   // namespace bss::test
