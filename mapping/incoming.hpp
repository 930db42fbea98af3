/// What target chips ask of the nets: the synapses of a network seen chip by chip, and how many a net has to serve there.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "nets.hpp"
#include "routing.hpp"

namespace bss {

/// Half-rows are handed out by key: an input side and an MSB of the address (rules D6, D8); every STP type has eight keys of its own (rule D7).
inline constexpr int keys_per_stp = 8;
constexpr int key_of(int stp, SynapticInput side, int msb) { return keys_per_stp * stp + 4 * static_cast<int>(side) + msb; }

/// A neuron as one of the targets on its chip.
struct TargetNeuron {
    std::uint32_t population = 0, neuron = 0;
    NeuronSite site;
};

/// All synapses of a network by target chip. Holds references to its arguments. Building it costs O(neurons + synapses).
class IncomingSynapses {
public:
    IncomingSynapses(const Network& network, const Placement& placement, const Nets& nets);

    /// A chip with neurons that have incoming synapses.
    struct TargetChip {
        Chip chip;
        std::vector<TargetNeuron> neurons;          ///< ascending by (population, neuron)
    };
    const std::vector<TargetChip>& chips() const { return chips_; }     ///< ascending

    int keys() const { return keys_per_stp * stp_types_; }
    /// Key of a synapse of a projection whose source has that address.
    int key(std::uint32_t projection, L1Address address) const { return side_of_[projection] + address.driver_decoder(); }

    /// Entry of a source that serves a chip: of those on the chip's wafer for which `reached(net)` holds the nearest to the chip, the first of equals.
    template <class Reached>
    const Nets::Entry* entry_for(std::uint32_t population, std::uint32_t neuron, Chip target, Reached&& reached) const
    {
        const Nets::Entry* best = nullptr;
        int best_distance = 0;
        for (const Nets::Entry& entry : nets_.entries[population][neuron]) {
            const Chip from = nets_.nets[entry.net].chip;
            if (from.wafer != target.wafer || !reached(entry.net))
                continue;
            const int distance = std::abs(from.hicann.x() - target.hicann.x()) + std::abs(from.hicann.y() - target.hicann.y());
            if (!best || distance < best_distance) {
                best = &entry;
                best_distance = distance;
            }
        }
        return best;
    }

    /// Calls f(local neuron, projection, synapse, pre population, pre neuron) for every synapse of a target chip, in the order of neuron, projection, synapse.
    template <class F>
    void for_each(const TargetChip& target, F&& f) const
    {
        for (std::size_t local = 0; local < target.neurons.size(); ++local) {
            const std::uint32_t neuron = target.neurons[local].neuron;
            for (const std::uint32_t projection : into_[target.neurons[local].population]) {
                const Projection& p = network_.projections[projection];
                const auto& begin = begin_[projection];
                for (std::size_t k = begin[neuron]; k < begin[neuron + 1]; ++k)
                    f(local, projection, k, p.pre, p.pre_neuron[k]);
            }
        }
    }

private:
    const Network& network_;
    const Nets& nets_;
    std::vector<TargetChip> chips_;
    std::vector<std::vector<std::uint32_t>> into_;          ///< [population] projections that end there
    std::vector<std::vector<std::size_t>> begin_;           ///< [projection][post neuron] its first synapse
    std::vector<int> side_of_;                              ///< [projection] key of MSB 0
    int stp_types_ = 1;                                     ///< none is a type too
};

/// Synapses that one net has to serve on one chip.
struct PairDemand {
    std::uint32_t net = 0;
    Chip target;
    std::uint32_t synapses = 0;
};
/// All pairs of a net and a chip with synapses between them, ascending by (target, net).
std::vector<PairDemand> pair_demands(const IncomingSynapses& incoming, const Nets& nets);

/// The arrivals of one chip within Routes::arrivals.
class ArrivalsOfChip {
public:
    static constexpr std::uint32_t none = 0xffffffff;

    ArrivalsOfChip(const Routes& routes, Chip chip, std::size_t nets);
    std::size_t first() const { return first_; }
    std::uint32_t size() const { return size_; }
    /// Number of the arrival of a net, counted from first(); none if the net does not arrive.
    std::uint32_t of(std::uint32_t net) const { return by_net_[net]; }

private:
    std::size_t first_ = 0;
    std::uint32_t size_ = 0;
    std::vector<std::uint32_t> by_net_;
};

}   // namespace bss
