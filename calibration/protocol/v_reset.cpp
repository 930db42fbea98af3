#include "fast_fits.hpp"
#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// V_reset, a cell that 128 denmems share: the flat part after each spike of a neuron that fires by itself (calibration.md §1.2).
class LabReset : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::V_reset; }
    std::vector<Step> sweep(const Lab&) const override { return {{0.5}, {0.6}, {0.7}, {0.8}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 20, 100)};
        set_v_reset_volt(setup.config, step.value);
        set_volt(setup.config, NeuronFg::V_t, step.value + 0.2);
        set_volt(setup.config, NeuronFg::E_l, step.value + 0.4);
        set_nanoampere(setup.config, NeuronFg::I_gl, 1100);
        set_nanoampere(setup.config, NeuronFg::I_pl, 20);
        set_dac(setup.config, NeuronFg::I_convx, 0);
        set_dac(setup.config, NeuronFg::I_convi, 0);
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override
    {
        return {.value = baseline_after_spikes(trace.volt), .reason = trace.spikes_s.size() >= 3 ? Reason::none : Reason::no_signal};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        std::array<std::vector<Denmem>, FgBlock::count> members;
        for (const Denmem d : all<Denmem>())
            members[d.shared_fg_block().value()].push_back(d);
        for (const auto& block : members) {
            std::vector<double> dac, volt;
            for (std::size_t k = 0; k < seen.steps.size(); ++k) {
                double sum = 0;
                int count = 0;
                for (const Denmem d : block)
                    if (const Estimate& e = seen.estimates[k][d.value()]; e.good())
                        sum += e.value - readout_shift(lab, d), ++count;
                if (count > 0)
                    dac.push_back(seen.dac[k][block.front().value()]), volt.push_back(sum / count);
            }
            Transform transform = failed(Reason::too_few_points);
            if (const auto line = fit_line(dac, volt))
                transform = {.form = Transform::Form::line, .reason = Reason::none, .c = {line->offset, line->slope}, .variance = {line->residual * line->residual, 0, 0}, .dac_low = dac.front(),
                             .dac_high = dac.back(), .residual = line->residual, .points = static_cast<std::uint16_t>(dac.size())};
            for (const Denmem d : block)
                lab.table.of(quantity())[d.value()] = transform;
        }
    }
};

/// The same from more writings, each denmem for itself: the cell is shared, but what it makes of it is known.
class FastReset final : public LabReset
{
public:
    std::vector<Step> sweep(const Lab&) const override { return {{0.45}, {0.55}, {0.6}, {0.7}, {0.75}, {0.85}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup = LabReset::prepare(lab, step, seen);
        setup.acquisition = acquire(lab, 20, 60);
        return setup;
    }
    Estimate observe(const Lab& lab, const Step&, Denmem, const BenchTrace& trace) const override
    {
        // The plateau right after each spike; even the shortest refractory times at this I_pl last longer.
        const double sample_s = 1 / lab.adc_rate_hz / lab.datasheet.analog_scale;
        constexpr std::size_t first = 3, last = 25;
        double sum = 0;
        std::size_t count = 0;
        for (const double spike : trace.spikes_s) {
            const auto at = static_cast<std::size_t>(spike / sample_s);
            for (std::size_t k = at + first; k < at + last && k < trace.volt.size(); ++k, ++count)
                sum += trace.volt[k];
        }
        if (count == 0)
            return {.reason = Reason::no_signal};
        return {.value = sum / static_cast<double>(count), .sigma = 0.3e-3, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        fit_potentials(lab, quantity(), sweeps_of(lab, seen, true, 0.3e-3), reasons_of(seen));
        // What the block's DAC cannot undo: how far its members lie apart.
        std::vector<double> own;
        std::array<std::vector<double>, FgBlock::count> offsets;
        auto& transforms = lab.table.of(quantity());
        const auto at_middle = [](const Transform& t) { return t.c[1] + 0.7 * t.c[0]; };
        for (const Denmem d : all<Denmem>())
            if (const Transform& t = transforms[d.value()]; t.good())
                offsets[d.shared_fg_block().value()].push_back(at_middle(t));
        for (const auto& block : offsets)
            for (const double o : block)
                own.push_back(o - median(block));
        const double apart = robust_deviation(own);
        for (Transform& t : transforms)
            if (t.good())
                t.variance[0] += apart * apart;
    }
};

}   // namespace

std::unique_ptr<Protocol> lab_v_reset() { return std::make_unique<LabReset>(); }

std::unique_ptr<Protocol> fast_v_reset() { return std::make_unique<FastReset>(); }

}   // namespace bss
