// Ideal calibration inverts the nominal curves; the oracle inverts this wafer's own, what leaks through synaptic inputs included.

#include <cmath>

#include <gtest/gtest.h>

#include "calibration/calibration.hpp"

namespace bss
{
namespace
{

constexpr std::array parameters{NeuronFg::E_l,  NeuronFg::E_syni,    NeuronFg::E_synx,   NeuronFg::V_t,    NeuronFg::V_exp,
                                NeuronFg::I_gl, NeuronFg::I_gladapt, NeuronFg::I_radapt, NeuronFg::I_fire, NeuronFg::I_rexp,
                                NeuronFg::I_pl, NeuronFg::V_syntcx,  NeuronFg::V_syntci};

/// A value in the middle of what a parameter can do.
double middle(const Transfer& t) { return t.value(0.5 * (t.dac_min + t.dac_max)); }

/// What a circuit makes of its cell.
double realised(const DenmemCircuit& c, NeuronFg p)
{
    switch (p) {
    case NeuronFg::E_l:
        return c.e_leak_volt;
    case NeuronFg::E_syni:
        return c.e_rev_volt[1];
    case NeuronFg::E_synx:
        return c.e_rev_volt[0];
    case NeuronFg::V_t:
        return c.v_threshold_volt;
    case NeuronFg::V_exp:
        return c.v_exp_volt;
    case NeuronFg::I_gl:
        return c.capacitance_farad / c.g_leak_siemens;
    case NeuronFg::I_gladapt:
        return c.a_siemens;
    case NeuronFg::I_radapt:
        return c.tau_w_s;
    case NeuronFg::I_fire:
        return c.b_ampere;
    case NeuronFg::I_rexp:
        return c.delta_t_volt;
    case NeuronFg::I_pl:
        return c.tau_refrac_s;
    case NeuronFg::V_syntcx:
        return c.tau_syn_s[0];
    default:
        return c.tau_syn_s[1];
    }
}

/// Largest relative error over some sound circuits when each cell gets the calibration's DAC for one value.
double worst(const Silicon& silicon, const Calibration& calibration, NeuronFg p)
{
    HicannConfig config;
    double error = 0;
    for (int h = 0; h < 4; ++h)
        for (int d = 0; d < Denmem::count; d += 7) {
            if (silicon.fault(Hicann(h), Denmem(d)).kind != Fault::Kind::none)
                continue;
            const double asked = middle(silicon.technology().nominal(p, {}, false));
            config.fg.at(Denmem(d), p) = calibration.neuron(Hicann(h), Denmem(d), p, {}).dac(asked);
            error = std::max(error, std::abs(realised(silicon.circuit(Hicann(h), Denmem(d), config, 1), p) / asked - 1));
        }
    return error;
}

Silicon silicon(Imperfections imperfections) { return {Technology::load("hicann-v4"), imperfections, 1}; }

TEST(Calibration, ideal_is_exact_on_nominal_silicon)
{
    const Silicon nominal = silicon(no_imperfections());
    const auto ideal = ideal_calibration(nominal);
    EXPECT_EQ(ideal->kind(), "ideal");
    for (const NeuronFg p : parameters)
        EXPECT_LT(worst(nominal, *ideal, p), 1e-11) << cell(p).name;
}

TEST(Calibration, oracle_cancels_mismatch_and_ideal_does_not)
{
    for (const bool saturation : {false, true}) {
        Imperfections i = no_imperfections();
        i.fixed_pattern = i.weight_mismatch = true;
        i.saturation = saturation;
        const Silicon made = silicon(i);
        const auto ideal = ideal_calibration(made), oracle = oracle_calibration(made);
        EXPECT_EQ(oracle->kind(), "oracle");
        for (const NeuronFg p : parameters) {
            EXPECT_LT(worst(made, *oracle, p), 1e-11) << cell(p).name;
            EXPECT_GT(worst(made, *ideal, p), 0.02) << cell(p).name;
        }
        HicannConfig config;
        config.fg.own_v_reset.assign(Denmem::count, 0.0);
        for (const Denmem d : all<Denmem>()) {
            config.fg.own_v_reset[d.value()] = oracle->v_reset(Hicann(7), d).dac(0.6);
            EXPECT_NEAR(made.circuit(Hicann(7), d, config, 1).v_reset_volt, 0.6, 1e-12);
        }
        for (const SynapseRow row : all<SynapseRow>()) {
            EXPECT_EQ(oracle->row_factor(Hicann(7), row), made.row(Hicann(7), row, config, 1).exact_factor);
            EXPECT_EQ(ideal->row_factor(Hicann(7), row), 1.0);
        }
    }
}

} // namespace
} // namespace bss
