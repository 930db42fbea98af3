/// Tsodyks-Markram synapses on the drivers' short-term plasticity (hardware.md §3.6; the equivalence: docs/silicon.md).
#pragma once

#include <array>
#include <vector>

#include "mapping.hpp"

namespace bss
{

/// What the weight of a plastic synapse must be multiplied by so that the first event of a rested driver has PyNN's efficacy, weight x U.
/// Facilitating drivers act on a rested synapse with 1 - lambda N only.
class StpWeights
{
public:
    double factor(const ShortTermPlasticity& stp, Chip chip, SynapseDriver driver) const;

private:
    friend StpWeights write_stp(Mapping&, const Network&, const Machine&, const Imperfections&);
    std::vector<std::array<double, FgBlock::count>> rested_; ///< [384 wafer + hicann][block] 1 - lambda N of facilitating drivers
};

/// Sets the STP bits of every driver whose synapses are plastic and the STP voltages of its block; a block has one time constant and one facilitation
/// reference, a driver one utilisation: where synapses differ they get the mean. Counts what does not fit (warning `clipped_stp`).
StpWeights write_stp(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections);

} // namespace bss
