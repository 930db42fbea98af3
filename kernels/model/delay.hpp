/// When an event that leaves a merger acts at the other end of a route, the same text on every backend.
#pragma once

#include <cmath>

#include "random.hpp"

namespace bss::model {

/// Nearly normal, mean 0, variance 1, at most 4.9: the sum of eight 16-bit numbers. No function whose last bit depends on a library.
inline constexpr double largest_jitter = 4.9;
/// @param key  of random_words() for route jitter (wafer/random.hpp)
/// @param from, to, number, kind  the sender, the merger and chip reached, the spike in the sender's train, and what the sender is
BSS_HD double jitter(const std::uint32_t (&key)[2], std::uint32_t from, std::uint32_t to, std::uint32_t number, std::uint32_t kind)
{
    std::uint32_t words[4] = {from, to, number, kind};
    philox(words, key[0], key[1]);
    std::int32_t sum = 0;
    for (int i = 0; i < 4; ++i)
        sum += static_cast<std::int32_t>(words[i] >> 16) + static_cast<std::int32_t>(words[i] & 0xffff);
    constexpr double mean = 8 * 32767.5, deviation = 53509.80;      // sqrt(8 (2^32 - 1) / 12)
    return (sum - mean) / deviation;
}

/// The grid point nearest to a time.
BSS_HD std::int64_t nearest_step(double time_s, double timestep_s) { return static_cast<std::int64_t>(floor(time_s / timestep_s + 0.5)); }

}   // namespace bss::model
