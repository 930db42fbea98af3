#include <cmath>

#include "psp.hpp"
#include "step_response.hpp"
#include "fast_fits.hpp"
#include "protocols.hpp"

namespace bss {
namespace {

/// I_gl: the larger time constant of averaged EPSPs (calibration.md §1.3).
class LabMembrane final : public PspProtocol
{
public:
    LabMembrane() : PspProtocol(Quantity::tau_m, SynapticInput::excitatory) {}
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps{{100, noise}};
        for (int k = 0; k < 8; ++k)
            steps.push_back({100.0 + 100 * k, k == 0 ? first : next});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup = psp_setup(lab, step, 568);
        set_volt(setup.config, NeuronFg::V_syntcx, 1.6);
        set_nanoampere(setup.config, NeuronFg::I_gl, step.value);
        if (step.kind == next)
            setup.rows = {{NeuronFg::I_gl}};
        return setup;
    }
};

/// The response to steps of current, folded: no synapse takes part (calibration.md §1.4).
class FastMembrane final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::tau_m; }
    std::vector<Step> sweep(const Lab& lab) const override
    {
        const Transfer& nominal = lab.datasheet.nominal(NeuronFg::I_gl);
        std::vector<Step> steps;
        constexpr int points = 8;
        const double low = std::max(14.0, nominal.dac_min), high = nominal.dac_max;
        for (int k = 0; k < points; ++k)
            steps.push_back({std::round(low * std::pow(high / low, static_cast<double>(k) / (points - 1)))});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet)};
        set_dac(setup.config, NeuronFg::I_gl, step.value);
        set_calibrated(lab, setup.config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, setup.config, NeuronFg::V_convoffi, 0);
        const double tau = lab.datasheet.nominal(NeuronFg::I_gl).value(step.value);
        step_stimulus(lab, setup, swing_volt * lab.datasheet.capacitance_farad / tau, step_timing(lab, half_s(lab, step)));
        return setup;
    }
    Estimate observe(const Lab& lab, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        const StepTiming timing = step_timing(lab, half_s(lab, step));
        const auto response = fit_step(trace.volt, timing.acquisition.every / lab.adc_rate_hz, timing.on_s);
        if (!response || !(response->swing > 0.3 * swing_volt) || !(response->swing < 5 * swing_volt))
            return {.reason = Reason::no_signal}; // the leak is not what limits the swing
        if (!(response->residual < 0.05 * response->swing))
            return {.reason = Reason::bad_residual};
        return {.value = response->tau, .sigma = 0.006, .reason = Reason::none};
    }
    /// What synaptic inputs still leak is the rate.
    void fit(Lab& lab, const Observations& seen) const override { fit_factors_and_rates(lab, quantity(), sweeps_of(lab, seen, false, 0.006), reasons_of(seen)); }

private:
    static constexpr double swing_volt = 0.05;
    static double half_s(const Lab& lab, const Step& step) { return 8 * lab.datasheet.nominal(NeuronFg::I_gl).value(step.value); }
};

}   // namespace

std::unique_ptr<Protocol> lab_tau_m() { return std::make_unique<LabMembrane>(); }

std::unique_ptr<Protocol> fast_tau_m() { return std::make_unique<FastMembrane>(); }

}   // namespace bss
