/// State of membranes in the middle of a run under other parameters (Engine::change): volts, siemens and amperes stay what they are, and where a unit stays,
/// every bit does. Host code.
#pragma once

#include <cmath>
#include <cstdint>

#include "observables.hpp"

namespace bss::model {

/// A potential, below other thresholds.
inline float potential_under(float v, double threshold_before_volt, double threshold_volt)
{
    return threshold_before_volt == threshold_volt ? v : static_cast<float>(threshold_before_volt + v - threshold_volt);
}

/// A conductance, in quanta of another size.
inline float quanta_of(float quanta, double before_siemens, double siemens) { return before_siemens == siemens ? quanta : static_cast<float>(quanta * (before_siemens / siemens)); }
inline std::int32_t quanta_of(std::int32_t quanta, double before_siemens, double siemens)
{
    return before_siemens == siemens ? quanta : static_cast<std::int32_t>(std::lround(quanta * (before_siemens / siemens)));
}

/// The adaptation of a denmem, and what makes numbers of amperes: w is open until the membrane's lift is added by the gain (neuron.hpp, adaptation()).
struct Adaptation {
    double scale = 1;                               ///< MembraneParameters::scale
    float gain = 0, w = 0, carry = 0;
};
/// The same current under another scale and gain.
inline Adaptation adaptation_under(const Adaptation& before, float lift, double scale, float gain)
{
    if (before.scale == scale && before.gain == gain)
        return before;
    const double ampere = adaptation_part(before.w, before.gain, lift, before.carry) / before.scale;
    return {scale, gain, static_cast<float>(ampere * scale - static_cast<double>(gain) * lift), 0};
}

}   // namespace bss::model
