/// A configured wafer of some silicon flattened to arrays: the only thing that engines read.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
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

/// A neuron of a chip; its denmems are a range of ChipProgram::denmems.
struct NeuronProgram {
    Denmem firing;                                  ///< the denmem whose comparator decides
    std::uint32_t first_denmem = 0;                 ///< into ChipProgram::denmems and circuits
    std::uint16_t denmem_count = 0;
    std::uint16_t firing_index = 0;                 ///< which of its denmems fires
    double initial_volt = 0;                        ///< V at step 0
    std::array<double, 2> quantum_siemens{};        ///< [SynapticInput] of its own accumulators; 0: the chip's
    bool sends = false;                             ///< its spikes enter the priority encoder of its block and go on to DNC mergers
    L1Address address;                              ///< under which they do
    bool recorded = true;                           ///< its spikes can be seen from outside
    bool through_link = false;                      ///< they share the chip's link off the wafer; otherwise nothing can hold them up
    std::uint32_t first_relay = 0, relay_count = 0; ///< into Program::relays: where they enter other wafers
};

/// A synapse row in use. A row that serves both synaptic inputs stands here twice.
struct RowProgram {
    SynapseRow row;
    std::uint8_t input = 0;                         ///< SynapticInput of the denmems it acts on
    std::uint8_t shift = 0;                         ///< a synapse adds increment << shift quanta
    std::int16_t plastic_driver = -1;               ///< into ChipProgram::plastic_drivers; -1: no short-term plasticity
};

/// Current stimulus of some neurons: a waveform of 129 samples (hardware.md §2.5).
struct CurrentProgram {
    double sample_s = 0;                            ///< duration of a sample
    bool continuous = true;                         ///< starts anew after the last sample; otherwise zero from then on
    std::array<double, 129> dac{};
    std::vector<std::uint32_t> neurons;             ///< into ChipProgram::neurons, ascending
    std::vector<double> ampere_per_dac;             ///< of each of them, summed over its listening denmems
};

/// A background generator that sends spikes, not just locking events.
struct BackgroundProgram {
    BackgroundGenerator generator;
    BackgroundConfig config;                        ///< seed: the one that acts
    std::vector<std::uint32_t> nets;                ///< into Program::nets, ascending
};

struct ChipProgram {
    Chip chip;
    std::uint32_t first_neuron = 0;                 ///< of its neurons in Program::neurons
    double pll_hz = 0;
    std::vector<NeuronProgram> neurons;             ///< ascending by firing denmem
    std::vector<Denmem> denmems;                    ///< of all neurons, neuron by neuron
    std::vector<DenmemCircuit> circuits;            ///< parallel to denmems

    double quantum_siemens = 1;                     ///< conductance of one unit of a synaptic input's accumulator
    std::vector<RowProgram> rows;                   ///< ascending by row, input
    std::vector<std::uint8_t> addresses;            ///< [row][column] 6-bit address that fires the synapse; deaf_synapse: none
    std::vector<std::uint16_t> increments;          ///< [row][column] what it adds, before the row's shift
    std::vector<StpCircuit> plastic_drivers;

    std::array<std::vector<std::uint32_t>, NeuronBlock::count> block_nets;  ///< Program::nets that the spikes of a block reach
    std::vector<BackgroundProgram> background;
    std::vector<CurrentProgram> currents;
};
inline constexpr std::uint8_t deaf_synapse = 0xff;

/// Everything behind one DNC merger.
struct NetProgram {
    Chip chip;
    DncMerger merger;
    bool slow = false;                              ///< the merger keeps a clock free between events
    bool from_host = false;                         ///< its Gbit link is an input and passes the merger
    std::uint32_t first_route = 0, route_count = 0; ///< into Program::routes
};

/// A way from a net to rows of one chip, equally long for all of them.
struct RouteProgram {
    std::uint32_t net = 0;
    std::uint32_t target = 0;                       ///< into Program::chips
    int hops = 0;                                   ///< HICANN borders crossed
    double delay_s = 0;                             ///< without jitter
    std::array<std::uint32_t, 5> first_row{};       ///< rows that accept addresses with the two upper bits m: Program::route_rows [first_row[m], first_row[m + 1])
};

