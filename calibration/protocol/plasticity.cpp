#include <algorithm>
#include <cmath>

#include "calibration/estimators.hpp"
#include "protocols.hpp"

namespace bss {
namespace {

/// Short-term plasticity of the drivers, depressing (hardware.md §3.6). In a regular train of period T an event finds I = U / (e^(T / tau) - 1 + U) and brings
/// the share f = 1 - lambda I of its charge: three periods, each against the same train without plasticity, tell lambda, U and tau. What differs between
/// denmems cancels. Eight drivers of either half at a time, each into every eighth column; all of it twice, in other company, with other settings and
/// written anew: how far the two differ says how well they are known.
class Plasticity final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::stp_U; }
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps;
        for (int pass = 0; pass < passes; ++pass)
            for (int first = 0; first < drivers_of_a_half; first += at_once)
                for (int train = 0; train < static_cast<int>(trains.size()); ++train)
                    steps.push_back({static_cast<double>(first), pass * static_cast<int>(trains.size()) + train});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        const Train& train = train_of(step);
        const Setting& setting = settings[pass_of(step)];
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, period_us(lab, trains[0]), period_us(lab, trains[0]), 8, 4000)};
        HicannConfig& config = setup.config;
        for (DenmemConfig& denmem : config.denmems)
            denmem.activate_firing = false;
        set_calibrated(lab, config, NeuronFg::E_l, rest_volt);
        set_calibrated(lab, config, NeuronFg::E_synx, rest_volt + distance_volt);
        set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
        const double tau_syn_s = 0.5e-6 / lab.datasheet.analog_scale;
        set_calibrated(lab, config, NeuronFg::I_gl, short_tau_m_s(lab));
        set_calibrated(lab, config, NeuronFg::V_syntcx, tau_syn_s);
        constexpr int weight = 1, divider = 30;
        const double siemens = charge * lab.datasheet.capacitance_farad / tau_syn_s;
        const double v_gmax = std::clamp(std::round(dac_max * siemens / lab.datasheet.synapse_siemens(weight, dac_max, divider)), 1.0, dac_max);
        for (const FgBlock block : all<FgBlock>()) {
            config.fg.at(block, SharedFg::V_gmax0) = v_gmax;
            config.fg.at(block, SharedFg::V_stdf) = setting.v_stdf_dac;
            config.fg.at(block, SharedFg::V_dtc) = setting.v_dtc_dac;
        }
        setup.stimulation = {.drivers = {}, .address = L1Address(63), .period_clocks = clocks(lab, period_us(lab, train))};
        for (const Half half : {Half::top, Half::bottom})
            for (int k = 0; k < at_once; ++k) {
                const SynapseDriver driver = driver_at(step, half, k);
                if (!driver.exists())
                    continue;
                stimulate(setup, {.driver = driver, .gmax_div = divider, .weight = weight, .first_column = k, .stride = at_once});
                DriverConfig& bits = config.drivers[driver.value()];
                bits.stp_enable = train.plastic;
                bits.stp_mode = StpMode::depression;
                bits.stp_cap = setting.cap;
            }
        if (!seen.steps.empty()) {
            setup.rows = std::vector<NeuronFg>{};
            if (&train == &trains.front()) // the plastic trains come first, before these cells have drifted much
                setup.shared = {SharedFg::V_stdf, SharedFg::V_dtc};
        }
        return setup;
    }
    /// Charge: with x = (v - rest) / D and the distance D to the reversal potential, C x' = -g_leak x + g (1 - x), so that of g is the area of x / (1 - x).
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override
    {
        const std::size_t half = trace.volt.size() / 2;
        const double rest = mean_of(trace.volt.subspan(half)).mean;
        double early = 0, late = 0;
        for (std::size_t k = 0; k < 2 * half; ++k) {
            const double x = (trace.volt[k] - rest) / distance_volt;
            (k < half ? early : late) += x / (1 - x);
        }
        return {.value = (early - late) / static_cast<double>(half), .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        std::vector<double> charges; // of the first driver group without plasticity: what is usual
        for (const Estimate& e : seen.estimates[static_long])
            charges.push_back(e.value);
        const double usual = median(charges);
        std::vector<Factors> drivers(SynapseDriver::count);
        for (std::size_t first = 0; first < seen.steps.size(); first += trains.size())
            for (const Half half : {Half::top, Half::bottom})
                for (int k = 0; k < at_once; ++k)
                    if (const SynapseDriver driver = driver_at(seen.steps[first], half, k); driver.exists()) {
                        Factors& factors = drivers[static_cast<std::size_t>(driver.value())];
                        if (factors.reason == Reason::none)
                            factors.reason = measure(lab, seen, first, half, k, usual, factors);
                    }
        for (int p = 0; p < 3; ++p)
            fit(lab, drivers, p);
        // A driver that lacks one of the three has none.
        for (const SynapseDriver driver : all<SynapseDriver>())
            for (const Quantity q : quantities)
                if (const Reason reason = lab.table.of(q)[static_cast<std::size_t>(driver.value())].reason; driver.exists() && reason != Reason::none)
                    for (const Quantity other : quantities)
                        lab.table.of(other)[static_cast<std::size_t>(driver.value())] = failed(reason);
    }

private:
    struct Train {
        double period_us;
        bool plastic;
    };
    struct Setting {
        double v_stdf_dac, v_dtc_dac;
        std::uint8_t cap;
        int stride;                                 ///< of the drivers that are measured at once, modulo a half's; odd, so that they lie on both sides
    };
    /// Logarithms of a driver's factors on U, tau_rec and lambda, a pass.
    struct Factors {
        std::array<std::array<double, 2>, 3> ln{};
        Reason reason = Reason::none;
    };
    static constexpr std::array quantities{Quantity::stp_U, Quantity::stp_tau_rec, Quantity::stp_lambda};
    static constexpr std::array<Train, 5> trains{{{5, true}, {15, true}, {60, true}, {60, false}, {5, false}}};
    static constexpr std::size_t static_long = 3, static_short = 4;
    static constexpr int passes = 2, at_once = 8, drivers_of_a_half = SynapseDriver::count / 2;
    /// 0.75 V, 57 us, 0.29; 0.70 V, 37 us, 0.36: at higher V_stdf the strongest drivers let nothing through any more.
    static constexpr std::array<Setting, passes> settings{{{426, 10, 2, 1}, {398, 16, 5, 37}}};
    static constexpr double rest_volt = 0.8, distance_volt = 0.4;
    static constexpr double outlier_distance = 10;  // errors of the weakest utilisations and longest time constants are several times the usual ones
    static constexpr double charge = 0.1;           // of an event, of what would take the membrane all the way to the reversal potential

    /// Time constants of the leak beyond 1 us of HICANN v4 stretch the trains, so that a potential is over in the shortest period.
    static double period_us(const Lab& lab, const Train& train) { return train.period_us * std::max(1.0, 1e6 * lab.datasheet.analog_scale * short_tau_m_s(lab)); }
    static const Train& train_of(const Step& step) { return trains[static_cast<std::size_t>(step.kind) % trains.size()]; }
    static std::size_t pass_of(const Step& step) { return static_cast<std::size_t>(step.kind) / trains.size(); }
    static SynapseDriver driver_at(const Step& step, Half half, int k)
    {
        const int place = (static_cast<int>(step.value) + k) * settings[pass_of(step)].stride % drivers_of_a_half;
        return SynapseDriver(place + static_cast<int>(half) * drivers_of_a_half);
    }

    /// One driver in one pass, whose steps begin with `first`.
    static Reason measure(const Lab& lab, const Observations& seen, std::size_t first, Half half, int k, double usual, Factors& factors)
    {
        const auto charge_of = [&](std::size_t train, Denmem d) { return seen.estimates[first + train][static_cast<std::size_t>(d.value())].value; };
        std::array<double, 3> z{}, period_s{};
        for (std::size_t train = 0; train < 3; ++train) {
            const std::size_t reference = train == 0 ? static_short : static_long;
            std::vector<double> shares;
            for (int column = k; column < Column::count; column += at_once)
                if (const Denmem d(Column(column), half); charge_of(reference, d) > 0.2 * usual)
                    shares.push_back(charge_of(train, d) / charge_of(reference, d));
            if (shares.size() < Column::count / at_once / 2)
                return Reason::no_signal;
            z[train] = 1 / (1 - trimmed(shares).mean);
            period_s[train] = clocks(lab, period_us(lab, trains[train])) / lab.datasheet.pll_hz;
        }
        // 1 / (1 - f) = 1 / lambda + (e^(T / tau) - 1) / (lambda U): differences leave tau alone.
        const double ratio = (z[2] - z[0]) / (z[1] - z[0]);
        const auto rise = [&](std::size_t train, double tau) { return std::expm1(period_s[train] / tau); };
        const auto ratio_at = [&](double tau) { return (rise(2, tau) - rise(0, tau)) / (rise(1, tau) - rise(0, tau)); };
        double low = period_s[0], high = 50 * period_s[2];
        if (!(z[2] > z[1] && z[1] > z[0] && z[0] > 0 && ratio > ratio_at(high) && ratio < ratio_at(low)))
            return Reason::non_monotonic;
        for (int iteration = 0; iteration < 60; ++iteration)
            if (const double middle = std::sqrt(low * high); ratio_at(middle) > ratio)
                low = middle;
            else
                high = middle;
        const double tau = low, slope = (z[2] - z[0]) / (rise(2, tau) - rise(0, tau)), offset = z[0] - slope * rise(0, tau);
        if (!(offset > 0))
            return Reason::non_monotonic;
        const std::size_t pass = pass_of(seen.steps[first]);
        const Setting& setting = settings[pass];
        factors.ln[0][pass] = std::log(offset / slope / lab.datasheet.stp_utilisation(setting.cap));
        factors.ln[1][pass] = std::log(tau / lab.datasheet.stp_tau_rec_s(setting.v_dtc_dac));
        factors.ln[2][pass] = std::log(1 / offset / (setting.v_stdf_dac * 1.8 / dac_max));
        return Reason::none;
    }

    /// Drivers of a block are lognormally distributed about its middle (calibration.md §5.4a).
    static void fit(Lab& lab, const std::vector<Factors>& drivers, int p)
    {
        std::array<std::vector<double>, FgBlock::count> means;
        std::vector<double> differences, apart;
        const auto mean = [&](SynapseDriver d) { return (drivers[static_cast<std::size_t>(d.value())].ln[p][0] + drivers[static_cast<std::size_t>(d.value())].ln[p][1]) / 2; };
        const auto good = [&](SynapseDriver d) { return d.exists() && drivers[static_cast<std::size_t>(d.value())].reason == Reason::none; };
        for (const SynapseDriver d : all<SynapseDriver>())
            if (good(d)) {
                means[d.fg_block().value()].push_back(mean(d));
                differences.push_back(drivers[static_cast<std::size_t>(d.value())].ln[p][0] - drivers[static_cast<std::size_t>(d.value())].ln[p][1]);
            }
        std::array<double, FgBlock::count> middle{};
        for (const FgBlock block : all<FgBlock>())
            middle[block.value()] = median(means[block.value()]);
        for (const SynapseDriver d : all<SynapseDriver>())
            if (good(d))
                apart.push_back(mean(d) - middle[d.fg_block().value()]);
        constexpr double least = 1e-3;
        const double measured = std::max(least, robust_deviation(differences) / 2), scatter = std::max(least, robust_deviation(apart));
        const double population = std::max(least * least, scatter * scatter - measured * measured), variance = 1 / (1 / population + 1 / (measured * measured));
        for (const SynapseDriver d : all<SynapseDriver>()) {
            if (!d.exists())
                continue;
            Transform& t = lab.table.of(quantities[static_cast<std::size_t>(p)])[static_cast<std::size_t>(d.value())];
            if (!good(d)) {
                t = failed(drivers[static_cast<std::size_t>(d.value())].reason);
                continue;
            }
            const auto [one, other] = drivers[static_cast<std::size_t>(d.value())].ln[p];
            const double off = mean(d) - middle[d.fg_block().value()];
            if (std::abs(off) > outlier_distance * scatter)
                t = failed(Reason::outlier_population);
            else if (std::abs(one - other) > outlier_distance * 2 * measured)
                t = failed(Reason::bad_residual);
            else
                t = {.form = Transform::Form::constant, .reason = Reason::none, .c = {std::exp(middle[d.fg_block().value()] + off * variance / (measured * measured))},
                     .variance = {variance, 0, 0}, .dac_low = range(p).first, .dac_high = range(p).second, .residual = std::abs(one - other) / 2, .points = passes};
        }
    }
    /// Measured settings: codes of the capacitor, DACs.
    static std::pair<double, double> range(int p)
    {
        const auto of = [p](const Setting& s) { return p == 0 ? s.cap : p == 1 ? s.v_dtc_dac : s.v_stdf_dac; };
        return std::minmax({of(settings[0]), of(settings[1])});
    }
};

}   // namespace

std::unique_ptr<Protocol> plasticity_protocol() { return std::make_unique<Plasticity>(); }

}   // namespace bss
