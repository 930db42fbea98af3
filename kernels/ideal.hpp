/// The ideal fabric: a network without a wafer, for the same engine and the same neurons' text.
#pragma once

#include <span>
#include <vector>

#include "program.hpp"

namespace bss {

/// A neuron of one denmem, free of limits and noise.
struct IdealNeuron {
    DenmemCircuit circuit;
    double initial_volt = 0;
    double current_ampere = 0;                      ///< constant
};

/// Chips of this many neurons, which is what threads share among themselves; neuron n is denmem n mod 512 of chip n / 512.
inline constexpr std::uint32_t ideal_chip_size = Denmem::count;
/// Where neuron n stands. @throws InputError for more than there are chips to number
NeuronPlace ideal_place(std::uint32_t neuron);

/// Numbers synapses by sender. `visit` is called twice with a function f(line, synapse) that it must call for every synapse, in the same order each time.
/// @param lines  without first and count
template <class Visit>
IdealFabric ideal_fabric(std::vector<IdealLine> lines, Visit&& visit)
{
    IdealFabric fabric;
    visit([&](std::size_t line, const IdealSynapse&) { ++lines[line].count; });
    std::uint64_t end = 0;
    for (IdealLine& line : lines) {
        line.first = end;
        end += line.count;
        line.count = 0;
    }
    fabric.synapses.resize(end);
    visit([&](std::size_t line, const IdealSynapse& synapse) { fabric.synapses[lines[line].first + lines[line].count++] = synapse; });
    fabric.lines = std::move(lines);
    return fabric;
}

/// Steps of a delay: the nearest whole number, at least one. @throws InputError beyond 65535
std::uint16_t ideal_delay_steps(double delay_s, double timestep_s);

/// The smallest quanta of each neuron's two inputs with which the ideal synapses onto it fit, siemens; 0 where there are none.
std::vector<std::array<double, 2>> ideal_quanta(const Program& program);

/// A program of neurons and ideal synapses alone. @throws InputError where a trace asks for a neuron that does not exist
Program ideal_program(std::span<const IdealNeuron> neurons, IdealFabric fabric, const RunSettings& settings);

}   // namespace bss
