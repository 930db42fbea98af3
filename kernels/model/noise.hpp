/// Membrane noise: white current, one draw a membrane and step.
///
/// A draw is uniform with 8 bits. The membrane sums hundreds of draws in a time constant, so the shape of one does not show, only its
/// variance does; and one Philox call (128 bits) serves sixteen steps.
#pragma once

#include "random.hpp"

namespace bss::model {

inline constexpr int steps_per_draw = 16;
/// Draws run over -127.5 ... 127.5 in units of 1: variance (2^16 - 1) / 12.
inline constexpr double draw_deviation = 73.900270635;

template <class R, class U>
BSS_HD R noise_draw_of(const U& byte)
{
    return number(byte) - 127.5f;
}
/// The draw of step `step` out of the words that its group of sixteen steps shares.
template <class R, class U>
BSS_HD R noise_draw(const U& word, std::int64_t step)
{
    return noise_draw_of<R, U>((word >> static_cast<int>(8 * (step & 3))) & 0xffu);
}
/// Which of the four words a step reads.
BSS_HD int noise_word(std::int64_t step) { return static_cast<int>(step >> 2 & 3); }

}   // namespace bss::model
