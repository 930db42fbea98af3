// Rows: what an event adds to the accumulators, against a plain loop, on every instruction set; short-term plasticity against its formula.

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "kernels/cpu/rows.hpp"
#include "wafer/random.hpp"

namespace bss {
namespace {

std::vector<std::string_view> simds()
{
    std::vector<std::string_view> names{"baseline"};
    if (__builtin_cpu_supports("avx2"))
        names.push_back("avx2");
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        names.push_back("avx512");
    return names;
}

std::uint32_t word(std::uint32_t a, std::uint32_t b, std::uint32_t c) { return random_words(3, Purpose::test, a, b, c, 0)[0]; }

/// A chip whose denmems are those with (index % step) != 0, with random rows; the last ones are plastic.
ChipProgram random_chip(int step, int rows, int plastic_rows)
{
    ChipProgram chip;
    for (const Denmem d : all<Denmem>())
        if (step == 1 || d.value() % step != 0)
            chip.denmems.push_back(d);
    for (int r = 0; r < rows; ++r) {
        RowProgram row{SynapseRow(r * 7 % 440), static_cast<std::uint8_t>(r % 2), static_cast<std::uint8_t>(r % 5), -1};
        if (r >= rows - plastic_rows) {
            row.plastic_driver = static_cast<std::int16_t>(chip.plastic_drivers.size());
            chip.plastic_drivers.push_back({true, r % 2 ? StpMode::depression : StpMode::facilitation, 0.3, 0.8, 0.1, 2e-6});
        }
        chip.rows.push_back(row);
        for (std::uint32_t c = 0; c < 256; ++c) {
            chip.addresses.push_back(word(r, c, 0) % 5 == 0 ? deaf_synapse : word(r, c, 1) % 64);
            chip.increments.push_back(static_cast<std::uint16_t>(word(r, c, 2) >> (row.plastic_driver < 0 ? 16 : 17)));
        }
    }
    return chip;
}

/// Some order of slots with holes: reversed, a group of 16 in 3 unused.
std::vector<int> some_slots(std::size_t denmems)
{
    std::vector<int> slots;
    for (std::size_t k = 0; k < denmems; ++k) {
        const int position = static_cast<int>(denmems - 1 - k);
        slots.push_back(position / 16 * 24 + position % 16);
    }
    return slots;
}

class RowsOn : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Simd, RowsOn, testing::ValuesIn(simds()), [](const auto& info) { return std::string(info.param); });

TEST_P(RowsOn, AddWhatAPlainLoopAdds)
{
    for (const int step : {1, 3, 97}) {
        const ChipProgram chip = random_chip(step, 20, 0);
        const auto slots = some_slots(chip.denmems.size());
        const std::size_t size = *std::max_element(slots.begin(), slots.end()) + 32;
        Rows rows(chip, slots, GetParam());
        std::array<std::vector<std::int32_t>, 2> sums{std::vector<std::int32_t>(size), std::vector<std::int32_t>(size)}, expected = sums;
        std::int64_t answers = 0;
        for (std::uint32_t event = 0; event < 300; ++event) {
            const L1Address address(static_cast<int>(word(event, 0, 3) % 64));
            const std::vector<std::uint16_t> hit{static_cast<std::uint16_t>(event % 20), static_cast<std::uint16_t>(event * 3 % 20)};
            rows.deliver(hit, address, 0.0, {sums[0].data(), sums[1].data()});
            for (const auto r : hit)
                for (std::size_t k = 0; k < slots.size(); ++k)
                    if (const std::size_t at = r * 256u + chip.denmems[k].x(); chip.denmems[k].half() == chip.rows[r].row.half() && chip.addresses[at] == address.value()) {
                        expected[chip.rows[r].input][slots[k]] += chip.increments[at] << chip.rows[r].shift;
                        ++answers;
                    }
        }
        EXPECT_EQ(rows.row_events(), 600);
        EXPECT_EQ(rows.synaptic_events(), answers);
        EXPECT_EQ(sums, expected);
        EXPECT_GT(std::accumulate(sums[0].begin(), sums[0].end(), 0LL), 0);
    }
}

TEST_P(RowsOn, ScaleByShortTermPlasticity)
{
    const ChipProgram chip = random_chip(1, 4, 4);
    const auto slots = some_slots(chip.denmems.size());
    const std::size_t size = *std::max_element(slots.begin(), slots.end()) + 32;
    Rows rows(chip, slots, GetParam());
    // The law of hardware.md §3.6, in double precision, for each driver and address.
    std::map<std::pair<int, int>, std::pair<double, double>> states;
    for (std::uint32_t event = 0; event < 200; ++event) {
        const double time_s = event * 0.4e-6;
        const int address = static_cast<int>(word(event, 0, 4) % 3) * 7, r = static_cast<int>(event % 4);
        std::array<std::vector<std::int32_t>, 2> sums{std::vector<std::int32_t>(size), std::vector<std::int32_t>(size)};
        const std::vector<std::uint16_t> hit{static_cast<std::uint16_t>(r)};
        rows.deliver(hit, L1Address(address), time_s, {sums[0].data(), sums[1].data()});

        const StpCircuit& circuit = chip.plastic_drivers[chip.rows[r].plastic_driver];
        auto& [last_s, inactive] = states[{r, address}];
        inactive *= std::exp(-(time_s - last_s) / circuit.tau_rec_s);
        const double factor = 1 + (circuit.mode == StpMode::facilitation ? 1 : -1) * circuit.lambda * (inactive - circuit.offset);
        inactive += circuit.utilisation * (1 - inactive);
        last_s = time_s;
        for (std::size_t k = 0; k < slots.size(); ++k) {
            const std::size_t at = r * 256u + chip.denmems[k].x();
            const bool meant = chip.denmems[k].half() == chip.rows[r].row.half() && chip.addresses[at] == address;
            const double expected = meant ? std::ldexp(chip.increments[at] * factor, chip.rows[r].shift) : 0.0;
            EXPECT_NEAR(sums[chip.rows[r].input][slots[k]], expected, std::ldexp(1 + 2e-5 * chip.increments[at], chip.rows[r].shift));
        }
    }
}

TEST(ShortTermPlasticity, OneStateForBothRowsOfADriver)
{
    ChipProgram chip;
    chip.denmems = {Denmem(0)};
    chip.plastic_drivers = {{true, StpMode::depression, 0.4, 1.0, 0.0, 1e-6}};
    for (int which : {0, 1}) {
        chip.rows.push_back({SynapseRow(which), 0, 0, 0});
        chip.addresses.resize(256 * chip.rows.size(), deaf_synapse);
        chip.increments.resize(256 * chip.rows.size(), 0);
        chip.addresses[256 * which] = 5;
        chip.increments[256 * which] = 10000;
    }
    Rows rows(chip, std::vector<int>{0}, "baseline");
    std::vector<std::int32_t> exc(16), inh(16);
    const std::vector<std::uint16_t> both{0, 1};
    rows.deliver(both, L1Address(5), 0.0, {exc.data(), inh.data()});
    EXPECT_EQ(exc[0], 20000);
    rows.deliver(both, L1Address(5), 0.0, {exc.data(), inh.data()});
    EXPECT_NEAR(exc[0], 20000 + 20000 * 0.6, 2);            // used 0.4 once, not twice
}

}   // namespace
}   // namespace bss
