/// A technology: the nominal curves and the magnitudes of every imperfection, read from configs/technology/<name>.yaml, each with its source or "assumed".
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "floating_gates.hpp"
#include "hicann_config.hpp"

namespace bss {

/// Capacitor and gear in which the transfer of I_gl holds (hardware.md §2.3); other parameters ignore it.
struct OperatingMode {
    bool big_capacitor = true;
    Gear leak = Gear::normal;
    bool operator==(const OperatingMode&) const = default;
};

/// A strictly monotone relation between a DAC and a quantity, exact in both directions: piecewise linear between knots in the
/// coordinates (DAC or ln DAC) and (value or ln value), extrapolated with the slope at the ends.
class Curve {
public:
    enum class Axis { linear, logarithmic };
    /// @param dac, value  knots, dac ascending, value strictly monotone. @throws InputError otherwise
    Curve(Axis dac_axis, Axis value_axis, std::vector<double> dac, std::vector<double> value);
    double value(double dac) const;
    double dac(double value) const;
    bool rising() const;

private:
    Axis dac_axis_, value_axis_;
    std::vector<double> dac_, value_;       ///< knots in the coordinates of the axes
};

/// One cell's relation DAC <-> physical quantity: a curve, seen through a mirror and shifted by mismatch.
/// value(dac) = saturate(curve(dac * dac_factor) * factor + offset); zero DAC means zero where `zero_is_off`.
struct Transfer {
    const Curve* curve = nullptr;
    double dac_factor = 1.0;                ///< current mirror of the gear
    double factor = 1.0, offset = 0.0;      ///< units of the quantity
    double saturation = 0.0;                ///< upper end of a voltage, 0: none
    double saturation_width = 0.01;         ///< volts within which it sets in
    double dac_min = 0.0, dac_max = 1023.0; ///< usable DACs
    bool zero_is_off = false;               ///< DAC 0 <-> value 0 (a, b); an infinite DAC <-> value 0 for tau_refrac

    double value(double dac) const;
    /// Real-valued DAC for a value, not clipped, not rounded.
    double dac(double value) const;
};

/// Time and loss on the way between chips and off the wafer (hardware.md §4.6, §5).
struct Timing {
    double route_base_s, route_per_hicann_s, route_jitter_s, route_minimum_s;   ///< delay law of wafer 30; no route is faster than the minimum
    int encoder_clocks, merger_clocks;      ///< PLL clocks an event occupies the priority encoder / a slow merger
    double fpga_spacing_s;                  ///< least distance of two played events of an FPGA
    double fpga_late_limit_s;               ///< an event later than this is dropped before the run
    double link_down_spacing_s, link_up_spacing_s;      ///< of one HICANN's link
    int link_down_buffer, link_up_buffer;   ///< events that may wait
    double release_grid_s;                  ///< 4 ns time stamps of recorded spikes; 0: none
};

struct Adc {
    double sample_rate_hz;
    int bits;
    double full_scale_volt;
};

/// Everything read from the file; magnitudes are standard deviations unless said otherwise.
class Technology {
public:
    /// @param name  a shipped technology's name, or a path. @throws InputError naming file, line, key
    static Technology load(const std::string& name);

    std::string name;
    std::string sha256;                     ///< of the file's text
    double nominal_speedup;                 ///< for which the chip's time constants are biological
    Timing timing;
    Adc adc;

    double capacitance_farad(bool big) const;
    /// Population mean of a parameter's transfer in a mode; `saturation` false: without the upper end of voltages.
    Transfer nominal(NeuronFg parameter, OperatingMode mode, bool saturation) const;
    Transfer nominal_v_reset(bool saturation) const;
    /// Conductance (S) of a synapse with weight code w at a row setting (hardware.md §3.5): V_gmax in DAC, sum of the two divider nibbles.
    double synapse_conductance(double weight, double v_gmax_dac, int gmax_div) const;
    double stimulus_full_scale_ampere() const;
    double stp_utilisation(int cap) const;                  ///< hardware.md §3.6
    double stp_tau_rec_s(double v_dtc_dac) const;
    double stp_v_dtc_dac(double tau_rec_s) const;

    struct Impl;                            ///< curves and magnitudes, for silicon.cpp
    const Impl& impl() const { return *impl_; }

private:
    std::shared_ptr<const Impl> impl_;
};

/// Quantity behind a neuron parameter: unit as users read it and scale to SI, for reports.
struct ParameterUnit {
    std::string_view unit;
    double si;
};
ParameterUnit unit_of(NeuronFg parameter);

}   // namespace bss
