/// Stage 3: which of the 59 usable addresses each source of a net gets (mapping.md §2.4, §4.4 B).
#pragma once

#include <vector>

#include "nets.hpp"

namespace bss {

/// Gives addresses with the connectivity in view. The upper two bits of an address decide which half-rows a synapse may use, and each of these groups
/// costs what its busiest target neuron needs; so sources that meet at the same neurons are spread over the groups of their net.
class AddressBook {
public:
    /// O(synapses).
    /// @param by_targets  false: sources take the groups in their order, whatever their targets, as the published mapper did (mapping.md §1.4)
    AddressBook(const Network& network, bool by_targets);

    /// Addresses the sources of a net: as few groups as hold them, equally full, highest addresses first (rules A1-A3).
    void assign(SourceNet& net, const std::vector<SourceId>& sources);

private:
    bool by_targets_;
    std::vector<std::vector<std::size_t>> begin_;           ///< [population][neuron] its first target in targets_; one more at the end
    std::vector<std::vector<std::uint32_t>> targets_;       ///< [population] targets of its neurons, numbered through the network
    std::vector<std::array<std::uint8_t, 4>> met_;          ///< [target] synapses in each group of the net at hand
};

}   // namespace bss
