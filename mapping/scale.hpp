/// How biological units become hardware units for a whole network: the potentials' scale and the chips' operating mode.
#pragma once

#include <vector>

#include "mapping.hpp"
#include "placement.hpp"

namespace bss
{

/// A numeric parameter of all neurons of a population, by PyNN's name; its default where the population has none.
Values values_of(const Population& population, std::string_view parameter);

/// Potentials of the network and where they lie on the chip: the option's, or the network's own extremes on 0.3 to 1.4 V (hardware.md §7.2).
/// The extremes are those of v_rest, v_reset, v_thresh, v_spike, e_rev_E, e_rev_I and of initial values that were given.
MappingOptions::Potentials fit_potentials(const Network& network, const std::optional<MappingOptions::Potentials>& asked);

Scale make_scale(double speedup, const MappingOptions::Potentials& potentials);

/// Siemens of hardware that stand for a synaptic weight of 1 µS, one number a neuron: hardware.md §3.5, with the neuron's own number of denmems.
std::vector<double> siemens_per_microsiemens(const Population& population, const std::vector<NeuronSite>& sites, const Scale& scale, double denmem_farad);

/// Capacitor and gear of I_gl for the whole network: of those that the options leave open, the pair that clips the fewest time constants and weights;
/// of equal ones the first of big before small, normal before slow before fast.
OperatingMode choose_mode(const Network& network, const Placement& placement, const Technology& technology, const Scale& scale, const MappingOptions& options,
                          const Imperfections& imperfections);

} // namespace bss
