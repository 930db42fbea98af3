/// What the model's text asks of a number type, for float. A vector type (kernels/cpu/lanes.hpp) overloads these functions before it includes the
/// model; a mask of floats is a bool.
///
/// Everything here has internal linkage, so that translation units for different instruction sets never share a compiled function.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#define BSS_HD static __host__ __device__ __forceinline__
#define BSS_HD_MEMBER __host__ __device__
#else
#define BSS_HD [[maybe_unused]] static inline __attribute__((always_inline))
#define BSS_HD_MEMBER
#endif

namespace bss::model {

/// a b + c, rounded once.
BSS_HD float fused(float a, float b, float c)
{
#if defined(__CUDA_ARCH__)
    return __fmaf_rn(a, b, c);
#else
    return __builtin_fmaf(a, b, c);
#endif
}
/// c - a b, rounded once.
BSS_HD float fused_minus(float a, float b, float c) { return fused(-a, b, c); }
/// As the vector instructions have it: b where the two are not ordered.
BSS_HD float smaller(float a, float b) { return a < b ? a : b; }
BSS_HD float larger(float a, float b) { return a > b ? a : b; }
BSS_HD bool above(float a, float b) { return a > b; }
BSS_HD bool at_least(float a, float b) { return a >= b; }
BSS_HD float select(bool mask, float yes, float no) { return mask ? yes : no; }
BSS_HD bool any(bool mask) { return mask; }
BSS_HD std::uint32_t bits(float a)
{
    std::uint32_t b;
    std::memcpy(&b, &a, sizeof b);
    return b;
}
BSS_HD float from_bits(std::uint32_t b)
{
    float a;
    std::memcpy(&a, &b, sizeof a);
    return a;
}
/// Nearest float of the signed integer that the bits mean.
BSS_HD float number(std::uint32_t a) { return static_cast<float>(static_cast<std::int32_t>(a)); }

/// Number of the lowest bit that is set in a word that is not 0.
BSS_HD int lowest_bit(std::uint64_t word)
{
#if defined(__CUDA_ARCH__)
    return __ffsll(static_cast<long long>(word)) - 1;
#else
    return __builtin_ctzll(word);
#endif
}

BSS_HD std::uint32_t exclusive_or(std::uint32_t a, std::uint32_t b, std::uint32_t c) { return a ^ b ^ c; }
/// Upper and lower half of the 64-bit product.
BSS_HD void multiply_wide(std::uint32_t a, std::uint32_t b, std::uint32_t& high, std::uint32_t& low)
{
    const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
    high = static_cast<std::uint32_t>(product >> 32);
    low = static_cast<std::uint32_t>(product);
}

}   // namespace bss::model
