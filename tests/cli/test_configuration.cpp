// The configuration: every key, its default, its mistakes with file and line, options over files, and the page that is made of the table.
#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "cli/configuration_keys.hpp"
#include "reading.hpp"

using namespace bss;
using namespace bss::test;

TEST(Configuration, the_base_is_read)
{
    const Scratch scratch;
    const auto c = read(scratch, base);
    EXPECT_EQ(c.network.populations.size(), 2u);
    EXPECT_EQ(c.network.projections.size(), 1u);
    EXPECT_EQ(c.run.duration_ms, 20);
    EXPECT_EQ(c.wafer.technology, "hicann-x1000");
    EXPECT_EQ(c.text, base);
    EXPECT_EQ(c.sha256.size(), 64u);
    EXPECT_EQ(c.output, "results/config");
    EXPECT_DOUBLE_EQ(c.mapping.timestep_s, 1e-7);
    const auto network = expand_network(c);
    EXPECT_EQ(network.neurons(), 10u);
    EXPECT_EQ(network.sources(), 5u);
    EXPECT_EQ(network.synapses(), 50u);
}

TEST(Configuration, defaults_are_those_of_the_contract)
{
    const Scratch scratch;
    const auto c = read(scratch, "network: {populations: {a: {size: 1, cell: IF_cond_exp}}}\n");
    EXPECT_EQ(c.wafer.technology, "hicann-x1000");
    EXPECT_EQ(c.wafer.ids, std::vector<std::uint64_t>{1});
    EXPECT_EQ(c.wafer.chips.size(), 384u);
    EXPECT_FALSE(c.wafer.listed_defects);
    EXPECT_TRUE(c.wafer.random_defects.empty());
    EXPECT_EQ(c.wafer.calibration, CalibrationKind::automatic);
    EXPECT_EQ(c.wafer.imperfections, Imperfections());
    EXPECT_EQ(c.mapping.neuron_size, 8);
    EXPECT_FALSE(c.mapping.potentials || c.mapping.big_capacitor || c.mapping.leak);
    EXPECT_EQ(c.mapping.driver_chain_length, 3);
    EXPECT_EQ(c.mapping.crossbar_limit, 1);
    EXPECT_EQ(c.mapping.synapse_switch_limit, 1);
    EXPECT_EQ(c.mapping.nets, NetForming::automatic);
    EXPECT_EQ(c.mapping.seed, 1u);
    EXPECT_EQ(c.max_synapse_loss, 1);
    EXPECT_TRUE(c.mapping.place.empty());
    EXPECT_FALSE(c.mapping.list_synapses);
    EXPECT_EQ(c.run.duration_ms, 1000);
    EXPECT_EQ(c.run.timestep_ms, 0.1);
    EXPECT_EQ(c.run.speedup, 1000);
    EXPECT_EQ(c.run.seed, 1u);
    EXPECT_TRUE(c.record.empty());
    EXPECT_FALSE(c.strict);
}

