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

/// Lanes that stand at p, on their own boundary. `apart`: see PairOf.
BSS_HD void load(Real& r, const float* p, std::ptrdiff_t) { std::memcpy(&r, __builtin_assume_aligned(p, sizeof(Real)), sizeof r); }
BSS_HD void load(Word& r, const std::uint32_t* p, std::ptrdiff_t) { std::memcpy(&r, __builtin_assume_aligned(p, sizeof(Word)), sizeof r); }
BSS_HD void store(float* p, std::ptrdiff_t, Real a) { std::memcpy(__builtin_assume_aligned(p, sizeof a), &a, sizeof a); }
BSS_HD void store(std::uint32_t* p, std::ptrdiff_t, Word a) { std::memcpy(__builtin_assume_aligned(p, sizeof a), &a, sizeof a); }

/// Twice as many lanes: those of T and as many that stand further on in memory, each register `apart` elements from the one before. Every operation is
/// done several times in a row: independent chains of dependent operations keep the processor busy where one leaves it waiting.
template <class T>
struct PairOf {
    T a, b;
};
typedef PairOf<Real> Pair;
typedef PairOf<Pair> Quad;

template <class T>
inline constexpr int registers = 1;
template <class T>
inline constexpr int registers<PairOf<T>> = 2 * registers<T>;

template <class T>
BSS_HD PairOf<T> operator+(PairOf<T> x, PairOf<T> y) { return {x.a + y.a, x.b + y.b}; }
template <class T>
BSS_HD PairOf<T> operator-(PairOf<T> x, PairOf<T> y) { return {x.a - y.a, x.b - y.b}; }
template <class T>
BSS_HD PairOf<T> operator*(PairOf<T> x, PairOf<T> y) { return {x.a * y.a, x.b * y.b}; }
template <class T>
BSS_HD PairOf<T> operator/(PairOf<T> x, PairOf<T> y) { return {x.a / y.a, x.b / y.b}; }
template <class T>
BSS_HD PairOf<T> operator-(PairOf<T> x) { return {-x.a, -x.b}; }
template <class T>
BSS_HD PairOf<T> operator+(PairOf<T> x, float y) { return {x.a + y, x.b + y}; }
template <class T>
BSS_HD PairOf<T> operator-(PairOf<T> x, float y) { return {x.a - y, x.b - y}; }
template <class T>
BSS_HD PairOf<T> operator*(PairOf<T> x, float y) { return {x.a * y, x.b * y}; }
template <class T>
BSS_HD PairOf<T> operator-(float x, PairOf<T> y) { return {x - y.a, x - y.b}; }
template <class T>
BSS_HD PairOf<T> operator*(float x, PairOf<T> y) { return {x * y.a, x * y.b}; }
template <class T>
BSS_HD PairOf<T> operator-(std::uint32_t x, PairOf<T> y) { return {x - y.a, x - y.b}; }
template <class T>
BSS_HD PairOf<T> operator-(PairOf<T> x, std::uint32_t y) { return {x.a - y, x.b - y}; }
template <class T>
BSS_HD PairOf<T> operator&(PairOf<T> x, std::uint32_t y) { return {x.a & y, x.b & y}; }
template <class T>
BSS_HD PairOf<T> operator<<(PairOf<T> x, int y) { return {x.a << y, x.b << y}; }
template <class T>
BSS_HD PairOf<T> operator>>(PairOf<T> x, int y) { return {x.a >> y, x.b >> y}; }
template <class T>
BSS_HD PairOf<T> operator|(PairOf<T> x, PairOf<T> y) { return {static_cast<T>(x.a | y.a), static_cast<T>(x.b | y.b)}; }
template <class T>
BSS_HD PairOf<T> fused(PairOf<T> x, PairOf<T> y, PairOf<T> z) { return {fused(x.a, y.a, z.a), fused(x.b, y.b, z.b)}; }
template <class T>
BSS_HD PairOf<T> fused_minus(PairOf<T> x, PairOf<T> y, PairOf<T> z) { return {fused_minus(x.a, y.a, z.a), fused_minus(x.b, y.b, z.b)}; }
template <class T>
BSS_HD PairOf<T> smaller(PairOf<T> x, PairOf<T> y) { return {smaller(x.a, y.a), smaller(x.b, y.b)}; }
template <class T>
BSS_HD PairOf<T> larger(PairOf<T> x, PairOf<T> y) { return {larger(x.a, y.a), larger(x.b, y.b)}; }
template <class T>
BSS_HD auto above(PairOf<T> x, PairOf<T> y) { return PairOf<decltype(above(x.a, y.a))>{above(x.a, y.a), above(x.b, y.b)}; }
template <class T>
BSS_HD auto at_least(PairOf<T> x, PairOf<T> y) { return PairOf<decltype(at_least(x.a, y.a))>{at_least(x.a, y.a), at_least(x.b, y.b)}; }
template <class T>
BSS_HD bool any(PairOf<T> x) { return any(static_cast<T>(x.a | x.b)); }
template <class M, class T>
BSS_HD PairOf<T> select(PairOf<M> mask, PairOf<T> yes, PairOf<T> no) { return {select(mask.a, yes.a, no.a), select(mask.b, yes.b, no.b)}; }
template <class T>
BSS_HD auto bits(PairOf<T> x) { return PairOf<decltype(bits(x.a))>{bits(x.a), bits(x.b)}; }
template <class T>
BSS_HD auto from_bits(PairOf<T> x) { return PairOf<decltype(from_bits(x.a))>{from_bits(x.a), from_bits(x.b)}; }
template <class T>
BSS_HD auto number(PairOf<T> x) { return PairOf<decltype(number(x.a))>{number(x.a), number(x.b)}; }
template <class T, class E>
BSS_HD void load(PairOf<T>& r, const E* p, std::ptrdiff_t apart)
{
    load(r.a, p, apart);
    load(r.b, p + registers<T> * apart, apart);
}
template <class T, class E>
BSS_HD void store(E* p, std::ptrdiff_t apart, PairOf<T> x)
{
    store(p, apart, x.a);
    store(p + registers<T> * apart, apart, x.b);
}

/// Words of a number type.
template <class R>
struct WordsOf {
    using Type = Word;
};
template <class T>
struct WordsOf<PairOf<T>> {
    using Type = PairOf<typename WordsOf<T>::Type>;
};

}   // namespace bss::model
