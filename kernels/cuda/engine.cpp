#include "engine.hpp"

#include <utility>

#include <fmt/format.h>

#include "runtime.hpp"
#include "wafer/error.hpp"

namespace bss {

void cuda::check(cudaError_t result, const char* what)
{
    if (result != cudaSuccess)
        throw RunError(fmt::format("CUDA: {}: {}", what, cudaGetErrorString(result)));
}

CudaEngine::CudaEngine(Program program, Stimulus stimulus) { restart(std::move(program), std::move(stimulus)); }

void CudaEngine::restart(Program program, Stimulus stimulus)
{
    program_ = std::move(program);
    stimulus_ = std::move(stimulus);
    throw RunError("CUDA: the kernels are not built yet");
}

void CudaEngine::advance(std::int64_t) {}
Recording CudaEngine::take_recording() { return {}; }
Counters CudaEngine::counters() const { return {}; }

}   // namespace bss