TEST(Configuration, every_key_can_be_set)
{
    const Scratch scratch;
    const auto c = read(scratch, base + R"(
mapping:
  {neuron_size: 16, potentials: {biological: [-0.1 V, 50], hardware: [0.4 V, 1300 mV]}, capacitor: small, leak: slow, driver_chain_length: 5, crossbar_limit: 2,
   synapse_switch_limit: 3, nets: one_per_population, seed: 18446744073709551615, max_synapse_loss: 0.25, list_synapses: true, file: null,
   place: [{population: Amber, neurons: "0-3", hicanns: [174, 175], size: 4}, {population: Amber, neurons: [4, 6-9], hicanns: {x: [16, 17], y: [7, 7]}}]}
record:
  - {variable: v, population: Amber, neurons: 0-9, interval: 200 us, through: adc}
  - {variable: gsyn_inh, population: Amber, neurons: 3}
output: elsewhere
strict: yes
)",
                        {"wafer.id=7", "wafer.hicanns=[175, 174, 330, 174, 172, 173]", "wafer.calibration=ideal",
                         "wafer.imperfections={rewrite: off, synapse_loss: false}", "run.seed=3"});
    EXPECT_EQ(c.mapping.neuron_size, 16);
    ASSERT_TRUE(c.mapping.potentials);
    EXPECT_EQ(c.mapping.potentials->biological_low_mv, -100);
    EXPECT_EQ(c.mapping.potentials->biological_high_mv, 50);
    EXPECT_EQ(c.mapping.potentials->hardware_low_v, 0.4);
    EXPECT_EQ(c.mapping.potentials->hardware_high_v, 1.3);
    EXPECT_EQ(c.mapping.big_capacitor, false);
    EXPECT_EQ(c.mapping.leak, Gear::slow);
    EXPECT_EQ(c.mapping.driver_chain_length, 5);
    EXPECT_EQ(c.mapping.crossbar_limit, 2);
    EXPECT_EQ(c.mapping.synapse_switch_limit, 3);
    EXPECT_EQ(c.mapping.nets, NetForming::one_per_population);
    EXPECT_EQ(c.mapping.seed, 18446744073709551615u);
    EXPECT_EQ(c.max_synapse_loss, 0.25);
    EXPECT_TRUE(c.mapping.list_synapses);
    ASSERT_EQ(c.mapping.place.size(), 3u);      // a range each
    EXPECT_EQ(c.mapping.place[0].last, 3u);
    EXPECT_EQ(c.mapping.place[0].size, 4);
    EXPECT_EQ(c.mapping.place[0].chips, (std::vector<Chip>{{0, Hicann(174)}, {0, Hicann(175)}}));
    EXPECT_EQ(c.mapping.place[2].first, 6u);
    EXPECT_EQ(c.mapping.place[2].size, 0);
    EXPECT_EQ(c.mapping.place[2].chips.size(), 2u);
    ASSERT_EQ(c.record.size(), 2u);
    EXPECT_EQ(c.record[0].interval_steps, 2);
    EXPECT_EQ(c.record[0].through, Through::adc);
    EXPECT_EQ(c.record[0].neurons.front().last, 9u);
    EXPECT_EQ(c.record[1].variable, Variable::gsyn_inh);
    EXPECT_EQ(c.record[1].interval_ms, 0.1);
    EXPECT_EQ(c.record[1].neurons.front().first, 3u);
    EXPECT_EQ(c.output, "elsewhere");
    EXPECT_TRUE(c.strict);
    EXPECT_EQ(c.wafer.ids, std::vector<std::uint64_t>{7});
    EXPECT_EQ(c.wafer.chips, (std::vector<Chip>{{0, Hicann(172)}, {0, Hicann(173)}, {0, Hicann(174)}, {0, Hicann(175)}, {0, Hicann(330)}}));
    EXPECT_EQ(c.wafer.calibration, CalibrationKind::ideal);
    EXPECT_FALSE(c.wafer.imperfections.rewrite);
    EXPECT_FALSE(c.wafer.imperfections.synapse_loss);
    EXPECT_TRUE(c.wafer.imperfections.readout);
    EXPECT_EQ(c.run.seed, 3u);
}

TEST(Configuration, units_belong_to_their_kind)
{
    const Scratch scratch;
    const auto duration = [&](const std::string& text) { return read(scratch, base, {"run.duration=" + text}).run.duration_ms; };
    EXPECT_EQ(duration("2 s"), 2000);
    EXPECT_EQ(duration("100 us"), 0.1);
    EXPECT_EQ(duration("100 µs"), 0.1);
    EXPECT_EQ(duration("'20 ms'"), 20);
    EXPECT_EQ(duration("20ms"), 20);
    EXPECT_EQ(duration("1e3"), 1000);
    EXPECT_EQ(duration("+.5"), 0.5);
    EXPECT_EQ(duration("1 min"), 60000);
    for (const auto* wrong :
         {"20 mV", "20 MS", "ms", "-1", "0", ".inf", "nan", ".nan", "inf", "1e999", "1 2", "'20'", "[1]", "{a: 1}", "true", "0x10 ms", "1,5 ms"})
        EXPECT_EQ(said(scratch, base, {std::string("run.duration=") + wrong}).find("--set run.duration: expected a time > 0 (ms), found "), 0u) << wrong;
}

