#include "fast_fits.hpp"
#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// V_convoffx, V_convoffi: the knee above which a synaptic input no longer pulls the membrane to its reversal potential (calibration.md §1.2).
class LabConvoff : public Protocol
{
public:
    explicit LabConvoff(SynapticInput input) : excitatory_(input == SynapticInput::excitatory) {}
    Quantity quantity() const override { return excitatory_ ? Quantity::V_convoffx : Quantity::V_convoffi; }
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps{{0.0, noise}};
        for (int k = 0; k < points; ++k)
            steps.push_back({1.8 * k / (points - 1), k == 0 ? first : next});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 20, 60, 2)};
        HicannConfig& config = setup.config;
        set_calibrated(lab, config, NeuronFg::E_l, 0.8);
        if (excitatory_) {
            set_volt(config, NeuronFg::E_synx, 1.2);
            set_calibrated(lab, config, NeuronFg::E_syni, 0.4);
        } else {
            set_volt(config, NeuronFg::E_synx, 1.2);
            set_calibrated(lab, config, NeuronFg::E_syni, 0.4);
        }
        set_dac(config, excitatory_ ? NeuronFg::I_convi : NeuronFg::I_convx, 0);
        set_volt(config, excitatory_ ? NeuronFg::V_convoffi : NeuronFg::V_convoffx, 1.8);
        set_nanoampere(config, NeuronFg::I_gl, 200);
        set_calibrated(lab, config, NeuronFg::V_t, 1.2);
        set_calibrated_v_reset(lab, config, 0.3);
        if (step.kind == noise) {
            set_dac(config, NeuronFg::I_convx, 0);
            set_dac(config, NeuronFg::I_convi, 0);
            set_dac(config, NeuronFg::V_syntcx, 511);
            set_dac(config, NeuronFg::V_syntci, 511);
        } else {
            set_volt(config, swept(), step.value);
        }
        if (step.kind == next)
            setup.rows = {{swept()}};
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override
    {
        const auto [mean, deviation] = mean_of(trace.volt);
        return {.value = mean, .extra = deviation, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        for (const Denmem d : all<Denmem>()) {
            const double quiet = seen.estimates[0][d.value()].extra;
            std::vector<double> x, y;
            for (std::size_t k = 1; k < seen.steps.size(); ++k)
                if (const Estimate& e = seen.estimates[k][d.value()]; e.extra <= 1.5 * quiet)
                    x.push_back(seen.steps[k].value / 1.8), y.push_back(e.value);
            Transform& transform = lab.table.of(quantity())[d.value()];
            if (x.size() < 4) {
                transform = failed(Reason::too_few_points);
                continue;
            }
            const double rest = excitatory_ ? *std::min_element(y.begin(), y.end()) : *std::max_element(y.begin(), y.end());
            std::vector<double> near_x, near_y;
            for (std::size_t k = 0; k < x.size(); ++k)
                if (const double pulled = std::abs(y[k] - rest) / 0.150; pulled <= 1)
                    near_x.push_back(x[k]), near_y.push_back(pulled);
            const auto hinge = fit_hinge(near_x, near_y);
            if (!hinge)
                transform = failed(near_x.size() < 4 ? Reason::too_few_points : Reason::no_signal);
            else if (const double dac = hinge->knee * dac_max; dac <= 100 || dac >= 900)
                transform = failed(Reason::knee_out_of_range);
            else
                transform = {.form = Transform::Form::constant, .reason = Reason::none, .c = {std::round(dac)}, .dac_low = 0, .dac_high = dac_max, .residual = 0.150 * hinge->residual,
                             .points = static_cast<std::uint16_t>(near_x.size())};
        }
    }

protected:
    static constexpr int points = 25;
    enum { noise, first, next };
    bool excitatory_;

    NeuronFg swept() const { return excitatory_ ? NeuronFg::V_convoffx : NeuronFg::V_convoffi; }
};

