#include "runtime.hpp"

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss::cuda {

void check(cudaError_t result, const char* what)
{
    if (result == cudaSuccess)
        return;
    cudaGetLastError();
    throw RunError(fmt::format("CUDA: {}: {}", what, cudaGetErrorString(result)));
}

void* allocate_on_device(std::size_t bytes)
{
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "asking for memory");
    void* data = nullptr;
    if (bytes > free || (bytes > 0 && cudaMalloc(&data, bytes) != cudaSuccess)) {
        cudaGetLastError();
        throw RunError(fmt::format("CUDA: the run needs {} more bytes of device memory, {} are free", bytes, free));
    }
    return data;
}

void* PinnedMemory::at_least(std::size_t bytes)
{
    if (bytes > bytes_) {
        check(cudaFreeHost(std::exchange(data_, nullptr)), "freeing host memory");
        bytes_ = 0;
        check(cudaMallocHost(&data_, bytes + bytes / 2), "allocating pinned host memory");
        bytes_ = bytes + bytes / 2;
    }
    return data_;
}

}   // namespace bss::cuda
