// Networks as users write them: PyNN's names, units and defaults, values of every kind, connectors, input files, and their mistakes.
#include <algorithm>
#include <cmath>

#include "cli/network_reader.hpp"
#include "reading.hpp"
#include "wafer/hdf5.hpp"

using namespace bss;
using namespace bss::test;

namespace {

/// A network of one population, written on line 3 of the file.
std::string population(const std::string& text) { return "network:\n  populations:\n    a: {" + text + "}\n"; }

/// Two populations of 10 and 5 neurons and one source of 4; the projection stands on line 7.
std::string projection(const std::string& text)
{
    return "network:\n  populations:\n    a: {size: 10, cell: IF_cond_exp}\n    b: {size: 5, cell: EIF_cond_exp_isfa_ista}\n    s: {size: 4, cell: "
           "SpikeSourcePoisson}\n  projections:\n    - {" +
           text + "}\n";
}

double parameter(const Population& p, std::string_view name, std::size_t neuron = 0)
{
    const auto& table = parameters_of(p.cell);
    for (std::size_t k = 0; k < table.size(); ++k)
        if (table[k].name == name)
            return p.parameters[k][neuron];
    ADD_FAILURE() << name;
    return 0;
}

void expect_said(const std::string& text, const std::string& expected)
{
    const Scratch scratch;
    const auto what = said(scratch, text);
    EXPECT_EQ(what.substr(0, expected.size()), expected) << what;
}

}   // namespace

TEST(NetworkReader, defaults_are_pynns)
{
    const Scratch scratch;
    const auto network = read(scratch, projection("pre: a, post: b, connector: {AllToAll: {}}")).network;
    EXPECT_EQ(network.seed, 42u);
    const auto& lif = network.populations[0];
    EXPECT_EQ(parameter(lif, "cm"), 1);
    EXPECT_EQ(parameter(lif, "tau_m"), 20);
    EXPECT_EQ(parameter(lif, "tau_refrac"), 0.1);
    EXPECT_EQ(parameter(lif, "e_rev_I"), -70);
    EXPECT_EQ(parameter(lif, "v_thresh"), -50);
    EXPECT_EQ(lif.initial_v[0], -65);
    EXPECT_FALSE(lif.initial_v_given);
    const auto& adex = network.populations[1];
    EXPECT_EQ(parameter(adex, "cm"), 0.281);
    EXPECT_EQ(parameter(adex, "tau_m"), 9.3667);
    EXPECT_EQ(parameter(adex, "delta_T"), 2);
    EXPECT_EQ(parameter(adex, "b"), 0.0805);
    EXPECT_EQ(adex.initial_v[0], -70.6);
    const auto& poisson = network.populations[2];
    EXPECT_EQ(parameter(poisson, "rate"), 1);
    EXPECT_EQ(parameter(poisson, "start"), 0);
    EXPECT_EQ(parameter(poisson, "duration"), 1e10);
    const auto& p = network.projections[0];
    EXPECT_EQ(p.label, "a -> b");
    EXPECT_EQ(p.receptor, Receptor::excitatory);
    EXPECT_EQ(std::get<double>(p.weight), 0);
    EXPECT_FALSE(p.delay_given);
    EXPECT_FALSE(p.stp);
}

TEST(NetworkReader, values_of_every_kind)
{
    const Scratch scratch;
    const auto config = read(
        scratch,
        population("size: 1000, cell: IF_cond_exp, parameters: {cm: 250 pF, tau_m: {uniform: {low: 5, high: 10 ms}}, v_rest: {normal: {mu: -60, sigma: 2}}, "
                   "tau_refrac: {normal_clipped: [1, 1, 0.5, 3]}, i_offset: {normal_clipped: {mu: 0, sigma: 0.1, low: 0, high: .inf}}}, initial: {v: -58 mV}"));
    const auto& p = config.network.populations[0];
    EXPECT_EQ(parameter(p, "cm"), 0.25);
    double least = 1e9, most = -1e9, sum = 0;
    for (std::size_t n = 0; n < 1000; ++n) {
        EXPECT_TRUE(parameter(p, "tau_m", n) >= 5 && parameter(p, "tau_m", n) <= 10);
        EXPECT_TRUE(parameter(p, "tau_refrac", n) >= 0.5 && parameter(p, "tau_refrac", n) <= 3);
        EXPECT_GE(parameter(p, "i_offset", n), 0);
        sum += parameter(p, "v_rest", n);
        least = std::min(least, parameter(p, "tau_m", n));
        most = std::max(most, parameter(p, "tau_m", n));
    }
    EXPECT_NEAR(sum / 1000, -60, 0.3);
    EXPECT_LT(least, 5.1);
    EXPECT_GT(most, 9.9);
    EXPECT_EQ(p.initial_v[7], -58);
    EXPECT_TRUE(p.initial_v_given);
    const auto& list = read(scratch, population("size: 3, cell: IF_cond_exp, parameters: {v_rest: [-60, -61 mV, -0.062 V]}")).network.populations[0];
    EXPECT_EQ(parameter(list, "v_rest", 2), -62);
}

