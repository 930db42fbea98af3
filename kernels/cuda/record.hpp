/// Membranes that are only looked at (kernels/membrane_traces.hpp): what the kernel reads and writes. Plain data.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

namespace bss::cuda {

/// Numbers of four bytes alone: elements of neighbouring denmems stand as many numbers apart as it has.
struct RecordedDenmem {
    std::int32_t quanta[2];                         ///< that an event brings
    float g[2], w, carry;
    float e_leak, leak_per_end, leak_strength;
    float e_rev[2], decay[2], limit_share[2], limit_scale[2];
    float slope, intercept;
    float rate, gain, jump;
};

struct RecordedMembrane {
    double threshold_volt;
    float v, v_reset, tau_refrac, noise;
    std::uint32_t place;                            ///< addresses its noise
    std::uint32_t first_denmem, denmems;
    std::uint32_t first_change, last_change;        ///< of its current
};

/// Volts per step, from a step on.
struct RecordedChange {
    std::int64_t step;
    float current;
};

struct RecordedSpike {
    std::int64_t step;
    float fraction;
    std::uint32_t neuron;
};

/// Steps count from 0, where the membranes begin to settle.
struct RecordArguments {
    const RecordedMembrane* membranes;
    RecordedDenmem* denmems;
    const RecordedChange* changes;
    const std::int64_t* events;                     ///< steps, ascending
    std::uint32_t membrane_count, event_count;
    std::int64_t settle, samples;
    std::uint32_t noise_key[2], wafer, hicann;
    float* volt;                                    ///< [membrane * stride + sample]
    std::int64_t stride;
    RecordedSpike* spikes;                          ///< those after settling, in any order
    std::uint32_t room;                             ///< for spikes
    std::uint32_t* spike_count;                     ///< more than there is room for: start again with more room
};

void launch_record(const RecordArguments& arguments, cudaStream_t stream);

}   // namespace bss::cuda
