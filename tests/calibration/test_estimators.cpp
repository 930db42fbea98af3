// Features and fits on traces and points whose truth is known.

#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calibration/estimators.hpp"

namespace bss
{
namespace
{

TEST(Estimators, peaks_of_a_sawtooth)
{
    std::vector<float> trace;
    for (int k = 0; k < 1000; ++k)
        trace.push_back(0.5f + 0.3f * static_cast<float>(k % 50) / 49.0f);
    const auto found = peaks(trace, 0.1);
    ASSERT_EQ(found.size(), 17u); // 20 teeth; the last one does not fall, and the first and the last peak are dropped
    for (const std::size_t k : found)
        EXPECT_EQ(k % 50, 49u);
    EXPECT_TRUE(peaks(std::vector<float>(100, 0.5f), 0.1).empty());
}

TEST(Estimators, baseline_after_spikes)
{
    std::vector<float> trace; // 10 samples at 0.4 V, then up to 0.8 V
    for (int k = 0; k < 2000; ++k)
        trace.push_back(k % 40 < 10 ? 0.4f : 0.4f + 0.4f * static_cast<float>(k % 40 - 10) / 30.0f);
    EXPECT_NEAR(baseline_after_spikes(trace), 0.4, 1e-6);
}

// A line through four points of standard error one half: Var(offset) = sigma² / n at the points' mean, where offset and slope are independent.
TEST(Estimators, variance_of_a_function_of_fitted_parameters)
{
    const std::array<double, 4> x{-3, -1, 1, 3}, y{1, 2, 4, 5};
    const auto curve = [&](const std::array<double, 2>& p, auto&& point) {
        for (std::size_t k = 0; k < x.size(); ++k)
            point((p[0] + p[1] * x[k] - y[k]) / 0.5, {1 / 0.5, x[k] / 0.5});
    };
    std::array<double, 2> p{};
    fit_curve<2>(p, curve);
    EXPECT_NEAR(p[0], 3, 1e-6);
    EXPECT_NEAR(p[1], 0.7, 1e-6);
    EXPECT_NEAR(variance_of<2>(p, curve, {1, 0}), 0.25 / 4, 1e-9);
    EXPECT_NEAR(variance_of<2>(p, curve, {0, 1}), 0.25 / 20, 1e-9);
    EXPECT_NEAR(variance_of<2>(p, curve, {1, 2}), 0.25 / 4 + 4 * 0.25 / 20, 1e-9);
}

TEST(Estimators, lines_and_hinges)
{
    const std::vector<double> x{0, 1, 2, 3, 4, 5, 6, 7}, y{5, 4, 3, 2, 1, 1, 1, 1};
    const auto line = fit_line(x, std::vector<double>{1, 3, 5, 7, 9, 11, 13, 15});
    ASSERT_TRUE(line);
    EXPECT_NEAR(line->offset, 1, 1e-12);
    EXPECT_NEAR(line->slope, 2, 1e-12);
    const auto hinge = fit_hinge(x, y);
    ASSERT_TRUE(hinge);
    EXPECT_NEAR(hinge->knee, 4, 0.03);
    EXPECT_NEAR(hinge->slope, -1, 0.02);
    EXPECT_FALSE(fit_line(std::vector<double>{1, 1}, std::vector<double>{1, 2}));
}

// tau_m from far above tau_syn to below it: the larger one is always the larger one, and both are right (no swap of labels).
TEST(Estimators, time_constants_of_a_psp_even_where_they_cross)
{
    constexpr double sample_s = 1e-8, tau_syn = 0.5e-6;
    for (const double tau_m : {4e-6, 2e-6, 1e-6, 0.7e-6, 0.35e-6, 0.2e-6}) {
        std::vector<float> trace;
        for (int k = 0; k < 4000; ++k) {
            const double t = k * sample_s;
            trace.push_back(static_cast<float>(0.8 + 0.02 * (std::exp(-t / tau_m) - std::exp(-t / tau_syn)) / (tau_m - tau_syn) * 1e-6));
        }
        const auto psp = fit_psp(trace, sample_s, true);
        ASSERT_TRUE(psp) << tau_m;
        const double tolerance = std::abs(std::log(tau_m / tau_syn)) > 0.5 ? 0.02 : 0.15; // start and time constants are hard to tell apart
        EXPECT_NEAR(psp->slow / std::max(tau_m, tau_syn), 1, tolerance) << tau_m;
        EXPECT_NEAR(psp->fast / std::min(tau_m, tau_syn), 1, tolerance) << tau_m;
    }
}

TEST(Estimators, a_population_helps_its_members_and_outliers_go_alone)
{
    std::mt19937 engine(1);
    std::normal_distribution<double> normal;
    constexpr double spread = 0.02, noise = 0.01;
    std::vector<std::vector<LinePoint>> circuits(400);
    std::vector<double> offsets;
    for (auto& points : circuits) {
        offsets.push_back(spread * normal(engine));
        for (const double x : {-0.2, 0.0, 0.2})
            points.push_back({x, offsets.back() + x + noise * normal(engine), noise});
    }
    circuits[7] = {{-0.2, 3.0, noise}, {0.0, 3.0, noise}, {0.2, 3.0, noise}};
    const auto found = fit_population(circuits);
    double own = 0, shrunk = 0, stated = 0;
    for (std::size_t k = 0; k < circuits.size(); ++k) {
        if (k == 7)
            continue;
        double mean = 0;
        for (const LinePoint& p : circuits[k])
            mean += (p.y - p.x) / 3;
        own += std::pow(mean - offsets[k], 2);
        shrunk += std::pow(found[k].offset - offsets[k], 2);
        stated += found[k].covariance[0];
    }
    EXPECT_LT(shrunk, own);
    EXPECT_NEAR(shrunk / stated, 1, 0.25) << "stated variances are true";
    EXPECT_GT(found[7].distance, 20);
    EXPECT_NEAR(found[7].offset, 3.0, 1e-6);
    EXPECT_NEAR(found[7].slope, 0.0, 1e-6);
}

} // namespace
} // namespace bss
