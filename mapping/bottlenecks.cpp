#include "bottlenecks.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace bss {
namespace {

constexpr int synapses_a_denmem = 220;      ///< rule G4
constexpr std::size_t most_chips = 5;
constexpr std::array<std::string_view, loss_cause_names.size()> resources{"bus lines", "synapse drivers", "drivers in a chain", "synapses", "sound parts", "entrances for sources"};

/// The population whose busiest neuron wants more synapses than it can have, if there is one.
std::string too_many_inputs(const Mapping& mapping, const Network& network)
{
    std::vector<std::vector<std::uint32_t>> inputs(network.populations.size());
    for (const Projection& p : network.projections) {
        inputs[p.post].resize(network.populations[p.post].size);
        for (const std::uint32_t post : p.post_neuron)
            ++inputs[p.post][post];
    }
    for (std::size_t p = 0; p < inputs.size(); ++p)
        for (std::size_t n = 0; n < inputs[p].size(); ++n)
            if (const int most = synapses_a_denmem * mapping.placement[p][n].size; inputs[p][n] > static_cast<std::uint32_t>(most))
                return fmt::format("; neurons of {} want up to {} inputs each, and {} denmems have at most {}", network.populations[p].name,
                                   *std::max_element(inputs[p].begin(), inputs[p].end()), mapping.placement[p][n].size, most);
    return {};
}

std::string advice_on(LossCause cause, const Mapping& mapping, const Network& network, const MappingOptions& options)
{
    switch (cause) {
    case LossCause::l1_routing:
        return "no free bus lines lead from the senders' chips to these: place what is joined close together (mapping.place), use fewer chips (a smaller "
               "mapping.neuron_size), allow more switches a line (mapping.crossbar_limit, mapping.synapse_switch_limit), or try another mapping.seed";
    case LossCause::drivers:
        return "all synapse drivers there are taken: more denmems a neuron (mapping.neuron_size) make more of each driver; more HICANNs spread the load" + too_many_inputs(mapping, network);
    case LossCause::chain_length:
        return fmt::format("the sources that share a bus want more synapses of a neuron than a chain of {} drivers has: longer chains (mapping.driver_chain_length) or more "
                           "denmems a neuron (mapping.neuron_size)",
                           options.driver_chain_length);
    case LossCause::synapses:
        return "neurons of one denmem meet the drivers of their half of the chip only: at least 2 denmems a neuron (mapping.neuron_size)";
    case LossCause::defects:
        return "what they needed is broken: leave these HICANNs out (wafer.hicanns) where there are others";
    case LossCause::source_entry:
        return "no DNC merger was left for sources to enter: a source needs one without neurons; use fewer denmems a neuron (mapping.neuron_size), more HICANNs or another wafer";
    }
    return {};
}

}   // namespace

std::vector<Bottleneck> bottlenecks(const Mapping& mapping, const Network& network, const MappingOptions& options)
{
    std::vector<Bottleneck> all;
    for (std::size_t c = 0; c < loss_cause_names.size(); ++c) {
        Bottleneck b{.cause = static_cast<LossCause>(c), .resource = resources[c], .chips = {}, .advice = {}};
        std::map<Chip, std::uint64_t> chips;
        for (std::uint32_t k = 0; k < mapping.account.size(); ++k) {
            const std::uint64_t lost = mapping.account[k].lost_by_cause[c];
            b.synapses += lost;
            if (lost > b.of_worst_projection) {
                b.of_worst_projection = lost;
                b.worst_projection = k;
            }
            if (lost > 0)
                for (const RealisedSynapse& synapse : mapping.synapses[k])
                    if (!synapse.realised() && synapse.cause == b.cause)
                        ++chips[synapse.chip];
        }
        if (b.synapses == 0)
            continue;
        b.all_chips = chips.size();
        b.chips.assign(chips.begin(), chips.end());
        std::stable_sort(b.chips.begin(), b.chips.end(), [](const auto& x, const auto& y) { return x.second > y.second; });
        b.chips.resize(std::min(b.chips.size(), most_chips));
        b.advice = advice_on(b.cause, mapping, network, options);
        all.push_back(std::move(b));
    }
    std::stable_sort(all.begin(), all.end(), [](const Bottleneck& x, const Bottleneck& y) { return x.synapses > y.synapses; });
    return all;
}

}   // namespace bss