TEST(NetworkReader, the_seed_and_nothing_else_draws_anew)
{
    const Scratch scratch;
    const auto text = population("size: 10, cell: IF_cond_exp, parameters: {v_rest: {normal: {mu: -60, sigma: 2}}}");
    const auto values = [&](const std::vector<std::string>& options) { return read(scratch, text, options).network.populations[0].parameters[5].values; };
    EXPECT_EQ(values({}), values({"run.seed=5", "wafer.id=3", "mapping.seed=2"}));
    EXPECT_NE(values({}), values({"network.seed=43"}));
}

TEST(NetworkReader, spike_times)
{
    const Scratch scratch;
    const auto trains = [&](const std::string& times) {
        return read(scratch, population("size: 2, cell: SpikeSourceArray, parameters: {spike_times: " + times + "}")).network.populations[0].spike_times;
    };
    using Trains = std::vector<std::vector<double>>;
    EXPECT_EQ(trains("[1, 2.5, 0.1 s]"), (Trains{{1, 2.5, 100}, {1, 2.5, 100}}));
    EXPECT_EQ(trains("[[1], [2, 3]]"), (Trains{{1}, {2, 3}}));
    EXPECT_EQ(trains("[]"), (Trains{{}, {}}));
    EXPECT_EQ(trains("[[], [1]]"), (Trains{{}, {1}}));
    EXPECT_EQ(read(scratch, population("size: 2, cell: SpikeSourceArray")).network.populations[0].spike_times, (Trains{{}, {}}));

    hdf5::write_file(scratch.folder() / "spikes.h5", [](hid_t file) {
        const auto spikes = hdf5::create_group(file, "spikes");
        for (const auto* name : {"other", "a"}) {
            const auto group = hdf5::create_group(spikes, name);
            hdf5::write_dataset(group, "timestamps", std::vector<double>{30, 10.03, 20});
            hdf5::write_dataset(group, "node_ids", std::vector<std::int64_t>{0, 0, std::string_view(name) == "a" ? 1 : 2});
        }
    });
    EXPECT_EQ(trains("spikes.h5"), (Trains{{10.03, 30}, {20}}));
    EXPECT_EQ(said(scratch, replaced(population("size: 2, cell: SpikeSourceArray, parameters: {spike_times: spikes.h5}"), "a:", "b:"))
                  .find("config.yaml:3: network.populations.b.parameters.spike_times: "),
              0u);
    EXPECT_NE(said(scratch, replaced(population("size: 2, cell: SpikeSourceArray, parameters: {spike_times: spikes.h5}"), "a:", "other:"))
                  .find("expected node ids from 0 to 1, found 2"),
              std::string::npos);
    for (const auto* wrong : {"[2, 1]", "[-1]", "[.nan]", "[a]", "[[1], [2], [3]]", "[[1], 2]", "3", "none.h5", "{a: 1}", "config.yaml"})
        EXPECT_EQ(said(scratch, population(std::string("size: 2, cell: SpikeSourceArray, parameters: {spike_times: ") + wrong + "}"))
                      .find("config.yaml:3: network.populations.a.parameters.spike_times: "),
                  0u)
            << wrong;
}

