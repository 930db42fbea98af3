#include "arrivals.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "kernels/change.hpp"
#include "wafer/random.hpp"

namespace bss {

Arrivals::Arrivals(const Program& program, std::uint32_t first, const std::vector<std::vector<RouteLists>>& lists)
    : timestep_s_(program.timestep_s), window_steps_(program.window_steps), jitter_(model::jitter_in_steps(program.jitter_s, program.shortest_delay_s, program.timestep_s))
{
    random_key(program.trial, Purpose::route_jitter, jitter_key_);
    for (const NetProgram& net : program.nets)
        from_.push_back(chip_address(net.chip));
    first_.assign(program.nets.size() + 1, 0);
    for (std::size_t c = 0; c < lists.size(); ++c) {
        plastic_.push_back(!program.chips[first + c].plastic_drivers.empty());
        for (const RouteLists& route : lists[c])
            ++first_[program.routes[route.route].net + 1];
    }
    for (std::size_t k = 1; k < first_.size(); ++k)
        first_[k] += first_[k - 1];

    const std::size_t places = first_.back(), room = places + TravelArguments::most;
    to_.resize(room);
    delays_.resize(room);
    chips_.resize(room);
    lists_.resize(places * L1Address::count);
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    double longest_s = 0;
    for (std::size_t c = 0; c < lists.size(); ++c)
        for (const RouteLists& reached : lists[c]) {
            const RouteProgram& route = program.routes[reached.route];
            const std::uint32_t at = next[route.net]++, begin = first_[route.net], count = places_of(route.net);
            to_[at] = merger_address(program.nets[route.net].merger, chip_address(program.chips[route.target].chip));
            delays_[at] = static_cast<float>(route.delay_s / timestep_s_);
            chips_[at] = static_cast<std::uint16_t>(c);
            for (std::size_t address = 0; address < L1Address::count; ++address)
                lists_[std::size_t{begin} * L1Address::count + address * count + (at - begin)] = reached.lists[address];
            longest_s = std::max(longest_s, route.delay_s + model::largest_jitter * program.jitter_s);
        }

    const auto windows = std::bit_ceil(static_cast<std::size_t>(longest_s / timestep_s_ / static_cast<double>(window_steps_)) + 3);
    waiting_.assign(windows, {{}, std::vector<std::uint32_t>(lists.size())});
    last_waiting_ = windows - 1;
    for (std::size_t step = 0; step < windows * static_cast<std::size_t>(window_steps_); ++step)
        windows_on_.push_back(static_cast<std::uint16_t>(step / static_cast<std::size_t>(window_steps_)));
}

void Arrivals::Waiting::make_room()
{
    Waiting larger{std::vector<Arrival>(count.size() * std::max(16u, 2 * room)), count, std::max(16u, 2 * room)};
    for (std::size_t chip = 0; chip < count.size(); ++chip)
        std::ranges::copy(of(chip), larger.of(chip).begin());
    *this = std::move(larger);
}

/// @param window  that of the next step
inline void Arrivals::keep(std::int64_t step, const Arrival& arrival, std::int64_t window)
{
    if (const auto since = static_cast<std::size_t>(step - window * window_steps_); since < windows_on_.size()) [[likely]]
        waiting_in(window + windows_on_[since]).add(arrival);
    else
        later_.emplace_back(step, arrival);
}

void Arrivals::file(const SentEvent& event, std::int64_t earliest)
{
    const model::GridTime sent = model::grid_time(event.time_s, timestep_s_);
    const std::int64_t window = earliest / window_steps_;
    const SynapseList* lists = lists_of(event);
    alignas(64) std::uint32_t steps[TravelArguments::most];
    alignas(64) float delays[TravelArguments::most];
    TravelArguments arguments{0, nullptr, nullptr, sent.fraction, jitter_.sigma, jitter_.shortest, {jitter_key_[0], jitter_key_[1]}, sender_address(event.sender, from_[event.net]),
                              event.sender.number, static_cast<std::uint32_t>(event.sender.kind), steps, delays};
    const std::uint32_t last = first_[event.net + 1];
    for (std::uint32_t at = first_[event.net]; at < last; at += TravelArguments::most, lists += TravelArguments::most) {
        const std::uint32_t count = std::min<std::uint32_t>(TravelArguments::most, last - at);
        arguments.count = static_cast<int>(count);
        arguments.delay = delays_.data() + at;
        arguments.to = to_.data() + at;
        simd_.travel(arguments);
        const std::uint16_t* const chips = chips_.data() + at;
        for (std::uint32_t k = 0; k < count; ++k) {
            if (lists[k] == no_list)
                continue;
            std::int64_t step = sent.step + steps[k];
            if (step < earliest) [[unlikely]] {
                step = earliest;
                ++delayed_;
            }
            keep(step, {lists[k], model::lateness(sent, delays[k], step), chips[k], static_cast<std::uint16_t>(step)}, window);
        }
    }
}

void Arrivals::open(std::int64_t first, std::int64_t last)
{
    if (lists_.empty())
        return;                             // nobody hears anything
    const std::int64_t window = first / window_steps_;
    open_ = &waiting_in(window);
    if (last < (window + 1) * window_steps_)
        for (std::size_t c = 0; c < plastic_.size(); ++c) {
            const auto all = open_->of(c);
            const auto rest = std::ranges::partition(all, [&](const Arrival& a) { return first + a.since(first) < last; });
            for (const Arrival& a : rest)
                later_.emplace_back(first + a.since(first), a);
            open_->count[c] -= static_cast<std::uint32_t>(rest.size());
        }
    if (!later_.empty()) {
        const auto due = std::partition(later_.begin(), later_.end(), [&](const auto& l) { return l.first >= last; });
        for (auto l = due; l != later_.end(); ++l)
            open_->add(l->second);
        later_.erase(due, later_.end());
    }
    // Factors of plastic drivers depend on the order of events; sums do not.
    const auto order = [&](const Arrival& a) { return std::tuple(a.since(first), a.late, a.list); };
    for (std::size_t c = 0; c < plastic_.size(); ++c)
        if (plastic_[c])
            std::ranges::sort(open_->of(c), {}, order);
}

void Arrivals::close()
{
    if (open_ != nullptr)
        std::ranges::fill(std::exchange(open_, nullptr)->count, 0);
}

void Arrivals::take_over(const Arrivals& before, std::int64_t now)
{
    const auto same_rows = [](const SynapseList& a, const SynapseList& b) { return (a == no_list) == (b == no_list); };
    if (first_ != before.first_ || chips_ != before.chips_ || !std::equal(lists_.begin(), lists_.end(), before.lists_.begin(), before.lists_.end(), same_rows))
        refuse_other_rows();
    std::map<std::pair<std::uint16_t, SynapseList>, SynapseList> successors;
    for (std::uint32_t net = 0; net + 1 < first_.size(); ++net)
        for (std::size_t k = 0, begin = std::size_t{first_[net]} * L1Address::count; k < places_of(net) * L1Address::count; ++k)
            successors[{chips_[first_[net] + k % places_of(net)], before.lists_[begin + k]}] = lists_[begin + k];
    const auto take = [&](std::int64_t step, Arrival arrival) {
        arrival.list = successors.at({arrival.chip, arrival.list});
        keep(step, arrival, now / window_steps_);
    };
    for (const Waiting& waiting : before.waiting_)
        for (std::size_t chip = 0; chip < waiting.count.size(); ++chip)
            for (const Arrival& arrival : waiting.of(chip))
                take(now + arrival.since(now), arrival);
    for (const auto& [step, arrival] : before.later_)
        take(step, arrival);
    delayed_ = before.delayed_;
}

}   // namespace bss
