/// What lies in device memory, in plain structs that host and kernels share. One block of threads is a HICANN.
#pragma once

#include <cstddef>
#include <cstdint>

#include <vector_types.h>

#include "kernels/cpu/synapses.hpp"
#include "kernels/link.hpp"
#include "kernels/model/delay.hpp"
#include "kernels/model/short_term_plasticity.hpp"
#include "kernels/model/tsodyks_markram.hpp"
#include "kernels/recording.hpp"
#include "kernels/sender.hpp"

namespace bss::cuda {

/// A thread has one denmem and one neuron. Neurons stand in the order of ChipProgram::neurons. Of neurons that have equally many denmems the first ones stand side by side, then the
/// second ones, and so on: what neighbouring neurons gather of their denmems lies in different banks of shared memory.
inline constexpr int threads = Denmem::count;
/// Of a window: the steps of one are the bits of a word.
inline constexpr int most_window_steps = 32;
inline constexpr std::uint32_t nobody = ~0u;
inline constexpr double never = -1;

/// Parameters of a chip in units of the model (model/parameters.hpp).
struct ChipParameters {
    // [denmem]
    float e_leak[threads], g_leak[threads], leak_per_end[threads], leak_strength[threads];
    float e_rev[2][threads], decay[2][threads], per_quantum[2][threads], limit_share[2][threads], limit_scale[2][threads];
    float slope[threads], intercept[threads];
    float rate[threads], gain[threads], jump[threads];
    std::uint16_t neuron_of[threads];               ///< neuron of the chip
    // [neuron]
    std::uint16_t first[threads], apart[threads], count[threads];   ///< its denmems
    std::uint16_t firing[threads];                  ///< Denmem whose comparator decides
    std::uint16_t firing_thread[threads];
    std::uint8_t block[threads], encoder_input[threads];
    std::uint8_t address[threads];                  ///< under which its spikes go out
    std::uint8_t flags[threads];                    ///< of NeuronFlag
    float noise[threads];
    float v_reset[threads], tau_refrac[threads];
    double threshold_volt[threads], scale[threads];
    double quantum_siemens[2][threads];
};
enum NeuronFlag : std::uint8_t { sends = 1, recorded = 2, through_link = 4 };

/// State of a chip between two launches. Nothing of it is in memory while a kernel runs, but for spike_count.
struct ChipState {
    float4 denmem[threads];                         ///< g of both inputs, w, carry
    float4 membrane[threads];                       ///< [neuron] v, lift, refractory, current
    std::uint32_t spike_count[threads];             ///< [neuron]
};

struct ChipCounters {
    unsigned long long row_events, synaptic_events, l1_neuron_lost, l2_up_lost, relayed, delays_below_timestep;
    unsigned long long delays_to_count;             ///< of the window before: they count once they are filed
};

/// An event that waits at its target for the step in which it acts.
struct Arrival {
    double time_s;
    SynapseList list;                               ///< of the chip; lists stand in order of routes and addresses
    std::uint32_t address;
};

/// An event on its way through a merger, and out of it.
struct Passing {
    double time_s;
    std::uint32_t net;                              ///< into Program::nets
    std::uint32_t number;                           ///< of the spike in the sender's train
    std::uint32_t sender;                           ///< Sender::index
    std::uint8_t kind, address;                     ///< Sender::Kind
    std::int64_t earliest;                          ///< it acts at this step or later
};

/// A threshold crossing.
struct Crossed {
    double time_s;
    std::uint32_t neuron;                           ///< of the chip
    std::uint32_t number;                           ///< in the neuron's train
    bool lost;                                      ///< in the priority encoder
    double left_s;                                  ///< when it left the link off the wafer; never: it did not
};

/// A spike for the recording.
struct SpikeRecord {
    double time_s;
    std::uint32_t neuron;                           ///< into Program::neurons
    std::uint32_t recorded;
};

struct RouteData {
    float delay;                                    ///< without jitter, steps
    std::uint32_t target;                           ///< chip
    std::uint32_t to;                               ///< merger_address(): addresses its jitter
};

struct NetData {
    std::uint32_t from;                             ///< chip_address() of its merger
    std::uint32_t first_route, route_count;
};

/// How spikes come from wafer to wafer.
enum class RelayWay : std::uint8_t {
    none,                                           ///< not at all
    host,                                           ///< the FPGAs of other wafers play them, which the host computes
    direct                                          ///< into the nets of other wafers, where every event takes the same time
};
/// Where a neuron's spikes enter another wafer.
struct RelayData {
    std::uint32_t net, address;
};

/// A waveform of current into some neurons of a chip.
struct CurrentData {
    double sample_s;
    bool continuous;
    double dac[129];
    std::uint32_t first, count;                     ///< into Machine::current_neurons
};
struct CurrentNeuron {
    double ampere_per_dac;
    std::uint32_t neuron;                           ///< of the chip
};

/// A neuron that a trace shows.
struct Probe {
    std::uint32_t trace, position;                  ///< into Program::traces, and in that request's list
    std::uint32_t neuron;                           ///< of the chip
};
struct TraceData {
    std::int64_t interval_steps;
    std::int64_t first_sample;                      ///< of the piece at hand
    std::uint64_t first_value;                      ///< of the piece at hand, into Piece::values
    std::uint32_t width;
    std::uint8_t variable;
};

struct ChipData {
    std::uint32_t denmems, neurons;
    std::uint32_t first_neuron;                     ///< into Program::neurons
    std::uint32_t wafer, hicann;
    std::uint64_t first_word;                       ///< into Machine::words
    std::uint32_t plastic_drivers, first_plastic_driver;
    std::uint32_t first_net, nets;                  ///< its own, into Program::nets
    std::uint32_t block_nets[9];                    ///< Machine::block_nets [block_nets[b], block_nets[b + 1])
    std::uint32_t first_current, currents;
    std::uint32_t first_probe, probes;
};

/// Links of a chip, where link_bandwidth is on.
struct ChipLinks {
    PriorityEncoder encoders[NeuronBlock::count];
    Queue mergers[DncMerger::count];                ///< [net of the chip]
    Queue up;
    std::uint32_t held, turn;                       ///< events that wait in a merger beyond the coming window, in Machine::held[turn]
};

/// An ideal synapse: 8 bytes.
struct IdealSynapseData {
    std::uint64_t target : 25;                      ///< accumulator of a step: synaptic input * neurons of the program + neuron
    std::uint64_t delay : 16;
    std::uint64_t quanta : 23;
};

/// A spike of a source on ideal lines.
struct IdealSpike {
    std::uint32_t line, factor;                     ///< factor: of a plastic line
    std::int64_t step;                              ///< nearest to the spike
};

/// What grows where a piece of the run does not fit. Per chip and window, where it does not say otherwise.
struct Room {
    std::uint32_t crossings = 256;
    std::uint32_t arrivals = 16;                    ///< per chip and step; a power of two is not needed
    std::uint32_t passing = 256;
    std::uint32_t records = 1 << 16, relayed = 1 << 12;     ///< of all chips and a piece
};

/// What the device tells the host about a piece.
struct Report {
    std::uint32_t failed_window;                    ///< the first window in which something did not fit; nobody: none
    Room needed;                                    ///< at least; zero: nothing
    std::uint32_t records, relayed;
};

/// A piece of a run: some windows, prepared by the host.
struct Piece {
    std::int64_t first, last;                       ///< steps
    std::uint32_t windows;
    const Passing* inputs;                          ///< of the host, by chip, then time
    const std::uint32_t* first_input;               ///< [chip][window], and one more
    const IdealSpike* ideal_spikes;
    const std::uint32_t* first_ideal_spike;         ///< [window], and one more
    const TraceData* traces;
    float* values;                                  ///< of the traces
    SpikeRecord* records;
    RelayedSpike* relayed;                          ///< for the host to play on other wafers
};

/// The whole program and its state on the device.
struct Machine {
    double timestep_s;
    int window_steps;
    std::uint32_t chips;
    bool link_bandwidth;
    model::Jitter jitter;
    std::uint32_t noise_key[2], jitter_key[2];
    Room room;

