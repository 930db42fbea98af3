#include "psp.hpp"
#include "fast_fits.hpp"
#include "protocols.hpp"

#include <cmath>

namespace bss {
namespace {

/// V_syntcx, V_syntci: the smaller time constant of averaged postsynaptic potentials (calibration.md §1.3).
class LabSynaptic final : public PspProtocol
{
public:
    explicit LabSynaptic(SynapticInput input) : PspProtocol(input == SynapticInput::excitatory ? Quantity::tau_syn_E : Quantity::tau_syn_I, input) {}
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps{{0.5, noise}};
        for (int k = 0; k < 7; ++k)
            steps.push_back({0.5 * std::pow(0.9 / 0.5, k / 6.0), k == 0 ? first : next});
        for (const double volt : {1.2, 1.5, 1.8})
            steps.push_back({volt, next});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        // Three times the lab's V_gmax: with this silicon's noise its potentials would be too small for four numbers a curve.
        Setup setup = psp_setup(lab, step, 84);
        set_nanoampere(setup.config, NeuronFg::I_gl, 300);
        set_volt(setup.config, swept(), step.value);
        if (step.kind == next)
            setup.rows = {{swept()}};
        return setup;
    }

private:
    NeuronFg swept() const { return input_ == SynapticInput::excitatory ? NeuronFg::V_syntcx : NeuronFg::V_syntci; }
};

/// The rise of small potentials on a slow membrane, far apart from its decay; charge and noise the same at each value.
class FastSynaptic final : public PspProtocol
{
public:
    explicit FastSynaptic(SynapticInput input) : PspProtocol(input == SynapticInput::excitatory ? Quantity::tau_syn_E : Quantity::tau_syn_I, input) {}
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps;
        for (const double dac : {235, 260, 290, 330, 380, 450, 560, 800})
            steps.push_back({dac, steps.empty() ? first : next});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        // About 20 mV at the peak on either capacitor.
        const double tau_us = lab.datasheet.nominal(swept()).value(step.value) * lab.datasheet.analog_scale * 1e6;
        const auto [weight, v_gmax] = drive_for(lab, 20e-3 * lab.datasheet.capacitance_farad / (tau_us * 1e-6) / 0.45 * lab.datasheet.analog_scale);
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, period_us, period_us, 2, repeats)};
        HicannConfig& config = setup.config;
        for (DenmemConfig& denmem : config.denmems)
            denmem.activate_firing = false;
        set_calibrated(lab, config, NeuronFg::E_syni, e_syni_volt);
        set_calibrated(lab, config, NeuronFg::E_synx, e_synx_volt);
        set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
        set_calibrated(lab, config, NeuronFg::I_gl, std::min(4e-6 / lab.datasheet.analog_scale, 0.9 * lab.datasheet.nominal(NeuronFg::I_gl).value(std::max(2.0, lab.datasheet.nominal(NeuronFg::I_gl).dac_min))));
        set_dac(config, swept(), step.value);
        connect_stimulation(setup, input_, clocks(lab, period_us), v_gmax, 30, weight);
        if (step.kind == next)
            setup.rows = {{swept()}};
        return setup;
    }
    Estimate observe(const Lab& lab, const Step&, Denmem denmem, const BenchTrace& trace) const override
    {
        // The nearer to its reversal potential, the less an input draws: in -drive ln(1 - v / drive) conductances are a current.
        const double rest = mean_of(trace.volt.subspan(2 * trace.volt.size() / 3)).mean;
        const double drive = (input_ == SynapticInput::excitatory ? e_synx_volt : e_syni_volt) - (rest - readout_shift(lab, denmem));
        std::vector<float> straight;
        for (const float v : trace.volt)
            straight.push_back(static_cast<float>(rest - drive * std::log(std::max(0.1, 1 - (v - rest) / drive))));
        const auto psp = fit_psp(straight, acquire(lab, 0, 0, 2).every / lab.adc_rate_hz, input_ == SynapticInput::excitatory);
        if (!psp || !(psp->residual < 0.1 * std::abs(psp->height)))
            return {.reason = Reason::no_signal};
        return {.value = psp->fast, .sigma = psp->residual / std::abs(psp->height), .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        fit_factors(lab, quantity(), sweeps_of(lab, seen, false, 0.0), reasons_of(seen));
        inherit_failures(lab, quantity(), {Quantity::E_l, Quantity::tau_m, input_ == SynapticInput::excitatory ? Quantity::E_synx : Quantity::E_syni});
    }

private:
    static constexpr double period_us = 40, e_synx_volt = 1.25, e_syni_volt = 0.4;
    static constexpr int repeats = 4000;
    NeuronFg swept() const { return input_ == SynapticInput::excitatory ? NeuronFg::V_syntcx : NeuronFg::V_syntci; }
};

}   // namespace

std::unique_ptr<Protocol> lab_tau_syn(SynapticInput input) { return std::make_unique<LabSynaptic>(input); }

std::unique_ptr<Protocol> fast_tau_syn(SynapticInput input) { return std::make_unique<FastSynaptic>(input); }

}   // namespace bss