/// The same with fewer values, and at last with the input off, which shows where the membrane rests without any pull; the DAC that is kept stands where
/// nothing is left of the pull, a little above the knee.
class FastConvoff final : public LabConvoff
{
public:
    explicit FastConvoff(SynapticInput input) : LabConvoff(input) {}
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps;
        for (int k = 0; k < 12; ++k)
            steps.push_back({1.8 * (first_dac + spacing_dac * k) / dac_max, k == 0 ? first : next});
        steps.push_back({1.8, next});
        steps.push_back({1.8, off});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup = LabConvoff::prepare(lab, step, seen);
        setup.acquisition = acquire(lab, 25, 40, 4);
        set_calibrated(lab, setup.config, NeuronFg::E_synx, 1.2);
        // The leak of the big capacitor's normal gear at 200 nA, in any mode that can.
        set_time_constant(lab, setup.config, lab.datasheet.capacitance_farad / 1.08e-6 * 1e6);
        for (DenmemConfig& denmem : setup.config.denmems)
            denmem.activate_firing = false;
        if (step.kind == off) {
            const NeuronFg bias = excitatory_ ? NeuronFg::I_convx : NeuronFg::I_convi;
            set_dac(setup.config, bias, 0);
            setup.rows = {{bias}};
        }
        return setup;
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        constexpr double seen_volt = 6e-3;          // well above the noise of a mean
        constexpr double noise_volt = 1.3e-3;       // of a mean against another
        constexpr double left_volt = 0.1e-3;
        constexpr double most_volt = 30e-3;         // what other protocols can live with
        const std::size_t without = seen.steps.size() - 1, last = without - 1;
        const auto rest = [&](Denmem d) { return seen.estimates[without][d.value()].value; };
        const auto pull = [&](std::size_t k, Denmem d) { return (excitatory_ ? 1 : -1) * (seen.estimates[k][d.value()].value - rest(d)); };
        const auto first_free = [&](Denmem d) { // of the values from which on no pull shows
            std::size_t k = last + 1;
            while (k > 0 && pull(k - 1, d) < seen_volt)
                --k;
            return k;
        };
        // Beyond the knee the pull falls exponentially with the cell's voltage, up to where that ends: how fast, all circuits tell together by what the value
        // after the last that pulls has left.
        const Transfer& volt = lab.datasheet.nominal(NeuronFg::E_l); // a voltage cell like any other
        const auto cell_volt = [&](std::size_t k, Denmem d) { return volt.value(seen.dac[k][d.value()]); };
        std::vector<double> left_over;
        for (const Denmem d : all<Denmem>())
            if (const std::size_t k = first_free(d); k > 0 && k + 2 < last)
                left_over.push_back(pull(k, d) / pull(k - 1, d));
        const double fall = std::clamp(-std::log(std::max(1e-3, median(left_over))), 0.3, 5.0) / (volt.value(first_dac + spacing_dac) - volt.value(first_dac)); // a volt
        for (const Denmem d : all<Denmem>()) {
            Transform& transform = lab.table.of(quantity())[d.value()];
            const std::size_t k = first_free(d);
            if (std::abs(rest(d) - 0.8) > 0.2) { // something else holds the membrane
                transform = failed(Reason::no_signal);
                continue;
            }
            // From the last value that pulls to where nothing is left, or to the end; what is left there.
            // Where none pulls at all the knee lies lower still (an input that does not conduct shows in its reversal potential and time constant).
            const double from = cell_volt(k == 0 ? 0 : k - 1, d), strength = k == 0 ? seen_volt : pull(k - 1, d), wanted = volt.dac(from + std::log(strength / left_volt) / fall);
            const double dac = k > last || !(wanted < dac_max) ? dac_max : std::round(wanted);
            const double left = strength * std::exp(-fall * (volt.value(dac) - from));
            constexpr double crooked = 0.25;        // of a pull that has not quite become an exponential
            const double sigma = k > last ? noise_volt : left * std::hypot(crooked, noise_volt / strength);
            if (left > most_volt)
                transform = failed(Reason::knee_out_of_range);
            else
                transform = {.form = Transform::Form::constant, .reason = Reason::none, .c = {dac, excitatory_ ? left : -left}, .variance = {sigma * sigma, 0, 0}, .dac_low = first_dac,
                             .dac_high = dac_max, .points = static_cast<std::uint16_t>(seen.steps.size())};
        }
        inherit_failures(lab, quantity(), {excitatory_ ? Quantity::E_synx : Quantity::E_syni});
    }

private:
    enum { off = next + 1 };
    static constexpr double first_dac = 60, spacing_dac = 80;
};

}   // namespace

std::unique_ptr<Protocol> lab_v_convoff(SynapticInput input) { return std::make_unique<LabConvoff>(input); }

std::unique_ptr<Protocol> fast_v_convoff(SynapticInput input) { return std::make_unique<FastConvoff>(input); }

}   // namespace bss
