/// The step of a chip's membranes in the instruction set that the including unit is compiled for. Sections of a block as wide as a register one after
/// the other; the text of the dynamics is kernels/model/.
#pragma once

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/membrane_block.hpp"
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"

namespace bss::model {

BSS_HD Terms<Real> first(const Terms<Pair>& t) { return {t.linear.a, t.conductance.a, t.exponential.a, t.steepness.a, t.curvature.a, t.adaptation.a}; }
BSS_HD Terms<Real> second(const Terms<Pair>& t) { return {t.linear.b, t.conductance.b, t.exponential.b, t.steepness.b, t.curvature.b, t.adaptation.b}; }

/// Upstrokes are rare: only the register that has one pays.
BSS_HD void use_steep_rise(PairMask steep, Rise<Pair>& result, const Terms<Pair>& sum, Pair force, Pair drive, Pair steepness, Pair y)
{
    if (any(steep.a)) {
        Rise<Real> a{result.rise.a, result.lift.a};
        use_steep_rise(steep.a, a, first(sum), force.a, drive.a, steepness.a, y.a);
        result.rise.a = a.rise, result.lift.a = a.lift;
    }
    if (any(steep.b)) {
        Rise<Real> b{result.rise.b, result.lift.b};
        use_steep_rise(steep.b, b, second(sum), force.b, drive.b, steepness.b, y.b);
        result.rise.b = b.rise, result.lift.b = b.lift;
    }
}

/// Which parts a block needs. What it does not need would add exact zeros: leaving it out changes no bit.
template <bool exponential_, bool adaptation_, bool limits_, bool input_>
struct Parts {
    static constexpr bool exponential = exponential_, adaptation = adaptation_, limits = limits_, input = input_;
};

/// A Pair takes the two halves of a block or, where a register holds a whole one, two blocks that follow each other.
inline constexpr bool pairs_of_halves = width > 1 && 2 * width <= lanes, pairs_of_blocks = width == lanes;

/// Lanes of rows, from `lane` on, and for a Pair also those `apart` elements further on.
template <class R>
struct Rows {
    std::ptrdiff_t apart;
    int lane;

