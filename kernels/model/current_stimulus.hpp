/// The waveform of a current stimulus (hardware.md §2.5), the same text on every backend.
#pragma once

#include "number.hpp"

namespace bss::model {

/// Number of the sample that holds in the middle of a step.
BSS_HD std::int64_t waveform_sample(std::int64_t step, double timestep_s, double sample_s)
{
    return static_cast<std::int64_t>((static_cast<double>(step) + 0.5) * timestep_s / sample_s);
}
BSS_HD bool waveform_changes(std::int64_t step, double timestep_s, double sample_s)
{
    return step == 0 || waveform_sample(step, timestep_s, sample_s) != waveform_sample(step - 1, timestep_s, sample_s);
}
/// @param continuous  starts anew after the last of `length` samples; otherwise 0 from then on
BSS_HD double waveform_dac(const double* dac, std::int64_t length, bool continuous, std::int64_t sample)
{
    return continuous || sample < length ? dac[sample % length] : 0.0;
}

}   // namespace bss::model
