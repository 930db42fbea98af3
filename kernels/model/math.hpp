/// Elementary functions that give the same bits on every machine.
///
/// The text is written over a number type R: float (CUDA, baseline CPUs) or a vector of floats (kernels/cpu/lanes.hpp). Nothing here may be
/// contracted or reassociated: every fused operation is spelled out as fused(), and the compilers are told -ffp-contract=off / -fmad=false.
#pragma once

#include "number.hpp"

namespace bss::model {

/// The same number in all lanes of R.
template <class R>
BSS_HD R same(float a)
{
    return R{} + a;
}

/// A number of the bits of `a`, further to the left.
template <int by, class R>
BSS_HD R shifted_left(R a)
{
    return from_bits(bits(a) << by);
}

/// 2^t, relative error below 1.9e-7, exact for t = 0; 0 below 2^-126.5, 2^60 for everything larger.
/// Polynomial: minimax, degree 5 on [-1/2, 1/2], 9.2e-8 before rounding.
template <class R>
BSS_HD R exp2_limited(R t)
{
    t = smaller(larger(t, same<R>(-127.0f)), same<R>(60.0f));
    // Adding 1.5 2^23 rounds to an integer and leaves it in the low bits; + 127 makes it the exponent of 2^n.
    const R shift = same<R>(12582912.0f + 127.0f);
    const R shifted = t + shift;
    const R fraction = t - (shifted - shift);
    R p = fused(same<R>(1.326473895e-03f), fraction, same<R>(9.671516716e-03f));
    p = fused(p, fraction, same<R>(5.550733581e-02f));
    p = fused(p, fraction, same<R>(2.402224243e-01f));
    p = fused(p, fraction, same<R>(6.931470037e-01f));
    p = fused(p, fraction, same<R>(1.0f));
    return p * shifted_left<23>(shifted);        // n = -127: the factor is 0
}

/// e^x, relative error below 2e-7 + 1e-7 |x|; limits as exp2_limited.
template <class R>
BSS_HD R exp_limited(R x)
{
    return exp2_limited(x * 1.44269504f);
}

/// ln x for normal x > 0, absolute error below 1.5e-7 for x near 1, else relative error below 2e-7.
/// ln(1 + t) = t + t^2 P(t), P: Remez, degree 8 on [sqrt(1/2) - 1, sqrt(2) - 1].
template <class R>
BSS_HD R log_normal(R x)
{
    const auto offset = bits(x) - 0x3f3504f3u;                        // relative to sqrt(1/2)
    const auto exponent_bits = offset & 0xff800000u;
    const R exponent = number(exponent_bits) * 0x1p-23f;
    const R t = from_bits(bits(x) - exponent_bits) - 1.0f;
    R p = fused(same<R>(-8.064662665e-02f), t, same<R>(1.291787177e-01f));
    p = fused(p, t, same<R>(-1.307255179e-01f));
    p = fused(p, t, same<R>(1.417345405e-01f));
    p = fused(p, t, same<R>(-1.662892103e-01f));
    p = fused(p, t, same<R>(2.000269592e-01f));
    p = fused(p, t, same<R>(-2.500075102e-01f));
    p = fused(p, t, same<R>(3.333331347e-01f));
    p = fused(p, t, same<R>(-4.999999702e-01f));
    return fused(exponent, same<R>(0.693147181f), fused(t * t, p, t));
}

/// -1 / x for |x| in [1e-35, 1e35], relative error below 1.3e-7. Cheaper than a division and, unlike the processors' estimates, the same everywhere.
template <class R>
BSS_HD R minus_reciprocal(R x)
{
    R y = from_bits(0xfef311c7u - bits(x));                           // within 5.1 %
    R e = fused(x, y, same<R>(1.0f));
    y = fused(y, fused(e, e, e), y);                                  // cubic: 1.3e-4
    e = fused(x, y, same<R>(1.0f));
    return fused(y, e, y);                                            // 1.7e-8, then rounding
}
template <class R>
BSS_HD R reciprocal(R x)
{
    return minus_reciprocal(-x);
}

/// (e^x - 1) / x for |x| <= 1, relative error below 7.7e-6, exact for x = 0. Minimax, degree 5.
template <class R>
BSS_HD R expm1_over_x_small(R x)
{
    R p = fused(same<R>(1.383885204e-03f), x, same<R>(8.609542946e-03f));
    p = fused(p, x, same<R>(4.170312925e-02f));
    p = fused(p, x, same<R>(1.665830045e-01f));
    p = fused(p, x, same<R>(4.999896248e-01f));
    return fused(p, x, same<R>(1.0f));
}

/// -ln(1 - y) / y for 0 <= y <= 1/2, relative error below 7.4e-6, exact for y = 0. Minimax, degree 5.
template <class R>
BSS_HD R log_over_y_small(R y)
{
    R p = fused(same<R>(8.238955820e-01f), y, same<R>(-2.804422380e-01f));
    p = fused(p, y, same<R>(3.882228302e-01f));
    p = fused(p, y, same<R>(3.169211664e-01f));
    p = fused(p, y, same<R>(5.006147856e-01f));
    return fused(p, y, same<R>(1.0f));
}

}   // namespace bss::model
