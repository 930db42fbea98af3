// Says in one line what the CUDA tests run on, or that they are left out and why.
#include <cstdio>

#include "backends.hpp"
#include "kernels/backend.hpp"

int main()
{
    using namespace bss;
    if (const std::string missing = test::cuda_is_missing(); !missing.empty())
        std::printf("CUDA tests are left out: %s\n", missing.c_str());
    else
        std::printf("CUDA tests run on: %s\n", cuda_device().found ? cuda_device().name.c_str() : cuda_device().why.c_str());
}
