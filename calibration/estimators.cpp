#include "estimators.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace bss {
namespace detail {

bool solve(double* matrix, double* right, int n)
{
    for (int k = 0; k < n; ++k) // a parameter that nothing depends on stays
        if (matrix[k * n + k] == 0)
            matrix[k * n + k] = 1;
    for (int k = 0; k < n; ++k) {
        int pivot = k;
        for (int i = k + 1; i < n; ++i)
            if (std::abs(matrix[i * n + k]) > std::abs(matrix[pivot * n + k]))
                pivot = i;
        if (!(std::abs(matrix[pivot * n + k]) > 0))
            return false;
        if (pivot != k) {
            std::swap_ranges(matrix + k * n, matrix + (k + 1) * n, matrix + pivot * n);
            std::swap(right[k], right[pivot]);
        }
        for (int i = k + 1; i < n; ++i) {
            const double factor = matrix[i * n + k] / matrix[k * n + k];
            for (int j = k; j < n; ++j)
                matrix[i * n + j] -= factor * matrix[k * n + j];
            right[i] -= factor * right[k];
        }
    }
    for (int k = n - 1; k >= 0; --k) {
        for (int j = k + 1; j < n; ++j)
            right[k] -= matrix[k * n + j] * right[j];
        right[k] /= matrix[k * n + k];
    }
    return true;
}

}   // namespace detail

MeanAndDeviation mean_of(std::span<const float> trace)
{
    // Eight sums side by side, of the distances from the first sample: nothing is lost.
    constexpr std::size_t sums = 8;
    const double first = trace.empty() ? 0 : trace.front(), n = static_cast<double>(trace.size());
    std::array<double, sums> sum{}, squares{};
    const auto add = [&](std::size_t k, std::size_t to) {
        const double d = trace[k] - first;
        sum[to] += d, squares[to] += d * d;
    };
    std::size_t k = 0;
    for (; k + sums <= trace.size(); k += sums)
        for (std::size_t i = 0; i < sums; ++i)
            add(k + i, i);
    for (; k < trace.size(); ++k)
        add(k, 0);
    const double mean = std::accumulate(sum.begin(), sum.end(), 0.0) / n;
    return {first + mean, std::sqrt(std::max(0.0, std::accumulate(squares.begin(), squares.end(), 0.0) / n - mean * mean))};
}

std::vector<std::size_t> peaks(std::span<const float> trace, double delta)
{
    std::vector<std::size_t> found;
    float highest = -std::numeric_limits<float>::infinity(), lowest = std::numeric_limits<float>::infinity();
    std::size_t at = 0;
    bool climbing = true;
    for (std::size_t k = 0; k < trace.size(); ++k) {
        if (trace[k] > highest)
            highest = trace[k], at = k;
        lowest = std::min(lowest, trace[k]);
        if (climbing && trace[k] < highest - delta) {
            found.push_back(at);
            climbing = false;
            lowest = trace[k];
        } else if (!climbing && trace[k] > lowest + delta) {
            climbing = true;
            highest = trace[k], at = k;
        }
    }
    if (found.size() <= 2)
        return {};
    return {found.begin() + 1, found.end() - 1};
}

std::vector<float> smoothed(std::span<const float> trace)
{
    std::vector<float> result(trace.begin(), trace.end());
    for (std::size_t k = 1; k + 1 < trace.size(); ++k)
        result[k] = (trace[k - 1] + trace[k] + trace[k + 1]) / 3.0f;
    return result;
}

double baseline_after_spikes(std::span<const float> trace)
{
    const double threshold = -mean_of(trace).deviation / 2;
    std::vector<std::size_t> drops;
    for (std::size_t k = 1; k < trace.size(); ++k)
        if (trace[k] - trace[k - 1] < threshold && (drops.empty() || k - drops.back() >= 5))
            drops.push_back(k);
    const auto least = [&] { return static_cast<double>(*std::min_element(trace.begin(), trace.end())); };
    if (drops.size() < 2)
        return least();
    const double interval = static_cast<double>(drops.back() - drops.front()) / static_cast<double>(drops.size() - 1);
    const auto first = static_cast<std::size_t>(interval / 10), last = std::max(first + 1, static_cast<std::size_t>(interval / 5));
    double sum = 0;
    std::size_t count = 0;
    for (const std::size_t drop : drops)
        for (std::size_t k = drop + first; k < drop + last && k < trace.size(); ++k, ++count)
            sum += trace[k];
    return count > 0 ? sum / static_cast<double>(count) : least();
}

