/// The step of a chip's membranes in the instruction set that the including unit is compiled for. Sections of a block as wide as a register one after
/// the other; the text of the dynamics is kernels/model/.
#pragma once

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/membrane_block.hpp"
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"

namespace bss::model {

/// Which parts a block needs. What it does not need would add exact zeros: leaving it out changes no bit.
template <bool exponential_, bool adaptation_, bool limits_, bool input_>
struct Parts {
    static constexpr bool exponential = exponential_, adaptation = adaptation_, limits = limits_, input = input_;
};

/// One denmem of the membranes from `lane` on: takes its input, says what it does to the membrane, and moves its own state on.
template <class P>
BSS_HD Terms<Real> step_denmem(DenmemLanes& d, std::int32_t* const* input, int lane, Real v, Real lift)
{
    Terms<Real> one;
    const Real gap = load(d.e_leak + lane) - v;
    if constexpr (P::limits) {
        limited_leak(one, gap, load(d.g_leak + lane), load(d.leak_cubic + lane), load(d.leak_end + lane));
    } else {
        leak(one, gap, load(d.g_leak + lane));
    }
    for (int i = 0; i < 2; ++i) {
        Real g = load(d.g[i] + lane);
        if constexpr (P::input) {
            std::uint32_t* quanta = reinterpret_cast<std::uint32_t*>(input[i] + lane);
            g = fused(number(load(quanta)), load(d.per_quantum[i] + lane), g);
            store(quanta, Word{});
        }
        store(d.g[i] + lane, g * load(d.decay[i] + lane));
        if constexpr (P::limits) {
            g = limited_conductance(g, load(d.syn_curve[i] + lane), load(d.syn_end[i] + lane));
        }
        synapse(one, v, g, load(d.e_rev[i] + lane));
    }
    if constexpr (P::exponential) {
        exponential(one, v, load(d.slope + lane), load(d.intercept + lane));
    }
    if constexpr (P::adaptation) {
        const Real gain = load(d.gain + lane);
        Real w = load(d.w + lane), carry = fused(gain, lift, load(d.carry + lane));
        adaptation(one, gap, load(d.rate + lane), gain, w, carry);
        store(d.w + lane, w);
        store(d.carry + lane, carry);
    }
    return one;
}

/// The crossings of a section, lane by lane.
[[maybe_unused]] static __attribute__((noinline)) LaneSpike* fire_lanes(const MembraneBlock& block, int lane0, Mask crossing, Real v, Terms<Real> sum,
                                                                        Real fraction, LaneSpike* spikes)
{
    float begin[width], free[width];
    Terms<float> terms[width];
    float rows[6][width];
    store(begin, v);
    store(free, fraction);
    store(rows[0], sum.linear);
    store(rows[1], sum.conductance);
    store(rows[2], sum.exponential);
    store(rows[3], sum.steepness);
    store(rows[4], sum.curvature);
    store(rows[5], sum.adaptation);
    MembraneLanes& m = *block.membranes;
    for (int i = 0; i < width; ++i) {
        if (!at(crossing, i)) {
            continue;
        }
        terms[i] = {rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i], rows[5][i]};
        const int lane = lane0 + i;
        DenmemLanes& d = *block.denmems;
        const DenmemColumn column{block.count,   sizeof(DenmemLanes) / sizeof(float), d.w + lane, d.jump + lane,
                                  d.rate + lane, d.slope + lane,                      d.intercept + lane};
        const Firing f = fire(begin[i], terms[i], free[i], m.v_reset[lane], m.tau_refrac[lane], column);
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
static LaneSpike* step_block(const MembraneBlock& block, const StepArguments& arguments, LaneSpike* spikes)
{
    MembraneLanes& m = *block.membranes;
    for (int lane = 0; lane < lanes; lane += width) {
        const Real v = load(m.v + lane), lift = load(m.lift + lane);
        std::int32_t* input[2] = {block.input[0], block.input[1]};
        Terms<Real> sum = step_denmem<P>(block.denmems[0], input, lane, v, lift);
        for (int k = 1; k < block.count; ++k) {
            input[0] += lanes;
            input[1] += lanes;
            add(sum, step_denmem<P>(block.denmems[k], input, lane, v, lift));
        }
        sum.linear = sum.linear + load(m.current + lane);
        if (block.noise) {
            const Real draw = noise_draw<Real>(load(m.words[noise_word(arguments.step)] + lane), arguments.step);
            sum.linear = fused(draw, load(m.noise + lane), sum.linear);
        }
        const Real refractory = load(m.refractory + lane);
        const Real fraction = larger(1.0f - refractory, Real{});
        store(m.refractory + lane, larger(refractory - 1.0f, Real{}));
        const auto next = advance(v, sum, fraction);
        store(m.v + lane, next.v);
        store(m.lift + lane, next.lift);
        const auto crossing = at_least(next.v, Real{});
        if (any(crossing)) [[unlikely]] {
            spikes = fire_lanes(block, lane, crossing, v, sum, fraction, spikes);
        }
    }
    return spikes;
}

template <bool... chosen>
static LaneSpike* step_parts(const MembraneBlock& block, const StepArguments& arguments, LaneSpike* spikes)
{
    if constexpr (sizeof...(chosen) == 4) {
        return step_block<Parts<chosen...>>(block, arguments, spikes);
    } else {
        const bool wanted[] = {block.exponential, block.adaptation, block.limits, arguments.input};
        return wanted[sizeof...(chosen)] ? step_parts<chosen..., true>(block, arguments, spikes) : step_parts<chosen..., false>(block, arguments, spikes);
    }
}

/// New noise words for the group of eight steps that `step` belongs to.
static void draw_noise(const MembraneBlock& block, const StepArguments& arguments)
{
    MembraneLanes& m = *block.membranes;
    const std::uint64_t group = static_cast<std::uint64_t>(arguments.step) / steps_per_draw;
    for (int lane = 0; lane < lanes; lane += width) {
        WideWord c[4] = {widen(Word{} + arguments.wafer), widen(load(m.place + lane) + arguments.hicann * 512u),
                         widen(Word{} + static_cast<std::uint32_t>(group >> 32)), widen(Word{} + static_cast<std::uint32_t>(group))};
        philox(c, arguments.noise_key[0], arguments.noise_key[1]);
        for (int i = 0; i < 4; ++i) {
            store(m.words[i] + lane, narrow(c[i]));
        }
    }
}

static int step_chip(const StepArguments& arguments)
{
    LaneSpike* spikes = arguments.spikes;
    for (int i = 0; i < arguments.count; ++i) {
        const MembraneBlock& block = arguments.blocks[i];
        if (block.noise && arguments.draw) {
            draw_noise(block, arguments);
        }
        spikes = step_parts<>(block, arguments, spikes);
    }
    return static_cast<int>(spikes - arguments.spikes);
}

}   // namespace bss::model
