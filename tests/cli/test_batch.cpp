#include "cli/batch.hpp"

#include "reading.hpp"

namespace bss::test {
namespace {

using Settings = std::map<std::string, std::string>;

TEST(Batch, one_run_is_no_batch)
{
    const Scratch scratch;
    Batch batch(scratch.write("config.yaml", base), {"run.seed=7"});
    EXPECT_FALSE(batch.several());
    EXPECT_EQ(batch.size(), 1u);
    EXPECT_TRUE(batch.varied().empty());
    EXPECT_EQ(batch.configuration(0).run.seed, 7u);
    EXPECT_EQ(batch.configuration(0).settings, (Settings{{"run.seed", "7"}}));
    EXPECT_FALSE(Batch(scratch.folder() / "config.yaml", {"sweep=null", "run.trials=1"}).several());
    EXPECT_FALSE(Batch(scratch.folder() / "config.yaml", {"sweep={}"}).several());
}

TEST(Batch, trials_count_up_from_the_seed)
{
    const Scratch scratch;
    const auto file = scratch.write("config.yaml", base);
    Batch batch(file, {"run.trials=3", "run.seed=5"});
    EXPECT_TRUE(batch.several());
    ASSERT_EQ(batch.size(), 3u);
    EXPECT_EQ(batch.varied(), std::vector<std::string>{"run.seed"});
    for (const std::size_t k : {2u, 0u, 1u}) {
        const auto& inside = batch.configuration(k);
        const auto alone = read_configuration(file, {"run.seed=" + std::to_string(5 + k)});
        EXPECT_EQ(inside.run.seed, 5 + k);
        EXPECT_EQ(inside.settings, alone.settings);
        EXPECT_EQ(inside.shared_sha256, batch.configuration(0).shared_sha256) << "trials share their mapping";
    }
    EXPECT_EQ(std::set({fingerprint(batch.configuration(0)), fingerprint(batch.configuration(1)), fingerprint(batch.configuration(2))}).size(), 3u);
}

TEST(Batch, a_sweep_takes_every_combination_the_last_key_fastest)
{
    const Scratch scratch;
    const auto file = scratch.write("config.yaml", base + "sweep: {wafer.id: [1, 2], network.populations.Amber.size: [10, 20, 30 ], "
                                                        "run: {timestep: [0.05, 100 us]}}\n");
    Batch batch(file, {"run.trials=2"});
    ASSERT_EQ(batch.size(), 24u);
    EXPECT_EQ(batch.varied(), (std::vector<std::string>{"wafer.id", "network.populations.Amber.size", "run.timestep", "run.seed"}));
    std::size_t run = 0;
    for (const auto id : {1u, 2u})
        for (const auto size : {10u, 20u, 30u})
            for (const auto timestep : {0.05, 0.1})
                for (const auto seed : {1u, 2u}) {
                    const auto& c = batch.configuration(run++);
                    EXPECT_EQ(c.wafer.ids.front(), id);
                    EXPECT_EQ(c.network.populations[0].size, size);
                    EXPECT_EQ(c.run.timestep_ms, timestep);
                    EXPECT_EQ(c.run.seed, seed);
                    EXPECT_DOUBLE_EQ(c.mapping.timestep_s, timestep * 1e-6);
                }
    EXPECT_EQ(batch.configuration(0).settings,
              (Settings{{"wafer.id", "1"}, {"network.populations.Amber.size", "10"}, {"run.timestep", "0.05"}, {"run.seed", "1"}}));
}

TEST(Batch, a_list_runs_its_entries_one_by_one)
{
    const Scratch scratch;
    const auto file = scratch.write("config.yaml", base + "sweep:\n"
                                                        "  - {run.mode: ideal, network.seed: 9}\n"
                                                        "  - {wafer: {imperfections: {saturation: false}}, run: {timestep: 0.05}}\n"
                                                        "  - {wafer.imperfections: [saturation, readout]}\n"
                                                        "  - {}\n");
    Batch batch(file, {"run.trials=2"});
    ASSERT_EQ(batch.size(), 8u);
    EXPECT_TRUE(batch.several());
    EXPECT_EQ(batch.varied(), (std::vector<std::string>{"run.mode", "network.seed", "wafer.imperfections", "run.timestep", "run.seed"}));
    EXPECT_EQ(batch.configuration(1).run.mode, RunMode::ideal);
    EXPECT_EQ(batch.configuration(1).run.seed, 2u);
    EXPECT_EQ(batch.settings(0), (Settings{{"run.mode", "ideal"}, {"network.seed", "9"}, {"run.seed", "1"}}));
    EXPECT_EQ(batch.configuration(2).run.mode, RunMode::hardware);
    EXPECT_EQ(batch.configuration(2).run.timestep_ms, 0.05);
    EXPECT_FALSE(batch.configuration(2).wafer.imperfections.saturation);
    EXPECT_TRUE(batch.configuration(2).wafer.imperfections.readout);
    const Imperfections listed = batch.configuration(4).wafer.imperfections;
    for (const auto& one : imperfection_switches)
        EXPECT_EQ(listed.*one.value, one.name == "saturation" || one.name == "readout") << one.name;
    EXPECT_EQ(batch.settings(6), (Settings{{"run.seed", "1"}}));
    EXPECT_EQ(batch.configuration(6).run.timestep_ms, 0.1);
}

TEST(Batch, an_option_goes_over_the_files_sweep)
{
    const Scratch scratch;
    const auto file = scratch.write("config.yaml", base + "sweep: {wafer.id: [1, 2], run.seed: [1, 2]}\n");
    Batch batch(file, {"sweep.run.seed=[7, 8, 9]"});
    ASSERT_EQ(batch.size(), 6u);
    EXPECT_EQ(batch.configuration(2).run.seed, 9u);
    EXPECT_EQ(Batch(file, {"sweep={wafer.id: [5]}"}).size(), 1u);
    EXPECT_FALSE(Batch(file, {"sweep=null"}).several());
}

TEST(Batch, a_run_is_the_single_run_with_its_settings)
{
    const Scratch scratch;
    const auto file = scratch.write("config.yaml", base);
    Batch batch(file, {"sweep={wafer.id: [3, 4], run.duration: [10 ms, 20 ms]}", "strict=true"});
    const auto inside = batch.configuration(2);
    EXPECT_EQ(inside.wafer.ids.front(), 4u);
    EXPECT_EQ(inside.run.duration_ms, 10);
    EXPECT_TRUE(inside.strict);
    std::vector<std::string> options;
    for (const auto& [key, value] : inside.settings)
        options.push_back(key + "=" + value);
    const auto alone = read_configuration(file, options);
    EXPECT_EQ(alone.settings, inside.settings);
    EXPECT_EQ(alone.wafer.ids.front(), 4u);
    EXPECT_EQ(alone.run.duration_ms, 10);
}

TEST(Batch, networks_can_be_swept)
{
    const Scratch scratch;
    for (const auto* name : {"a", "b"})
        scratch.write(std::string(name) + ".yaml", "populations: {" + std::string(name) + ": {size: 3, cell: IF_cond_exp}}\n");
    const auto file = scratch.write("config.yaml", "network: a.yaml\nsweep: {network: [a.yaml, b.yaml]}\n");
    Batch batch(file, {});
    ASSERT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch.configuration(1).network.populations[0].name, "b");
    EXPECT_EQ(batch.configuration(0).network.populations[0].name, "a");
    EXPECT_NE(batch.configuration(0).shared_sha256, Batch(file, {}).configuration(1).shared_sha256);
}

TEST(Batch, fingerprints_follow_what_a_run_depends_on)
{
    const Scratch scratch;
    scratch.write("net.yaml", "populations: {a: {size: 3, cell: SpikeSourceArray, parameters: {spike_times: [1, 2]}}}\n");
    scratch.write("defects.yaml", "{hicanns: [3]}\n");
    const auto file = scratch.write("config.yaml", "network: net.yaml\nwafer: {defects: defects.yaml}\n");
    const auto of = [&](std::vector<std::string> options = {}) { return fingerprint(read_configuration(file, options)); };
    const auto before = of();
    EXPECT_EQ(of(), before);
    EXPECT_EQ(of({"output=elsewhere"}), before);
    for (const auto* option : {"run.seed=2", "run.duration=2 s", "run.timestep=0.05", "wafer.id=2", "network.populations.a.size=4", "strict=true",
                               "wafer.technology=hicann-v4"})
        EXPECT_NE(of({option}), before) << option;
    scratch.write("defects.yaml", "{hicanns: [4]}\n");
    EXPECT_NE(of(), before) << "a file that the configuration names has changed";
    scratch.write("defects.yaml", "{hicanns: [3]}\n");
    EXPECT_EQ(of(), before);
    scratch.write("net.yaml", "# a remark\npopulations: {a: {size: 3, cell: SpikeSourceArray, parameters: {spike_times: [1, 2]}}}\n");
    EXPECT_EQ(of(), before) << "a remark changes nothing";
    scratch.write("net.yaml", "populations: {a: {size: 3, cell: SpikeSourceArray, parameters: {spike_times: [1, 3]}}}\n");
    EXPECT_NE(of(), before);
}

TEST(Batch, mistakes_name_their_place)
{
    const Scratch scratch;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"sweep: 3\n", "config.yaml:13: sweep: expected a map {key: [values], …} or a list [{key: value, …}, …], found \"3\""},
        {"sweep: []\n", "config.yaml:13: sweep: expected 1 to 10000 runs, found 0"},
        {"sweep: [3]\n", "config.yaml:13: sweep: expected entries {key: value, …}, found \"3\""},
        {"sweep:\n  - {run: {seed: 1}}\n  - {run.seed: 1, run: {seed: 2}}\n", "config.yaml:15: sweep: expected every key once, found run.seed twice"},
        {"sweep:\n  - {}\n  - {run: 3}\n", "config.yaml:15: sweep: expected single keys, as in {wafer.id: [1, 2]}, found the block \"run\""},
        {"sweep: [{run.trials: 2}]\n", "config.yaml:13: sweep: expected keys that can differ"},
        {"sweep:\n  - {wafer.imperfections: [saturation]}\n  - {wafer.imperfections: [saturatoin]}\n", "config.yaml:15: wafer.imperfections: expected one of"},
        {"sweep:\n  wafer.id: 3\n", "config.yaml:14: sweep.wafer.id: expected a list of values, found \"3\""},
        {"sweep:\n  wafer.id: []\n", "config.yaml:14: sweep.wafer.id: expected a list of values, found an empty list"},
        {"sweep:\n  wafer.idd: [1]\n", "config.yaml:14: wafer.idd: unknown key, did you mean id?"},
        {"sweep:\n  wafer.id:\n    - 1\n    - x\n", "config.yaml:16: wafer.id: expected a whole number from 0 to 2147483647, found \"x\""},
        {"sweep: {run: [{}, {}]}\n", "config.yaml:13: sweep: expected single keys, as in {wafer.id: [1, 2]}, found the block \"run\""},
        {"sweep: {run.trials: [1, 2]}\n", "config.yaml:13: sweep: expected keys that can differ"},
        {"sweep: {output: [a, b]}\n", "config.yaml:13: sweep: expected keys that can differ"},
        {"sweep: {wafer.id: [1], wafer: {id: [2]}}\n", "config.yaml:13: sweep: expected every key once, found wafer.id twice"},
        {"sweep: {network.populations.Amber.size: [0]}\n", "config.yaml:13: network.populations.Amber.size: expected a whole number"},
        {"sweep: {network.projections.3.weight: [1]}\n", "config.yaml:13: network.projections.3.weight: expected a place 0..0 in a list, found \"3\""},
        {"sweep: {run.timestep: [0.1, 100]}\n", "config.yaml:13: run.timestep: expected a time <= run.duration (20 ms), found 100 ms"},
        {"sweep: {network: [a.yaml]}\n", "config.yaml:13: network: expected a network (a map) or the name of its file, found no file \"a.yaml\""},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(said(scratch, base + text).substr(0, expected.size()), expected) << said(scratch, base + text);
    for (const auto* trials : {"0", "-1", "10001", "many", "[1]"})
        EXPECT_EQ(said(scratch, base, {std::string("run.trials=") + trials}).substr(0, 52), "--set run.trials: expected a whole number from 1 to ") << trials;
    EXPECT_NE(said(scratch, base, {"run.trials=2", "run.seed=18446744073709551615"}).find("seeds below 2^64"), std::string::npos);
    EXPECT_NE(said(scratch, base, {"run.trials=9000", "sweep={wafer.id: [1, 2]}"}).find("expected at most 10000 runs"), std::string::npos);
}

TEST(Batch, a_mistake_that_all_runs_share_is_told_once_beside_those_of_single_runs)
{
    const Scratch scratch;
    const auto text = replaced(base, "rate: 10", "rate: fast") + "sweep: {wafer.id: [a, b], run.timestep: [0.1, -0.1]}\n";
    const auto what = said(scratch, text);
    EXPECT_EQ(std::count(what.begin(), what.end(), '\n'), 3) << what;
    for (const auto* part : {"found \"fast\"", "found \"a\"", "found \"b\"", "found \"-0.1\""})
        EXPECT_NE(what.find(part), std::string::npos) << what;
}

}   // namespace
}   // namespace bss::test
