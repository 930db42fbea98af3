#include "rewrite.hpp"

#include <algorithm>

#include "account.hpp"
#include "generators.hpp"
#include "parameters.hpp"
#include "placement.hpp"
#include "sources.hpp"

namespace bss {
namespace {

Placement placement_of(const Mapping& mapping, const Network& network)
{
    Placement placement;
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        auto& sites = placement.sites.emplace_back();
        if (!is_source(network.populations[p].cell))
            for (const PlacedNeuron& placed : mapping.placement[p])
                sites.push_back({placed.chip, Denmem(placed.denmem), placed.size});
    }
    return placement;
}

void forget_warnings(Mapping& mapping, std::initializer_list<std::string_view> codes)
{
    std::erase_if(mapping.warnings, [&](const Warning& warning) { return std::find(codes.begin(), codes.end(), warning.code) != codes.end(); });
}

void rewrite_sources(Mapping& mapping, const Network& network, const Machine& machine)
{
    for (const Population& population : network.populations)
        check_generators(population, machine.speedup);
    forget_warnings(mapping, {"input_rate", "on_wafer_duration", "on_wafer_rate"});
    mapping.stimulus = {};
    mapping.first_source.clear();
    write_stimulus(mapping, network, machine);
}

void rewrite_parameters(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, MappingOptions options,
                        const Imperfections& imperfections)
{
    options.potentials = mapping.potentials;
    options.big_capacitor = mapping.big_capacitor;
    options.leak = mapping.leak;
    forget_warnings(mapping, {"clipped_parameter", "nominal_curve", "v_reset_shared", "initial_values"});
    mapping.clipped_parameters = 0;
    for (WaferConfig& wafer : mapping.wafers) {
        wafer.ideals.initial_potentials.clear();
        for (auto& [hicann, chip] : wafer.hicanns) {   // currents are written only where there are some
            chip.stimulus = {};
            for (DenmemConfig& denmem : chip.denmems)
                denmem.enable_current_input = false;
        }
    }
    write_parameters(mapping, network, placement, machine, options, imperfections);
}

void rewrite_weights(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, const MappingOptions& options,
                     const Imperfections& imperfections)
{
    forget_warnings(mapping, {"clipped_weight", "clipped_stp", "nominal_stp", "delay_ignored", "delay_below_timestep"});
    mapping.account.clear();
    mapping.clipped_weights = mapping.drivers_used = mapping.denmems_used = 0;
    write_weights(mapping, network, placement, machine, options, imperfections);
    write_account(mapping, network, machine, options, imperfections);
}

}   // namespace

void rewrite(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections,
             Changed changed)
{
    if (changed.sources)
        rewrite_sources(mapping, network, machine);
    const Placement placement = placement_of(mapping, network);
    if (changed.parameters)
        rewrite_parameters(mapping, network, placement, machine, options, imperfections);
    if (changed.parameters || changed.weights)   // a weight's conductance counts on its neuron's capacitance
        rewrite_weights(mapping, network, placement, machine, options, imperfections);
}

}   // namespace bss
