/// The door to a bench's output buffer and ADC (readout.hpp) in each instruction set. Plain data: every unit includes this.
#pragma once

#include <cstdint>

namespace bss {

/// A trace on its way through output buffer, noise and ADC.
struct ReadoutArguments {
    const float* volt;                      ///< of the membrane; this and `seen` stand on a cache line and have room up to a multiple of 128
    float* seen;
    std::int64_t samples;
    float offset;                           ///< of the buffer, V
    float noise;                            ///< full width of a uniform draw, V
    float bottom, top;                      ///< of the ADC's range, V; infinite: no ADC
    float step;                             ///< of the ADC, V; 0: not rounded
    std::uint32_t key[2], place, record;    ///< address the noise
};

using ReadoutFunction = void(const ReadoutArguments&);
ReadoutFunction read_out_avx512, read_out_avx2, read_out_baseline;

}   // namespace bss
