// From configuration bits to arrays: who hears whom, over how many chips, with which conductance.

#include <gtest/gtest.h>

#include "small_wafer.hpp"
#include "wafer/error.hpp"

namespace bss::test {
namespace {

const Hicann home = *Hicann::at(10, 7);
constexpr DncMerger merger(0);

std::vector<int> rows_at(const Program& program, const RouteProgram& route, int upper)
{
    std::vector<int> rows;
    for (std::uint32_t k = route.first_row[upper]; k < route.first_row[upper + 1]; ++k)
        rows.push_back(program.chips[route.target].rows[program.route_rows[k]].row.value());
    return rows;
}

TEST(Elaborate, NeuronsAreCompoundsByChipAndFiringDenmem)
{
    SmallWafer wafer;
    const Hicann other = *home.neighbour(Direction::east);
    const auto c = wafer.neuron(other, Denmem(0), {});
    const auto b = wafer.neuron(home, Denmem(40), {}, 2), a = wafer.neuron(home, Denmem(34), {}, 3);
    const Program program = wafer.program();
    EXPECT_EQ(program.neurons, (std::vector{a, b, c}));
    ASSERT_EQ(program.chips.size(), 2u);
    EXPECT_EQ(program.chips[1].first_neuron, 2u);
    EXPECT_EQ(program.chips[0].neurons[0].denmem_count, 6);
    EXPECT_EQ(program.chips[0].neurons[1].denmem_count, 4);
    EXPECT_EQ(program.chips[0].denmems[program.chips[0].neurons[1].first_denmem], Denmem(40));
    EXPECT_NEAR(program.chips[0].neurons[0].initial_volt, 0.9, 1e-9);   // the leak potential
}

TEST(Elaborate, InitialPotentialsAreForTheNeuronNamed)
{
    SmallWafer wafer;
    wafer.neuron(home, Denmem(0), {});
    wafer.neuron(home, Denmem(2), {});
    wafer.config.ideals.initial_potentials = {{home, Denmem(1), 0.1}, {home, Denmem(2), 0.77}};
    const Program program = wafer.program();
    EXPECT_NEAR(program.chips[0].neurons[0].initial_volt, 0.9, 1e-9);
    EXPECT_EQ(program.chips[0].neurons[1].initial_volt, 0.77);
}

TEST(Elaborate, RoutesCountBordersAndAddDelay)
{
    for (const int hops : {0, 1, 5}) {
        SmallWafer wafer;
        wafer.open(home, merger, true);
        Hicann target = home;
        for (int k = 0; k < hops; ++k)
            target = *target.neighbour(Direction::east);
        const SynapseDriver driver = wafer.lead(home, merger, hops);
        wafer.connect(wafer.neuron(target, Denmem(3), {}), driver, 0x25);
        const Program program = wafer.program();
        ASSERT_EQ(program.routes.size(), 1u);
        EXPECT_EQ(program.routes[0].hops, hops);
        EXPECT_NEAR(program.routes[0].delay_s, 64.44e-9 + hops * 3.97e-9, 1e-15);
        EXPECT_EQ(program.chips[program.routes[0].target].chip.hicann, target);
        EXPECT_EQ(rows_at(program, program.routes[0], 2), std::vector{SynapseRow(driver, 0).value()});
        for (const int upper : {0, 1, 3})
            EXPECT_TRUE(rows_at(program, program.routes[0], upper).empty());
        EXPECT_EQ(program.window_steps, static_cast<int>((64.44 + hops * 3.97) / 10));
    }
}

TEST(Elaborate, WindowIsTheShortestDelayInSteps)
{
    SmallWafer wafer(only({&Imperfections::route_delay}));
    wafer.open(home, merger, true);
    wafer.connect(wafer.neuron(home, Denmem(3), {}), wafer.lead(home, merger), 0x25);
    EXPECT_EQ(wafer.program().jitter_s, 10e-9);
    EXPECT_EQ(wafer.program().window_steps, 6);                             // 60 ns
    EXPECT_EQ(wafer.program({}, 1, 20e-9).window_steps, 3);
    EXPECT_EQ(wafer.program({}, 1, 100e-9).window_steps, 1);
    wafer.config.ideals.uniform_delay_s = 200e-9;
    EXPECT_EQ(wafer.program().window_steps, 20);
    EXPECT_EQ(wafer.program().jitter_s, 0);
    EXPECT_EQ(wafer.program().routes[0].delay_s, 200e-9);
}

TEST(Elaborate, ParityDecodersAndChains)
{
    SmallWafer wafer;
    wafer.open(home, merger, true);
    const SynapseDriver primary = wafer.lead(home, merger);
    const SynapseDriver outer = *primary.outward(), off = *outer.outward();
    HicannConfig& chip = wafer.chip(home);
    chip.drivers[primary.value()].connect_neighbour = true;
    chip.drivers[outer.value()].enable = chip.drivers[outer.value()].connect_neighbour = true;   // and `off` stays disabled
    for (const SynapseDriver d : {primary, outer, off})
        for (const int which : {0, 1})
            wafer.row(home, SynapseRow(d, which), which, 3);
    for (const int x : {4, 5})
        wafer.neuron(home, Denmem(x), {});
    for (const SynapseDriver d : {primary, outer, off})
        for (const int x : {4, 5, 6})
            wafer.synapse(home, SynapseRow(d, 0), x, 9);
    wafer.synapse(home, SynapseRow(outer, 1), 4, 2);
    const Program program = wafer.program();
    ASSERT_EQ(program.routes.size(), 1u);
    const int p = 2 * primary.value(), o = 2 * outer.value();
    EXPECT_EQ(rows_at(program, program.routes[0], 0), (std::vector{p, o}));
    EXPECT_EQ(rows_at(program, program.routes[0], 1), (std::vector{p + 1, o + 1}));
    EXPECT_EQ(rows_at(program, program.routes[0], 2), std::vector<int>{});
    EXPECT_EQ(rows_at(program, program.routes[0], 3), (std::vector{p, p + 1, o, o + 1}));
    const ChipProgram& c = program.chips[0];
    for (std::size_t r = 0; r < c.rows.size(); ++r) {
        const bool first = c.rows[r].row.which() == 0;
        EXPECT_EQ(c.addresses[256 * r + 4], first ? 9 : c.rows[r].row.driver() == outer ? 0x12 : 0x11);
        EXPECT_EQ(c.addresses[256 * r + 5], first ? 0x39 : 0x31);
        EXPECT_EQ(c.addresses[256 * r + 6], deaf_synapse);                  // no neuron there
    }
}

TEST(Elaborate, SynapsesThatNothingCanFireStayOut)
{
    SmallWafer wafer;
    wafer.open(home, merger, false);
    wafer.send(wafer.neuron(home, Denmem(1), {}), 0x12);
    const SynapseDriver driver = wafer.lead(home, merger);
    wafer.neuron(home, Denmem(60), {});
    wafer.row(home, SynapseRow(driver, 0), 1, 1);
    wafer.row(home, SynapseRow(driver, 1), 2, 2);
    wafer.synapse(home, SynapseRow(driver, 0), 60, 2);
    wafer.synapse(home, SynapseRow(driver, 0), 1, 3);                       // nobody sends 0x13
    wafer.synapse(home, SynapseRow(driver, 1), 60, 2);                      // nor 0x22
    const Program program = wafer.program();
    ASSERT_EQ(program.chips[0].rows.size(), 1u);
    EXPECT_EQ(std::count(program.chips[0].addresses.begin(), program.chips[0].addresses.end(), deaf_synapse), 255);
    EXPECT_EQ(program.chips[0].addresses[60], 0x12);
}

TEST(Elaborate, IncrementsAreConductancesInQuanta)
{
    SmallWafer wafer(only({&Imperfections::weight_mismatch, &Imperfections::weight_quantisation}));
    wafer.open(home, merger, true);
    const SynapseDriver driver = wafer.lead(home, merger);
    for (int x = 0; x < 64; ++x)
        wafer.neuron(home, Denmem(x), {});
    for (const int which : {0, 1}) {
        RowConfig& row = wafer.row(home, SynapseRow(driver, which), which, which);
        row.syn_in_right = which == 1;                                      // the second serves both inputs
        row.gmax_div_left = which == 0 ? 15 : 1;
        row.gmax_div_right = which == 0 ? 15 : 1;
        for (int x = 0; x < 64; ++x)
            wafer.synapse(home, SynapseRow(driver, which), x, 5, x % 16);
    }
    const Program program = wafer.program();
    const ChipProgram& chip = program.chips[0];
    ASSERT_EQ(chip.rows.size(), 3u);
    EXPECT_EQ(chip.rows[1].row, chip.rows[2].row);
    EXPECT_NE(chip.rows[1].input, chip.rows[2].input);
    int largest = 0;
    for (std::size_t r = 0; r < 3; ++r) {
        const RowCircuit circuit = wafer.silicon.row(home, chip.rows[r].row, wafer.chip(home), 1);
        for (int x = 0; x < 64; ++x) {
            const double g = circuit.conductance_siemens[x % 16] * wafer.silicon.synapse_factor(home, chip.rows[r].row, Column(x));
            const int quanta = chip.increments[256 * r + x] << chip.rows[r].shift;
            EXPECT_NEAR(quanta * chip.quantum_siemens, g, circuit.conductance_siemens[15] * 1e-4);
            largest = std::max(largest, quanta);
        }
    }
    EXPECT_NEAR(largest, 4 * 65535, 16);
}

TEST(Elaborate, ExactConductancesReplaceWeights)
{
    SmallWafer wafer;
    wafer.open(home, merger, true);
    const SynapseDriver driver = wafer.lead(home, merger);
    wafer.connect(wafer.neuron(home, Denmem(0), {}), driver, 5);
    wafer.connect(wafer.neuron(home, Denmem(1), {}), driver, 5);
    auto& exact = wafer.chip(home).synapses.exact_conductance;
    exact.assign(448 * 256, 0.0f);
    exact[SynapseArrays::at(SynapseRow(driver, 0), Column(0))] = 123e-9f;
    exact[SynapseArrays::at(SynapseRow(driver, 0), Column(1))] = 12.34e-9f;
    const ChipProgram chip = wafer.program().chips[0];
    EXPECT_NEAR((chip.increments[0] << chip.rows[0].shift) * chip.quantum_siemens, 123e-9, 123e-9 * 1e-5);
    EXPECT_NEAR((chip.increments[1] << chip.rows[0].shift) * chip.quantum_siemens, 12.34e-9, 123e-9 * 1e-5);
}

TEST(Elaborate, HearsOnlyNeuronsThatReachAMerger)
{
    SmallWafer wafer;
    wafer.open(home, merger, false);
    const auto in_block = wafer.neuron(home, Denmem(1), {}), other_block = wafer.neuron(home, Denmem(33), {});
    wafer.neuron(home, Denmem(2), {});
    wafer.send(in_block, 5);
    wafer.send(other_block, 6);
    wafer.connect(in_block, wafer.lead(home, merger), 5);
    const Program program = wafer.program();
    const auto& neurons = program.chips[0].neurons;
    EXPECT_TRUE(neurons[0].sends && neurons[0].through_link && neurons[0].recorded);
    EXPECT_TRUE(!neurons[1].sends && neurons[1].recorded);                  // silent to the wafer, recorded all the same
    EXPECT_TRUE(!neurons[2].sends && !neurons[2].through_link && neurons[2].recorded);
    EXPECT_EQ(program.chips[0].block_nets[0], std::vector<std::uint32_t>{0});
    EXPECT_TRUE(program.chips[0].block_nets[1].empty());
}

TEST(Elaborate, RefusesTracesOfNeuronsThatDoNotExist)
{
    SmallWafer wafer;
    const auto place = wafer.neuron(home, Denmem(4), {});
    EXPECT_EQ(wafer.program({probe(Variable::v, {place})}).traces[0].neurons, std::vector<std::uint32_t>{0});
    try {
        wafer.program({probe(Variable::v, {{{0, home}, Denmem(5)}})});
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("denmem 5"), std::string::npos);
    }
    EXPECT_THROW(wafer.program({probe(Variable::v, {place}, 0)}), InputError);
    TraceRequest w = probe(Variable::w, {place});
    w.through = Through::adc;
    EXPECT_THROW(wafer.program({w}), InputError);
}

}   // namespace
}   // namespace bss::test
