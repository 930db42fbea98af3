#include "transform.hpp"

#include <cmath>

namespace bss {
namespace {

constexpr std::array<QuantityInfo, quantity_count> infos{{
    {"readout_shift", std::nullopt, "mV", false},
    {"V_reset", std::nullopt, "mV", false},
    {"V_t", NeuronFg::V_t, "mV", false},
    {"E_syni", NeuronFg::E_syni, "mV", false},
    {"E_synx", NeuronFg::E_synx, "mV", false},
    {"tau_ref", NeuronFg::I_pl, "%", true},
    {"E_l", NeuronFg::E_l, "mV", false},
    {"V_convoffx", NeuronFg::V_convoffx, "mV", false},
    {"V_convoffi", NeuronFg::V_convoffi, "mV", false},
    {"tau_m", NeuronFg::I_gl, "%", true},
    {"tau_syn_E", NeuronFg::V_syntcx, "%", true},
    {"tau_syn_I", NeuronFg::V_syntci, "%", true},
    {"V_exp", NeuronFg::V_exp, "mV", false},
    {"delta_T", NeuronFg::I_rexp, "%", true},
    {"a", NeuronFg::I_gladapt, "%", true},
    {"tau_w", NeuronFg::I_radapt, "%", true},
    {"b", NeuronFg::I_fire, "%", true},
    {"weight", std::nullopt, "%", true},
    {"stp_U", std::nullopt, "%", true},
    {"stp_tau_rec", std::nullopt, "%", true},
    {"stp_lambda", std::nullopt, "%", true},
}};

constexpr std::array<std::string_view, 11> reasons{"none",          "not_calibrated",     "no_signal",    "low_snr",            "too_few_points", "non_monotonic",
                                                   "knee_out_of_range", "bad_residual", "outlier_population", "unreachable", "stuck_dac"};

/// DAC -> DAC.
const Curve& straight()
{
    static const Curve curve(Curve::Axis::linear, Curve::Axis::linear, {0.0, dac_max}, {0.0, dac_max});
    return curve;
}
/// DAC -> 1 / DAC: a power law is a straight line in logarithms.
const Curve& hyperbola()
{
    static const Curve curve(Curve::Axis::logarithmic, Curve::Axis::logarithmic, {1.0, dac_max}, {1.0, 1.0 / dac_max});
    return curve;
}

/// A softplus needs so many knots for an interpolation error well below a DAC.
constexpr int softplus_knots = 40;

}   // namespace

const QuantityInfo& info(Quantity quantity) { return infos[static_cast<int>(quantity)]; }

std::optional<Quantity> quantity_of(NeuronFg cell)
{
    for (int q = 0; q < quantity_count; ++q)
        if (infos[q].cell == cell)
            return static_cast<Quantity>(q);
    return std::nullopt;
}

std::string_view name_of(Reason reason) { return reasons[static_cast<int>(reason)]; }

Curve softplus_curve(const Transform& t)
{
    std::vector<double> dac, value;
    for (int k = 0; k < softplus_knots; ++k) {
        dac.push_back(t.dac_low + (t.dac_high - t.dac_low) * k / (softplus_knots - 1));
        const double z = t.c[2] * (t.c[3] - dac.back());
        value.push_back(std::exp(t.c[0] + t.c[1] * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)))) / t.c[2]));
    }
    return {Curve::Axis::linear, Curve::Axis::logarithmic, std::move(dac), std::move(value)};
}

Transfer transfer_of(const Transform& t, const Transfer& nominal, const Curve* curve)
{
    Transfer transfer = nominal;
    transfer.dac_factor = 1.0;
    transfer.saturation = 0.0;
    switch (t.form) {
    case Transform::Form::line:
        transfer.curve = &straight();
        transfer.factor = t.c[1];
        transfer.offset = t.c[0];
        break;
    case Transform::Form::inverse:
        transfer.curve = &hyperbola();
        transfer.factor = 1.0 / t.c[0];
        transfer.offset = -t.c[1] / t.c[0];
        break;
    case Transform::Form::softplus:
        transfer.curve = curve;
        transfer.factor = 1.0;
        transfer.offset = 0.0;
        transfer.dac_min = std::max(transfer.dac_min, std::ceil(t.dac_low));
        transfer.dac_max = std::min(transfer.dac_max, std::floor(t.dac_high));
        break;
    case Transform::Form::scaled:
        if (curve) {
            transfer.curve = curve;
            transfer.factor = t.c[0];
        } else { // the nominal curve, gear included
            transfer.dac_factor = nominal.dac_factor;
            transfer.factor = nominal.factor * t.c[0];
        }
        transfer.offset = nominal.offset * t.c[0] + t.c[1];
        transfer.rate = t.c[2];
        transfer.saturation = nominal.saturation;
        break;
    case Transform::Form::none:
    case Transform::Form::constant:
        return nominal;
    }
    return transfer;
}

double value_of(const Transform& t, const Transfer& nominal, const Curve* population, double dac)
{
    if (t.form != Transform::Form::softplus)
        return transfer_of(t, nominal, population).value(dac);
    const Curve curve = softplus_curve(t);
    return transfer_of(t, nominal, &curve).value(dac);
}

double sigma_of(const Transform& t, bool relative, const Transfer& transfer, double dac, double write_dac)
{
    const double x = dac / 512.0 - 1.0;
    double variance = t.variance[0] + x * (t.variance[1] + x * t.variance[2]);
    const double value = transfer.value(dac);
    double slope = (transfer.value(dac + 1.0) - transfer.value(dac - 1.0)) / 2.0;
    if (relative)
        slope /= value;
    if (t.form == Transform::Form::scaled)
        variance += std::pow(t.c[3] * value, 2);
    variance += slope * slope * write_dac * write_dac;
    return std::sqrt(variance);
}

}   // namespace bss
