// Both modes on one chip of silicon with everything on: spreads and yields of the sheets, uncertainties that are true, faults that get their reason; and on
// silicon without any imperfection, where each transform must be the known one.

#include <cmath>

#include <gtest/gtest.h>

#include "calibration/calibrate.hpp"
#include "calibration/calibration.hpp"
#include "calibration/protocol/protocols.hpp"
#include "calibration/silicon_bench.hpp"
#include "wafer/parallel.hpp"

namespace bss
{
namespace
{

std::shared_ptr<const Silicon> silicon(Imperfections imperfections = {}) { return std::make_shared<const Silicon>(Technology::load("hicann-v4"), imperfections, 1); }

Table calibrated(CalibrationMode mode, Hicann hicann = Hicann(174))
{
    const auto made = silicon();
    Table table{table_info(*made, mode, {}), {}};
    table.chips.emplace(hicann, calibrate_chip(made, hicann, table.info));
    return table;
}
const Table& fast()
{
    static const Table table = calibrated(CalibrationMode::fast);
    return table;
}
const Table& lab()
{
    static const Table table = calibrated(CalibrationMode::lab);
    return table;
}

QualityReport::Summary summary_of(const Table& table, Quantity q)
{
    for (const QualityReport& report : evaluate(silicon(), table))
        if (report.quantity == q)
            return report.summary();
    return {};
}

struct Band {
    Quantity quantity;
    double low, high;
};

TEST(LabMode, uncalibrated_spreads_of_the_sheets)
{
    for (const auto& [q, low, high] : {Band{Quantity::readout_shift, 11.1, 16.7}, {Quantity::V_t, 11.5, 17.9}, {Quantity::E_synx, 18.5, 31}, {Quantity::V_reset, 11.5, 24}, {Quantity::tau_ref, 52, 78}}) {
        const auto s = summary_of(lab(), q);
        EXPECT_GT(s.sigma_uncalibrated, low) << info(q).name;
        EXPECT_LT(s.sigma_uncalibrated, high) << info(q).name;
    }
}

TEST(LabMode, calibrated_spreads_and_yields_of_the_sheets)
{
    for (const auto& [q, low, high] : {Band{Quantity::V_t, 2.2, 7.2}, {Quantity::E_l, 3.0, 15.7}, {Quantity::E_syni, 3.2, 8.5}, {Quantity::V_reset, 8, 16}, {Quantity::tau_m, 2, 26}, {Quantity::tau_syn_E, 3.5, 17}, {Quantity::tau_syn_I, 3, 17}}) {
        const auto s = summary_of(lab(), q);
        EXPECT_GT(s.sigma, low) << info(q).name;
        EXPECT_LT(s.sigma, high) << info(q).name;
        EXPECT_GT(s.yield, 0.95) << info(q).name;
    }
    EXPECT_NEAR(lab().chips.at(Hicann(174)).lab_seconds / 3600, 2.3, 0.8);
}

// The lab calibrated anew for each network's mode (calibration.md §4.2: small capacitor, slow gear).
TEST(LabMode, calibrates_the_small_capacitor_too)
{
    const auto made = silicon();
    Table table{table_info(*made, CalibrationMode::lab, {.big_capacitor = false, .leak = Gear::slow}), {}};
    table.chips.emplace(Hicann(174), calibrate_chip(made, Hicann(174), table.info));
    for (const auto& [q, low, high] : {Band{Quantity::tau_m, 2, 15}, {Quantity::tau_syn_E, 5, 27}, {Quantity::tau_syn_I, 4, 18}}) {
        const auto s = summary_of(table, q);
        EXPECT_GT(s.sigma, low) << info(q).name;
        EXPECT_LT(s.sigma, high) << info(q).name;
        EXPECT_GT(s.yield, 0.85) << info(q).name;
    }
}

TEST(FastMode, goals_and_true_uncertainties)
{
    for (const auto& [q, within, goal] : {Band{Quantity::V_t, 1, 2.6}, {Quantity::E_l, 1, 3}, {Quantity::E_syni, 1, 3}, {Quantity::E_synx, 1, 3}, {Quantity::V_reset, 1, 14}, {Quantity::tau_m, 1, 5}, {Quantity::tau_syn_E, 1, 5},
                                          {Quantity::tau_syn_I, 1, 5}, {Quantity::tau_ref, 1, 10}, {Quantity::weight, 1, 10}, {Quantity::a, 1, 15}, {Quantity::tau_w, 1, 15}, {Quantity::b, 1, 15},
                                          {Quantity::delta_T, 1, 20}, {Quantity::V_exp, 1, 8}, {Quantity::V_convoffx, 1, 10}, {Quantity::V_convoffi, 1, 10}, {Quantity::stp_U, 1, 15}, {Quantity::stp_tau_rec, 1, 15}, {Quantity::stp_lambda, 1, 15}}) {
        const auto s = summary_of(fast(), q);
        EXPECT_LT(s.sigma, goal) << info(q).name;
        // 450 rows share four cells of V_gmax, and drivers are measured four in one writing.
        EXPECT_NEAR(s.within_1_sigma, 0.68, q >= Quantity::weight ? 0.15 : 0.07) << info(q).name;
        EXPECT_GT(s.within_2_sigma, q >= Quantity::stp_U ? 0.88 : 0.91) << info(q).name;
        EXPECT_LT(std::abs(s.bias), (q == Quantity::weight ? 0.8 : 0.4) * s.sigma) << info(q).name;
        EXPECT_GT(s.yield, 0.96) << info(q).name;
    }
}

// What passes as calibrated is calibrated: no circuit that a mapping uses is far off.
TEST(FastMode, nothing_passes_that_is_far_off)
{
    const auto calibration = table_calibration(*silicon(), fast());
    const auto unusable = calibration->unusable(Hicann(174));
    for (const QualityReport& report : evaluate(silicon(), fast()))
        if (info(report.quantity).cell)
            for (const QualityReport::Error& e : report.errors) {
                if (!unusable[e.circuit]) {
                    EXPECT_LT(std::abs(e.error - e.predicted), 7 * e.sigma) << info(report.quantity).name << " of denmem " << e.circuit << " at " << e.target;
                }
            }
}

TEST(FastMode, is_better_than_the_lab)
{
    for (const Quantity q : {Quantity::V_t, Quantity::E_l, Quantity::E_syni, Quantity::E_synx, Quantity::tau_ref, Quantity::tau_syn_E, Quantity::tau_syn_I})
        EXPECT_LT(summary_of(fast(), q).sigma, summary_of(lab(), q).sigma) << info(q).name;
}

TEST(FastMode, same_table_at_any_number_of_threads)
{
    const auto table = [](int n) {
        set_threads(n);
        return calibrated(CalibrationMode::fast).chips.at(Hicann(174));
    };
    const ChipTable one = table(1), three = table(3);
    set_threads(0);
    for (int q = 0; q < quantity_count; ++q)
        for (std::size_t k = 0; k < one.transforms[q].size(); ++k)
            EXPECT_EQ(one.transforms[q][k].c, three.transforms[q][k].c) << info(static_cast<Quantity>(q)).name << " " << k;
}

TEST(FastMode, faults_get_a_reason_and_sound_circuits_none)
{
    const auto made = silicon();
    const ChipTable& chip = fast().chips.at(Hicann(174));
    int faulty = 0, found = 0, false_alarms = 0, out_of_range = 0;
    for (const Denmem d : all<Denmem>()) {
        const Fault fault = made->fault(Hicann(174), d);
        const auto failed_at = [&](Quantity q) { return !chip.of(q)[static_cast<std::size_t>(d.value())].good(); };
        bool any = false;
        for (const Quantity q : {Quantity::V_t, Quantity::E_l, Quantity::E_syni, Quantity::E_synx, Quantity::tau_ref, Quantity::tau_m, Quantity::tau_syn_E, Quantity::tau_syn_I, Quantity::V_exp, Quantity::delta_T,
                                 Quantity::a, Quantity::tau_w, Quantity::b})
            any |= failed_at(q);
        faulty += fault.kind != Fault::Kind::none;
        found += fault.kind != Fault::Kind::none && any;
        // An input that leaks at the end of V_convoff as well is no false alarm.
        const auto reason = [&](Quantity q) { return chip.of(q)[static_cast<std::size_t>(d.value())].reason; };
        const bool leaks = reason(Quantity::V_convoffx) == Reason::knee_out_of_range || reason(Quantity::V_convoffi) == Reason::knee_out_of_range;
        if (fault.kind == Fault::Kind::none && leaks) {
            ++out_of_range;
            const bool x = reason(Quantity::V_convoffx) == Reason::knee_out_of_range;
            EXPECT_GT(made->true_convoff_knee_volt(Hicann(174), d, x ? SynapticInput::excitatory : SynapticInput::inhibitory), 1.1) << d.value();
        }
        false_alarms += fault.kind == Fault::Kind::none && any;
        if (fault.kind == Fault::Kind::comparator) {
            EXPECT_EQ(chip.of(Quantity::V_t)[static_cast<std::size_t>(d.value())].reason, Reason::no_signal) << d.value();
        }
    }
    EXPECT_GT(faulty, 2);
    EXPECT_GE(found, faulty - 1);
    EXPECT_EQ(false_alarms, 0);
    EXPECT_LT(out_of_range, 24);
}

/// A bench on which one driver is dead.
class DeadDriver final : public Bench
{
public:
    DeadDriver(std::unique_ptr<Bench> bench, SynapseDriver dead) : bench_(std::move(bench)), dead_(dead) {}
    void write(const HicannConfig& config) override { bench_->write(config); }
    void write_rows(const HicannConfig& config, std::span<const NeuronFg> rows, std::span<const SharedFg> shared) override { bench_->write_rows(config, rows, shared); }
    void record(const Acquisition& acquisition, const Stimulation& stimulation, const std::function<void(Denmem, const BenchTrace&)>& seen) override
    {
        Stimulation rest = stimulation;
        std::erase(rest.drivers, dead_);
        bench_->record(acquisition, rest, seen);
    }
    double adc_rate_hz() override { return bench_->adc_rate_hz(); }
    double lab_seconds() const override { return bench_->lab_seconds(); }

private:
    std::unique_ptr<Bench> bench_;
    SynapseDriver dead_;
};

TEST(FastMode, a_dead_driver_blames_its_rows_not_its_denmems)
{
    const auto made = silicon();
    const Datasheet datasheet = datasheet_of(*made, {});
    const SynapseDriver dead(40);
    DeadDriver bench(silicon_bench(made, Hicann(174), 1), dead);
    ChipTable table = fast().chips.at(Hicann(174));
    Lab lab{bench, datasheet, table};
    run(*weights_protocol(), lab);
    run(*plasticity_protocol(), lab);
    for (const SynapseDriver driver : all<SynapseDriver>())
        if (driver.exists()) {
            for (const Quantity q : {Quantity::stp_U, Quantity::stp_tau_rec, Quantity::stp_lambda})
                EXPECT_EQ(table.of(q)[static_cast<std::size_t>(driver.value())].reason, driver == dead ? Reason::no_signal : Reason::none) << driver.value();
        }
    for (const SynapseRow row : all<SynapseRow>())
        if (row.exists()) {
            EXPECT_EQ(table.of(Quantity::weight)[static_cast<std::size_t>(row.value())].good(), row.driver() != dead) << row.value();
        }
    for (const Quantity q : {Quantity::tau_syn_E, Quantity::tau_m})
        for (const Denmem d : all<Denmem>())
            EXPECT_EQ(table.of(q)[static_cast<std::size_t>(d.value())].good(), fast().chips.at(Hicann(174)).of(q)[static_cast<std::size_t>(d.value())].good());
}

// On silicon that does what the data sheet says the transforms are the data sheet's, within a DAC.
TEST(FastMode, perfect_silicon)
{
    const auto made = silicon(no_imperfections());
    Table table{table_info(*made, CalibrationMode::fast, {}), {}};
    table.chips.emplace(Hicann(0), calibrate_chip(made, Hicann(0), table.info));
    const auto measured = table_calibration(*made, table), ideal = ideal_calibration(*made);
    for (const auto& [cell, value] : {std::pair{NeuronFg::V_t, 1.0}, {NeuronFg::E_l, 0.8}, {NeuronFg::E_syni, 0.7}, {NeuronFg::E_synx, 1.1}, {NeuronFg::I_pl, 0.3e-6}, {NeuronFg::I_gl, 1e-6}, {NeuronFg::V_syntcx, 0.4e-6}}) {
        const Transfer known = ideal->neuron(Hicann(0), Denmem(11), cell, {}), found = measured->neuron(Hicann(0), Denmem(11), cell, {});
        EXPECT_NEAR(found.value(known.dac(value)) / value, 1, cell == NeuronFg::V_syntcx ? 0.03 : 0.012) << bss::cell(cell).name;
    }
    for (const SynapseDriver driver : all<SynapseDriver>())
        if (driver.exists()) {
            const StpFactors found = measured->stp(Hicann(0), driver);
            EXPECT_NEAR(found.utilisation, 1, 0.01) << driver.value();
            EXPECT_NEAR(found.tau_rec, 1, 0.01) << driver.value();
            EXPECT_NEAR(found.lambda, 1, 0.01) << driver.value();
        }
}

} // namespace
} // namespace bss
