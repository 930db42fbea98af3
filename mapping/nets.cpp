#include "nets.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "addresses.hpp"
#include "demand.hpp"
#include "inputs.hpp"
#include "mergers.hpp"

namespace bss {

namespace {

/// Neurons of a chip by block, ascending by (population, neuron).
using NeuronsByBlock = std::array<std::vector<SourceId>, NeuronBlock::count>;

std::map<Chip, NeuronsByBlock> neurons_by_chip(const Placement& placement)
{
    std::map<Chip, NeuronsByBlock> chips;
    for (std::uint32_t p = 0; p < placement.sites.size(); ++p)
        for (std::uint32_t n = 0; n < placement.sites[p].size(); ++n) {
            const NeuronSite& site = placement.sites[p][n];
            chips[site.chip][site.first.block().value()].push_back({p, n});
        }
    return chips;
}

/// Chooses the mergers of one chip and appends its nets.
void add_neuron_nets(std::vector<SourceNet>& nets, Chip chip, const NeuronsByBlock& neurons, MergerTree& tree, AddressBook& addresses, const std::vector<std::uint8_t>& kinds,
                     const std::vector<int>& widths, bool one_per_population)
{
    std::array<BlockDemand, NeuronBlock::count> demand;
    for (int b = 0; b < NeuronBlock::count; ++b)
        for (const SourceId& source : neurons[b]) {
            BlockDemand& block = demand[b];
            block.population = block.sources > 0 && block.population != source.population ? -2 : static_cast<std::int64_t>(source.population);
            ++block.sources;
            block.kinds |= kinds[source.population];
            block.width = std::min(block.width, widths[source.population]);
        }
    const MergerChoice choice = choose_mergers(demand, tree, one_per_population);
    tree = choice.tree;
    for (const DncMerger d : all<DncMerger>()) {
        SourceNet net{.chip = chip, .merger = d, .input = false, .blocks = {}, .generator = {}, .by_address = {}};
        std::vector<SourceId> sources;
        for (const NeuronBlock b : all<NeuronBlock>())
            if (choice.merger[b.value()] == d) {
                net.blocks.push_back(b);
                sources.insert(sources.end(), neurons[b.value()].begin(), neurons[b.value()].end());
            }
        if (net.blocks.empty())
            continue;
        net.generator = *std::find_if(net.blocks.begin(), net.blocks.end(), [&](NeuronBlock b) { return tree.generator_works(b); });
        std::sort(sources.begin(), sources.end());
        addresses.assign(net, sources);
        nets.push_back(std::move(net));
    }
}

}   // namespace

Nets form_nets(const Network& network, const Placement& placement, const Machine& machine, const MappingOptions& options)
{
    const auto kinds = source_kinds(network);
    const auto widths = net_widths(network, options);
    Entrances entrances;
    for (const Chip chip : machine.chips)
        if (machine.defects[chip.wafer].usable(chip.hicann))
            entrances.chips.emplace(chip, Entrances::AtChip{MergerTree(machine.defects[chip.wafer].of(chip.hicann))});

    AddressBook addresses(network, options.nets == NetForming::automatic);
    Nets result;
    for (const auto& [chip, neurons] : neurons_by_chip(placement)) {
        Entrances::AtChip& at = entrances.chips.at(chip);
        add_neuron_nets(result.nets, chip, neurons, at.tree, addresses, kinds, widths, options.nets == NetForming::one_per_population);
        for (int b = 0; b < NeuronBlock::count; ++b)
            at.neurons[b] = !neurons[b].empty();
    }
    place_inputs(result.nets, entrances, addresses, network, placement, machine, options);
    std::sort(result.nets.begin(), result.nets.end(), [](const SourceNet& a, const SourceNet& b) { return std::tie(a.chip, a.merger) < std::tie(b.chip, b.merger); });

    for (const Population& population : network.populations)
        result.entries.emplace_back(population.size);
    for (const bool input : {false, true})      // a neuron's own net comes before those on other wafers
        for (std::uint32_t k = 0; k < result.nets.size(); ++k)
            for (const L1Address address : all<L1Address>())
                if (const SourceId source = result.nets[k].by_address[address.value()]; source.valid() && result.nets[k].input == input)
                    result.entries[source.population][source.neuron].push_back({k, address});
    return result;
}

}   // namespace bss
