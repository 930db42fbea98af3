#include "kernels.hpp"

#include "block.cuh"

namespace bss::cuda {

template <bool adex, bool merged>
const void* run_windows_of(bool limits, bool noise);
extern template const void* run_windows_of<true, true>(bool, bool);
extern template const void* run_windows_of<true, false>(bool, bool);
extern template const void* run_windows_of<false, true>(bool, bool);
extern template const void* run_windows_of<false, false>(bool, bool);

const void* run_windows_for(const Needs& needs)
{
    if (needs.adex)
        return needs.merged ? run_windows_of<true, true>(needs.limits, needs.noise) : run_windows_of<true, false>(needs.limits, needs.noise);
    return needs.merged ? run_windows_of<false, true>(needs.limits, needs.noise) : run_windows_of<false, false>(needs.limits, needs.noise);
}

std::size_t block_bytes() { return sizeof(Block); }

}   // namespace bss::cuda