TEST(NetworkReader, mistakes_in_populations)
{
    const std::string start = "config.yaml:3: network.populations.a";
    expect_said(population("size: 0, cell: IF_cond_exp"), start + ".size: expected a whole number from 1 to 100000000, found \"0\"");
    expect_said(population("size: 100000001, cell: IF_cond_exp"), start + ".size: expected");
    expect_said(population("size: '10', cell: IF_cond_exp"), start + ".size: expected a whole number from 1 to 100000000, found the text \"10\"");
    expect_said(population("size: [10], cell: IF_cond_exp"), start + ".size: expected");
    expect_said(population("cell: IF_cond_exp"), start + ": expected a size, found none");
    expect_said(population("size: 10"), start + ": expected a cell, found none");
    expect_said(population("size: 10, cell: IF_curr_exp"),
                start + ".cell: expected one of IF_cond_exp, EIF_cond_exp_isfa_ista, SpikeSourceArray, SpikeSourcePoisson, found \"IF_curr_exp\"");
    expect_said(population("size: 10, cel: IF_cond_exp, cell: IF_cond_exp"), start + ".cel: unknown key, did you mean cell?");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {v_spike: 0}"), start + ".parameters.v_spike: unknown key");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: 5 mV}"), start + ".parameters.tau_m: expected a time > 0 (ms), found \"5 mV\"");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_syn_E: 0}"), start + ".parameters.tau_syn_E: expected a time > 0 (ms)");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {cm: -1}"), start + ".parameters.cm: expected a capacitance > 0 (nF), found \"-1\"");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {v_rest: .inf}"), start + ".parameters.v_rest: expected a voltage (mV), found \".inf\"");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {v_rest: }"), start + ".parameters.v_rest: expected a voltage (mV), found nothing");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {v_reset: -50}"),
                start + ".parameters.v_reset: expected v_reset < v_thresh, found -50 and -50 mV");
    expect_said(population("size: 10, cell: EIF_cond_exp_isfa_ista, parameters: {v_spike: -80}"), start + ".parameters: expected v_reset < v_spike");
    expect_said(population("size: 10, cell: EIF_cond_exp_isfa_ista, parameters: {delta_T: -1}"), start + ".parameters.delta_T: expected a voltage >= 0 (mV)");
    expect_said(population("size: 3, cell: IF_cond_exp, parameters: {v_rest: [1, 2]}"), start + ".parameters.v_rest: expected 3 values, one a neuron, found 2");
    expect_said(population("size: 3, cell: IF_cond_exp, parameters: {tau_m: [1, 2, -3]}"), start + ".parameters.tau_m: expected a time > 0 (ms), found \"-3\"");
    expect_said(population("size: 1000, cell: IF_cond_exp, parameters: {tau_m: {normal: {mu: 1, sigma: 1}}}"),
                start + ".parameters.tau_m: expected a time > 0 (ms), found -");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {normal: {mu: 1, sigma: -1}}}"),
                start + ".parameters.tau_m.normal.sigma: expected a time >= 0 (ms), found \"-1\"");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {normal: {mu: 1}}}"),
                start + ".parameters.tau_m.normal: expected sigma, found none");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {normal: {mean: 1, sigma: 1}}}"),
                start + ".parameters.tau_m.normal.mean: unknown key");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {normall: {mu: 1, sigma: 1}}}"),
                start + ".parameters.tau_m.normall: unknown key, did you mean normal?");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {uniform: {low: 2, high: 1}}}"),
                start + ".parameters.tau_m.uniform: expected low <= high");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {normal_clipped: {mu: 1, sigma: 1, low: 30, high: 40}}}"),
                start + ".parameters.tau_m.normal_clipped: expected bounds that hold");
    expect_said(population("size: 10, cell: IF_cond_exp, parameters: {tau_m: {}}"),
                start + ".parameters.tau_m: expected one of uniform, normal, normal_clipped, found none");
    expect_said(population("size: 10, cell: IF_cond_exp, initial: {w: 1}"), start + ".initial.w: unknown key");
    expect_said(population("size: 10, cell: IF_cond_exp, initial: -65"), start + ".initial: expected a map with v, found \"-65\"");
    expect_said(population("size: 10, cell: SpikeSourcePoisson, initial: {v: 0}"), start + ".initial: a source has no initial values");
    expect_said(population("size: 10, cell: SpikeSourcePoisson, parameters: {rate: {normal: {mu: -5, sigma: 1}}}"),
                start + ".parameters.rate.normal.mu: expected a rate >= 0 (Hz)");
    expect_said(population("size: 10, cell: IF_cond_exp, on_wafer: true"), start + ".on_wafer: only a SpikeSourcePoisson");
    expect_said("network:\n  populations:\n    a/b: {size: 1, cell: IF_cond_exp}\n", "config.yaml:3: network.populations.a/b: expected a name without \"/\"");
    expect_said("network:\n  populations:\n    '': {size: 1, cell: IF_cond_exp}\n", "config.yaml:3: network.populations.: expected a name");
    expect_said("network:\n  populations: {}\n", "config.yaml:2: network.populations: expected a map of at least one population");
    expect_said("network:\n  populations: [a]\n", "config.yaml:2: network.populations: expected a map of at least one population, found a list");
    expect_said("network:\n  populations:\n    a:\n", "config.yaml:3: network.populations.a: expected a map with size and cell, found nothing");
    expect_said("network:\n  population: {a: 1}\n", "config.yaml:2: network.population: unknown key, did you mean populations?");
    expect_said("network:\n  populations:\n    a: {size: 1, cell: IF_cond_exp}\n    a: {size: 1, cell: IF_cond_exp}\n",
                "config.yaml:4: the key \"a\" stands twice (first in line 3)");
    expect_said("network:\n  populations:\n    a: {size: 1, cell: IF_cond_exp}\n  seed: -1\n", "config.yaml:4: network.seed: expected a whole number >= 0");
}