/// Synapses without hardware. One acts on the firing denmem of its target a whole number of steps after the grid point nearest to the spike.
struct IdealSynapse {
    std::uint32_t neuron = 0;                       ///< into Program::neurons
    float siemens = 0;
    std::uint16_t delay_steps = 1;                  ///< at least 1
    SynapticInput input = SynapticInput::excitatory;
};
/// Those of one sender that share their plasticity.
struct IdealLine {
    bool from_host = false;                         ///< the sender is a source of the host, otherwise a neuron
    std::uint64_t sender = 0;                       ///< SpikeSource::id, or into Program::neurons
    std::optional<TsodyksMarkram> plasticity;
    std::uint64_t first = 0, count = 0;             ///< into IdealFabric::synapses
};
/// A whole network of them (run.mode: ideal), or what a wafer lost and keeps (synapse_loss off).
struct IdealFabric {
    std::vector<IdealLine> lines;                   ///< ascending by (from_host, sender)
    std::vector<IdealSynapse> synapses;
};

/// A way of a neuron's spikes from the link off its wafer into another one.
struct RelayProgram {
    std::uint32_t chip = 0;                         ///< into Program::chips
    std::uint32_t net = 0;                          ///< into Program::nets; from_host
    L1Address address;
};

struct TraceProgram {
    Variable variable = Variable::v;
    std::int64_t interval_steps = 1;
    std::vector<std::uint32_t> neurons;             ///< into Program::neurons
    std::vector<ReadoutCircuit> readout;            ///< [neuron] buffer in the way to the ADC; empty: an ideal probe
    std::vector<Denmem> readout_denmems;            ///< [neuron] addresses the noise of the readout
};

struct Program {
    double timestep_s = 0;
    int window_steps = 1;                           ///< W: steps that chips may run ahead of each other (shortest route delay / dt, at least 1)
    std::uint64_t trial = 1;
    std::vector<NeuronPlace> neurons;               ///< every compound that fires, ascending; NeuronSpike::neuron counts these
    std::vector<ChipProgram> chips;                 ///< ascending
    std::vector<NetProgram> nets;                   ///< ascending by (chip, merger)
    std::vector<RouteProgram> routes;               ///< ascending by (net, target, hops)
    std::vector<std::uint16_t> route_rows;          ///< into ChipProgram::rows of the route's target; both rows of a driver stand together
    std::vector<RelayProgram> relays;               ///< neuron by neuron
    double relay_delay_s = 0;                       ///< from link to playback; 0: every event takes the one delay of all routes, also to another wafer
    double jitter_s = 0;                            ///< standard deviation of a route's delay, event by event; 0: none
    double shortest_delay_s = 0;                    ///< jitter makes no route faster than this
    bool link_bandwidth = false;                    ///< queues and losses are on
    Timing timing{};                                ///< of them
    Adc adc{};
    IdealFabric ideal;
    std::vector<TraceProgram> traces;               ///< one a TraceRequest
};

/// Reads configuration bits and silicon, nothing else. configs[k] is made of silicon[k]; single chips without a wafer around them are fine.
/// @throws InputError where a trace asks for a neuron that does not exist
Program elaborate(std::span<const WaferConfig> configs, std::span<const Silicon> silicon, const RunSettings& settings);

/// What the ADC makes of a voltage: the nearest of its codes, in volts again (hardware.md §9.4).
float quantised(double volt, const Adc& adc);
/// What a trace's readout makes of the potential of its neuron number `position` at a step.
float read_out(float volt, const Program& program, const TraceProgram& trace, std::size_t position, std::int64_t step);

/// Where each chip stands in Program::chips.
std::map<Chip, std::uint32_t> chip_indices(const Program& program);
/// The nets that a host's spikes enter, by the merger whose Gbit link is an input: into Program::nets.
std::map<std::pair<Chip, DncMerger>, std::uint32_t> host_nets(const Program& program);

}   // namespace bss
