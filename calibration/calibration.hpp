/// What a mapping knows about the silicon: for each circuit the transfer from a wanted quantity to a DAC.
#pragma once

#include <bitset>
#include <memory>
#include <string_view>

#include "table.hpp"
#include "wafer/silicon.hpp"

namespace bss {

/// Calibration of one wafer. `ideal` inverts the nominal curves, `oracle` this wafer's true ones, `table` what a bench has measured.
class Calibration {
public:
    virtual ~Calibration() = default;
    virtual std::string_view kind() const = 0;
    virtual Transfer neuron(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode) const = 0;
    virtual Transfer v_reset(Hicann hicann, Denmem denmem) const = 0;
    virtual double row_factor(Hicann hicann, SynapseRow row) const = 0;     ///< conductance of the row relative to Technology::synapse_conductance
    /// Short-term plasticity of a driver relative to the technology's: utilisation, recovery, lambda.
    virtual StpFactors stp(Hicann hicann, SynapseDriver driver) const = 0;
    /// Standard deviations that are expected of their logarithms, write error apart; 0: unknown.
    virtual StpFactors stp_sigma(Hicann hicann, SynapseDriver driver) const;
    /// DAC of a technical cell, which no network asks for: the base value unless it was calibrated (V_convoff).
    virtual double technical(Hicann hicann, Denmem denmem, NeuronFg parameter) const;
    virtual bool knows(Hicann hicann) const;        ///< false: a table without that chip
    /// False: the lab never had it (exponential, adaptation), and the nominal curve stands in.
    virtual bool covers(NeuronFg parameter) const;
    virtual bool covers_stp(Hicann hicann, SynapseDriver driver) const;     ///< the same of a driver
    /// Denmems that are not to be used: no transform, or known to be broken.
    virtual std::bitset<Denmem::count> unusable(Hicann hicann) const;
    /// Standard deviation that is expected of a parameter's value at a DAC, write error included: of the value, or of its logarithm where it is not a
    /// voltage; 0: unknown.
    virtual double sigma(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode, double dac) const;
};

std::unique_ptr<Calibration> ideal_calibration(const Silicon& silicon);
/// Reads the true mismatch, which no lab could: every report says so.
std::unique_ptr<Calibration> oracle_calibration(const Silicon& silicon);

/// A table of this wafer in this operating mode. @throws InputError where the mapping asks for a chip, or a capacitor or gear, that it does not have
std::unique_ptr<Calibration> table_calibration(const Silicon& silicon, Table table);

}   // namespace bss
