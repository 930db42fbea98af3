#include "addresses.hpp"

#include <algorithm>
#include <limits>

namespace bss {
namespace {

constexpr int groups = 4;
constexpr std::array group_sizes{14, 15, 15, 15};       ///< usable addresses (rules A2, A3)

}   // namespace

AddressBook::AddressBook(const Network& network, bool by_targets) : by_targets_(by_targets)
{
    std::vector<std::uint32_t> first_of;
    std::uint32_t neurons = 0;
    for (const Population& population : network.populations) {
        first_of.push_back(neurons);
        neurons += population.size;
        begin_.emplace_back(population.size + 1, 0);
        targets_.emplace_back();
    }
    met_.resize(neurons);
    for (const Projection& p : network.projections)
        for (const std::uint32_t pre : p.pre_neuron)
            ++begin_[p.pre][pre + 1];
    for (std::size_t k = 0; k < begin_.size(); ++k) {
        for (std::size_t n = 1; n < begin_[k].size(); ++n)
            begin_[k][n] += begin_[k][n - 1];
        targets_[k].resize(begin_[k].back());
    }
    auto next = begin_;
    for (const Projection& p : network.projections)
        for (std::size_t k = 0; k < p.size(); ++k)
            targets_[p.pre][next[p.pre][p.pre_neuron[k]]++] = first_of[p.post] + p.post_neuron[k];
}

void AddressBook::assign(SourceNet& net, const std::vector<SourceId>& sources)
{
    const int count = static_cast<int>(sources.size()), used = std::max(1, (count + group_sizes[1] - 1) / group_sizes[1]);
    std::array<int, groups> room{};
    for (int k = 0, left = count; k < used; ++k) {          // the upper groups, equally full
        const int group = groups - 1 - k;
        room[group] = std::min(group_sizes[group], (left + used - k - 1) / (used - k));
        left -= room[group];
    }
    const auto for_each_target = [&](const SourceId& source, auto&& f) {
        if (!by_targets_)
            return;
        const auto& begin = begin_[source.population];
        for (std::size_t k = begin[source.neuron]; k < begin[source.neuron + 1]; ++k)
            f(met_[targets_[source.population][k]]);
    };
    std::array<std::vector<SourceId>, groups> members;
    for (const SourceId& source : sources) {
        // Where its targets have met the fewest of this net so far; the sum of squares keeps the busiest neurons low.
        std::array<std::uint64_t, groups> cost{};
        for_each_target(source, [&](const auto& met) {
            for (int g = 0; g < groups; ++g)
                cost[g] += std::uint64_t{met[g]} * met[g];
        });
        int best = -1;
        for (int g = groups - 1; g >= 0; --g)
            if (static_cast<int>(members[g].size()) < room[g] && (best < 0 || cost[g] < cost[best]))
                best = g;
        members[best].push_back(source);
        for_each_target(source, [&](auto& met) { met[best] = static_cast<std::uint8_t>(std::min(met[best] + 1, std::numeric_limits<std::uint8_t>::max() + 0)); });
    }
    for (const SourceId& source : sources)
        for_each_target(source, [](auto& met) { met.fill(0); });

    for (int g = 0; g < groups; ++g) {
        int address = 16 * g + 16;
        for (const SourceId& source : members[g]) {
            do
                --address;
            while (!L1Address(address).usable());
            net.by_address[address] = source;
        }
    }
}

}   // namespace bss
