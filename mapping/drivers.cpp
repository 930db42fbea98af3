/// Driver chains for every (net, chip): gains by counting, places by packing (mapping.md §4.4 C, D).
#include <algorithm>

#include "driver_groups.hpp"
#include "half_rows.hpp"
#include "packing.hpp"
#include "routing.hpp"
#include "wafer/parallel.hpp"

namespace bss {

namespace {

/// Synapses on a chip by [arrival][key][neuron], neurons padded, at most 255 each.
std::vector<std::uint8_t> count_synapses(const IncomingSynapses& incoming, const IncomingSynapses::TargetChip& target, const ArrivalsOfChip& arrivals)
{
    const std::size_t stride = RowSlots::padded(target.neurons.size()), keys = incoming.keys();
    std::vector<std::uint8_t> count(arrivals.size() * keys * stride, 0);
    const auto arrives = [&](std::uint32_t net) { return arrivals.of(net) != ArrivalsOfChip::none; };
    incoming.for_each(target, [&](std::size_t local, std::uint32_t projection, std::size_t, std::uint32_t population, std::uint32_t neuron) {
        if (const Nets::Entry* entry = incoming.entry_for(population, neuron, target.chip, arrives)) {
            std::uint8_t& n = count[(arrivals.of(entry->net) * keys + incoming.key(projection, entry->address)) * stride + local];
            n = n < 255 ? n + 1 : n;
        }
    });
    return count;
}

/// Synapses realised by chains of 1, 2, … drivers, until a longer one adds nothing.
std::vector<std::uint32_t> gains(std::span<const std::uint8_t> demand, int keys, std::size_t stride, const RowSlots& slots, int longest)
{
    HalfRowAllocator allocator(demand, keys, stride);
    std::vector<std::uint32_t> gain;
    for (int length = 1; length <= longest; ++length) {
        const std::uint32_t more = allocator.add_driver({&slots, &slots}).gain;
        if (more == 0)
            break;
        gain.push_back(more + (gain.empty() ? 0 : gain.back()));
    }
    return gain;
}

/// Drivers that an arrival's V line can feed.
std::vector<SynapseDriver> primaries_of(const Arrival& arrival, const Defects& defects, const std::bitset<SynapseDriver::count>& usable)
{
    std::vector<SynapseDriver> primaries;
    for (const SynapseDriver y : DriverGroup::fed_by(arrival.v, arrival.from != arrival.target.hicann).drivers())
        if (usable.test(y.value()) && switch_usable(defects.of(arrival.from), arrival.v, y))
            primaries.push_back(y);
    return primaries;
}

void assign_chip(Routes& routes, const IncomingSynapses& incoming, const IncomingSynapses::TargetChip& target, std::size_t nets, const Defects& defects, int longest)
{
    const ArrivalsOfChip arrivals(routes, target.chip, nets);
    const HicannDefects& broken = defects.of(target.chip.hicann);
    std::bitset<SynapseDriver::count> usable;
    for (const SynapseDriver y : all<SynapseDriver>())
        usable.set(y.value(), driver_usable(broken, y));

    const std::vector<std::uint8_t> count = count_synapses(incoming, target, arrivals);
    const std::size_t stride = RowSlots::padded(target.neurons.size()), per_arrival = incoming.keys() * stride;
    const std::array slots{RowSlots(target.neurons, Half::top, broken), RowSlots(target.neurons, Half::bottom, broken)};
    for (const Side side : {Side::left, Side::right}) {
        std::vector<ChainRequest> requests;
        std::vector<Arrival*> who;
        for (std::uint32_t a = 0; a < arrivals.size(); ++a) {
            Arrival& arrival = routes.arrivals[arrivals.first() + a];
            if (DriverGroup::fed_by(arrival.v, arrival.from != arrival.target.hicann).side() != side)
                continue;
            ChainRequest request;
            request.primaries = primaries_of(arrival, defects, usable);
            const std::span demand(count.data() + a * per_arrival, per_arrival);
            request.gain[0] = gains(demand, incoming.keys(), stride, slots[0], longest);
            request.gain[1] = slots[1] == slots[0] ? request.gain[0] : gains(demand, incoming.keys(), stride, slots[1], longest);
            requests.push_back(std::move(request));
            who.push_back(&arrival);
        }
        const std::vector<PlacedChain> chains = pack_chains(requests, usable);
        for (std::size_t k = 0; k < who.size(); ++k) {
            who[k]->chain = chains[k].drivers;
            who[k]->primary = chains[k].primary;
        }
    }
}

/// Bits of a chain (rule D3) and its synapse switch.
void write(WaferConfig& config, const Arrival& arrival)
{
    HicannConfig& chip = config.hicanns[arrival.target.hicann];
    for (const SynapseDriver y : arrival.chain) {
        DriverConfig& driver = chip.drivers[y.value()];
        const SynapseDriver outermost = y.half() == Half::top ? arrival.chain.front() : arrival.chain.back();
        driver.enable = true;
        driver.locin = y == arrival.primary;
        driver.connect_neighbour = y != outermost;
    }
    config.hicanns[arrival.from].synapse_switches.set(SynapseSwitch::at(arrival.v, arrival.primary)->value());
}

}   // namespace

void assign_drivers(std::vector<WaferConfig>& configs, Routes& routes, const Network& network, const Placement& placement, const Nets& nets, const Machine& machine,
                    const MappingOptions& options)
{
    const IncomingSynapses incoming(network, placement, nets);
    const auto& chips = incoming.chips();
    const int longest = std::min(options.driver_chain_length, SynapseDriver::count / 4);
    parallel_for(chips.size(), [&](std::size_t c) { assign_chip(routes, incoming, chips[c], nets.nets.size(), machine.defects[chips[c].chip.wafer], longest); });
    for (const Arrival& arrival : routes.arrivals)
        if (!arrival.chain.empty())
            write(configs[arrival.target.wafer], arrival);
}

}   // namespace bss
