#include <algorithm>
#include <cmath>
#include <numbers>

#include "calibration/estimators.hpp"
#include "fast_fits.hpp"
#include "protocols.hpp"

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
        set_volt(config, NeuronFg::E_synx, 1.2);
        set_calibrated(lab, config, NeuronFg::E_syni, 0.4);
        set_dac(config, excitatory_ ? NeuronFg::I_convi : NeuronFg::I_convx, 0);
        set_volt(config, excitatory_ ? NeuronFg::V_convoffi : NeuronFg::V_convoffx, 1.8);
        set_dac(config, NeuronFg::I_gl, convoff_leak_dac(lab));
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
        // What membranes show that have come free: drift, all the same and each its own, and noise from one value to the next.
        constexpr std::size_t far = 3;              // steps from the last that pulls
        const auto before_rest = [&](std::size_t k) { return static_cast<double>(without - k); };
        double sum = 0, squares = 1e-9;
        std::vector<double> off, apart;
        for (const Denmem d : all<Denmem>())
            for (std::size_t k = first_free(d) + far; k <= last; ++k)
                if (std::abs(pull(k, d)) < seen_volt)
                    sum += pull(k, d) * before_rest(k), squares += std::pow(before_rest(k), 2);
        const double drift = sum / squares;
        for (const Denmem d : all<Denmem>())
            for (std::size_t k = first_free(d) + far; k < last; ++k) {
                apart.push_back(pull(k, d) - pull(k + 1, d));
                if (k == first_free(d) + far)
                    off.push_back(pull(k, d) - drift * before_rest(k));
            }
        const double noise = std::max(1e-5, robust_deviation(apart) / std::numbers::sqrt2), rest_sigma = std::max(noise, robust_deviation(off));
        const Transfer& volt = lab.datasheet.nominal(NeuronFg::E_l); // a voltage cell like any other
        const auto slope = [&](double dac) { return (volt.value(dac + 1) - volt.value(dac - 1)) / 2; };
        const auto pulls_of = [&](Denmem d, double width_volt) {
            const double distance = std::abs((excitatory_ ? e_synx_volt : e_syni_volt) - (rest(d) - readout_shift(lab, d)));
            std::vector<Pull> pulls;
            for (std::size_t k = 0; k <= std::min(last, first_free(d) + 2); ++k) // later ones show a rest that has drifted
                if (const double dac = seen.dac[k][d.value()], p = pull(k, d) - drift * before_rest(k); p < linear_volt)
                    pulls.push_back({volt.value(dac), distance, p, std::hypot(noise, p * slope(dac) * lab.datasheet.write_sigma(dac, false) / width_volt)});
            return pulls;
        };
        // Pulls are in terms of the leak, which is written now and again where it counts.
        const Transfer& leak = lab.datasheet.nominal(NeuronFg::I_gl);
        const double leak_dac = convoff_leak_dac(lab);
        const double leak_written = log_slope(leak, leak_dac) * lab.datasheet.write_sigma(leak_dac, true);
        // Each circuit for itself, then again with what is usual, and with one width for all.
        Knee usual{.mean = {std::log(0.3), volt.value(500), std::log(0.1), 0}, .deviation = {3, 1, 1, rest_sigma}};
        std::array<std::vector<double>, 3> found;
        for (const Denmem d : all<Denmem>())
            if (const auto pulls = pulls_of(d, std::exp(usual.mean[2])); std::count_if(pulls.begin(), pulls.end(), [](const Pull& p) { return p.volt_seen > seen_volt; }) >= 3) {
                const auto p = fit_knee(usual, pulls);
                for (std::size_t i = 0; i < found.size(); ++i)
                    found[i].push_back(p[i]);
            }
        if (!found[0].empty())
            for (std::size_t i = 0; i < found.size(); ++i)
                usual.mean[i] = median(found[i]), usual.deviation[i] = std::max(0.01, robust_deviation(found[i]));
        usual.deviation[2] = 0.008; // so far the medians of chips lie apart
        for (const Denmem d : all<Denmem>()) {
            Transform& transform = lab.table.of(quantity())[d.value()];
            if (std::abs(rest(d) - 0.8) > 0.2) { // something else holds the membrane
                transform = failed(Reason::no_signal);
                continue;
            }
            // To where nothing is left, or to the end; what is left there. (An input that does not conduct shows in its reversal potential and time constant.)
            const auto pulls = pulls_of(d, std::exp(usual.mean[2]));
            const auto p = fit_knee(usual, pulls);
            const double soft = left_volt / (convoff_distance_volt - left_volt) / std::exp(p[0]), wanted = volt.dac(p[1] - std::exp(p[2]) * std::log(std::expm1(soft)));
            const double dac = wanted < dac_max ? std::round(std::max(wanted, first_dac)) : dac_max;
            auto [left, gradient] = pull_of(p, volt.value(dac), convoff_distance_volt);
            if (pull(last, d) > linear_volt)        // nothing that could be fitted
                left = pull(last, d);
            const double write = gradient[1] * slope(dac) * lab.datasheet.write_sigma(dac, false);
            const double variance = variance_of<4>(p, [&](const auto& q, auto&& point) { usual.visit(q, pulls, point); }, gradient) + write * write + 2 * std::pow(left * leak_written, 2);
            transform = {.form = Transform::Form::constant, .reason = Reason::none, .c = {dac, excitatory_ ? left : -left}, .variance = {variance, 0, 0}, .dac_low = first_dac,
                         .dac_high = dac_max, .points = static_cast<std::uint16_t>(seen.steps.size())};
            if (left > most_volt) // what is left is known all the same
                transform.form = Transform::Form::none, transform.reason = Reason::knee_out_of_range;
        }
        inherit_failures(lab, quantity(), {excitatory_ ? Quantity::E_synx : Quantity::E_syni});
    }

