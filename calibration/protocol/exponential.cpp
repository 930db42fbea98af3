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
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 15, 75)};
        HicannConfig& config = setup.config;
        set_dac(config, NeuronFg::V_exp, lab.datasheet.nominal(NeuronFg::V_exp).dac(design.v_exp));
        set_dac(config, NeuronFg::I_rexp, lab.datasheet.nominal(NeuronFg::I_rexp).dac(design.delta));
        set_dac(config, NeuronFg::I_bexp, dac_max - 1); // all three at the top would switch the exponential off
        set_calibrated(lab, config, NeuronFg::V_t, design.v_exp + 0.16);
        set_calibrated(lab, config, NeuronFg::E_l, design.v_exp + above_volt);
        set_calibrated_v_reset(lab, config, design.v_exp - 0.22);
        set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
        set_calibrated(lab, config, NeuronFg::I_gl, tau_us * 1e-6 / lab.datasheet.analog_scale);
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem denmem, const BenchTrace& trace) const override
    {
        const Design& design = designs[static_cast<std::size_t>(step.kind)];
        if (trace.spikes_s.size() < 3)
            return {.reason = Reason::no_signal};
        // Mean climb a sample in bins of a millivolt.
        constexpr double bin_volt = 1e-3;
        constexpr int bins = 420, straight_from = 140; // farther down the leak's amplifier bends the line
        const double low = design.v_exp - 0.25 + readout_shift(lab, denmem);
        std::array<double, bins> climb{}, middle{};
        std::array<int, bins> count{};
        for (std::size_t k = 1; k < trace.volt.size(); ++k) {
            const double step_volt = trace.volt[k] - trace.volt[k - 1], at = 0.5 * (trace.volt[k] + trace.volt[k - 1]);
            const int bin = static_cast<int>((at - low) / bin_volt);
            if (step_volt < -0.03 || step_volt > 0.02 || bin < 0 || bin >= bins)
                continue; // resets, and the last part of the upstroke, which is too fast for the ADC
            climb[bin] += step_volt, middle[bin] += at, ++count[bin];
        }
        std::vector<double> x, y, weight;
        for (int b = 0; b < bins; ++b) // within a sample the climb must not change by much
            if (count[b] > 0 && climb[b] / count[b] < 0.4 * design.delta && b > straight_from)
                x.push_back(middle[b] / count[b]), y.push_back(climb[b] / count[b]), weight.push_back(std::sqrt(count[b]));
        if (x.size() < 60)
            return {.reason = Reason::too_few_points};
        // climb = rate (E - V) + rate Delta exp((V - V_exp) / Delta)
        const double rate = 1 / (tau_us * 1e-6 / lab.datasheet.analog_scale * lab.adc_rate_hz / acquire(lab, 0, 0).every);
        std::array<double, 4> best{rate, design.v_exp + above_volt, design.v_exp + readout_shift(lab, denmem), std::log(design.delta)};
        const double squares = fit_curve<4>(best, [&](const std::array<double, 4>& q, auto&& point) {
            const double delta = std::exp(q[3]);
            for (std::size_t k = 0; k < x.size(); ++k) {
                const double u = (x[k] - q[2]) / delta, e = std::exp(std::min(u, 12.0));
                const double w = weight[k], slope = q[0] * e;
                point(w * (q[0] * (q[1] - x[k] + delta * e) - y[k]), {w * (q[1] - x[k] + delta * e), w * q[0], -w * slope, w * (slope * delta - slope * (x[k] - q[2]))});
            }
        });
        const double delta = std::exp(best[3]);
        if (!std::isfinite(squares) || !(best[0] > 0.2 * rate && best[0] < 5 * rate) || !(delta > 0.5e-3 && delta < 0.05) || !(std::abs(best[2] - design.v_exp) < 0.15))
            return {.reason = Reason::bad_residual};
        return {.value = best[2], .sigma = 1.0e-3, .extra = delta, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        fit_potentials(lab, Quantity::V_exp, sweeps_of(lab, seen, true, 1.0e-3), reasons_of(seen));
        Sweeps widths;
        for (std::size_t k = 0; k < seen.steps.size(); ++k) {
            const double dac = std::round(lab.datasheet.nominal(NeuronFg::I_rexp).dac(designs[static_cast<std::size_t>(seen.steps[k].kind)].delta));
            for (const Denmem d : all<Denmem>())
                if (const Estimate& e = seen.estimates[k][d.value()]; e.good())
                    widths[d.value()].push_back({dac, e.extra, 0.04});
        }
        fit_factors(lab, Quantity::delta_T, widths, reasons_of(seen));
        // Noise and the rate of the ADC distort all the upstrokes of a circuit alike.
        constexpr double distortion = 0.02;
        for (Transform& t : lab.table.of(Quantity::delta_T))
            t.variance[0] += distortion * distortion;
    }

private:
    struct Design {
        double v_exp, delta;
    };
    static constexpr std::array<Design, 6> designs{{{0.80, 8e-3}, {0.86, 2.5e-3}, {0.93, 5e-3}, {0.97, 12e-3}, {1.04, 4e-3}, {1.1, 8e-3}}};
    static constexpr double tau_us = 3, above_volt = 0.08;
};

}   // namespace

std::unique_ptr<Protocol> upstroke_protocol() { return std::make_unique<Upstroke>(); }

}   // namespace bss
