/// Addressed randomness inside the time loop: Philox4x32-10 (Salmon et al. 2011) over a number type's integers, the numbers of wafer/random.hpp.
#pragma once

#include "math.hpp"

namespace bss::model {

/// Ten rounds on the counter c[0..3], in place. U: std::uint32_t or many of them.
template <class U>
BSS_HD void philox(U* c, std::uint32_t key0, std::uint32_t key1)
{
    for (int round = 0; round < 10; ++round) {
        U high0, low0, high1, low1;
        multiply_wide(c[0], 0xD2511F53u, high0, low0);
        multiply_wide(c[2], 0xCD9E8D57u, high1, low1);
        c[0] = exclusive_or(high1, c[1], key0);
        c[2] = exclusive_or(high0, c[3], key1);
        c[1] = low1;
        c[3] = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

}   // namespace bss::model