private:
    enum { off = next + 1 };
    static constexpr double first_dac = 60, spacing_dac = 80;
    static constexpr double e_synx_volt = 1.2, e_syni_volt = 0.4;
    static constexpr double linear_volt = 0.1;     // farther away the leak is no conductance (calibration.md §1.2)

    struct Pull {
        double cell_volt, distance_volt, volt_seen, sigma;
    };
    /// What an input leaks about its knee, in terms of the leak: ln strength, knee (V), ln width (V): strength x ln(1 + exp((knee - V) / width)); and the error of
    /// the rest that all pulls are seen from (V).
    using Leak = std::array<double, 4>;
    struct PullOf {
        double volt;
        Leak gradient;
    };
    static PullOf pull_of(const Leak& p, double cell_volt, double distance_volt)
    {
        const double width = std::exp(p[2]), x = (p[1] - cell_volt) / width, soft = std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))), g = std::exp(p[0]) * soft;
        const double by_ln_g = distance_volt * g / ((1 + g) * (1 + g)), rise = 1 / (1 + std::exp(-x)) / soft;
        return {distance_volt * g / (1 + g), {by_ln_g, by_ln_g * rise / width, -by_ln_g * rise * x, 0}};
    }
    /// Of all circuits, normally distributed.
    struct Knee {
        Leak mean, deviation;
        template <class Point>
        void visit(const Leak& p, const std::vector<Pull>& pulls, Point&& point) const
        {
            for (std::size_t i = 0; i < p.size(); ++i) {
                Leak gradient{};
                gradient[i] = 1 / deviation[i];
                point((p[i] - mean[i]) / deviation[i], gradient);
            }
            for (const Pull& seen : pulls) {
                auto [volt, gradient] = pull_of(p, seen.cell_volt, seen.distance_volt);
                gradient[3] = 1;
                for (double& g : gradient)
                    g /= seen.sigma;
                point((volt + p[3] - seen.volt_seen) / seen.sigma, gradient);
            }
        }
    };
    static Leak fit_knee(const Knee& usual, const std::vector<Pull>& pulls)
    {
        Leak p = usual.mean;
        fit_curve<4>(p, [&](const Leak& q, auto&& point) { usual.visit(q, pulls, point); });
        return p;
    }
};

}   // namespace

std::unique_ptr<Protocol> lab_v_convoff(SynapticInput input) { return std::make_unique<LabConvoff>(input); }

std::unique_ptr<Protocol> fast_v_convoff(SynapticInput input) { return std::make_unique<FastConvoff>(input); }

}   // namespace bss
