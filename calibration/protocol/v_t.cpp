#include "fast_fits.hpp"
#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// V_t: peaks of a neuron that fires by itself because E_l lies above its threshold (calibration.md §1.2).
class LabThreshold : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::V_t; }
    std::vector<Step> sweep(const Lab&) const override { return {{0.7}, {0.8}, {0.9}, {1.0}, {1.1}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 20, 100)};
        set_v_reset_volt(setup.config, step.value - 0.2);
        set_volt(setup.config, NeuronFg::V_t, step.value);
        set_volt(setup.config, NeuronFg::E_l, step.value + 0.2);
        set_nanoampere(setup.config, NeuronFg::I_gl, 1500);
        set_dac(setup.config, NeuronFg::I_convx, 0);
        set_dac(setup.config, NeuronFg::I_convi, 0);
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override
    {
        const auto found = peaks(trace.volt, mean_of(trace.volt).deviation);
        if (found.empty() || trace.spikes_s.empty())
            return {.reason = Reason::no_signal};
        double sum = 0;
        for (const std::size_t k : found)
            sum += trace.volt[k];
        return {.value = sum / static_cast<double>(found.size()), .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override { fit_lines(lab, quantity(), seen, 1.0); }
};

/// The same with a slow approach to the threshold, and the top of each spike extrapolated from the last two samples before it.
class FastThreshold final : public LabThreshold
{
public:
    std::vector<Step> sweep(const Lab&) const override { return {{0.6}, {0.75}, {0.87}, {0.97}, {1.07}, {1.17}, {1.27}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup = LabThreshold::prepare(lab, step, seen);
        setup.acquisition = acquire(lab, 20, 60);
        set_time_constant(lab, setup.config, 0.8);
        set_volt(setup.config, NeuronFg::E_l, std::min(step.value + 0.13, 1.5));
        return setup;
    }
    Estimate observe(const Lab& lab, const Step&, Denmem, const BenchTrace& trace) const override
    {
        const double sample_s = 1 / lab.adc_rate_hz / lab.datasheet.analog_scale;
        double sum = 0;
        int count = 0;
        for (const double spike : trace.spikes_s) {
            const auto at = static_cast<std::size_t>(spike / sample_s); // the last sample before the crossing
            if (at < 3 || at >= trace.volt.size())
                continue;
            const double rise = (trace.volt[at] - trace.volt[at - 3]) / 3;
            sum += trace.volt[at] + 0.5 * rise;
            ++count;
        }
        return count < 5 ? Estimate{.reason = Reason::no_signal} : Estimate{.value = sum / count, .sigma = 0.4e-3, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override { fit_potentials(lab, quantity(), sweeps_of(lab, seen, true, 0.4e-3), reasons_of(seen)); }
};

}   // namespace

std::unique_ptr<Protocol> lab_v_t() { return std::make_unique<LabThreshold>(); }

std::unique_ptr<Protocol> fast_v_t() { return std::make_unique<FastThreshold>(); }

}   // namespace bss
