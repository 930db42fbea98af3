/// Chips full of neurons and synapses, written straight as a program: what a device or a core can be asked for at most.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/program.hpp"
#include "wafer/random.hpp"

namespace bss::benchmark {

struct FullWafer {
    int chips = 384;
    int neuron_size = 1;                            ///< denmems
    bool noise = false;
    double rate_hz = 0;                             ///< of each neuron, biological at a speed-up of 10^4; 0: silent
    int window_steps = 6;
};
inline constexpr double full_wafer_timestep_s = 1e-8;   ///< 0.1 ms of biology
/// Rows of the 440 that an event reaches, and synapses of the 256 of a row that answer (performance.md §3: 16).
inline constexpr int rows_an_event = 14, answers_a_row = 16;

/// An AdEx denmem in the range of hardware.md §7.4. Its rate is set by its refractory time, a little different for each.
inline DenmemCircuit full_wafer_denmem(const FullWafer& load, std::uint32_t chip, std::uint32_t k)
{
    const double x = random_uniform(1, Purpose::test, chip, k, 0);
    constexpr double rise_s = 1e-6;                 // from reset to threshold, about
    return {.capacitance_farad = 2.16e-12, .g_leak_siemens = 1.44e-6, .e_leak_volt = load.rate_hz > 0 ? 0.85 : 0.55 + 0.02 * x, .leak_linear_volt = HUGE_VAL,
            .e_rev_volt = {1.2, 0.4}, .tau_syn_s = {3e-7, 4e-7}, .synaptic_limit_siemens = {HUGE_VAL, HUGE_VAL}, .exponential = true, .v_exp_volt = 0.66,
            .delta_t_volt = 0.008, .v_threshold_volt = 0.7, .v_reset_volt = 0.5,
            .tau_refrac_s = load.rate_hz > 0 ? std::max(0.0, (0.5 + x) / (load.rate_hz * 1e4) - rise_s) : 2e-7, .a_siemens = 2e-7, .tau_w_s = 1e-5,
            .b_ampere = 5e-9, .noise_volt_per_sqrt_s = load.noise ? 2e-3 * std::sqrt(2 / 1.5e-6) : 0, .stimulus_ampere_per_dac = 0};
}

inline void add_full_chip(Program& program, const FullWafer& load, std::uint32_t index)
{
    ChipProgram& chip = program.chips.emplace_back();
    chip.chip = {static_cast<std::uint16_t>(index / Hicann::count), Hicann(static_cast<int>(index % Hicann::count))};
    chip.first_neuron = static_cast<std::uint32_t>(program.neurons.size());
    chip.pll_hz = 125e6;
    chip.quantum_siemens = 1e-13;
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
        neuron.initial_volt = 0.5 + 0.15 * random_uniform(2, Purpose::test, index, static_cast<std::uint32_t>(n), 0);
        neuron.sends = load.rate_hz > 0;
        neuron.address = L1Address(1 + n % 63);
        program.neurons.push_back({chip.chip, neuron.firing});
    }
    if (!(load.rate_hz > 0))
        return;
    for (int r = 0; r < 8 * 4 * rows_an_event && r < SynapseRow::count; ++r) {
        chip.rows.push_back({SynapseRow(r), static_cast<std::uint8_t>(r % 5 == 0), 0, -1});
        for (std::uint32_t c = 0; c < Column::count; ++c) {
            const auto words = random_words(3, Purpose::test, index, static_cast<std::uint32_t>(r), c, 0);
            const auto upper = static_cast<std::uint32_t>(r / rows_an_event % 4);
            chip.addresses.push_back(static_cast<std::uint8_t>(upper << 4 | words[0] % 16));
            chip.increments.push_back(static_cast<std::uint16_t>(words[1] % 4096));
        }
    }
}

/// Every neuron block of every chip sends to a chip nearby, where each event reaches rows_an_event rows.
inline Program full_wafer(const FullWafer& load)
{
    Program program;
    program.timestep_s = full_wafer_timestep_s;
    program.window_steps = load.window_steps;
    const auto chips = static_cast<std::uint32_t>(load.chips);
    for (std::uint32_t c = 0; c < chips; ++c)
        add_full_chip(program, load, c);
    for (std::uint32_t c = 0; c < chips && load.rate_hz > 0; ++c)
        for (std::uint32_t block = 0; block < NeuronBlock::count; ++block) {
            const auto net = static_cast<std::uint32_t>(program.nets.size());
            program.chips[c].block_nets[block] = {net};
            program.nets.push_back({program.chips[c].chip, DncMerger(static_cast<int>(block)), false, false, net, 1});
            RouteProgram route{net, (c + 1 + block) % chips, 1, load.window_steps * full_wafer_timestep_s, {}};
            for (std::uint32_t upper = 0; upper < 5; ++upper) {
                route.first_row[upper] = static_cast<std::uint32_t>(program.route_rows.size());
                for (int k = 0; k < rows_an_event && upper < 4; ++k)
                    program.route_rows.push_back(static_cast<std::uint16_t>((block * 4 + upper) * rows_an_event + static_cast<std::uint32_t>(k)));
            }
            program.routes.push_back(route);
        }
    return program;
}

}   // namespace bss::benchmark