TEST(NetworkReader, on_wafer_stands_beside_or_among_the_parameters)
{
    const Scratch scratch;
    EXPECT_TRUE(read(scratch, population("size: 1, cell: SpikeSourcePoisson, on_wafer: true")).network.populations[0].on_wafer);
    EXPECT_TRUE(read(scratch, population("size: 1, cell: SpikeSourcePoisson, parameters: {on_wafer: true}")).network.populations[0].on_wafer);
    EXPECT_FALSE(read(scratch, population("size: 1, cell: SpikeSourcePoisson, on_wafer: false")).network.populations[0].on_wafer);
}

TEST(NetworkReader, connectors_with_their_arguments)
{
    const Scratch scratch;
    const auto connector = [&](const std::string& text) {
        return read(scratch, projection("pre: a, post: a, connector: " + text)).network.projections[0].connector;
    };
    EXPECT_TRUE(std::get<AllToAll>(connector("AllToAll")).allow_self_connections);
    EXPECT_FALSE(std::get<AllToAll>(connector("{AllToAll: {allow_self_connections: false}}")).allow_self_connections);
    EXPECT_TRUE(std::holds_alternative<OneToOne>(connector("{OneToOne: {}}")));
    EXPECT_TRUE(std::holds_alternative<OneToOne>(connector("{OneToOne: }")));
    EXPECT_EQ(std::get<FixedProbability>(connector("{FixedProbability: {p_connect: 0.25}}")).p_connect, 0.25);
    EXPECT_EQ(std::get<FixedNumberPre>(connector("{FixedNumberPre: {n: 10}}")).n, 10u);
    EXPECT_TRUE(std::get<FixedNumberPre>(connector("{FixedNumberPre: {n: 100, with_replacement: true}}")).with_replacement);
    EXPECT_EQ(std::get<FixedNumberPost>(connector("{FixedNumberPost: {n: 9, allow_self_connections: false}}")).n, 9u);
    EXPECT_EQ(std::get<FixedTotalNumber>(connector("{FixedTotalNumber: {n: 1000}}")).n, 1000u);
    EXPECT_TRUE(std::get<FixedTotalNumber>(connector("{FixedTotalNumber: {n: 1000}}")).with_replacement);
    const auto list = std::get<ConnectionList>(connector("{FromList: {conn_list: [[0, 1, 0.5, 1], [2, 3, 4 nS, 2 ms]]}}"));
    EXPECT_EQ(list.post, (std::vector<std::uint32_t>{1, 3}));
    EXPECT_EQ(list.weight, (std::vector<double>{0.5, 0.004}));
    EXPECT_EQ(list.delay_ms, (std::vector<double>{1, 2}));
    const auto delays = std::get<ConnectionList>(connector("{FromList: {conn_list: [[0, 1, 7]], column_names: [delay]}}"));
    EXPECT_TRUE(delays.weight.empty());
    EXPECT_EQ(delays.delay_ms, (std::vector<double>{7}));
    EXPECT_TRUE(std::get<ConnectionList>(connector("{FromList: {conn_list: []}}")).pre.empty());
}

