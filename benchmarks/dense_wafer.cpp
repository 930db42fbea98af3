// Wafers with every denmem a neuron and every synapse used, written straight as a program: 196,608 AdEx neurons with noise and limits and 43 million synapses a
// wafer, at some 10 Hz of biology; windows of 6 steps (speed-up 10^4) and of 1 (1000). Usage: dense_wafer [milliseconds of biology [wafers]]
#include <cstdlib>
#include <sys/resource.h>

#include "floor.hpp"
#include "wafer/parallel.hpp"
#include "wafer/random.hpp"

namespace {

using namespace bss;

constexpr int rows_per_route = 8, rows_per_chip = 440, routes_per_chip = rows_per_chip / rows_per_route, most_hops = 12;

/// A denmem at speed-up 10^4: time constants of 15 ms and 100 ms, driven over its threshold some ten times a second.
DenmemCircuit circuit(std::uint32_t chip, std::uint32_t k)
{
    std::uint32_t drawn = 0;
    const auto around = [&](double mean, double relative) { return mean * (1 + relative * (2 * random_uniform(1, Purpose::test, chip, k, drawn++) - 1)); };
    return {.capacitance_farad = around(2.16e-12, 0.05), .g_leak_siemens = around(1.44e-6, 0.05), .e_leak_volt = around(0.632, 0.005), .leak_linear_volt = around(0.3, 0.05),
            .e_rev_volt = {around(1.2, 0.02), around(0.4, 0.02)}, .tau_syn_s = {around(3e-7, 0.1), around(4e-7, 0.1)}, .synaptic_limit_siemens = {around(1e-5, 0.1), around(1e-5, 0.1)},
            .exponential = true, .v_exp_volt = around(0.62, 0.005), .delta_t_volt = around(0.008, 0.05), .v_threshold_volt = 0.7, .v_reset_volt = around(0.5, 0.01),
            .tau_refrac_s = 2e-7, .a_siemens = around(2e-7, 0.1), .tau_w_s = around(1e-5, 0.1), .b_ampere = around(2e-8, 0.1), .noise_volt_per_sqrt_s = 2e-3 * std::sqrt(2 / 1.5e-6),
            .stimulus_ampere_per_dac = 0};
}

/// Each chip's blocks send into a net of their own under the neurons' numbers, and each chip hears 55 nets of chips within 12 borders on 8 rows: two of
/// them accept an event, and 16 synapses of each answer.
Program dense_program(int wafers, double timestep_s)
{
    const Timing timing = Technology::load("hicann-v4").timing;
    Program program;
    program.timestep_s = timestep_s;
    program.timing = timing;
    program.link_bandwidth = true;
    program.jitter_s = timing.route_jitter_s;
    program.shortest_delay_s = timing.route_minimum_s;
    const auto chips = static_cast<std::uint32_t>(wafers * Hicann::count);
    program.chips.resize(chips);
    parallel_for(chips, [&](std::size_t c) {
        ChipProgram& chip = program.chips[c];
        chip.chip = {static_cast<std::uint16_t>(c / Hicann::count), Hicann(static_cast<int>(c % Hicann::count))};
        chip.pll_hz = 125e6;
        chip.first_neuron = static_cast<std::uint32_t>(c * Denmem::count);
        chip.quantum_siemens = 1e-8 / 65535;
        for (const Denmem denmem : all<Denmem>()) {
            const auto k = static_cast<std::uint32_t>(denmem.value());
            chip.denmems.push_back(denmem);
            chip.circuits.push_back(circuit(static_cast<std::uint32_t>(c), k));
            NeuronProgram neuron;
            neuron.firing = denmem;
            neuron.first_denmem = k;
            neuron.denmem_count = 1;
            neuron.initial_volt = 0.5 + 0.1 * random_uniform(1, Purpose::test, static_cast<std::uint32_t>(c), k, 100);
            neuron.sends = true;
            neuron.address = L1Address(encoder_input(denmem));
            chip.neurons.push_back(neuron);
        }
        for (int r = 0; r < rows_per_chip; ++r)
            chip.rows.push_back({SynapseRow(r), static_cast<std::uint8_t>(r / 4 % 5 == 0), 0, -1});
        chip.addresses.resize(std::size_t{rows_per_chip} * Column::count);
        chip.increments.resize(chip.addresses.size());
        for (std::size_t s = 0; s < chip.addresses.size(); s += 4) {
            const auto words = random_words(1, Purpose::test, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(s), 200, 0);
            for (std::size_t k = 0; k < 4; ++k) {
                chip.addresses[s + k] = static_cast<std::uint8_t>((s / Column::count % 4) << 4 | (words[k] & 15));
                chip.increments[s + k] = static_cast<std::uint16_t>(words[k] >> 16);
            }
        }
        for (std::uint32_t b = 0; b < NeuronBlock::count; ++b)
            chip.block_nets[b] = {static_cast<std::uint32_t>(c * NeuronBlock::count + b)};
    });
    for (const ChipProgram& chip : program.chips)
        for (const NeuronProgram& neuron : chip.neurons)
            program.neurons.push_back({chip.chip, neuron.firing});

    std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> heard(std::size_t{chips} * NeuronBlock::count);      // [net] target, first row there
    for (std::uint32_t c = 0; c < chips; ++c)
        for (std::uint32_t k = 0; k < routes_per_chip; ++k) {
            const std::uint32_t first = c / Hicann::count * Hicann::count, from = first + (c - first + Hicann::count - 12 + k * 24 / routes_per_chip) % Hicann::count;
            heard[std::size_t{from} * NeuronBlock::count + k % NeuronBlock::count].emplace_back(c, k * rows_per_route);
        }
    for (std::uint32_t n = 0; n < heard.size(); ++n) {
        NetProgram net{program.chips[n / NeuronBlock::count].chip, DncMerger(static_cast<int>(n % NeuronBlock::count)), false, false, static_cast<std::uint32_t>(program.routes.size()),
                       static_cast<std::uint32_t>(heard[n].size())};
        for (const auto& [target, first_row] : heard[n]) {
            const int hops = static_cast<int>((target + n) % most_hops);
            RouteProgram route{n, target, hops, timing.route_base_s + hops * timing.route_per_hicann_s, {}};
            for (std::uint32_t upper = 0; upper < 4; ++upper) {
                route.first_row[upper] = static_cast<std::uint32_t>(program.route_rows.size());
                for (std::uint32_t r = upper; r < rows_per_route; r += 4)
                    program.route_rows.push_back(static_cast<std::uint16_t>(first_row + r));
            }
            route.first_row[4] = static_cast<std::uint32_t>(program.route_rows.size());
            program.routes.push_back(route);
        }
        program.nets.push_back(net);
    }
    program.window_steps = std::max(1, static_cast<int>(timing.route_minimum_s / timestep_s + 1e-6));
    return program;
}

}   // namespace

