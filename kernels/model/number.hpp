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
BSS_HD float smaller(float a, float b)
{
#if defined(__CUDA_ARCH__)
    return fminf(a, b);     // one instruction; the other one where one is not a number
#else
    return a < b ? a : b;
#endif
}
BSS_HD float larger(float a, float b)
{
#if defined(__CUDA_ARCH__)
    return fmaxf(a, b);
#else
    return a > b ? a : b;
#endif
}
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
#if defined(__CUDA_ARCH__)
/// See math.hpp.
template <int by>
BSS_HD float shifted_left(float a)
{
    float b;                // PTX has registers for floats and for words: this needs no move between them
    asm("shl.b32 %0, %1, %2;" : "=f"(b) : "f"(a), "n"(by));
    return b;
}
#endif
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

BSS_HD std::uint32_t exclusive_or(std::uint32_t a, std::uint32_t b, std::uint32_t c)
{
#if defined(__CUDA_ARCH__)
    std::uint32_t d;
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
    return d;
#else
    return a ^ b ^ c;
#endif
}
/// Upper and lower half of the 64-bit product.
BSS_HD void multiply_wide(std::uint32_t a, std::uint32_t b, std::uint32_t& high, std::uint32_t& low)
{
#if defined(__CUDA_ARCH__)
    high = __umulhi(a, b);
    low = a * b;
#else
    const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
    high = static_cast<std::uint32_t>(product >> 32);
    low = static_cast<std::uint32_t>(product);
#endif
}

}   // namespace bss::model
