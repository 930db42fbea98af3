#include "backend.hpp"

#include <cstdlib>
#include <filesystem>

#include <dlfcn.h>
#include <fmt/format.h>

#include "wafer/error.hpp"
#include "wafer/files.hpp"

namespace bss {

namespace {

constexpr const char* library_name = "libbss_cuda.so";

/// What to load: $BSS_CUDA_BACKEND, or the library that was built or installed with this program, or whatever the dynamic linker finds.
std::string library_path()
{
    if (const char* wish = std::getenv("BSS_CUDA_BACKEND"); wish != nullptr && *wish != '\0')
        return wish;
    if (const auto found = find_installed(std::filesystem::path("lib") / library_name); !found.empty())
        return found;
    return library_name;
}

struct Library {
    CudaDevice device;
    decltype(&bss_make_cuda_engine) make_engine = nullptr;
    decltype(&bss_record_traces) record_traces = nullptr;
};

Library load()
{
    Library library;
    const std::string path = library_path();
    void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const std::string_view error = dlerror();
        // The message begins with the name of what cannot be loaded: the library itself, or one that it needs.
        library.device.why = path == library_name && error.starts_with(path) ? fmt::format("there is no {}: built without CUDA", path)
                                                                             : fmt::format("{} cannot be loaded: {}", path, error);
        return library;
    }
    library.make_engine = reinterpret_cast<decltype(library.make_engine)>(dlsym(handle, "bss_make_cuda_engine"));
    library.record_traces = reinterpret_cast<decltype(library.record_traces)>(dlsym(handle, "bss_record_traces"));
    const auto describe = reinterpret_cast<decltype(&bss_describe_cuda_device)>(dlsym(handle, "bss_describe_cuda_device"));
    if (library.make_engine == nullptr || library.record_traces == nullptr || describe == nullptr)
        library.device.why = fmt::format("{} is not a CUDA backend of this program", path);
    else
        describe(&library.device);
    return library;
}

const Library& loaded()
{
    static const Library library = load();
    return library;
}

}   // namespace

const CudaDevice& cuda_device() { return loaded().device; }

BackendChoice choose_backend(std::string_view wish)
{
    if (wish == "cpu")
        return {"cpu", "as asked for"};
    if (wish != "cuda" && wish != "auto")
        throw InputError(fmt::format("backend: expected auto, cpu or cuda, found {}", wish));
    const CudaDevice& device = cuda_device();
    if (device.found)
        return {"cuda", fmt::format("{}, {} multiprocessors", device.name, device.multiprocessors)};
    if (wish == "cuda")
        throw InputError(fmt::format("backend cuda: expected a CUDA device, found none: {}", device.why));
    return {"cpu", fmt::format("no CUDA device: {}", device.why)};
}

std::unique_ptr<Engine> make_cuda_engine(Program program, Stimulus stimulus, const EngineOptions& options)
{
    return std::unique_ptr<Engine>(loaded().make_engine(&program, &stimulus, &options));
}

TraceRecorder cuda_trace_recorder()
{
    // A device has room for all membranes of a chip.
    return {[](const MembraneExperiment& experiment, MembraneTraces& traces) { loaded().record_traces(&experiment, &traces); }, Denmem::count};
}

}   // namespace bss
