#include "backends.hpp"

#include <cstdlib>
#include <filesystem>

#include <dlfcn.h>

namespace bss::test {

namespace {

/// Asks the driver alone: the runtime must not be loaded yet.
bool driver_has_a_device()
{
    void* const driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr)
        return false;
    const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
    const auto count_devices = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
    int count = 0;
    return init != nullptr && count_devices != nullptr && init(0) == 0 && count_devices(&count) == 0 && count > 0;
}

std::string look()
{
    if (!BSS_HAVE_CUDA)
        return "built without CUDA: no nvcc";
    if (!driver_has_a_device()) {
        const char* set = std::getenv("BSS_CUDA_EMULATOR");
        const std::filesystem::path folder = set != nullptr && *set != '\0' ? set : BSS_CUDA_EMULATOR;
        if (folder.empty() || !exists(folder / "libcudart.so.13"))
            return "no CUDA device, and BSS_CUDA_EMULATOR names no folder with a libcudart.so.13";
        if (dlopen((folder / "libcudart.so.13").c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr)
            return dlerror();
    }
    return "";
}

}   // namespace

std::string cuda_is_missing()
{
    static const std::string why = look();
    return why;
}

}   // namespace bss::test
