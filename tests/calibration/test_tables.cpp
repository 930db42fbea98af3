// Transforms invert exactly, tables come back bit by bit, and a mapping sees through a table what was measured.

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "calibration/calibration.hpp"
#include "wafer/error.hpp"

namespace bss
{
namespace
{

namespace fs = std::filesystem;

Silicon sound() { return {Technology::load("hicann-v4"), no_imperfections(), 1}; }

TEST(Transforms, inverse_of_apply)
{
    const Silicon silicon = sound();
    const auto nominal = [&](NeuronFg p) { return silicon.technology().nominal(p, {}, false); };
    const Transform line{.form = Transform::Form::line, .c = {0.05, 1.5e-3}}, inverse{.form = Transform::Form::inverse, .c = {6e3, 1e-3}},
        softplus{.form = Transform::Form::softplus, .c = {-15.7, 0.02, 0.02, 400}, .dac_low = 230, .dac_high = 900}, scaled{.form = Transform::Form::scaled, .c = {1.3}};
    const Curve curve = softplus_curve(softplus);
    for (const auto& [transform, cell, low, high] : {std::tuple{line, NeuronFg::E_l, 100.0, 900.0}, {inverse, NeuronFg::I_pl, 11.0, 400.0}, {softplus, NeuronFg::V_syntcx, 235.0, 600.0}, {scaled, NeuronFg::I_gl, 20.0, 900.0}}) {
        const Transfer transfer = transfer_of(transform, nominal(cell), transform.form == Transform::Form::softplus ? &curve : nullptr);
        for (double dac = low; dac <= high; dac += 7)
            EXPECT_NEAR(transfer.dac(transfer.value(dac)), dac, 1e-6) << static_cast<int>(transform.form);
    }
    EXPECT_NEAR(transfer_of(line, nominal(NeuronFg::E_l), nullptr).value(500), 0.05 + 0.75, 1e-12);
    EXPECT_NEAR(transfer_of(inverse, nominal(NeuronFg::I_pl), nullptr).value(100), (0.01 - 1e-3) / 6e3, 1e-12);
    // Knots of a softplus: less than half a DAC off.
    const Transfer knots = transfer_of(softplus, nominal(NeuronFg::V_syntcx), &curve);
    for (double dac = 235; dac < 430; dac += 3) { // beyond, the curve is nearly flat
        const double z = 0.02 * (400 - dac), exact = std::exp(-15.7 + 0.02 * std::log1p(std::exp(z)) / 0.02);
        EXPECT_NEAR(knots.dac(exact), dac, 0.5) << dac;
    }
}

TEST(Transforms, a_rate_shortens_a_time_constant_and_is_inverted)
{
    const Silicon silicon = sound();
    const Transfer n = silicon.technology().nominal(NeuronFg::I_gl, {}, false);
    const Transform t{.form = Transform::Form::scaled, .c = {1.2, 0, 1e5}};
    const Transfer transfer = transfer_of(t, n, nullptr);
    for (const double dac : {20.0, 189.0, 800.0}) {
        EXPECT_NEAR(1 / transfer.value(dac), 1 / (1.2 * n.value(dac)) + 1e5, 1) << dac;
        EXPECT_NEAR(transfer.dac(transfer.value(dac)), dac, 1e-6 * dac) << dac;
    }
    EXPECT_EQ(transfer.dac(11e-6), 0) << "longer than the rate alone allows";
}

TEST(Transforms, sigma_has_all_its_parts)
{
    const Silicon silicon = sound();
    const Transform t{.form = Transform::Form::line, .c = {0, 1e-3}, .variance = {4e-6, 0, 0}};
    const Transfer transfer = transfer_of(t, silicon.technology().nominal(NeuronFg::E_l, {}, false), nullptr);
    EXPECT_NEAR(sigma_of(t, false, transfer, 512, 0), 2e-3, 1e-9);
    EXPECT_NEAR(sigma_of(t, false, transfer, 512, 3), std::sqrt(4e-6 + 9e-6), 1e-9);
}

Table example()
{
    Table table;
    table.info.wafer_id = 1;
    table.info.technology = "hicann-v4";
    table.info.technology_sha256 = sound().technology().sha256;
    table.info.operating = {false, Gear::slow};
    ChipTable chip;
    chip.hicann = Hicann(174);
    chip.lab_seconds = 1234.5;
    for (int q = 0; q < quantity_count; ++q)
        for (std::size_t k = 0; k < chip.transforms[q].size(); ++k)
            chip.transforms[q][k] = k % 50 == 3 ? failed(Reason::stuck_dac)
                                                : Transform{.form = Transform::Form::scaled, .reason = Reason::none, .c = {1 + 1e-3 * q, 1e-5 * static_cast<double>(k)}, .variance = {1e-6, 2e-7, 3e-8},
                                                            .dac_low = 10, .dac_high = 900, .residual = 0.5, .points = 7};
    for (int q = static_cast<int>(Quantity::weight); q < quantity_count; ++q)
        for (Transform& t : chip.transforms[q])
            if (t.good())
                t.form = Transform::Form::constant;
    chip.population(Quantity::tau_ref) = {{10, 100, 1000}, {3e-6, 1e-7, 1e-8}};
    table.chips.emplace(chip.hicann, chip);
    return table;
}

TEST(Tables, come_back_bit_by_bit)
{
    const fs::path file = fs::temp_directory_path() / "bss_test_table.h5";
    const Table written = example();
    write_table(file, written);
    const Table read = read_table(file);
    EXPECT_EQ(read.info, written.info);
    const ChipTable &a = read.chips.at(Hicann(174)), &b = written.chips.at(Hicann(174));
    EXPECT_EQ(a.lab_seconds, b.lab_seconds);
    for (int q = 0; q < quantity_count; ++q) {
        ASSERT_EQ(a.transforms[q].size(), b.transforms[q].size());
        for (std::size_t k = 0; k < a.transforms[q].size(); ++k) {
            EXPECT_EQ(a.transforms[q][k].form, b.transforms[q][k].form);
            EXPECT_EQ(a.transforms[q][k].reason, b.transforms[q][k].reason);
            EXPECT_EQ(a.transforms[q][k].c, b.transforms[q][k].c);
            EXPECT_EQ(a.transforms[q][k].variance, b.transforms[q][k].variance);
        }
        EXPECT_EQ(a.populations[q].value, b.populations[q].value);
    }
    fs::remove(file);
    EXPECT_THROW(read_table(file), InputError);
}

TEST(Tables, hold_only_curves_that_can_be_inverted)
{
    const fs::path file = fs::temp_directory_path() / "bss_test_table.h5";
    const double nan = std::nan("");
    for (const Transform& broken : {Transform{.form = Transform::Form::scaled, .c = {0, 1e-5}}, Transform{.form = Transform::Form::line, .c = {nan, 1}}, Transform{.form = Transform::Form::line},
                                    Transform{.form = Transform::Form::inverse}, Transform{.form = Transform::Form::softplus, .c = {0, 1, 1, 400}, .dac_low = 9, .dac_high = 9},
                                    Transform{.form = Transform::Form::scaled, .c = {1}, .variance = {nan}}, Transform{.form = Transform::Form::constant, .c = {1024}}}) {
        Table table = example();
        table.chips.at(Hicann(174)).of(Quantity::V_convoffx)[7] = broken;
        write_table(file, table);
        EXPECT_THROW(read_table(file), InputError);
    }
    for (const Transform& broken : {Transform{.form = Transform::Form::constant, .c = {0}}, Transform{.form = Transform::Form::constant, .c = {1}, .variance = {-1}}, Transform{.form = Transform::Form::line, .c = {0, 1}}}) {
        Table table = example();
        table.chips.at(Hicann(174)).of(Quantity::stp_tau_rec)[7] = broken;
        write_table(file, table);
        EXPECT_THROW(read_table(file), InputError) << "no factor";
    }
    fs::remove(file);
}

TEST(Tables, a_mapping_sees_what_was_measured)
{
    const Silicon silicon = sound();
    const auto calibration = table_calibration(silicon, example());
    const OperatingMode mode{false, Gear::slow};
    EXPECT_TRUE(calibration->knows(Hicann(174)));
    EXPECT_FALSE(calibration->knows(Hicann(175)));
    EXPECT_TRUE(calibration->unusable(Hicann(174)).test(3)) << "no transform";
    EXPECT_FALSE(calibration->unusable(Hicann(174)).test(4));
    const Transfer nominal = silicon.technology().nominal(NeuronFg::I_gl, mode, false), measured = calibration->neuron(Hicann(174), Denmem(4), NeuronFg::I_gl, mode);
    const double factor = 1 + 1e-3 * static_cast<int>(Quantity::tau_m);
    EXPECT_NEAR(measured.value(200), factor * nominal.value(200) + 4e-5, 1e-12);
    EXPECT_GT(calibration->sigma(Hicann(174), Denmem(4), NeuronFg::E_l, mode, 500), 0);
    const SynapseDriver sound_driver(4), failed_driver(3);
    EXPECT_EQ(calibration->stp(Hicann(174), sound_driver).tau_rec, 1 + 1e-3 * static_cast<int>(Quantity::stp_tau_rec));
    EXPECT_EQ(calibration->stp_sigma(Hicann(174), sound_driver).utilisation, 1e-3);
    EXPECT_TRUE(calibration->covers_stp(Hicann(174), sound_driver));
    EXPECT_EQ(calibration->stp(Hicann(174), failed_driver).tau_rec, 1) << "nominal";
    EXPECT_FALSE(calibration->covers_stp(Hicann(174), failed_driver));
    EXPECT_THROW(calibration->neuron(Hicann(174), Denmem(4), NeuronFg::I_gl, {}), InputError) << "another capacitor";
    EXPECT_THROW(calibration->neuron(Hicann(175), Denmem(4), NeuronFg::E_l, mode), InputError) << "another chip";
}

// The lab never had exponential and adaptation: the nominal curve stands in, and the calibration says so. A fast table that left them out is another thing.
TEST(Tables, what_the_lab_never_had_is_nominal)
{
    const Silicon silicon = sound();
    Table table = example();
    const OperatingMode mode = table.info.operating;
    table.info.mode = CalibrationMode::lab;
    for (const Quantity q : {Quantity::a, Quantity::b})
        table.chips.begin()->second.of(q).assign(Denmem::count, failed(Reason::not_calibrated));
    const auto lab = table_calibration(silicon, table);
    EXPECT_FALSE(lab->covers(NeuronFg::I_gladapt));
    EXPECT_TRUE(lab->covers(NeuronFg::I_gl));
    EXPECT_EQ(lab->neuron(Hicann(174), Denmem(4), NeuronFg::I_gladapt, mode).value(100), silicon.technology().nominal(NeuronFg::I_gladapt, mode, false).value(100));
    table.info.mode = CalibrationMode::fast;
    EXPECT_THROW(table_calibration(silicon, table)->neuron(Hicann(174), Denmem(4), NeuronFg::I_gladapt, mode), InputError);
}

} // namespace
} // namespace bss
