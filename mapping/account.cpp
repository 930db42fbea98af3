#include "account.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "ideal.hpp"
#include "rebuild.hpp"
#include "wafer/fabric.hpp"

namespace bss {
namespace {

void count_synapses(Mapping& mapping, const Network& network)
{
    mapping.account.resize(network.projections.size());
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        ProjectionAccount& account = mapping.account[k];
        account.requested = network.projections[k].size();
        account.lost_by_cause.fill(0);
        account.realised = account.lost = 0;
        for (const RealisedSynapse& synapse : mapping.synapses[k]) {
            if (synapse.realised()) {
                ++account.realised;
                continue;
            }
            ++account.lost;
            ++account.lost_by_cause[static_cast<std::size_t>(synapse.cause)];
        }
    }
}

void count_hardware(Mapping& mapping)
{
    for (const WaferConfig& wafer : mapping.wafers)
        for (const auto& [hicann, chip] : wafer.hicanns)
            mapping.drivers_used += static_cast<std::uint64_t>(std::count_if(chip.drivers.begin(), chip.drivers.end(), [](const DriverConfig& d) { return d.enable; }));
    for (const auto& population : mapping.placement)
        for (const PlacedNeuron& placed : population)
            mapping.denmems_used += placed.size;
}

/// Synapses whose delay the user set and does not get.
std::uint64_t replaced_delays(const Network& network, const std::optional<double>& uniform_ms)
{
    std::uint64_t replaced = 0;
    for (const Projection& p : network.projections) {
        if (!p.delay_given)
            continue;
        const auto differs = [&](double delay_ms) { return !uniform_ms || std::abs(delay_ms - *uniform_ms) > 1e-9 * *uniform_ms; };
        if (p.delay_ms.uniform())
            replaced += differs(p.delay_ms[0]) ? p.size() : 0;
        else
            for (std::size_t k = 0; k < p.size(); ++k)
                replaced += differs(p.delay_ms[k]);
    }
    return replaced;
}

/// Realised synapses whose route is faster than a step, by the mean delay of a route (hardware.md §4.6).
std::uint64_t delays_below(double timestep_s, const Mapping& mapping, const Machine& machine)
{
    std::uint64_t below = 0;
    std::vector<std::vector<bool>> fast(mapping.wafers.size());       // [wafer][224 hicann + driver]
    for (std::size_t w = 0; w < mapping.wafers.size(); ++w) {
        fast[w].resize(static_cast<std::size_t>(Hicann::count) * SynapseDriver::count);
        const Timing& timing = machine.silicon[w]->technology().timing;
        for (const Net& net : trace_all(mapping.wafers[w]))
            for (const ReachedChain& chain : net.chains)
                if (std::max(timing.route_minimum_s, timing.route_base_s + chain.hops * timing.route_per_hicann_s) < timestep_s)
                    for (const SynapseDriver driver : chain.drivers)
                        fast[w][static_cast<std::size_t>(chain.hicann.value() * SynapseDriver::count + driver.value())] = true;
    }
    for (const auto& projection : mapping.synapses)
        for (const RealisedSynapse& synapse : projection)
            if (synapse.realised())
                below += fast[synapse.chip.wafer][static_cast<std::size_t>(synapse.chip.hicann.value() * SynapseDriver::count + synapse.row / 2)];
    return below;
}

void warn(Mapping& mapping, std::string_view code, std::uint64_t count, std::string message)
{
    if (count > 0)
        mapping.warnings.push_back({.code = std::string(code), .message = std::move(message), .count = count});
}

/// The one delay of every event while route delay is switched off: the smallest that the network asks for, at least one step (hardware seconds).
double smallest_delay_s(const Network& network, const MappingOptions& options, double speedup)
{
    double smallest_ms = std::numeric_limits<double>::infinity();
    for (const Projection& p : network.projections)
        if (p.delay_given && p.size() > 0)
            smallest_ms = std::min(smallest_ms, *std::min_element(p.delay_ms.values.begin(), p.delay_ms.values.end()));
    return std::isfinite(smallest_ms) ? std::max(smallest_ms * 1e-3 / speedup, options.timestep_s) : options.timestep_s;
}

}   // namespace

void write_account(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections)
{
    count_synapses(mapping, network);
    count_hardware(mapping);
    const auto uniform_s = imperfections.route_delay ? std::nullopt : std::optional(smallest_delay_s(network, options, machine.speedup));
    for (WaferConfig& wafer : mapping.wafers)
        wafer.ideals.uniform_delay_s = uniform_s;
    if (uniform_s) {
        const double uniform_ms = *uniform_s * 1e3 * machine.speedup;
        warn(mapping, "delay_ignored", replaced_delays(network, uniform_ms), fmt::format("every event takes {:g} ms, the smallest delay that was set, while route_delay is off", uniform_ms));
    } else {
        warn(mapping, "delay_ignored", replaced_delays(network, std::nullopt), "delays of synapses are those of their routes, not the ones that were set");
        warn(mapping, "delay_below_timestep", delays_below(options.timestep_s, mapping, machine), "routes of synapses are faster than one time step, which they take");
    }
    keep_lost_synapses(mapping, network, machine, imperfections);
}

void verify(Mapping& mapping, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections)
{
    const Limits limits{.crossbar_limit = options.crossbar_limit,
                        .synapse_switch_limit = options.synapse_switch_limit,
                        .driver_chain_length = options.driver_chain_length,
                        .real_valued_dacs = !imperfections.parameter_quantisation,
                        .real_valued_weights = !imperfections.weight_quantisation};
    for (std::size_t w = 0; w < mapping.wafers.size(); ++w)
        for (Violation& violation : check(mapping.wafers[w], machine.defects[w], limits))
            mapping.violations.push_back(std::move(violation));
    mapping.rebuilt_from_bits = rebuilt_equals(mapping, network);
}

}   // namespace bss
