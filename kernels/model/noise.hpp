/// Membrane noise: white current, one draw a membrane and step.
///
/// A draw is uniform with 16 bits. The membrane sums hundreds of draws in a time constant, so the shape of one does not show, only its
/// variance does; and one Philox call (128 bits) serves eight steps.
#pragma once

#include "random.hpp"

namespace bss::model {

inline constexpr int steps_per_draw = 8;
/// Draws run over -32767.5 ... 32767.5 in units of 1: variance (2^32 - 1) / 12.
inline constexpr double draw_deviation = 18918.613619;

/// The draw of step `step` out of the words that its group of eight steps shares.
template <class R, class U>
BSS_HD R noise_draw(const U& word, std::int64_t step)
{
    const U half = (word >> static_cast<int>(16 * (step & 1))) & 0xffffu;
    return number(half) - 32767.5f;
}
/// Which of the four words a step reads.
BSS_HD int noise_word(std::int64_t step) { return static_cast<int>(step >> 1 & 3); }

}   // namespace bss::model
