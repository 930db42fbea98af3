/// A network that a program builds call by call: populations, and projections between any ends, kept as the mapping wants them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mapping/connectors.hpp"
#include "mapping/network.hpp"

namespace bss::python {

/// Neurons of one population, in an order of the user's.
struct Piece {
    std::uint32_t population = 0;
    std::vector<std::uint32_t> members;   ///< none: all
    std::uint32_t size = 0;
    std::uint32_t neuron(std::uint32_t k) const { return members.empty() ? k : members[k]; }
    bool operator==(const Piece&) const = default;
};

/// One end of a projection: its indices count through the pieces.
struct End {
    std::vector<Piece> pieces;
    std::uint32_t size() const;
    bool whole() const { return pieces.size() == 1 && pieces[0].members.empty(); }
    bool operator==(const End&) const = default;
};

/// Tsodyks-Markram parameters, one for all or one a synapse (PyNN: U; ms).
struct Plasticity {
    Values U, tau_rec_ms, tau_facil_ms;
    bool uniform() const { return U.uniform() && tau_rec_ms.uniform() && tau_facil_ms.uniform(); }
    ShortTermPlasticity of(std::size_t synapse) const { return {U[synapse], tau_rec_ms[synapse], tau_facil_ms[synapse]}; }
};

/// The probability of every pair, asked for by blocks of targets: (first, last) -> [target - first][source].
struct ByPair {
    std::function<std::vector<double>(std::uint32_t first, std::uint32_t last)> probability;
    bool allow_self_connections = true;
};
using NativeConnector = std::variant<Connector, ByPair>;

/// What a user says of a projection beside its synapses.
struct Joint {
    std::string label;
    End pre, post;
    Receptor receptor = Receptor::excitatory;
    std::optional<Plasticity> plasticity;
};

/// What changes, counted: who takes the network over compares.
struct Versions {
    std::uint64_t shape = 0;   ///< populations and projections
    std::uint64_t parameters = 0, weights = 0, delays = 0, trains = 0, initial = 0;
    bool operator==(const Versions&) const = default;
};

/// Every method that takes input checks it first. @throws InputError naming what is wrong; nothing is changed then
class NetworkBuilder {
public:
    explicit NetworkBuilder(std::uint64_t seed) { network_.seed = seed; }

    /// With the defaults of its cell.
    std::uint32_t add_population(Population population);
    /// One that was checked already.
    std::uint32_t adopt_population(Population population);
    const Population& population(std::uint32_t population) const;
    /// @param members  none: all. Values are one for all, or one a member.
    void set_parameters(std::uint32_t population, const std::map<std::string, Values>& parameters, const std::vector<std::uint32_t>& members);
    void set_initial_v(std::uint32_t population, const Values& initial_v, const std::vector<std::uint32_t>& members);
    /// @param trains  one for all, or one a member
    void set_spike_times(std::uint32_t population, const std::vector<std::vector<double>>& trains, const std::vector<std::uint32_t>& members);

    /// What flows into members beside their i_offset; nothing: no current.
    void set_current(std::uint32_t population, const std::optional<CurrentWaveform>& current, const std::vector<std::uint32_t>& members);

    /// Adds a projection that a connector makes. @param seed  instead of the network's
    std::uint32_t connect(Joint joint, const NativeConnector& connector, const ValueSpec& weight, const std::optional<ValueSpec>& delay_ms,
                          std::optional<std::uint64_t> seed);
    /// Adds a projection of given synapses in any order; lists belong to the synapses as they are given.
    std::uint32_t add_projection(Joint joint, std::vector<std::uint32_t> pre, std::vector<std::uint32_t> post, Values weight, std::optional<Values> delay_ms);

    std::size_t projections() const { return joined_.size(); }
    const Joint& joint(std::uint32_t projection) const;
    /// Its synapses with indices within the ends, ascending by (post, pre).
    const Projection& synapses(std::uint32_t projection) const;
    /// @param places  of the synapses that change; none: all, in order
    void set_weights(std::uint32_t projection, const ValueSpec& weight, const std::vector<std::uint64_t>& places);
    void set_delays(std::uint32_t projection, const ValueSpec& delay_ms, const std::vector<std::uint64_t>& places);
    void set_plasticity(std::uint32_t projection, Plasticity plasticity);
    std::optional<double> smallest_delay_ms() const;

    /// What the mapping sees: a projection for every pair of pieces and every plasticity.
    const Network& network() const { return network_; }
    /// Of those that a projection became, with the places of their synapses in it (none: all, in order).
    struct Part {
        std::uint32_t projection = 0;   ///< into network().projections
        std::vector<std::uint64_t> places;
    };
    const std::vector<Part>& parts(std::uint32_t projection) const;
    const Versions& versions() const { return versions_; }
    /// Delays that nobody set become this.
    void set_default_delay(double delay_ms);
    void set_seed(std::uint64_t seed) { network_.seed = seed; }

private:
    struct Joined {
        Joint joint;
        std::optional<Projection> local;   ///< with indices within the ends; nothing: the one part has them
        std::vector<Part> parts;
    };
    const Joined& at(std::uint32_t projection) const;
    Joined& at(std::uint32_t projection) { return const_cast<Joined&>(std::as_const(*this).at(projection)); }
    Population& population_at(std::uint32_t index) { return const_cast<Population&>(population(index)); }
    void check(const Joint& joint) const;
    std::uint32_t add(Joint joint, Projection local);
    void split(Joined& joined);
    void set_values(std::uint32_t projection, Values Projection::*values, const ValueSpec& spec, const std::vector<std::uint64_t>& places,
                    SynapseColumn column);

    Network network_;
    std::vector<Joined> joined_;
    Versions versions_;
};

}   // namespace bss::python