TEST(Configuration, mistakes_stand_at_their_line)
{
    const Scratch scratch;
    struct Case {
        std::string from, to;
        std::string expected;
    };
    const std::vector<Case> cases{
        {"duration: 20 ms", "durration: 20 ms", "config.yaml:10: run.durration: unknown key, did you mean duration?"},
        {"duration: 20 ms", "neuron_size: 4", "config.yaml:10: run.neuron_size: unknown key, did you mean mapping.neuron_size?"},
        {"run:", "rum:", "config.yaml:9: rum: unknown key, did you mean run?"},
        {"timestep: 0.1 ms", "timestep: -0.1 ms", "config.yaml:11: run.timestep: expected a time > 0 (ms), found \"-0.1 ms\""},
        {"timestep: 0.1 ms", "timestep: 30 ms", "config.yaml:11: run.timestep: expected a time <= run.duration (20 ms), found 30 ms"},
        {"timestep: 0.1 ms", "timestep:", "config.yaml:11: run.timestep: expected a time > 0 (ms), found nothing"},
        {"speedup: 1000", "speedup: 0", "config.yaml:12: run.speedup: expected a number > 0"},
        {"speedup: 1000", "seed: -1", "config.yaml:12: run.seed: expected a whole number >= 0, found \"-1\""},
        {"hicann-x1000", "hicann-v9", "config.yaml:8: wafer.technology: expected one of "},
        {"technology: hicann-x1000", "hicanns: [999]", "config.yaml:8: wafer.hicanns: expected a whole number from 0 to 383, found \"999\""},
        {"technology: hicann-x1000", "hicanns: {x: [0, 3], y: [0, 1]}", "config.yaml:8: wafer.hicanns: expected a region with HICANNs"},
        {"technology: hicann-x1000", "hicanns: {z: [0, 3]}", "config.yaml:8: wafer.hicanns.z: unknown key"},
        {"technology: hicann-x1000", "hicanns: []", "config.yaml:8: wafer.hicanns: expected all | a list"},
        {"technology: hicann-x1000", "imperfections: {rewite: false}", "config.yaml:8: wafer.imperfections.rewite: unknown key, did you mean rewrite?"},
        {"technology: hicann-x1000", "imperfections: {rewrite: 3}", "config.yaml:8: wafer.imperfections.rewrite: expected true or false, found \"3\""},
        {"technology: hicann-x1000", "imperfections: some", "config.yaml:8: wafer.imperfections: expected one of all, none"},
        {"technology: hicann-x1000", "calibration: orakle",
         "config.yaml:8: wafer.calibration: expected one of auto, ideal, oracle, found \"orakle\"; did you mean oracle?"},
        {"technology: hicann-x1000", "defects: broken.yaml",
         "config.yaml:8: wafer.defects: expected none, a defects file or {random: …}, found no file \"broken.yaml\""},
        {"technology: hicann-x1000", "defects: {random: {neurones: 0.1}}", "config.yaml:8: wafer.defects.random.neurones: unknown key, did you mean neurons?"},
        {"technology: hicann-x1000", "defects: {random: {neurons: 1.1}}", "config.yaml:8: wafer.defects.random.neurons: expected a number from 0 to 1"},
        {"wafer:\n  technology: hicann-x1000", "wafer: [1]", "config.yaml:7: wafer: expected a map with technology, id"},
        {"network:", "network: [", "config.yaml:3: not YAML: "},
        {"  populations:", "\tpopulations:", "config.yaml:2: not YAML: "},
        {"  speedup: 1000", "  duration: 20 ms", "config.yaml:12: the key \"duration\" stands twice (first in line 10)"},
        {"  speedup: 1000", "---\na: 1", "config.yaml:12: expected one document"},
    };
    for (const auto& [from, to, expected] : cases)
        EXPECT_EQ(said(scratch, replaced(base, from, to)).substr(0, expected.size()), expected) << to;
}

