// Wafers with every denmem a neuron and every synapse used, written straight as a program: 196,608 AdEx neurons with noise and limits and 43 million synapses a
// wafer, at some 10 Hz of biology; windows of 6 steps (speed-up 10^4) and of 1 (1000). Usage: dense_wafer [milliseconds of biology [wafers]]
#include <cstdlib>
#include <sys/resource.h>

#include "floor.hpp"
#include "full_wafer.hpp"

int main(int argc, char** argv)
{
    using namespace bss;
    const double duration_ms = argc > 1 ? std::atof(argv[1]) : 60.0;
    const int wafers = argc > 2 ? std::atoi(argv[2]) : 1;
    constexpr double speedup = 1e4, timestep_ms = 0.1;
    const auto steps = static_cast<std::int64_t>(duration_ms / timestep_ms);
    benchmark::print_heading();
    for (const bool single_steps : {false, true}) {
        for (const int threads : {1, bss::threads()}) {
            if (wafers > 1 && (threads == 1 || single_steps))
                continue;
            // Single steps: the same circuits, in windows as they are at a speed-up of 1000.
            const benchmark::FullWafer load{.chips = wafers * Hicann::count, .window_steps = single_steps ? 1 : 6};
            const double seconds = benchmark::measure(std::to_string(wafers) + (wafers == 1 ? " full wafer" : " full wafers"), benchmark::full_wafer(load), {}, steps, threads, speedup);
            if (!single_steps)
                std::printf("  ESS took at least %.0f s for 1/%.0f of the neurons: %.0f times as long a neuron\n", benchmark::ess_s,
                            wafers * 196608 / benchmark::ess_neurons, benchmark::ess_s / benchmark::ess_neurons / (seconds / wafers / 196608));
        }
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("largest memory: %.2f GiB\n", static_cast<double>(usage.ru_maxrss) / (1 << 20));
}