std::optional<MeanAndDeviation> intervals(std::span<const double> times)
{
    if (times.size() < 3)
        return std::nullopt;
    const double n = static_cast<double>(times.size() - 1), mean = (times.back() - times.front()) / n;
    double squares = 0;
    for (std::size_t k = 1; k < times.size(); ++k)
        squares += std::pow(times[k] - times[k - 1] - mean, 2);
    return MeanAndDeviation{mean, std::sqrt(squares / (n - 1) / n)};
}

std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y)
{
    const double n = static_cast<double>(x.size());
    if (x.size() < 2)
        return std::nullopt;
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n, mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xx = 0, xy = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        xx += (x[k] - mean_x) * (x[k] - mean_x);
        xy += (x[k] - mean_x) * (y[k] - mean_y);
    }
    if (!(xx > 0))
        return std::nullopt;
    Line line{.offset = mean_y - xy / xx * mean_x, .slope = xy / xx};
    for (std::size_t k = 0; k < x.size(); ++k)
        line.residual += std::pow(y[k] - line.offset - line.slope * x[k], 2);
    line.residual = std::sqrt(line.residual / n);
    return line;
}

std::optional<Hinge> fit_hinge(std::span<const double> x, std::span<const double> y)
{
    if (x.size() < 4)
        return std::nullopt;
    // For a given knee a and c are linear: scan the knee finely, keep the best.
    constexpr int positions = 400;
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    std::optional<Hinge> best;
    std::vector<double> u(x.size());
    for (int k = 1; k < positions; ++k) {
        const double knee = *low + (*high - *low) * k / positions;
        for (std::size_t i = 0; i < x.size(); ++i)
            u[i] = std::min(0.0, x[i] - knee);
        const auto line = fit_line(u, y);
        if (line && line->slope < 0 && (!best || line->residual < best->residual))
            best = Hinge{knee, line->slope, line->offset, line->residual};
    }
    return best;
}

std::optional<Psp> fit_psp(std::span<const float> trace, double sample_s, bool rising, bool free_start)
{
    const std::size_t n = trace.size();
    if (n < 32)
        return std::nullopt;
    const double sign = rising ? 1 : -1;
    const double offset = mean_of(trace.subspan(2 * n / 3)).mean;
    const auto extreme = rising ? std::max_element(trace.begin(), trace.end()) : std::min_element(trace.begin(), trace.end());
    const auto at = static_cast<std::size_t>(extreme - trace.begin());
    const double height = sign * (*extreme - offset);
    if (!(height > 0) || at > n / 2)
        return std::nullopt;
    std::size_t decayed = at;
    while (decayed + 1 < n && sign * (trace[decayed] - offset) > height * 0.3679)
        ++decayed;
    const double slow = std::max(1.0, static_cast<double>(decayed - at)) * sample_s, fast = std::max(0.5, static_cast<double>(at) / 3) * sample_s;
    // Dense where the potential changes, sparse in the tail.
    std::vector<std::size_t> places;
    const std::size_t dense = std::max<std::size_t>(32, std::min(n, 3 * at + 16));
    for (std::size_t k = 0; k < n; k += k < dense ? std::max<std::size_t>(1, dense / 72) : std::max<std::size_t>(1, n / 48))
        places.push_back(k);
    std::array<double, 5> p{offset, sign * height * 1.5, std::log(slow), std::log(std::min(fast, 0.7 * slow)), 0.0};
    const double squares = fit_curve<5>(p, [&](const std::array<double, 5>& q, auto&& point) {
        // Places are as far apart as the one before was from its own: a factor takes the place of an exponential.
        const double t1 = std::exp(q[2]), t2 = std::exp(q[3]);
        double e1 = 0, e2 = 0, decay1 = 0, decay2 = 0;
        std::size_t before = 0, apart = 0;
        for (const std::size_t k : places) {
            const double u = (static_cast<double>(k) - q[4]) * sample_s;
            if (u <= 0) {
                point(q[0] - trace[k], {1, 0, 0, 0, 0});
                continue;
            }
            if (before == 0) {
                e1 = std::exp(-u / t1), e2 = std::exp(-u / t2);
            } else {
                if (k - before != apart) {
                    apart = k - before;
                    decay1 = std::exp(-static_cast<double>(apart) * sample_s / t1), decay2 = std::exp(-static_cast<double>(apart) * sample_s / t2);
                }
                e1 *= decay1, e2 *= decay2;
            }
            before = k;
            point(q[0] + q[1] * (e1 - e2) - trace[k], {1, e1 - e2, q[1] * e1 * u / t1, -q[1] * e2 * u / t2, free_start ? q[1] * (e1 / t1 - e2 / t2) * sample_s : 0.0});
        }
    });
    Psp psp{p[0], p[1], std::exp(p[2]), std::exp(p[3]), p[4] * sample_s, std::sqrt(squares / static_cast<double>(places.size()))};
    if (psp.slow < psp.fast)
        std::swap(psp.slow, psp.fast), psp.height = -psp.height;
    if (!std::isfinite(psp.slow) || !std::isfinite(psp.fast) || psp.slow > 100 * static_cast<double>(n) * sample_s)
        return std::nullopt;
    return psp;
}