    __attribute__((always_inline)) R operator()(const float (&row)[lanes]) const
    {
        R r;
        load(r, row + lane, apart);
        return r;
    }
    __attribute__((always_inline)) auto operator()(const std::uint32_t (&row)[lanes]) const
    {
        typename WordsOf<R>::Type r;
        load(r, row + lane, apart);
        return r;
    }
    __attribute__((always_inline)) void put(float (&row)[lanes], R a) const { store(row + lane, apart, a); }
    __attribute__((always_inline)) void put(std::uint32_t (&row)[lanes], typename WordsOf<R>::Type a) const { store(row + lane, apart, a); }
};

/// One denmem of the membranes: takes its input, says what it does to the membrane, and moves its own state on.
template <class P, class R>
BSS_HD Terms<R> step_denmem(DenmemLanes& d, const Rows<R>& rows, QuantaLanes& excitatory, QuantaLanes& inhibitory, const Rows<R>& quanta_rows, R v, R lift)
{
    Terms<R> one;
    const R gap = rows(d.e_leak) - v;
    if constexpr (P::limits) {
        limited_leak(one, gap, rows(d.g_leak), rows(d.leak_cubic), rows(d.leak_end));
    } else {
        leak(one, gap, rows(d.g_leak));
    }
    for (int i = 0; i < 2; ++i) {
        R g = rows(d.g[i]);
        if constexpr (P::input) {
            QuantaLanes& quanta = i == 0 ? excitatory : inhibitory;
            g = fused(number(quanta_rows(quanta.of)), rows(d.per_quantum[i]), g);
            quanta_rows.put(quanta.of, typename WordsOf<R>::Type{});
        }
        rows.put(d.g[i], g * rows(d.decay[i]));
        if constexpr (P::limits) {
            g = limited_conductance(g, rows(d.syn_curve[i]), rows(d.syn_end[i]));
        }
        synapse(one, v, g, rows(d.e_rev[i]));
    }
    if constexpr (P::exponential) {
        exponential(one, v, rows(d.slope), rows(d.intercept));
    }
    if constexpr (P::adaptation) {
        const R gain = rows(d.gain);
        R w = rows(d.w), carry = fused(gain, lift, rows(d.carry));
        adaptation(one, gap, rows(d.rate), gain, w, carry);
        rows.put(d.w, w);
        rows.put(d.carry, carry);
    }
    return one;
}

/// The crossings of a section, lane by lane.
template <class P>
[[maybe_unused]] static __attribute__((noinline)) LaneSpike* fire_lanes(const MembraneBlock& block, int lane0, Mask crossing, Real v, Terms<Real> sum,
                                                                        Real fraction, LaneSpike* spikes)
{
    alignas(Real) float begin[width], free[width];
    alignas(Real) float rows[6][width];
    store(begin, 0, v);
    store(free, 0, fraction);
    store(rows[0], 0, sum.linear);
    store(rows[1], 0, sum.conductance);
    store(rows[2], 0, sum.exponential);
    store(rows[3], 0, sum.steepness);
    store(rows[4], 0, sum.curvature);
    store(rows[5], 0, sum.adaptation);
    MembraneLanes& m = *block.membranes;
    for (int i = 0; i < width; ++i) {
        if (!at(crossing, i)) {
            continue;
        }
        const Terms<float> terms{rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i], rows[5][i]};
        const int lane = lane0 + i;
        DenmemLanes& d = *block.denmems;
        const DenmemColumn column{block.count,   sizeof(DenmemLanes) / sizeof(float), d.w + lane, d.jump + lane,
                                  d.rate + lane, d.slope + lane,                      d.intercept + lane};
        const Firing f = fire<P>(begin[i], terms, free[i], m.v_reset[lane], m.tau_refrac[lane], column);
        m.v[lane] = f.v;
        m.refractory[lane] = f.refractory;
        m.lift[lane] = f.lift;
        for (int k = 0; k < f.spikes; ++k) {
            *spikes++ = {m.neuron[lane], f.times[k]};
        }
    }
    return spikes;
}
template <class P>
BSS_HD LaneSpike* fire_lanes(const MembraneBlock& block, int lane, PairMask crossing, Pair v, const Terms<Pair>& sum, Pair fraction, LaneSpike* spikes)
{
    spikes = fire_lanes<P>(block, lane, crossing.a, v.a, first(sum), fraction.a, spikes);
    return fire_lanes<P>((&block)[pairs_of_blocks ? 1 : 0], pairs_of_blocks ? lane : lane + width, crossing.b, v.b, second(sum), fraction.b, spikes);
}

