// A network without a wafer: parameters, weights and delays as asked for; the same as the mapped one without imperfections.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "kernels/engine.hpp"
#include "kernels/ideal.hpp"
#include "mapping/ideal.hpp"
#include "synthetic.hpp"
#include "wafer/error.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

constexpr double speedup = 1000, timestep_s = 1e-7;

Recording run(Program program, const Stimulus& stimulus, std::int64_t steps)
{
    const auto engine = make_engine(std::move(program), stimulus, {"cpu", 2});
    engine->advance(steps);
    return engine->take_recording();
}

void set(Population& population, std::string_view name, double value)
{
    const auto& known = parameters_of(population.cell);
    if (population.parameters.empty())
        for (const CellParameter& p : known)
            population.parameters.push_back({{p.standard}});
    for (std::size_t k = 0; k < known.size(); ++k)
        if (known[k].name == name)
            population.parameters[k] = {{value}};
}

}   // namespace

TEST(IdealNetwork, ParametersInHardwareUnits)
{
    const Technology technology = Technology::load("hicann-x1000");
    Scene scene;
    const auto a = scene.add_population(3, CellType::EIF_cond_exp_isfa_ista), b = scene.add_population(2);
    Population& adex = scene.network.populations[a];
    set(adex, "i_offset", 0.5);
    adex.initial_v = {{-60, -61, -62}};
    adex.initial_v_given = true;
    set(scene.network.populations[b], "tau_m", 12.5);
    scene.connect(a, b, 1.0);
    scene.network.projections[0].weight.values = {0.02};
    scene.network.projections[0].delay_ms.values = {0.1, 0.14, 0.16, 2.0, 0.0, 65.0};

    const Mapping placed = place_ideally(scene.network, speedup);
    const Program program = ideal_program(scene.network, placed, technology, {timestep_s, 1, {}});
    ASSERT_EQ(program.neurons.size(), 5);
    ASSERT_EQ(program.chips.size(), 1);
    const double farad = technology.capacitance_farad(true);
    const DenmemCircuit& c = program.chips[0].circuits[1];
    const auto close = [](double found, double expected) { EXPECT_NEAR(found / expected, 1, 1e-12); };
    close(farad / c.g_leak_siemens, 9.3667e-6);
    close(c.delta_t_volt, 2 * placed.scale.alpha_volt_per_mv);
    close(c.v_exp_volt, placed.scale.volt(-50.4));
    close(c.v_threshold_volt, placed.scale.volt(-40.0));
    close(c.a_siemens / c.g_leak_siemens, 4e-9 / (0.281e-9 / 9.3667e-3));
    close(c.tau_w_s, 144e-6);
    close(program.chips[0].neurons[1].initial_volt, placed.scale.volt(-61));
    // The current drives the potential as far as in biology: i / g_leak.
    close(program.chips[0].currents.at(0).ampere_per_dac.at(1) / c.g_leak_siemens, 0.5 / (0.281 / 9.3667) * placed.scale.alpha_volt_per_mv);
    EXPECT_EQ(program.chips[0].currents[0].neurons.size(), 3);
    close(farad / program.chips[0].circuits[4].g_leak_siemens, 12.5e-6);
    EXPECT_FALSE(program.chips[0].circuits[4].exponential);

    // Synapses are sorted by (post, pre): sender 1 has those onto 0 and 1.
    ASSERT_EQ(program.ideal.lines.size(), 3);
    const IdealLine& line = program.ideal.lines[1];
    ASSERT_EQ(line.count, 2);
    const IdealSynapse& first = program.ideal.synapses[line.first];
    EXPECT_EQ(first.neuron, 3);
    EXPECT_FLOAT_EQ(first.siemens, static_cast<float>(0.02e-6 * speedup * farad / 1e-9)) << "cm is 1 nF";
    EXPECT_EQ(first.delay_steps, 1) << "0.14 ms";
    EXPECT_EQ(program.ideal.synapses[program.ideal.lines[2].first].delay_steps, 2) << "0.16 ms";
    EXPECT_EQ(program.ideal.synapses[line.first + 1].delay_steps, 1) << "0 ms";
}

