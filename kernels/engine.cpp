#include "engine.hpp"

#include <utility>

#include "backend.hpp"
#include "cpu/engine.hpp"

namespace bss {

std::unique_ptr<Engine> make_engine(Program program, Stimulus stimulus, const EngineOptions& options)
{
    if (choose_backend(options.backend).name == "cuda")
        return make_cuda_engine(std::move(program), std::move(stimulus), options);
    return std::make_unique<CpuEngine>(std::move(program), std::move(stimulus), options.threads);
}

}   // namespace bss
