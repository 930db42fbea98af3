/// What a session recorded since time zero, in biological units.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "cli/record_plan.hpp"
#include "cli/recorder.hpp"
#include "cli/summary.hpp"

namespace bss::python {

struct Spikes {
    std::vector<std::uint32_t> neurons;
    std::vector<double> times_ms;
};

/// Samples of some neurons: rows at first_step, first_step + interval, …
struct SampleBlock {
    std::vector<std::uint32_t> neurons;   ///< ascending
    std::int64_t first_step = 0, interval_steps = 1;
    std::vector<float> values;   ///< [sample][neuron]
    std::size_t samples() const { return neurons.empty() ? 0 : values.size() / neurons.size(); }
    std::int64_t next_step() const { return first_step + static_cast<std::int64_t>(samples()) * interval_steps; }
};

class Recorded {
public:
    using Key = std::pair<Variable, std::uint32_t>;   ///< and population

    explicit Recorded(const Network& network) : network_(network) {}

    /// Whose spikes are kept from now on; none: of nobody. @param neurons  nothing: all
    void keep_spikes(std::uint32_t population, std::optional<std::vector<std::uint32_t>> neurons);
    /// Adds what an engine recorded. @param present  what the traces would give at `now`, [trace][neuron]
    void add(const Recording& recording, const SpikeOwners& owners, const Scale& scale, const RecordPlan& plan);
    void set_present(const std::vector<std::vector<float>>& present, std::int64_t now, const RecordPlan& plan);

    /// Everything goes. @param population  only its own
    void clear();
    void clear(std::uint32_t population);
    void drop(Key key) { series_.erase(key); }

    const Spikes& spikes(std::uint32_t population) const;
    const std::vector<SampleBlock>& blocks(Key key) const;
    const std::vector<PopulationActivity>& activity() const { return activity_; }

private:
    struct Kept {
        bool all = false;
        std::vector<bool> neurons;
        bool has(std::uint32_t n) const { return all || (n < neurons.size() && neurons[n]); }
    };
    struct Series {
        std::vector<SampleBlock> blocks;
        bool has_present = false;   ///< the last sample of the last block is of the present: it is taken again
    };
    void append(const PlannedReport& plan, std::int64_t interval_steps, std::int64_t first_step, std::span<const float> samples);

    const Network& network_;
    std::map<std::uint32_t, Kept> kept_;
    std::map<std::uint32_t, Spikes> spikes_;
    std::map<Key, Series> series_;
    std::vector<PopulationActivity> activity_;
};

}   // namespace bss::python
