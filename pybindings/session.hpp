/// A network on a wafer, or without one, in time: mapped when it first must, run piece by piece, changed between the pieces.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/stages.hpp"
#include "kernels/backend.hpp"
#include "mapping/rewrite.hpp"
#include "pybindings/network.hpp"
#include "pybindings/recorded.hpp"

namespace bss::python {

/// The mapping lost more synapses than the user allows, or `strict` objects; what() has a line for each reason.
class LimitError : public std::runtime_error {
public:
    LimitError(const std::string& what, bool by_loss) : std::runtime_error(what), synapse_loss(by_loss) {}
    bool synapse_loss;   ///< otherwise strict
};

/// Samples of some neurons, without gaps.
struct SampleTable {
    std::vector<double> values;   ///< [sample][neuron]; NaN where one was not sampled
    std::size_t samples = 0;
    std::int64_t first_step = 0, interval_steps = 1;
};

class Session {
public:
    /// @param name  of the call that gives the settings, for messages. @throws InputError
    Session(NetworkBuilder& network, std::string settings, std::string name, const std::string& backend);

    /// Maps if the network has to be mapped. @throws InputError, LimitError
    void map();
    /// Goes on to a time; maps if needed and takes over what changed. @param after_chunk  false stops
    void run(double until_ms, const std::function<bool()>& after_chunk);
    /// Back to time zero; drops what was recorded.
    void reset();

    double now_ms() const { return reached_ms_; }
    double timestep_ms() const { return configuration_.run.timestep_ms; }
    /// Biological duration of a sample of a chip's current stimulus at its shortest: 4 PLL clocks (hardware.md §2.5).
    double stimulus_sample_ms() const { return 4e3 / HicannConfig{}.pll_hz * configuration_.run.speedup; }
    bool ideal() const { return configuration_.run.mode == RunMode::ideal; }
    bool mapped() const { return mapping_ && mapped_.shape == network_.versions().shape; }
    const std::string& mapping_id() const { return mapping_id_; }

    /// @param neurons  nothing: all
    void record_spikes(std::uint32_t population, std::optional<std::vector<std::uint32_t>> neurons);
    void record(Variable variable, std::uint32_t population, std::optional<std::vector<std::uint32_t>> neurons, std::optional<double> interval_ms,
                Through through);
    const Recorded& recorded() const { return recorded_; }
    void clear(std::uint32_t population) { recorded_.clear(population); }
    /// @param neurons  nothing: those that are sampled now
    SampleTable samples(Variable variable, std::uint32_t population, const std::optional<std::vector<std::uint32_t>>& neurons) const;

    const NetworkBuilder& network() const { return network_; }
    /// @throws InputError before map()
    const Mapping& mapping() const;
    /// The configured chips, to be edited: the next run takes it over. @throws InputError before map(), or without a wafer
    WaferConfig& edit(std::size_t wafer);
    const WaferConfig& wafer(std::size_t wafer) const;

    Json summary() const;
    /// A result folder like that of bss-run. @throws RunError
    void write(const std::string& folder) const;
    void save_mapping(const std::string& path, bool list_synapses) const;

    struct Seconds {
        double map = 0, prepare = 0, run = 0;
    };
    const Seconds& seconds() const { return seconds_; }
    const Engine* engine() const { return engine_.get(); }

private:
    void take_over();
    Changed changes() const;
    std::int64_t now() const { return engine_ && !restart_ ? engine_->now() : 0; }
    Json summary(const std::string& mapping_sha256) const;

    NetworkBuilder& network_;
    std::string settings_, name_;
    BackendChoice backend_;
    Configuration configuration_;
    std::map<Recorded::Key, RecordRequest> requests_;

    std::unique_ptr<Hardware> hardware_;
    std::optional<Mapping> mapping_;
    std::string mapping_id_;
    Exceeded exceeded_;
    Versions mapped_;                          ///< of the network that the mapping is for
    bool edited_ = false, requested_ = true;   ///< the engine does not know yet: bits, recorded set

    RecordPlan plan_;
    std::unique_ptr<SpikeOwners> owners_;
    std::unique_ptr<Engine> engine_;
    int window_steps_ = 1;
    bool restart_ = true;   ///< the engine goes back to time zero before it runs
    double reached_ms_ = 0;
    Recorded recorded_;
    Seconds seconds_;
};

}   // namespace bss::python
