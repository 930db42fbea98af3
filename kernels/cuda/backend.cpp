// What libbss_cuda.so exports (kernels/backend.hpp).

#include "kernels/backend.hpp"

#include <utility>

#include "engine.hpp"
#include "runtime.hpp"

bss::Engine* bss_make_cuda_engine(bss::Program* program, bss::Stimulus* stimulus, const bss::EngineOptions*)
{
    return new bss::CudaEngine(std::move(*program), std::move(*stimulus));
}

void bss_describe_cuda_device(bss::CudaDevice* device)
{
    int index = 0;
    cudaDeviceProp properties{};
    cudaError_t result = cudaGetDevice(&index);
    if (result == cudaSuccess)
        result = cudaGetDeviceProperties(&properties, index);
    if (result == cudaSuccess)
        result = cudaFree(nullptr);     // makes a context: nobody else keeps the device for himself
    if (result != cudaSuccess) {
        cudaGetLastError();     // leaves nothing behind
        device->why = cudaGetErrorString(result);
        return;
    }
    device->found = true;
    device->name = properties.name;
    device->multiprocessors = properties.multiProcessorCount;
}