TEST(Configuration, mistakes_in_mapping_and_record)
{
    const Scratch scratch;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"mapping.neuron_size=3", "--set mapping.neuron_size: expected 1 or an even number from 2 to 64, found \"3\""},
        {"mapping.neuron_size=66", "--set mapping.neuron_size: expected 1 or an even number from 2 to 64"},
        {"mapping.neuron_size=0", "--set mapping.neuron_size: expected 1 or an even"},
        {"mapping.potentials={biological: [50, -150], hardware: [0.4, 1.3]}", "--set mapping.potentials.biological: expected low < high, found 50 and -150 mV"},
        {"mapping.potentials={biological: [-150, 50], hardware: [0.4, 2]}",
         "--set mapping.potentials.hardware: expected a voltage from 0 to 1.8 (V), found \"2\""},
        {"mapping.potentials={biological: [-150, 50]}", "--set mapping.potentials.hardware: expected two voltages"},
        {"mapping.capacitor=huge", "--set mapping.capacitor: expected one of auto, big, small"},
        {"mapping.max_synapse_loss=1.1", "--set mapping.max_synapse_loss: expected a number from 0 to 1"},
        {"mapping.driver_chain_length=0", "--set mapping.driver_chain_length: expected a whole number from 1 to 56"},
        {"mapping.place=[{population: Ambr, hicanns: [1]}]",
         "--set mapping.place.0.population: expected the name of a population, found \"Ambr\"; did you mean Amber?"},
        {"mapping.place=[{population: Sierra, hicanns: [1]}]", "--set mapping.place.0.population: expected a population of neurons, found Sierra"},
        {"mapping.place=[{population: Amber, hicanns: [400]}]", "--set mapping.place.0.hicanns: expected a whole number from 0 to 383"},
        {"mapping.place=[{population: Amber, neurons: 5-10}]", "--set mapping.place.0.neurons: expected neurons within 0-9"},
        {"mapping.place=[{population: Amber, neurons: 5-4}]", "--set mapping.place.0.neurons: expected neurons within 0-9"},
        {"mapping.place=[{population: Amber, size: 5}]", "--set mapping.place.0.size: expected 1 or an even number"},
        {"mapping.place=[{population: Amber}, {population: Amber, neurons: 3}]", "--set mapping.place.1: expected every neuron once, found 3 of Amber"},
        {"mapping.place=[{hicanns: [1]}]", "--set mapping.place.0: expected a population, found none"},
        {"mapping.place=3", "--set mapping.place: expected a list of entries, found \"3\""},
        {"record=[{population: Amber, variable: u}]", "--set record.0.variable: expected one of v, w, gsyn_exc, gsyn_inh, found \"u\""},
        {"record=[{population: Amber, variable: w}]", "--set record.0: Amber has no w"},
        {"record=[{population: Amber, variable: gsyn_exc, through: adc}]", "--set record.0: the ADC sees v only"},
        {"record=[{population: Amber, interval: 0.25}]", "--set record.0.interval: expected a multiple of run.timestep (0.1 ms), found 0.25 ms"},
        {"record=[{population: Amber, interval: 0}]", "--set record.0.interval: expected a time > 0"},
        {"record=[{population: Amber}, {population: Amber, neurons: 3}]", "--set record.1: v of Amber is recorded twice"},
        {"record=[{population: Amber, neuron: 3}]", "--set record.0.neuron: unknown key, did you mean neurons?"},
        {"record=[{population: Amber, neurons: [1, 1]}]", "--set record.0.neurons: expected every neuron once, found 1 twice"},
        {"strict=maybe", "--set strict: expected true or false, found \"maybe\""},
        {"output=[a]", "--set output: expected the path of a folder, found a list"},
    };
    for (const auto& [option, expected] : cases)
        EXPECT_EQ(said(scratch, base, {option}).substr(0, expected.size()), expected) << option << "\n" << said(scratch, base, {option});
}

TEST(Configuration, words_that_stand_alone)
{
    const Scratch scratch;
    EXPECT_NE(said(scratch, base, {"wafer.calibration=table.h5"}).find("found no file \"table.h5\""), std::string::npos);
    for (const auto* option : {"wafer.calibration=auto", "run.mode=hardware", "run.mode=ideal", "run.trials=1", "sweep=null", "mapping.file=null", "mapping.neuron_size=auto",
                               "wafer.imperfections={synapse_loss: false}"})
        EXPECT_EQ(said(scratch, base, {option}), "");
}

