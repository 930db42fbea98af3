#include "elaborate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ideal.hpp"
#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

namespace bss {
namespace {

/// Longest window: nothing is gained beyond, and traces and host input are handled window by window.
constexpr int longest_window = 64;

std::string name_of(const NeuronPlace& place)
{
    return fmt::format("denmem {} of HICANN {} (wafer {} of the run)", place.firing.value(), place.chip.hicann.value(), place.chip.wafer);
}

std::vector<CurrentProgram> currents_of(const ChipProgram& chip, const HicannConfig& config)
{
    std::vector<CurrentProgram> currents;
    for (const FgBlock block : all<FgBlock>()) {
        const CurrentStimulus& stimulus = config.stimulus[block.value()];
        if (!stimulus.enable)
            continue;
        CurrentProgram current{(stimulus.pulse_length + 1) * 4 / config.pll_hz, stimulus.continuous, stimulus.dac, {}, {}};
        for (std::uint32_t n = 0; n < chip.neurons.size(); ++n) {
            double ampere_per_dac = 0;
            for (std::uint32_t k = 0; k < chip.neurons[n].denmem_count; ++k) {
                const std::uint32_t index = chip.neurons[n].first_denmem + k;
                const Denmem denmem = chip.denmems[index];
                if (config.denmems[denmem.value()].enable_current_input && denmem.shared_fg_block() == block)
                    ampere_per_dac += chip.circuits[index].stimulus_ampere_per_dac;
            }
            if (ampere_per_dac > 0) {
                current.neurons.push_back(n);
                current.ampere_per_dac.push_back(ampere_per_dac);
            }
        }
        if (!current.neurons.empty())
            currents.push_back(std::move(current));
    }
    return currents;
}

/// How the spikes of a block's neurons leave the chip: [block] whether they reach a DNC merger at all, and one whose link records.
struct BlockOutputs {
    std::array<bool, NeuronBlock::count> merged{}, recorded{};
};
BlockOutputs block_outputs(const HicannConfig& config)
{
    BlockOutputs outputs;
    for (const DncMerger merger : all<DncMerger>())
        for (const NeuronBlock block : merger_inputs(config, merger).blocks) {
            outputs.merged[block.value()] = true;
            outputs.recorded[block.value()] |= config.gbit_links[merger.value()] == GbitLink::to_dnc;
        }
    return outputs;
}

TraceProgram elaborate_trace(const TraceRequest& request, const Program& program, std::span<const Silicon> silicon)
{
    if (request.interval_steps < 1)
        throw InputError(fmt::format("trace: expected an interval of at least one step, found {}", request.interval_steps));
    const bool adc = request.through == Through::adc;
    if (adc && request.variable != Variable::v)
        throw InputError("trace: the chip's analogue outputs carry membrane potentials only; other variables need a probe");
    if (!request.readout_denmems.empty() && request.readout_denmems.size() != request.neurons.size())
        throw InputError(fmt::format("trace: expected a denmem to read for each of {} neurons, found {}", request.neurons.size(), request.readout_denmems.size()));

    TraceProgram trace{request.variable, request.interval_steps, {}, {}, {}};
    for (std::size_t k = 0; k < request.neurons.size(); ++k) {
        const NeuronPlace& place = request.neurons[k];
        const auto found = std::lower_bound(program.neurons.begin(), program.neurons.end(), place);
        if (found == program.neurons.end() || *found != place)
            throw InputError(fmt::format("trace: expected a configured neuron, found none that fires through {}", name_of(place)));
        trace.neurons.push_back(static_cast<std::uint32_t>(found - program.neurons.begin()));
        if (adc && silicon[place.chip.wafer].imperfections().readout) {
            const Denmem denmem = request.readout_denmems.empty() ? place.firing : request.readout_denmems[k];
            trace.readout.push_back(silicon[place.chip.wafer].readout(place.chip.hicann, denmem));
            trace.readout_denmems.push_back(denmem);
        }
    }
    return trace;
}

}   // namespace

int window_steps(const Program& program)
{
    double window = longest_window;
    for (const RouteProgram& route : program.routes) {
        const double shortest_s = program.jitter_s > 0 ? program.shortest_delay_s : route.delay_s;
        // A delay of whole steps must not lose one to the rounding of its quotient.
        window = std::min(window, std::floor(shortest_s / program.timestep_s + 1e-6));
    }
    if (!program.relays.empty() && program.relay_delay_s > 0)
        window = std::min(window, std::floor(program.relay_delay_s / program.timestep_s + 1e-6));
    for (const IdealSynapse& synapse : program.ideal.synapses)
        window = std::min(window, static_cast<double>(synapse.delay_steps));
    return std::max(1, static_cast<int>(window));
}

void elaborate_traces(Program& program, std::span<const TraceRequest> requests, std::span<const Silicon> silicon)
{
    for (const TraceRequest& request : requests)
        program.traces.push_back(elaborate_trace(request, program, silicon));
}

ChipProgram elaborate_neurons(Chip place, const WaferConfig& wafer, const Silicon& silicon, std::uint64_t trial)
{
    const HicannConfig& config = wafer.hicanns.at(place.hicann);
    ChipProgram chip;
    chip.chip = place;
    chip.pll_hz = config.pll_hz;
    auto neurons = compounds(config);
    std::sort(neurons.begin(), neurons.end(), [](const Compound& a, const Compound& b) { return a.firing < b.firing; });
    const BlockOutputs outputs = block_outputs(config);

    auto initial = wafer.ideals.initial_potentials.begin();
    for (const Compound& compound : neurons) {
        NeuronProgram neuron;
        neuron.firing = compound.firing;
        neuron.first_denmem = static_cast<std::uint32_t>(chip.denmems.size());
        neuron.denmem_count = static_cast<std::uint16_t>(compound.denmems.size());
        neuron.firing_index = static_cast<std::uint16_t>(std::lower_bound(compound.denmems.begin(), compound.denmems.end(), compound.firing) - compound.denmems.begin());
        for (const Denmem denmem : compound.denmems) {
            chip.denmems.push_back(denmem);
            chip.circuits.push_back(silicon.circuit(place.hicann, denmem, config, trial));
        }

        const auto key = std::pair(place.hicann, compound.firing);
        initial = std::find_if(initial, wafer.ideals.initial_potentials.end(), [&](const auto& p) { return std::pair(p.hicann, p.firing) >= key; });
        const bool asked = initial != wafer.ideals.initial_potentials.end() && std::pair(initial->hicann, initial->firing) == key;
        neuron.initial_volt = asked ? initial->v_volt : chip.circuits[neuron.first_denmem + neuron.firing_index].e_leak_volt;

        const DenmemConfig& bits = config.denmems[compound.firing.value()];
        const int block = compound.firing.block().value();
        neuron.address = bits.address;
        neuron.sends = bits.enable_spl1_output && outputs.merged[block];
        neuron.through_link = neuron.sends && outputs.recorded[block];
        // A neuron that nobody listens to needs no way through Layer 1; it is recorded all the same, past the link (docs/events.md).
        neuron.recorded = !neuron.sends || neuron.through_link;
        chip.neurons.push_back(neuron);
    }
    chip.currents = currents_of(chip, config);
    return chip;
}

Program elaborate(std::span<const WaferConfig> configs, std::span<const Silicon> silicon, const RunSettings& settings)
{
    if (!(settings.timestep_s > 0))
        throw InputError(fmt::format("elaborate: expected a positive time step, found {} s", settings.timestep_s));
    if (configs.empty() || configs.size() != silicon.size())
        throw InputError(fmt::format("elaborate: expected silicon for each of at least one wafer, found {} for {}", silicon.size(), configs.size()));

    Program program;
    program.timestep_s = settings.timestep_s;
    program.trial = settings.trial;
    const Imperfections& imperfections = silicon.front().imperfections();
    program.link_bandwidth = imperfections.link_bandwidth;
    program.timing = silicon.front().technology().timing;
    program.adc = silicon.front().technology().adc;
    program.shortest_delay_s = program.timing.route_minimum_s;
    program.jitter_s = imperfections.route_delay && !configs.front().ideals.uniform_delay_s ? program.timing.route_jitter_s : 0.0;

    for (std::size_t k = 0; k < configs.size(); ++k)
        for (const auto& [hicann, config] : configs[k].hicanns) {
            program.chips.emplace_back();
            program.chips.back().chip = {static_cast<std::uint16_t>(k), hicann};
        }
    const auto over_chips = [&](auto&& work) {
        parallel_for(program.chips.size(), [&](std::size_t c) {
            const Chip place = program.chips[c].chip;
            work(c, place, configs[place.wafer], silicon[place.wafer]);
        });
    };

    over_chips([&](std::size_t c, Chip place, const WaferConfig& wafer, const Silicon& made_of) { program.chips[c] = elaborate_neurons(place, wafer, made_of, settings.trial); });
    for (ChipProgram& chip : program.chips) {
        chip.first_neuron = static_cast<std::uint32_t>(program.neurons.size());
        for (const NeuronProgram& neuron : chip.neurons)
            program.neurons.push_back({chip.chip, neuron.firing});
    }
    program.ideal = elaborate_kept(program, configs, silicon);
    const auto ideal = ideal_quanta(program);
    const auto least_quantum = [&](const ChipProgram& chip) {
        double least = 0;
        for (std::size_t n = chip.first_neuron; n < chip.first_neuron + chip.neurons.size(); ++n)
            least = std::max({least, ideal[n][0], ideal[n][1]});
        return least;
    };
    const auto reaches = elaborate_nets(program, configs);
    elaborate_relays(program, configs);
    const auto reached = reached_drivers(program, reaches);
    over_chips([&](std::size_t c, Chip place, const WaferConfig& wafer, const Silicon& made_of) {
        elaborate_rows(program.chips[c], least_quantum(program.chips[c]), wafer.hicanns.at(place.hicann), made_of, settings.trial, reached[c]);
    });
    elaborate_routes(program, reaches, configs, silicon);
    program.window_steps = window_steps(program);
    elaborate_traces(program, settings.traces, silicon);
    return program;
}

}   // namespace bss
