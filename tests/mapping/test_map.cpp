#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "kernels/background.hpp"
#include "mapping/bottlenecks.hpp"
#include "mapping/generators.hpp"
#include "mapping/storage.hpp"
#include "pipeline.hpp"
#include "wafer/error.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

/// A scene on real silicon.
struct Mapper {
    Scene scene;
    Imperfections imperfections;

    explicit Mapper(Imperfections which = {}) : imperfections(which) { use(which); }
    void use(Imperfections which)
    {
        imperfections = which;
        const auto silicon = std::make_shared<const Silicon>(Technology::load("hicann-x1000"), which, 7);
        scene.machine.silicon = {silicon};
        scene.machine.calibration = {oracle_calibration(*silicon)};
        scene.options.timestep_s = 1e-7;
    }
    Mapping run() const { return map(scene.network, scene.machine, scene.options, imperfections); }
};

void expect_sound(const Mapping& mapping, const Network& network)
{
    EXPECT_TRUE(mapping.rebuilt_from_bits);
    for (const Violation& violation : mapping.violations)
        EXPECT_NE(violation.severity, Severity::error) << violation.rule << ": " << violation.what;
    ASSERT_EQ(mapping.account.size(), network.projections.size());
    for (std::size_t k = 0; k < mapping.account.size(); ++k) {
        const ProjectionAccount& account = mapping.account[k];
        EXPECT_EQ(account.requested, network.projections[k].size());
        EXPECT_EQ(account.realised + account.lost, account.requested);
        std::uint64_t by_cause = 0;
        for (const auto n : account.lost_by_cause)
            by_cause += n;
        EXPECT_EQ(by_cause, account.lost);
    }
}

const Warning* find(const Mapping& mapping, std::string_view code)
{
    const auto at = std::find_if(mapping.warnings.begin(), mapping.warnings.end(), [&](const Warning& w) { return w.code == code; });
    return at == mapping.warnings.end() ? nullptr : &*at;
}

Mapper two_populations(Imperfections imperfections = {})
{
    Mapper mapper(imperfections);
    Scene& scene = mapper.scene;
    const auto s = scene.add_population(20, CellType::SpikeSourcePoisson), a = scene.add_population(70), b = scene.add_population(30);
    scene.connect(s, a, 0.3);
    scene.connect(a, b, 0.2);
    scene.connect(b, a, 0.2, Receptor::inhibitory);
    for (Projection& p : scene.network.projections) {
        p.delay_given = true;
        p.delay_ms.values = {1.5};
    }
    return mapper;
}

}   // namespace

TEST(Map, SmallNetworkAddsUp)
{
    const Mapper mapper = two_populations();
    const Mapping mapping = mapper.run();
    expect_sound(mapping, mapper.scene.network);
    EXPECT_EQ(mapping.wafers.at(0).wafer_id, 7);
    EXPECT_EQ(mapping.denmems_used, 100 * 8);
    EXPECT_GT(mapping.drivers_used, 0);
    EXPECT_EQ(mapping.stimulus.sources.size(), 20);
    EXPECT_EQ(mapping.first_source, (std::vector<std::uint32_t>{0, 20, 20}));
    ASSERT_TRUE(find(mapping, "delay_ignored"));
    EXPECT_EQ(find(mapping, "delay_ignored")->count, mapper.scene.network.synapses());
    EXPECT_TRUE(find(mapping, "delay_below_timestep"));
    EXPECT_FALSE(mapping.wafers[0].ideals.uniform_delay_s);
}

TEST(Map, UniformDelayIsTheSmallest)
{
    Imperfections imperfections;
    imperfections.route_delay = false;
    Mapper mapper = two_populations(imperfections);
    Mapping mapping = mapper.run();
    EXPECT_DOUBLE_EQ(*mapping.wafers[0].ideals.uniform_delay_s, 1.5e-6);
    EXPECT_FALSE(find(mapping, "delay_ignored"));
    mapper.scene.network.projections[1].delay_ms.values = {2.5};
    mapper.scene.network.projections[2].delay_ms.values = {0.01};
    mapping = mapper.run();
    EXPECT_DOUBLE_EQ(*mapping.wafers[0].ideals.uniform_delay_s, 1e-7) << "at least one step";
    ASSERT_TRUE(find(mapping, "delay_ignored"));
    EXPECT_EQ(find(mapping, "delay_ignored")->count, mapper.scene.network.synapses());
}

