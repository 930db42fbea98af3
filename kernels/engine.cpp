#include "engine.hpp"

#include <utility>

#include <fmt/format.h>

#include "backend.hpp"
#include "cpu/engine.hpp"
#include "wafer/error.hpp"

namespace bss {

std::vector<std::vector<float>> Engine::present() const { return {}; }

void Engine::change(Program, Stimulus)
{
    throw RunError(fmt::format("the {} backend cannot change a network while it runs; reset to time 0 first, or use the backend cpu", backend()));
}

std::unique_ptr<Engine> make_engine(Program program, Stimulus stimulus, const EngineOptions& options)
{
    const bool several_wafers = !program.relays.empty();
    if (several_wafers && options.backend == "cuda")
        throw InputError("--backend cuda: spikes from wafer to wafer need --backend cpu");
    if (!several_wafers && choose_backend(options.backend).name == "cuda")
        return make_cuda_engine(std::move(program), std::move(stimulus), options);
    return std::make_unique<CpuEngine>(std::move(program), std::move(stimulus), options.threads);
}

}   // namespace bss