TEST(Configuration, several_mistakes_are_told_together)
{
    const Scratch scratch;
    auto text = replaced(replaced(replaced(replaced(base, "size: 10,", "size: -1,"), "rate: 10", "rate: fast"), "duration: 20 ms", "duration: 20 mV"),
                         "hicann-x1000", "hicann-v9");
    const auto all = said(scratch, text);
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 3) << all;
    std::size_t last = 0;
    for (const auto* line : {"config.yaml:3: ", "config.yaml:4: ", "config.yaml:8: ", "config.yaml:10: "}) {
        EXPECT_GE(all.find(line), last) << all;
        EXPECT_NE(all.find(line), std::string::npos) << all;
        last = all.find(line);
    }
    text = base + "mapping:\n";
    for (int k = 0; k < 14; ++k)
        text += "  wrong" + std::to_string(k) + ": 1\n";
    const auto many = said(scratch, text);
    EXPECT_EQ(std::count(many.begin(), many.end(), '\n'), 10) << many;
    EXPECT_NE(many.find("… and 4 more"), std::string::npos);
}

TEST(Configuration, files_that_are_none)
{
    const Scratch scratch;
    const auto of = [&](const std::filesystem::path& path) -> std::string {
        try {
            read_configuration(path);
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(said(scratch, ""), "config.yaml:1: the file is empty");
    EXPECT_EQ(said(scratch, "# nothing\n\n"), "config.yaml:1: the file is empty");
    EXPECT_NE(said(scratch, "just words").find("config.yaml:1: expected a map"), std::string::npos) << said(scratch, "just words");
    EXPECT_NE(said(scratch, "- a\n- b\n").find("config.yaml:1: expected a map"), std::string::npos);
    EXPECT_EQ(said(scratch, "wafer: {id: 2}\n"), "config.yaml:1: network: expected a network (a map) or the name of its file, found nothing");
    EXPECT_NE(of(scratch.folder() / "no.yaml").find("no.yaml: no such file"), std::string::npos);
    EXPECT_NE(of(scratch.folder()).find("expected a file, found a folder"), std::string::npos);
    EXPECT_NE(of("/dev/null").find("the file is empty"), std::string::npos);
    EXPECT_NE(of("/proc/self/exe").find("found binary data"), std::string::npos);
    EXPECT_EQ(said(scratch, "# one\nnetwork: \xff\n"), "config.yaml:2: expected a text file (YAML in UTF-8), found a byte that is not UTF-8");
    EXPECT_EQ(said(scratch, "# \xe2\x82").find("config.yaml:1: expected a text file"), 0u) << "a letter that is cut off";
    EXPECT_NE(said(scratch, base, {"output=\xff"}).find("--set: expected key.path=value in UTF-8"), std::string::npos);
    std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    const auto line = [](const std::string& name, const std::string& of, int times) {
        std::string text = name + ": &" + name + " [";
        for (int k = 0; k < times; ++k)
            text += (k ? ", *" : "*") + of;
        return text + "]\n";
    };
    laughs += line("b", "a", 100) + line("c", "b", 10);
    EXPECT_NE(said(scratch, laughs + "network: {}\n").find("unknown key"), std::string::npos) << "aliases as people use them";
    laughs += line("d", "c", 100) + line("e", "d", 100);
    EXPECT_NE(said(scratch, laughs).find("values by aliases"), std::string::npos);
    EXPECT_EQ(said(scratch, "a: &x [*x]\nnetwork: {}\n").find("config.yaml:1: "), 0u) << said(scratch, "a: &x [*x]\n");
}

TEST(Configuration, a_run_has_a_number_of_steps_that_can_be_counted)
{
    const Scratch scratch;
    EXPECT_NE(said(scratch, base, {"run.duration=1e300"}).find("expected at most 1e+12 steps"), std::string::npos);
    EXPECT_NE(said(scratch, base, {"run.timestep=1e-12"}).find("run.timestep: expected at most 1e+12 steps"), std::string::npos);
    EXPECT_EQ(read(scratch, base, {"run.duration=1e7"}).run.duration_ms, 1e7);
}

TEST(Configuration, random_defects_are_known_when_misspelt)
{
    const Scratch scratch;
    EXPECT_EQ(said(scratch, base, {"wafer.defects={randm: {neurons: 0.1}}"}), "--set wafer.defects.randm: unknown key, did you mean random?");
}

TEST(Configuration, options_of_a_wrong_form)
{
    const Scratch scratch;
    for (const auto* option : {"run", "=3", "run.=3", ".run=3", "run..seed=3"})
        EXPECT_NE(said(scratch, base, {option}).find("expected key.path=value"), std::string::npos) << option;
    EXPECT_EQ(said(scratch, base, {"run.nothing=3"}).find("--set run.nothing: unknown key, did you mean"), 0u) << said(scratch, base, {"run.nothing=3"});
    EXPECT_EQ(said(scratch, base, {"run.duration=[1"}).find("--set run.duration: not YAML"), 0u);
    EXPECT_EQ(read(scratch, base, {"run.seed=4", "run.seed=5"}).run.seed, 5u) << "the last one holds";
    EXPECT_EQ(read(scratch, base, {"network.populations.Amber.size=20"}).network.populations[0].size, 20u);
    EXPECT_EQ(std::get<double>(read(scratch, base, {"network.projections.0.weight=0.5"}).network.projections[0].weight), 0.5);
    EXPECT_EQ(said(scratch, base, {"network.projections.1.weight=0.5"}), "--set network.projections.1.weight: expected a place 0..0 in a list, found \"1\"");
}

TEST(Configuration, files_are_found_relative_to_the_one_that_names_them)
{
    const Scratch scratch;
    std::filesystem::create_directories(scratch.folder() / "networks");
    scratch.write("networks/two.yaml", "populations:\n  a: {size: 3, cell: IF_cond_exp}\n  s: {size: 2, cell: SpikeSourceArray, parameters: {spike_times: [1, "
                                       "2]}}\nprojections:\n  - {pre: s, post: a, connector: {FromFile: {file: "
                                       "edges.txt}}}\nseed: 5\n");
    scratch.write("networks/edges.txt", "# pre post weight delay\n0 2 0.5 1\n1,0,0.25,2\n");
    scratch.write("bad.yaml", "hicanns: [174]\nneurons: {175: [0, 1, 2]}\nlinks: [3]\n");
    const auto c = read(scratch, "network: networks/two.yaml\nwafer: {defects: bad.yaml}\n", {"network.populations.a.size=4"});
    EXPECT_EQ(c.network.seed, 5u);
    EXPECT_EQ(c.network.populations[0].size, 4u);
    const auto network = expand_network(c);
    EXPECT_EQ(network.projections[0].pre_neuron, (std::vector<std::uint32_t>{1, 0}));
    EXPECT_EQ(network.projections[0].weight.values, (std::vector<double>{0.25, 0.5}));
    EXPECT_TRUE(network.projections[0].delay_given);
    const auto defects = defects_of(c)[0];
    EXPECT_FALSE(defects.usable(Hicann(174)));
    EXPECT_TRUE(defects.of(Hicann(175)).neurons.test(2));
    EXPECT_FALSE(defects.of(Hicann(175)).neurons.test(3));
    EXPECT_TRUE(defects.links.test(3));

    scratch.write("networks/wrong.yaml", "populations:\n  a: {size: 0, cell: IF_cond_exp}\n");
    EXPECT_EQ(said(scratch, "network: networks/wrong.yaml\n"),
              "networks/wrong.yaml:2: populations.a.size: expected a whole number from 1 to 100000000, found \"0\"");
    EXPECT_EQ(said(scratch, "wafer: {id: 1}\nnetwork: networks/none.yaml\n"),
              "config.yaml:2: network: expected a network (a map) or the name of its file, found no file \"networks/none.yaml\"");
    scratch.write("bad.yaml", "hicanns: [384]\nneurons: {175: [512], 400: [1]}\nrows: 3\nmice: [1]\n");
    const auto all = said(scratch, "network: networks/two.yaml\nwafer: {defects: bad.yaml}\n");
    EXPECT_NE(all.find("bad.yaml:1: hicanns: expected a whole number from 0 to 383, found \"384\""), std::string::npos) << all;
    EXPECT_NE(all.find("bad.yaml:2: neurons.175: expected a whole number from 0 to 511, found \"512\""), std::string::npos) << all;
    EXPECT_NE(all.find("bad.yaml:2: neurons: expected a whole number from 0 to 383, found \"400\""), std::string::npos) << all;
    EXPECT_NE(all.find("bad.yaml:3: rows: expected a map from HICANN"), std::string::npos) << all;
    EXPECT_NE(all.find("bad.yaml:4: mice: unknown key"), std::string::npos) << all;
}

TEST(Configuration, random_defects_follow_the_wafer)
{
    const Scratch scratch;
    const auto c = read(scratch, base, {"wafer.defects={random: {neurons: 0.02, drivers: 0.01}}"});
    EXPECT_EQ(c.wafer.random_defects.at("neurons"), 0.02);
    EXPECT_EQ(defects_of(c), defects_of(c));
    EXPECT_NE(defects_of(c), defects_of(read(scratch, base, {"wafer.defects={random: {neurons: 0.02, drivers: 0.01}}", "wafer.id=2"})));
}

TEST(Configuration, several_wafers)
{
    const Scratch scratch;
    const auto c = read(scratch, base, {"wafer.id=[33, 5]", "wafer.hicanns=['33/174', '5/174', '33/2']", "wafer.defects={hicanns: ['5/174'], neurons: {'33/2': [7]}, fpgas: ['33/1']}",
                                        "mapping.place=[{population: Amber, hicanns: ['5/174']}]"});
    EXPECT_EQ(c.wafer.ids, (std::vector<std::uint64_t>{33, 5}));
    EXPECT_EQ(c.wafer.chips, (std::vector<Chip>{{0, Hicann(2)}, {0, Hicann(174)}, {1, Hicann(174)}}));
    EXPECT_EQ(c.mapping.place.at(0).chips, (std::vector<Chip>{{1, Hicann(174)}}));
    const auto defects = defects_of(c);
    ASSERT_EQ(defects.size(), 2u);
    EXPECT_TRUE(defects[0].usable(Hicann(174)));
    EXPECT_FALSE(defects[1].usable(Hicann(174)));
    EXPECT_TRUE(defects[0].of(Hicann(2)).neurons.test(7));
    EXPECT_TRUE(defects[0].fpgas.test(1));
    EXPECT_EQ(read(scratch, base, {"wafer.id=[33, 5]"}).wafer.chips.size(), 768u);
    EXPECT_EQ(read(scratch, base, {"wafer.id=[33, 5]", "wafer.hicanns={x: [16, 19], y: [6, 9]}"}).wafer.chips.size(), 32u);
    EXPECT_EQ(read(scratch, base, {"wafer.id=33", "wafer.hicanns=['33/174', 175]"}).wafer.chips.size(), 2u);
    const auto drawn = defects_of(read(scratch, base, {"wafer.id=[33, 5]", "wafer.defects={random: {neurons: 0.02}}"}));
    EXPECT_NE(drawn[0], drawn[1]);

    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
        {{"wafer.id=[]"}, "--set wafer.id: expected from 1 to 20 wafers, found 0"},
        {{"wafer.id=[1, 1]"}, "--set wafer.id: expected every wafer once, found 1 twice"},
        {{"wafer.id=[1, x]"}, "--set wafer.id: expected a whole number from 0 to 2147483647, found \"x\""},
        {{"wafer.id=[1, 2]", "wafer.hicanns=[174]"}, "--set wafer.hicanns: expected wafer/number, \"1/383\" for one, found \"174\""},
        {{"wafer.id=[1, 2]", "wafer.hicanns=['3/174']"}, "--set wafer.hicanns: expected wafer/number, \"1/383\" for one, found \"3/174\""},
        {{"wafer.id=[1, 2]", "wafer.hicanns=['2/384']"}, "--set wafer.hicanns: expected wafer/number, \"1/383\" for one, found \"2/384\""},
        {{"wafer.id=[1, 2]", "wafer.defects={hicanns: [1]}"}, "--set wafer.defects.hicanns: expected wafer/number, \"1/383\" for one, found \"1\""},
        {{"wafer.hicanns=['33/174']"}, "--set wafer.hicanns: expected a whole number from 0 to 383, found \"33/174\""},
        {{"wafer.id=[1, 2]", "wafer.hicanns=['1/3']", "mapping.place=[{population: Amber, hicanns: ['2/3']}]"},
         "--set mapping.place.0.hicanns: expected HICANNs among wafer.hicanns, found 2/3"},
    };
    for (const auto& [options, expected] : wrong)
        EXPECT_EQ(said(scratch, base, options), expected);
}

TEST(Configuration, too_big_a_population_is_named_before_memory_is_taken)
{
    const Scratch scratch;
    const auto c = read(scratch, replaced(base, "size: 10,", "size: 300000,"));
    try {
        expand_network(c);
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("config.yaml: population Amber does not fit"), std::string::npos) << error.what();
    }
}

