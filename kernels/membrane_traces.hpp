/// Membranes without a chip around them, and their traces: what a lab bench looks at. The dynamics are those of the engine, to the last bit.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu/membranes.hpp"

namespace bss {

/// Membranes over some time. Steps count from the first sample; those before it let the membranes settle.
struct MembraneExperiment {
    std::vector<NeuronCircuit> neurons;
    MembraneSettings settings;
    std::int64_t settle = 0, samples = 0;           ///< steps
    std::vector<std::int64_t> events;               ///< steps, ascending, from -settle on; what comes twice in a step stands twice
    std::vector<std::array<std::int32_t, 2>> quanta;///< that each event brings: [denmem, neuron by neuron][input]; empty where there are no events
    struct Current {
        std::int64_t step = 0;                      ///< from here on
        std::uint32_t neuron = 0;
        double ampere = 0;
    };
    std::vector<Current> currents;                  ///< by ascending steps
};

/// Aligned for vectors, each trace with room up to a multiple of `granule` samples.
struct MembraneTraces {
    static constexpr std::int64_t granule = 128;

    std::int64_t samples = 0;
    std::vector<Row> rows;                          ///< [neuron][sample], volts at the beginning of each step
    std::vector<std::vector<double>> spikes;        ///< [neuron], steps since the first sample

    std::int64_t rows_of_neuron() const { return (samples + granule - 1) / granule * (granule / lanes); }
    float* volt(std::size_t neuron) { return rows[neuron * static_cast<std::size_t>(rows_of_neuron())].of; }
    const float* volt(std::size_t neuron) const { return rows[neuron * static_cast<std::size_t>(rows_of_neuron())].of; }
    /// Room for so many; what was there before is lost.
    void resize(std::size_t neurons, std::int64_t samples);
};

/// On the CPU. @param traces  its memory is used again
void record_traces(const MembraneExperiment& experiment, MembraneTraces& traces);

/// Where traces are recorded: the same bits everywhere.
struct TraceRecorder {
    decltype(record_traces)* record = record_traces;
    /// To record at once. Four blocks of lanes keep a core's vector units busy, and their traces stay in its cache.
    std::size_t membranes = 64;
};

}   // namespace bss
