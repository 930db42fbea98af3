// Synapses: what an event adds to the accumulators, against asking every synapse of its rows; short-term plasticity against its formula.

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "kernels/cpu/synapses.hpp"
#include "wafer/random.hpp"

namespace bss {
namespace {

std::uint32_t word(std::uint32_t a, std::uint32_t b, std::uint32_t c) { return random_words(3, Purpose::test, a, b, c, 0)[0]; }

/// A chip whose denmems are those with (index % step) != 0, with random rows on one route; the last ones are plastic, two a driver.
Program random_program(int step, int rows, int plastic_rows)
{
    Program program;
    ChipProgram& chip = program.chips.emplace_back();
    for (const Denmem d : all<Denmem>())
        if (step == 1 || d.value() % step != 0)
            chip.denmems.push_back(d);
    for (int r = 0; r < rows; ++r) {
        RowProgram row{SynapseRow(r * 7 % 440), static_cast<std::uint8_t>(r % 2), static_cast<std::uint8_t>(r % 3), -1};
        if (r >= rows - plastic_rows) {
            if ((rows - r) % 2 == 0)
                chip.plastic_drivers.push_back({true, r % 4 < 2 ? StpMode::depression : StpMode::facilitation, 0.3, 0.8, 0.1, 2e-6});
            row.plastic_driver = static_cast<std::int16_t>(chip.plastic_drivers.size() - 1);
        }
        chip.rows.push_back(row);
        for (std::uint32_t c = 0; c < 256; ++c) {
            chip.addresses.push_back(static_cast<std::uint8_t>(word(r, c, 0) % 5 == 0 ? deaf_synapse : word(r, c, 1) % 64));
            chip.increments.push_back(static_cast<std::uint16_t>(word(r, c, 2) >> 16));
        }
    }
    RouteProgram route;
    for (int upper = 0; upper < 4; ++upper) {       // every row accepts three of the four
        route.first_row[upper] = static_cast<std::uint32_t>(program.route_rows.size());
        for (int r = 0; r < rows; ++r)
            if (r / 2 % 4 != upper)
                program.route_rows.push_back(static_cast<std::uint16_t>(r));
    }
    route.first_row[4] = static_cast<std::uint32_t>(program.route_rows.size());
    program.routes = {route};
    return program;
}

/// Some order of slots with holes: reversed, a third of each group of 24 unused.
std::vector<int> some_slots(std::size_t denmems)
{
    std::vector<int> slots;
    for (std::size_t k = 0; k < denmems; ++k) {
        const int position = static_cast<int>(denmems - 1 - k);
        slots.push_back(position / 16 * 24 + position % 16);
    }
    return slots;
}

using Sums = std::array<std::vector<std::int32_t>, 2>;

/// Calls work(row, slot, quanta) for every synapse that answers.
template <class Work>
void ask_all(const Program& program, const std::vector<int>& slots, int address, Work&& work)
{
    const ChipProgram& chip = program.chips[0];
    const RouteProgram& route = program.routes[0];
    for (std::uint32_t i = route.first_row[address >> 4]; i < route.first_row[(address >> 4) + 1]; ++i) {
        const std::size_t r = program.route_rows[i];
        for (std::size_t k = 0; k < slots.size(); ++k)
            if (const std::size_t at = r * 256 + chip.denmems[k].x(); chip.denmems[k].half() == chip.rows[r].row.half() && chip.addresses[at] == address)
                work(chip.rows[r], slots[k], chip.increments[at] << chip.rows[r].shift);
    }
}

TEST(Synapses, ThatAnswerAreThoseThatWouldWhenAsked)
{
    for (const int step : {1, 3, 97}) {
        const Program program = random_program(step, 20, 0);
        const auto slots = some_slots(program.chips[0].denmems.size());
        Synapses synapses(program, 0, slots);
        Sums sums{std::vector<std::int32_t>(1000), std::vector<std::int32_t>(1000)}, expected = sums;
        std::int64_t answers = 0, rows = 0;
        for (std::uint32_t event = 0; event < 300; ++event) {
            const int address = static_cast<int>(word(event, 0, 3) % 64);
            synapses.deliver(synapses.fired_by(0, L1Address(address)), L1Address(address), 0.0, {sums[0].data(), sums[1].data()});
            ask_all(program, slots, address, [&](const RowProgram& row, int slot, int quanta) {
                expected[row.input][slot] += quanta;
                ++answers;
            });
            rows += program.routes[0].first_row[(address >> 4) + 1] - program.routes[0].first_row[address >> 4];
        }
        EXPECT_EQ(sums, expected);
        EXPECT_GT(std::accumulate(sums[1].begin(), sums[1].end(), 0LL), 0);
        EXPECT_EQ(synapses.synaptic_events(), answers);
        EXPECT_EQ(synapses.row_events(), rows);
    }
}

TEST(Synapses, FollowTheirDriversPlasticity)
{
    const Program program = random_program(1, 12, 8);
    const ChipProgram& chip = program.chips[0];
    const auto slots = some_slots(chip.denmems.size());
    Synapses synapses(program, 0, slots);
    struct State {
        double last_s = 0, inactive = 0;
    };
    std::map<std::pair<int, int>, State> states;
    for (std::uint32_t event = 0; event < 200; ++event) {
        const double time_s = event * 0.4e-6;
        const int address = static_cast<int>(word(event, 0, 4) % 3) * 21;
        Sums sums{std::vector<std::int32_t>(1000), std::vector<std::int32_t>(1000)};
        synapses.deliver(synapses.fired_by(0, L1Address(address)), L1Address(address), time_s, {sums[0].data(), sums[1].data()});

        // The law of hardware.md §3.6, in double precision: one state for both rows of a driver.
        std::map<int, double> factors{{-1, 1.0}};
        std::array<std::vector<double>, 2> expected{std::vector<double>(1000), std::vector<double>(1000)};
        const RouteProgram& route = program.routes[0];
        for (std::uint32_t i = route.first_row[address >> 4]; i < route.first_row[(address >> 4) + 1]; ++i) {
            const int driver = chip.rows[program.route_rows[i]].plastic_driver;
            if (factors.count(driver))
                continue;
            const StpCircuit& circuit = chip.plastic_drivers[driver];
            State& state = states[{driver, address}];
            state.inactive *= std::exp(-(time_s - state.last_s) / circuit.tau_rec_s);
            factors[driver] = 1 + (circuit.mode == StpMode::facilitation ? 1 : -1) * circuit.lambda * (state.inactive - circuit.offset);
            state.inactive += circuit.utilisation * (1 - state.inactive);
            state.last_s = time_s;
        }
        ask_all(program, slots, address, [&](const RowProgram& row, int slot, int quanta) { expected[row.input][slot] += quanta * factors.at(row.plastic_driver); });
        for (int input : {0, 1})
            for (std::size_t slot = 0; slot < 1000; ++slot)
                ASSERT_NEAR(sums[input][slot], expected[input][slot], 8 + 2e-5 * expected[input][slot]);
    }
}

TEST(Synapses, NothingAnswersWhereNoRowAccepts)
{
    Program program = random_program(1, 2, 0);
    program.routes[0].first_row = {0, 0, 0, 2, 2};
    const Synapses synapses(program, 0, some_slots(512));
    EXPECT_EQ(synapses.fired_by(0, L1Address(5)).count, 0u);
    EXPECT_EQ(synapses.fired_by(0, L1Address(33)).count, 1u);
}

}   // namespace
}   // namespace bss