namespace {

/// A circuit that lies farther from its population, in standard deviations, gets no help from it.
constexpr double own_distance = 4;

std::vector<LinePosterior> posteriors_of(std::span<const std::vector<LinePoint>> circuits)
{
    // Sufficient statistics of each circuit: A = X'X / sigma^2, b = X'y / sigma^2.
    struct Statistics {
        double a00 = 0, a01 = 0, a11 = 0, b0 = 0, b1 = 0;
    };
    std::vector<Statistics> all;
    std::vector<bool> used;
    for (const auto& points : circuits) {
        Statistics s;
        for (const auto& [x, y, sigma] : points) {
            const double w = 1 / (sigma * sigma);
            s.a00 += w, s.a01 += w * x, s.a11 += w * x * x, s.b0 += w * y, s.b1 += w * x * y;
        }
        all.push_back(s);
        used.push_back(points.size() >= 2);
    }
    // Start: median and robust spread of the circuits' own lines.
    std::vector<double> offsets, slopes;
    std::vector<std::array<double, 2>> own(circuits.size());
    for (std::size_t k = 0; k < circuits.size(); ++k)
        if (used[k]) {
            const Statistics& s = all[k];
            const double det = s.a00 * s.a11 - s.a01 * s.a01;
            if (!(det > 1e-12 * s.a00 * s.a11)) {
                used[k] = false;
                continue;
            }
            own[k] = {(s.a11 * s.b0 - s.a01 * s.b1) / det, (s.a00 * s.b1 - s.a01 * s.b0) / det};
            offsets.push_back(own[k][0]);
            slopes.push_back(own[k][1]);
        }
    std::vector<LinePosterior> result(circuits.size());
    if (offsets.empty())
        return result;
    double m0 = median(offsets), m1 = median(slopes);
    const double spread_o = std::max(robust_deviation(offsets), 1e-9), spread_s = std::max(robust_deviation(slopes), 1e-9);
    double s00 = spread_o * spread_o, s01 = 0, s11 = spread_s * spread_s;
    for (int iteration = 0; iteration < 40; ++iteration) {
        const double det = s00 * s11 - s01 * s01;
        const double p00 = s11 / det, p01 = -s01 / det, p11 = s00 / det; // precision of the population
        double weight = 0, n0 = 0, n1 = 0, c00 = 0, c01 = 0, c11 = 0;
        for (std::size_t k = 0; k < circuits.size(); ++k) {
            const Statistics& s = all[k];
            const double l00 = p00 + s.a00, l01 = p01 + s.a01, l11 = p11 + s.a11, d = l00 * l11 - l01 * l01;
            LinePosterior& q = result[k];
            q.covariance = {l11 / d, -l01 / d, l00 / d};
            const double r0 = p00 * m0 + p01 * m1 + s.b0, r1 = p01 * m0 + p11 * m1 + s.b1;
            q.offset = q.covariance[0] * r0 + q.covariance[1] * r1;
            q.slope = q.covariance[1] * r0 + q.covariance[2] * r1;
            if (!used[k])
                continue;
            // Student's t with four degrees of freedom: outliers weigh little.
            const double det_a = s.a00 * s.a11 - s.a01 * s.a01;
            const double v00 = s00 + s.a11 / det_a, v01 = s01 - s.a01 / det_a, v11 = s11 + s.a00 / det_a, vd = v00 * v11 - v01 * v01;
            const double e0 = own[k][0] - m0, e1 = own[k][1] - m1;
            q.distance = std::sqrt(std::max(0.0, (v11 * e0 * e0 - 2 * v01 * e0 * e1 + v00 * e1 * e1) / vd));
            constexpr double freedom = 4;
            const double w = (freedom + 2) / (freedom + q.distance * q.distance);
            weight += w;
            n0 += w * q.offset, n1 += w * q.slope;
            c00 += w * (q.offset - m0) * (q.offset - m0) + q.covariance[0];
            c01 += w * (q.offset - m0) * (q.slope - m1) + q.covariance[1];
            c11 += w * (q.slope - m1) * (q.slope - m1) + q.covariance[2];
        }
        const double count = static_cast<double>(offsets.size());
        m0 = n0 / weight, m1 = n1 / weight;
        // Circuits that are all alike still have a spread to divide by.
        constexpr double least = 1e-12;
        s00 = std::max(c00 / count, least), s11 = std::max(c11 / count, least);
        s01 = std::clamp(c01 / count, -0.99 * std::sqrt(s00 * s11), 0.99 * std::sqrt(s00 * s11));
    }
    for (std::size_t k = 0; k < circuits.size(); ++k) {
        if (used[k] && result[k].distance > own_distance) { // none of this population: what it shows itself
            const Statistics& s = all[k];
            const double det = s.a00 * s.a11 - s.a01 * s.a01;
            result[k].offset = own[k][0], result[k].slope = own[k][1];
            result[k].covariance = {s.a11 / det, -s.a01 / det, s.a00 / det};
        }
        double chi2 = 0;
        for (const auto& [x, y, sigma] : circuits[k])
            chi2 += std::pow((y - result[k].offset - result[k].slope * x) / sigma, 2);
        result[k].chi2 = circuits[k].empty() ? 0 : chi2 / static_cast<double>(circuits[k].size());
    }
    return result;
}

}   // namespace

