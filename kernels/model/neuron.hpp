/// A membrane with its denmems over one step (docs/model.md, "Integration").
///
/// Units: time in steps, potentials in volts relative to the spike threshold (so v < 0), conductances and currents divided by the membrane's
/// whole capacitance: a conductance is per step, a current in volts per step.
#pragma once

#include "synapse.hpp"

namespace bss::model {

/// Parts that a neuron may have. One that none of the neurons at hand has adds exact zeros: leaving it out (a false here) changes no bit.
struct AllParts {
    static constexpr bool exponential = true, adaptation = true;
};

/// What denmems do to their membrane, at the potential where the step begins. Terms of the denmems are added in order of the denmems.
template <class R>
struct Terms {
    R linear{};             ///< leak, synapses, minus adaptation: volts per step
    R conductance{};        ///< minus the derivative of `linear` by v: per step
    R exponential{};        ///< X: volts per step
    R steepness{};          ///< sum of exponential_i log2(e) / Delta_i: per step
    R curvature{};          ///< sum of exponential_i (log2(e) / Delta_i)^2: per volt and step
    R adaptation{};         ///< what the adaptation currents lose over the whole step at this potential: volts per step
};

template <class R>
BSS_HD void add(Terms<R>& sum, const Terms<R>& one)
{
    sum.linear = sum.linear + one.linear;
    sum.conductance = sum.conductance + one.conductance;
    sum.exponential = sum.exponential + one.exponential;
    sum.steepness = sum.steepness + one.steepness;
    sum.curvature = sum.curvature + one.curvature;
    sum.adaptation = sum.adaptation + one.adaptation;
}

template <class R>
BSS_HD void leak(Terms<R>& one, R gap, R g)
{
    one.linear = g * gap;
    one.conductance = g;
}

/// The leak's amplifier saturates: x - (4/27) x^3 / V_sat^2, flat from `end` = 1.5 V_sat on.
/// @param per_end   1 / end. Without a limit a small power of two: nothing is lost, leak() comes out
/// @param strength  g end
template <class R>
BSS_HD void limited_leak(Terms<R>& one, R gap, R per_end, R strength)
{
    const R x = larger(smaller(gap * per_end, same<R>(1.0f)), same<R>(-1.0f));
    const R square = x * x;
    one.linear = strength * (x * fused_minus(square, same<R>(1.0f / 3.0f), same<R>(1.0f)));
    one.conductance = (strength * per_end) * (1.0f - square);
}

template <class R>
BSS_HD void synapse(Terms<R>& one, R v, R g, R reversal)
{
    one.linear = fused(g, reversal - v, one.linear);
    one.conductance = one.conductance + g;
}

/// @param slope      log2(e) / Delta, 0 where the exponential is off
/// @param intercept  log2(g Delta) - slope v_exp, -infinity where it is off
template <class R>
BSS_HD void exponential(Terms<R>& one, R v, R slope, R intercept)
{
    one.exponential = exp2_limited(fused(slope, v, intercept));
    one.steepness = one.exponential * slope;
    one.curvature = one.steepness * slope;
}

/// Adaptation current w over the step with v held where it is; the movement of v enters afterwards: w += gain * lift, lift = integral of (v - v at
/// the beginning) dt. In between, w is "open".
/// @param rate  1 - exp(-1 / tau_w)
/// @param gain  a rate
template <class R>
BSS_HD void adaptation(Terms<R>& one, R gap, R rate, R gain, R& w, R& carry)
{
    one.linear = one.linear - w;
    one.adaptation = fused(gain, gap, rate * w);
    const R change = carry - one.adaptation;
    const R next = w + change;
    carry = change - (next - w);
    w = next;
}

/// Where a membrane gets to.
template <class R>
struct Advance {
    R v;                    ///< at least 0, the threshold: crossed on the way, and nothing else here counts
    R lift;                 ///< integral of (v - v at the beginning) dt
};

/// -1 / phi of mean_drive(): z / (1 - e^-z) = 1 + z/2 + z^2/12 + ..., which keeps any conductance stable. Signs here and below are such that nothing has to be
/// negated.
/// @param z  sum of the conductances, times the duration
template <class R>
BSS_HD R minus_relaxation(R z)
{
    return fused(fused(z, same<R>(-1.0f / 12.0f), same<R>(-0.5f)), z, same<R>(-1.0f));
}

/// The mean linear drive over the part `duration` of a step, times `duration`: leak at mid-step. The exponential's own rise is limited to what is left
/// to the threshold.
/// @param elapsed    mean part of the step that has gone by within the duration
/// @param steepness  1 / Delta of the exponentials together, 0 where there is none
/// @param phi        -1 / minus_relaxation(z)
template <class P = AllParts, class R>
BSS_HD R mean_drive(R v, const Terms<R>& sum, R elapsed, R duration, R z, R steepness, R phi)
{
    R drive = sum.linear * duration;
    if constexpr (P::exponential) {
        const R force = sum.exponential * duration;
        const R minus_push = smaller(larger(-force, v + drive), R{});
        const R curve = smaller(force * steepness, same<R>(0.5f));
        drive = fused(z * fused(curve, same<R>(1.0f / 12.0f), same<R>(0.5f)), minus_push, drive);
    }
    if constexpr (P::adaptation) {
        drive = fused(duration * elapsed, sum.adaptation, drive);
    }
    return drive * phi;
}

/// Smallest force that counts as one. A power of two: a factor that rounds nothing.
inline constexpr float least_exponential = 0x1p-100f;
inline constexpr float ln2 = 0.693147181f;

/// Squared coefficient of variation of 1 / Delta among the denmems' exponentials, by their shares. Where V rises by Delta, 1 / Delta grows by this part,
/// because the steepest ones take over.
template <class R>
BSS_HD R spread(const Terms<R>& sum)
{
    const R width = reciprocal(larger(sum.steepness, same<R>(least_exponential)));
    return larger(fused(sum.exponential * width, sum.curvature * width, same<R>(-1.0f)), R{});
}

/// The rise of v, and its integral over the time.
template <class R>
struct Rise {
    R rise, lift;
};

/// How near the upstroke the short polynomials of advance() do.
inline constexpr float largest_short_x = 1.0f, largest_short_y = 0.5f;

/// advance() for lanes near or in the upstroke, with the full functions and a 1 / Delta that grows as the steepest denmem takes over.
/// @param y  by the short polynomials: how near the upstroke is
template <class R>
BSS_HD Rise<R> steep_rise(const Terms<R>& sum, R force, R drive, R steepness, R y)
{
    const R part = smaller(y, same<R>(1.0f));
    steepness = steepness * fused(spread(sum), part * fused(part, same<R>(2.0f / 3.0f), same<R>(1.0f / 3.0f)), same<R>(1.0f));
    const R x = drive * steepness;
    R growth = expm1_over_x_small(x);
    const auto far = above(x * x, same<R>(largest_short_x));
    if (any(far)) {
        const R limited = larger(smaller(x, same<R>(60.0f)), same<R>(-1e30f));
        growth = select(far, (exp_limited(limited) - 1.0f) * reciprocal(limited), growth);
    }
    growth = force * growth;
    y = growth * steepness;
    const R left = larger(1.0f - y, same<R>(1e-30f));
    const R logarithm = log_normal(left);
    const R width = reciprocal(larger(steepness, same<R>(1e-30f)));     // Delta
    const R rise = select(at_least(y, same<R>(1.0f)), same<R>(1e30f), fused_minus(logarithm, width, drive));
    // The upstroke -Delta ln(1 - y t) on the average; a small one is as good as a straight line.
    const R lift = fused(width, fused(left * logarithm, reciprocal(larger(y, same<R>(0.25f))), same<R>(1.0f)), 0.5f * drive);
    return {rise, select(above(y, same<R>(0.25f)), lift, 0.5f * rise)};
}
template <class R, class Mask>
BSS_HD void use_steep_rise(Mask steep, Rise<R>& result, const Terms<R>& sum, R force, R drive, R steepness, R y)
{
    const Rise<R> exact = steep_rise(sum, force, drive, steepness, y);
    result = {select(steep, exact.rise, result.rise), select(steep, exact.lift, result.lift)};
}

/// What advance() does far from the upstroke.
template <class R>
struct ShortAdvance {
    R drive, force, steepness, rise;
    R x, y;                 ///< how near the upstroke is: beyond largest_short_x and _y `rise` is not good enough
};
template <class P = AllParts, class R>
BSS_HD ShortAdvance<R> short_advance(R v, const Terms<R>& sum, R fraction)
{
    const R z = sum.conductance * fraction;
    const R minus_bend = minus_relaxation(z);
    // The part of the step that is free begins 1 - fraction after the step does.
    const R elapsed = fused(fraction, same<R>(-0.5f), same<R>(1.0f));
    if constexpr (!P::exponential) {
        const R drive = mean_drive<P>(v, sum, elapsed, fraction, z, R{}, minus_reciprocal(minus_bend));
        return {drive, R{}, R{}, drive, R{}, R{}};
    } else {
        const R exponential = larger(sum.exponential, same<R>(least_exponential));
        const R inverse = minus_reciprocal(minus_bend * exponential);  // one reciprocal for both
        const R steepness = sum.steepness * inverse * (minus_bend * -ln2);
        const R drive = mean_drive<P>(v, sum, elapsed, fraction, z, steepness, exponential * inverse);
        const R x = drive * steepness;
        const R force = sum.exponential * fraction;
        const R growth = force * expm1_over_x_small(x);
        const R y = growth * steepness;
        return {drive, force, steepness, fused(growth, log_over_y_small(y), drive), x, y};
    }
}

/// Solves dv/dt = A + X exp((v - v0) / Delta), A = mean drive, over the part `fraction` of a step (0: stays):
/// v = v0 + A - Delta ln(1 - y), y = X (e^(A / Delta) - 1) / A. Far from the upstroke short polynomials do; each lane chooses by its own values.
/// Where y reaches 1, v runs away within the time: a crossing as well.
template <class P = AllParts, class R>
BSS_HD Advance<R> advance(R v, const Terms<R>& sum, R fraction)
{
    const ShortAdvance<R> s = short_advance<P>(v, sum, fraction);
    Rise<R> result{s.rise, 0.5f * s.rise};
    if constexpr (P::exponential) {
        const auto steep = above(s.x * s.x, same<R>(largest_short_x)) | above(s.y, same<R>(largest_short_y));
        if (any(steep)) {
            use_steep_rise(steep, result, sum, s.force, s.drive, s.steepness, s.y);
        }
    }
    return {v + result.rise, fraction * result.lift};
}

/// Time in steps until dv/dt = A + X exp((v - v0) / Delta) reaches 0 from v <= 0.
/// @param at_threshold  u_p = exp(v / Delta)
BSS_HD float time_to_threshold(float v, float drive, float exponential, float steepness, float at_threshold)
{
    const float speed = fused(drive, at_threshold, exponential);       // at the threshold, times u_p
    if (!(steepness > 0.0f) || !(speed > 1e-30f)) {
        return drive > 0.0f ? -v / drive : 1.0f;
    }
    const float q = (1.0f - at_threshold) / speed;
    const float s = 1.0f + drive * q;
    const float logarithm = s == 1.0f ? 1.0f : log_normal(larger(s, 1e-30f)) / (s - 1.0f);
    return q * logarithm / steepness;
}

struct Crossing {
    float time;             ///< steps since the membrane became free
    float lift;             ///< integral of (v - v at the beginning) dt until then
};

/// When within [0, fraction] a membrane crosses, once it is known that it does. The mean drive belongs to the time until the crossing: fixed point.
template <class P = AllParts>
BSS_HD Crossing find_crossing(float v, const Terms<float>& sum, float fraction)
{
    float mean_steepness = 0.0f, steepness = 0.0f, at_threshold = 1.0f;
    if constexpr (P::exponential) {
        mean_steepness = sum.steepness * ln2 / larger(sum.exponential, least_exponential);
        steepness = fused(mean_steepness, spread(sum), mean_steepness);
        at_threshold = exp_limited(v * steepness);
    }
    float t = fraction, drive = 0.0f;
    for (int i = 0; i < 3 && t > 1e-6f; ++i) {
        const float z = sum.conductance * t;
        drive = mean_drive<P>(v, sum, fused(0.5f, t, 1.0f - fraction), t, z, mean_steepness, -1.0f / minus_relaxation(z)) / t;
        t = smaller(larger(time_to_threshold(v, drive, sum.exponential, steepness, at_threshold), 0.0f), fraction);
    }
    // The linear part of the rise is a straight line; the exponential's share -Delta ln u, u falling linearly, stays below its half.
    const float linear = drive * t;
    const float upstroke = larger(-v - linear, 0.0f);
    const float l = upstroke * steepness;
    const float mean = l < 0.1f ? 0.5f * upstroke : upstroke * (1.0f / l - 1.0f / (exp_limited(smaller(l, 40.0f)) - 1.0f));
    return {t, t * fused(0.5f, linear, mean)};
}

/// What the rare path needs of a membrane's denmems: element k stands at [k * stride], its state at [k * state_stride].
struct DenmemColumn {
    int count, stride, state_stride;
    float* w;
    const float* jump;      ///< b
    const float* rate;
    const float* slope;
    const float* intercept;
};

/// A membrane while its crossings of a step are worked out.
struct Firing {
    float v;                ///< where it is; at first where the step began, in the end where it ends
    float refractory;       ///< steps left at the end of the step
    float lift;             ///< integral of (v - v at the step's beginning) over the step
    int spikes;             ///< how many
    float times[4];         ///< in the step; a membrane fires at most four times a step
};

/// A step in which the membrane crosses the threshold at least once: reset, adaptation jumps, refractory time, and the rest of the step if that
/// ends within. `sum` belongs to the step's beginning, of which the last part `fraction` is free; w is open (see adaptation()) and stays so.
template <class P = AllParts>
BSS_HD Firing fire(float v0, const Terms<float>& begin, float fraction, float v_reset, float tau_refrac, const DenmemColumn& denmems)
{
    Firing f{v0, 0.0f, 0.0f, 0, {}};
    Terms<float> sum = begin;
    float now = 1.0f - fraction;
    for (;;) {
        const Crossing crossing = find_crossing<P>(f.v, sum, fraction);
        now = smaller(now + crossing.time, 1.0f);
        f.times[f.spikes++] = now;
        f.lift = fused(crossing.time, f.v - v0, f.lift) + crossing.lift;
        const float rest = 1.0f - now;
        float jumps = 0.0f;
        for (int k = 0; k < denmems.count && P::adaptation; ++k) {
            const int at = k * denmems.stride;
            const float jump = denmems.jump[at];
            float& w = denmems.w[k * denmems.state_stride];
            w = fused(jump, fused_minus(denmems.rate[at], rest, 1.0f), w);
            jumps = jumps + jump;
        }
        sum.linear = fused(sum.conductance, f.v - v_reset, sum.linear) - jumps;
        f.v = v_reset;
        f.refractory = tau_refrac - rest;
        if (f.refractory >= 0.0f || f.spikes == 4) {
            f.refractory = larger(f.refractory, 0.0f);
            f.lift = fused(rest, v_reset - v0, f.lift);
            return f;
        }
        f.lift = fused(tau_refrac, v_reset - v0, f.lift);
        fraction = -f.refractory;
        f.refractory = 0.0f;
        now = 1.0f - fraction;
        sum.exponential = sum.steepness = sum.curvature = 0.0f;
        for (int k = 0; k < denmems.count && P::exponential; ++k) {
            Terms<float> one;
            exponential(one, v_reset, denmems.slope[k * denmems.stride], denmems.intercept[k * denmems.stride]);
            sum.exponential = sum.exponential + one.exponential;
            sum.steepness = sum.steepness + one.steepness;
            sum.curvature = sum.curvature + one.curvature;
        }
        const auto next = advance<P>(v_reset, sum, fraction);
        if (next.v < 0.0f) {
            f.lift = fused(fraction, v_reset - v0, f.lift) + next.lift;
            f.v = next.v;
            return f;
        }
    }
}

}   // namespace bss::model
