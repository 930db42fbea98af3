// Spikes between wafers, from the network to the recording.
#include <map>

#include <gtest/gtest.h>

#include "kernels/engine.hpp"
#include "mapping/mapping.hpp"
#include "tests/kernels/backends.hpp"

using namespace bss;
using namespace bss::test;

namespace {

ON_BACKENDS(WaferToWafer);

Population neurons(std::string name, std::uint32_t size)
{
    Population p;
    p.name = std::move(name);
    p.size = size;
    for (const CellParameter& parameter : parameters_of(p.cell))
        p.parameters.push_back({{parameter.standard}});
    p.initial_v = {{default_initial_v(p.cell)}};
    return p;
}

Projection all_to_all(std::uint32_t pre, std::uint32_t pre_size, std::uint32_t post, std::uint32_t post_size, double weight)
{
    Projection p;
    p.pre = pre;
    p.post = post;
    p.weight = {{weight}};
    for (std::uint32_t j = 0; j < post_size; ++j)
        for (std::uint32_t i = 0; i < pre_size; ++i) {
            p.pre_neuron.push_back(i);
            p.post_neuron.push_back(j);
        }
    p.delay_ms = {{0.5}};
    p.delay_given = true;
    return p;
}

/// 8 sources drive a, which drives b, which drives a.
Network loop(double rate_hz)
{
    Network network;
    Population source;
    source.name = "source";
    source.size = 8;
    source.cell = CellType::SpikeSourcePoisson;
    source.parameters = {{{rate_hz}}, {{0.0}}, {{1e9}}};
    network.populations = {source, neurons("a", 20), neurons("b", 12)};
    network.projections = {all_to_all(0, 8, 1, 20, 0.05), all_to_all(1, 20, 2, 12, 0.02), all_to_all(2, 12, 1, 20, 0.003)};
    return network;
}

struct Result {
    std::map<std::pair<int, std::uint32_t>, std::vector<double>> trains;    ///< [population, neuron] seconds
    Counters counters;
    int window_steps = 0;
};

/// @param wafer_of_b  0: all on one wafer
Result run(std::uint16_t wafer_of_b, const Imperfections& imperfections, int threads = 1, std::int64_t at_once = 1000, double rate_hz = 200, const std::string& on = backend())
{
    const Network network = loop(rate_hz);
    const Technology technology = Technology::load("hicann-x1000");
    Machine machine;
    std::vector<Silicon> silicon;
    for (const std::uint64_t id : {3, 4}) {
        machine.silicon.push_back(std::make_shared<const Silicon>(technology, imperfections, id));
        machine.calibration.push_back(oracle_calibration(*machine.silicon.back()));
        silicon.push_back(*machine.silicon.back());
    }
    machine.defects.resize(2);
    for (std::uint16_t w = 0; w < 2; ++w)
        for (const Hicann h : all<Hicann>())
            machine.chips.push_back({w, h});
    MappingOptions options;
    options.timestep_s = 1e-7;
    options.place = {{1, 0, 19, {{0, Hicann(174)}}, 0}, {2, 0, 11, {{wafer_of_b, Hicann(175)}}, 0}};
    const Mapping mapping = map(network, machine, options, imperfections);
    EXPECT_TRUE(mapping.rebuilt_from_bits);
    for (const ProjectionAccount& account : mapping.account)
        EXPECT_EQ(account.lost, 0);

    Program program = elaborate(mapping.wafers, silicon, {.timestep_s = options.timestep_s, .trial = 1, .traces = {}});
    Result result;
    result.window_steps = program.window_steps;
    const auto places = program.neurons;
    const auto engine = make_engine(std::move(program), mapping.stimulus, {.backend = on, .threads = threads});
    for (std::int64_t done = 0; done < 1000; done += at_once)
        engine->advance(std::min(at_once, 1000 - done));
    for (const NeuronSpike& spike : engine->take_recording().spikes)
        for (const int p : {1, 2})
            for (const PlacedNeuron& placed : mapping.placement[p])
                if (places[spike.neuron] == NeuronPlace{placed.chip, Denmem(placed.denmem)})
                    result.trains[{p, placed.id}].push_back(spike.time_s);
    result.counters = engine->counters();
    return result;
}

std::size_t spikes(const Result& result, int population)
{
    std::size_t n = 0;
    for (const auto& [who, train] : result.trains)
        n += who.first == population ? train.size() : 0;
    return n;
}

double first_spike_s(const Result& result, int population)
{
    double first = 1;
    for (const auto& [who, train] : result.trains)
        if (who.first == population)
            first = std::min(first, train.front());
    return first;
}

}   // namespace

TEST_P(WaferToWafer, WithoutImperfectionsTheWaferDoesNotMatter)
{
    const Result together = run(0, no_imperfections()), apart = run(1, no_imperfections());
    EXPECT_GT(spikes(together, 2), 20);
    ASSERT_EQ(together.trains.size(), apart.trains.size());
    for (const auto& [who, train] : together.trains) {
        const auto& other = apart.trains.at(who);
        ASSERT_EQ(train.size(), other.size());
        for (std::size_t k = 0; k < train.size(); ++k)
            EXPECT_NEAR(train[k], other[k], 1e-9) << "other rows, other roundings of 16 bits; a step takes 1e-7 s";
    }
    EXPECT_EQ(together.counters.relayed, 0);
    EXPECT_EQ(apart.counters.relayed, static_cast<std::int64_t>(spikes(apart, 1) + spikes(apart, 2)));
}

TEST_P(WaferToWafer, SpikesTakeTheRelayDelay)
{
    Imperfections imperfections = no_imperfections();
    imperfections.route_delay = imperfections.link_bandwidth = true;
    const Result together = run(0, imperfections), apart = run(1, imperfections);
    EXPECT_NEAR(first_spike_s(together, 1), first_spike_s(apart, 1), 1e-9) << "what drives a is on its wafer";
    const double later = first_spike_s(apart, 2) - first_spike_s(together, 2), delay = Technology::load("hicann-x1000").timing.relay_delay_s;
    EXPECT_GE(later, delay - 1e-9);
    EXPECT_LE(later, delay + 0.8e-6) << "20 spikes wait for each other on the link";
    EXPECT_GT(apart.counters.relayed, 0);
}

TEST_P(WaferToWafer, TheSameHoweverItIsCutAndWhateverItRunsOn)
{
    const Result whole = run(1, {}, 1, 1000, 200, "cpu");
    EXPECT_GT(spikes(whole, 2), 0);
    EXPECT_EQ(run(1, {}, 2).trains, whole.trains);
    EXPECT_EQ(run(1, {}, 1, 7).trains, whole.trains);
    EXPECT_EQ(run(1, {}, 2, 33).trains, whole.trains);
}

TEST_P(WaferToWafer, LinksLoseWhatIsTooMuch)
{
    Imperfections imperfections = no_imperfections();
    imperfections.link_bandwidth = true;
    imperfections.route_delay = true;
    // A volley of 20 neurons at the same moment: the encoder spaces it, the link up takes one in 40 ns and holds 16.
    const Result apart = run(1, imperfections, 1, 1000, 2000);
    EXPECT_EQ(static_cast<std::int64_t>(spikes(apart, 1) + spikes(apart, 2)), apart.counters.relayed + apart.counters.l2_up_lost + apart.counters.l1_neuron_lost)
        << "each spike is wanted on the other wafer, once";
}
