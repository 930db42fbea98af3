/// Steps of elaborate(), for elaborate*.cpp only.
#pragma once

#include <map>

#include "program.hpp"
#include "wafer/fabric.hpp"

namespace bss {

/// Drivers of one chip that hear a net over the same number of borders.
struct Reach {
    std::uint32_t net = 0, target = 0;      ///< into Program::nets, Program::chips
    int hops = 0;
    std::vector<SynapseDriver> drivers;     ///< enabled ones, chain by chain
};

/// Addresses that may arrive at a driver, bit by bit.
using AddressSet = std::uint64_t;

/// Neurons, their circuits and current stimuli of a chip.
ChipProgram elaborate_neurons(Chip chip, const WaferConfig& wafer, const Silicon& silicon, std::uint64_t trial);

/// Adds the nets of all wafers and wires the chips' neuron blocks and background generators to them.
/// @return what the nets reach, ascending by (net, target, hops)
std::vector<Reach> elaborate_nets(Program& program, std::span<const WaferConfig> configs);

/// Adds the ways from wafer to wafer. Needs neurons and nets.
void elaborate_relays(Program& program, std::span<const WaferConfig> configs);

/// Addresses that may arrive at the drivers of each chip: [chip] driver -> addresses.
std::vector<std::map<SynapseDriver, AddressSet>> reached_drivers(const Program& program, std::span<const Reach> reaches);

/// Synapses that a wafer lost and keeps. Needs the neurons.
IdealFabric elaborate_kept(const Program& program, std::span<const WaferConfig> configs, std::span<const Silicon> silicon);

/// Rows of the drivers that something reaches, with the synapses that it can fire.
/// @param least_quantum_siemens  of the chip's accumulators, for what else adds to them
void elaborate_rows(ChipProgram& chip, double least_quantum_siemens, const HicannConfig& config, const Silicon& silicon, std::uint64_t trial, const std::map<SynapseDriver, AddressSet>& reached);

/// Adds the routes. Needs the rows.
void elaborate_routes(Program& program, std::span<const Reach> reaches, std::span<const WaferConfig> configs, std::span<const Silicon> silicon);

/// W: steps that chips may run ahead of each other.
int window_steps(const Program& program);

/// Adds the traces. Silicon is needed for those through an ADC only.
void elaborate_traces(Program& program, std::span<const TraceRequest> requests, std::span<const Silicon> silicon);

}   // namespace bss
