// What a CUDA device makes of a full wafer, each figure beside the one that was predicted for an H100 (docs/performance.md, "The device"): a barrier of the
// whole grid, neuron steps with state in registers, row events by the owners of columns and by atomics, rows read from the second-level cache, windows of
// 1 to 10 steps. Usage: device [chips [steps]]; a whole wafer is 384.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cooperative_groups.h>
#include <cuda_runtime.h>

#include "full_wafer.hpp"
#include "kernels/engine.hpp"

namespace {

using namespace bss;

constexpr int threads = 512, row_bytes = 256, rows = 448;

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

void say(const char* what, double found, const char* unit, const char* predicted) { std::printf("%-66s %10.4g %-10s %s\n", what, found, unit, predicted); }

__global__ void __launch_bounds__(threads, 3) barriers(int rounds)
{
    for (int k = 0; k < rounds; ++k)
        cooperative_groups::this_grid().sync();
}

/// An event's row and address, one after the other; a different order in each block.
__device__ int event_of(int k) { return static_cast<int>((blockIdx.x * 977u + k * 7919u) % (rows * 16)); }

/// The thread of a column compares its own byte (4 bits of address, 4 of weight) and adds in a register.
__global__ void __launch_bounds__(threads, 3) by_owners(const unsigned char* synapses, int events, int* sums)
{
    const unsigned char* const chip = synapses + static_cast<std::size_t>(blockIdx.x) * rows * row_bytes + threadIdx.x % row_bytes;
    int sum = 0;
    for (int k = static_cast<int>(threadIdx.x) / row_bytes; k < events; k += threads / row_bytes) {
        const int event = event_of(k), synapse = chip[event / 16 * row_bytes];
        sum += synapse >> 4 == event % 16 ? synapse & 15 : 0;
    }
    sums[blockIdx.x * threads + threadIdx.x] = sum;
}

/// A warp takes an event, four bytes a lane twice, and adds in shared memory.
__global__ void __launch_bounds__(threads, 3) by_atomics(const unsigned char* synapses, int events, int* sums)
{
    __shared__ int accumulators[row_bytes];
    if (threadIdx.x < row_bytes)
        accumulators[threadIdx.x] = 0;
    __syncthreads();
    const unsigned char* const chip = synapses + static_cast<std::size_t>(blockIdx.x) * rows * row_bytes;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    for (int k = static_cast<int>(threadIdx.x) / 32; k < events; k += threads / 32) {
        const int event = event_of(k);
        for (int part = 0; part < 2; ++part) {
            const int first = 4 * (lane + 32 * part);
            const unsigned four = *reinterpret_cast<const unsigned*>(chip + event / 16 * row_bytes + first);
            for (int b = 0; b < 4; ++b)
                if (const unsigned synapse = four >> (8 * b) & 0xff; static_cast<int>(synapse >> 4) == event % 16)
                    atomicAdd(&accumulators[first + b], static_cast<int>(synapse & 15));
        }
    }
    __syncthreads();
    if (threadIdx.x < row_bytes)
        sums[blockIdx.x * threads + threadIdx.x] = accumulators[threadIdx.x];
}

/// Each block reads its own piece again and again, past the first-level cache.
__global__ void __launch_bounds__(threads, 3) read_own(const uint4* data, int words, int rounds, int* sums)
{
    const uint4* const own = data + static_cast<std::size_t>(blockIdx.x) * words;
    unsigned sum = 0;
    for (int k = 0; k < rounds; ++k)
        for (int i = static_cast<int>(threadIdx.x); i < words; i += threads) {
            const uint4 w = __ldcg(own + i);
            sum += w.x ^ w.y ^ w.z ^ w.w;
        }
    sums[blockIdx.x * threads + threadIdx.x] = static_cast<int>(sum);
}

void measure_parts(int chips, int steps)
{
    unsigned char* synapses = nullptr;
    int* sums = nullptr;
    const std::size_t bytes = static_cast<std::size_t>(chips) * rows * row_bytes;
    check(cudaMalloc(&synapses, bytes));
    check(cudaMalloc(&sums, static_cast<std::size_t>(chips) * threads * sizeof(int)));
    std::vector<unsigned char> made(bytes);
    for (std::size_t k = 0; k < bytes; ++k)
        made[k] = static_cast<unsigned char>(k * 2654435761u >> 24);
    check(cudaMemcpy(synapses, made.data(), bytes, cudaMemcpyHostToDevice));

    int rounds = steps;
    void* arguments[] = {&rounds};
    say("barrier of the grid", best([&] { check(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(&barriers), chips, threads, arguments)); }) / rounds * 1e6, "us",
        "1.45 (384 blocks of 512; extrapolated from 1.28 at 264)");
    const int events = 16 * steps;
    const double all = static_cast<double>(events) * chips;
    say("row events by owners of columns, 1 of 16 synapses answers", all / best([&] { by_owners<<<chips, threads>>>(synapses, events, sums); }), "1/s",
        "1.3e10-1.8e10 (50-70 warp instructions each)");
    say("row events by atomics in shared memory", all / best([&] { by_atomics<<<chips, threads>>>(synapses, events, sums); }), "1/s", "6e9 (144 warp instructions)");
    for (const int part : {1, 2, 4}) {
        const int words = rows * row_bytes / 16 / part;
        char what[80];
        std::snprintf(what, sizeof what, "own rows read again and again, %.1f MB in all", bytes * 1e-6 / part);
        say(what, static_cast<double>(bytes) / part * steps * 1e-12 / best([&] { read_own<<<chips, threads>>>(reinterpret_cast<const uint4*>(synapses), words, steps, sums); }),
            "TB/s", "14 while it fits the near half of the cache (published, 12.7 MB)");
    }
    check(cudaFree(synapses));
    check(cudaFree(sums));
}

