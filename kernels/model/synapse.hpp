/// Synaptic input of a denmem. Its state is the conductance in the quanta that events add.
#pragma once

#include "math.hpp"

namespace bss::model {

/// Mean conductance over the coming step.
/// @param per_quantum  mean conductance that a quantum makes of it
template <class R>
BSS_HD R conductance(R quanta, R per_quantum)
{
    return quanta * per_quantum;
}

/// The input's limit: c - c^2 / (4 c_max), c = min(conductance, 2 c_max), which ends flat at c_max.
/// @param share  per_quantum / (4 c_max)
/// @param scale  4 c_max. Without a limit a large power of two: nothing is lost, c comes out
template <class R>
BSS_HD R limited_conductance(R quanta, R share, R scale)
{
    const R x = smaller(quanta * share, same<R>(0.5f));
    return scale * fused_minus(x, x, x);
}

}   // namespace bss::model
