// A chip on the bench: the same traces on every backend.
#include <mutex>

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

}   // namespace
}   // namespace bss
