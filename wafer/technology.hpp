/// A technology: the nominal curves and the magnitudes of every imperfection, read from configs/technology/<name>.yaml, each with its source or "assumed".
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "curve.hpp"
#include "floating_gates.hpp"
#include "hicann_config.hpp"

namespace bss {

/// Time and loss on the way between chips and off the wafer (hardware.md §4.6, §5).
struct Timing {
    double route_base_s, route_per_hicann_s, route_jitter_s, route_minimum_s;   ///< delay law of wafer 30; no route is faster than the minimum
    int encoder_clocks, merger_clocks;      ///< PLL clocks an event occupies the priority encoder / a slow merger
    double fpga_spacing_s;                  ///< least distance of two played events of an FPGA
    double fpga_late_limit_s;               ///< an event later than this is dropped before the run
    double link_down_spacing_s, link_up_spacing_s;      ///< of one HICANN's link
    int link_down_buffer, link_up_buffer;   ///< events that may wait
    double relay_delay_s;                   ///< from the link off one wafer to the FPGA that plays the spike into another one
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
    double write_sigma(double dac, bool current) const;     ///< standard deviation (DAC) of a cell that is written again, in two passes (hardware.md §6.5)
    double stp_utilisation(int cap) const;                  ///< hardware.md §3.6
    double stp_cap(double utilisation) const;               ///< real-valued, not clipped
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