TEST(NetworkReader, mistakes_in_projections)
{
    const std::string start = "config.yaml:7: network.projections.0";
    const auto expect = [&](const std::string& text, const std::string& expected) { expect_said(projection(text), start + expected); };
    const auto connect = [&](const std::string& text, const std::string& expected) { expect("pre: a, post: a, connector: " + text, ".connector" + expected); };
    expect("pre: a, post: s, connector: {AllToAll: {}}", ".post: expected a population of neurons, found s, a SpikeSourcePoisson");
    expect("pre: a, post: c, connector: {AllToAll: {}}", ".post: expected the name of a population, found \"c\"");
    expect("pre: a, connector: {AllToAll: {}}", ": expected post, found none");
    expect("pre: a, post: b", ": expected connector, found none");
    expect("pre: a, post: b, connector: {AllToAll: {}}, receptor: excitory",
           ".receptor: expected one of excitatory, inhibitory, found \"excitory\"; did you mean excitatory?");
    expect("pre: a, post: b, connector: {AllToAll: {}}, weigth: 1", ".weigth: unknown key, did you mean weight?");
    expect("pre: a, post: b, connector: {AllToAll: {}}, receptor: inhibitory, weight: -1", ".weight: expected a conductance >= 0 (µS), found \"-1\"");
    expect("pre: a, post: b, connector: {AllToAll: {}}, weight: 3 ms", ".weight: expected a conductance >= 0 (µS), found \"3 ms\"");
    expect("pre: a, post: b, connector: {AllToAll: {}}, weight: {uniform: {low: -1, high: 1}}",
           ".weight.uniform.low: expected a conductance >= 0 (µS), found \"-1\"");
    expect("pre: a, post: b, connector: {AllToAll: {}}, weight: [1, 2]",
           ".connector: expected 50 values of weight, one a synapse by target and source, found 2");
    expect("pre: a, post: b, connector: {FixedProbability: {p_connect: 0.5}}, weight: [1, 2]",
           ".connector: expected a weight that is a number or a distribution, found a list");
    expect("pre: a, post: b, connector: {AllToAll: {}}, delay: -1", ".delay: expected a time >= 0 (ms), found \"-1\"");
    expect("pre: a, post: b, connector: {AllToAll: {}}, synapse: dynamic", ".synapse: expected one of static, TsodyksMarkram");
    expect("pre: a, post: b, connector: {AllToAll: {}}, synapse: {TsodyksMarkram: {U: 2}}",
           ".synapse.TsodyksMarkram.U: expected a number from 0 to 1, found \"2\"");
    expect("pre: a, post: b, connector: {AllToAll: {}}, synapse: {TsodyksMarkram: {tau_rec: 100, tau_facil: 10}}",
           ".synapse.TsodyksMarkram: expected tau_rec or tau_facil of 0");
    connect("{AllToAl: {}}", ": expected one of AllToAll, OneToOne");
    connect("{AllToAll: {}, OneToOne: {}}", ": expected one of AllToAll");
    connect("[AllToAll]", ": expected one of AllToAll");
    connect("{AllToAll: {p_connect: 1}}", ".AllToAll.p_connect: unknown key");
    connect("{AllToAll: {allow_self_connections: maybe}}", ".AllToAll.allow_self_connections: expected true or false");
    connect("{AllToAll: 3}", ".AllToAll: expected a map with allow_self_connections, found \"3\"");
    connect("{OneToOne: {n: 1}}", ".OneToOne.n: unknown key, nothing is expected here");
    connect("{FixedProbability: {}}", ".FixedProbability: expected p_connect, found none");
    connect("{FixedProbability: }", ".FixedProbability: expected p_connect, found none");
    connect("{FixedProbability: {p_connect: 1.1}}", ".FixedProbability.p_connect: expected a number from 0 to 1, found \"1.1\"");
    connect("{FixedNumberPre: {n: 11}}", ": expected n <= 10 (neurons of a to choose from) unless with_replacement, found 11");
    connect("{FixedNumberPre: {n: 10, allow_self_connections: false}}", ": expected n <= 9");
    connect("{FixedNumberPost: {n: 11}}", ": expected n <= 10");
    connect("{FixedNumberPre: {n: -1}}", ".FixedNumberPre.n: expected a whole number from 0 to 2000000000, found \"-1\"");
    connect("{FixedNumberPre: {n: 2.5}}", ".FixedNumberPre.n: expected a whole number");
    connect("{FixedTotalNumber: {n: 101, with_replacement: false}}", ": expected n <= 100 (pairs to choose from) unless with_replacement, found 101");
    connect("{FromList: {conn_list: [[0, 10]]}}", ".FromList.conn_list: expected a whole number from 0 to 9, found \"10\"");
    connect("{FromList: {conn_list: [[-1, 0]]}}", ".FromList.conn_list: expected a whole number from 0 to 9, found \"-1\"");
    connect("{FromList: {conn_list: [[0, 0, -1]]}}", ".FromList.conn_list (weight): expected a conductance >= 0");
    connect("{FromList: {conn_list: [[0, 0, 1], [0, 0]]}}", ".FromList.conn_list: expected rows of equal length");
    connect("{FromList: {conn_list: [[0]]}}", ".FromList.conn_list: expected rows of equal length");
    connect("{FromList: {conn_list: 3}}", ".FromList.conn_list: expected a list of [pre, post, weight, delay], found \"3\"");
    connect("{FromList: {}}", ".FromList: expected conn_list, found none");
    connect("{FromFile: {file: none.h5}}", ".FromFile.file: ");
    connect("{FromFile: {file: [1]}}", ".FromFile.file: ");
    expect_said("network:\n  populations:\n    a: {size: 1, cell: IF_cond_exp}\n  projections: {a: 1}\n",
                "config.yaml:4: network.projections: expected a list of projections");
    expect_said("network:\n  populations:\n    a: {size: 1, cell: IF_cond_exp}\n  projections: [a]\n",
                "config.yaml:4: network.projections.0: expected a map with pre, post");
}

