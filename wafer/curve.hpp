/// Relations between a DAC and what a circuit makes of it, exact in both directions.
#pragma once

#include <vector>

namespace bss {

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
/// value(dac) = saturate(v), 1 / v = 1 / (curve(dac * dac_factor) * factor + offset) + rate; zero DAC means zero where `zero_is_off`.
struct Transfer {
    const Curve* curve = nullptr;
    double dac_factor = 1.0;                ///< current mirror of the gear
    double factor = 1.0, offset = 0.0;      ///< units of the quantity
    double rate = 0.0;                      ///< of a time constant: what discharges beside the cell's own current, 1/s
    double saturation = 0.0;                ///< upper end of a voltage, 0: none
    double saturation_width = 0.01;         ///< volts within which it sets in
    double dac_min = 0.0, dac_max = 1023.0; ///< usable DACs
    bool zero_is_off = false;               ///< DAC 0 <-> value 0 (a, b); an infinite DAC <-> value 0 for tau_refrac

    double value(double dac) const;
    /// Real-valued DAC for a value, not clipped, not rounded.
    double dac(double value) const;
};

}   // namespace bss