TEST(IdealNetwork, TooLongDelaysNameTheirProjection)
{
    Scene scene;
    const auto a = scene.add_population(2);
    scene.connect(a, a, 1.0);
    scene.network.projections[0].delay_ms.values = {1e5};
    const Mapping placed = place_ideally(scene.network, speedup);
    try {
        ideal_program(scene.network, placed, Technology::load("hicann-x1000"), {timestep_s, 1, {}});
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find(scene.network.projections[0].label), std::string::npos) << error.what();
    }
}

TEST(IdealNetwork, EqualsTheMappedOneWithoutImperfections)
{
    Scene scene;
    const auto s = scene.add_population(40, CellType::SpikeSourcePoisson), h = scene.add_population(20, CellType::SpikeSourcePoisson);
    const auto a = scene.add_population(60), i = scene.add_population(20);
    for (const auto p : {s, h})
        set(scene.network.populations[p], "rate", 60.0);
    for (const auto p : {a, i})
        scene.network.populations[p].initial_v = {{-65.0}};
    scene.connect(s, a, 0.5);
    scene.connect(s, i, 0.5);
    scene.connect(a, i, 0.2);
    scene.connect(h, a, 0.3, Receptor::inhibitory);
    for (Projection& p : scene.network.projections) {
        p.delay_given = true;
        p.delay_ms.values = {1.5};
        p.weight.values = {0.006};      // a row's largest increment is exact
    }
    const Imperfections none = no_imperfections();
    const auto silicon = std::make_shared<const Silicon>(Technology::load("hicann-x1000"), none, 7);
    scene.machine.silicon = {silicon};
    scene.machine.calibration = {ideal_calibration(*silicon)};
    scene.options.timestep_s = timestep_s;
    const Mapping mapped = map(scene.network, scene.machine, scene.options, none);
    for (const ProjectionAccount& account : mapped.account)
        ASSERT_EQ(account.lost, 0);
    const Mapping placed = place_ideally(scene.network, speedup);

    const auto trains = [&](const Mapping& mapping, Program program) {
        const auto neurons = program.neurons;
        std::vector<std::vector<double>> trains(80);        // ms
        for (const NeuronSpike& spike : run(std::move(program), mapping.stimulus, 10000).spikes)
            for (const auto p : {a, i})
                for (const PlacedNeuron& n : mapping.placement[p])
                    if (neurons[spike.neuron] == NeuronPlace{n.chip, Denmem(n.denmem)})
                        trains[(p == i ? 60 : 0) + n.id].push_back(mapping.scale.ms(spike.time_s));
        return trains;
    };
    const RunSettings settings{timestep_s, 5, {}};
    const auto on_wafer = trains(mapped, elaborate(mapped.wafers, std::span(silicon.get(), 1), settings));
    const auto ideal = trains(placed, ideal_program(scene.network, placed, silicon->technology(), settings));
    std::vector<double> apart_ms;
    for (std::size_t n = 0; n < 80; ++n) {
        ASSERT_EQ(on_wafer[n].size(), ideal[n].size()) << n;
        // What differs in the last bits may lie on two sides of the middle between two grid points, and its event acts a step of 0.1 ms apart.
        for (std::size_t k = 0; k < ideal[n].size(); ++k) {
            apart_ms.push_back(std::abs(on_wafer[n][k] - ideal[n][k]));
            EXPECT_LT(apart_ms.back(), 0.1) << n;
        }
    }
    ASSERT_GT(apart_ms.size(), 500);
    std::sort(apart_ms.begin(), apart_ms.end());
    EXPECT_LT(apart_ms[apart_ms.size() / 2], 2e-4);
}
