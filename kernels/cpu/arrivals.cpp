#include "arrivals.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss {

Arrivals::Arrivals(const Program& program, std::uint32_t first, const std::vector<std::vector<RouteLists>>& lists)
    : timestep_s_(program.timestep_s), jitter_(model::jitter_in_steps(program.jitter_s, program.shortest_delay_s, program.timestep_s)), begin_(lists.size() + 2)
{
    random_key(program.trial, Purpose::route_jitter, jitter_key_);
    for (const NetProgram& net : program.nets)
        from_.push_back(chip_address(net.chip));
    for (std::size_t c = 0; c < lists.size(); ++c)
        plastic_.push_back(!program.chips[first + c].plastic_drivers.empty());

    const auto over_places = [&](auto&& work) {         // work(net and address, route, list, chip of the thread)
        for (std::size_t c = 0; c < lists.size(); ++c)
            for (const RouteLists& route : lists[c])
                for (std::size_t address = 0; address < L1Address::count; ++address)
                    if (route.lists[address] != no_list)
                        work(program.routes[route.route].net * std::size_t{L1Address::count} + address, program.routes[route.route], route.lists[address], c);
    };
    first_.assign(program.nets.size() * L1Address::count + 1, 0);
    over_places([&](std::size_t k, const RouteProgram&, SynapseList, std::size_t) { ++first_[k + 1]; });
    for (std::size_t k = 1; k < first_.size(); ++k)
        first_[k] += first_[k - 1];
    const std::size_t places = first_.back(), room = places + TravelArguments::most;
    to_.resize(room);
    delays_.resize(room);
    lists_.resize(room);
    chips_.resize(room);
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    double longest_s = 0;
    over_places([&](std::size_t k, const RouteProgram& route, SynapseList list, std::size_t c) {
        const std::uint32_t at = next[k]++;
        to_[at] = merger_address(program.nets[route.net].merger, chip_address(program.chips[route.target].chip));
        delays_[at] = static_cast<float>(route.delay_s / timestep_s_);
        lists_[at] = list;
        chips_[at] = static_cast<std::uint16_t>(c);
        longest_s = std::max(longest_s, route.delay_s + model::largest_jitter * program.jitter_s);
    });
    ring_.resize(std::bit_ceil(static_cast<std::size_t>(longest_s / timestep_s_) + static_cast<std::size_t>(program.window_steps) + 2));
}

void Arrivals::file(const SentEvent& event, std::int64_t earliest)
{
    const model::GridTime sent = model::grid_time(event.time_s, timestep_s_);
    const auto ring_size = static_cast<std::int64_t>(ring_.size());
    const std::uint32_t last = first_[key(event) + 1];
    alignas(64) std::uint32_t steps[TravelArguments::most];
    alignas(64) float delays[TravelArguments::most];
    TravelArguments arguments{0, nullptr, nullptr, sent.fraction, jitter_.sigma, jitter_.shortest, {jitter_key_[0], jitter_key_[1]}, sender_address(event.sender, from_[event.net]),
                              event.sender.number, static_cast<std::uint32_t>(event.sender.kind), steps, delays};
    for (std::uint32_t at = first_[key(event)]; at < last; at += TravelArguments::most) {
        arguments.count = static_cast<int>(std::min<std::uint32_t>(TravelArguments::most, last - at));
        arguments.delay = delays_.data() + at;
        arguments.to = to_.data() + at;
        simd_.travel(arguments);
        for (int k = 0; k < arguments.count; ++k) {
            std::int64_t step = sent.step + steps[k];
            if (step < earliest) {
                step = earliest;
                ++delayed_;
            }
            const std::size_t place = at + static_cast<std::size_t>(k);
            const Arrival arrival{lists_[place], chips_[place], 0, model::lateness(sent, delays[k], step)};
            if (step - earliest < ring_size)
                ring_[static_cast<std::size_t>(step & (ring_size - 1))].push_back(arrival);
            else
                later_.emplace_back(step, arrival);
        }
    }
}

void Arrivals::open(std::int64_t first, std::int64_t last)
{
    const auto slot = [&](std::int64_t step) -> std::vector<Arrival>& { return ring_[static_cast<std::size_t>(step) & (ring_.size() - 1)]; };
    if (!later_.empty()) {
        const auto due = std::partition(later_.begin(), later_.end(), [&](const auto& l) { return l.first >= last; });
        for (auto l = due; l != later_.end(); ++l)
            slot(l->first).push_back(l->second);
        later_.erase(due, later_.end());
    }
    // By counting: chips ascend, and on each of them the steps.
    std::fill(begin_.begin(), begin_.end(), 0);
    std::size_t total = 0;
    for (std::int64_t step = first; step < last; ++step) {
        for (const Arrival& arrival : slot(step))
            ++begin_[arrival.chip + 2u];
        total += slot(step).size();
    }
    for (std::size_t c = 2; c < begin_.size(); ++c)
        begin_[c] += begin_[c - 1];
    if (sorted_.size() < total)
        sorted_.resize(std::bit_ceil(total));
    for (std::int64_t step = first; step < last; ++step) {
        for (Arrival arrival : slot(step)) {
            arrival.step = static_cast<std::uint16_t>(step - first);
            sorted_[begin_[arrival.chip + 1u]++] = arrival;
        }
        slot(step).clear();
    }
    // Factors of plastic drivers depend on the order of events; sums do not.
    for (std::size_t c = 0; c < plastic_.size(); ++c)
        if (plastic_[c])
            std::sort(sorted_.begin() + begin_[c], sorted_.begin() + begin_[c + 1],
                      [](const Arrival& a, const Arrival& b) { return std::tie(a.step, a.late, a.list) < std::tie(b.step, b.late, b.list); });
}

void Arrivals::take_over(const Arrivals& before, std::int64_t now)
{
    if (first_ != before.first_ || chips_ != before.chips_)
        throw InputError("what was changed lets other rows listen, which only time 0 allows: reset first");
    std::map<std::pair<std::uint16_t, SynapseList>, SynapseList> successors;
    for (std::size_t at = 0; at < first_.back(); ++at)
        successors[{chips_[at], before.lists_[at]}] = lists_[at];
    const auto take = [&](std::int64_t step, Arrival arrival) {
        arrival.list = successors.at({arrival.chip, arrival.list});
        if (step - now < static_cast<std::int64_t>(ring_.size()))
            ring_[static_cast<std::size_t>(step) & (ring_.size() - 1)].push_back(arrival);
        else
            later_.emplace_back(step, arrival);
    };
    for (std::int64_t step = now; step < now + static_cast<std::int64_t>(before.ring_.size()); ++step)
        for (const Arrival& arrival : before.ring_[static_cast<std::size_t>(step) & (before.ring_.size() - 1)])
            take(step, arrival);
    for (const auto& [step, arrival] : before.later_)
        take(step, arrival);
    delayed_ = before.delayed_;
}

}   // namespace bss