/// A block, or two that follow each other and have equally many denmems (pairs_of_blocks).
template <class P, class R>
static LaneSpike* step_blocks(const MembraneBlock& block, const StepArguments& arguments, bool noise, LaneSpike* spikes)
{
    MembraneLanes& m = *block.membranes;
    for (int lane = 0; lane < lanes; lane += static_cast<int>(pairs_of_blocks ? lanes : sizeof(R) / sizeof(float))) {
        const auto rows_of = [lane](std::ptrdiff_t block_bytes) { return Rows<R>{pairs_of_blocks ? block_bytes / 4 : width, lane}; };
        const Rows<R> rows = rows_of(sizeof(MembraneLanes)), denmem_rows = rows_of(static_cast<std::ptrdiff_t>(sizeof(DenmemLanes)) * block.count),
                      quanta_rows = rows_of(static_cast<std::ptrdiff_t>(sizeof(QuantaLanes)) * block.count);
        const R v = rows(m.v), lift = rows(m.lift);
        Terms<R> sum = step_denmem<P>(block.denmems[0], denmem_rows, block.input[0][0], block.input[1][0], quanta_rows, v, lift);
        for (int k = 1; k < block.count; ++k) {
            add(sum, step_denmem<P>(block.denmems[k], denmem_rows, block.input[0][k], block.input[1][k], quanta_rows, v, lift));
        }
        sum.linear = sum.linear + rows(m.current);
        if (noise) {
            const R draw = noise_draw<R>(rows(m.words[noise_word(arguments.step)]), arguments.step);
            sum.linear = fused(draw, rows(m.noise), sum.linear);
        }
        const R refractory = rows(m.refractory);
        const R fraction = larger(1.0f - refractory, R{});
        rows.put(m.refractory, larger(refractory - 1.0f, R{}));
        const auto next = advance<P>(v, sum, fraction);
        rows.put(m.v, next.v);
        rows.put(m.lift, next.lift);
        const auto crossing = at_least(next.v, R{});
        if (any(crossing)) [[unlikely]] {
            spikes = fire_lanes<P>(block, lane, crossing, v, sum, fraction, spikes);
        }
    }
    return spikes;
}

/// Picks the parts that are wanted, one after the other.
template <class R, bool... chosen>
static LaneSpike* step_parts(const MembraneBlock& block, const StepArguments& arguments, const bool (&wanted)[4], bool noise, LaneSpike* spikes)
{
    if constexpr (sizeof...(chosen) == 4) {
        return step_blocks<Parts<chosen...>, R>(block, arguments, noise, spikes);
    } else {
        return wanted[sizeof...(chosen)] ? step_parts<R, chosen..., true>(block, arguments, wanted, noise, spikes)
                                         : step_parts<R, chosen..., false>(block, arguments, wanted, noise, spikes);
    }
}

/// New noise words for the group of eight steps that `step` belongs to.
static void draw_noise(const MembraneBlock& block, const StepArguments& arguments)
{
    MembraneLanes& m = *block.membranes;
    const std::uint64_t group = static_cast<std::uint64_t>(arguments.step) / steps_per_draw;
    for (int lane = 0; lane < lanes; lane += width) {
        const Rows<Real> rows{0, lane};
        WideWord c[4] = {widen(Word{} + arguments.wafer), widen(rows(m.place) + arguments.hicann * 512u),
                         widen(Word{} + static_cast<std::uint32_t>(group >> 32)), widen(Word{} + static_cast<std::uint32_t>(group))};
        philox(c, arguments.noise_key[0], arguments.noise_key[1]);
        for (int i = 0; i < 4; ++i) {
            rows.put(m.words[i], narrow(c[i]));
        }
    }
}

static int step_chip(const StepArguments& arguments)
{
    LaneSpike* spikes = arguments.spikes;
    for (int i = 0; i < arguments.count && arguments.draw; ++i) {
        if (arguments.blocks[i].noise) {
            draw_noise(arguments.blocks[i], arguments);
        }
    }
    for (int i = 0; i < arguments.count;) {
        const MembraneBlock& a = arguments.blocks[i];
        const bool two = pairs_of_blocks && i + 1 < arguments.count && arguments.blocks[i + 1].count == a.count;
        const MembraneBlock& b = arguments.blocks[two ? i + 1 : i];
        const bool wanted[] = {a.exponential || b.exponential, a.adaptation || b.adaptation, a.limits || b.limits, arguments.input};
        if constexpr (pairs_of_halves || pairs_of_blocks) {
            if (pairs_of_halves || two) {
                spikes = step_parts<Pair>(a, arguments, wanted, a.noise || b.noise, spikes);
                i += two ? 2 : 1;
                continue;
            }
        }
        if constexpr (!pairs_of_halves) {
            spikes = step_parts<Real>(a, arguments, wanted, a.noise, spikes);
            ++i;
        }
    }
    return static_cast<int>(spikes - arguments.spikes);
}

}   // namespace bss::model
