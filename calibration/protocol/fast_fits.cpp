#include "fast_fits.hpp"

#include <algorithm>
#include <cmath>

namespace bss {
namespace {

constexpr std::size_t points_for_a_fit = 3;
/// Farther from its population, or farther off its own curve, no sound circuit lies: fewer than one in a thousand.
constexpr double outlier_distance = 7.0, bad_chi2 = 9.0, astray = 5.0;

}   // namespace

double log_slope(const Transfer& transfer, double dac)
{
    const double step = std::max(0.5, 0.01 * dac);
    return std::log(transfer.value(dac + step) / transfer.value(dac - step)) / (2 * step);
}

std::array<Reason, Denmem::count> reasons_of(const Observations& seen)
{
    std::array<Reason, Denmem::count> reasons;
    reasons.fill(Reason::too_few_points);
    for (std::size_t k = seen.steps.size(); k-- > 0;)
        for (const Denmem d : all<Denmem>())
            if (const Estimate& e = seen.estimates[k][d.value()]; !e.good())
                reasons[d.value()] = e.reason;
    return reasons;
}

void inherit_failures(Lab& lab, Quantity quantity, std::initializer_list<Quantity> needed)
{
    for (const Quantity q : needed)
        for (const Denmem d : all<Denmem>())
            if (const Transform& t = lab.table.of(q)[d.value()]; !t.good())
                lab.table.of(quantity)[d.value()] = failed(t.reason);
}

Sweeps sweeps_of(const Lab& lab, const Observations& seen, bool voltage, double sigma)
{
    Sweeps sweeps;
    for (std::size_t k = 0; k < seen.steps.size(); ++k)
        for (const Denmem d : all<Denmem>())
            if (const Estimate& e = seen.estimates[k][d.value()]; e.good())
                sweeps[d.value()].push_back({seen.dac[k][d.value()], e.value - (voltage ? readout_shift(lab, d) : 0.0), e.sigma > 0 ? e.sigma : sigma});
    return sweeps;
}

void fit_potentials(Lab& lab, Quantity quantity, const Sweeps& sweeps, const std::array<Reason, Denmem::count>& reasons)
{
    const auto cell_of = info(quantity).cell;
    const Transfer& nominal = cell_of ? lab.datasheet.nominal(*cell_of) : lab.datasheet.v_reset;
    // x = nominal voltage, seen from the middle of the range: offset and slope are then nearly independent.
    constexpr double middle_volt = 0.9;
    std::vector<std::vector<LinePoint>> circuits(Denmem::count);
    for (const Denmem d : all<Denmem>())
        if (sweeps[d.value()].size() >= points_for_a_fit)
            for (const auto& [dac, value, sigma] : sweeps[d.value()]) {
                const double slope = (nominal.value(dac + 1) - nominal.value(dac - 1)) / 2;
                const double write = slope * lab.datasheet.write_sigma(dac, false);
                circuits[static_cast<std::size_t>(d.value())].push_back({nominal.value(dac) - middle_volt, value, std::sqrt(write * write + sigma * sigma)});
            }
    const auto posteriors = fit_population(circuits);
    std::vector<double> offsets;
    for (const Denmem d : all<Denmem>())
        if (!circuits[static_cast<std::size_t>(d.value())].empty())
            offsets.push_back(posteriors[static_cast<std::size_t>(d.value())].offset);
    const double middle = median(offsets), apart = std::max(2e-3, robust_deviation(offsets));
    const double u0 = nominal.value(512) - middle_volt, u1 = nominal.value(768) * 2 - nominal.value(512) * 2; // nominal - middle = u0 + u1 (DAC / 512 - 1)
    for (const Denmem d : all<Denmem>()) {
        Transform& t = lab.table.of(quantity)[static_cast<std::size_t>(d.value())];
        const auto& points = circuits[static_cast<std::size_t>(d.value())];
        const LinePosterior& p = posteriors[static_cast<std::size_t>(d.value())];
        if (points.empty()) {
            t = failed(reasons[d.value()]);
        } else if (!(std::abs(p.slope - 1) < 0.4)) {
            t = failed(Reason::stuck_dac);
        } else if (!(std::abs(p.offset - middle) < outlier_distance * apart)) {
            t = failed(Reason::outlier_population);
        } else if (p.chi2 > bad_chi2) {
            t = failed(Reason::bad_residual);
        } else {
            const auto [oo, os, ss] = p.covariance;
            double squares = 0;
            for (const auto& [x, y, sigma] : points)
                squares += std::pow(y - p.offset - p.slope * x, 2);
            const auto [low, high] = std::minmax_element(sweeps[d.value()].begin(), sweeps[d.value()].end(), [](const Measured& a, const Measured& b) { return a.dac < b.dac; });
            t = {.form = Transform::Form::scaled, .reason = Reason::none, .c = {p.slope, p.offset - p.slope * middle_volt},
                 .variance = {oo + 2 * u0 * os + u0 * u0 * ss, 2 * u1 * os + 2 * u0 * u1 * ss, u1 * u1 * ss}, .dac_low = low->dac, .dac_high = high->dac,
                 .residual = std::sqrt(squares / static_cast<double>(points.size())), .points = static_cast<std::uint16_t>(points.size())};
        }
    }
}

void fit_factors(Lab& lab, Quantity quantity, const Sweeps& sweeps, const std::array<Reason, Denmem::count>& reasons)
{
    const NeuronFg cell_of = info(quantity).cell.value();
    const Transfer& nominal = lab.datasheet.nominal(cell_of);
    struct Point {
        std::size_t design;
        double residual, relative;                  ///< ln value - ln nominal; standard error as stated
        double weight = 0;                          ///< 1 / variance
    };
    std::vector<double> design;
    for (const auto& sweep : sweeps)
        for (const Measured& m : sweep)
            if (std::find(design.begin(), design.end(), m.dac) == design.end())
                design.push_back(m.dac);
    std::sort(design.begin(), design.end());
    std::array<std::vector<Point>, Denmem::count> points;
    std::vector<bool> used(Denmem::count);
    for (const Denmem d : all<Denmem>())
        for (const auto& [dac, value, sigma] : sweeps[d.value()]) {
            if (!(value > 0))
                continue;
            const auto k = static_cast<std::size_t>(std::lower_bound(design.begin(), design.end(), dac) - design.begin());
            points[d.value()].push_back({k, std::log(value / nominal.value(dac)), sigma});
            used[static_cast<std::size_t>(d.value())] = points[d.value()].size() >= points_for_a_fit;
        }

    // Variance at a DAC: the write error, and what measures it.
    std::vector<double> written, error(design.size(), 1.0); // error: in that which is stated
    for (const double dac : design)
        written.push_back(std::pow(log_slope(nominal, dac) * lab.datasheet.write_sigma(dac, cell(cell_of).current()), 2));
    constexpr double least = 1e-8;
    const auto weigh = [&] {
        for (auto& circuit : points)
            for (Point& p : circuit)
                p.weight = 1 / std::max(least, written[p.design] + std::pow(error[p.design] * p.relative, 2));
    };
    weigh();

    // Curve and factors in turn; medians, so that broken circuits do not count.
    std::vector<double> correction(design.size(), 0.0);
    std::array<double, Denmem::count> factor{}, weight{}, chi2{};
    double mean = 0, spread = 1;
    for (int iteration = 0; iteration < 8; ++iteration) {
        std::vector<double> factors;
        for (const Denmem d : all<Denmem>()) {
            if (!used[static_cast<std::size_t>(d.value())])
                continue;
            double sum = iteration == 0 ? 0 : mean / (spread * spread);
            weight[d.value()] = iteration == 0 ? 0 : 1 / (spread * spread);
            for (const Point& p : points[d.value()])
                sum += p.weight * (p.residual - correction[p.design]), weight[d.value()] += p.weight;
            factor[d.value()] = sum / weight[d.value()];
            factors.push_back(factor[d.value()]);
        }
        mean = median(factors);
        spread = std::max(1e-3, robust_deviation(factors));
        double shift = 0;
        for (std::size_t k = 0; k < design.size(); ++k) {
            std::vector<double> off;
            for (const Denmem d : all<Denmem>())
                for (const Point& p : points[d.value()])
                    if (p.design == k && used[static_cast<std::size_t>(d.value())])
                        off.push_back(p.residual - factor[d.value()]);
            correction[k] = median(off);
            shift += correction[k] / static_cast<double>(design.size());
        }
        for (double& c : correction)
            c -= shift;
        // How much the measurement adds to the write error: by what the circuits scatter about their curves, DAC by DAC.
        for (std::size_t k = 0; k < design.size(); ++k) {
            std::vector<double> off, stated;
            for (const Denmem d : all<Denmem>())
                for (const Point& p : points[d.value()])
                    if (p.design == k && used[static_cast<std::size_t>(d.value())] && p.weight < 0.95 * weight[d.value()]) {
                        off.push_back((p.residual - correction[k] - factor[d.value()]) / std::sqrt(1 - p.weight / weight[d.value()]));
                        stated.push_back(p.relative);
                    }
            if (const double typical = median(stated); typical > 0 && off.size() >= 16)
                error[k] = std::sqrt(std::max(0.0, std::pow(robust_deviation(off), 2) - written[k])) / typical;
        }
        weigh();
        // A single value far off its own curve is no part of it.
        for (const Denmem d : all<Denmem>())
            if (auto& own = points[d.value()]; iteration > 2 && used[static_cast<std::size_t>(d.value())] && own.size() > points_for_a_fit) {
                const auto pull = [&](const Point& p) { return std::abs(p.residual - correction[p.design] - factor[d.value()]) * std::sqrt(p.weight / std::max(0.05, 1 - p.weight / weight[d.value()])); };
                const auto worst = std::max_element(own.begin(), own.end(), [&](const Point& a, const Point& b) { return pull(a) < pull(b); });
                if (pull(*worst) > astray)
                    own.erase(worst);
            }
    }

    // The population's curve: the nominal one between its ends, times the corrections; straight in ln DAC between the design's DACs.
    PopulationCurve& population = lab.table.population(quantity);
    population = {};
    if (design.size() >= 2) {
        constexpr int knots = 64;
        const double low = std::max(1.0, std::min(nominal.dac_min, design.front())), high = std::max(nominal.dac_max, design.back());
        for (int k = 0; k < knots; ++k) {
            const double dac = low * std::pow(high / low, static_cast<double>(k) / (knots - 1));
            const double place = std::clamp(dac, design.front(), design.back());
            const auto above = std::clamp<std::ptrdiff_t>(std::upper_bound(design.begin(), design.end(), place) - design.begin(), 1, static_cast<std::ptrdiff_t>(design.size()) - 1);
            const auto i = static_cast<std::size_t>(above);
            const double part = std::log(place / design[i - 1]) / std::log(design[i] / design[i - 1]);
            population.dac.push_back(dac);
            population.value.push_back(nominal.value(dac) * std::exp(correction[i - 1] + part * (correction[i] - correction[i - 1])));
        }
    }
    for (const Denmem d : all<Denmem>()) {
        Transform& t = lab.table.of(quantity)[static_cast<std::size_t>(d.value())];
        if (!used[static_cast<std::size_t>(d.value())]) {
            t = failed(reasons[d.value()]);
            continue;
        }
        // A value that does not follow its DAC: the residual then falls as the nominal curve rises.
        std::vector<double> nominal_log, residual;
        for (const Point& p : points[d.value()])
            nominal_log.push_back(std::log(nominal.value(design[p.design]))), residual.push_back(p.residual - correction[p.design]);
        const auto line = fit_line(nominal_log, residual);
        if (line && std::abs(line->slope) > 0.5) {
            t = failed(Reason::stuck_dac);
            continue;
        }
        double squares = 0;
        for (const Point& p : points[d.value()]) {
            const double r = p.residual - correction[p.design] - factor[d.value()];
            chi2[d.value()] += r * r * p.weight / static_cast<double>(points[d.value()].size());
            squares += r * r;
        }
        const auto [low, high] = std::minmax_element(sweeps[d.value()].begin(), sweeps[d.value()].end(), [](const Measured& a, const Measured& b) { return a.dac < b.dac; });
        if (std::abs(factor[d.value()] - mean) > outlier_distance * spread)
            t = failed(Reason::outlier_population);
        else if (chi2[d.value()] > bad_chi2)
            t = failed(Reason::bad_residual);
        else
            t = {.form = Transform::Form::scaled, .reason = Reason::none, .c = {std::exp(factor[d.value()])}, .variance = {1 / weight[d.value()], 0, 0}, .dac_low = low->dac, .dac_high = high->dac,
                 .residual = std::sqrt(squares / static_cast<double>(points[d.value()].size())), .points = static_cast<std::uint16_t>(points[d.value()].size())};
    }
}

void fit_factors_and_rates(Lab& lab, Quantity quantity, Sweeps sweeps, std::array<Reason, Denmem::count> reasons)
{
    // A line of 1 / value over 1 / nominal, in units of the middle of the range: its offset is the rate.
    const NeuronFg cell_of = info(quantity).cell.value();
    const Transfer& nominal = lab.datasheet.nominal(cell_of);
    const double unit = std::sqrt(nominal.value(nominal.dac_max) * nominal.value(std::max(1.0, nominal.dac_min)));
    std::vector<std::vector<LinePoint>> circuits(Denmem::count);
    for (const Denmem d : all<Denmem>())
        if (sweeps[d.value()].size() >= points_for_a_fit)
            for (const auto& [dac, value, sigma] : sweeps[d.value()]) {
                const double write = log_slope(nominal, dac) * lab.datasheet.write_sigma(dac, cell(cell_of).current());
                circuits[static_cast<std::size_t>(d.value())].push_back({unit / nominal.value(dac), unit / value, std::max(1e-4, std::hypot(write, sigma)) * unit / value});
            }
    const auto lines = fit_population(circuits);
    for (const Denmem d : all<Denmem>()) {
        if (circuits[static_cast<std::size_t>(d.value())].empty())
            continue;
        const LinePosterior& line = lines[static_cast<std::size_t>(d.value())];
        if (!(line.slope > 0.2)) { // it does not follow its DAC
            sweeps[d.value()].clear();
            reasons[d.value()] = Reason::stuck_dac;
        }
        for (Measured& m : sweeps[d.value()])
            m.value = 1 / (1 / m.value - line.offset / unit); // a point that the rate leaves nothing of is negative, and not used
    }
    fit_factors(lab, quantity, sweeps, reasons);
    for (const Denmem d : all<Denmem>())
        if (Transform& t = lab.table.of(quantity)[d.value()]; t.good()) {
            const LinePosterior& line = lines[static_cast<std::size_t>(d.value())];
            t.c[2] = line.offset / unit, t.c[3] = std::sqrt(line.covariance[0]) / unit;
        }
}

}   // namespace bss
