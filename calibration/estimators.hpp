/// What traces say: features, and the fits behind transforms. No knowledge of any chip.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace bss {

// ---- features of a trace -------------------------------------------------------------------------------------------

struct MeanAndDeviation {
    double mean = 0, deviation = 0;
};
MeanAndDeviation mean_of(std::span<const float> trace);

/// Places of maxima that stand out by `delta` from the minima beside them; the first and the last are dropped.
std::vector<std::size_t> peaks(std::span<const float> trace, double delta);
/// Moving average over three samples: cake's Savitzky-Golay filter of window 3 and order 1.
std::vector<float> smoothed(std::span<const float> trace);
/// Mean of the flat part after each spike (calibration.md §1.2, V_reset); the least sample where there is no spike.
double baseline_after_spikes(std::span<const float> trace);
/// Mean interval between times, and its standard error; nothing for fewer than two intervals.
std::optional<MeanAndDeviation> intervals(std::span<const double> times);

// ---- fits ----------------------------------------------------------------------------------------------------------

struct Line {
    double offset = 0, slope = 0, residual = 0;     ///< residual: rms
};
/// Least squares of y over x; nothing for fewer than two different x.
std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y);

/// Knee b of y = max(c, a (x - b) + c): least squares. @param falling  the slope lies below the knee (a < 0)
struct Hinge {
    double knee = 0, slope = 0, floor = 0, residual = 0;
};
std::optional<Hinge> fit_hinge(std::span<const double> x, std::span<const double> y);

/// A postsynaptic potential: offset + height (e^(-u / slow) - e^(-u / fast)), u = t - start.
struct Psp {
    double offset = 0, height = 0, slow = 0, fast = 0, start = 0;
    double residual = 0;                            ///< rms
};
/// @param rising  true: an EPSP. @param free_start  false: it starts with the first sample
std::optional<Psp> fit_psp(std::span<const float> trace, double sample_s, bool rising, bool free_start = true);

/// Least squares by Levenberg and Marquardt for a few parameters. @return sum of the squares
/// @param curve  visits its points: called as curve(parameters, point), it calls point(residual, derivatives by the parameters) for each of them
template <int n, class Curve>
double fit_curve(std::array<double, n>& parameters, Curve&& curve, int iterations = 30);

/// Variance of a function of parameters that fit_curve found, where residuals are in units of their standard errors.
/// @param gradient  of the function by the parameters
template <int n, class Curve>
double variance_of(const std::array<double, n>& parameters, Curve&& curve, const std::array<double, n>& gradient);

// ---- populations ---------------------------------------------------------------------------------------------------

/// Circuits y = o + s x + noise whose (o, s) are normally distributed: population and posteriors by expectation maximisation (calibration.md §5.4a).
struct LinePoint {
    double x = 0, y = 0, sigma = 1;
};
struct LinePosterior {
    double offset = 0, slope = 0;
    std::array<double, 3> covariance{};             ///< oo, os, ss
    double distance = 0;                            ///< Mahalanobis distance of the circuit's own least squares from the population
    double chi2 = 0;                                ///< per point, of the posterior
};
/// Standard errors that turn out too small, by what all circuits scatter about their lines, are raised together.
/// @param circuits  points of each; one with fewer than two is left out: the population's mean
std::vector<LinePosterior> fit_population(std::span<const std::vector<LinePoint>> circuits);

double median(std::vector<double> values);
/// Mean of those, and how many they are, that lie within four robust deviations of the median.
struct Trimmed {
    double mean, median, deviation;
    int count;
};
Trimmed trimmed(const std::vector<double>& values);
/// Half the distance of the 16th and 84th percentile: a standard deviation that outliers do not move.
double robust_deviation(std::vector<double> values);

// ---- implementation of the template --------------------------------------------------------------------------------

namespace detail {
/// Solves a symmetric positive system by elimination with pivots; false where it is singular.
bool solve(double* matrix, double* right, int n);

template <int n>
struct Normal {
    double squares = 0;
    std::array<double, n> right{};
    std::array<double, n * n> matrix{};             ///< lower half
};

template <int n, class Curve>
Normal<n> normal_at(const std::array<double, n>& p, Curve&& curve)
{
    Normal<n> sums;
    curve(p, [&](double residual, const std::array<double, n>& gradient) {
        sums.squares += residual * residual;
        for (int i = 0; i < n; ++i) {
            sums.right[i] -= gradient[i] * residual;
            for (int j = 0; j <= i; ++j)
                sums.matrix[i * n + j] += gradient[i] * gradient[j];
        }
    });
    return sums;
}

/// Adds the other half.
template <int n>
void complete(std::array<double, n * n>& matrix)
{
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < i; ++j)
            matrix[j * n + i] = matrix[i * n + j];
}

}   // namespace detail

template <int n, class Curve>
double fit_curve(std::array<double, n>& p, Curve&& curve, int iterations)
{
    double damping = 1e-3;
    auto best = detail::normal_at<n>(p, curve);
    for (int iteration = 0; iteration < iterations; ++iteration) {
        auto matrix = best.matrix;
        auto step = best.right;
        detail::complete<n>(matrix);
        for (int i = 0; i < n; ++i)
            matrix[i * n + i] *= 1 + damping;
        const bool solved = detail::solve(matrix.data(), step.data(), n);
        auto trial = p;
        for (int i = 0; i < n; ++i)
            trial[i] += step[i];
        const auto found = solved ? detail::normal_at<n>(trial, curve) : best;
        if (found.squares < best.squares) {
            const bool done = best.squares - found.squares < 1e-7 * best.squares;
            p = trial;
            best = found;
            damping = std::max(damping * 0.2, 1e-9);
            if (done)
                break;
        } else {
            damping *= 8;
            if (damping > 1e9)
                break;
        }
    }
    return best.squares;
}

template <int n, class Curve>
double variance_of(const std::array<double, n>& p, Curve&& curve, const std::array<double, n>& gradient)
{
    auto matrix = detail::normal_at<n>(p, curve).matrix;
    detail::complete<n>(matrix);
    auto solved = gradient;
    if (!detail::solve(matrix.data(), solved.data(), n))
        return std::numeric_limits<double>::infinity();
    double variance = 0;
    for (int i = 0; i < n; ++i)
        variance += gradient[i] * solved[i];
    return variance;
}

}   // namespace bss
