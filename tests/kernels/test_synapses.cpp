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

constexpr int slot_count = 1000;

/// A program's only chip with its only route.
struct Bench {
    Synapses synapses;
    std::array<SynapseList, L1Address::count> lists;

    Bench(const Program& program, const std::vector<int>& slots) : synapses(program, 0, std::array{0u}, slots, slot_count), lists(synapses.take_routes()[0].lists) {}
};

/// [input][slot]
using Sums = std::vector<std::int32_t>;

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
        Bench bench(program, slots);
        Sums sums(2 * slot_count), expected = sums;
        std::int64_t answers = 0, rows = 0;
        for (std::uint32_t event = 0; event < 300; ++event) {
            const int address = static_cast<int>(word(event, 0, 3) % 64);
            bench.synapses.deliver(bench.lists[address], 0.0, sums.data());
            ask_all(program, slots, address, [&](const RowProgram& row, int slot, int quanta) {
                expected[row.input * slot_count + slot] += quanta;
                ++answers;
            });
            rows += program.routes[0].first_row[(address >> 4) + 1] - program.routes[0].first_row[address >> 4];
        }
        EXPECT_EQ(sums, expected);
        EXPECT_GT(std::accumulate(sums.begin() + slot_count, sums.end(), 0LL), 0);
        EXPECT_EQ(bench.synapses.synaptic_events(), answers);
        EXPECT_EQ(bench.synapses.row_events(), rows);
    }
}

TEST(Synapses, FollowTheirDriversPlasticity)
{
    const Program program = random_program(1, 12, 8);
    const ChipProgram& chip = program.chips[0];
    const auto slots = some_slots(chip.denmems.size());
    Bench bench(program, slots);
    struct State {
        double last_s = 0, inactive = 0;
    };
    std::map<std::pair<int, int>, State> states;
    for (std::uint32_t event = 0; event < 200; ++event) {
        const double time_s = event * 0.4e-6;
        const int address = static_cast<int>(word(event, 0, 4) % 3) * 21;
        Sums sums(2 * slot_count);
        bench.synapses.deliver(bench.lists[address], time_s, sums.data());

        // The law of hardware.md §3.6, in double precision: one state for both rows of a driver.
        std::map<int, double> factors{{-1, 1.0}};
        std::vector<double> expected(2 * slot_count);
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
        ask_all(program, slots, address, [&](const RowProgram& row, int slot, int quanta) { expected[row.input * slot_count + slot] += quanta * factors.at(row.plastic_driver); });
        for (std::size_t k = 0; k < sums.size(); ++k)
            ASSERT_NEAR(sums[k], expected[k], 8 + 2e-5 * expected[k]);
    }
}

TEST(Synapses, NothingAnswersWhereNoRowAccepts)
{
    Program program = random_program(1, 2, 0);
    program.routes[0].first_row = {0, 0, 0, 2, 2};
    const Bench bench(program, some_slots(512));
    EXPECT_EQ(bench.lists[5], no_list);
    EXPECT_NE(bench.lists[33], no_list);
}

}   // namespace
}   // namespace bss
