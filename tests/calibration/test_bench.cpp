// A chip on the bench: the same traces on every backend.
#include <algorithm>
#include <cmath>

#include "calibration/protocol/protocol.hpp"
#include "calibration/silicon_bench.hpp"
#include "kernels/backend.hpp"
#include "tests/kernels/backends.hpp"

namespace bss {
namespace {

using namespace test;

struct Seen {
    std::vector<float> volt;
    std::vector<double> spikes_s;
    bool operator==(const Seen&) const = default;
};

/// Depressing, lambda = 1, recovery in 30 us.
void make_plastic(HicannConfig& config, SynapseDriver driver)
{
    config.drivers[static_cast<std::size_t>(driver.value())].stp_enable = true;
    config.drivers[static_cast<std::size_t>(driver.value())].stp_mode = StpMode::depression;
    config.fg.at(driver.fg_block(), SharedFg::V_stdf) = dac_max / 1.8;
    config.fg.at(driver.fg_block(), SharedFg::V_dtc) = 20;
}

/// All 512 denmems after two writings: some samples with input, current and spikes.
std::array<Seen, Denmem::count> record(const TraceRecorder& recorder)
{
    const auto silicon = std::make_shared<const Silicon>(Technology::load("hicann-v4"), Imperfections{}, 1);
    const Datasheet datasheet = datasheet_of(*silicon, {});
    const auto bench = silicon_bench(silicon, Hicann(174), 1, recorder);
    Setup setup{.config = base_configuration(datasheet), .acquisition = {.settle_s = 0.2e-6, .duration_s = 1.5e-6, .every = 4}};
    bench->write(setup.config);
    set_volt(setup.config, NeuronFg::E_l, 1.3);
    connect_stimulation(setup, SynapticInput::excitatory, 40, 200, 15);
    make_plastic(setup.config, SynapseDriver(136));
    setup.config.stimulus[0] = {.enable = true, .continuous = true, .pulse_length = 1, .dac = {}};
    std::fill_n(setup.config.stimulus[0].dac.begin(), 20, 300);
    for (DenmemConfig& denmem : setup.config.denmems)
        denmem.enable_current_input = true;
    bench->write_rows(setup.config, std::array{NeuronFg::E_l});
    std::array<Seen, Denmem::count> all;
    bench->record(setup.acquisition, setup.stimulation,
                  [&](Denmem d, const BenchTrace& trace) { all[static_cast<std::size_t>(d.value())] = {{trace.volt.begin(), trace.volt.end()}, {trace.spikes_s.begin(), trace.spikes_s.end()}}; });
    return all;
}

ON_BACKENDS(BenchOn);

TEST_P(BenchOn, ShortTracesOfAChip)
{
    const auto expected = record({.membranes = 7});  // other batches
    const auto all = record(backend() == "cuda" ? cuda_trace_recorder() : TraceRecorder{});
    std::size_t spikes = 0;
    for (const Denmem d : bss::all<Denmem>()) {
        const auto k = static_cast<std::size_t>(d.value());
        EXPECT_EQ(all[k], expected[k]) << "denmem " << d.value();
        spikes += all[k].spikes_s.size();
    }
    EXPECT_GT(spikes, 50u);
}

// In a long train an event of a depressing driver finds I = U / (e^(T / tau) - 1 + U) of its resource in use.
TEST(Bench, a_plastic_driver_is_in_its_steady_state)
{
    const auto silicon = std::make_shared<const Silicon>(Technology::load("hicann-v4"), no_imperfections(), 1);
    const Datasheet datasheet = datasheet_of(*silicon, {});
    const SynapseDriver plastic(136);               // of those that connect_stimulation takes; the other one is not
    bss::Setup setup{.config = base_configuration(datasheet), .acquisition = {.settle_s = 8e-6, .duration_s = 8e-6, .every = 8}};
    connect_stimulation(setup, SynapticInput::excitatory, 1000, 50, 30);
    make_plastic(setup.config, plastic);
    const auto bench = silicon_bench(silicon, Hicann(174), 1);
    bench->write(setup.config);
    std::array<double, 2> swing{};
    bench->record(setup.acquisition, setup.stimulation, [&](Denmem d, const BenchTrace& trace) {
        const auto [low, high] = std::minmax_element(trace.volt.begin(), trace.volt.end());
        if (d.x() == 9)
            swing[static_cast<std::size_t>(d.half())] = *high - *low;
    });
    const double u = datasheet.stp_utilisation(0), tau = datasheet.stp_tau_rec_s(20);
    EXPECT_GT(swing[0], 1e-3);
    EXPECT_NEAR(swing[1] / swing[0], 1 - u / (std::expm1(8e-6 / tau) + u), 2e-3);
}

}   // namespace
}   // namespace bss
