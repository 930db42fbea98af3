/// A bench whose chip is simulated silicon.
#pragma once

#include "bench.hpp"
#include "kernels/membrane_traces.hpp"
#include "wafer/silicon.hpp"

namespace bss {

Datasheet datasheet_of(const Silicon& silicon, OperatingMode mode);

/// @param seed  of write errors, drift, noise: the same seed and the same calls give the same bench, at any number of threads
std::unique_ptr<Bench> silicon_bench(std::shared_ptr<const Silicon> silicon, Hicann hicann, std::uint64_t seed, const TraceRecorder& recorder = {});

}   // namespace bss
