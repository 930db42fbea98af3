/// Tsodyks-Markram synapses on the drivers' short-term plasticity (hardware.md §3.6; the equivalence: docs/silicon.md).
#pragma once

#include <map>

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
    std::map<std::pair<Chip, SynapseDriver>, double> rested_; ///< 1 - lambda N of facilitating drivers, 1 of others
};

/// Sets the STP bits of every driver whose synapses are plastic and the STP voltages of its block, by the calibration; a block has one time constant, lambda
/// and facilitation reference, a driver one utilisation: where synapses differ they get the mean. Accounts for what became of them (`plasticity` of the
/// account; warnings `clipped_stp` and `nominal_stp`).
StpWeights write_stp(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections);

} // namespace bss
