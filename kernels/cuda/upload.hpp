/// From a Program to the arrays of a Machine.
#pragma once

#include <vector>

#include "machine.hpp"

namespace bss::cuda {

/// The small arrays, all chips in a row.
struct Tables {
    explicit Tables(const Program& program);
    void want(Arena& arena, Machine& m) const;
    void upload(const Machine& m) const;

    std::size_t row_count = 0, ideal_synapses = 0;
    std::vector<ChipData> chips;
    std::vector<RowData> rows;
    std::vector<RouteData> routes;
    std::vector<NetData> nets;
    std::vector<std::uint16_t> route_rows;
    std::vector<std::uint32_t> block_nets;
    std::vector<StpCircuit> plastic_drivers;
    std::vector<CurrentData> currents;
    std::vector<CurrentNeuron> current_neurons;
    std::vector<Probe> probes;
    std::vector<std::uint64_t> ideal_first;
    std::vector<std::uint32_t> ideal_plastic, ideal_lines_of;
    std::vector<TsodyksMarkramState> ideal_states;
};

/// Parameters, initial state, links and synapses of the chips; takes the synapses away from the program. @return what their neurons need
Needs upload_chips(Program& program, const Tables& tables, const Machine& m);
/// Ideal synapses; takes them away from the program.
void upload_ideal(Program& program, const Tables& tables, const Machine& m);

}   // namespace bss::cuda
