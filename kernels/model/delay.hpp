/// When an event that leaves a merger acts at the other end of a route, the same text on every backend. Delays are counted in steps.
#pragma once

#include <cmath>

#include "random.hpp"

namespace bss::model {

/// Jitter is nearly normal, at most 4.9 standard deviations: the sum of eight 16-bit numbers. No function whose last bit depends on a library.
inline constexpr double largest_jitter = 4.9;
inline constexpr float jitter_mean = 8 * 32767.5f;
inline constexpr double jitter_deviation = 53509.80;               // sqrt(8 (2^32 - 1) / 12)

/// Of jittered_delay(), from seconds.
struct Jitter {
    float sigma = 0, shortest = 0;
};
inline Jitter jitter_in_steps(double jitter_s, double shortest_s, double timestep_s)
{
    if (!(jitter_s > 0))
        return {};
    return {static_cast<float>(jitter_s / timestep_s / jitter_deviation), static_cast<float>(shortest_s / timestep_s)};
}

/// @param words  philox() of the sender, the merger and chip reached, the spike in the sender's train, and what the sender is, with the key of
///               random_words() for route jitter (wafer/random.hpp)
template <class U>
BSS_HD U jitter_sum(const U (&words)[4])
{
    U sum = (words[0] >> 16) + (words[0] & 0xffffu);
    for (int i = 1; i < 4; ++i) {
        sum = sum + ((words[i] >> 16) + (words[i] & 0xffffu));
    }
    return sum;
}

/// @param delay     of the route without jitter
/// @param sigma     standard deviation of the jitter over jitter_deviation, 0 without jitter
/// @param shortest  no jitter makes a route faster, 0 without jitter
template <class R, class U>
BSS_HD R jittered_delay(R delay, U sum, R sigma, R shortest)
{
    return larger(fused(number(sum) - jitter_mean, sigma, delay), shortest);
}

/// The whole number nearest to 0 <= x < 2^22.
template <class R>
BSS_HD auto nearest_whole(R x)
{
    return bits(x + 12582912.0f) - 0x4b400000u;                     // adding 1.5 2^23 leaves it in the low bits
}

/// A time on the grid: what comes after the decimal point is as exact as delays are.
struct GridTime {
    std::int64_t step;
    float fraction;
};
BSS_HD GridTime grid_time(double time_s, double timestep_s)
{
    const double steps = time_s / timestep_s, whole = floor(steps);
    return {static_cast<std::int64_t>(whole), static_cast<float>(steps - whole)};
}
/// The grid point nearest to a time.
BSS_HD std::int64_t nearest_step(double time_s, double timestep_s) { return static_cast<std::int64_t>(floor(time_s / timestep_s + 0.5)); }

/// When an event really comes that acts at `step`, in steps after that: what plasticity asks.
BSS_HD float lateness(const GridTime& sent, float delay, std::int64_t step) { return static_cast<float>(sent.step - step) + (sent.fraction + delay); }
BSS_HD double seconds(std::int64_t step, float late, double timestep_s) { return (static_cast<double>(step) + static_cast<double>(late)) * timestep_s; }

/// How long an event is on its way.
struct Travel {
    std::uint32_t steps;        ///< from GridTime::step to the grid point where it acts, if that is not in the past
    float delay;                ///< exactly
};
BSS_HD Travel travel(float fraction, float delay, float sigma, float shortest, const std::uint32_t (&key)[2], std::uint32_t from, std::uint32_t to, std::uint32_t number,
                     std::uint32_t kind)
{
    if (sigma > 0.0f) {
        std::uint32_t words[4] = {from, to, number, kind};
        philox(words, key[0], key[1]);
        delay = jittered_delay(delay, jitter_sum(words), sigma, shortest);
    }
    return {nearest_whole(fraction + delay), delay};
}

}   // namespace bss::model
