/// Everything that comes out of a run, to be compared with ==.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "kernels/engine.hpp"

namespace bss::test {

struct Outcome {
    std::vector<std::uint32_t> neurons, sources;
    std::vector<double> times, source_times;
    std::vector<bool> recorded;
    std::vector<std::vector<float>> values;         ///< [trace]
    std::vector<std::int64_t> counts;               ///< Counters
};

/// @param pieces  steps at a time, each with a recording of its own
inline Outcome outcome(Engine& engine, const std::vector<std::int64_t>& pieces)
{
    Outcome o;
    for (const std::int64_t steps : pieces) {
        engine.advance(steps);
        const Recording r = engine.take_recording();
        for (const NeuronSpike& s : r.spikes) {
            o.neurons.push_back(s.neuron);
            o.times.push_back(s.time_s);
            o.recorded.push_back(s.recorded);
        }
        for (const SourceSpike& s : r.source_spikes) {
            o.sources.push_back(s.source);
            o.source_times.push_back(s.time_s);
        }
        o.values.resize(r.traces.size());
        for (std::size_t t = 0; t < r.traces.size(); ++t)
            o.values[t].insert(o.values[t].end(), r.traces[t].values.begin(), r.traces[t].values.end());
    }
    const Counters c = engine.counters();
    o.counts = {c.membranes, c.denmem_steps, c.row_events, c.synaptic_events, c.l2_down_dropped_before_sim, c.l2_down_lost, c.l2_up_lost, c.l1_neuron_lost, c.delays_below_timestep};
    return o;
}
/// Where two outcomes differ first, for messages; empty where they are equal.
inline std::string difference(const Outcome& found, const Outcome& expected)
{
    std::string text;
    const auto compare = [&](const std::string& what, const auto& a, const auto& b) {
        const auto [at, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
        if (at == a.end() && other == b.end())
            return;
        text += fmt::format("{}: {} and {}, the first to differ is {}", what, a.size(), b.size(), at - a.begin());
        if (at != a.end() && other != b.end())
            text += fmt::format(": {} and {}", +*at, +*other);
        text += "; ";
    };
    compare("spiking neurons", found.neurons, expected.neurons);
    compare("spike times", found.times, expected.times);
    compare("recorded", found.recorded, expected.recorded);
    compare("spiking sources", found.sources, expected.sources);
    compare("source times", found.source_times, expected.source_times);
    for (std::size_t t = 0; t < std::min(found.values.size(), expected.values.size()); ++t)
        compare(fmt::format("trace {}", t), found.values[t], expected.values[t]);
    compare("counters", found.counts, expected.counts);
    return text;
}
inline Outcome outcome(Program program, Stimulus stimulus, const EngineOptions& options, const std::vector<std::int64_t>& pieces)
{
    return outcome(*make_engine(std::move(program), std::move(stimulus), options), pieces);
}

}   // namespace bss::test