TEST(Map, SourcesInHardwareUnits)
{
    Mapper mapper;
    const auto p = mapper.scene.add_population(2, CellType::SpikeSourcePoisson), t = mapper.scene.add_population(2, CellType::SpikeSourceArray), a = mapper.scene.add_population(3);
    mapper.scene.network.populations[p].parameters = {{{20.0}}, {{10.0}}, {{50.0}}};
    mapper.scene.network.populations[t].spike_times = {{1.0, 2.5}, {}};
    mapper.scene.connect(p, a, 1.0);
    mapper.scene.connect(t, a, 1.0);
    const Mapping mapping = mapper.run();
    const auto& train = std::get<PoissonTrain>(mapping.stimulus.sources[1].train);
    EXPECT_DOUBLE_EQ(train.rate_hz, 2e4);
    EXPECT_DOUBLE_EQ(train.start_s, 1e-5);
    EXPECT_DOUBLE_EQ(train.stop_s, 6e-5);
    const auto& times = std::get<SpikeTimes>(mapping.stimulus.sources[2].train).times_s;
    ASSERT_EQ(times.size(), 2);
    EXPECT_DOUBLE_EQ(times[0], 1e-6);
    EXPECT_DOUBLE_EQ(times[1], 2.5e-6);
    EXPECT_EQ(mapping.stimulus.sources[3].id, 3);
    EXPECT_EQ(mapping.stimulus.sources[0].entries.size(), 1);
}

TEST(Map, SourcesOnTheWafer)
{
    Mapper mapper;
    Scene& scene = mapper.scene;
    const auto a = scene.add_population(30), g = scene.add_population(5, CellType::SpikeSourcePoisson), host = scene.add_population(5, CellType::SpikeSourcePoisson);
    Population& generators = scene.network.populations[g];
    generators.on_wafer = true;
    generators.parameters = {{{1000.0}}, {{0.0}}, {{1e10}}};
    scene.connect(g, a, 1.0);
    scene.connect(host, a, 1.0);
    const Mapping mapping = mapper.run();
    expect_sound(mapping, scene.network);
    EXPECT_EQ(mapping.account[0].lost, 0);
    EXPECT_FALSE(find(mapping, "on_wafer_rate"));
    EXPECT_FALSE(find(mapping, "on_wafer_duration"));
    std::set<Chip> chips;
    std::set<std::uint16_t> seeds;
    ASSERT_EQ(mapping.placement[g].size(), 5);
    for (const PlacedNeuron& entry : mapping.placement[g]) {
        EXPECT_EQ(entry.denmem, -1);
        EXPECT_TRUE(entry.address.usable());
        EXPECT_TRUE(chips.insert(entry.chip).second) << "one a chip";
        const HicannConfig& chip = mapping.wafers[0].hicanns.at(entry.chip.hicann);
        EXPECT_EQ(chip.gbit_links[entry.merger.value()], GbitLink::to_dnc);
        const auto& train = std::get<GeneratorTrain>(mapping.stimulus.sources[mapping.first_source[g] + entry.id].train);
        EXPECT_EQ(std::count(chip.background.begin(), chip.background.end(), train.config), 1);
        EXPECT_TRUE(train.config.enable && train.config.random);
        EXPECT_EQ(train.config.period, 64486) << "65535 (1 - 2 / 125)";
        EXPECT_EQ(train.config.seed, chip.background[0].seed) << "the register that acts";
        EXPECT_TRUE(train.config.seed > 0 && seeds.insert(train.config.seed).second);
    }
    EXPECT_TRUE(std::holds_alternative<PoissonTrain>(mapping.stimulus.sources[mapping.first_source[host]].train));
    generators.parameters = {{{10.0}}, {{0.0}}, {{1e9}}};
    const Mapping slow = mapper.run();
    ASSERT_TRUE(find(slow, "on_wafer_rate"));
    EXPECT_EQ(find(slow, "on_wafer_rate")->count, 5) << "5 spikes in 65535 clocks, not 5.24";
    EXPECT_EQ(find(slow, "on_wafer_duration")->count, 5);
}

