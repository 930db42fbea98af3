#include "kernels.hpp"

namespace bss::cuda {

template <bool adex, bool merged>
Kernel run_windows_of(bool limits, bool noise);
extern template Kernel run_windows_of<true, true>(bool, bool);
extern template Kernel run_windows_of<true, false>(bool, bool);
extern template Kernel run_windows_of<false, true>(bool, bool);
extern template Kernel run_windows_of<false, false>(bool, bool);

Kernel run_windows_for(const Needs& needs)
{
    if (needs.adex)
        return needs.merged ? run_windows_of<true, true>(needs.limits, needs.noise) : run_windows_of<true, false>(needs.limits, needs.noise);
    return needs.merged ? run_windows_of<false, true>(needs.limits, needs.noise) : run_windows_of<false, false>(needs.limits, needs.noise);
}

std::size_t shared_bytes_of(bool adex, bool limits, bool noise, bool merged) { return run_windows_for({adex, limits, noise, merged}).shared_bytes; }

}   // namespace bss::cuda