/// Microseconds of wall time a step, after a start that is not counted.
double step_us(const benchmark::FullWafer& load, int steps, double* row_events_a_step = nullptr)
{
    const auto engine = make_engine(benchmark::full_wafer(load), {}, {"cuda", 0});
    engine->advance(steps);
    const std::int64_t before = engine->counters().row_events;
    const double begin = seconds();
    engine->advance(steps);
    const double took = seconds() - begin;
    if (row_events_a_step)
        *row_events_a_step = static_cast<double>(engine->counters().row_events - before) / steps;
    return took / steps * 1e6;
}

}   // namespace

int main(int argc, char** argv)
{
    const int chips = argc > 1 ? std::atoi(argv[1]) : 384, steps = argc > 2 ? std::atoi(argv[2]) : 6000;
    cudaDeviceProp device{};
    check(cudaGetDeviceProperties(&device, 0));
    std::printf("%s, %d multiprocessors, %.0f MB of second-level cache; %d chips, %d steps; predictions for 384 chips on an H100\n", device.name, device.multiProcessorCount,
                device.l2CacheSize * 1e-6, chips, steps);
    measure_parts(chips, steps);
    for (const bool noise : {false, true})
        for (const int size : {1, 8}) {
            char what[80];
            std::snprintf(what, sizeof what, "a step of all chips, silent, %d denmem%s a neuron, %s noise", size, size > 1 ? "s" : "", noise ? "with" : "no");
            say(what, step_us({.chips = chips, .neuron_size = size, .noise = noise}, steps), "us", noise ? "0.7-1.0" : "0.36-0.5 for 52 instructions, in proportion for more");
        }
    const char* predictions[] = {"33", "63", "85", "99"};
    int k = 0;
    for (const int window : {1, 3, 6, 10}) {
        double row_events = 0;
        const double us = step_us({.chips = chips, .rate_hz = 10, .window_steps = window}, steps, &row_events);
        char what[80];
        std::snprintf(what, sizeof what, "times real time at 10 Hz, windows of %d steps (%.0f row events a step)", window, row_events);
        say(what, 100 / us, "", predictions[k++]);
    }
}
