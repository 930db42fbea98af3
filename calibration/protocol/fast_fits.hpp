/// Fits of the fast mode: every circuit with its population (calibration.md §5.4a-b).
#pragma once

#include "calibration/estimators.hpp"
#include "protocol.hpp"

namespace bss {

/// A measured point of one circuit: DAC, value (SI), and the standard error of the measurement, write error apart: of the value, or relative. Of factors
/// only how circuits compare counts: how large errors are at a DAC is what all circuits scatter there.
struct Measured {
    double dac = 0, value = 0, sigma = 0;
};
using Sweeps = std::array<std::vector<Measured>, Denmem::count>;

/// Logarithmic slope of a transfer, a DAC.
double log_slope(const Transfer& transfer, double dac);

/// Good estimates of a sweep, with the readout's offset taken out where they are voltages.
/// @param sigma  standard error where the estimate states none
Sweeps sweeps_of(const Lab& lab, const Observations& seen, bool voltage, double sigma);

/// Potentials: value = offset + slope nominal(DAC), offsets and slopes normally distributed over the chip.
/// @param reasons  of circuits without enough points
void fit_potentials(Lab& lab, Quantity quantity, const Sweeps& sweeps, const std::array<Reason, Denmem::count>& reasons);

/// Everything else: value = factor x the population's curve, factors lognormally distributed; the curve is the nominal one, corrected where all circuits
/// agree that it is off. All circuits share their DACs.
void fit_factors(Lab& lab, Quantity quantity, const Sweeps& sweeps, const std::array<Reason, Denmem::count>& reasons);

/// The same for a time constant beside whose current something else discharges: 1 / value = 1 / (factor x curve) + rate.
void fit_factors_and_rates(Lab& lab, Quantity quantity, Sweeps sweeps, std::array<Reason, Denmem::count> reasons);

/// A circuit that lacks a transform which the protocol relied on has none of this quantity either, for the same reason.
void inherit_failures(Lab& lab, Quantity quantity, std::initializer_list<Quantity> needed);

/// Reason of the first step that failed, a circuit.
std::array<Reason, Denmem::count> reasons_of(const Observations& seen);

}   // namespace bss
