// Runs full chips on the CUDA backend and prints what was done as JSON, for check_cuda_code.py, which counts instructions in the emulator.
// Usage: cuda_load CHIPS STEPS DENMEMS_A_NEURON NOISE SILENT
#include <cstdio>
#include <cstdlib>

#include "backends.hpp"
#include "benchmarks/full_wafer.hpp"
#include "kernels/engine.hpp"

int main(int argc, char** argv)
{
    using namespace bss;
    if (argc != 6)
        return 2;
    if (const std::string missing = test::cuda_is_missing(); !missing.empty()) {
        std::fprintf(stderr, "%s\n", missing.c_str());
        return 77;
    }
    const benchmark::FullWafer load{.chips = std::atoi(argv[1]), .neuron_size = std::atoi(argv[3]), .noise = std::atoi(argv[4]) != 0, .limits = false, .silent = std::atoi(argv[5]) != 0};
    const auto engine = make_engine(benchmark::full_wafer(load), {}, {"cuda", 1});
    engine->advance(std::atoll(argv[2]));
    const Counters counters = engine->counters();
    std::printf("{\"denmem_steps\": %lld, \"row_events\": %lld, \"spikes\": %zu}\n", static_cast<long long>(counters.denmem_steps), static_cast<long long>(counters.row_events),
                engine->take_recording().spikes.size());
}
