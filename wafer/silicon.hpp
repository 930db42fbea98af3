/// One manufactured wafer: what physical quantity each circuit makes of its bits and DACs, with mismatch drawn from the wafer id.
///
/// All quantities are SI hardware units (volts, amperes, siemens, farads, seconds of the circuit). docs/model.md has the equations.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "imperfections.hpp"
#include "technology.hpp"
#include "wafer_config.hpp"

namespace bss {

/// One denmem as it behaves: the parameters of hardware.md §7.1 for this circuit. A limit that is switched off is infinite.
struct DenmemCircuit {
    double capacitance_farad;
    double g_leak_siemens;
    double e_leak_volt;
    double leak_linear_volt;                        ///< V_sat: the leak acts as g_leak f(E - V), |f| <= V_sat (docs/model.md)
    std::array<double, 2> e_rev_volt;               ///< [SynapticInput]
    std::array<double, 2> tau_syn_s;
    std::array<double, 2> synaptic_limit_siemens;   ///< largest conductance of the input (docs/model.md)
    bool exponential;                               ///< false: the circuit is switched off
    double v_exp_volt, delta_t_volt;
    double v_threshold_volt;                        ///< spike detection; matters for the firing denmem
    double v_reset_volt;
    double tau_refrac_s;
    double a_siemens, tau_w_s, b_ampere;            ///< adaptation; a = b = 0: off
    double noise_volt_per_sqrt_s;                   ///< white noise current divided by the capacitance: dV = ... + this dW; 0 when switched off
    double stimulus_ampere_per_dac;                 ///< of the current stimulus, if enabled
};

/// Conductances of the 16 weights of a row, and whether each of its synapses follows them.
struct RowCircuit {
    std::array<double, 16> conductance_siemens;     ///< [weight], row variation included, synapse variation not
    double exact_factor;                            ///< row variation alone, for exact conductances
};

/// STP of one driver (hardware.md §3.6): factor 1 -+ lambda (I - n), I decays with tau_rec and rises by U (1 - I) an event.
struct StpCircuit {
    bool enabled = false;
    StpMode mode = StpMode::facilitation;
    double utilisation = 0, lambda = 0, offset = 0, tau_rec_s = 0;
};

/// What a driver makes of nominal short-term plasticity: factors, 1 by the technology's curves.
struct StpFactors {
    double utilisation = 1, tau_rec = 1, lambda = 1;
};

/// What a denmem's cells hold: DACs as written, error included. An empty current cell holds 0.
struct HeldCells {
    std::array<double, neuron_fg_count> neuron;     ///< [NeuronFg]
    double v_reset;                                 ///< of its shared block
};

/// A circuit that does not work, whatever it is told (docs/silicon.md).
struct Fault {
    enum class Kind : std::uint8_t { none, comparator, leak, synaptic_input, stuck_cell };
    Kind kind = Kind::none;
    SynapticInput input = SynapticInput::excitatory;    ///< synaptic_input: never conducts
    NeuronFg cell = NeuronFg::E_l;                      ///< stuck_cell: holds `dac` for ever
    double dac = 0;
};

struct ReadoutCircuit {
    double offset_volt;                             ///< of the denmem's output buffer
    double noise_volt;                              ///< standard deviation of a sample
};

class Silicon {
public:
    Silicon(Technology technology, Imperfections imperfections, std::uint64_t wafer_id);

    const Technology& technology() const { return technology_; }
    const Imperfections& imperfections() const { return imperfections_; }
    std::uint64_t wafer_id() const { return wafer_id_; }

    /// A denmem as configured and written in a trial: mismatch, and the write error of its cells where `rewrite` is on.
    /// @param trial  seed of the trial; a chip written again with the same seed is the same
    DenmemCircuit circuit(Hicann hicann, Denmem denmem, const HicannConfig& config, std::uint64_t trial) const;
    HeldCells written(Hicann hicann, Denmem denmem, const HicannConfig& config, std::uint64_t trial) const;
    /// A denmem whose cells hold something; of the configuration its switches, and what was asked of its exponential.
    DenmemCircuit circuit(Hicann hicann, Denmem denmem, const HicannConfig& config, const HeldCells& held) const;
    /// Standard deviation (DAC) of a cell written to `dac`. @param fine  the second, accurate pass follows the coarse one
    double write_sigma(double dac, bool current, bool fine = true) const;
    Fault fault(Hicann hicann, Denmem denmem) const;

    RowCircuit row(Hicann hicann, SynapseRow row, const HicannConfig& config, std::uint64_t trial) const;
    /// @param v_gmax_dac  what the row's V_gmax cell holds
    RowCircuit row_holding(Hicann hicann, SynapseRow row, const HicannConfig& config, double v_gmax_dac) const;
    /// Factor of one synapse on its row's conductance, mean 1, at least 0; 1 when weight_mismatch is off.
    double synapse_factor(Hicann hicann, SynapseRow row, Column column) const;
    /// The same for a whole row, at a tenth of the cost.
    void synapse_factors(Hicann hicann, SynapseRow row, std::span<float, Column::count> factors) const;
    StpCircuit stp(Hicann hicann, SynapseDriver driver, const HicannConfig& config, std::uint64_t trial) const;
    /// @param held  what a cell of the driver's block holds, DACs
    StpCircuit stp_holding(Hicann hicann, SynapseDriver driver, const HicannConfig& config, const std::function<double(SharedFg)>& held) const;
    ReadoutCircuit readout(Hicann hicann, Denmem denmem) const;

    /// True transfer of a neuron parameter's cell, write error apart. For tests and `calibration: oracle` only: no lab can see it.
    Transfer true_transfer(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode) const;
    Transfer true_v_reset(Hicann hicann, Denmem denmem) const;
    double true_row_factor(Hicann hicann, SynapseRow row) const;
    StpFactors true_stp(Hicann hicann, SynapseDriver driver) const;
    double true_convoff_knee_volt(Hicann hicann, Denmem denmem, SynapticInput input) const;
    /// What a synaptic input conducts for ever. @param v_convoff_dac, i_conv_dac  what the cells hold
    double true_input_leak_siemens(Hicann hicann, Denmem denmem, SynapticInput input, double v_convoff_dac, double i_conv_dac) const;

private:
    Technology technology_;
    Imperfections imperfections_;
    std::uint64_t wafer_id_;
};

}   // namespace bss
