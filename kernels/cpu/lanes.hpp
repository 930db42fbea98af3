/// The number type that the model's text is compiled for here: as many lanes as the unit's instruction set holds in a register.
///
/// Included only by the step's translation units (step_*.cpp), before the model. Types and functions have internal linkage: see model/number.hpp.
#pragma once

#include <cstddef>

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

/// Lanes that stand at p, on their own boundary. `apart`: see Pair.
BSS_HD void load(Real& r, const float* p, std::ptrdiff_t) { std::memcpy(&r, __builtin_assume_aligned(p, sizeof(Real)), sizeof r); }
BSS_HD void load(Word& r, const std::uint32_t* p, std::ptrdiff_t) { std::memcpy(&r, __builtin_assume_aligned(p, sizeof(Word)), sizeof r); }
BSS_HD void store(float* p, std::ptrdiff_t, Real a) { std::memcpy(__builtin_assume_aligned(p, sizeof a), &a, sizeof a); }
BSS_HD void store(std::uint32_t* p, std::ptrdiff_t, Word a) { std::memcpy(__builtin_assume_aligned(p, sizeof a), &a, sizeof a); }

/// Twice as many lanes: those of a register and those `apart` elements further on. Every operation is done twice in a row: two independent chains of
/// dependent operations keep the processor busy where one leaves it waiting.
struct PairWord {
    Word a, b;
};
struct Pair {
    Real a, b;
};
struct PairMask {
    Mask a, b;
};

BSS_HD Pair operator+(Pair x, Pair y) { return {x.a + y.a, x.b + y.b}; }
BSS_HD Pair operator-(Pair x, Pair y) { return {x.a - y.a, x.b - y.b}; }
BSS_HD Pair operator*(Pair x, Pair y) { return {x.a * y.a, x.b * y.b}; }
BSS_HD Pair operator/(Pair x, Pair y) { return {x.a / y.a, x.b / y.b}; }
BSS_HD Pair operator-(Pair x) { return {-x.a, -x.b}; }
BSS_HD Pair operator+(Pair x, float y) { return {x.a + y, x.b + y}; }
BSS_HD Pair operator-(Pair x, float y) { return {x.a - y, x.b - y}; }
BSS_HD Pair operator*(Pair x, float y) { return {x.a * y, x.b * y}; }
BSS_HD Pair operator-(float x, Pair y) { return {x - y.a, x - y.b}; }
BSS_HD Pair operator*(float x, Pair y) { return {x * y.a, x * y.b}; }
BSS_HD Pair fused(Pair x, Pair y, Pair z) { return {fused(x.a, y.a, z.a), fused(x.b, y.b, z.b)}; }
BSS_HD Pair fused_minus(Pair x, Pair y, Pair z) { return {fused_minus(x.a, y.a, z.a), fused_minus(x.b, y.b, z.b)}; }
BSS_HD Pair smaller(Pair x, Pair y) { return {smaller(x.a, y.a), smaller(x.b, y.b)}; }
BSS_HD Pair larger(Pair x, Pair y) { return {larger(x.a, y.a), larger(x.b, y.b)}; }
BSS_HD PairMask above(Pair x, Pair y) { return {above(x.a, y.a), above(x.b, y.b)}; }
BSS_HD PairMask at_least(Pair x, Pair y) { return {at_least(x.a, y.a), at_least(x.b, y.b)}; }
BSS_HD PairMask operator|(PairMask x, PairMask y) { return {static_cast<Mask>(x.a | y.a), static_cast<Mask>(x.b | y.b)}; }
BSS_HD bool any(PairMask x) { return any(static_cast<Mask>(x.a | x.b)); }
BSS_HD Pair select(PairMask mask, Pair yes, Pair no) { return {select(mask.a, yes.a, no.a), select(mask.b, yes.b, no.b)}; }
BSS_HD PairWord bits(Pair x) { return {bits(x.a), bits(x.b)}; }
BSS_HD Pair from_bits(PairWord x) { return {from_bits(x.a), from_bits(x.b)}; }
BSS_HD Pair number(PairWord x) { return {number(x.a), number(x.b)}; }
BSS_HD PairWord operator-(PairWord x, PairWord y) { return {x.a - y.a, x.b - y.b}; }
BSS_HD PairWord operator-(PairWord x, std::uint32_t y) { return {x.a - y, x.b - y}; }
BSS_HD PairWord operator-(std::uint32_t x, PairWord y) { return {x - y.a, x - y.b}; }
BSS_HD PairWord operator&(PairWord x, std::uint32_t y) { return {x.a & y, x.b & y}; }
BSS_HD PairWord operator<<(PairWord x, int y) { return {x.a << y, x.b << y}; }
BSS_HD PairWord operator>>(PairWord x, int y) { return {x.a >> y, x.b >> y}; }
BSS_HD void load(Pair& r, const float* p, std::ptrdiff_t apart)
{
    load(r.a, p, 0);
    load(r.b, p + apart, 0);
}
BSS_HD void load(PairWord& r, const std::uint32_t* p, std::ptrdiff_t apart)
{
    load(r.a, p, 0);
    load(r.b, p + apart, 0);
}
BSS_HD void store(float* p, std::ptrdiff_t apart, Pair x)
{
    store(p, 0, x.a);
    store(p + apart, 0, x.b);
}
BSS_HD void store(std::uint32_t* p, std::ptrdiff_t apart, PairWord x)
{
    store(p, 0, x.a);
    store(p + apart, 0, x.b);
}

/// Words of a number type.
template <class R>
struct WordsOf {
    using Type = Word;
};
template <>
struct WordsOf<Pair> {
    using Type = PairWord;
};

}   // namespace bss::model