TEST(Map, SeedsAndPeriodsOfGenerators)
{
    constexpr double clock_hz = 125e6;
    const std::uint16_t period = random_period(1e6, clock_hz);
    EXPECT_EQ(random_period(clock_hz / 4, clock_hz), 32768);
    std::set<std::uint16_t> seeds;
    for (std::uint32_t k = 0; k < 200; ++k) {
        seeds.insert(generator_seed(42, k));
        const auto spikes = static_cast<double>(random_background_clocks(generator_seed(42, k), period).size());
        EXPECT_NEAR(spikes * clock_hz / 65535, random_rate_hz(period, clock_hz), clock_hz / 65535);
    }
    EXPECT_EQ(seeds.size(), 200);
    EXPECT_FALSE(seeds.contains(0));
    EXPECT_NE(generator_seed(42, 0), generator_seed(43, 0));
}

TEST(Map, SourcesThatNoGeneratorCanBe)
{
    Mapper mapper;
    Scene& scene = mapper.scene;
    const auto a = scene.add_population(30), g = scene.add_population(5, CellType::SpikeSourcePoisson);
    Population& generators = scene.network.populations[g];
    generators.on_wafer = true;
    scene.connect(g, a, 1.0);
    const auto expect_refused = [&](std::string_view what) {
        try {
            mapper.run();
            ADD_FAILURE() << what;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find("population \"1\": on_wafer"), std::string::npos) << error.what();
        }
    };
    for (const double rate : {0.0, 3.8, 31251.0}) {
        generators.parameters = {{{rate}}, {{0.0}}, {{1e10}}};
        expect_refused("expected 3.81 to 31250 Hz");
    }
    generators.parameters = {{{100.0}}, {{5.0}}, {{1e10}}};
    expect_refused("start: expected 0");
    generators.parameters = {{{100.0}}, {{0.0}}, {{1e10}}};
    scene.machine.chips.resize(4);
    expect_refused("expected at most 4 such sources");
}

TEST(Map, LostSynapsesAreKept)
{
    Imperfections imperfections;
    imperfections.synapse_loss = false;
    Mapper mapper(imperfections);
    mapper.scene.options.neuron_size = 1;
    const auto s = mapper.scene.add_population(300, CellType::SpikeSourcePoisson), a = mapper.scene.add_population(400);
    mapper.scene.connect(s, a, 1.0, Receptor::inhibitory, ShortTermPlasticity{0.4, 100, 0});
    mapper.scene.connect(a, a, 1.0);
    Mapping mapping = mapper.run();
    expect_sound(mapping, mapper.scene.network);
    ASSERT_GT(mapping.account[0].lost, 0);
    ASSERT_GT(mapping.account[1].lost, 0);
    const Ideals& ideals = mapping.wafers[0].ideals;
    ASSERT_EQ(ideals.kept_synapses.size(), mapping.account[0].lost + mapping.account[1].lost);
    EXPECT_EQ(ideals.plasticities, (std::vector<TsodyksMarkram>{{0.4, 1e-4, 0}}));

    // The first lost synapse of each projection.
    for (const int p : {0, 1}) {
        const auto& realised = mapping.synapses[p];
        const auto k = static_cast<std::size_t>(std::find_if(realised.begin(), realised.end(), [](const auto& r) { return !r.realised(); }) - realised.begin());
        const auto& kept = ideals.kept_synapses[p == 0 ? 0 : mapping.account[0].lost];
        const auto& projection = mapper.scene.network.projections[p];
        const PlacedNeuron& target = mapping.placement[a][projection.post_neuron[k]];
        EXPECT_EQ(kept.hicann, target.chip.hicann);
        EXPECT_EQ(kept.firing.value(), target.denmem);
        EXPECT_EQ(kept.from_host, p == 0);
        if (p == 0)
            EXPECT_EQ(kept.source_id, projection.pre_neuron[k]);
        else
            EXPECT_EQ(kept.source_firing.value(), mapping.placement[a][projection.pre_neuron[k]].denmem);
        EXPECT_EQ(kept.input, p == 0 ? SynapticInput::inhibitory : SynapticInput::excitatory);
        EXPECT_EQ(kept.plasticity, p == 0 ? 1 : 0);
        const double farad = mapper.scene.machine.silicon[0]->technology().capacitance_farad(mapping.big_capacitor);
        EXPECT_FLOAT_EQ(kept.siemens, static_cast<float>(projection.weight[k] * 1e-6 * 1000 * farad / 1e-9)) << "cm is 1 nF";
    }
    mapper.use({});
    EXPECT_TRUE(mapper.run().wafers[0].ideals.kept_synapses.empty());
}

