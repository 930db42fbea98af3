#include "upload.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <span>
#include <tuple>

#include "kernels/cpu/chip.hpp"
#include "kernels/cpu/synapses.hpp"
#include "kernels/cpu/ideal_senders.hpp"
#include "kernels/model/parameters.hpp"
#include "wafer/parallel.hpp"

namespace bss::cuda {
namespace {

/// The threads of a neuron's denmems.
struct DenmemPlaces {
    std::uint16_t first = 0, apart = 0;

    std::uint16_t thread(std::uint16_t k) const { return static_cast<std::uint16_t>(first + k * apart); }
};
std::vector<DenmemPlaces> places_of(const ChipProgram& chip)
{
    std::map<std::uint16_t, std::vector<std::size_t>> alike;        // neurons by their number of denmems
    for (std::size_t n = 0; n < chip.neurons.size(); ++n)
        alike[chip.neurons[n].denmem_count].push_back(n);
    std::vector<DenmemPlaces> places(chip.neurons.size());
    std::size_t begin = 0;
    for (const auto& [count, neurons] : alike) {
        for (std::size_t k = 0; k < neurons.size(); ++k)
            places[neurons[k]] = {static_cast<std::uint16_t>(begin + k), static_cast<std::uint16_t>(neurons.size())};
        begin += count * neurons.size();
    }
    return places;
}

void fill_neurons(ChipParameters& p, ChipState& s, Needs& needs, const ChipProgram& chip, double timestep_s)
{
    const std::vector<DenmemPlaces> places = places_of(chip);
    // Threads without a denmem or neuron go along: nothing moves there.
    const model::DenmemParameters none;
    for (std::size_t t = 0; t < threads; ++t) {
        s.membrane[t].x = -1;
        p.intercept[t] = none.intercept;
    }
    for (std::uint32_t n = 0; n < chip.neurons.size(); ++n) {
        const NeuronProgram& neuron = chip.neurons[n];
        const std::span circuits = std::span(chip.circuits).subspan(neuron.first_denmem, neuron.denmem_count);
        const model::MembraneParameters m = model::membrane_parameters(circuits, neuron.firing_index, neuron.initial_volt, timestep_s);
        p.first[n] = places[n].first;
        p.apart[n] = places[n].apart;
        p.count[n] = neuron.denmem_count;
        p.firing[n] = static_cast<std::uint16_t>(neuron.firing.value());
        p.firing_thread[n] = places[n].thread(neuron.firing_index);
        p.block[n] = static_cast<std::uint8_t>(neuron.firing.block().value());
        p.encoder_input[n] = static_cast<std::uint8_t>(encoder_input(neuron.firing));
        p.address[n] = static_cast<std::uint8_t>(neuron.address.value());
        p.flags[n] = static_cast<std::uint8_t>((neuron.sends ? sends : 0) | (neuron.recorded ? recorded : 0) | (neuron.through_link ? through_link : 0));
        p.noise[n] = m.noise;
        p.v_reset[n] = m.v_reset;
        p.tau_refrac[n] = m.tau_refrac;
        p.threshold_volt[n] = m.threshold_volt;
        p.scale[n] = m.scale;
        s.membrane[n].x = m.v;
        std::array<double, 2> quantum{};
        for (std::size_t i = 0; i < 2; ++i)
            p.quantum_siemens[i][n] = quantum[i] = model::own_or_chip_quantum(neuron.quantum_siemens[i], chip.quantum_siemens);
        needs.merged |= neuron.denmem_count > 1;
        for (std::uint16_t k = 0; k < neuron.denmem_count; ++k) {
            const DenmemCircuit& circuit = circuits[k];
            const std::uint16_t t = places[n].thread(k);
            needs.adex |= circuit.exponential || model::adapts(circuit);
            needs.limits |= model::limited(circuit);
            needs.noise |= circuit.noise_volt_per_sqrt_s != 0;
            const model::DenmemParameters d = model::denmem_parameters(circuit, m, timestep_s, quantum);
            p.neuron_of[t] = static_cast<std::uint16_t>(n);
            p.e_leak[t] = d.e_leak;
            p.g_leak[t] = d.g_leak;
            p.leak_per_end[t] = d.leak_per_end;
            p.leak_strength[t] = d.leak_strength;
            for (std::size_t i = 0; i < 2; ++i) {
                p.e_rev[i][t] = d.e_rev[i];
                p.decay[i][t] = d.decay[i];
                p.per_quantum[i][t] = d.per_quantum[i];
                p.limit_share[i][t] = d.limit_share[i];
                p.limit_scale[i][t] = d.limit_scale[i];
            }
            p.slope[t] = d.slope;
            p.intercept[t] = d.intercept;
            p.rate[t] = d.rate;
            p.gain[t] = d.gain;
            p.jump[t] = d.jump;
        }
    }
}

ChipLinks links_of(const Program& program, const ChipProgram& chip, const ChipData& data)
{
    const double clock_s = 1 / chip.pll_hz;
    ChipLinks links{};
    for (PriorityEncoder& encoder : links.encoders)
        encoder = PriorityEncoder(program.timing.encoder_clocks * clock_s);
    for (std::uint32_t n = 0; n < data.nets; ++n)
        links.mergers[n] = Queue((program.nets[data.first_net + n].slow ? program.timing.merger_clocks : 1) * clock_s);
    links.up = Queue::with_buffer(program.timing.link_up_spacing_s, program.timing.link_up_buffer);
    return links;
}

}   // namespace

Tables::Tables(Program& program)
    : lists(program.routes.size() * L1Address::count, no_list), words(program.chips.size())
{
    std::vector<std::vector<std::uint32_t>> routes_to(program.chips.size());
    for (const NetProgram& net : program.nets)
        nets.push_back({chip_address(net.chip), net.first_route, net.route_count});
    for (const RelayProgram& relay : program.relays)
        relays.push_back({relay.net, static_cast<std::uint32_t>(relay.address.value())});
    if (!relays.empty()) {
        first_relay.push_back(0);
        for (const ChipProgram& chip : program.chips)
            for (const NeuronProgram& neuron : chip.neurons)
                first_relay.push_back(first_relay.back() + neuron.relay_count);
    }
    for (const RouteProgram& route : program.routes) {
        routes_to[route.target].push_back(static_cast<std::uint32_t>(routes.size()));
        routes.push_back({static_cast<float>(route.delay_s / program.timestep_s), route.target, merger_address(program.nets[route.net].merger, chip_address(program.chips[route.target].chip))});
    }
    parallel_for(program.chips.size(), [&](std::size_t c) {
        ChipProgram& chip = program.chips[c];
        std::vector<int> slots(chip.denmems.size());
        const std::vector<DenmemPlaces> places = places_of(chip);
        for (std::size_t n = 0; n < chip.neurons.size(); ++n)
            for (std::uint16_t k = 0; k < chip.neurons[n].denmem_count; ++k)
                slots[chip.neurons[n].first_denmem + k] = places[n].thread(k);
        Synapses synapses(program, static_cast<std::uint32_t>(c), routes_to[c], slots, threads);
        for (const RouteLists& route : synapses.take_routes())
            std::copy(route.lists.begin(), route.lists.end(), lists.begin() + static_cast<std::ptrdiff_t>(route.route) * L1Address::count);
        words[c] = synapses.all_words();
        std::vector<std::uint8_t>().swap(chip.addresses);       // "= {}" would keep the memory
        std::vector<std::uint16_t>().swap(chip.increments);
    });

    ideal_synapses = program.ideal.synapses.size();
    if (!program.ideal.lines.empty()) {
        for (const IdealLine& line : program.ideal.lines) {
            ideal_first.push_back(line.first);
            ideal_plastic.push_back(line.plasticity ? static_cast<std::uint32_t>(ideal_states.size()) : nobody);
            if (line.plasticity)
                ideal_states.push_back({*line.plasticity});
        }
        ideal_first.push_back(ideal_synapses);
        const IdealSenders senders(program, {});
        for (std::uint32_t n = 0; n < program.neurons.size(); ++n)
            ideal_lines_of.push_back(senders.of_neuron(n).first);
        ideal_lines_of.push_back(program.neurons.empty() ? 0 : senders.of_neuron(static_cast<std::uint32_t>(program.neurons.size()) - 1).last);
    }

    std::vector<std::vector<Probe>> probes_of(program.chips.size());
    for (std::uint32_t t = 0; t < program.traces.size(); ++t)
        for (std::uint32_t k = 0; k < program.traces[t].neurons.size(); ++k) {
            const std::uint32_t neuron = program.traces[t].neurons[k];
            const std::size_t chip = chip_of(program, neuron);
            probes_of[chip].push_back({t, k, neuron - program.chips[chip].first_neuron});
        }
    std::uint32_t net = 0;
    std::uint64_t first_word = 0;
    for (std::size_t c = 0; c < program.chips.size(); ++c) {
        const ChipProgram& chip = program.chips[c];
        ChipData data{};
        data.denmems = static_cast<std::uint32_t>(chip.denmems.size());
        data.neurons = static_cast<std::uint32_t>(chip.neurons.size());
        data.first_neuron = chip.first_neuron;
        data.wafer = chip.chip.wafer;
        data.hicann = static_cast<std::uint32_t>(chip.chip.hicann.value());
        data.first_word = first_word;
        first_word += words[c].size();
        data.first_plastic_driver = static_cast<std::uint32_t>(plastic_drivers.size());
        data.plastic_drivers = static_cast<std::uint32_t>(chip.plastic_drivers.size());
        plastic_drivers.insert(plastic_drivers.end(), chip.plastic_drivers.begin(), chip.plastic_drivers.end());
        data.first_net = net;
        while (net < program.nets.size() && program.nets[net].chip == chip.chip)
            ++net;
        data.nets = net - data.first_net;
        for (int b = 0; b < NeuronBlock::count; ++b) {
            data.block_nets[b] = static_cast<std::uint32_t>(block_nets.size());
            block_nets.insert(block_nets.end(), chip.block_nets[b].begin(), chip.block_nets[b].end());
        }
        data.block_nets[NeuronBlock::count] = static_cast<std::uint32_t>(block_nets.size());
        data.first_current = static_cast<std::uint32_t>(currents.size());
        data.currents = static_cast<std::uint32_t>(chip.currents.size());
        for (const CurrentProgram& current : chip.currents) {
            CurrentData waveform{current.sample_s, current.continuous, {}, static_cast<std::uint32_t>(current_neurons.size()), static_cast<std::uint32_t>(current.neurons.size())};
            std::copy(current.dac.begin(), current.dac.end(), waveform.dac);
            currents.push_back(waveform);
            for (std::size_t k = 0; k < current.neurons.size(); ++k)
                current_neurons.push_back({current.ampere_per_dac[k], current.neurons[k]});
        }
        data.first_probe = static_cast<std::uint32_t>(probes.size());
        data.probes = static_cast<std::uint32_t>(probes_of[c].size());
        probes.insert(probes.end(), probes_of[c].begin(), probes_of[c].end());
        chips.push_back(data);
    }
}

void Tables::want(Arena& arena, Machine& m) const
{
    arena.want(m.words, chips.empty() ? 0 : chips.back().first_word + words.back().size());
    arena.want(m.lists, lists.size());
    arena.want(m.routes, routes.size());
    arena.want(m.nets, nets.size());
    arena.want(m.block_nets, block_nets.size());
    arena.want(m.first_relay, first_relay.size());
    arena.want(m.relays, relays.size());
    arena.want(m.plastic_drivers, plastic_drivers.size());
    arena.want(m.currents, currents.size());
    arena.want(m.current_neurons, current_neurons.size());
    arena.want(m.probes, probes.size());
    arena.want(m.ideal_first, ideal_first.size());
    arena.want(m.ideal_plastic, ideal_plastic.size());
    arena.want(m.ideal_lines_of, ideal_lines_of.size());
    arena.want(m.ideal_synapses, ideal_synapses);
}

void Tables::upload(const Machine& m) const
{
    load(m.chip, chips);
    for (std::size_t c = 0; c < chips.size(); ++c)
        load(m.words + chips[c].first_word, words[c]);
    load(m.lists, lists);
    load(m.routes, routes);
    load(m.nets, nets);
    load(m.block_nets, block_nets);
    load(m.first_relay, first_relay);
    load(m.relays, relays);
    load(m.plastic_drivers, plastic_drivers);
    load(m.currents, currents);
    load(m.current_neurons, current_neurons);
    load(m.probes, probes);
    load(m.ideal_first, ideal_first);
    load(m.ideal_plastic, ideal_plastic);
    load(m.ideal_lines_of, ideal_lines_of);
    load(m.ideal_states, ideal_states);
}

std::size_t chip_of(const Program& program, std::uint32_t neuron)
{
    // Chips without neurons begin where their successor does.
    const auto after = std::upper_bound(program.chips.begin(), program.chips.end(), neuron, [](std::uint32_t n, const ChipProgram& chip) { return n < chip.first_neuron; });
    return static_cast<std::size_t>(after - program.chips.begin()) - 1;
}

Needs upload_chips(const Program& program, const Tables& tables, const Machine& m)
{
    std::vector<Needs> of_chips(program.chips.size());
    parallel_for(program.chips.size(), [&](std::size_t c) {
        const ChipProgram& chip = program.chips[c];
        check_circuits(neuron_circuits(chip), membrane_settings(program, chip));
        const auto p = std::make_unique<ChipParameters>();
        const auto s = std::make_unique<ChipState>();
        fill_neurons(*p, *s, of_chips[c], chip, program.timestep_s);
        load(m.parameters + c, p.get(), 1);
        load(m.state + c, s.get(), 1);
        if (m.link_bandwidth) {
            const auto links = std::make_unique<ChipLinks>(links_of(program, chip, tables.chips[c]));
            load(m.links + c, links.get(), 1);
        }
    });
    Needs needs;
    for (const Needs& chip : of_chips) {
        needs.adex |= chip.adex;
        needs.limits |= chip.limits;
        needs.noise |= chip.noise;
        needs.merged |= chip.merged;
    }
    return needs;
}

void upload_ideal(Program& program, const Tables& tables, const Machine& m)
{
    IdealFabric& fabric = program.ideal;
    std::vector<std::uint32_t> chip_of;
    for (std::uint32_t c = 0; c < program.chips.size(); ++c)
        chip_of.insert(chip_of.end(), program.chips[c].neurons.size(), c);
    std::vector<IdealSynapseData> synapses(fabric.synapses.size());
    parallel_for(fabric.lines.size(), [&](std::size_t l) {
        const std::size_t first = tables.ideal_first[l], last = tables.ideal_first[l + 1];
        for (std::size_t k = first; k < last; ++k) {
            const IdealSynapse& synapse = fabric.synapses[k];
            const ChipProgram& chip = program.chips[chip_of[synapse.neuron]];
            const auto input = static_cast<std::size_t>(synapse.input);
            const double quantum = model::own_or_chip_quantum(chip.neurons[synapse.neuron - chip.first_neuron].quantum_siemens[input], chip.quantum_siemens);
            synapses[k] = {input * program.neurons.size() + synapse.neuron, synapse.delay_steps, static_cast<std::uint64_t>(std::lround(synapse.siemens / quantum))};
        }
        // Neighbouring threads add to neighbouring accumulators.
        std::sort(synapses.begin() + static_cast<std::ptrdiff_t>(first), synapses.begin() + static_cast<std::ptrdiff_t>(last),
                  [](const IdealSynapseData& a, const IdealSynapseData& b) { return a.delay != b.delay ? a.delay < b.delay : a.target < b.target; });
    }, 16);
    load(m.ideal_synapses, synapses);
    std::vector<IdealSynapse>().swap(fabric.synapses);
}

}   // namespace bss::cuda
