#include "fast_fits.hpp"
#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// E_syni, E_synx: with V_convoff low the input conducts for ever and clamps the membrane to its reversal potential (calibration.md §1.2).
class LabReversal : public Protocol
{
public:
    explicit LabReversal(SynapticInput input) : excitatory_(input == SynapticInput::excitatory) {}
    Quantity quantity() const override { return excitatory_ ? Quantity::E_synx : Quantity::E_syni; }
    std::vector<Step> sweep(const Lab&) const override { return excitatory_ ? std::vector<Step>{{0.8}, {0.9}, {1.0}} : std::vector<Step>{{0.4}, {0.6}, {0.8}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 60, 100, 4)};
        HicannConfig& config = setup.config;
        set_volt(config, excitatory_ ? NeuronFg::E_synx : NeuronFg::E_syni, step.value);
        set_volt(config, excitatory_ ? NeuronFg::V_convoffx : NeuronFg::V_convoffi, 0.1);
        set_dac(config, excitatory_ ? NeuronFg::I_convi : NeuronFg::I_convx, 0);
        set_dac(config, NeuronFg::I_gl, 0);
        set_volt(config, excitatory_ ? NeuronFg::V_syntcx : NeuronFg::V_syntci, 1.8);
        set_calibrated(lab, config, NeuronFg::V_t, 1.2);
        set_calibrated_v_reset(lab, config, 0.9);
        set_calibrated(lab, config, NeuronFg::E_l, 0.8);
        connect_stimulation(setup, excitatory_ ? SynapticInput::excitatory : SynapticInput::inhibitory, clocks(lab, 0.2), 45, 30);
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override { return {.value = mean_of(trace.volt).mean, .reason = Reason::none}; }
    void fit(Lab& lab, const Observations& seen) const override { fit_lines(lab, quantity(), seen, 1.0); }

protected:
    bool excitatory_;
};

/// The same over the range that networks use, clamped by strong input as well, and with E_l beside the value so that what leaks does not pull it away. In
/// the last step E_l stands elsewhere: an input that does not conduct shows.
class FastReversal final : public LabReversal
{
public:
    explicit FastReversal(SynapticInput input) : LabReversal(input) {}
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps;
        for (const double volt : excitatory_ ? std::vector{0.8, 0.95, 1.05, 1.15, 1.3, 1.45} : std::vector{0.35, 0.5, 0.62, 0.75, 0.85, 1.0})
            steps.push_back({volt, beside});
        steps.push_back({excitatory_ ? 1.1 : 0.8, apart});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup = LabReversal::prepare(lab, step, seen);
        setup.acquisition = acquire(lab, 30, 40, 4);
        for (DenmemConfig& denmem : setup.config.denmems)
            denmem.activate_firing = false;
        set_volt(setup.config, NeuronFg::E_l, std::min(1.5, step.kind == beside ? step.value : step.value - 0.3));
        connect_stimulation(setup, excitatory_ ? SynapticInput::excitatory : SynapticInput::inhibitory, clocks(lab, 0.2), 568, 30);
        return setup;
    }
    Estimate observe(const Lab&, const Step& step, Denmem, const BenchTrace& trace) const override
    {
        return {.value = mean_of(trace.volt).mean, .sigma = step.kind == beside ? 0.3e-3 : 8e-3, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override { fit_potentials(lab, quantity(), sweeps_of(lab, seen, true, 0.3e-3), reasons_of(seen)); }

private:
    enum { beside, apart };
};

}   // namespace

std::unique_ptr<Protocol> lab_e_syn(SynapticInput input) { return std::make_unique<LabReversal>(input); }

std::unique_ptr<Protocol> fast_e_syn(SynapticInput input) { return std::make_unique<FastReversal>(input); }

}   // namespace bss
