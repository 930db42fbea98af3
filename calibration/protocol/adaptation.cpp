#include <cmath>

#include "calibration/estimators.hpp"
#include "fast_fits.hpp"
#include "protocols.hpp"
#include "step_response.hpp"

namespace bss {
namespace {

/// a and tau_w from one response to a step of current, with and without adaptation on the same writing of everything else. The membrane is linear:
/// swing = I / (g + a), and the area between the response and its end is I (C - a tau_w) / (g + a)^2.
class Subthreshold final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::a; }
    std::vector<Step> sweep(const Lab& lab) const override
    {
        const double s = lab.datasheet.analog_scale;
        std::vector<Step> steps{{0.0, 0}};
        for (int k = 1; k < static_cast<int>(designs.size()); ++k)
            steps.push_back({std::round(lab.datasheet.nominal(NeuronFg::I_gladapt).dac(designs[static_cast<std::size_t>(k)].a_us * 1e-6 * s)), k});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet)};
        HicannConfig& config = setup.config;
        set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
        set_calibrated(lab, config, NeuronFg::I_gl, tau_m_s(lab));
        set_dac(config, NeuronFg::I_gladapt, step.value);
        set_dac(config, NeuronFg::I_radapt, radapt_dac(lab, step));
        step_stimulus(lab, setup, ampere(lab, step), half_us * 1e-6 / lab.datasheet.analog_scale);
        if (step.kind > 0)
            setup.rows = {{NeuronFg::I_gladapt, NeuronFg::I_radapt}};
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        const StepTiming timing = step_timing(lab, half_us * 1e-6 / lab.datasheet.analog_scale);
        const double sample_s = timing.acquisition.every / lab.adc_rate_hz;
        const std::size_t n = trace.volt.size();
        const auto turn = std::min(n - 1, static_cast<std::size_t>(timing.on_s / sample_s));
        const double base = mean_of(trace.volt.subspan(n - n / 10)).mean, top = mean_of(trace.volt.subspan(turn - n / 10, n / 10)).mean;
        const double swing = top - base, current = step_ampere(lab, ampere(lab, step));
        if (!(swing > 5e-3))
            return {.reason = Reason::no_signal};
        // Both halves: up to the level, and back. The first sample of each stands where the current changes.
        double area = 0;
        for (std::size_t k = 0; k < turn; ++k)
            area += (top - trace.volt[k]) * sample_s;
        area -= 0.5 * (top - base) * sample_s;
        // g + a, and a tau_w - C
        return {.value = current / swing, .extra = -area * current / (swing * swing), .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        const auto reasons = reasons_of(seen);
        Sweeps a, tau_w;
        for (const Denmem d : all<Denmem>()) {
            const Estimate& bare = seen.estimates[0][d.value()];
            if (!bare.good())
                continue;
            for (std::size_t k = 1; k < seen.steps.size(); ++k) {
                const Estimate& e = seen.estimates[k][d.value()];
                const double siemens = e.value - bare.value;
                if (!e.good() || !(siemens > 0.01e-6 * lab.datasheet.analog_scale))
                    continue;
                // The response without adaptation gives the capacitance as this measurement sees it.
                const double tau = (e.extra - bare.extra) / siemens;
                const double noise = 0.006 * (e.value + bare.value) / siemens;
                a[d.value()].push_back({seen.dac[k][d.value()], siemens, std::hypot(0.02, noise)});
                if (tau > 0)
                    tau_w[d.value()].push_back({radapt_dac(lab, seen.steps[k]), tau, std::hypot(0.03, noise)});
            }
        }
        fit_factors(lab, Quantity::a, a, reasons);
        fit_factors(lab, Quantity::tau_w, tau_w, reasons);
    }

private:
    struct Design {
        double a_us, tau_w_us;
    };
    static constexpr std::array<Design, 8> designs{{{0, 10}, {0.08, 10}, {0.2, 10}, {0.5, 10}, {1.2, 10}, {0.5, 4}, {0.5, 7}, {0.5, 25}}};
    static constexpr double half_us = 120, swing_volt = 0.06;

    static double tau_m_s(const Lab& lab)
    {
        // A leak of about 0.4 uS, or the weakest that the mode has.
        const Transfer& nominal = lab.datasheet.nominal(NeuronFg::I_gl);
        const double wanted = lab.datasheet.capacitance_farad / (0.45e-6 * lab.datasheet.analog_scale);
        return std::clamp(wanted, nominal.value(nominal.dac_max) * 1.5, nominal.value(std::max(8.0, nominal.dac_min)) / 1.5);
    }
    static double radapt_dac(const Lab& lab, const Step& step)
    {
        return std::round(lab.datasheet.nominal(NeuronFg::I_radapt).dac(designs[static_cast<std::size_t>(step.kind)].tau_w_us * 1e-6 / lab.datasheet.analog_scale));
    }
    double ampere(const Lab& lab, const Step& step) const
    {
        const double g = lab.datasheet.capacitance_farad / tau_m_s(lab), a = designs[static_cast<std::size_t>(step.kind)].a_us * 1e-6 * lab.datasheet.analog_scale;
        return swing_volt * (g + a);
    }
};

