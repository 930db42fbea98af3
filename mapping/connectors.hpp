/// How populations are joined, as a user says it (PyNN's connectors), and its expansion to every single synapse.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "network.hpp"
#include "wafer/random.hpp"

namespace bss {

// ---- values: a number, a distribution, or one for each (PyNN's names and arguments) ---------------------------------

struct Uniform {
    double low = 0, high = 1;
};
struct Normal {
    double mu = 0, sigma = 1;
};
/// Drawn again until it lies in [low, high].
struct NormalClipped {
    double mu = 0, sigma = 1;
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
};
using ValueSpec = std::variant<double, Uniform, Normal, NormalClipped, std::vector<double>>;

/// Where a drawn value lives: numbers at different addresses are independent (wafer/random.hpp).
struct DrawAddress {
    std::uint64_t seed;
    Purpose purpose;
    std::uint32_t a, b, c;
    std::uint32_t first = 0, stride = 1;        ///< running numbers that redraws use: first, first + stride, …
};
/// The value at an address; a plain number is itself. Not for lists.
/// @throws InputError when a clipped normal almost never falls between its bounds
double draw(const ValueSpec& spec, const DrawAddress& address);

/// A parameter of every neuron of a population: one value where all are equal.
/// @param population, parameter  indices that address the randomness. @throws InputError for a list of another length than `size`
Values draw_parameter(const ValueSpec& spec, std::uint32_t size, std::uint64_t network_seed, std::uint32_t population, std::uint32_t parameter);

// ---- connectors: PyNN's arguments and defaults -----------------------------------------------------------------------

struct AllToAll {
    bool allow_self_connections = true;
};
/// Equal indices; what one population has more than the other stays unconnected.
struct OneToOne {};
struct FixedProbability {
    double p_connect = 0;
    bool allow_self_connections = true;
};
/// Every target neuron gets n sources.
struct FixedNumberPre {
    std::uint32_t n = 0;
    bool with_replacement = false, allow_self_connections = true;
};
/// Every source neuron gets n targets.
struct FixedNumberPost {
    std::uint32_t n = 0;
    bool with_replacement = false, allow_self_connections = true;
};
struct FixedTotalNumber {
    std::uint64_t n = 0;
    bool with_replacement = true, allow_self_connections = true;
};
/// FromList and FromFile: the synapses themselves, in any order. Empty weight or delay: the projection's.
struct ConnectionList {
    std::vector<std::uint32_t> pre, post;
    std::vector<double> weight, delay_ms;
};
using Connector = std::variant<AllToAll, OneToOne, FixedProbability, FixedNumberPre, FixedNumberPost, FixedTotalNumber, ConnectionList>;

// ---- networks, not yet expanded --------------------------------------------------------------------------------------

struct ProjectionSpec {
    std::string label;                          ///< "pre -> post"
    std::uint32_t pre = 0, post = 0;            ///< populations
    Receptor receptor = Receptor::excitatory;
    Connector connector;
    ValueSpec weight = 0.0;                     ///< µS; a list: one a synapse, in the order (post, pre)
    ValueSpec delay_ms = 0.0;
    bool delay_given = false;
    std::optional<ShortTermPlasticity> stp;
};

/// A network whose populations are complete and whose projections are still rules.
struct NetworkSpec {
    std::vector<Population> populations;
    std::vector<ProjectionSpec> projections;
    std::uint64_t seed = 42;
};

/// Synapses that a connector makes between populations of these sizes; for FixedProbability the expected number.
double expected_synapses(const Connector& connector, std::uint32_t pre_size, std::uint32_t post_size, bool same_population);
/// Most synapses that a network may have: beyond, no wafer comes near and no memory holds them.
inline constexpr double most_synapses = 2e9;

/// Every synapse of a projection, sorted by (post, pre); the same for a seed at any number of threads.
/// @param index  of the projection in its network; addresses its randomness
/// @throws InputError naming the projection: indices or numbers that do not exist, a weight or delay that is negative or not finite, more than most_synapses
Projection expand(const ProjectionSpec& spec, const std::vector<Population>& populations, std::uint64_t network_seed, std::uint32_t index);
Network expand(NetworkSpec spec);

/// Other weights or delays of a projection, as expand() would have drawn and checked them.
enum class SynapseColumn : std::uint8_t { weight, delay };
Values draw_synapses(const ValueSpec& spec, const Projection& projection, std::uint32_t post_size, std::uint64_t network_seed, std::uint32_t index, SynapseColumn column);

}   // namespace bss
