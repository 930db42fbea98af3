/// Which instruction set this process uses.
#pragma once

#include <string_view>

#include "membrane_block.hpp"
#include "readout_arguments.hpp"
#include "travel_arguments.hpp"

namespace bss {

struct Simd {
    std::string_view name;                  ///< "avx512", "avx2" or "baseline"
    StepFunction* step;
    TravelFunction* travel;
    ReadoutFunction* read_out;
};

/// The best that this machine can do, or what the environment variable BSS_SIMD names: all give the same bits.
/// @throws InputError where BSS_SIMD names something else or something that this machine lacks
Simd choose_simd();

}   // namespace bss
