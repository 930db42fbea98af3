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
    R adaptation{};         ///< change of the adaptation currents over the whole step at this potential: volts per step
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

/// The leak's amplifier saturates: x - (4/27) x^3 / V_sat^2, flat beyond 1.5 V_sat.
/// @param cubic  4 / (27 V_sat^2)
/// @param end    1.5 V_sat
template <class R>
BSS_HD void limited_leak(Terms<R>& one, R gap, R g, R cubic, R end)
{
    const R x = larger(smaller(gap, end), -end);
    const R bend = cubic * x * x;
    one.linear = g * (x * (1.0f - bend));
    one.conductance = g * fused_minus(same<R>(3.0f), bend, same<R>(1.0f));
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
    one.adaptation = -fused(gain, gap, rate * w);
    const R change = one.adaptation + carry;
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

/// The mean linear drive over the part `fraction` of a step, times `fraction`: leak at mid-step with z / (1 - e^-z) = 1 + z/2 + z^2/12 + ..., which
/// keeps any conductance stable. The exponential's own rise is limited to what is left to the threshold.
/// @param steepness  out: 1 / Delta of the exponentials together, 0 where there is none
template <class P = AllParts, class R>
BSS_HD R mean_drive(R v, const Terms<R>& sum, R start, R duration, R& steepness)
{
    const R z = sum.conductance * duration;
    const R linear = sum.linear * duration;
    const R bend = fused(fused(z, same<R>(1.0f / 12.0f), same<R>(0.5f)), z, same<R>(1.0f));
    const R x = P::exponential ? larger(sum.exponential, same<R>(1e-30f)) : same<R>(1e-30f);
    const R inverse = reciprocal(bend * x);                            // one reciprocal for both
    R drive = linear;
    if constexpr (P::exponential) {
        steepness = sum.steepness * inverse * (bend * 0.693147181f);
        const R force = sum.exponential * duration;
        const R push = larger(smaller(force, -v - linear), R{});
        const R curve = smaller(force * steepness, same<R>(0.5f));
        drive = fused_minus(z * fused(curve, same<R>(1.0f / 12.0f), same<R>(0.5f)), push, drive);
    } else {
        steepness = R{};
    }
    if constexpr (P::adaptation) {
        drive = fused_minus(duration * fused(duration, same<R>(0.5f), start), sum.adaptation, drive);
    }
    return drive * (x * inverse);
}

/// Squared coefficient of variation of 1 / Delta among the denmems' exponentials, by their shares. Where V rises by Delta, 1 / Delta grows by this part,
/// because the steepest ones take over.
template <class R>
BSS_HD R spread(const Terms<R>& sum)
{
    // Without exponentials 0 / 0, of which larger() makes 0.
    return larger((sum.exponential / sum.steepness) * (sum.curvature / sum.steepness) - 1.0f, R{});
}

/// The rise of v, and its integral over the time.
template <class R>
struct Rise {
    R rise, lift;
};

/// advance() for lanes near or in the upstroke, with the full functions and a 1 / Delta that grows as the steepest denmem takes over.
/// @param y  by the short polynomials: how near the upstroke is
template <class R>
BSS_HD Rise<R> steep_rise(const Terms<R>& sum, R force, R drive, R steepness, R y)
{
    const R part = smaller(y, same<R>(1.0f));
    steepness = steepness * fused(spread(sum), part * fused(part, same<R>(2.0f / 3.0f), same<R>(1.0f / 3.0f)), same<R>(1.0f));
    const R x = drive * steepness;
    const R limited = larger(smaller(x, same<R>(60.0f)), same<R>(-1e30f));
    const R growth = force * select(above(x * x, same<R>(1.0f)), (exp_limited(limited) - 1.0f) / limited, expm1_over_x_small(x));
    y = growth * steepness;
    const R left = larger(1.0f - y, same<R>(1e-30f));
    const R logarithm = select(above(y, same<R>(0.25f)), -log_normal(left) / y, log_over_y_small(y));
    return {select(at_least(y, same<R>(1.0f)), same<R>(1e30f), fused(growth, logarithm, drive)),
            fused(growth / larger(y, same<R>(1e-30f)), fused_minus(left, logarithm, same<R>(1.0f)), 0.5f * drive)};
}
template <class R, class Mask>
BSS_HD void use_steep_rise(Mask steep, Rise<R>& result, const Terms<R>& sum, R force, R drive, R steepness, R y)
{
    const Rise<R> exact = steep_rise(sum, force, drive, steepness, y);
    result = {select(steep, exact.rise, result.rise), select(steep, exact.lift, result.lift)};
}

/// Solves dv/dt = A + X exp((v - v0) / Delta), A = mean drive, over the part `fraction` of a step (0: stays):
/// v = v0 + A - Delta ln(1 - y), y = X (e^(A / Delta) - 1) / A. Far from the upstroke short polynomials do; each lane chooses by its own values.
/// Where y reaches 1, v runs away within the time: a crossing as well.
template <class P = AllParts, class R>
BSS_HD Advance<R> advance(R v, const Terms<R>& sum, R fraction)
{
    R steepness;
    const R drive = mean_drive<P>(v, sum, 1.0f - fraction, fraction, steepness);
    if constexpr (!P::exponential) {
        return {v + drive, fraction * (0.5f * drive)};
    } else {
        const R x = drive * steepness;
        const R force = sum.exponential * fraction;
        const R growth = force * expm1_over_x_small(x);
        const R y = growth * steepness;
        const R rise = fused(growth, log_over_y_small(y), drive);
        Rise<R> result{rise, 0.5f * rise};
        const auto steep = above(x * x, same<R>(1.0f)) | above(y, same<R>(0.25f));
        if (any(steep)) {
            use_steep_rise(steep, result, sum, force, drive, steepness, y);
        }
        return {v + result.rise, fraction * result.lift};
    }
}

/// Time in steps until dv/dt = A + X exp((v - v0) / Delta) reaches 0 from v <= 0.
template <class P = AllParts>
BSS_HD float time_to_threshold(float v, float drive, float exponential, float steepness)
{
    if constexpr (!P::exponential) {
        return drive > 0.0f ? -v / drive : 1.0f;
    }
    const float at_threshold = exp_limited(v * steepness);             // u_p
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
    float t = fraction, drive = 0.0f, steepness = 0.0f;
    for (int i = 0; i < 3 && t > 1e-6f; ++i) {
        drive = mean_drive<P>(v, sum, 1.0f - fraction, t, steepness) / t;
        if constexpr (P::exponential) {
            steepness = fused(steepness, spread(sum), steepness);
        }
        t = smaller(larger(time_to_threshold<P>(v, drive, sum.exponential, steepness), 0.0f), fraction);
    }
    // The linear part of the rise is a straight line; the exponential's share -Delta ln u, u falling linearly, stays below its half.
    const float linear = drive * t;
    const float upstroke = larger(-v - linear, 0.0f);
    const float l = upstroke * steepness;
    const float mean = l < 0.1f ? 0.5f * upstroke : upstroke * (1.0f / l - 1.0f / (exp_limited(smaller(l, 40.0f)) - 1.0f));
    return {t, t * fused(0.5f, linear, mean)};
}

/// What the rare path needs of a membrane's denmems: element k stands at [k * stride].
struct DenmemColumn {
    int count, stride;
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
            denmems.w[at] = fused(jump, fused_minus(denmems.rate[at], rest, 1.0f), denmems.w[at]);
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
