#include "incoming.hpp"

#include <algorithm>
#include <map>

#include "wafer/parallel.hpp"

namespace bss {

namespace {

/// First synapse of each post neuron of a projection sorted by post.
std::vector<std::size_t> first_synapses(const Projection& projection, std::uint32_t neurons)
{
    std::vector<std::size_t> begin(neurons + 1, 0);
    for (const std::uint32_t post : projection.post_neuron)
        ++begin[post + 1];
    for (std::uint32_t n = 0; n < neurons; ++n)
        begin[n + 1] += begin[n];
    return begin;
}

bool same(const std::optional<ShortTermPlasticity>& a, const std::optional<ShortTermPlasticity>& b)
{
    if (!a || !b)
        return !a && !b;
    return a->U == b->U && a->tau_rec_ms == b->tau_rec_ms && a->tau_facil_ms == b->tau_facil_ms;
}

}   // namespace

IncomingSynapses::IncomingSynapses(const Network& network, const Placement& placement, const Nets& nets) : network_(network), nets_(nets)
{
    const std::size_t projections = network.projections.size();
    into_.resize(network.populations.size());
    begin_.resize(projections);
    side_of_.resize(projections);
    std::vector<std::optional<ShortTermPlasticity>> types;
    for (std::uint32_t p = 0; p < projections; ++p) {
        const Projection& projection = network.projections[p];
        into_[projection.post].push_back(p);
        auto type = std::find_if(types.begin(), types.end(), [&](const auto& other) { return same(other, projection.stp); });
        if (type == types.end())
            type = types.insert(types.end(), projection.stp);
        const SynapticInput side = projection.receptor == Receptor::excitatory ? SynapticInput::excitatory : SynapticInput::inhibitory;
        side_of_[p] = key_of(static_cast<int>(type - types.begin()), side, 0);
    }
    stp_types_ = std::max<int>(1, static_cast<int>(types.size()));

    parallel_for(projections, [&](std::size_t p) { begin_[p] = first_synapses(network.projections[p], network.populations[network.projections[p].post].size); });

    std::map<Chip, std::vector<TargetNeuron>> by_chip;
    for (std::uint32_t population = 0; population < placement.sites.size(); ++population) {
        const auto& sites = placement.sites[population];
        for (std::uint32_t neuron = 0; neuron < sites.size(); ++neuron) {
            const auto asks = [&](std::uint32_t p) { return begin_[p][neuron] != begin_[p][neuron + 1]; };
            if (std::any_of(into_[population].begin(), into_[population].end(), asks))
                by_chip[sites[neuron].chip].push_back({population, neuron, sites[neuron]});
        }
    }
    for (auto& [chip, neurons] : by_chip)
        chips_.push_back({chip, std::move(neurons)});
}

std::vector<PairDemand> pair_demands(const IncomingSynapses& incoming, const Nets& nets)
{
    const auto& chips = incoming.chips();
    std::vector<std::vector<PairDemand>> of_chip(chips.size());
    parallel_for(chips.size(), [&](std::size_t c) {
        std::vector<std::uint32_t> count(nets.nets.size(), 0);
        incoming.for_each(chips[c], [&](std::size_t, std::uint32_t, std::size_t, std::uint32_t population, std::uint32_t neuron) {
            if (const Nets::Entry* entry = incoming.entry_for(population, neuron, chips[c].chip, [](std::uint32_t) { return true; }))
                ++count[entry->net];
        });
        for (std::uint32_t net = 0; net < count.size(); ++net)
            if (count[net] > 0)
                of_chip[c].push_back({net, chips[c].chip, count[net]});
    });
    std::vector<PairDemand> all;
    for (const auto& pairs : of_chip)
        all.insert(all.end(), pairs.begin(), pairs.end());
    return all;
}

ArrivalsOfChip::ArrivalsOfChip(const Routes& routes, Chip chip, std::size_t nets) : by_net_(nets, none)
{
    const auto before = [](const Arrival& a, Chip c) { return a.target < c; };
    const auto begin = std::lower_bound(routes.arrivals.begin(), routes.arrivals.end(), chip, before);
    first_ = static_cast<std::size_t>(begin - routes.arrivals.begin());
    for (auto a = begin; a != routes.arrivals.end() && a->target == chip; ++a)
        by_net_[a->net] = size_++;
}

}   // namespace bss
