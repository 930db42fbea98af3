#include "engine.hpp"

#include <utility>

#include <fmt/format.h>

#include "cpu/engine.hpp"
#include "wafer/error.hpp"

namespace bss {

std::unique_ptr<Engine> make_engine(Program program, Stimulus stimulus, const EngineOptions& options)
{
    if (options.backend != "cpu")
        throw InputError(fmt::format("backend: expected cpu, found {}", options.backend));
    return std::make_unique<CpuEngine>(std::move(program), std::move(stimulus), options.threads);
}

}   // namespace bss
