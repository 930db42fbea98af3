/// How the membranes of a chip lie in memory, and the door to the step in each instruction set. Plain data: every unit includes this.
#pragma once

#include <cstdint>

namespace bss {

inline constexpr int lanes = 16;            ///< membranes of a block

/// One denmem of each of a block's membranes. Units of model/neuron.hpp. A row of 16 floats is a cache line: rows that a block does not use cost nothing.
struct alignas(64) DenmemLanes {
    // State.
    float g[2][lanes];                      ///< conductances of the inputs, averaged over the coming step
    float w[lanes];                         ///< open: MembraneLanes::lift is still to be added
    float carry[lanes];                     ///< what rounding has kept from w so far
    // Parameters of every block.
    float g_leak[lanes], e_leak[lanes];
    float e_rev[2][lanes], decay[2][lanes];
    // Of blocks with the exponential, adaptation, limits.
    float slope[lanes], intercept[lanes];
    float rate[lanes], gain[lanes];
    float leak_cubic[lanes], leak_end[lanes];
    float syn_curve[2][lanes], syn_end[2][lanes];
    // Of events.
    float per_quantum[2][lanes];            ///< what a quantum of input adds to g
    float jump[lanes];
};

struct alignas(64) MembraneLanes {
    float v[lanes];
    float refractory[lanes];                ///< steps left
    float lift[lanes];                      ///< integral of (v - v at its beginning) over the last step
    float current[lanes];                   ///< into the membrane
    float noise[lanes];                     ///< of a noise draw's unit
    std::uint32_t words[4][lanes];          ///< random, of eight steps
    std::uint32_t place[lanes];             ///< address of the noise
    // Of spikes.
    float v_reset[lanes], tau_refrac[lanes];
    std::uint32_t neuron[lanes];
};

/// Input of one denmem of each of a block's membranes: signed integers.
struct alignas(64) QuantaLanes {
    std::uint32_t of[lanes];
};

/// The arrays of blocks that follow each other follow each other, too.
struct MembraneBlock {
    MembraneLanes* membranes;
    DenmemLanes* denmems;                   ///< [count]
    QuantaLanes* input[2];                  ///< [count]
    int count;                              ///< denmems of each membrane
    bool exponential, adaptation, limits, noise;
};

struct LaneSpike {
    std::uint32_t neuron;
    float fraction;
};

struct StepArguments {
    const MembraneBlock* blocks;
    int count;
    std::int64_t step;
    bool input;                             ///< the accumulators hold something
    bool draw;                              ///< the noise words do not belong to this step's group of eight yet
    std::uint32_t noise_key[2], wafer, hicann;
    LaneSpike* spikes;                      ///< room for four a membrane
};

/// All membranes through one step. @return number of spikes
using StepFunction = int(const StepArguments&);
StepFunction step_avx512, step_avx2, step_baseline;

}   // namespace bss
