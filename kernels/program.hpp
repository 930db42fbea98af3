/// A configured wafer of some silicon flattened to arrays: the only thing that engines read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "recording.hpp"
#include "wafer/silicon.hpp"
#include "wafer/wafer_config.hpp"

namespace bss {

struct RunSettings {
    double timestep_s = 0;                          ///< hardware seconds of an integration step
    std::uint64_t trial = 1;                        ///< seed of rewrite, temporal noise, jitter and Poisson sources
    std::vector<TraceRequest> traces;
};

struct Program {
    double timestep_s = 0;
    int window_steps = 1;                           ///< W: steps that chips may run ahead of each other (shortest route delay / dt, at least 1)
    std::uint64_t trial = 1;
    std::vector<NeuronPlace> neurons;               ///< every compound that fires, ascending; NeuronSpike::neuron counts these
    // (the arrays of the engine follow here, one comment a field: shape, unit)
};

/// Reads configuration bits and silicon, nothing else. configs[k] is made of silicon[k]; single chips without a wafer around them are fine.
/// @throws InputError where a trace asks for a neuron that does not exist
Program elaborate(std::span<const WaferConfig> configs, std::span<const Silicon> silicon, const RunSettings& settings);

}   // namespace bss
