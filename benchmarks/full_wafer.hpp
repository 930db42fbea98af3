/// Wafers full of neurons and synapses, written straight as a program: what a core or a device can be asked for at most.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/link.hpp"
#include "kernels/program.hpp"
#include "wafer/parallel.hpp"
#include "wafer/random.hpp"

namespace bss::benchmark {

/// AdEx neurons at a speed-up of 10^4 and 0.1 ms a step, which fire some ten times a biological second.
struct FullWafer {
    int chips = Hicann::count;                      ///< wafer by wafer
    int neuron_size = 1;                            ///< denmems
    bool noise = true, limits = true;
    bool silent = false;                            ///< nobody fires, nobody hears anybody
    int window_steps = 6;                           ///< as the shortest delay allows
};
inline constexpr double full_wafer_timestep_s = 1e-8;
/// A chip hears as many nets, on so many rows each.
inline constexpr int rows_a_route = 8, full_rows = 440, routes_a_chip = full_rows / rows_a_route;

/// Time constants of 15 ms and 100 ms of biology.
inline DenmemCircuit full_wafer_denmem(const FullWafer& load, std::uint32_t chip, std::uint32_t k)
{
    std::uint32_t drawn = 0;
    const auto around = [&](double mean, double relative) { return mean * (1 + relative * (2 * random_uniform(1, Purpose::test, chip, k, drawn++) - 1)); };
    DenmemCircuit c{.capacitance_farad = around(2.16e-12, 0.05), .g_leak_siemens = around(1.44e-6, 0.05), .e_leak_volt = around(load.silent ? 0.55 : 0.632, 0.005),
                    .leak_linear_volt = around(0.3, 0.05), .e_rev_volt = {around(1.2, 0.02), around(0.4, 0.02)}, .tau_syn_s = {around(3e-7, 0.1), around(4e-7, 0.1)},
                    .synaptic_limit_siemens = {around(1e-5, 0.1), around(1e-5, 0.1)}, .exponential = true, .v_exp_volt = around(0.62, 0.005), .delta_t_volt = around(0.008, 0.05),
                    .v_threshold_volt = 0.7, .v_reset_volt = around(0.5, 0.01), .tau_refrac_s = 2e-7, .a_siemens = around(2e-7, 0.1), .tau_w_s = around(1e-5, 0.1),
                    .b_ampere = around(2e-8, 0.1), .noise_volt_per_sqrt_s = load.noise ? 2e-3 * std::sqrt(2 / 1.5e-6) : 0, .stimulus_ampere_per_dac = 0};
    if (!load.limits) {
        c.leak_linear_volt = HUGE_VAL;
        c.synaptic_limit_siemens = {HUGE_VAL, HUGE_VAL};
    }
    return c;
}

inline void fill_neurons(ChipProgram& chip, const FullWafer& load, std::uint32_t index)
{
    for (int n = 0; n < Denmem::count / load.neuron_size; ++n) {
        NeuronProgram& neuron = chip.neurons.emplace_back();
        neuron.first_denmem = static_cast<std::uint32_t>(chip.denmems.size());
        neuron.denmem_count = static_cast<std::uint16_t>(load.neuron_size);
        for (int k = 0; k < load.neuron_size; ++k) {        // column by column, as compounds are; a single denmem may stand in either half
            const int place = n * load.neuron_size + k;
            chip.denmems.push_back(load.neuron_size == 1 ? Denmem(place) : Denmem(Column(place / 2), static_cast<Half>(place % 2)));
            chip.circuits.push_back(full_wafer_denmem(load, index, static_cast<std::uint32_t>(place)));
        }
        std::sort(chip.denmems.end() - load.neuron_size, chip.denmems.end());
        neuron.firing = chip.denmems[neuron.first_denmem];
        neuron.initial_volt = 0.5 + 0.1 * random_uniform(1, Purpose::test, index, static_cast<std::uint32_t>(n), 100);
        neuron.sends = !load.silent;
        neuron.address = L1Address(encoder_input(neuron.firing));
    }
}

/// Two rows of a route accept an event, and 16 synapses of each answer.
inline void fill_synapses(ChipProgram& chip, std::uint32_t index)
{
    for (int r = 0; r < full_rows; ++r)
        chip.rows.push_back({SynapseRow(r), static_cast<std::uint8_t>(r / 4 % 5 == 0), 0, -1});
    chip.addresses.resize(std::size_t{full_rows} * Column::count);
    chip.increments.resize(chip.addresses.size());
    for (std::size_t s = 0; s < chip.addresses.size(); s += 4) {
        const auto words = random_words(1, Purpose::test, index, static_cast<std::uint32_t>(s), 200, 0);
        for (std::size_t k = 0; k < 4; ++k) {
            chip.addresses[s + k] = static_cast<std::uint8_t>((s / Column::count % 4) << 4 | (words[k] & 15));
            chip.increments[s + k] = static_cast<std::uint16_t>(words[k] >> 16);
        }
    }
}

/// Each block sends into a net of its own, and each chip hears nets of chips of its wafer within 12 borders.
inline void fill_nets(Program& program, const Timing& timing)
{
    constexpr std::uint32_t most_hops = 12, wafer = Hicann::count;
    const auto chips = static_cast<std::uint32_t>(program.chips.size());
    std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> heard(std::size_t{chips} * NeuronBlock::count);      // [net] target, first row there
    for (std::uint32_t c = 0; c < chips; ++c) {
        const std::uint32_t first = c / wafer * wafer, size = std::min(wafer, chips - first);
        for (std::uint32_t k = 0; k < routes_a_chip; ++k) {
            const std::uint32_t from = first + (c - first + most_hops * size - most_hops + k * 2 * most_hops / routes_a_chip) % size;
            heard[std::size_t{from} * NeuronBlock::count + k % NeuronBlock::count].emplace_back(c, k * rows_a_route);
        }
    }
    for (std::uint32_t n = 0; n < heard.size(); ++n) {
        ChipProgram& chip = program.chips[n / NeuronBlock::count];
        chip.block_nets[n % NeuronBlock::count] = {n};
        program.nets.push_back({chip.chip, DncMerger(static_cast<int>(n % NeuronBlock::count)), false, false, static_cast<std::uint32_t>(program.routes.size()),
                                static_cast<std::uint32_t>(heard[n].size())});
        for (const auto& [target, first_row] : heard[n]) {
            const int hops = static_cast<int>((target + n) % most_hops);
            RouteProgram& route = program.routes.emplace_back(RouteProgram{n, target, hops, timing.route_base_s + hops * timing.route_per_hicann_s, {}});
            for (std::uint32_t upper = 0; upper < 4; ++upper) {
                route.first_row[upper] = static_cast<std::uint32_t>(program.route_rows.size());
                for (std::uint32_t r = upper; r < rows_a_route; r += 4)
                    program.route_rows.push_back(static_cast<std::uint16_t>(first_row + r));
            }
            route.first_row[4] = static_cast<std::uint32_t>(program.route_rows.size());
        }
    }
}

inline Program full_wafer(const FullWafer& load)
{
    Program program;
    program.timestep_s = full_wafer_timestep_s;
    program.window_steps = load.window_steps;
    program.chips.resize(static_cast<std::size_t>(load.chips));
    parallel_for(program.chips.size(), [&](std::size_t c) {
        ChipProgram& chip = program.chips[c];
        chip.chip = {static_cast<std::uint16_t>(c / Hicann::count), Hicann(static_cast<int>(c % Hicann::count))};
        chip.pll_hz = 125e6;
        chip.first_neuron = static_cast<std::uint32_t>(c) * static_cast<std::uint32_t>(Denmem::count / load.neuron_size);
        chip.quantum_siemens = 1e-8 / 65535;
        fill_neurons(chip, load, static_cast<std::uint32_t>(c));
        if (!load.silent)
            fill_synapses(chip, static_cast<std::uint32_t>(c));
    });
    for (const ChipProgram& chip : program.chips)
        for (const NeuronProgram& neuron : chip.neurons)
            program.neurons.push_back({chip.chip, neuron.firing});
    if (load.silent)
        return program;
    program.timing = Technology::load("hicann-v4").timing;
    program.link_bandwidth = true;
    program.jitter_s = program.timing.route_jitter_s;
    program.shortest_delay_s = program.timing.route_minimum_s;
    fill_nets(program, program.timing);
    return program;
}

}   // namespace bss::benchmark
