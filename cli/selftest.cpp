#include "cli/selftest.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/configuration_keys.hpp"
#include "cli/record_plan.hpp"
#include "cli/stages.hpp"
#include "cli/summary.hpp"
#include "kernels/backend.hpp"
#include "kernels/comparison.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

/// Neurons of both kinds, driven by themselves and by all kinds of sources; static, depressing and facilitating synapses. All imperfections off.
constexpr std::string_view network = R"(
network:
  populations:
    E: {size: 40, cell: EIF_cond_exp_isfa_ista, initial: {v: -60}, parameters: {cm: 0.25, tau_m: 15, tau_refrac: 2, tau_syn_E: 3, tau_syn_I: 3,
        v_rest: {uniform: {low: -50, high: -44}}, v_reset: -60, v_thresh: -50, v_spike: -42, delta_T: 1, a: 4, b: 0.05, tau_w: 100, e_rev_E: 0, e_rev_I: -80}}
    I: {size: 10, cell: IF_cond_exp, parameters: {cm: 0.25, tau_m: 10, tau_refrac: 2, tau_syn_E: 3, tau_syn_I: 3, v_rest: -48, v_reset: -65, v_thresh: -50,
        e_rev_E: 0, e_rev_I: -80}}
    poisson: {size: 30, cell: SpikeSourcePoisson, parameters: {rate: 100}}
    given: {size: 2, cell: SpikeSourceArray, parameters: {spike_times: [1.05, 3.3, 3.4, 12, 27.77]}}
  projections:
    - {pre: poisson, post: E, connector: {FixedProbability: {p_connect: 0.3}}, receptor: excitatory, weight: 0.004, delay: 1}
    - {pre: given, post: E, connector: AllToAll, receptor: excitatory, weight: 0.01, delay: 2.3}
    - {pre: E, post: E, connector: {FixedProbability: {p_connect: 0.1}}, receptor: excitatory, weight: {uniform: {low: 0.001, high: 0.004}}, delay: 1}
    - {pre: E, post: I, connector: {FixedProbability: {p_connect: 0.5}}, receptor: excitatory, weight: 0.003, delay: 1, synapse: {TsodyksMarkram: {U: 0.3, tau_rec: 80, tau_facil: 0}}}
    - {pre: I, post: E, connector: {FixedProbability: {p_connect: 0.5}}, receptor: inhibitory, weight: 0.004, delay: 1}
    - {pre: I, post: I, connector: {FixedProbability: {p_connect: 0.5}}, receptor: inhibitory, weight: 0.003, delay: 1, synapse: {TsodyksMarkram: {U: 0.3, tau_rec: 0, tau_facil: 60}}}
  seed: 5
wafer: {technology: hicann-v4, calibration: ideal, imperfections: none}
mapping: {neuron_size: 4}
run: {duration: 40, timestep: 0.1, speedup: 10000}
record:
  - {variable: v, population: E, neurons: 0-7, interval: 0.1}
  - {variable: w, population: E, neurons: 0-7, interval: 0.2}
  - {variable: gsyn_exc, population: E, neurons: 0-7, interval: 0.1}
  - {variable: gsyn_inh, population: I, interval: 0.3}
)";

/// Options over that, as after --set.
struct Case {
    std::string_view name;
    std::vector<std::string> options;
};

/// The imperfections of these names on, all others off.
std::string only(std::initializer_list<std::string_view> names)
{
    std::string option = "wafer.imperfections={";
    for (const ImperfectionSwitch& s : imperfection_switches)
        option += fmt::format("{}: {}, ", s.name, std::find(names.begin(), names.end(), s.name) != names.end());
    return option + "}";
}

std::vector<Case> cases()
{
    const std::string all = "wafer.imperfections=all", oracle = "wafer.calibration=oracle";
    return {
        {"AdEx and LIF neurons of 4 denmems", {}},
        {"one denmem a neuron", {"mapping.neuron_size=1"}},
        {"16 denmems a neuron", {"mapping.neuron_size=16"}},
        {"temporal noise", {only({"temporal_noise"})}},
        {"mismatch and write errors", {only({"fixed_pattern", "rewrite", "weight_mismatch"})}},
        {"saturation", {only({"saturation"})}},
        {"DACs and 4-bit weights", {only({"parameter_quantisation", "weight_quantisation"})}},
        {"route delays with jitter", {only({"route_delay"})}},
        {"links with limits, fast sources", {only({"link_bandwidth"}), "network.populations.poisson.parameters.rate=3000"}},
        {"a background generator", {"network.populations.poisson.size=1", "network.populations.poisson.on_wafer=true"}},
        {"traces through the ADC", {only({"readout"}), "record=[{variable: v, population: E, neurons: 0-1, through: adc}]"}},
        {"lost synapses that are kept", {"wafer.hicanns=[174]", "mapping.neuron_size=8", "wafer.defects={random: {drivers: 0.95}}"}},
        {"all imperfections", {all, oracle}},
        {"all, one step a window (x1000)", {all, oracle, "wafer.technology=hicann-x1000", "run.speedup=1000"}},
        {"the ideal fabric", {"run.mode=ideal"}},
    };
}

