/// Inside of a Technology, for silicon.cpp and the reader of the files alone.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "technology.hpp"

namespace bss
{

struct Technology::Impl {
    /// What the file says of one neuron parameter: nominal curve, usable values, mismatch.
    struct Parameter {
        Curve curve;
        double scale = 1.0; ///< the technology's analog_scale in the power of the quantity
        double dac_min = 0.0, dac_max = 1023.0;
        bool zero_is_off = false;
        bool voltage_cell = false; ///< the quantity is the cell's own voltage, which ends at `saturation_volt`
        double sigma = 0.0;        ///< additive mismatch, unit of the quantity
        double spread = 0.0;       ///< standard deviation of a lognormal factor of mean 1
    };
    /// Mirror of I_gl in a mode (hardware.md §2.3, §8).
    struct LeakMode {
        double mirror = 1.0; ///< DAC = mirror * nominal DAC
        double tau_min_s = 0.0, tau_max_s = 0.0;
    };
    /// Standard deviation of a cell written again, against its DAC; straight between the points, constant beyond.
    struct WriteError {
        std::vector<double> dac, sigma;
        double at(double d) const;
    };

    std::array<std::optional<Parameter>, neuron_fg_count> neuron;
    std::optional<Parameter> v_reset; ///< always there once read
    double v_reset_block_sigma = 0.0; ///< mismatch common to a block, volts
    double saturation_volt = 0.0, saturation_width_volt = 0.0;

    double analog_scale = 1.0;
    std::array<double, 2> capacitance_farad{};           ///< [small, big]
    std::array<std::array<LeakMode, 3>, 2> leak_modes{}; ///< [small, big][Gear]
    double small_capacitor_factor = 1.0;                 ///< tau of the big capacitor / tau of the small one

    std::array<double, 3> weight_polynomial{}; ///< siemens, at the reference current and divider
    double weight_reference_ampere = 0.0, weight_reference_div = 0.0;
    double row_spread = 0.0, synapse_spread = 0.0;
    double synaptic_limit_siemens = 0.0; ///< at full I_conv
    double leak_linear_volt = 0.0;

    double stimulus_ampere = 0.0;
    double utilisation_min = 0.0, utilisation_max = 0.0;
    double v_dtc_offset = 0.0, v_dtc_slope = 0.0; ///< DAC = offset + slope / tau_rec
    /// Standard deviations of lognormal factors of mean 1: of a driver's own, and of one that a block's drivers share.
    struct DriverSpread {
        double own = 0.0, block = 0.0;
    } utilisation_spread, tau_rec_spread, lambda_spread;

    WriteError voltage_write, current_write;
    double coarse_voltage = 1.0, coarse_current = 1.0; ///< error of the coarse pass alone, in that of both passes
    double drift_seconds = 1.0;                        ///< time in which a cell drifts by what follows, DACs
    std::array<double, 2> drift_mean{}, drift_sigma{}; ///< [current]
    /// Leak of the synaptic inputs below a knee in V_convoff.
    struct Convoff {
        double knee_volt = 0.0, knee_sigma = 0.0, siemens_per_volt = 0.0, spread = 0.0, width_volt = 1.0;
        double cell_offset = 0.0, cell_slope = 1.0; ///< of the cell itself
    } convoff;
    /// Fractions of denmems with one of these faults.
    struct Faults {
        double comparator = 0.0, leak = 0.0, synaptic_input = 0.0, stuck_cell = 0.0;
        double silent_threshold_volt = 3.0; ///< what no membrane reaches
        double dead_leak_siemens = 1e-9;
    } faults;
    double empty_current = 0.0;    ///< rms of what a current cell holds that was told to be empty, DACs; of I_gl on the bench
    double adc_clock_spread = 0.0; ///< relative error of the ADC's clock
    double noise_volt = 0.0, noise_spread = 0.0; ///< of a free membrane; of that between denmems
    double buffer_offset_volt = 0.0, readout_noise_volt = 0.0;
};

} // namespace bss
