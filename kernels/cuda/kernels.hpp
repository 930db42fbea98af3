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

/// Function of (const Machine&, Pace, first window): blocks of `threads` threads, one a chip, with block_bytes() of shared memory.
const void* run_windows_for(const Needs& needs);
std::size_t block_bytes();

}   // namespace bss::cuda
