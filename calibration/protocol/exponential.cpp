#include <cmath>

#include "fast_fits.hpp"
#include "protocols.hpp"

namespace bss {
namespace {

/// V_exp and Delta_T from the upstroke: how fast the membrane climbs at each potential. Far below V_exp that is a straight line, (E - V) / tau; what comes
/// on top of it is Delta / tau exp((V - V_exp) / Delta) (calibration.md §1.5). One sweep, both transforms.
class Upstroke final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::V_exp; }
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps;
        for (int k = 0; k < static_cast<int>(designs.size()); ++k)
            steps.push_back({designs[static_cast<std::size_t>(k)].v_exp, k});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        const Design& design = designs[static_cast<std::size_t>(step.kind)];
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 15, 150)};
        HicannConfig& config = setup.config;
        set_dac(config, NeuronFg::V_exp, lab.datasheet.nominal(NeuronFg::V_exp).dac(design.v_exp));
        set_dac(config, NeuronFg::I_rexp, lab.datasheet.nominal(NeuronFg::I_rexp).dac(design.delta));
        set_dac(config, NeuronFg::I_bexp, dac_max - 1); // all three at the top would switch the exponential off
        set_calibrated(lab, config, NeuronFg::V_t, design.v_exp + 0.16);
        set_calibrated_v_reset(lab, config, design.v_exp - 0.15);
        rest_without_inputs(lab, config, design.v_exp + above_volt);
        set_calibrated(lab, config, NeuronFg::I_gl, tau_us * 1e-6 / lab.datasheet.analog_scale);
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem denmem, const BenchTrace& trace) const override
    {
        const Design& design = designs[static_cast<std::size_t>(step.kind)];
        if (trace.spikes_s.size() < 3)
            return {.reason = Reason::no_signal};
        // Climb from sample to sample in bins of a millivolt.
        constexpr double bins_a_volt = 1e3;
        constexpr int bins = 420, straight_from = 175; // farther down the leak's amplifier bends the line
        const double low = design.v_exp - 0.25 + readout_shift(lab, denmem);
        std::array<Bin, bins> climbs{};
        double last = 0;
        bool follows = false;
        for (std::size_t k = 1; k < trace.volt.size(); ++k) {
            const double step_volt = trace.volt[k] - trace.volt[k - 1], at = 0.5 * (trace.volt[k] + trace.volt[k - 1]), place = (at - low) * bins_a_volt;
            if (step_volt < -0.03 || step_volt > 0.02 || place < 0 || place >= bins) {
                follows = false;
                continue; // resets, and the last part of the upstroke, which is too fast for the ADC
            }
            Bin& bin = climbs[static_cast<std::size_t>(place)];
            ++bin.count, bin.climb += step_volt, bin.middle += at, bin.square += step_volt * step_volt;
            if (follows)
                ++bin.pairs, bin.both += step_volt + last, bin.product += step_volt * last;
            last = step_volt, follows = true;
        }
        // climb = rate (E - V) + rate Delta exp((V - V_exp) / Delta)
        const double rate = 1 / (tau_us * 1e-6 / lab.datasheet.analog_scale * lab.adc_rate_hz / acquire(lab, 0, 0).every);
        const double e_volt = design.v_exp + above_volt + readout_shift(lab, denmem);
        std::array<double, 4> best{rate, e_volt, e_volt - above_volt, std::log(design.delta)};
        const auto model = [](const std::array<double, 4>& q, double volt) { // the climb, and its slope
            const double delta = std::exp(q[3]), e = std::exp(std::min((volt - q[2]) / delta, 12.0));
            return std::pair{q[0] * (q[1] - volt + delta * e), q[0] * (e - 1)};
        };
        // First as it looks, then again: within a sample the climb must not change by much, by what the first fit says, as a limit on what is seen would prefer
        // bins that read low. A sample is a chord, (f'^2 / 24) below the tangent in its middle. And where the membrane is rarer the higher it stands, noise that
        // lifts it is more often seen than noise that lowers it: by half the variance of a sample's noise times f' / f.
        double noise = 0, delta_sigma = 0;
        for (const bool again : {false, true}) {
            std::vector<double> x, y, weight;
            for (int b = straight_from + 1; b < bins; ++b) {
                const Bin& bin = climbs[static_cast<std::size_t>(b)];
                if (bin.count == 0)
                    continue;
                const double at = bin.middle / bin.count, seen = bin.climb / bin.count;
                const auto [f, slope] = model(best, at);
                if ((again ? f : seen) > 0.5 * design.delta)
                    break;
                x.push_back(at), weight.push_back(std::sqrt(bin.count));
                y.push_back(again && f > 0 ? (seen - 0.5 * noise * slope / f) / (1 - slope * slope / 24) : seen);
            }
            if (x.size() < 40)
                return {.reason = Reason::too_few_points};
            const auto curve = [&](const std::array<double, 4>& q, auto&& point) {
                // What is known already, in the noise of a sample.
                constexpr double noise_volt = 0.4e-3, e_sigma_volt = 10e-3, rate_sigma = 0.2; // a weak leak is a DAC or three
                point(noise_volt / e_sigma_volt * (q[1] - e_volt), {0, noise_volt / e_sigma_volt, 0, 0});
                point(noise_volt / rate_sigma * (q[0] / rate - 1), {noise_volt / rate_sigma / rate, 0, 0, 0});
                const double delta = std::exp(q[3]);
                for (std::size_t k = 0; k < x.size(); ++k) {
                    const double u = (x[k] - q[2]) / delta, e = std::exp(std::min(u, 12.0));
                    const double w = weight[k], slope = q[0] * e;
                    point(w * (q[0] * (q[1] - x[k] + delta * e) - y[k]), {w * (q[1] - x[k] + delta * e), w * q[0], -w * slope, w * (slope * delta - slope * (x[k] - q[2]))});
                }
            };
            const double squares = fit_curve<4>(best, curve);
            delta_sigma = std::sqrt(squares / static_cast<double>(x.size()) * variance_of<4>(best, curve, {0, 0, 0, 1}));
            if (!std::isfinite(squares) || !(best[0] > 0.2 * rate && best[0] < 5 * rate) || !(std::abs(best[2] - design.v_exp) < 0.15))
                return {.reason = Reason::bad_residual};
            // Noise of the membrane: what of the steps' scatter the next step does not take back, as it does with the noise of the readout.
            double scatter = 0;
            int steps = 0;
            for (const Bin& bin : climbs)
                if (const double at = bin.middle / std::max(1, bin.count); !again && bin.count > 0 && at > best[2] - 0.075 && at < best[2]) {
                    const double f = model(best, at).first;
                    scatter += bin.square - f * (2 * bin.climb - bin.count * f) + 2 * (bin.product - f * (bin.both - bin.pairs * f));
                    steps += bin.count;
                }
            noise = steps > 100 ? std::max(0.0, scatter / steps) : 0;
        }
        const double delta = std::exp(best[3]);
        if (!(std::abs(std::log(delta / design.delta)) < 1))
            return {.reason = Reason::bad_residual};
        return {.value = best[2], .sigma = 1.0e-3, .extra = delta, .extra_sigma = delta_sigma, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& all_seen) const override
    {
        // A potential far from where its circuit's others lie is a fit that went astray.
        constexpr double astray_volt = 15e-3;
        Observations seen = all_seen;
        for (const Denmem d : all<Denmem>()) {
            const auto shift = [&](std::size_t k) { return seen.estimates[k][d.value()].value - lab.datasheet.nominal(NeuronFg::V_exp).value(seen.dac[k][d.value()]); };
            std::vector<double> shifts;
            for (std::size_t k = 0; k < seen.steps.size(); ++k)
                if (seen.estimates[k][d.value()].good())
                    shifts.push_back(shift(k));
            const double usual = median(shifts);
            for (std::size_t k = 0; k < seen.steps.size(); ++k)
                if (Estimate& e = seen.estimates[k][d.value()]; e.good() && std::abs(shift(k) - usual) > astray_volt)
                    e.reason = Reason::bad_residual;
        }
        fit_potentials(lab, Quantity::V_exp, sweeps_of(lab, seen, true, 1.0e-3), reasons_of(seen));
        Sweeps widths;
        for (std::size_t k = 0; k < seen.steps.size(); ++k) {
            const double dac = std::round(lab.datasheet.nominal(NeuronFg::I_rexp).dac(designs[static_cast<std::size_t>(seen.steps[k].kind)].delta));
            for (const Denmem d : all<Denmem>())
                if (const Estimate& e = seen.estimates[k][d.value()]; e.good())
                    widths[d.value()].push_back({dac, e.extra, e.extra_sigma});
        }
        fit_factors(lab, Quantity::delta_T, widths, reasons_of(seen));
        for (const Quantity q : {Quantity::V_exp, Quantity::delta_T})
            inherit_failures(lab, q, {Quantity::E_l, Quantity::tau_m});
    }

private:
    struct Design {
        double v_exp, delta;
    };
    /// Steps from sample to sample about a potential: sums over them, and over those that follow another one.
    struct Bin {
        int count = 0, pairs = 0;
        double climb = 0, middle = 0, square = 0, both = 0, product = 0;
    };
    static constexpr std::array<Design, 8> designs{{{0.80, 8e-3}, {0.85, 2.5e-3}, {0.89, 5e-3}, {0.93, 12e-3}, {0.97, 3.5e-3}, {1.01, 8e-3}, {1.05, 5e-3}, {1.1, 3.5e-3}}};
    static constexpr double tau_us = 3, above_volt = 0.06;
};

}   // namespace

std::unique_ptr<Protocol> upstroke_protocol() { return std::make_unique<Upstroke>(); }

}   // namespace bss
