/// The kernels for a kind of neurons: included by one unit for each kind.
#pragma once

#include "run.cuh"

namespace bss::cuda {

template <bool adex, bool merged>
Kernel run_windows_of(bool limits, bool noise)
{
    const auto kernel = []<class P>(P) { return Kernel{reinterpret_cast<const void*>(&run_windows<P>), shared_bytes<P>}; };
    if (limits)
        return noise ? kernel(Parts<adex, true, true, merged>{}) : kernel(Parts<adex, true, false, merged>{});
    return noise ? kernel(Parts<adex, false, true, merged>{}) : kernel(Parts<adex, false, false, merged>{});
}

}   // namespace bss::cuda
