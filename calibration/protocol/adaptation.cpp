#include <cmath>

#include "calibration/estimators.hpp"
#include "fast_fits.hpp"
#include "protocols.hpp"
#include "step_response.hpp"

namespace bss {
namespace {

constexpr double half_us = 190, area_us = 70, swing_volt = 0.045;
constexpr int repeats = 600;
constexpr double samples_of_a_period = 1600;           // the area is a sum over them

StepTiming adaptation_timing(const Lab& lab) { return step_timing(lab, half_us * 1e-6 / lab.datasheet.analog_scale, samples_of_a_period); }

/// Sets up a step of current that moves a membrane of so much conductance by `swing_volt`.
void adaptation_stimulus(const Lab& lab, Setup& setup, double siemens)
{
    step_stimulus(lab, setup, swing_volt * siemens, adaptation_timing(lab));
}

/// What a response to a step of current says of a linear membrane with adaptation: its swing is I / (g + a), and the area between the response and where it
/// ends is I (C - a tau_w) / (g + a)^2. value: g + a; extra: a tau_w - C.
Estimate conductance_of(const Lab& lab, const BenchTrace& trace, double siemens)
{
    const StepTiming timing = adaptation_timing(lab);
    const double sample_s = timing.acquisition.every / lab.adc_rate_hz, current = step_ampere(lab, swing_volt * siemens);
    const std::size_t n = trace.volt.size();
    const auto turn = std::min(n - 1, static_cast<std::size_t>(timing.on_s / sample_s));
    const auto settled = std::min(turn / 2, static_cast<std::size_t>(area_us * 1e-6 / lab.datasheet.analog_scale / sample_s));
    const double base = mean_of(trace.volt.subspan(turn + settled)).mean, top = mean_of(trace.volt.subspan(settled, turn - settled)).mean, swing = top - base;
    if (!(swing > 5e-3))
        return {.reason = Reason::no_signal};
    double area = -0.5 * swing * sample_s; // the first sample stands where the current sets in
    for (std::size_t k = 0; k < settled; ++k)
        area += (top - trace.volt[k]) * sample_s;
    return {.value = current / swing, .extra = -area * current / (swing * swing), .reason = Reason::none};
}

/// a and tau_w from responses with and without adaptation on the same writing of everything else. The leak drifts meanwhile: a response without comes before
/// and after every two others.
class Subthreshold final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::a; }
    std::vector<Step> sweep(const Lab& lab) const override
    {
        const double s = lab.datasheet.analog_scale;
        std::vector<Step> steps;
        for (int k = 0; k < static_cast<int>(designs.size()); ++k)
            steps.push_back({std::round(lab.datasheet.nominal(NeuronFg::I_gladapt).dac(designs[static_cast<std::size_t>(k)].a_us * 1e-6 * s)), k});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet)};
        HicannConfig& config = setup.config;
        disconnect_inputs(config);
        set_calibrated(lab, config, NeuronFg::I_gl, tau_m_s(lab));
        set_dac(config, NeuronFg::I_gladapt, step.value);
        set_dac(config, NeuronFg::I_radapt, radapt_dac(lab, step));
        adaptation_stimulus(lab, setup, siemens(lab, step));
        if (!seen.steps.empty())
            setup.rows = {{NeuronFg::I_gladapt, NeuronFg::I_radapt}};
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        return conductance_of(lab, trace, siemens(lab, step));
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        const auto reasons = reasons_of(seen);
        Sweeps a, tau_w;
        for (const Denmem d : all<Denmem>()) {
            for (std::size_t k = 0; k < seen.steps.size(); ++k) {
                const std::size_t before = k / 3 * 3, after = before + 3;
                if (k == before || !seen.estimates[before][d.value()].good() || !seen.estimates[after][d.value()].good())
                    continue;
                const Estimate& e = seen.estimates[k][d.value()];
                const auto between = [&](double Estimate::* what) {
                    const double part = static_cast<double>(k - before) / 3;
                    return (1 - part) * (seen.estimates[before][d.value()].*what) + part * (seen.estimates[after][d.value()].*what);
                };
                const Estimate bare{.value = between(&Estimate::value), .extra = between(&Estimate::extra)};
                const double a_siemens = e.value - bare.value;
                if (!e.good() || !(a_siemens > 0.01e-6 * lab.datasheet.analog_scale))
                    continue;
                // The response without adaptation gives the capacitance as this measurement sees it.
                const double tau = (e.extra - bare.extra) / a_siemens, noise = 0.001 * (e.value + bare.value) / a_siemens;
                a[d.value()].push_back({seen.dac[k][d.value()], a_siemens, noise});
                if (tau > 0)
                    tau_w[d.value()].push_back({radapt_dac(lab, seen.steps[k]), tau, noise});
            }
        }
        fit_factors(lab, Quantity::a, a, reasons);
        fit_factors(lab, Quantity::tau_w, tau_w, reasons);
        for (const Quantity q : {Quantity::a, Quantity::tau_w})
            inherit_failures(lab, q, {Quantity::E_l, Quantity::tau_m});
        // Neighbours share the responses without adaptation.
        constexpr double common = 0.003;
        for (Transform& t : lab.table.of(Quantity::tau_w))
            t.variance[0] += common * common;
    }

