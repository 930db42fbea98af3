// What a CUDA device makes of a full wafer, each figure beside the one that was predicted for an H100 (docs/performance.md, "The device"): a barrier of the
// whole grid, neuron steps, row events by the lists of their synapses, windows of 1 to 6 steps. Usage: device [chips [steps]]; a whole wafer is 384.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include <cooperative_groups.h>
#include <cuda_runtime.h>

#include "full_wafer.hpp"
#include "kernels/cuda/synapses.cuh"
#include "kernels/engine.hpp"

namespace bss {
namespace {

using cuda::threads;

// An H100: three chips a multiprocessor, each scheduler issues an instruction of a warp a clock.
constexpr double clock_hz = 1.755e9, schedulers = 4, chips_a_multiprocessor = 3, multiprocessors = 132, barrier_us = 1.45;
// Lane instructions, counted (cuda.counts, and this program in an emulator).
constexpr double instructions_an_event = 6141, instructions_a_delivery = 995;
double instructions_a_step(int neuron_size, bool noise) { return neuron_size == 1 ? (noise ? 124 : 97) : noise ? 110 : 95; }

/// Microseconds in which every thread of the chips of a multiprocessor executes so many instructions.
double issue_us(double instructions) { return chips_a_multiprocessor * threads / 32 * instructions / schedulers / clock_hz * 1e6; }

void check(cudaError_t result)
{
    if (result != cudaSuccess) {
        std::fprintf(stderr, "device: %s\n", cudaGetErrorString(result));
        std::exit(1);
    }
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds of a launch: the best of three.
template <class Launch>
double best(Launch launch)
{
    double least = 1e30;
    for (int repeat = 0; repeat < 3; ++repeat) {
        const double begin = seconds();
        launch();
        check(cudaGetLastError());
        check(cudaDeviceSynchronize());
        least = std::min(least, seconds() - begin);
    }
    return least;
}

void say(const char* what, double found, const char* unit, double predicted) { std::printf("%-66s %10.4g %10.4g %s\n", what, found, predicted, unit); }

__global__ void __launch_bounds__(threads, 3) barriers(int rounds)
{
    for (int k = 0; k < rounds; ++k)
        cooperative_groups::this_grid().sync();
}

/// As the engine does it: a warp takes an event and adds what its list says to sums in shared memory.
__global__ void __launch_bounds__(threads, 3) deliver_lists(const std::uint32_t* words, std::size_t words_a_chip, const SynapseList* lists, std::uint32_t list_count,
                                                            std::uint32_t events)
{
    std::int32_t* const quanta = reinterpret_cast<std::int32_t*>(&cuda::shared_block() + 1);
    for (std::uint32_t k = threadIdx.x / 32; k < events; k += threads / 32)
        for (const std::uint32_t* word = words + blockIdx.x * words_a_chip + lists[(blockIdx.x * 977 + k * 7919) % list_count].first(); word != nullptr;)
            word = cuda::add_segment(word, 0, quanta);
}

template <class T>
T* on_device(const std::vector<T>& from, int copies = 1)
{
    T* to = nullptr;
    check(cudaMalloc(&to, from.size() * sizeof(T) * static_cast<std::size_t>(copies)));
    for (int k = 0; k < copies; ++k)
        check(cudaMemcpy(to + from.size() * static_cast<std::size_t>(k), from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice));
    return to;
}

void measure_parts(int chips, int steps)
{
    int rounds = steps;
    void* arguments[] = {&rounds};
    const double waited = best([&] { check(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(&barriers), chips, threads, arguments)); });
    say("barrier of the grid", waited / rounds * 1e6, "us", barrier_us);

    const Program program = benchmark::full_wafer({.chips = 1});
    std::vector<std::uint32_t> routes(program.routes.size());
    std::iota(routes.begin(), routes.end(), 0);
    std::vector<int> slots(threads);
    std::iota(slots.begin(), slots.end(), 0);
    Synapses synapses(program, 0, routes, slots, threads);
    std::vector<SynapseList> lists;
    for (const RouteLists& route : synapses.take_routes())
        lists.insert(lists.end(), route.lists.begin(), route.lists.end());
    const std::vector<std::uint32_t> words = synapses.all_words();
    std::uint32_t* const all_words = on_device(words, chips);       // each chip its own
    SynapseList* const all_lists = on_device(lists);
    constexpr int rows_a_list = benchmark::rows_a_route / 4;
    const int events = 16 * steps;
    constexpr std::size_t shared_bytes = sizeof(cuda::Block) + 2 * threads * sizeof(std::int32_t);
    const auto list_count = static_cast<std::uint32_t>(lists.size());
    const double took = best([&] { deliver_lists<<<chips, threads, shared_bytes>>>(all_words, words.size(), all_lists, list_count, events); });
    say("row events delivered, 16 of 256 synapses answer", static_cast<double>(events) * rows_a_list * chips / took, "1/s",
        multiprocessors * schedulers * clock_hz * 32 / instructions_a_delivery);
    check(cudaFree(all_words));
    check(cudaFree(all_lists));
}

/// Wall time of a step, after a start that is not counted.
struct Step {
    double us, row_events;
};
Step step_of(const benchmark::FullWafer& load, int steps)
{
    const auto engine = make_engine(benchmark::full_wafer(load), {}, {"cuda", 0});
    engine->advance(steps);
    const std::int64_t before = engine->counters().row_events;
    const double begin = seconds();
    engine->advance(steps);
    const double took = seconds() - begin;
    return {took / steps * 1e6, static_cast<double>(engine->counters().row_events - before) / steps};
}

}   // namespace
}   // namespace bss

int main(int argc, char** argv)
{
    using namespace bss;
    const int chips = argc > 1 ? std::atoi(argv[1]) : Hicann::count, steps = argc > 2 ? std::atoi(argv[2]) : 6000;
    cudaDeviceProp device{};
    check(cudaGetDeviceProperties(&device, 0));
    std::printf("%s, %d multiprocessors, %.0f MB of second-level cache; %d chips, %d steps\n%66s %10s %10s\n", device.name, device.multiProcessorCount, device.l2CacheSize * 1e-6, chips,
                steps, "", "here", "H100");
    measure_parts(chips, steps);
    char what[80];
    for (const bool noise : {false, true})
        for (const int size : {1, 8}) {
            std::snprintf(what, sizeof what, "a step of all chips, silent, %d denmem%s a neuron, %s noise", size, size > 1 ? "s" : "", noise ? "with" : "no");
            say(what, step_of({.chips = chips, .neuron_size = size, .noise = noise, .limits = false, .silent = true}, steps).us, "us", issue_us(instructions_a_step(size, noise)));
        }
    for (const int window : {1, 3, 6}) {
        const Step step = step_of({.chips = chips, .limits = false, .window_steps = window}, steps);
        std::snprintf(what, sizeof what, "times real time, windows of %d steps (%.0f row events a step)", window, step.row_events);
        const double events_a_thread = step.row_events / chips / Denmem::count;
        say(what, 100 / step.us, "", 100 / (barrier_us / window + issue_us(instructions_a_step(1, true) + events_a_thread * instructions_an_event)));
    }
}
