/// The CUDA runtime with errors as exceptions.
#pragma once

#include <cuda_runtime.h>

namespace bss::cuda {

/// @throws RunError naming what was tried
void check(cudaError_t result, const char* what);

}   // namespace bss::cuda
