/// Steps of a chip's membranes in the instruction set that the including unit is compiled for. Some registers full of membranes at a time; the text of
/// the dynamics is kernels/model/.
#pragma once

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/membrane_block.hpp"
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"

namespace bss::model {

template <class T>
BSS_HD Terms<T> first(const Terms<PairOf<T>>& t)
{
    return {t.linear.a, t.conductance.a, t.exponential.a, t.steepness.a, t.curvature.a, t.adaptation.a};
}
template <class T>
BSS_HD Terms<T> second(const Terms<PairOf<T>>& t)
{
    return {t.linear.b, t.conductance.b, t.exponential.b, t.steepness.b, t.curvature.b, t.adaptation.b};
}

/// Upstrokes are rare: only the register that has one pays.
template <class M, class T>
BSS_HD void use_steep_rise(PairOf<M> steep, Rise<PairOf<T>>& result, const Terms<PairOf<T>>& sum, PairOf<T> force, PairOf<T> drive, PairOf<T> steepness,
                           PairOf<T> y)
{
    if (any(steep.a)) {
        Rise<T> a{result.rise.a, result.lift.a};
        use_steep_rise(steep.a, a, first(sum), force.a, drive.a, steepness.a, y.a);
        result.rise.a = a.rise, result.lift.a = a.lift;
    }
    if (any(steep.b)) {
        Rise<T> b{result.rise.b, result.lift.b};
        use_steep_rise(steep.b, b, second(sum), force.b, drive.b, steepness.b, y.b);
        result.rise.b = b.rise, result.lift.b = b.lift;
    }
}

/// Which parts a block needs. What it does not need would add exact zeros: leaving it out changes no bit.
/// Denmems that share their parameters have them once in the cache, and all registers of an R take them from there together.
template <bool exponential_, bool adaptation_, bool limits_, bool shared_, bool input_>
struct Parts {
    static constexpr bool exponential = exponential_, adaptation = adaptation_, limits = limits_, shared = shared_, input = input_;
    static constexpr DenmemRows rows = denmem_rows(exponential, adaptation, limits);
    static constexpr int rows_per_denmem = shared ? rows.own : rows.count;
    using Quiet = Parts<exponential, adaptation, limits, shared, false>;
};

/// Registers of a block, and how many blocks an R holds. Where a register is as wide as a block, those of an R belong to blocks that follow each other.
inline constexpr int registers_per_block = lanes / width;
template <class R>
inline constexpr int blocks_of = registers<R> > registers_per_block ? registers<R> / registers_per_block : 1;

/// Lanes of rows from `lane` on; for several registers also those `apart` numbers further on.
template <class R>
struct Lanes {
    std::ptrdiff_t apart;
    int lane;

    __attribute__((always_inline)) R operator()(const Row& row) const
    {
        R r;
        load(r, row.of + lane, apart);
        return r;
    }
    __attribute__((always_inline)) auto words(const Row& row) const { return bits((*this)(row)); }
    __attribute__((always_inline)) auto operator()(const QuantaRow& row) const
    {
        typename WordsOf<R>::Type r;
        load(r, row.of + lane, apart);
        return r;
    }
    __attribute__((always_inline)) void put(Row& row, R a) const { store(row.of + lane, apart, a); }
    __attribute__((always_inline)) void put(QuantaRow& row, typename WordsOf<R>::Type a) const { store(row.of + lane, apart, a); }
};

/// Lanes of rows that all blocks share.
template <class R>
struct SharedLanes {
    int lane;