struct Prepared {
    Program program;
    Stimulus stimulus;
    std::int64_t steps = 0;
};

Prepared prepare(const Case& one)
{
    Reading reading;
    Yaml root = reading.yaml.read_text(network, {fmt::format("selftest, {}", one.name), {}, Source::Kind::call, {}});
    for (const std::string& option : one.options)
        reading.yaml.apply_option(root, option);
    Configuration configuration;
    configuration.file = one.name;
    read_tree(root, configuration, reading);
    reading.mistakes.throw_if_any();
    Hardware hardware = make_hardware(configuration);
    const Network expanded = expand_network(configuration);
    Mapping mapping = make_mapping(configuration, expanded, hardware);
    RecordPlan plan = plan_recording(configuration, expanded, mapping, hardware.technology, hardware.machine.defects);
    return {make_program(configuration, expanded, hardware, mapping, std::move(plan.traces)), std::move(mapping.stimulus),
            steps_of(configuration.run.duration_ms, configuration.run.timestep_ms)};
}

/// A way to run a program here.
struct Way {
    std::string name;
    EngineOptions options;
    const char* simd = nullptr;
    bool in_pieces = false;
};

/// @return nothing where this machine lacks the instruction set
std::optional<RunOutput> run(const Prepared& prepared, const Way& way)
{
    if (way.simd)
        setenv("BSS_SIMD", way.simd, 1);
    std::unique_ptr<Engine> engine;
    try {
        engine = make_engine(prepared.program, prepared.stimulus, way.options);
    } catch (const InputError&) {
        if (!way.simd)
            throw;
    }
    if (way.simd)
        unsetenv("BSS_SIMD");
    if (!engine)
        return std::nullopt;
    const std::int64_t steps = prepared.steps;
    return run_in_pieces(*engine, way.in_pieces ? std::vector<std::int64_t>{1, 5, steps / 2, steps - steps / 2 - 6} : std::vector<std::int64_t>{steps});
}

}   // namespace

ExitCode selftest(std::string_view backend, int threads, bool quiet)
{
    const BackendChoice choice = choose_backend(backend);
    unsetenv("BSS_SIMD");
    std::vector<Way> ways{{"1 thread", {"cpu", 1}}, {"avx2", {"cpu", 1}, "avx2"}, {"baseline", {"cpu", 1}, "baseline"}, {fmt::format("{} threads", threads), {"cpu", threads}, nullptr, true}};
    if (choice.name == "cuda")
        ways.push_back({"cuda", {"cuda", threads}, nullptr, true});
    const auto say = [&](const std::string& text) {
        if (!quiet) {
            fmt::print("{}", text);
            std::fflush(stdout);
        }
    };
    std::string head = fmt::format("{:<34}{:>8}{:>10}", "bit by bit against one thread", "spikes", "events");
    for (const Way& way : std::span(ways).subspan(1))
        head += fmt::format("{:>12}", way.name);
    say(head + "\n");

    int compared = 0, different = 0;
    for (const Case& one : cases()) {
        const Prepared prepared = prepare(one);
        const RunOutput expected = *run(prepared, ways.front());
        std::string line = fmt::format("{:<34}{:>8}{:>10}", one.name, expected.recording.spikes.size(), expected.counters.synaptic_events), details;
        for (const Way& way : std::span(ways).subspan(1)) {
            const std::optional<RunOutput> found = run(prepared, way);
            const std::string differs = found ? difference(*found, expected) : std::string();
            line += fmt::format("{:>12}", !found ? "not here" : differs.empty() ? "equal" : "DIFFERENT");
            compared += found.has_value();
            different += !differs.empty();
            if (!differs.empty())
                details += fmt::format("{}, {}: {}\n", one.name, way.name, differs);
        }
        say(line + "\n");
        if (!details.empty())
            fmt::print(stderr, "{}", details);
    }
    say(choice.name == "cuda" ? fmt::format("cuda: {}\n", choice.why) : backend == "cpu" ? "" : fmt::format("cuda: left out ({})\n", choice.why));
    say(different == 0 ? fmt::format("{} comparisons: all equal\n", compared) : fmt::format("{} comparisons: {} differ\n", compared, different));
    return different == 0 ? ExitCode::done : ExitCode::failed;
}

}   // namespace bss
