/// The kernels as the host sees them.
#pragma once

#include <cuda_runtime.h>

#include "layout.hpp"

namespace bss::cuda {

/// How blocks go from window to window.
enum class Pace : std::uint8_t {
    together,                                       ///< all windows of a piece in one launch, a barrier of the grid after each
    alone,                                          ///< all windows in one launch; chips that hear nobody but themselves do not wait
    stepwise                                        ///< a window a launch
};

/// What neurons of a program need.
struct Needs {
    bool adex = false, limits = false, noise = false, merged = false;
};

/// Function of (const Machine&, Pace, first window): blocks of `threads` threads, one a chip.
struct Kernel {
    const void* function = nullptr;
    std::size_t shared_bytes = 0;                   ///< of a block
};
Kernel run_windows_for(const Needs& needs);
/// For tests/kernels/check_cuda_code.py.
std::size_t shared_bytes_of(bool adex, bool limits, bool noise, bool merged);

}   // namespace bss::cuda
