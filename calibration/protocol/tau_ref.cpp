#include "fast_fits.hpp"
#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// I_pl: what it adds to the interval of a neuron that fires by itself, against the shortest refractory time (calibration.md §1.3).
class LabRefractory : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::tau_ref; }
    std::vector<Step> sweep(const Lab&) const override
    {
        constexpr int repetitions = 4;
        std::vector<Step> steps(repetitions, Step{dac_max});
        for (int k = 0; k < repetitions; ++k)
            for (const double dac : {10, 15, 20, 30, 40, 60, 80})
                steps.push_back({dac});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        const double ideal_us = lab.datasheet.nominal(NeuronFg::I_pl).value(step.value) * lab.datasheet.analog_scale * 1e6;
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 10, std::max(50.0, std::min(70 * (ideal_us + 1), 500.0)))};
        HicannConfig& config = setup.config;
        set_dac(config, NeuronFg::I_pl, step.value);
        set_volt(config, NeuronFg::E_l, 1.2);
        set_volt(config, NeuronFg::V_t, 0.8);
        set_volt(config, NeuronFg::E_synx, 1.2);
        set_calibrated(lab, config, NeuronFg::E_syni, 0.8);
        set_calibrated_v_reset(lab, config, 0.5);
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        const auto smooth = smoothed(trace.volt);
        const auto [low, high] = std::minmax_element(smooth.begin(), smooth.end());
        auto found = peaks(smooth, 0.16 * (*low + *high));
        if (found.size() < 2)
            found = peaks(smooth, 0.08 * (*low + *high));
        if (found.size() < 2 || trace.spikes_s.empty())
            return {.reason = Reason::no_signal};
        const double samples = static_cast<double>(found.back() - found.front()) / static_cast<double>(found.size() - 1);
        return {.value = samples * sample_s(lab, prepare(lab, step, {}).acquisition), .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        for (const Denmem d : all<Denmem>()) {
            double shortest = 0;
            int references = 0;
            std::vector<double> tau, dac;
            for (std::size_t k = 0; k < seen.steps.size(); ++k)
                if (const Estimate& e = seen.estimates[k][d.value()]; e.good() && seen.steps[k].value == dac_max)
                    shortest += e.value, ++references;
            for (std::size_t k = 0; k < seen.steps.size(); ++k)
                if (const Estimate& e = seen.estimates[k][d.value()]; e.good() && seen.steps[k].value != dac_max && references > 0) {
                    tau.push_back(std::max(0.0, e.value - shortest / references));
                    dac.push_back(seen.steps[k].value);
                }
            Transform& transform = lab.table.of(quantity())[d.value()];
            if (tau.size() < 4) {
                transform = failed(Reason::no_signal);
                continue;
            }
            // DAC = 1 / (a tau + b)
            std::array<double, 2> p{6.25e6 / dac_max * lab.datasheet.analog_scale, 1 / dac_max};
            const double squares = fit_curve<2>(p, [&](const std::array<double, 2>& q, auto&& point) {
                for (std::size_t k = 0; k < tau.size(); ++k) {
                    const double y = 1 / (q[0] * tau[k] + q[1]);
                    point(y - dac[k], {-y * y * tau[k], -y * y});
                }
            });
            if (!(p[0] > 0) || !std::isfinite(squares)) {
                transform = failed(Reason::non_monotonic);
                continue;
            }
            transform = {.form = Transform::Form::inverse, .reason = Reason::none, .c = {p[0], p[1]}, .dac_low = 10, .dac_high = 80,
                         .residual = std::sqrt(squares / static_cast<double>(tau.size())), .points = static_cast<std::uint16_t>(tau.size())};
        }
    }
};

/// The same from spike times, with everything but I_pl written once: the difference of two intervals is the difference of two refractory times. Cells drift
/// meanwhile: short times come first, and the shortest again after them.
class FastRefractory final : public LabRefractory
{
public:
    std::vector<Step> sweep(const Lab&) const override { return {{dac_max}, {150}, {90}, {58}, {dac_max}, {38}, {25}, {16}, {10}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup = LabRefractory::prepare(lab, step, seen);
        const double ideal_us = lab.datasheet.nominal(NeuronFg::I_pl).value(step.value) * lab.datasheet.analog_scale * 1e6;
        setup.acquisition = acquire(lab, 10, 30 * (1.5 * ideal_us + 0.5), 2);
        set_time_constant(lab, setup.config, 0.7);
        if (!seen.steps.empty())
            setup.rows = {{NeuronFg::I_pl}};
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override
    {
        const auto found = intervals(trace.spikes_s);
        return found ? Estimate{.value = found->mean, .sigma = found->deviation, .reason = Reason::none} : Estimate{.reason = Reason::no_signal};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        const Transfer& nominal = lab.datasheet.nominal(NeuronFg::I_pl);
        Sweeps sweeps;
        for (const Denmem d : all<Denmem>()) {
            const Estimate &first = seen.estimates[0][d.value()], &second = seen.estimates[again][d.value()];
            if (!first.good() || !second.good())
                continue;
            for (std::size_t k = 1; k < seen.steps.size(); ++k) {
                const double late = std::min(1.0, static_cast<double>(k) / again);
                const Estimate shortest{.value = first.value + late * (second.value - first.value), .sigma = std::hypot((1 - late) * first.sigma, late * second.sigma)};
                if (const Estimate& e = seen.estimates[k][d.value()]; k != again && e.good() && e.value > shortest.value) {
                    // The shortest time is not zero, but in proportion to the others.
                    const double dac = seen.dac[k][d.value()], part = 1 - nominal.value(dac_max) / nominal.value(dac);
                    const double tau = e.value - shortest.value;
                    if (const double sigma = std::hypot(e.sigma, shortest.sigma) / tau; sigma < 0.1)
                        sweeps[d.value()].push_back({dac, tau / part, sigma});
                }
            }
        }
        fit_factors(lab, quantity(), sweeps, reasons_of(seen));
    }

private:
    static constexpr std::size_t again = 4;
};

}   // namespace

std::unique_ptr<Protocol> lab_tau_ref() { return std::make_unique<LabRefractory>(); }

std::unique_ptr<Protocol> fast_tau_ref() { return std::make_unique<FastRefractory>(); }

}   // namespace bss
