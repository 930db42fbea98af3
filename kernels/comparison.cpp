#include "comparison.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

namespace bss {

namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& part)
{
    to.insert(to.end(), part.begin(), part.end());
}

bool same(std::int64_t a, std::int64_t b) { return a == b; }
bool same(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }
bool same(const NeuronSpike& a, const NeuronSpike& b) { return a.neuron == b.neuron && a.recorded == b.recorded && a.time_s == b.time_s; }
bool same(const SourceSpike& a, const SourceSpike& b) { return a.source == b.source && a.time_s == b.time_s; }

std::string text_of(std::int64_t count) { return fmt::format("{}", count); }
std::string text_of(float value) { return fmt::format("{}", value); }
std::string text_of(const NeuronSpike& s) { return fmt::format("{} at {} s{}", s.neuron, s.time_s, s.recorded ? "" : ", not recorded"); }
std::string text_of(const SourceSpike& s) { return fmt::format("{} at {} s", s.source, s.time_s); }

template <class T>
void compare(std::string& differences, const std::string& what, std::span<const T> found, std::span<const T> expected)
{
    const auto [a, b] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end(), [](const T& x, const T& y) { return same(x, y); });
    if (a == found.end() && b == expected.end())
        return;
    differences += fmt::format("{}{} {} of {}: {}, expected {}", differences.empty() ? "" : "; ", what, a - found.begin(), expected.size(),
                               a == found.end() ? "missing" : text_of(*a), b == expected.end() ? "none" : text_of(*b));
}

}   // namespace

RunOutput run_in_pieces(Engine& engine, std::span<const std::int64_t> pieces)
{
    RunOutput output;
    for (const std::int64_t steps : pieces) {
        engine.advance(steps);
        const Recording part = engine.take_recording();
        append(output.recording.spikes, part.spikes);
        append(output.recording.source_spikes, part.source_spikes);
        output.recording.traces.resize(part.traces.size());
        for (std::size_t t = 0; t < part.traces.size(); ++t)
            append(output.recording.traces[t].values, part.traces[t].values);
    }
    output.recording.last_step = engine.now();
    output.counters = engine.counters();
    return output;
}

std::string difference(const RunOutput& found, const RunOutput& expected)
{
    std::string differences;
    compare<NeuronSpike>(differences, "spike", found.recording.spikes, expected.recording.spikes);
    compare<SourceSpike>(differences, "source spike", found.recording.source_spikes, expected.recording.source_spikes);
    for (std::size_t t = 0; t < std::min(found.recording.traces.size(), expected.recording.traces.size()); ++t)
        compare<float>(differences, fmt::format("trace {} sample", t), found.recording.traces[t].values, expected.recording.traces[t].values);
    const auto counts = [](const RunOutput& output) {
        const Counters& c = output.counters;
        return std::array{c.membranes, c.denmem_steps, c.row_events, c.synaptic_events, c.l2_down_dropped_before_sim, c.l2_down_lost, c.l2_up_lost, c.l1_neuron_lost, c.relayed, c.delays_below_timestep};
    };
    compare<std::int64_t>(differences, "counter", counts(found), counts(expected));
    return differences;
}

}   // namespace bss
