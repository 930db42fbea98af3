#include "step_response.hpp"

#include <algorithm>
#include <cmath>

#include "calibration/estimators.hpp"

namespace bss {
namespace {

constexpr int ring = 129, on = 65;                  // samples of the stimulus
constexpr int repeats = 400;
}   // namespace

StepTiming step_timing(const Lab& lab, double half_s, double samples)
{
    const double clock_s = 1 / lab.datasheet.pll_hz;
    StepTiming timing;
    timing.pulse_length = std::clamp(static_cast<int>(std::ceil(half_s / (ring - on) / (4 * clock_s))) - 1, 0, 255);
    const double sample_s = (timing.pulse_length + 1) * 4 * clock_s;
    timing.on_s = on * sample_s;
    timing.period_s = ring * sample_s;
    timing.acquisition = {.settle_s = timing.period_s, .duration_s = timing.period_s, .every = std::max(1, static_cast<int>(timing.period_s * lab.datasheet.adc_rate_hz / samples)),
                          .averages = repeats};
    return timing;
}

double step_ampere(const Lab& lab, double ampere)
{
    const double dac = lab.datasheet.stimulus_ampere_per_dac;
    return std::clamp(std::round(ampere / dac), 1.0, dac_max) * dac;
}

void step_stimulus(const Lab& lab, Setup& setup, double ampere, const StepTiming& timing)
{
    setup.acquisition = timing.acquisition;
    for (CurrentStimulus& stimulus : setup.config.stimulus) {
        stimulus = {.enable = true, .continuous = true, .pulse_length = static_cast<std::uint8_t>(timing.pulse_length)};
        std::fill_n(stimulus.dac.begin(), on, step_ampere(lab, ampere) / lab.datasheet.stimulus_ampere_per_dac);
    }
    for (DenmemConfig& denmem : setup.config.denmems) {
        denmem.activate_firing = false;
        denmem.enable_current_input = true;
    }
}

std::optional<StepResponse> fit_step(std::span<const float> trace, double sample_s, double on_s)
{
    const std::size_t n = trace.size();
    const auto turn = static_cast<std::size_t>(on_s / sample_s);
    if (n < 32 || turn + 8 >= n)
        return std::nullopt;
    const double base = mean_of(trace.subspan(n - n / 8)).mean, top = mean_of(trace.subspan(turn - n / 8, n / 8)).mean;
    std::size_t k = 0;
    while (k < turn && std::abs(trace[k] - base) < 0.632 * std::abs(top - base))
        ++k;
    std::array<double, 3> p{base, top - base, std::log(std::max(0.5, static_cast<double>(k)) * sample_s)};
    const double squares = fit_curve<3>(p, [&](const std::array<double, 3>& q, auto&& point) {
        const double tau = std::exp(q[2]), decay = std::exp(-sample_s / tau);
        const auto half = [&](std::size_t begin, std::size_t end, double since_s, bool rising) {
            double u = (static_cast<double>(begin) * sample_s - since_s) / tau, e = std::exp(-u);
            for (std::size_t i = begin; i < end; ++i, u += sample_s / tau, e *= decay) {
                const double shape = rising ? 1 - e : e, slope = (rising ? -e : e) * u;
                point(q[0] + q[1] * shape - trace[i], {1, shape, q[1] * slope});
            }
        };
        const std::size_t falling = turn + (static_cast<double>(turn) * sample_s < on_s);
        half(0, falling, 0, true);
        half(falling, n, on_s, false);
    });
    if (!std::isfinite(squares) || !std::isfinite(p[2]))
        return std::nullopt;
    return StepResponse{p[0], p[1], std::exp(p[2]), std::sqrt(squares / static_cast<double>(n))};
}

}   // namespace bss