TEST(NetworkReader, a_network_that_no_memory_holds_is_refused)
{
    const std::string text = "network:\n  populations:\n    a: {size: 100000, cell: IF_cond_exp}\n  projections:\n";
    expect_said(text + "    - {pre: a, post: a, connector: {AllToAll: {}}}\n",
                "config.yaml:5: network.projections.0.connector: expected a network of at most 2000000000 synapses, found about 1e+10");
    expect_said(text + "    - {pre: a, post: a, connector: {FixedProbability: {p_connect: 0.15}}}\n    - {pre: a, post: a, connector: {FixedProbability: "
                       "{p_connect: 0.15}}}\n",
                "config.yaml:6: network.projections.1.connector: expected a network of at most 2000000000 synapses");
}

TEST(NetworkReader, one_mistake_makes_one_message)
{
    const Scratch scratch;
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"size: 10", "size: x"}, {"IF_cond_exp", "IF"}, {"tau_m: 10", "tau_mm: 10"}, {"size: 5", "size: -5"}, {"AllToAll", "All"},
             {"size: 10", "sise: 10"}, {"cell: IF", "cel: IF"}, {"pre:", "pree:"}, {"connector:", "conector:"}, {"AllToAll: {}", "FixedNumberPre: {nn: 1}"},
             {"AllToAll: {}", "FixedProbability: {p_conect: 0.1}"}, {"weight: 0.001", "weight: {normal: {mu: 1, sigm: 0}}"},
             {"weight: 0.001", "weight: {normal_clipped: {mu: 1, sigm: 0, low: 0, high: 2}}"}}) {
        const auto what = said(scratch, replaced(base, from, to));
        EXPECT_EQ(std::count(what.begin(), what.end(), '\n'), 0) << what;
        EXPECT_NE(what, "");
    }
}

