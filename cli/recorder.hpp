/// Gathers what an engine recorded, chunk by chunk, and turns it into files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include "cli/record_plan.hpp"
#include "cli/summary.hpp"

namespace bss {

/// Whose the spikes are that an engine tells by its own numbers.
class SpikeOwners
{
public:
    struct Id {
        std::uint32_t population = 0xffffffff, neuron = 0;
        bool known() const { return population != 0xffffffff; }
    };
    /// @param neurons  of the program: NeuronSpike::neuron counts these
    SpikeOwners(const Network& network, const Mapping& mapping, const std::vector<NeuronPlace>& neurons);
    const Id& of_neuron(std::uint32_t neuron) const { return of_neuron_[neuron]; }
    const Id& of_source(std::uint32_t source) const { return of_source_[source]; }

private:
    std::vector<Id> of_neuron_, of_source_;
};

class Recorder
{
public:
    /// @param neurons  of the program: NeuronSpike::neuron counts these
    Recorder(const Network& network, const Mapping& mapping, const RecordPlan& plan, const std::vector<NeuronPlace>& neurons);

    /// Spikes at or after `end_ms`, the end of the whole run (biological), are left out. The end of a chunk must not be: rounding puts a source's
    /// spike now before it, now behind it.
    void add(const Recording& recording, double end_ms);

    /// Spikes of each population so far, fired and recorded.
    const std::vector<PopulationActivity>& activity() const { return activity_; }

    /// Writes spikes.h5 and <variable>.h5. The recorder is empty afterwards. @throws RunError
    void write(const std::filesystem::path& folder, double completed_ms);

private:
    const Network& network_;
    const Scale scale_;
    const RecordPlan& plan_;
    SpikeOwners owners_;
    std::vector<PopulationSpikes> spikes_;  ///< [population]
    std::vector<PopulationActivity> activity_;
    std::vector<std::vector<float>> samples_; ///< [trace] -> [sample][neuron]
};

}   // namespace bss
