#include "ideal_senders.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace bss {

IdealSenders::IdealSenders(const Program& program, const Stimulus& stimulus) : timestep_s_(program.timestep_s)
{
    const auto& lines = program.ideal.lines;
    if (lines.empty())
        return;
    auto next = lines.begin();                      // lines ascend, and nearly always so do those who ask
    const auto lines_of = [&](bool from_host, std::uint64_t sender) {
        const auto before = [key = std::pair(from_host, sender)](const IdealLine& line) { return std::pair(line.from_host, line.sender) < key; };
        if ((next != lines.end() && before(*next)) || (next != lines.begin() && !before(*std::prev(next))))
            next = std::partition_point(lines.begin(), lines.end(), before);
        const auto first = next;
        while (next != lines.end() && next->from_host == from_host && next->sender == sender)
            ++next;
        return Lines{static_cast<std::uint32_t>(first - lines.begin()), static_cast<std::uint32_t>(next - lines.begin())};
    };
    of_neuron_.reserve(program.neurons.size());
    of_source_.reserve(stimulus.sources.size());
    for (std::uint32_t n = 0; n < program.neurons.size(); ++n)
        of_neuron_.push_back(lines_of(false, n));
    for (std::uint32_t s = 0; s < stimulus.sources.size(); ++s) {
        of_source_.push_back(lines_of(true, stimulus.sources[s].id));
        if (of_source_.back().first < of_source_.back().last)
            senders_.push_back(s);
    }
}

void IdealSenders::gather(std::span<const std::vector<double>> fresh, std::int64_t first, std::int64_t last)
{
    const auto step_of = [&](double time_s) {
        return static_cast<std::size_t>(std::clamp(static_cast<std::int64_t>(time_s / timestep_s_), first, last - 1) - first);
    };
    first_step_ = first;
    begin_.assign(static_cast<std::size_t>(last - first) + 1, 0);
    for (const std::uint32_t source : senders_)
        for (const double time_s : fresh[source])
            ++begin_[step_of(time_s) + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    spikes_.resize(begin_.back());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (const std::uint32_t source : senders_)
        for (const double time_s : fresh[source])
            spikes_[next[step_of(time_s)]++] = spike(of_source_[source], time_s);
}

std::span<const IdealSenders::Spike> IdealSenders::spikes(std::int64_t first, std::int64_t last) const
{
    const std::size_t begin = begin_[static_cast<std::size_t>(first - first_step_)], end = begin_[static_cast<std::size_t>(last - first_step_)];
    return std::span(spikes_).subspan(begin, end - begin);
}

}   // namespace bss