private:
    struct Design {
        double a_us, tau_w_us;
    };
    static constexpr std::array<Design, 13> designs{{{0, 10}, {0.08, 10}, {0.9, 3.5}, {0, 10}, {0.2, 14}, {0.9, 5}, {0, 10}, {0.5, 20}, {0.6, 7}, {0, 10}, {1.3, 10}, {0.6, 28}, {0, 10}}};

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
    static double siemens(const Lab& lab, const Step& step)
    {
        return lab.datasheet.capacitance_farad / tau_m_s(lab) + designs[static_cast<std::size_t>(step.kind)].a_us * 1e-6 * lab.datasheet.analog_scale;
    }
};

/// b from the charge that adaptation draws after each spike of a neuron that fires by itself: over an interval leak and reset balance it,
/// b tau_w = g (E - <V>) / f - g (E - <V>0) / f0, the latter without adaptation; E, g and tau_w on the same writing, with firing off. The latter is a capacitor's
/// charge, the same while the leak drifts: measured before, between, and after, it tells how.
class SpikeTriggered final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::b; }
    std::vector<Step> sweep(const Lab& lab) const override
    {
        std::vector<Step> steps{{0.0, bare}, {0.0, adapted}, {0.0, bare}, {0.0, adapted}, {0.0, bare}, {0.0, silent}, {0.0, firing}};
        for (const double na : {5.0, 10.0, 18.0, 0.0, 30.0, 45.0, 0.0})
            steps.push_back({na > 0 ? std::round(lab.datasheet.nominal(NeuronFg::I_fire).dac(na * 1e-9 * lab.datasheet.analog_scale)) : 0.0, firing});
        steps.push_back({0.0, silent});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 100, 150, 2)};
        HicannConfig& config = setup.config;
        rest_without_inputs(lab, config, e_l_volt);
        set_calibrated(lab, config, NeuronFg::V_t, 0.85);
        set_calibrated_v_reset(lab, config, 0.72);
        set_calibrated(lab, config, NeuronFg::I_gl, tau_m_s(lab));
        set_calibrated(lab, config, NeuronFg::I_radapt, 12e-6 / lab.datasheet.analog_scale);
        set_dac(config, NeuronFg::I_pl, dac_max);
        set_dac(config, NeuronFg::I_fire, step.value);
        if (step.kind == bare || step.kind == adapted)
            adaptation_stimulus(lab, setup, siemens(lab, step));
        if (step.kind == adapted)
            set_dac(config, NeuronFg::I_gladapt, lab.datasheet.nominal(NeuronFg::I_gladapt).dac(a_us * 1e-6 * lab.datasheet.analog_scale));
        for (DenmemConfig& denmem : config.denmems)
            denmem.activate_firing = step.kind == firing;
        if (!seen.steps.empty())
            setup.rows = {{step.kind == firing ? NeuronFg::I_fire : NeuronFg::I_gladapt}};
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        if (step.kind == bare || step.kind == adapted)
            return conductance_of(lab, trace, siemens(lab, step));
        if (step.kind == silent)
            return {.value = mean_of(trace.volt).mean, .reason = Reason::none};
        const auto found = intervals(trace.spikes_s);
        if (!found || trace.spikes_s.size() < 6)
            return {.reason = Reason::no_signal};
        // Over whole intervals.
        const double sample_s = acquire(lab, 0, 0, 2).every / lab.adc_rate_hz;
        const auto from = static_cast<std::size_t>(trace.spikes_s.front() / sample_s) + 1, to = static_cast<std::size_t>(trace.spikes_s.back() / sample_s) + 1;
        return {.value = mean_of(trace.volt.subspan(from, std::min(to, trace.volt.size()) - from)).mean, .extra = found->mean, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        Sweeps sweeps;
        std::vector<double> apart, shared, astray;
        for (const Denmem d : all<Denmem>()) {
            const auto step = [&](std::size_t k) -> const Estimate& { return seen.estimates[k][d.value()]; };
            const std::size_t middle = first + 4, last = seen.steps.size() - 2;
            if (!std::all_of(seen.estimates.begin(), seen.estimates.begin() + first + 1, [&](const auto& e) { return e[d.value()].good(); }) || !step(middle).good() || !step(last).good())
                continue;
            // Twice: how far the two lie apart is how well it is known.
            const auto tau = [&](std::size_t k) { return (step(k).extra - (step(k - 1).extra + step(k + 1).extra) / 2) / (step(k).value - (step(k - 1).value + step(k + 1).value) / 2); };
            const double g = step(first - 2).value, tau_w = (tau(1) + tau(3)) / 2;
            const auto rest = [&](std::size_t k) { // drifts as well
                const double part = static_cast<double>(k - (first - 1)) / static_cast<double>(last + 1 - (first - 1));
                return (1 - part) * step(first - 1).value + part * step(last + 1).value;
            };
            apart.push_back((tau(1) - tau(3)) / (2 * tau_w));
            const auto bend = [&](double Estimate::* what) { return step(0).*what - 2 * step(2).*what + step(4).*what; };
            shared.push_back((bend(&Estimate::extra) / tau_w - bend(&Estimate::value)) / (step(1).value - step(2).value) / std::sqrt(24.0));
            const auto drop = [&](std::size_t k) { return (rest(k) - step(k).value) * step(k).extra; };
            astray.push_back((drop(middle) - (drop(first) + drop(last)) / 2) / drop(middle));
            if (std::abs(rest(first) - readout_shift(lab, d) - e_l_volt) > 0.08) // something else holds the membrane
                continue;
            for (std::size_t k = first + 1; k < last; ++k)
                if (const Estimate& e = step(k); k != middle && e.good() && tau_w > 0) {
                    const std::size_t before = k < middle ? first : middle, after = k < middle ? middle : last;
                    const double part = static_cast<double>(k - before) / static_cast<double>(after - before), without = drop(before) + part * (drop(after) - drop(before));
                    const double charge = g * drop(first) * (drop(k) / without - 1);
                    if (charge > 0)
                        sweeps[d.value()].push_back({seen.dac[k][d.value()], charge / tau_w, g * drop(k) / charge});
                }
        }
        fit_factors(lab, quantity(), sweeps, reasons_of(seen));
        inherit_failures(lab, quantity(), {Quantity::E_l, Quantity::tau_m});
        // Errors that are the same for all values do not average out: of the time constant, half of what its two lie apart and what they have in common, the
        // response between them; and of the charge without adaptation, which is about half of all.
        const double common = std::hypot(robust_deviation(apart), robust_deviation(shared), robust_deviation(astray));
        for (Transform& t : lab.table.of(quantity()))
            t.variance[0] += common * common;
    }

private:
    enum { bare, adapted, silent, firing };
    static constexpr std::size_t first = 6;         // of the steps in which it fires
    static constexpr double a_us = 1, e_l_volt = 0.9;
    static double siemens(const Lab& lab, const Step& step)
    {
        return lab.datasheet.capacitance_farad / tau_m_s(lab) + (step.kind == adapted ? a_us * 1e-6 * lab.datasheet.analog_scale : 0);
    }
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