    __attribute__((always_inline)) R operator()(const Row& row) const
    {
        R r;
        load(r, row.of + lane, registers_per_block == 1 ? 0 : width);
        return r;
    }
};

/// One denmem of the membranes: takes its input, says what it does to the membrane, and moves its own state on.
/// @param d  its own rows; `p` those with its other parameters
template <class P, class R, class Of>
BSS_HD Terms<R> step_denmem(Row* d, const Lanes<R>& at, const Row* p, const Of& of, QuantaRow* quanta, std::ptrdiff_t quanta_of_input, const Lanes<R>& at_quanta, R v, R lift)
{
    constexpr DenmemRows rows = P::rows;
    Terms<R> one;
    const R gap = of(p[rows.e_leak]) - v;
    if constexpr (P::limits) {
        limited_leak(one, gap, of(p[rows.leak_per_end]), of(p[rows.leak_strength]));
    } else {
        leak(one, gap, of(p[rows.g_leak]));
    }
    for (int i = 0; i < 2; ++i) {
        R g = at(d[rows.g[i]]);
        if constexpr (P::input) {
            QuantaRow& arrived = quanta[i * quanta_of_input];
            g = g + number(at_quanta(arrived));
            at_quanta.put(arrived, typename WordsOf<R>::Type{});
        }
        at.put(d[rows.g[i]], g * of(p[rows.decay[i]]));
        if constexpr (P::limits) {
            g = limited_conductance(g, of(p[rows.limit_share[i]]), of(p[rows.limit_scale[i]]));
        } else {
            g = conductance(g, at(d[rows.per_quantum[i]]));
        }
        synapse(one, v, g, of(p[rows.e_rev[i]]));
    }
    if constexpr (P::exponential) {
        exponential(one, v, of(p[rows.slope]), of(p[rows.intercept]));
    }
    if constexpr (P::adaptation) {
        const R gain = of(p[rows.gain]);
        R w = at(d[rows.w]), carry = fused(gain, lift, at(d[rows.carry]));
        adaptation(one, gap, of(p[rows.rate]), gain, w, carry);
        at.put(d[rows.w], w);
        at.put(d[rows.carry], carry);
    }
    return one;
}

/// The crossings of a register, lane by lane.
template <class P>
static __attribute__((noinline)) LaneSpike* fire_lanes(const BlockGroup& group, int block, int lane0, Mask crossing, Real v, const Terms<Real>& sum, Real fraction,
                                                       std::uint32_t step, LaneSpike* spikes)
{
    constexpr DenmemRows rows = P::rows;
    alignas(Real) float begin[width], free[width];
    alignas(Real) float terms[6][width];
    store(begin, 0, v);
    store(free, 0, fraction);
    store(terms[0], 0, sum.linear);
    store(terms[1], 0, sum.conductance);
    store(terms[2], 0, sum.exponential);
    store(terms[3], 0, sum.steepness);
    store(terms[4], 0, sum.curvature);
    store(terms[5], 0, sum.adaptation);
    MembraneRows& m = group.membranes(block);
    const RareRows& rare = group.rare[block];
    Row* d = group.denmem(block, 0);
    const Row* p = P::shared ? group.shared : d;
    for (int i = 0; i < width; ++i) {
        if (!at(crossing, i)) {
            continue;
        }
        const Terms<float> of_lane{terms[0][i], terms[1][i], terms[2][i], terms[3][i], terms[4][i], terms[5][i]};
        const int lane = lane0 + i;
        const DenmemColumn column{group.denmems, rows.count * lanes, rows.count * lanes, d[rows.w].of + lane, p[rows.jump].of + lane,
                                  p[rows.rate].of + lane, p[rows.slope].of + lane, p[rows.intercept].of + lane};
        const Firing f = fire<P>(begin[i], of_lane, free[i], rare.v_reset[lane], rare.tau_refrac[lane], column);
        m.v.of[lane] = f.v;
        m.refractory.of[lane] = f.refractory;
        m.lift.of[lane] = f.lift;
        for (int k = 0; k < f.spikes; ++k) {
            *spikes++ = {rare.neuron[lane], step, f.times[k]};
        }
    }
    return spikes;
}
template <class P, class M, class T>
BSS_HD LaneSpike* fire_lanes(const BlockGroup& group, int block, int lane, PairOf<M> crossing, PairOf<T> v, const Terms<PairOf<T>>& sum, PairOf<T> fraction,
                             std::uint32_t step, LaneSpike* spikes)
{
    if (any(crossing.a)) {
        spikes = fire_lanes<P>(group, block, lane, crossing.a, v.a, first(sum), fraction.a, step, spikes);
    }
    if (any(crossing.b)) {
        const int further = registers<T> * width;
        spikes = registers_per_block == 1 ? fire_lanes<P>(group, block + registers<T>, lane, crossing.b, v.b, second(sum), fraction.b, step, spikes)
                                          : fire_lanes<P>(group, block, lane + further, crossing.b, v.b, second(sum), fraction.b, step, spikes);
    }
    return spikes;
}

/// Memory that will be wanted: a little of it at a time, so that computing goes on meanwhile.
struct Ahead {
    const char *next, *end;
    std::ptrdiff_t portion;

