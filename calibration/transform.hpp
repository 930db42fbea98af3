/// What calibration found out about one circuit: quantity <-> DAC, how well it is known, or why it is not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wafer/curve.hpp"
#include "wafer/floating_gates.hpp"

namespace bss {

/// Everything that is calibrated, in the lab's order, then what the lab never had.
enum class Quantity : std::uint8_t {
    readout_shift, V_reset, V_t, E_syni, E_synx, tau_ref, E_l, V_convoffx, V_convoffi, tau_m, tau_syn_E, tau_syn_I, V_exp, delta_T, a, tau_w, b, weight, stp_U, stp_tau_rec, stp_lambda
};
inline constexpr int quantity_count = 21;

struct QuantityInfo {
    std::string_view name;
    std::optional<NeuronFg> cell;                   ///< none: readout_shift, V_reset (a shared cell), weight, stp_*
    std::string_view unit;                          ///< of the report: mV, or % of the target
    bool relative;                                  ///< errors are relative to the value
};
const QuantityInfo& info(Quantity quantity);
std::optional<Quantity> quantity_of(NeuronFg cell);

/// Why a circuit has no transform. Written to files by number: only append.
enum class Reason : std::uint8_t {
    none, not_calibrated, no_signal, low_snr, too_few_points, non_monotonic, knee_out_of_range, bad_residual, outlier_population, unreachable, stuck_dac
};
std::string_view name_of(Reason reason);

/// A relation DAC -> value in SI units, and the uncertainty of what it predicts.
struct Transform {
    enum class Form : std::uint8_t {
        none,           ///< failed: see reason
        constant,       ///< one number: c0 (readout_shift: volts; V_convoff: a DAC, and c1 what is left of the pull, volts; weight, stp_*: factor on the nominal value)
        line,           ///< value = c0 + c1 DAC
        inverse,        ///< value = (1 / DAC - c1) / c0
        softplus,       ///< ln value = c0 + c1 ln(1 + exp(c2 (c3 - DAC))) / c2
        scaled          ///< value = end(c0 curve(DAC) + c1): the population's curve, with the upper end of the nominal one; of a time constant 1 / value = 1 / (c0 curve(DAC)) + c2,
                        ///< c3: standard error of c2
    };
    Form form = Form::none;
    Reason reason = Reason::not_calibrated;
    std::array<double, 4> c{};
    /// Variance of the prediction, write error apart, of the value or, where errors are relative, of its logarithm: v0 + v1 x + v2 x², x = DAC / 512 - 1.
    std::array<double, 3> variance{};
    double dac_low = 0, dac_high = 0;               ///< measured range
    double residual = 0;                            ///< rms of the fit, in the unit of the variance's root
    std::uint16_t points = 0;

    bool good() const { return form != Form::none; }
};
inline Transform failed(Reason reason) { return {.reason = reason}; }

/// The transform as the mapping uses it. @param curve  softplus and scaled: the circuit's or population's curve; nominal gives the upper end and the range
Transfer transfer_of(const Transform& transform, const Transfer& nominal, const Curve* curve);
/// A softplus as a curve.
Curve softplus_curve(const Transform& transform);
/// Value predicted at a DAC.
double value_of(const Transform& transform, const Transfer& nominal, const Curve* population, double dac);

/// Standard deviation of the prediction for a cell that is written anew to a DAC: of the value or, where errors are relative, of its logarithm.
/// @param write_dac  standard deviation of the written DAC
double sigma_of(const Transform& transform, bool relative, const Transfer& transfer, double dac, double write_dac);

}   // namespace bss