TEST(Configuration, nothing_that_a_key_may_be_given_breaks_the_reader)
{
    const Scratch scratch;
    for (const auto& key : configuration_keys())
        for (const auto* value : {"", "[]", "{}", "-1", "1e300", ".nan", "word", "''", "[[1]]", "[1, {}]", "{x: 1}", "99999999999999999999", "{random: 1}",
                                  "{biological: 1}", "[{population: Amber, neurons: {}}]", "{populations: 1}", "{populations: {a: }}",
                                  "{populations: {a: {size: 1, cell: IF_cond_exp, parameters: 3}}}"}) {
            const auto message = said(scratch, base, {key.path + "=" + value});
            const std::string where = key.path == "sweep" ? "" : key.path;     // what a sweep sets is told by its own name
            EXPECT_TRUE(message.empty() || message.starts_with("--set " + where)) << key.path << "=" << value << ": " << message;
        }
}

TEST(Configuration, no_mutation_of_the_file_breaks_the_reader)
{
    const Scratch scratch;
    const std::regex value("(: )([^\\s{}\\[\\],:]+)(?=[,}\\n])");
    int refused = 0;
    for (auto match = std::sregex_iterator(base.begin(), base.end(), value); match != std::sregex_iterator(); ++match)
        for (const auto* other : {"",
                                  "~",
                                  "[]",
                                  "{}",
                                  "[1, 2]",
                                  "{a: 1}",
                                  "-1",
                                  "0",
                                  "1.5",
                                  ".nan",
                                  "-.inf",
                                  "1e30",
                                  "word",
                                  "\"\"",
                                  "'10'",
                                  "*nobody",
                                  "&x 3",
                                  "!!str 3",
                                  "{normal: {mu: 1}}",
                                  "{uniform: [2, 1]}"}) {
            auto text = base;
            text.replace(static_cast<std::size_t>(match->position(2)), static_cast<std::size_t>(match->length(2)), other);
            const auto message = said(scratch, text);
            EXPECT_TRUE(message.empty() || std::regex_search(message, std::regex("^config\\.yaml:[1-9]"))) << text << message;
            EXPECT_LE(std::count(message.begin(), message.end(), '\n'), 2) << message;
            refused += !message.empty();
        }
    EXPECT_GT(refused, 150);
}

