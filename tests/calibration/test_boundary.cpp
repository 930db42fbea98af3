// Protocols work with any bench, and without any silicon: this program links none of it (docs/calibration.md).

#include <gtest/gtest.h>

#include "calibration/protocol/protocol.hpp"
#include "calibration/protocol/protocols.hpp"

namespace bss
{
namespace
{

/// Membranes that rest where they are, behind buffers with known offsets.
class PaperBench final : public Bench
{
public:
    static double offset(Denmem d) { return 1e-3 * (d.value() % 7 - 3); }
    void write(const HicannConfig&) override { ++writes; }
    void write_rows(const HicannConfig&, std::span<const NeuronFg>, std::span<const SharedFg>) override { ++writes; }
    void record(const Acquisition&, const Stimulation&, const std::function<void(Denmem, const BenchTrace&)>& seen) override
    {
        for (const Denmem d : all<Denmem>()) {
            const std::vector<float> volt(100, static_cast<float>(0.8 + offset(d)));
            seen(d, {volt, {}});
        }
    }
    double adc_rate_hz() override { return 96e6; }
    double lab_seconds() const override { return 0; }
    int writes = 0;
};

Datasheet straight_datasheet(const Curve& curve)
{
    Datasheet sheet;
    for (Transfer& t : sheet.neuron)
        t.curve = &curve;
    sheet.v_reset.curve = &curve;
    sheet.write_sigma = [](double, bool) { return 1.0; };
    sheet.synapse_siemens = [](int, double, int) { return 1e-7; };
    sheet.stimulus_ampere_per_dac = 1e-9;
    sheet.capacitance_farad = 2e-12;
    return sheet;
}

TEST(Boundary, protocols_run_on_any_bench)
{
    const Curve curve(Curve::Axis::linear, Curve::Axis::linear, {0.0, dac_max}, {1e-9, 1.8});
    const Datasheet sheet = straight_datasheet(curve);
    PaperBench bench;
    ChipTable table;
    Lab lab{bench, sheet, table};
    run(*readout_shift_protocol(), lab);
    EXPECT_EQ(bench.writes, 1);
    for (const NeuronBlock block : all<NeuronBlock>()) {
        double mean = 0;
        for (const Denmem d : all<Denmem>())
            if (d.block() == block)
                mean += PaperBench::offset(d) / 64;
        for (const Denmem d : all<Denmem>())
            if (d.block() == block) {
                EXPECT_NEAR(table.of(Quantity::readout_shift)[static_cast<std::size_t>(d.value())].c[0], PaperBench::offset(d) - mean, 1e-6);
            }
    }
    // A bench on which nothing happens calibrates nothing that needs spikes, and says why.
    run(*fast_v_t(), lab);
    for (const Transform& t : table.of(Quantity::V_t))
        EXPECT_EQ(t.reason, Reason::no_signal);
    EXPECT_EQ(lab_protocols().size(), 12u);
    EXPECT_GT(fast_protocols(true).size(), fast_protocols(false).size());
}

} // namespace
} // namespace bss