int main(int argc, char** argv)
{
    const double duration_ms = argc > 1 ? std::atof(argv[1]) : 60.0;
    const int wafers = argc > 2 ? std::atoi(argv[2]) : 1;
    constexpr double speedup = 1e4, timestep_ms = 0.1;
    const auto steps = static_cast<std::int64_t>(duration_ms / timestep_ms);
    benchmark::print_heading();
    for (const bool single_steps : {false, true}) {
        for (const int threads : {1, bss::threads()}) {
            if (wafers > 1 && (threads == 1 || single_steps))
                continue;
            Program program = dense_program(wafers, timestep_ms * 1e-3 / speedup);
            // The same circuits, in windows as they are at a speed-up of 1000.
            if (single_steps)
                program.window_steps = 1;
            const double seconds = benchmark::measure(std::to_string(wafers) + (wafers == 1 ? " full wafer" : " full wafers"), std::move(program), {}, steps, threads, speedup);
            if (!single_steps)
                std::printf("  ESS took at least %.0f s for 1/%.0f of the neurons: %.0f times as long a neuron\n", benchmark::ess_s,
                            wafers * 196608 / benchmark::ess_neurons, benchmark::ess_s / benchmark::ess_neurons / (seconds / wafers / 196608));
        }
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("largest memory: %.2f GiB\n", static_cast<double>(usage.ru_maxrss) / (1 << 20));
}