    __attribute__((always_inline)) void load()
    {
        constexpr std::ptrdiff_t line = 64;
        for (const char* const stop = end - next < portion ? end : next + portion; next < stop; next += line) {
            __builtin_prefetch(next, 0, 2);
        }
    }
};

/// One step of the membranes of an R.
template <class P, class R>
static __attribute__((noinline)) LaneSpike* step_membranes(const StepArguments& arguments, int block, int lane, int step, Ahead& ahead, LaneSpike* spikes)
{
    const BlockGroup& group = *arguments.group;
    const int denmems = P::shared ? 1 : group.denmems;
    const std::ptrdiff_t rows_per_block = membrane_rows + denmems * P::rows_per_denmem;
    Row* const begin = group.rows + block * rows_per_block;
    MembraneRows& m = *reinterpret_cast<MembraneRows*>(begin);
    const auto lanes_of = [lane](std::ptrdiff_t row_count) { return Lanes<R>{registers_per_block == 1 ? row_count * lanes : width, lane}; };
    const Lanes<R> at = lanes_of(rows_per_block), at_quanta = lanes_of(denmems);
    const auto of = [&] {
        if constexpr (P::shared) {
            return SharedLanes<R>{lane};
        } else {
            return at;
        }
    }();
    QuantaRow* const quanta = arguments.quanta + 2 * step * arguments.quanta_of_input + group.first_row + block * denmems;

    const R v = at(m.v), lift = P::adaptation ? at(m.lift) : R{};
    Row* d = begin + membrane_rows;
    const Row* p = P::shared ? group.shared : d;
    Terms<R> sum = step_denmem<P>(d, at, p, of, quanta, arguments.quanta_of_input, at_quanta, v, lift);
    ahead.load();
    for (int k = 1; k < denmems; ++k) {
        ahead.load();
        d += P::rows_per_denmem;
        p += P::rows_per_denmem;
        add(sum, step_denmem<P>(d, at, p, of, quanta + k, arguments.quanta_of_input, at_quanta, v, lift));
    }
    if (group.current) {
        R current;
        load(current, group.rare[block].current + lane, registers_per_block == 1 ? static_cast<std::ptrdiff_t>(sizeof(RareRows) / sizeof(float)) : width);
        sum.linear = sum.linear + current;
    }
    if (group.features.noise) {
        const std::int64_t now = arguments.first_step + step;
        sum.linear = fused(noise_draw<R>(at.words(m.words[noise_word(now)]), now), at(m.noise), sum.linear);
    }
    const R refractory = at(m.refractory);
    const R fraction = larger(1.0f - refractory, R{});
    at.put(m.refractory, larger(refractory - 1.0f, R{}));
    const auto next = advance<P>(v, sum, fraction);
    at.put(m.v, next.v);
    if (P::adaptation) {
        at.put(m.lift, next.lift);
    }
    const auto crossing = at_least(next.v, R{});
    if (any(crossing)) [[unlikely]] {
        spikes = fire_lanes<P>(group, block, lane, crossing, v, sum, fraction, static_cast<std::uint32_t>(step), spikes);
    }
    return spikes;
}

/// New noise words of a block for the group of sixteen steps that `step` belongs to.
static __attribute__((noinline)) void draw_noise(const StepArguments& arguments, int block, std::int64_t step)
{
    MembraneRows& m = arguments.group->membranes(block);
    const std::uint64_t group = static_cast<std::uint64_t>(step) / steps_per_draw;
    for (int lane = 0; lane < lanes; lane += width) {
        Word place;
        load(place, arguments.group->rare[block].place + lane, 0);
        WideWord c[4] = {widen(Word{} + arguments.wafer), widen(place + arguments.hicann * 512u), widen(Word{} + static_cast<std::uint32_t>(group >> 32)),
                         widen(Word{} + static_cast<std::uint32_t>(group))};
        philox(c, arguments.noise_key[0], arguments.noise_key[1]);
        for (int i = 0; i < 4; ++i) {
            store(m.words[i].of + lane, 0, from_bits(narrow(c[i])));
        }
    }
}

/// Blocks [begin, end), as many as some R hold, through all steps. Step by step in turns, so that one's chain of operations runs while another's waits.
template <class P, class R>
static LaneSpike* step_blocks(const StepArguments& arguments, int begin, int end, LaneSpike* spikes)
{
    constexpr int per_r = blocks_of<R>, lanes_per_r = registers_per_block == 1 ? lanes : registers<R> * width;
    // In a window of one step everything is read once, one after the other: the processor sees that coming by itself.
    const std::ptrdiff_t wanted = arguments.steps == 1 ? 0 : arguments.next_bytes;
    Ahead ahead{arguments.next, arguments.next + wanted, wanted * lanes_per_r / (std::ptrdiff_t{arguments.steps} * (end - begin) / per_r * lanes * arguments.group->denmems) + 64};
    for (int step = 0; step < arguments.steps; ++step) {
        const std::int64_t now = arguments.first_step + step;
        const bool input = (arguments.filled >> step & 1) != 0, draw = arguments.group->features.noise && (now % steps_per_draw == 0 || (step == 0 && arguments.draw));
        for (int block = begin; block < end; block += per_r) {
            for (int b = block; draw && b < block + per_r; ++b) {
                draw_noise(arguments, b, now);
            }
            for (int lane = 0; lane < lanes; lane += lanes_per_r) {
                spikes = input ? step_membranes<P, R>(arguments, block, lane, step, ahead, spikes)
                               : step_membranes<typename P::Quiet, R>(arguments, block, lane, step, ahead, spikes);
            }
        }
    }
    return spikes;
}

template <class P>
static LaneSpike* step_kind(const StepArguments& arguments)
{
    LaneSpike* spikes = arguments.spikes;
    int begin = arguments.first_block;
    const int end = begin + arguments.blocks;
    if constexpr (registers_per_block == 1) {
        if (const int quads = (end - begin) / 4 * 4; quads > 0) {
            spikes = step_blocks<P, Quad>(arguments, begin, begin + quads, spikes);
            begin += quads;
        }
        if (const int pairs = (end - begin) / 2 * 2; pairs > 0) {
            spikes = step_blocks<P, Pair>(arguments, begin, begin + pairs, spikes);
            begin += pairs;
        }
    } else if constexpr (registers_per_block == 2) {
        return step_blocks<P, Pair>(arguments, begin, end, spikes);
    }
    return begin < end ? step_blocks<P, Real>(arguments, begin, end, spikes) : spikes;
}

/// Picks the parts that are wanted, one after the other.
template <bool... chosen>
static LaneSpike* step_parts(const StepArguments& arguments, const bool (&wanted)[3])
{
    if constexpr (sizeof...(chosen) == 3) {
        if constexpr (!Parts<chosen..., true, true>::limits) {
            if (arguments.group->shared) {
                return step_kind<Parts<chosen..., true, true>>(arguments);
            }
        }
        return step_kind<Parts<chosen..., false, true>>(arguments);
    } else {
        return wanted[sizeof...(chosen)] ? step_parts<chosen..., true>(arguments, wanted) : step_parts<chosen..., false>(arguments, wanted);
    }
}

static int step_window(const StepArguments& arguments)
{
    const Features& features = arguments.group->features;
    return static_cast<int>(step_parts<>(arguments, {features.exponential, features.adaptation, features.limits}) - arguments.spikes);
}

}   // namespace bss::model