/// b from the charge that adaptation draws after each spike of a neuron that fires by itself: over an interval leak and reset balance it,
/// b tau_w = g (E - <V>) / f - g (E - <V>0) / f0, the latter without adaptation; E on the same writing, with firing off.
class SpikeTriggered final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::b; }
    std::vector<Step> sweep(const Lab& lab) const override
    {
        std::vector<Step> steps{{0.0, silent}, {0.0, firing}};
        for (const double na : {5.0, 10.0, 18.0, 30.0, 45.0})
            steps.push_back({std::round(lab.datasheet.nominal(NeuronFg::I_fire).dac(na * 1e-9 * lab.datasheet.analog_scale)), firing});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 100, 100, 2)};
        HicannConfig& config = setup.config;
        set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
        set_calibrated(lab, config, NeuronFg::E_l, 1.0);
        set_calibrated(lab, config, NeuronFg::V_t, 0.85);
        set_calibrated_v_reset(lab, config, 0.7);
        set_calibrated(lab, config, NeuronFg::I_gl, tau_m_s(lab));
        set_calibrated(lab, config, NeuronFg::I_radapt, tau_w_us * 1e-6 / lab.datasheet.analog_scale);
        set_dac(config, NeuronFg::I_pl, dac_max);
        set_dac(config, NeuronFg::I_fire, step.value);
        for (DenmemConfig& denmem : config.denmems)
            denmem.activate_firing = step.kind == firing;
        if (step.kind == firing)
            setup.rows = {{NeuronFg::I_fire}};
        return setup;
    }
    Estimate observe(const Lab&, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        const double mean = mean_of(trace.volt).mean;
        if (step.kind == silent)
            return {.value = mean, .reason = Reason::none};
        const auto found = intervals(trace.spikes_s);
        if (!found || trace.spikes_s.size() < 8)
            return {.reason = Reason::no_signal};
        // The mean over whole intervals, from spike to spike.
        return {.value = mean, .extra = found->mean, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        Sweeps sweeps;
        const double g = lab.datasheet.capacitance_farad / tau_m_s(lab), tau_w = tau_w_us * 1e-6 / lab.datasheet.analog_scale;
        for (const Denmem d : all<Denmem>()) {
            const Estimate &rest = seen.estimates[0][d.value()], &bare = seen.estimates[1][d.value()];
            if (!bare.good())
                continue;
            for (std::size_t k = 2; k < seen.steps.size(); ++k)
                if (const Estimate& e = seen.estimates[k][d.value()]; e.good()) {
                    const double leak = g * (rest.value - e.value) * e.extra, charge = leak - g * (rest.value - bare.value) * bare.extra;
                    if (charge > 0)
                        sweeps[d.value()].push_back({seen.dac[k][d.value()], charge / tau_w, std::hypot(0.04, 0.01 * leak / charge)});
                }
        }
        fit_factors(lab, quantity(), sweeps, reasons_of(seen));
        // Leak and time constant were written once for all values: their errors do not average out.
        const auto sigma_at = [&](Quantity q, NeuronFg p, Denmem d, double value) {
            const Transform& t = lab.table.of(q)[d.value()];
            const auto population = curve_of(lab.table.population(q));
            const Transfer transfer = t.good() ? transfer_of(t, lab.datasheet.nominal(p), population ? &*population : nullptr) : lab.datasheet.nominal(p);
            const double dac = transfer.dac(value);
            return sigma_of(t, true, transfer, dac, lab.datasheet.write_sigma(dac, true));
        };
        for (const Denmem d : all<Denmem>())
            if (Transform& t = lab.table.of(quantity())[d.value()]; t.good())
                t.variance[0] += std::pow(sigma_at(Quantity::tau_w, NeuronFg::I_radapt, d, tau_w), 2) + std::pow(sigma_at(Quantity::tau_m, NeuronFg::I_gl, d, tau_m_s(lab)), 2);
    }

private:
    enum { silent, firing };
    static constexpr double tau_w_us = 12;
    static double tau_m_s(const Lab& lab)
    {
        const Transfer& nominal = lab.datasheet.nominal(NeuronFg::I_gl);
        const double wanted = lab.datasheet.capacitance_farad / (1.4e-6 * lab.datasheet.analog_scale);
        return std::clamp(wanted, nominal.value(nominal.dac_max) * 1.5, nominal.value(std::max(8.0, nominal.dac_min)) / 1.5);
    }
};

}   // namespace

std::unique_ptr<Protocol> subthreshold_protocol() { return std::make_unique<Subthreshold>(); }
std::unique_ptr<Protocol> spike_triggered_protocol() { return std::make_unique<SpikeTriggered>(); }

}   // namespace bss