std::vector<LinePosterior> fit_population(std::span<const std::vector<LinePoint>> given)
{
    std::vector<std::vector<LinePoint>> circuits(given.begin(), given.end());
    auto result = posteriors_of(circuits);
    std::vector<double> pulls;
    for (std::size_t k = 0; k < circuits.size(); ++k)
        for (const auto& [x, y, sigma] : circuits[k])
            if (const double n = static_cast<double>(circuits[k].size()); n > 2)
                pulls.push_back((y - result[k].offset - result[k].slope * x) / sigma / std::sqrt(1 - 1 / n));
    if (const double scale = robust_deviation(pulls); scale > 1) {
        for (auto& points : circuits)
            for (LinePoint& p : points)
                p.sigma *= scale;
        result = posteriors_of(circuits);
    }
    return result;
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Trimmed trimmed(const std::vector<double>& values)
{
    const double middle = median(values), deviation = robust_deviation(values);
    double sum = 0;
    int count = 0;
    for (const double value : values)
        if (std::abs(value - middle) <= 4 * deviation)
            sum += value, ++count;
    return {count > 0 ? sum / count : middle, middle, deviation, count};
}

double robust_deviation(std::vector<double> values)
{
    if (values.size() < 2)
        return 0;
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) { return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))]; };
    return (at(0.8413) - at(0.1587)) / 2;
}

}   // namespace bss
