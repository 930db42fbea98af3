#include "curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "error.hpp"

namespace bss
{
namespace
{

double to_axis(Curve::Axis axis, double x) { return axis == Curve::Axis::logarithmic ? std::log(x) : x; }
double from_axis(Curve::Axis axis, double x) { return axis == Curve::Axis::logarithmic ? std::exp(x) : x; }

/// The line through knots k and k + 1, also beyond them. Infinite x gives infinite y: no slope is zero.
double interpolate(const std::vector<double>& xs, const std::vector<double>& ys, std::size_t k, double x)
{
    return ys[k] + (x - xs[k]) * ((ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]));
}

/// Softplus: w ln(1 + exp(x / w)), positive; x itself for large x. Written so that nothing overflows.
double soft_excess(double x, double w) { return std::max(x, 0.0) + w * std::log1p(std::exp(-std::abs(x) / w)); }
/// Its inverse, for y > 0.
double hard_excess(double y, double w) { return y + w * std::log(-std::expm1(-y / w)); }

} // namespace

Curve::Curve(Axis dac_axis, Axis value_axis, std::vector<double> dac, std::vector<double> value)
    : dac_axis_(dac_axis), value_axis_(value_axis), dac_(std::move(dac)), value_(std::move(value))
{
    if (dac_.size() != value_.size() || dac_.size() < 2)
        throw InputError(fmt::format("a curve: expected at least two knots and a value for each, found {} DACs and {} values", dac_.size(), value_.size()));
    for (double& x : dac_)
        x = to_axis(dac_axis_, x);
    for (double& y : value_)
        y = to_axis(value_axis_, y);
    const bool up = value_[1] > value_[0];
    for (std::size_t k = 0; k + 1 < dac_.size(); ++k)
        if (!(dac_[k + 1] > dac_[k]) || !(up ? value_[k + 1] > value_[k] : value_[k + 1] < value_[k]))
            throw InputError(fmt::format("a curve: expected ascending DACs and strictly monotone values, found otherwise at knot {}", k + 1));
}

bool Curve::rising() const { return value_.back() > value_.front(); }

double Curve::value(double dac) const
{
    const double x = to_axis(dac_axis_, dac);
    const auto above = std::upper_bound(dac_.begin() + 1, dac_.end() - 1, x);
    return from_axis(value_axis_, interpolate(dac_, value_, above - dac_.begin() - 1, x));
}

double Curve::dac(double value) const
{
    const double y = to_axis(value_axis_, value);
    const bool up = rising();
    const auto beyond = std::upper_bound(value_.begin() + 1, value_.end() - 1, y, [up](double a, double b) { return up ? a < b : a > b; });
    return from_axis(dac_axis_, interpolate(value_, dac_, beyond - value_.begin() - 1, y));
}

double Transfer::value(double dac) const
{
    if (zero_is_off && dac == 0.0)
        return 0.0;
    double linear = curve->value(dac * dac_factor) * factor + offset;
    if (rate != 0.0)
        linear = 1.0 / (1.0 / linear + rate);
    if (saturation == 0.0)
        return linear;
    return saturation - soft_excess(saturation - linear, saturation_width);
}

double Transfer::dac(double value) const
{
    if (zero_is_off && value == 0.0)
        return 0.0;
    double linear = value;
    if (saturation != 0.0) {
        if (value >= saturation)
            return std::numeric_limits<double>::infinity();
        linear = saturation - hard_excess(saturation - value, saturation_width);
    }
    if (rate != 0.0) // a time constant that the rate alone does not let be so long: no current at all
        linear = 1.0 / std::max(0.0, 1.0 / linear - rate);
    const double dac = curve->dac((linear - offset) / factor) / dac_factor;
    // Zero means off; a small value that happens to need DAC zero gets the nearest DAC that does not.
    return zero_is_off && dac == 0.0 ? std::numeric_limits<double>::min() : dac;
}

} // namespace bss
