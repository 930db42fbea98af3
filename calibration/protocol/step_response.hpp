/// Responses of membranes to square steps of the current stimulus: half of its 129 samples on, half off, again and again (hardware.md §2.5).
#pragma once

#include "protocol.hpp"

namespace bss {

struct StepTiming {
    int pulse_length = 0;
    double on_s = 0, period_s = 0;                  ///< the current flows from 0 to on_s
    Acquisition acquisition;                        ///< one period, folded
};
/// @param half_s  least duration of each half. @param samples  least number in a period, about
StepTiming step_timing(const Lab& lab, double half_s, double samples = 400);
/// The stimulus into all denmems of the chip; nothing fires.
void step_stimulus(const Lab& lab, Setup& setup, double ampere, const StepTiming& timing);
/// The current that a setup's stimulus really has, whole DACs.
double step_ampere(const Lab& lab, double ampere);

/// Exponential approach to the upper level, and back.
struct StepResponse {
    double base = 0, swing = 0, tau = 0;
    double residual = 0;                            ///< rms
};
std::optional<StepResponse> fit_step(std::span<const float> trace, double sample_s, double on_s);

}   // namespace bss
