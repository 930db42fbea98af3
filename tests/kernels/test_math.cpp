#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/model/math.hpp"
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"
#include "kernels/model/synapse.hpp"
#include "wafer/random.hpp"

namespace bss::model {
namespace {

/// Largest relative error of f against exact over evenly spaced arguments.
template <class F, class Exact>
double worst(double from, double to, F f, Exact exact)
{
    double error = 0;
    constexpr int n = 400000;
    for (int i = 0; i <= n; ++i) {
        const float x = static_cast<float>(from + (to - from) * i / n);
        const double truth = exact(static_cast<double>(x));
        error = std::max(error, std::abs(static_cast<double>(f(x)) - truth) / std::abs(truth));
    }
    return error;
}

TEST(Math, Exp2IsExactTo2e7) { EXPECT_LT(worst(-125, 59.9, exp2_limited<float>, [](double t) { return std::exp2(t); }), 1.9e-7); }

TEST(Math, Exp2IsLimited)
{
    EXPECT_EQ(exp2_limited(0.0f), 1.0f);
    EXPECT_EQ(exp2_limited(-128.0f), 0.0f);
    EXPECT_EQ(exp2_limited(-INFINITY), 0.0f);
    EXPECT_NEAR(exp2_limited(61.0f), 0x1p60f, 0x1p38f);
    EXPECT_EQ(exp2_limited(61.0f), exp2_limited(INFINITY));
}

TEST(Math, LogIsExactTo2e7)
{
    EXPECT_LT(worst(1e-30, 0.5, log_normal<float>, [](double x) { return std::log(x); }), 2e-7);
    EXPECT_LT(worst(2, 1e6, log_normal<float>, [](double x) { return std::log(x); }), 2e-7);
    double error = 0;
    for (float x = 0.5f; x < 2; x += 1e-5f) {
        error = std::max(error, std::abs(static_cast<double>(log_normal(x)) - std::log(static_cast<double>(x))));
    }
    EXPECT_LT(error, 1.5e-7);
    EXPECT_EQ(log_normal(1.0f), 0.0f);
}

TEST(Math, ReciprocalIsExactTo2e7)
{
    for (const double magnitude : {1e-30, 1e-3, 1.0, 1e20}) {
        EXPECT_LT(worst(magnitude, 4 * magnitude, reciprocal<float>, [](double x) { return 1 / x; }), 2e-7);
    }
}

TEST(Math, ShortSeriesAreGoodEnoughForASpike)
{
    EXPECT_LT(worst(-1, 1, expm1_over_x_small<float>, [](double x) { return x == 0 ? 1 : std::expm1(x) / x; }), 7.7e-6);
    EXPECT_LT(worst(0, 0.5, log_over_y_small<float>, [](double y) { return y == 0 ? 1 : -std::log1p(-y) / y; }), 7.4e-6);
}

TEST(Random, PhiloxIsTheWafers)
{
    for (std::uint32_t n = 0; n < 100; ++n) {
        std::uint32_t c[4] = {n, 7 * n, 3, n * n};
        philox(c, 11u, 22u ^ (static_cast<std::uint32_t>(Purpose::membrane_noise) * 0x9E3779B9u));
        const auto expected = random_words(11ull | 22ull << 32, Purpose::membrane_noise, n, 7 * n, 3, n * n);
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(c[i], expected[static_cast<std::size_t>(i)]);
        }
    }
}

TEST(Noise, DrawsHaveUnitVarianceAndNoMean)
{
    double sum = 0, squares = 0, product = 0, last = 0;
    constexpr int steps = 400000;
    for (int step = 0; step < steps; ++step) {
        const auto words = random_words(5, Purpose::membrane_noise, 0, 1, 0, static_cast<std::uint32_t>(step / steps_per_draw));
        const double x = static_cast<double>(noise_draw<float>(words[static_cast<std::size_t>(noise_word(step))], step)) / draw_deviation;
        sum += x;
        squares += x * x;
        product += x * last;
        last = x;
    }
    EXPECT_NEAR(sum / steps, 0, 5 / std::sqrt(steps));
    EXPECT_NEAR(squares / steps, 1, 0.01);
    EXPECT_NEAR(product / steps, 0, 5 / std::sqrt(steps));
}

TEST(Synapse, LimitIsAParabolaThatEndsFlat)
{
    const float limit = 2.0f, per_quantum = 0.5f, scale = 4 * limit, share = per_quantum / scale;
    EXPECT_FLOAT_EQ(limited_conductance(1e-6f, share, scale), 1e-6f * per_quantum);
    EXPECT_FLOAT_EQ(limited_conductance(2 * limit / per_quantum, share, scale), limit);
    EXPECT_FLOAT_EQ(limited_conductance(100.0f, share, scale), limit);
    for (float quanta = 0; quanta < 10; quanta += 0.02f) {
        EXPECT_LE(limited_conductance(quanta, share, scale), limited_conductance(quanta + 0.02f, share, scale));
    }
    EXPECT_EQ(limited_conductance(0.123f, 0.7f * 0x1p-40f, 0x1p40f), conductance(0.123f, 0.7f));
}

TEST(Leak, IsACubicThatEndsFlat)
{
    Terms<float> one;
    const auto current = [&](float gap, float per_end, float strength) {
        limited_leak(one, gap, per_end, strength);
        return one.linear;
    };
    const float saturation = 0.2f, end = 1.5f * saturation, g = 0.3f;
    EXPECT_FLOAT_EQ(current(0.1f, 1 / end, g * end), g * (0.1f - 4.0f / 27 * 0.001f / (saturation * saturation)));
    EXPECT_FLOAT_EQ(current(-1.0f, 1 / end, g * end), -g * saturation);
    EXPECT_EQ(one.conductance, 0.0f);
    EXPECT_EQ(current(0.123f, 0x1p-20f, g * 0x1p20f), g * 0.123f);
    EXPECT_EQ(one.conductance, g);
}

}   // namespace
}   // namespace bss::model