TEST(Map, NeuronSizeByInputs)
{
    Mapper mapper;
    const auto a = mapper.scene.add_population(300);
    mapper.scene.connect(a, a, 0.3);
    mapper.scene.options.neuron_size = 0;
    EXPECT_EQ(mapper.run().neuron_size, 4) << "90 inputs of 220";
    mapper.scene.connect(a, a, 1.0, Receptor::inhibitory);
    EXPECT_EQ(mapper.run().neuron_size, 8) << "390 inputs";
    mapper.scene.machine.chips.resize(4);
    EXPECT_EQ(mapper.run().neuron_size, 4) << "no room for more";
}

TEST(Map, SameTwice)
{
    const Mapper mapper = two_populations();
    const Mapping first = mapper.run(), second = mapper.run();
    EXPECT_EQ(first.wafers, second.wafers);
}

TEST(Map, StoredAndReadAgain)
{
    const auto folder = std::filesystem::temp_directory_path() / ("bss-test-map-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    Mapper mapper = two_populations();
    const Mapping mapping = mapper.run();
    const std::string digest = write_mapping(folder / "a.h5", mapping, mapper.scene.network, true);
    const auto read = [&] { return read_mapping(folder / "a.h5", mapper.scene.network, mapper.scene.machine, mapper.scene.options, mapper.imperfections); };
    const Mapping again = read();
    EXPECT_EQ(again.wafers, mapping.wafers);
    EXPECT_EQ(again.rebuilt_from_bits, true);
    EXPECT_EQ(again.warnings.size(), mapping.warnings.size());
    EXPECT_EQ(again.clipped_parameters, mapping.clipped_parameters);
    EXPECT_EQ(again.account[1].realised, mapping.account[1].realised);
    EXPECT_EQ(again.scale.shift_volt, mapping.scale.shift_volt);
    EXPECT_EQ(write_mapping(folder / "b.h5", again, mapper.scene.network, true), digest) << "the same file again";

    mapper.scene.machine.speedup = 1e4;
    EXPECT_THROW(read(), InputError);
    mapper.scene.machine.speedup = 1000;
    mapper.scene.network.projections[0].pre_neuron[0] = 19 - mapper.scene.network.projections[0].pre_neuron[0];
    EXPECT_THROW(read(), InputError);
    std::filesystem::remove_all(folder);
}

/// Random networks, sizes and defects through the whole pipeline.
TEST(Map, RandomNetworksAddUp)
{
    int mapped = 0;
    for (std::uint32_t trial = 0; trial < 15; ++trial) {
        std::uint32_t n = 0;
        const auto draw = [&](double low, double high) { return low + (high - low) * random_uniform(9, Purpose::test, trial, 0, 0, n++); };
        Mapper mapper;
        mapper.scene = synthetic::random_scene(draw, trial);
        mapper.use({});
        mapper.scene.machine.defects[0] = derived(random_defects({{"neurons", draw(0, 0.02)}, {"drivers", draw(0, 0.05)}, {"synapses", draw(0, 0.05)}, {"hicanns", draw(0, 0.05)}}, trial));
        std::erase_if(mapper.scene.machine.chips, [&](Chip chip) { return !mapper.scene.machine.defects[0].usable(chip.hicann); });
        try {
            expect_sound(mapper.run(), mapper.scene.network);
            ++mapped;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find("population"), std::string::npos) << error.what();
        }
    }
    EXPECT_GE(mapped, 12);
}

TEST(Map, BottlenecksSayWhatWouldHelp)
{
    Mapper mapper;
    const auto a = mapper.scene.add_population(59), b = mapper.scene.add_population(20);
    mapper.scene.connect(a, b, 1.0);
    mapper.scene.options.driver_chain_length = 1;
    mapper.scene.options.nets = NetForming::one_per_population;
    const Mapping mapping = mapper.run();
    const auto found = bottlenecks(mapping, mapper.scene.network, mapper.scene.options);
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found[0].cause, LossCause::chain_length);
    EXPECT_EQ(found[0].resource, "drivers in a chain");
    EXPECT_EQ(found[0].synapses, mapping.account[0].lost);
    EXPECT_EQ(found[0].of_worst_projection, mapping.account[0].lost);
    std::uint64_t on_chips = 0;
    for (const auto& [chip, synapses] : found[0].chips)
        on_chips += synapses;
    EXPECT_EQ(on_chips, mapping.account[0].lost);
    EXPECT_NE(found[0].advice.find("mapping.driver_chain_length"), std::string::npos);
    mapper.scene.options.driver_chain_length = 14;
    EXPECT_TRUE(bottlenecks(mapper.run(), mapper.scene.network, mapper.scene.options).empty());
}
