/// How the conductances wanted on the rows of a quadrant become four gains, a divider for each row, and 4-bit codes (hardware.md §3.3-3.5).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "wafer/technology.hpp"

namespace bss
{

/// Conductances (S) wanted on one row, gathered into a few bins: enough to judge a gain by.
struct RowDemand {
    struct Bin {
        double siemens; ///< mean of its synapses, divided by the row's factor
        double count;
    };
    std::vector<Bin> bins; ///< ascending; empty: the row is not used
    double largest = 0;
};
/// @param wanted  siemens, NaN where the row has no synapse;  row_factor: what the calibration expects the row to make of them
RowDemand demand_of(std::span<const float> wanted, double row_factor);

/// Gain of a row: V_gmax of the quadrant's block and divider.
struct RowGain {
    std::uint8_t select = 0;
    std::uint8_t divider = 22; ///< 2..30
};

struct QuadrantGains {
    std::array<double, 4> v_gmax_dac;
    std::vector<RowGain> rows; ///< one a demand
};

inline constexpr int smallest_divider = 2, largest_divider = 30;

/// Chooses the gains of quadrants.
class GainChooser
{
public:
    explicit GainChooser(const Technology& technology);
    /// Sorts the rows by their largest conductance into up to four groups, sets V_gmax so that the lowest row of a group meets the largest divider that
    /// V_gmax allows, then gives each row the setting with the least squared error that cuts off no weight. Unused V_gmax keep `base_dac`.
    QuadrantGains choose(const std::vector<RowDemand>& rows, double base_dac) const;

private:
    static constexpr int table_size = 8192;
    std::array<double, 16> unit_; ///< siemens of the codes at gain 1: a V_gmax of one DAC, undivided
    double per_siemens_;
    std::vector<float> squared_; ///< distance to the nearest code at gain 1, squared, against siemens up to twice the last code's

    double squared_error(const RowDemand& row, double gain) const;
};

/// Conductances of the 16 codes, ascending, and the nearest code.
class Codes
{
public:
    Codes(const Technology& technology, double v_gmax_dac, int divider, double row_factor);
    double siemens(int code) const { return siemens_[code]; }
    int nearest(double siemens) const;
    /// Above the last code by more than half a step: not rounding, but cut off.
    bool clipped(double siemens) const { return siemens > siemens_[15] + 0.5 * (siemens_[15] - siemens_[14]); }

private:
    std::array<double, 16> siemens_;
};

} // namespace bss
