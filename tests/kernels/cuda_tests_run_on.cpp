// Says in one line what the CUDA tests run on, or that they are left out and why.
#include <cstdio>

#include "backends.hpp"
#include "kernels/backend.hpp"

int main()
{
    const std::string missing = bss::test::cuda_is_missing();
    std::printf("CUDA tests %s %s\n", missing.empty() ? "run on" : "are left out:", missing.empty() ? bss::cuda_device().name.c_str() : missing.c_str());
}
