/// From a Program to the arrays of a Machine.
#pragma once

#include <vector>

#include "machine.hpp"

namespace bss::cuda {

/// The small arrays, all chips in a row.
struct Tables {
    /// Moves the synapses away from `program`.
    explicit Tables(Program& program);
    void want(Arena& arena, Machine& m) const;
    void upload(const Machine& m) const;

    std::size_t ideal_synapses = 0;
    std::vector<ChipData> chips;
    std::vector<RouteData> routes;
    std::vector<NetData> nets;
    std::vector<SynapseList> lists;
    std::vector<std::vector<std::uint32_t>> words;              ///< [chip]
    std::vector<std::uint32_t> block_nets, first_relay;
    std::vector<RelayData> relays;
    std::vector<StpCircuit> plastic_drivers;
    std::vector<CurrentData> currents;
    std::vector<CurrentNeuron> current_neurons;
    std::vector<Probe> probes;
    std::vector<std::uint64_t> ideal_first;
    std::vector<std::uint32_t> ideal_plastic, ideal_lines_of;
    std::vector<TsodyksMarkramState> ideal_states;
};

/// Where the chip of a neuron stands in Program::chips.
std::size_t chip_of(const Program& program, std::uint32_t neuron);

/// Parameters, initial state and links of the chips. @return what their neurons need
Needs upload_chips(const Program& program, const Tables& tables, const Machine& m);
/// Ideal synapses; takes them away from the program.
void upload_ideal(Program& program, const Tables& tables, const Machine& m);

}   // namespace bss::cuda