TEST(Configuration, shipped_configurations_are_read)
{
    const std::filesystem::path configs = BSS_SOURCE_DIR "/configs";
    const auto size = [&](const char* name) {
        const auto network = expand_network(read_configuration(configs / name));
        return std::tuple(network.neurons(), network.sources(), network.synapses());
    };
    EXPECT_EQ(size("wafer.yaml"), std::tuple(7713u, 0u, 2'987'316u));
    EXPECT_EQ(size("wafer-30.yaml"), std::tuple(7713u, 0u, 2'987'316u));
    EXPECT_EQ(size("brunel.yaml"), std::tuple(2083u, 2083u, 847'781u));
    EXPECT_EQ(size("single-neuron.yaml"), std::tuple(1u, 0u, 0u));
}

TEST(Configuration, help_names_every_key)
{
    const auto help = configuration_help();
    for (const auto& key : configuration_keys())
        EXPECT_NE(help.find(key.path), std::string::npos);
    for (const auto& s : imperfection_switches)
        EXPECT_NE(help.find(s.name), std::string::npos);
}

TEST(Configuration, documentation_is_the_table)
{
    const std::filesystem::path page = BSS_SOURCE_DIR "/docs/configuration.md";
    std::ostringstream text;
    text << std::ifstream(page).rdbuf();
    const std::string mark = "<!-- From here on written by";
    const auto start = text.str().find('\n', text.str().find(mark));
    ASSERT_NE(start, std::string::npos);
    const auto head = text.str().substr(0, start + 1);
    const auto wanted = head + configuration_markdown();
    if (std::getenv("BSS_UPDATE_DOCS"))
        std::ofstream(page) << wanted;
    else
        EXPECT_TRUE(text.str() == wanted) << "docs/configuration.md is not what the table of keys says; write it anew with BSS_UPDATE_DOCS=1";
}
