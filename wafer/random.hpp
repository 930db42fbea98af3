/// Randomness that is addressed, not drawn: every number belongs to (seed, purpose, place, counter) and never depends on order or threads.
///
/// Philox4x32-10 (Random123). Key: the seed and the purpose; counter: three 32-bit words that name the place, and a running number.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <Random123/philox.h>

namespace bss {

/// What a random number is for; numbers of different purposes are independent.
enum class Purpose : std::uint32_t {
    fixed_pattern = 1, rewrite, row_variation, synapse_variation, readout_offset, readout_noise, membrane_noise, route_jitter,
    poisson, defects, connectivity, parameters, mapping, test, bench_write, bench_drift, bench_noise
};

/// The purpose is mixed into the key so that neighbouring seeds of different purposes never share a stream.
constexpr void random_key(std::uint64_t seed, Purpose purpose, std::uint32_t (&key)[2])
{
    key[0] = static_cast<std::uint32_t>(seed);
    key[1] = static_cast<std::uint32_t>(seed >> 32) ^ (static_cast<std::uint32_t>(purpose) * 0x9E3779B9u);
}

/// Four independent 32-bit words.
inline std::array<std::uint32_t, 4> random_words(std::uint64_t seed, Purpose purpose, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t n)
{
    std::uint32_t key[2];
    random_key(seed, purpose, key);
    const auto words = r123::Philox4x32()({{a, b, c, n}}, {{key[0], key[1]}});
    return {words[0], words[1], words[2], words[3]};
}

/// Uniform in (0, 1), 53 bits.
inline double uniform(std::uint32_t high, std::uint32_t low)
{
    return (static_cast<double>((static_cast<std::uint64_t>(high) << 32 | low) >> 11) + 0.5) * 0x1p-53;
}
inline double random_uniform(std::uint64_t seed, Purpose purpose, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t n = 0)
{
    const auto w = random_words(seed, purpose, a, b, c, n);
    return uniform(w[0], w[1]);
}
/// Standard normal (Box-Muller).
inline double random_normal(std::uint64_t seed, Purpose purpose, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t n = 0)
{
    const auto w = random_words(seed, purpose, a, b, c, n);
    return std::sqrt(-2.0 * std::log(uniform(w[0], w[1]))) * std::cos(2.0 * std::numbers::pi * uniform(w[2], w[3]));
}

}   // namespace bss
