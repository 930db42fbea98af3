/// Synaptic input of a denmem.
#pragma once

#include "math.hpp"

namespace bss::model {

/// Conductance that the input can really give: x - x^2 / (4 g_max), x = min(g, 2 g_max), which ends flat at g_max.
/// @param curve  1 / (4 g_max), 0 without a limit
/// @param end    2 g_max, infinite without a limit
template <class R>
BSS_HD R limited_conductance(R g, R curve, R end)
{
    const R x = smaller(g, end);
    return x * fused_minus(x, curve, same<R>(1.0f));
}

}   // namespace bss::model
