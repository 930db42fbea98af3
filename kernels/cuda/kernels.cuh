/// The kernels for a kind of neurons: included by one unit for each kind.
#pragma once

#include "run.cuh"

namespace bss::cuda {

template <bool adex, bool merged>
const void* run_windows_of(bool limits, bool noise)
{
    if (limits)
        return noise ? reinterpret_cast<const void*>(&run_windows<Parts<adex, true, true, merged>>) : reinterpret_cast<const void*>(&run_windows<Parts<adex, true, false, merged>>);
    return noise ? reinterpret_cast<const void*>(&run_windows<Parts<adex, false, true, merged>>) : reinterpret_cast<const void*>(&run_windows<Parts<adex, false, false, merged>>);
}

}   // namespace bss::cuda