TEST(NetworkReader, short_term_plasticity)
{
    const Scratch scratch;
    const auto stp = [&](const std::string& text) {
        return read(scratch, projection("pre: a, post: b, connector: {AllToAll: {}}, synapse: " + text)).network.projections[0].stp;
    };
    EXPECT_FALSE(stp("static"));
    EXPECT_EQ(stp("{TsodyksMarkram: {}}")->tau_rec_ms, 100);
    EXPECT_EQ(stp("{TsodyksMarkram: {U: 0.2, tau_rec: 0, tau_facil: 50 ms}}")->tau_facil_ms, 50);
}

TEST(NetworkReader, sonata_edges)
{
    const Scratch scratch;
    const auto write = [&](const std::string& name, std::vector<std::int64_t> source, std::vector<double> weight) {
        hdf5::write_file(scratch.folder() / name, [&](hid_t file) {
            const auto edges = hdf5::create_group(hdf5::create_group(file, "edges"), "e");
            hdf5::write_dataset(edges, "source_node_id", source);
            hdf5::write_dataset(edges, "target_node_id", std::vector<std::int64_t>{0, 0, 2});
            hdf5::write_dataset(edges, "edge_type_id", std::vector<std::int64_t>{0, 0, 0});
            const auto group = hdf5::create_group(edges, "0");
            hdf5::write_dataset(group, "syn_weight", weight);
        });
    };
    write("edges.h5", {0, 1, 1}, {0.1, 0.2, 0.3});
    const auto text = projection("pre: a, post: b, connector: {FromFile: {file: edges.h5}}, delay: 3");
    const auto p = expand_network(read(scratch, text)).projections[0];
    EXPECT_EQ(p.pre_neuron, (std::vector<std::uint32_t>{0, 1, 1}));
    EXPECT_EQ(p.post_neuron, (std::vector<std::uint32_t>{0, 0, 2}));
    EXPECT_EQ(p.weight.values, (std::vector<double>{0.1, 0.2, 0.3}));
    EXPECT_EQ(p.delay_ms.values, (std::vector<double>{3}));
    write("edges.h5", {0, 10, 1}, {0.1, 0.2, 0.3});
    EXPECT_NE(said(scratch, text).find("expected node ids from 0 to 9, found 10"), std::string::npos) << said(scratch, text);
    write("edges.h5", {0, 1, 1}, {0.1, -0.2, 0.3});
    EXPECT_NE(said(scratch, text).find("expected values >= 0, found -0.2"), std::string::npos) << said(scratch, text);
    write("edges.h5", {0, 1, 1}, {0.1, 0.2});
    EXPECT_NE(said(scratch, text).find("expected 3 values, found 2"), std::string::npos) << said(scratch, text);
    write("edges.h5", {0, 1}, {0.1, 0.2, 0.3});
    EXPECT_NE(said(scratch, text), "");
    scratch.write("edges.h5", "0 0 1\n0 x 1\n");
    EXPECT_NE(said(scratch, text).find("edges.h5:2: expected a number >= 0, found \"x\""), std::string::npos) << said(scratch, text);
    scratch.write("edges.h5", "# columns = [\"i\", \"j\", \"delay\", \"weight\"]\n0\t4\t1.5\t0.25\n");
    const auto table = expand_network(read(scratch, text)).projections[0];
    EXPECT_EQ(table.weight.values, (std::vector<double>{0.25}));
    EXPECT_EQ(table.delay_ms.values, (std::vector<double>{1.5}));
    scratch.write("edges.h5", "pre,post\n0,5\n");
    EXPECT_NE(said(scratch, text).find("edges.h5:2: expected a neuron from 0 to 4, found 5"), std::string::npos) << said(scratch, text);
}

TEST(NetworkReader, merge_keys_bring_in_what_is_not_there)
{
    const Scratch scratch;
    const auto network = read(scratch, "network:\n  populations:\n    a: {size: 1, cell: IF_cond_exp, parameters: &cell {cm: 2, tau_m: 5}}\n    b: {size: 1, "
                                       "cell: IF_cond_exp, parameters: {<<: *cell, tau_m: 7}}\n")
                             .network;
    EXPECT_EQ(parameter(network.populations[1], "cm"), 2);
    EXPECT_EQ(parameter(network.populations[1], "tau_m"), 7);
}
