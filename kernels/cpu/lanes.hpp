/// The number type that the model's text is compiled for here: as many lanes as the unit's instruction set holds in a register.
///
/// Included only by the step's translation units (step_*.cpp), before the model. Types and functions have internal linkage: see model/number.hpp.
#pragma once

#include "kernels/model/number.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace bss::model {

#if defined(__AVX512F__)

typedef float Real __attribute__((vector_size(64)));
typedef std::uint32_t Word __attribute__((vector_size(64)));
struct Mask {
    __mmask16 lanes;
};

BSS_HD Real fused(Real a, Real b, Real c) { return (Real)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
BSS_HD Real smaller(Real a, Real b) { return (Real)_mm512_min_ps((__m512)a, (__m512)b); }
BSS_HD Real larger(Real a, Real b) { return (Real)_mm512_max_ps((__m512)a, (__m512)b); }
BSS_HD Real fused_minus(Real a, Real b, Real c) { return (Real)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c); }
BSS_HD Mask above(Real a, Real b) { return {_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ)}; }
BSS_HD Mask at_least(Real a, Real b) { return {_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GE_OQ)}; }
BSS_HD Mask operator|(Mask a, Mask b) { return {static_cast<__mmask16>(a.lanes | b.lanes)}; }
BSS_HD bool any(Mask mask) { return mask.lanes != 0; }
BSS_HD bool at(Mask mask, int lane) { return (mask.lanes >> lane & 1) != 0; }
BSS_HD Real select(Mask mask, Real yes, Real no) { return (Real)_mm512_mask_blend_ps(mask.lanes, (__m512)no, (__m512)yes); }

/// Words for multiplication: lanes 0, 2, 4, ... and lanes 1, 3, 5, ... each in the lower halves of 64 bits. The upper halves hold anything.
struct WideWord {
    __m512i even, odd;
};
BSS_HD WideWord widen(Word a) { return {(__m512i)a, _mm512_srli_epi64((__m512i)a, 32)}; }
BSS_HD Word narrow(WideWord a) { return (Word)_mm512_mask_blend_epi32(0xaaaa, a.even, _mm512_slli_epi64(a.odd, 32)); }
BSS_HD WideWord exclusive_or(WideWord a, WideWord b, std::uint32_t c)
{
    const __m512i all = _mm512_set1_epi32(static_cast<int>(c));
    return {_mm512_ternarylogic_epi64(a.even, b.even, all, 0x96), _mm512_ternarylogic_epi64(a.odd, b.odd, all, 0x96)};
}
BSS_HD void multiply_wide(WideWord a, std::uint32_t b, WideWord& high, WideWord& low)
{
    const __m512i factor = _mm512_set1_epi32(static_cast<int>(b));
    low = {_mm512_mul_epu32(a.even, factor), _mm512_mul_epu32(a.odd, factor)};
    high = {_mm512_srli_epi64(low.even, 32), _mm512_srli_epi64(low.odd, 32)};
}

#elif defined(__AVX2__)

typedef float Real __attribute__((vector_size(32)));
typedef std::int32_t Mask __attribute__((vector_size(32)));
typedef std::uint32_t Word __attribute__((vector_size(32)));

BSS_HD Real fused(Real a, Real b, Real c) { return (Real)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
BSS_HD Real smaller(Real a, Real b) { return (Real)_mm256_min_ps((__m256)a, (__m256)b); }
BSS_HD Real larger(Real a, Real b) { return (Real)_mm256_max_ps((__m256)a, (__m256)b); }
BSS_HD Real fused_minus(Real a, Real b, Real c) { return (Real)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c); }
BSS_HD Mask above(Real a, Real b) { return a > b; }
BSS_HD Mask at_least(Real a, Real b) { return a >= b; }
BSS_HD bool at(Mask mask, int lane) { return mask[lane] != 0; }
BSS_HD Real select(Mask mask, Real yes, Real no) { return mask ? yes : no; }
BSS_HD bool any(Mask mask) { return _mm256_movemask_ps((__m256)mask) != 0; }

/// Words for multiplication: lanes 0, 2, 4, ... and lanes 1, 3, 5, ... each in the lower halves of 64 bits. The upper halves hold anything.
struct WideWord {
    __m256i even, odd;
};
BSS_HD WideWord widen(Word a) { return {(__m256i)a, _mm256_srli_epi64((__m256i)a, 32)}; }
BSS_HD Word narrow(WideWord a) { return (Word)_mm256_blend_epi32(a.even, _mm256_slli_epi64(a.odd, 32), 0xaa); }
BSS_HD WideWord exclusive_or(WideWord a, WideWord b, std::uint32_t c)
{
    const __m256i all = _mm256_set1_epi32(static_cast<int>(c));
    return {_mm256_xor_si256(_mm256_xor_si256(a.even, b.even), all), _mm256_xor_si256(_mm256_xor_si256(a.odd, b.odd), all)};
}
BSS_HD void multiply_wide(WideWord a, std::uint32_t b, WideWord& high, WideWord& low)
{
    const __m256i factor = _mm256_set1_epi32(static_cast<int>(b));
    low = {_mm256_mul_epu32(a.even, factor), _mm256_mul_epu32(a.odd, factor)};
    high = {_mm256_srli_epi64(low.even, 32), _mm256_srli_epi64(low.odd, 32)};
}

#else

typedef float Real;
typedef bool Mask;
typedef std::uint32_t Word;
typedef std::uint32_t WideWord;

BSS_HD Word widen(Word a) { return a; }
BSS_HD Word narrow(Word a) { return a; }
BSS_HD bool at(Mask mask, int) { return mask; }

#endif

inline constexpr int width = sizeof(Real) / sizeof(float);

#if defined(__AVX2__)

BSS_HD Word bits(Real a) { return (Word)a; }
BSS_HD Real from_bits(Word b) { return (Real)b; }
BSS_HD Real number(Word a)
{
    typedef std::int32_t Signed __attribute__((vector_size(sizeof(Real))));
    return __builtin_convertvector((Signed)a, Real);
}

#endif

/// Lanes that stand at p, on their own boundary.
BSS_HD Real load(const float* p)
{
    Real r;
    std::memcpy(&r, __builtin_assume_aligned(p, sizeof(Real)), sizeof r);
    return r;
}
BSS_HD Word load(const std::uint32_t* p)
{
    Word r;
    std::memcpy(&r, __builtin_assume_aligned(p, sizeof(Word)), sizeof r);
    return r;
}
template <class T, class Lanes>
BSS_HD void store(T* p, const Lanes& a)
{
    std::memcpy(__builtin_assume_aligned(p, sizeof(Lanes)), &a, sizeof a);
}

}   // namespace bss::model
