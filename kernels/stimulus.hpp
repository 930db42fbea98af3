/// Spike input: what an FPGA plays into the wafer, and what generators on it send.
#pragma once

#include <cstdint>
#include <limits>
#include <variant>
#include <vector>

#include "wafer/hicann_config.hpp"

namespace bss {

/// Given times, ascending, hardware seconds.
struct SpikeTimes {
    std::vector<double> times_s;
    bool operator==(const SpikeTimes&) const = default;
};

/// A Poisson process with addressed randomness: its train depends on the trial's seed and the source's id alone.
struct PoissonTrain {
    double rate_hz = 0;                                             ///< per hardware second
    double start_s = 0, stop_s = std::numeric_limits<double>::infinity();
    bool operator==(const PoissonTrain&) const = default;
};

/// What a background generator of the wafer sends by itself (the configuration has it too): nobody plays it, it is listed to be recorded.
struct GeneratorTrain {
    BackgroundConfig config;
    double pll_hz = 0;
    bool operator==(const GeneratorTrain&) const = default;
};

struct SpikeSource {
    /// Where its spikes enter: a DNC merger, whose Gbit link is set to input unless a generator of the chip sends them, and the 6-bit address it uses there.
    struct Entry {
        Chip chip;
        DncMerger merger;
        L1Address address;
    };
    std::uint64_t id = 0;                                           ///< addresses the source's randomness
    std::variant<SpikeTimes, PoissonTrain, GeneratorTrain> train;
    std::vector<Entry> entries;                                     ///< none: the source plays to nobody, but is recorded
};

struct Stimulus {
    std::vector<SpikeSource> sources;
};

}   // namespace bss
