#include "cli/results.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "cli/readout_plan.hpp"
#include "cli/record_plan.hpp"
#include "wafer/error.hpp"
#include "wafer/hdf5.hpp"

namespace bss {
namespace {

/// A folder of its own for each test, gone afterwards.
class Results : public testing::Test
{
protected:
    void SetUp() override
    {
        folder = std::filesystem::temp_directory_path() /
                 ("bss-results-" + std::to_string(getpid()) + "-" + testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder);
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::filesystem::path folder;
};

TEST_F(Results, SpikesAreSortedByTimeThenId)
{
    PopulationSpikes spikes{.population = "E", .times_ms = {3.0, 1.0, 2.0, 1.0}, .node_ids = {0, 7, 1, 2}};
    sort_by_time(spikes);
    EXPECT_EQ(spikes.times_ms, (std::vector<double>{1.0, 1.0, 2.0, 3.0}));
    EXPECT_EQ(spikes.node_ids, (std::vector<std::uint64_t>{2, 7, 1, 0}));
}

TEST_F(Results, SpikeFileHoldsEveryPopulationWithUnitsAndSorting)
{
    write_spikes(folder / "spikes.h5",
                 {{.population = "E", .times_ms = {0.1234567890123, 5.5}, .node_ids = {3, 1}}, {.population = "silent", .times_ms = {}, .node_ids = {}}});
    const hdf5::Handle file = hdf5::open_file(folder / "spikes.h5");
    const hdf5::Handle root = hdf5::open_group(file, "spikes");
    EXPECT_EQ(hdf5::children(root), (std::vector<std::string>{"E", "silent"}));
    EXPECT_EQ(hdf5::read_dataset<double>(root, "E/timestamps"), (std::vector<double>{0.1234567890123, 5.5}));
    EXPECT_EQ(hdf5::read_dataset<std::uint64_t>(root, "E/node_ids"), (std::vector<std::uint64_t>{3, 1}));
    EXPECT_TRUE(hdf5::read_dataset<double>(root, "silent/timestamps").empty());

    const hdf5::Handle timestamps(H5Dopen2(root, "E/timestamps", H5P_DEFAULT));
    EXPECT_EQ(hdf5::read_string_attribute(timestamps, "units"), "ms");
    const hdf5::Handle group = hdf5::open_group(root, "silent");
    const hdf5::Handle sorting(H5Aopen(group, "sorting", H5P_DEFAULT));
    const hdf5::Handle type(H5Aget_type(sorting));
    ASSERT_EQ(H5Tget_class(type), H5T_ENUM);
    std::uint8_t value = 0, by_time = 0;
    ASSERT_GE(H5Aread(sorting, type, &value), 0);
    ASSERT_GE(H5Tenum_valueof(type, "by_time", &by_time), 0);
    EXPECT_EQ(value, by_time);
}

TEST_F(Results, ReportHoldsSamplesTimesAndNodes)
{
    write_reports(folder / "v.h5", "mV", {{.population = "E", .node_ids = {4, 9}, .stop_ms = 0.3, .step_ms = 0.1, .data = {1, 2, 3, 4, 5, 6}}});
    const hdf5::Handle file = hdf5::open_file(folder / "v.h5");
    hdf5::Shape shape;
    EXPECT_EQ(hdf5::read_dataset<float>(file, "report/E/data", &shape), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(shape, (hdf5::Shape{3, 2}));
    EXPECT_EQ(hdf5::read_dataset<std::uint64_t>(file, "report/E/mapping/node_ids"), (std::vector<std::uint64_t>{4, 9}));
    EXPECT_EQ(hdf5::read_dataset<std::uint64_t>(file, "report/E/mapping/index_pointers"), (std::vector<std::uint64_t>{0, 1, 2}));
    EXPECT_EQ(hdf5::read_dataset<std::uint32_t>(file, "report/E/mapping/element_ids"), (std::vector<std::uint32_t>{0, 0}));
    EXPECT_EQ(hdf5::read_dataset<double>(file, "report/E/mapping/time"), (std::vector<double>{0.0, 0.3, 0.1}));
}

TEST_F(Results, TakingOverRemovesOnlyOurFiles)
{
    for (const char* name : {"summary.json", "v.h5", "report.html", ".spikes.h5.4711.partial", "notes.txt", "u.h5", ".hidden.partial"})
        std::ofstream(folder / name) << "x";
    remove_results(folder);
    for (const char* gone : {"summary.json", "v.h5", "report.html", ".spikes.h5.4711.partial"})
        EXPECT_FALSE(std::filesystem::exists(folder / gone)) << gone;
    for (const char* stays : {"notes.txt", "u.h5", ".hidden.partial"})
        EXPECT_TRUE(std::filesystem::exists(folder / stays)) << stays;
}

TEST(Duration, StepsCoverItAndIgnoreRounding)
{
    EXPECT_EQ(steps_of(990.0, 0.1), 9900);
    EXPECT_EQ(steps_of(1.0, 0.1), 10);
    EXPECT_EQ(steps_of(1.01, 0.1), 11);
    EXPECT_EQ(steps_of(0.05, 0.1), 1);
    EXPECT_EQ(steps_of(1e7, 0.1), 100'000'000);
}

TEST(ReportOfATrace, SamplesGetBiologicalUnitsNeuronByNeuron)
{
    Network network;
    network.populations.push_back({.name = "E", .size = 3, .parameters = {}, .initial_v = {}, .spike_times = {}});
    const PlannedReport plan{.population = 0, .interval_ms = 0.5, .node_ids = {0, 2}, .factor = {1, 2}, .offset = {0, -5}};
    const Report report = make_report(plan, network, std::vector<float>{1, 10, 3, 20}, 1.0);
    EXPECT_EQ(report.population, "E");
    EXPECT_EQ(report.node_ids, (std::vector<std::uint64_t>{0, 2}));
    EXPECT_EQ(report.data, (std::vector<float>{1, 15, 3, 35}));
    EXPECT_EQ(report.stop_ms, 1.0);
    EXPECT_EQ(report.step_ms, 0.5);
}

// ---- readout through the ADC (rules O1, O2) ------------------------------------------------------------------------

std::vector<Denmem> pair_of_columns(int x)
{
    return {Denmem(Column(x), Half::top), Denmem(Column(x + 1), Half::top), Denmem(Column(x), Half::bottom), Denmem(Column(x + 1), Half::bottom)};
}
ReadoutRequest request(const std::string& name, int hicann, std::vector<Denmem> denmems)
{
    return {.neuron = name, .chip = {0, Hicann(hicann)}, .denmems = std::move(denmems)};
}

TEST(Readout, TwoMembranesOfAChipDifferInLineAndOutput)
{
    const std::vector<Defects> defects(1);
    const std::vector requests{request("a", 174, pair_of_columns(0)), request("b", 174, pair_of_columns(4))};
    const auto plan = plan_readout(requests, defects);
    EXPECT_EQ(plan[0].denmem, Denmem(0)) << "the firing denmem is read where it can be";
    EXPECT_NE(plan[0].denmem.position_in_quad(), plan[1].denmem.position_in_quad());
    EXPECT_NE(plan[0].output, plan[1].output);

    std::vector<WaferConfig> wafers(1);
    wafers[0].hicanns[Hicann(174)];
    configure_readout(wafers, requests, plan);
    const HicannConfig& chip = wafers[0].hicanns.at(Hicann(174));
    EXPECT_TRUE(chip.denmems[plan[0].denmem.value()].enable_aout && chip.denmems[plan[1].denmem.value()].enable_aout);
    EXPECT_EQ(chip.analog_outputs[plan[0].output], AnalogOutput::membrane_top_even);
    EXPECT_EQ(chip.analog_outputs[plan[1].output], AnalogOutput::membrane_top_odd);
}

TEST(Readout, SingleDenmemsOfEqualParityDoNotFit)
{
    const std::vector requests{request("neuron 0 of E", 174, {Denmem(0)}), request("neuron 1 of E", 174, {Denmem(2)})};
    try {
        plan_readout(requests, std::vector<Defects>(1));
        FAIL() << "one multiplexer line cannot carry two membranes";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("neuron 1 of E"), std::string::npos) << error.what();
    }
}

TEST(Readout, AWaferHasTwelveChannelsTwoAGroup)
{
    std::vector<ReadoutRequest> requests;
    std::array<int, 6> in_group{};
    for (Hicann hicann : all<Hicann>())
        if (int& taken = in_group[hicann.reticle().adc_group()]; hicann.value() % 5 == 0 && taken < 2) {
            requests.push_back(request("n", hicann.value(), {Denmem(0)}));
            ++taken;
        }
    ASSERT_EQ(requests.size(), 12u);
    const auto plan = plan_readout(requests, std::vector<Defects>(1));
    for (std::size_t a = 0; a < plan.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            const bool one_group = requests[a].chip.hicann.reticle().adc_group() == requests[b].chip.hicann.reticle().adc_group();
            EXPECT_FALSE(one_group && plan[a].output == plan[b].output) << a << " and " << b;
        }
    requests.push_back(request("one more", 200, {Denmem(1)}));
    EXPECT_THROW(plan_readout(requests, std::vector<Defects>(1)), InputError);
}

TEST(Readout, DefectiveOutputsAreAvoided)
{
    std::vector<Defects> defects(1);
    defects[0].on_hicann[Hicann(174)].analog_outputs.set(0);
    const std::vector requests{request("a", 174, {Denmem(0)})};
    EXPECT_EQ(plan_readout(requests, defects)[0].output, 1);
    defects[0].on_hicann[Hicann(174)].analog_outputs.set(1);
    EXPECT_THROW(plan_readout(requests, defects), InputError);
}

}   // namespace
}   // namespace bss
