#include <chrono>

#include "account.hpp"
#include "demand.hpp"
#include "generators.hpp"
#include "nets.hpp"
#include "parameters.hpp"
#include "placement.hpp"
#include "routing.hpp"
#include "sources.hpp"

namespace bss {
namespace {

std::vector<WaferConfig> empty_wafers(const Machine& machine)
{
    std::vector<WaferConfig> wafers(machine.silicon.size());
    for (std::size_t w = 0; w < wafers.size(); ++w)
        wafers[w].wafer_id = static_cast<int>(machine.silicon[w]->wafer_id());
    return wafers;
}

void add_fpgas(std::vector<WaferConfig>& wafers)
{
    for (WaferConfig& wafer : wafers)
        for (const auto& [hicann, chip] : wafer.hicanns)
            wafer.fpgas.try_emplace(hicann.reticle().fpga());
}

}   // namespace

Mapping map(const Network& network, const Machine& machine, const MappingOptions& asked, const Imperfections& imperfections)
{
    const auto start = std::chrono::steady_clock::now();
    for (const Population& population : network.populations)
        check_generators(population, machine.speedup);
    MappingOptions options = asked;
    if (options.neuron_size == 0)
        options.neuron_size = choose_neuron_size(network, machine);
    Mapping mapping;
    mapping.neuron_size = options.neuron_size;
    mapping.wafers = empty_wafers(machine);

    const Placement placement = place(network, machine, options);
    const Nets nets = form_nets(network, placement, machine, options);
    configure_neurons(mapping.wafers, network, placement, nets);
    Routes routes = route(mapping.wafers, network, placement, nets, machine, options);
    assign_drivers(mapping.wafers, routes, network, placement, nets, machine, options);
    mapping.synapses = assign_synapses(mapping.wafers, routes, network, placement, nets, machine, options);
    add_fpgas(mapping.wafers);

    write_placement_table(mapping, network, placement, nets);
    write_stimulus(mapping, network, machine);
    write_parameters(mapping, network, placement, machine, options, imperfections);
    write_weights(mapping, network, placement, machine, options, imperfections);

    write_account(mapping, network, machine, options, imperfections);
    verify(mapping, network, machine, options, imperfections);
    mapping.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return mapping;
}

}   // namespace bss
