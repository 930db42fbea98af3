/// Traces through output buffer and ADC in the instruction set that the including unit is compiled for.
#pragma once

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/membrane_block.hpp"
#include "kernels/cpu/readout_arguments.hpp"
#include "kernels/model/random.hpp"

namespace bss::model {

/// A draw has 16 bits: sixteen Philox calls, side by side, serve 128 samples.
static void read_out_all(const ReadoutArguments& a)
{
    constexpr int halves = 8;                       // 16-bit numbers of a call
    constexpr float whole = 0x1.8p23f;              // plus and minus this: nearest whole number
    alignas(64) static constexpr std::uint32_t counting[lanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (std::int64_t first = 0; first < a.samples; first += halves * lanes)
        for (int lane = 0; lane < lanes; lane += width) {
            Word number_of_call;
            load(number_of_call, counting + lane, 0);
            number_of_call = number_of_call + static_cast<std::uint32_t>(first / halves);
            WideWord c[4] = {widen(Word{} + a.place), widen(number_of_call), widen(Word{} + a.record), widen(Word{})};
            philox(c, a.key[0], a.key[1]);
            const Word words[4] = {narrow(c[0]), narrow(c[1]), narrow(c[2]), narrow(c[3])};
            for (int half = 0; half < halves; ++half) {
                const std::int64_t at = first + half * lanes + lane;
                Real v;
                load(v, a.volt + at, 0);
                const Word draw = (words[half / 2] >> (16 * (half % 2))) & 0xffffu;
                v = v + a.offset + (number(draw) * 0x1p-16f - 0.5f) * a.noise;
                v = smaller(larger(v, same<Real>(a.bottom)), same<Real>(a.top));
                if (a.step > 0.0f)
                    v = ((v / a.step + whole) - whole) * a.step;
                store(a.seen + at, 0, v);
            }
        }
}

}   // namespace bss::model
