#include "psp.hpp"

#include <algorithm>
#include <cmath>

#include "calibration/estimators.hpp"

namespace bss {
namespace {

constexpr double period_us = 60;
constexpr int repeats = 100, decimation = 2;
constexpr int points_for_a_curve = 6;
constexpr int largest_divisor = 30;

}   // namespace

double relative_capacitance(const Lab& lab) { return lab.datasheet.capacitance_farad / 2.16456e-12; }
bool big_capacitor(const Lab& lab) { return relative_capacitance(lab) > 0.5; }

Drive drive_for(const Lab& lab, double siemens)
{
    const int weight = big_capacitor(lab) ? 15 : 1;
    return {weight, std::clamp(std::round(100 * siemens / lab.datasheet.synapse_siemens(weight, 100, largest_divisor)), 1.0, dac_max)};
}

Setup PspProtocol::psp_setup(const Lab& lab, const Step& step, double v_gmax_dac) const
{
    Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, period_us, period_us, decimation, repeats)};
    HicannConfig& config = setup.config;
    set_calibrated(lab, config, NeuronFg::E_l, 0.8);
    set_calibrated(lab, config, NeuronFg::E_syni, input_ == SynapticInput::inhibitory ? 0.3 : 0.6);
    set_volt(config, NeuronFg::E_synx, 1.3);
    set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
    set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
    set_calibrated(lab, config, NeuronFg::V_t, 1.2);
    set_calibrated_v_reset(lab, config, 0.3);
    if (step.kind != noise) {
        const auto [weight, dac] = drive_for(lab, relative_capacitance(lab) * lab.datasheet.synapse_siemens(15, v_gmax_dac, largest_divisor));
        connect_stimulation(setup, input_, clocks(lab, period_us), dac, largest_divisor, weight);
    }
    return setup;
}

Estimate PspProtocol::observe(const Lab& lab, const Step& step, Denmem, const BenchTrace& trace) const
{
    const double deviation = mean_of(trace.volt).deviation;
    if (step.kind == noise)
        return {.value = deviation, .reason = Reason::none};
    if (!trace.spikes_s.empty())
        return {.reason = Reason::low_snr};
    const auto psp = fit_psp(trace.volt, acquire(lab, 0, 0, decimation).every / lab.adc_rate_hz, input_ == SynapticInput::excitatory);
    if (!psp)
        return {.reason = Reason::no_signal};
    // sigma carries the residual, extra the offset; both are judged once the noise is known.
    return {.value = std::log(slow() ? psp->slow : psp->fast), .sigma = psp->residual, .extra = psp->offset, .reason = deviation > 0 ? Reason::none : Reason::no_signal};
}

void PspProtocol::fit(Lab& lab, const Observations& seen) const
{
    for (const Denmem d : all<Denmem>()) {
        const double quiet = seen.estimates[0][d.value()].value;
        const bool excitatory = input_ == SynapticInput::excitatory;
        double rest = excitatory ? 10 : -10;
        for (std::size_t k = 1; k < seen.steps.size(); ++k)
            if (const Estimate& e = seen.estimates[k][d.value()]; e.good())
                rest = excitatory ? std::min(rest, e.extra) : std::max(rest, e.extra);
        std::vector<double> dac, ln_tau;
        Reason reason = Reason::too_few_points;
        for (std::size_t k = 1; k < seen.steps.size(); ++k) {
            const Estimate& e = seen.estimates[k][d.value()];
            const bool at_rest = slow() || std::abs(e.extra - rest) < 0.025;
            const double chi2 = quiet > 0 ? std::pow(e.sigma / quiet, 2) : 0;
            if (e.good() && at_rest && chi2 <= 30)
                dac.push_back(seen.dac[k][d.value()]), ln_tau.push_back(e.value);
            else if (!e.good())
                reason = e.reason;
        }
        Transform& transform = lab.table.of(quantity_)[d.value()];
        if (static_cast<int>(dac.size()) < points_for_a_curve) {
            transform = failed(reason);
            continue;
        }
        // ln tau = offset + a ln(1 + exp(c (b - DAC))) / c, from the start values of the lab and others of the curve's size.
        const double least = *std::min_element(ln_tau.begin(), ln_tau.end());
        std::array<double, 4> best{};
        double squares = 1e300;
        for (const double b : {0.0, 250.0, 450.0})
            for (const double a : {0.3, 0.01}) {
                std::array<double, 4> p{least, a, 0.01, b};
                const double found = fit_curve<4>(p, [&](const std::array<double, 4>& q, auto&& point) {
                    for (std::size_t k = 0; k < dac.size(); ++k) {
                        const double z = q[2] * (q[3] - dac[k]), soft = std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))), rise = 1 / (1 + std::exp(-z));
                        point(q[0] + q[1] * soft / q[2] - ln_tau[k], {1, soft / q[2], q[1] * (rise * (q[3] - dac[k]) / q[2] - soft / (q[2] * q[2])), q[1] * rise});
                    }
                }, 200);
                if (found < squares)
                    squares = found, best = p;
            }
        const double chi2 = squares / std::max<double>(1, static_cast<double>(dac.size()) - 4);
        transform = {.form = Transform::Form::softplus, .reason = Reason::none, .c = best, .variance = {chi2, 0, 0}, .dac_low = *std::min_element(dac.begin(), dac.end()),
                     .dac_high = *std::max_element(dac.begin(), dac.end()), .residual = std::sqrt(squares / static_cast<double>(dac.size())), .points = static_cast<std::uint16_t>(dac.size())};
        if (!(chi2 < 0.05))
            transform = failed(Reason::bad_residual);
        else if (!(best[1] > 0) || !(best[2] > 0) || !(best[1] * std::exp(-std::abs(best[2] * (best[3] - transform.dac_high))) > 1e-12))
            transform = failed(Reason::non_monotonic);
    }
}

}   // namespace bss
