// Mismatch, write error, weights and noise of a wafer: magnitudes of the sheets, what each switch does, what each seed changes.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "wafer/silicon.hpp"

namespace bss
{
namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Moments {
    double mean = 0, sigma = 0;
};
Moments moments(const std::vector<double>& x)
{
    Moments m;
    for (const double v : x)
        m.mean += v / x.size();
    for (const double v : x)
        m.sigma += (v - m.mean) * (v - m.mean) / x.size();
    m.sigma = std::sqrt(m.sigma);
    return m;
}

Imperfections only(bool Imperfections::*which)
{
    Imperfections i = no_imperfections();
    i.*which = true;
    return i;
}

Silicon silicon(Imperfections imperfections, std::uint64_t wafer = 1)
{
    static const Technology technology = Technology::load("hicann-v4");
    return {technology, imperfections, wafer};
}

constexpr int chips = 16; // 8192 circuits

/// A quantity of every circuit of some chips that works.
std::vector<double> each(const Silicon& s, const HicannConfig& config, std::uint64_t trial, const std::function<double(const DenmemCircuit&)>& quantity)
{
    std::vector<double> values;
    for (int h = 0; h < chips; ++h)
        for (const Denmem d : all<Denmem>())
            if (s.fault(Hicann(h), d).kind == Fault::Kind::none)
                values.push_back(quantity(s.circuit(Hicann(h), d, config, trial)));
    return values;
}

HicannConfig with(NeuronFg p, double dac)
{
    HicannConfig config;
    for (auto& denmem : config.fg.neuron)
        denmem[static_cast<int>(p)] = dac;
    return config;
}

TEST(Silicon, nothing_on_is_nominal)
{
    const Silicon s = silicon(no_imperfections());
    const HicannConfig config;
    const auto circuit = s.circuit(Hicann(3), Denmem(77), config, 5);
    const auto nominal = [&](NeuronFg p) { return s.technology().nominal(p, {}, false).value(config.fg.at(Denmem(77), p)); };
    EXPECT_EQ(circuit.e_leak_volt, nominal(NeuronFg::E_l));
    EXPECT_EQ(circuit.tau_syn_s[1], nominal(NeuronFg::V_syntci));
    EXPECT_EQ(circuit.g_leak_siemens, 2.16456e-12 / nominal(NeuronFg::I_gl));
    EXPECT_EQ(circuit.a_siemens, 0);
    EXPECT_EQ(circuit.b_ampere, 0);
    EXPECT_FALSE(circuit.exponential);
    EXPECT_EQ(circuit.synaptic_limit_siemens[0], infinity);
    EXPECT_EQ(circuit.leak_linear_volt, infinity);
    EXPECT_EQ(circuit.noise_volt_per_sqrt_s, 0);
    const RowCircuit row = s.row(Hicann(3), SynapseRow(10), config, 5);
    EXPECT_NEAR(row.conductance_siemens[15], 954.7e-9, 2e-9);
    EXPECT_EQ(row.exact_factor, 1);
    EXPECT_EQ(s.synapse_factor(Hicann(3), SynapseRow(10), Column(9)), 1);
    EXPECT_EQ(s.readout(Hicann(3), Denmem(77)).offset_volt, 0);
}

TEST(Silicon, fixed_pattern_magnitudes)
{
    const Silicon s = silicon(only(&Imperfections::fixed_pattern));
    const HicannConfig base;
    struct Case {
        const char* name;
        double sigma;
        std::function<double(const DenmemCircuit&)> quantity;
    };
    for (const auto& [name, sigma, quantity] : {Case{"V_t", 14e-3, [](auto& c) { return c.v_threshold_volt; }},
                                                {"E_synx", 24e-3, [](auto& c) { return c.e_rev_volt[0]; }},
                                                {"E_syni", 20e-3, [](auto& c) { return c.e_rev_volt[1]; }},
                                                {"E_l", 20e-3, [](auto& c) { return c.e_leak_volt; }},
                                                {"V_reset", 15.6e-3, [](auto& c) { return c.v_reset_volt; }}})
        EXPECT_NEAR(moments(each(s, base, 1, quantity)).sigma / sigma, 1, 0.2) << name;
    // Refractory times: 65 % at DAC 20, skewed: the median lies below the mean (calibration.md §4.1: 0.56 of 0.698 µs).
    auto tau_ref = each(s, with(NeuronFg::I_pl, 20), 1, [](auto& c) { return c.tau_refrac_s; });
    const Moments m = moments(tau_ref);
    EXPECT_NEAR(m.mean, 0.862e-6, 0.03e-6);
    EXPECT_NEAR(m.sigma / m.mean, 0.65, 0.065);
    std::nth_element(tau_ref.begin(), tau_ref.begin() + tau_ref.size() / 2, tau_ref.end());
    EXPECT_NEAR(tau_ref[tau_ref.size() / 2] / m.mean, 0.56 / 0.698, 0.05);
    for (const auto& [name, spread, quantity] : {Case{"tau_m", 0.25, [](auto& c) { return c.capacitance_farad / c.g_leak_siemens; }},
                                                 {"tau_syn", 0.20, [](auto& c) { return c.tau_syn_s[0]; }},
                                                 {"tau_w", 0.20, [](auto& c) { return c.tau_w_s; }},
                                                 {"Delta_T", 0.15, [](auto& c) { return c.delta_t_volt; }}}) {
        const auto values = each(s, base, 1, quantity);
        const double nominal = quantity(silicon(no_imperfections()).circuit(Hicann(0), Denmem(0), base, 1));
        EXPECT_NEAR(moments(values).mean / nominal, 1, 0.01) << name;
        EXPECT_NEAR(moments(values).sigma / nominal / spread, 1, 0.1) << name;
    }
    EXPECT_EQ(moments(each(s, base, 1, [](auto& c) { return c.a_siemens; })).sigma, 0) << "off stays off";
}

TEST(Silicon, v_reset_has_a_part_common_to_the_block)
{
    const Silicon s = silicon(only(&Imperfections::fixed_pattern));
    const HicannConfig config;
    std::vector<double> blocks, within;
    for (int h = 0; h < 100; ++h)
        for (int block = 0; block < 4; ++block) {
            std::vector<double> v;
            for (const Denmem d : all<Denmem>())
                if (d.shared_fg_block().value() == block)
                    v.push_back(s.circuit(Hicann(h), d, config, 1).v_reset_volt);
            blocks.push_back(moments(v).mean);
            within.push_back(moments(v).sigma);
        }
    EXPECT_NEAR(moments(blocks).sigma, 10e-3, 2e-3);
    EXPECT_NEAR(moments(within).mean, 12e-3, 1e-3);
}

TEST(Silicon, seeds)
{
    const auto v_t = [](const DenmemCircuit& c) { return c.v_threshold_volt; };
    const Imperfections fixed = only(&Imperfections::fixed_pattern), rewrite = only(&Imperfections::rewrite);
    EXPECT_EQ(each(silicon(fixed), {}, 1, v_t), each(silicon(fixed), {}, 2, v_t));
    EXPECT_NE(each(silicon(fixed, 1), {}, 1, v_t), each(silicon(fixed, 2), {}, 1, v_t));
    EXPECT_EQ(each(silicon(rewrite), {}, 1, v_t), each(silicon(rewrite), {}, 1, v_t));
    EXPECT_NE(each(silicon(rewrite), {}, 1, v_t), each(silicon(rewrite), {}, 2, v_t));
    // The mismatch is still there when the write error is on: between two trials only the error changes.
    Imperfections both = fixed;
    both.rewrite = true;
    const auto first = each(silicon(both), {}, 1, v_t), second = each(silicon(both), {}, 2, v_t);
    std::vector<double> difference;
    for (std::size_t k = 0; k < first.size(); ++k)
        difference.push_back(first[k] - second[k]);
    EXPECT_LT(moments(difference).sigma, 4e-3);
    EXPECT_GT(moments(difference).sigma, 1e-3);
    EXPECT_NEAR(moments(first).sigma, 14e-3, 2e-3);
}

TEST(Silicon, write_error)
{
    const Silicon s = silicon(only(&Imperfections::rewrite));
    // Voltage cells (hardware.md §6.5): 1-3 mV for DAC 400-700, 10-20 mV below 100, 4.6 mV in the mean over 0-800.
    double mean = 0;
    for (int dac = 25; dac < 800; dac += 50) {
        const double sigma = moments(each(s, with(NeuronFg::E_l, dac), 1, [](auto& c) { return c.e_leak_volt; })).sigma;
        mean += sigma / 16;
        EXPECT_TRUE(dac > 100 || (sigma > 9.5e-3 && sigma < 20e-3)) << dac << " " << sigma;
        EXPECT_TRUE(dac < 400 || dac > 700 || (sigma > 1e-3 && sigma < 3e-3)) << dac << " " << sigma;
    }
    EXPECT_NEAR(mean, 4.6e-3, 0.5e-3);
    // Current cells: 3.1 % at DAC 20, 1.9 % at 100, 0.67 % at 800; seen here through I_rexp's curve, whose slope is known.
    for (auto [dac, relative] : {std::pair{20.0, 0.031}, {100.0, 0.019}, {800.0, 0.0067}}) {
        const Transfer t = s.technology().nominal(NeuronFg::I_rexp, {}, false);
        std::vector<double> dacs;
        for (const double v : each(s, with(NeuronFg::I_rexp, dac), 1, [](auto& c) { return c.delta_t_volt; }))
            dacs.push_back(t.dac(v));
        EXPECT_NEAR(moments(dacs).mean, dac, 0.01 * dac);
        EXPECT_NEAR(moments(dacs).sigma / dac, relative, 0.1 * relative) << dac;
    }
    // The four V_gmax of a quadrant are written once: equal for its rows, different between quadrants.
    const HicannConfig config;
    const auto gain = [&](int row) { return s.row(Hicann(5), SynapseRow(row), config, 3).conductance_siemens[15]; };
    EXPECT_EQ(gain(0), gain(4));
    EXPECT_NE(gain(0), gain(2));
    EXPECT_NE(gain(0), s.row(Hicann(5), SynapseRow(0), config, 4).conductance_siemens[15]);
}

TEST(Silicon, weights)
{
    const Silicon s = silicon(only(&Imperfections::weight_mismatch));
    std::vector<double> rows, synapses;
    std::array<float, Column::count> factors;
    for (int h = 0; h < 20; ++h)
        for (const SynapseRow row : all<SynapseRow>()) {
            rows.push_back(s.true_row_factor(Hicann(h), row));
            EXPECT_EQ(rows.back(), s.row(Hicann(h), row, {}, 1).exact_factor);
            if (row.value() % 8 == 0) {
                s.synapse_factors(Hicann(h), row, factors);
                synapses.insert(synapses.end(), factors.begin(), factors.end());
                EXPECT_EQ(static_cast<float>(s.synapse_factor(Hicann(h), row, Column(101))), factors[101]);
            }
        }
    EXPECT_NEAR(moments(rows).mean, 1, 0.005);
    EXPECT_NEAR(moments(rows).sigma, 0.07, 0.007);
    EXPECT_NEAR(moments(synapses).mean, 1, 0.001);
    EXPECT_NEAR(moments(synapses).sigma, 0.10, 0.002);
    EXPECT_GE(*std::min_element(synapses.begin(), synapses.end()), 0);
    const double total = std::hypot(0.07, 0.10);
    EXPECT_TRUE(total > 0.1 && total < 0.2);
    EXPECT_NE(s.true_row_factor(Hicann(1), SynapseRow(1)), silicon(only(&Imperfections::weight_mismatch), 2).true_row_factor(Hicann(1), SynapseRow(1)));
    // Neighbouring synapses and rows are independent.
    double correlation = 0;
    for (std::size_t k = 0; k + 1 < synapses.size(); ++k)
        correlation += (synapses[k] - 1) * (synapses[k + 1] - 1) / 0.01 / synapses.size();
    EXPECT_NEAR(correlation, 0, 0.01);
}

TEST(Silicon, saturation)
{
    const Silicon s = silicon(only(&Imperfections::saturation));
    HicannConfig config = with(NeuronFg::I_convx, 512);
    config.fg.at(Denmem(4), NeuronFg::I_convi) = 0;
    config.fg.at(Denmem(4), NeuronFg::E_synx) = 1000;
    const DenmemCircuit c = s.circuit(Hicann(0), Denmem(4), config, 1);
    EXPECT_NEAR(c.synaptic_limit_siemens[0], 10e-6 * 512 / 1023, 1e-12);
    EXPECT_EQ(c.synaptic_limit_siemens[1], 0);
    EXPECT_NEAR(c.e_rev_volt[0], 1.507, 0.001);
    EXPECT_TRUE(std::isfinite(c.leak_linear_volt));
    const Silicon off = silicon(no_imperfections());
    EXPECT_GT(off.circuit(Hicann(0), Denmem(4), config, 1).e_rev_volt[0], 1.6);
    EXPECT_EQ(off.circuit(Hicann(0), Denmem(4), config, 1).synaptic_limit_siemens[1], 0) << "an input without bias stays disconnected";
}

TEST(Silicon, noise)
{
    const Silicon s = silicon(only(&Imperfections::temporal_noise));
    const auto free_sigma = each(s, {}, 1, [](auto& c) { return c.noise_volt_per_sqrt_s * std::sqrt(c.capacitance_farad / c.g_leak_siemens / 2); });
    EXPECT_NEAR(moments(free_sigma).mean, 2e-3, 0.05e-3);
    EXPECT_NEAR(moments(free_sigma).sigma, 0.6e-3, 0.1e-3);
    EXPECT_EQ(s.circuit(Hicann(0), Denmem(0), with(NeuronFg::I_gl, 0), 1).noise_volt_per_sqrt_s, 0) << "no leak, no noise";
}

TEST(Silicon, readout)
{
    const Silicon s = silicon(only(&Imperfections::readout));
    std::vector<double> offsets;
    for (const Denmem d : all<Denmem>())
        offsets.push_back(s.readout(Hicann(9), d).offset_volt);
    EXPECT_NEAR(moments(offsets).sigma, 13.9e-3, 1.5e-3);
    EXPECT_EQ(s.readout(Hicann(9), Denmem(0)).noise_volt, 0.2e-3);
}

TEST(Silicon, exponential_is_off_only_with_all_three)
{
    const Silicon s = silicon(Imperfections{});
    EXPECT_FALSE(s.circuit(Hicann(0), Denmem(0), {}, 1).exponential);
    for (const NeuronFg p : {NeuronFg::V_exp, NeuronFg::I_rexp, NeuronFg::I_bexp})
        EXPECT_TRUE(s.circuit(Hicann(0), Denmem(0), with(p, 1022), 1).exponential);
    EXPECT_FALSE(s.circuit(Hicann(0), Denmem(0), with(NeuronFg::V_exp, 5000.5), 1).exponential) << "a DAC beyond the last code is off, too";
}

TEST(Silicon, short_term_plasticity)
{
    const Silicon s = silicon(no_imperfections());
    HicannConfig config;
    const SynapseDriver driver(17);
    EXPECT_FALSE(s.stp(Hicann(0), driver, config, 1).enabled);
    config.drivers[17].stp_enable = true;
    config.drivers[17].stp_cap = 7;
    config.drivers[17].stp_mode = StpMode::depression;
    EXPECT_EQ(s.stp(Hicann(0), driver, config, 1).lambda, 0) << "all STP voltages zero: factor 1";
    EXPECT_EQ(s.stp(Hicann(0), driver, config, 1).offset, 0);
    config.fg.at(driver.fg_block(), SharedFg::V_stdf) = 1023 / 1.8;
    config.fg.at(driver.fg_block(), SharedFg::V_fac) = 0.25 * 1023 / 1.8;
    config.fg.at(driver.fg_block(), SharedFg::V_dtc) = 40;
    const StpCircuit depression = s.stp(Hicann(0), driver, config, 1);
    EXPECT_NEAR(depression.utilisation, 0.40, 1e-12);
    EXPECT_NEAR(depression.lambda, 1, 1e-12);
    EXPECT_EQ(depression.offset, 0);
    EXPECT_NEAR(depression.tau_rec_s, 15.4e-6, 0.1e-6);
    config.drivers[17].stp_mode = StpMode::facilitation;
    EXPECT_NEAR(s.stp(Hicann(0), driver, config, 1).offset, 0.25, 1e-12);
}

// Magnitudes of the technology file: what a driver has of its own, and what it shares with its block.
TEST(Silicon, drivers_differ_in_short_term_plasticity)
{
    const Silicon s = silicon(only(&Imperfections::fixed_pattern));
    const StpFactors off = silicon(no_imperfections()).true_stp(Hicann(3), SynapseDriver(40));
    EXPECT_EQ(off.utilisation, 1);
    EXPECT_EQ(off.tau_rec, 1);
    EXPECT_EQ(off.lambda, 1);
    struct Spread {
        double StpFactors::*factor;
        double own, block;
    };
    for (const auto& [factor, own, block] : {Spread{&StpFactors::utilisation, 0.15, 0}, {&StpFactors::tau_rec, 0.10, 0.20}, {&StpFactors::lambda, 0.05, 0.10}}) {
        std::vector<double> everywhere, drivers, blocks;
        for (int h = 0; h < 100; ++h) {
            std::array<std::vector<double>, FgBlock::count> of;
            for (const SynapseDriver d : all<SynapseDriver>())
                of[d.fg_block().value()].push_back(s.true_stp(Hicann(h), d).*factor);
            for (const auto& own_block : of) {
                blocks.push_back(moments(own_block).mean);
                for (const double f : own_block)
                    everywhere.push_back(f), drivers.push_back(f / blocks.back());
            }
        }
        EXPECT_NEAR(moments(everywhere).mean, 1, 0.03);
        EXPECT_NEAR(moments(drivers).sigma, own, 0.03 * own);
        EXPECT_NEAR(moments(blocks).sigma, block, 0.15 * block + 0.15 / std::sqrt(56.0) * 1.2) << "their means scatter by the drivers' own too";
    }
    HicannConfig config;
    const SynapseDriver driver(17);
    config.drivers[17] = {.stp_enable = true, .stp_mode = StpMode::depression, .stp_cap = 4, .rows = {}};
    config.fg.at(driver.fg_block(), SharedFg::V_stdf) = 500;
    config.fg.at(driver.fg_block(), SharedFg::V_dtc) = 20;
    const StpCircuit circuit = s.stp(Hicann(9), driver, config, 1);
    const StpFactors factors = s.true_stp(Hicann(9), driver);
    EXPECT_NEAR(circuit.utilisation, factors.utilisation * s.technology().stp_utilisation(4), 1e-12);
    EXPECT_NEAR(circuit.tau_rec_s, factors.tau_rec * s.technology().stp_tau_rec_s(20), 1e-15);
    EXPECT_NEAR(circuit.lambda, factors.lambda * 500 * 1.8 / 1023, 1e-12);
    EXPECT_NE(factors.utilisation, silicon(only(&Imperfections::fixed_pattern), 2).true_stp(Hicann(9), driver).utilisation);
}

} // namespace
} // namespace bss
