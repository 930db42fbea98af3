#include "row_gains.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bss
{
namespace
{

constexpr int bin_count = 24;

/// Gain of 1: a V_gmax of one DAC, undivided.
std::array<double, 16> unit_conductances(const Technology& technology)
{
    std::array<double, 16> unit;
    for (int w = 0; w < 16; ++w)
        unit[w] = technology.synapse_conductance(w, 1.0, 1);
    return unit;
}

int nearest_code(const std::array<double, 16>& ascending, double x)
{
    int code = 0; // the number of midpoints below x
    for (int step = 8; step > 0; step /= 2)
        if (2.0 * x > ascending[code + step - 1] + ascending[code + step])
            code += step;
    return code;
}

/// Splits sorted values into at most four groups: Lloyd's algorithm on their logarithms, from evenly spaced centres.
/// @return first index of each group, and the number of values
std::vector<std::size_t> group(const std::vector<double>& ascending)
{
    constexpr int groups = 4;
    const std::size_t n = ascending.size();
    std::vector<double> logs(n);
    std::transform(ascending.begin(), ascending.end(), logs.begin(), [](double x) { return std::log(x); });
    std::array<double, groups> centre;
    for (int g = 0; g < groups; ++g)
        centre[g] = logs.front() + (logs.back() - logs.front()) * (g + 0.5) / groups;
    std::vector<std::size_t> first;
    for (int iteration = 0; iteration < 20; ++iteration) {
        std::vector<std::size_t> next{0};
        for (int g = 0; g + 1 < groups; ++g)
            next.push_back(std::upper_bound(logs.begin(), logs.end(), 0.5 * (centre[g] + centre[g + 1])) - logs.begin());
        next.push_back(n);
        if (next == first)
            break;
        first = next;
        for (int g = 0; g < groups; ++g)
            if (first[g + 1] > first[g]) {
                centre[g] = 0.0;
                for (std::size_t k = first[g]; k < first[g + 1]; ++k)
                    centre[g] += logs[k] / static_cast<double>(first[g + 1] - first[g]);
            }
        std::sort(centre.begin(), centre.end());
    }
    return first;
}

} // namespace

RowDemand demand_of(std::span<const float> wanted, double row_factor)
{
    double low = std::numeric_limits<double>::infinity(), high = 0.0;
    for (const float g : wanted)
        if (!std::isnan(g)) {
            low = std::min(low, static_cast<double>(g));
            high = std::max(high, static_cast<double>(g));
        }
    RowDemand demand;
    if (low > high)
        return demand;
    std::array<double, bin_count> sum{}, count{};
    const double per_siemens = high > low ? bin_count / (high - low) : 0.0;
    for (const float g : wanted)
        if (!std::isnan(g)) {
            const int bin = std::min(bin_count - 1, static_cast<int>((g - low) * per_siemens));
            sum[bin] += g;
            count[bin] += 1.0;
        }
    for (int bin = 0; bin < bin_count; ++bin)
        if (count[bin] > 0.0)
            demand.bins.push_back({sum[bin] / count[bin] / row_factor, count[bin]});
    demand.largest = high / row_factor;
    return demand;
}

GainChooser::GainChooser(const Technology& technology)
    : unit_(unit_conductances(technology)), per_siemens_((table_size - 1) / (2.0 * unit_[15])), squared_(table_size)
{
    for (int k = 0; k < table_size; ++k) {
        const double x = (k + 0.5) / per_siemens_;
        const double off = x - unit_[nearest_code(unit_, x)];
        squared_[k] = static_cast<float>(off * off);
    }
}

double GainChooser::squared_error(const RowDemand& row, double gain) const
{
    const double scale = per_siemens_ / gain;
    double sum = 0.0;
    for (const RowDemand::Bin& bin : row.bins)
        sum += bin.count * squared_[static_cast<int>(std::min(bin.siemens * scale, table_size - 1.0))];
    return sum * gain * gain;
}

QuadrantGains GainChooser::choose(const std::vector<RowDemand>& rows, double base_dac) const
{
    QuadrantGains result{{base_dac, base_dac, base_dac, base_dac}, std::vector<RowGain>(rows.size())};
    std::vector<double> gains; // wanted: the top code is the row's largest conductance
    for (const RowDemand& row : rows)
        if (row.largest > 0.0)
            gains.push_back(row.largest / unit_[15]);
    std::size_t used = 0; // V_gmax
    if (!gains.empty()) {
        std::sort(gains.begin(), gains.end());
        const auto first = group(gains);
        for (std::size_t g = 0; g + 1 < first.size(); ++g)
            if (first[g + 1] > first[g]) {
                const double lowest = gains[first[g]];
                const double divider = std::clamp(std::floor(dac_max / lowest), static_cast<double>(smallest_divider), static_cast<double>(largest_divider));
                result.v_gmax_dac[used++] = std::clamp(std::round(lowest * divider), 1.0, dac_max);
            }
    }

    struct Setting {
        double gain;
        RowGain row;
    };
    std::vector<Setting> settings;
    for (std::size_t s = 0; s < std::max<std::size_t>(used, 1); ++s)
        for (int divider = smallest_divider; divider <= largest_divider; ++divider)
            settings.push_back({result.v_gmax_dac[s] / divider, {static_cast<std::uint8_t>(s), static_cast<std::uint8_t>(divider)}});
    // Small gains first: of equal errors the one with the larger codes wins.
    std::stable_sort(settings.begin(), settings.end(), [](const Setting& a, const Setting& b) { return a.gain < b.gain; });

    const double reach = unit_[15] + 0.5 * (unit_[15] - unit_[14]); // largest conductance at gain 1 that is not cut off
    for (std::size_t k = 0; k < rows.size(); ++k) {
        if (rows[k].bins.empty())
            continue;
        auto setting = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.gain * reach >= rows[k].largest; });
        if (setting == settings.end())
            --setting;
        // Larger gains than three times the least use the lower codes only: coarser and coarser.
        const double coarsest = 3.0 * setting->gain;
        double least = std::numeric_limits<double>::infinity();
        for (; setting != settings.end() && setting->gain <= coarsest; ++setting)
            if (const double error = squared_error(rows[k], setting->gain); error < least) {
                least = error;
                result.rows[k] = setting->row;
            }
    }
    return result;
}

Codes::Codes(const Technology& technology, double v_gmax_dac, int divider, double row_factor)
{
    for (int w = 0; w < 16; ++w)
        siemens_[w] = row_factor * technology.synapse_conductance(w, v_gmax_dac, divider);
}

int Codes::nearest(double siemens) const { return nearest_code(siemens_, siemens); }

} // namespace bss
