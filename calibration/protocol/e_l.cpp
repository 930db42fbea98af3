#include "fast_fits.hpp"
#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// E_l: rest of a membrane whose synaptic inputs are disconnected (calibration.md §1.2).
class LabRest : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::E_l; }
    std::vector<Step> sweep(const Lab&) const override { return {{0.7}, {0.8}, {0.9}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 20, 100, 4)};
        set_volt(setup.config, NeuronFg::E_l, step.value);
        disconnect_inputs(setup.config);
        set_calibrated(lab, setup.config, NeuronFg::V_t, 1.2);
        set_calibrated_v_reset(lab, setup.config, 0.9);
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override { return {.value = mean_of(trace.volt).mean, .reason = Reason::none}; }
    void fit(Lab& lab, const Observations& seen) const override { fit_lines(lab, quantity(), seen, 1.5); }
};

/// The same as networks use it: synaptic inputs connected, with V_convoff as calibrated.
class FastRest final : public LabRest
{
public:
    std::vector<Step> sweep(const Lab&) const override { return {{0.5}, {0.65}, {0.75}, {0.83}, {0.91}, {1.0}, {1.15}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 15, 40, 4)};
        for (DenmemConfig& denmem : setup.config.denmems)
            denmem.activate_firing = false;
        set_volt(setup.config, NeuronFg::E_l, step.value);
        set_calibrated(lab, setup.config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, setup.config, NeuronFg::V_convoffi, 0);
        return setup;
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        fit_potentials(lab, quantity(), sweeps_of(lab, seen, true, 0.4e-3), reasons_of(seen));
        // An input that leaks too much holds the membrane, whatever E_l is.
        for (const Denmem d : all<Denmem>())
            for (const Quantity q : {Quantity::V_convoffx, Quantity::V_convoffi})
                if (Transform& t = lab.table.of(quantity())[d.value()]; !t.good() && lab.table.of(q)[d.value()].reason == Reason::knee_out_of_range)
                    t = failed(Reason::knee_out_of_range);
    }
};

}   // namespace

std::unique_ptr<Protocol> lab_e_l() { return std::make_unique<LabRest>(); }

std::unique_ptr<Protocol> fast_e_l() { return std::make_unique<FastRest>(); }

}   // namespace bss
