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

/// Addresses that may arrive at the drivers of each chip: [chip] driver -> addresses.
std::vector<std::map<SynapseDriver, AddressSet>> reached_drivers(const Program& program, std::span<const Reach> reaches);

/// Rows of the drivers that something reaches, with the synapses that it can fire.
void elaborate_rows(ChipProgram& chip, const HicannConfig& config, const Silicon& silicon, std::uint64_t trial, const std::map<SynapseDriver, AddressSet>& reached);

/// Adds the routes. Needs the rows.
void elaborate_routes(Program& program, std::span<const Reach> reaches, std::span<const WaferConfig> configs, std::span<const Silicon> silicon);

}   // namespace bss
