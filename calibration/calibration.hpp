/// What a mapping knows about the silicon: for each circuit the transfer from a wanted quantity to a DAC.
#pragma once

#include <memory>
#include <string_view>

#include "wafer/silicon.hpp"

namespace bss {

/// Calibration of one wafer. `ideal` inverts the nominal curves, `oracle` this wafer's true ones; tables measured by a lab follow.
class Calibration {
public:
    virtual ~Calibration() = default;
    virtual std::string_view kind() const = 0;
    virtual Transfer neuron(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode) const = 0;
    virtual Transfer v_reset(Hicann hicann, Denmem denmem) const = 0;
    virtual double row_factor(Hicann hicann, SynapseRow row) const = 0;     ///< conductance of the row relative to Technology::synapse_conductance
};

std::unique_ptr<Calibration> ideal_calibration(const Silicon& silicon);
/// Reads the true mismatch, which no lab could: every report says so.
std::unique_ptr<Calibration> oracle_calibration(const Silicon& silicon);

}   // namespace bss
