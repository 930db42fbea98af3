#include "ideal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "elaborate.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

/// A single synapse is at most this many quanta: weights are right to 10^-7 of the largest onto the same input.
constexpr double largest_quanta = 1 << 22;
/// All synapses onto an input together: it overflows only if each of them acts eight times in a step.
constexpr double largest_sum_quanta = 1 << 28;

}   // namespace

NeuronPlace ideal_place(std::uint32_t neuron)
{
    const std::uint32_t chip = neuron / ideal_chip_size, wafer = chip / Hicann::count;
    if (wafer > std::numeric_limits<std::uint16_t>::max())
        throw InputError(fmt::format("ideal network: expected at most {} neurons, found more",
                                     (std::numeric_limits<std::uint16_t>::max() + std::uint64_t{1}) * Hicann::count * ideal_chip_size));
    return {{static_cast<std::uint16_t>(wafer), Hicann(static_cast<int>(chip % Hicann::count))}, Denmem(static_cast<int>(neuron % ideal_chip_size))};
}

std::uint16_t ideal_delay_steps(double delay_s, double timestep_s)
{
    const double steps = std::max(1.0, std::round(delay_s / timestep_s));
    constexpr double most = std::numeric_limits<std::uint16_t>::max();
    if (!(steps <= most))
        throw InputError(fmt::format("delay: expected at most {} time steps, found {:.0f}", most, steps));
    return static_cast<std::uint16_t>(steps);
}

std::vector<std::array<double, 2>> ideal_quanta(const Program& program)
{
    std::vector<std::array<double, 2>> quanta(program.neurons.size()), sums(program.neurons.size());
    for (const IdealSynapse& synapse : program.ideal.synapses) {
        const auto input = static_cast<std::size_t>(synapse.input);
        double& quantum = quanta[synapse.neuron][input];
        double& sum = sums[synapse.neuron][input];
        sum += synapse.siemens;
        quantum = std::max({quantum, synapse.siemens / largest_quanta, sum / largest_sum_quanta});
    }
    return quanta;
}

Program ideal_program(std::span<const IdealNeuron> neurons, IdealFabric fabric, const RunSettings& settings)
{
    Program program;
    program.timestep_s = settings.timestep_s;
    program.trial = settings.trial;
    program.ideal = std::move(fabric);
    for (std::uint32_t n = 0; n < neurons.size(); ++n) {
        const NeuronPlace place = ideal_place(n);
        program.neurons.push_back(place);
        if (n % ideal_chip_size == 0) {
            ChipProgram& chip = program.chips.emplace_back();
            chip.chip = place.chip;
            chip.first_neuron = n;
            chip.pll_hz = 1;                        // nothing on it has a clock
            chip.currents.push_back({1.0, true, {}, {}, {}});
            chip.currents.back().dac.fill(1.0);
        }
        ChipProgram& chip = program.chips.back();
        NeuronProgram& neuron = chip.neurons.emplace_back();
        neuron.firing = place.firing;
        neuron.first_denmem = static_cast<std::uint32_t>(chip.denmems.size());
        neuron.denmem_count = 1;
        neuron.initial_volt = neurons[n].initial_volt;
        chip.denmems.push_back(place.firing);
        chip.circuits.push_back(neurons[n].circuit);
        if (const double ampere = neurons[n].current_ampere; ampere != 0) {
            chip.currents.front().neurons.push_back(n - chip.first_neuron);
            chip.currents.front().ampere_per_dac.push_back(ampere);
        }
    }
    const auto quanta = ideal_quanta(program);
    for (ChipProgram& chip : program.chips) {
        for (std::uint32_t n = 0; n < chip.neurons.size(); ++n)
            chip.neurons[n].quantum_siemens = quanta[chip.first_neuron + n];
        if (chip.currents.front().neurons.empty())
            chip.currents.clear();
    }
    program.window_steps = window_steps(program);
    elaborate_traces(program, settings.traces, {});
    return program;
}

}   // namespace bss