    const ChipData* chip;
    const ChipParameters* parameters;
    const std::uint32_t* words;                     ///< Synapses' lists, chip by chip
    const SynapseList* lists;                       ///< [route][address]
    const RouteData* routes;
    const NetData* nets;
    const std::uint32_t* block_nets;
    RelayWay relay_way;
    const std::uint32_t* first_relay;               ///< [neuron of the program], and one more
    const RelayData* relays;                        ///< neuron by neuron
    const StpCircuit* plastic_drivers;
    const CurrentData* currents;
    const CurrentNeuron* current_neurons;
    const Probe* probes;

    ChipState* state;
    ChipCounters* counters;
    std::uint32_t ring_mask;
    std::uint32_t* arrival_counts;                  ///< [chip][step & ring_mask]
    Arrival* arrivals;                              ///< [chip][step & ring_mask][room.arrivals]
    StpState (*plastic_states)[L1Address::count];   ///< [plastic driver][address]
    ChipLinks* links;                               ///< [chip]
    Passing* held[2];                               ///< [chip][room.passing]

    // Within a launch.
    uint2 (*noise_words)[2][threads];               ///< [chip][first or last eight of a group of sixteen steps][neuron]
    Crossed* crossed;                               ///< [chip][2][room.crossings], unsorted and sorted
    Passing* passing;                               ///< [chip][2][room.passing], unsorted and sorted
    Arrival* sorted_arrivals;                       ///< [chip][room.arrivals], where drivers are plastic

    // Ideal synapses.
    std::uint32_t ideal_lines, ideal_neurons;
    const std::uint64_t* ideal_first;               ///< [line], and one more
    const IdealSynapseData* ideal_synapses;
    const std::uint32_t* ideal_plastic;             ///< [line] into ideal_states; nobody: none
    const std::uint32_t* ideal_lines_of;            ///< [neuron of the program], and one more
    TsodyksMarkramState* ideal_states;
    std::uint32_t ideal_mask;
    std::int32_t* ideal_ring;                       ///< [step & ideal_mask][synaptic input][neuron of the program]

    const Piece* piece;
    Report* report;
};

}   // namespace bss::cuda
