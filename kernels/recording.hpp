/// What comes back from a run, in hardware units; the edge (cli, PyNN) turns it into biological ones.
#pragma once

#include <cstdint>
#include <vector>

#include "wafer/coordinates.hpp"

namespace bss {

enum class Variable : std::uint8_t { v, w, gsyn_exc, gsyn_inh };    ///< volt; ampere; siemens (sums over the neuron's denmems)
enum class Through : std::uint8_t { probe, adc };                   ///< a free probe, or the chip's buffers and the 12-bit ADC (v only)

/// A neuron on the wafer: its chip and the denmem whose comparator decides.
struct NeuronPlace {
    Chip chip;
    Denmem firing;
    auto operator<=>(const NeuronPlace&) const = default;
};

/// A set of traces sampled together.
struct TraceRequest {
    Variable variable = Variable::v;
    Through through = Through::probe;
    std::int64_t interval_steps = 1;                                ///< samples at steps 0, interval, 2 interval, ...
    std::vector<NeuronPlace> neurons;
    /// Which denmem's buffer is read, one a neuron; only through the ADC.
    std::vector<Denmem> readout_denmems;
};

/// Samples of one TraceRequest since the last take: [sample][neuron], row-major.
struct Trace {
    std::int64_t first_step = 0;                                    ///< step of the first sample
    std::vector<float> values;
};

struct NeuronSpike {
    std::uint32_t neuron;                                           ///< index into Program::neurons
    bool recorded;                                                  ///< false: lost on the way off the wafer
    double time_s;                                                  ///< hardware time of the threshold crossing, not rounded
};
struct SourceSpike {
    std::uint32_t source;                                           ///< index into Stimulus::sources
    double time_s;
};

/// Everything since the last take. Spikes are sorted by time, then index: equal on any number of threads and any backend.
struct Recording {
    std::int64_t first_step = 0, last_step = 0;                     ///< complete for times in [first_step, last_step) dt
    std::vector<NeuronSpike> spikes;
    std::vector<SourceSpike> source_spikes;
    std::vector<Trace> traces;                                      ///< one a TraceRequest
};

/// Ascending by (time, neuron or source).
void sort(std::vector<NeuronSpike>& spikes);
void sort(std::vector<SourceSpike>& spikes);

/// Totals since the last restart.
struct Counters {
    std::int64_t membranes = 0;                                     ///< integrated ones
    std::int64_t denmem_steps = 0, row_events = 0, synaptic_events = 0;
    std::int64_t l2_down_dropped_before_sim = 0, l2_down_lost = 0, l2_up_lost = 0, l1_neuron_lost = 0;
    std::int64_t relayed = 0;                                       ///< spikes on their way into other wafers, each counted for each entry
    std::int64_t delays_below_timestep = 0;                         ///< events that had to wait for the next step
};

}   // namespace bss
