/// The door to many events' ways (kernels/model/delay.hpp) in each instruction set. Plain data: every unit includes this.
#pragma once

#include <cstdint>

namespace bss {

/// One event to some places.
struct TravelArguments {
    static constexpr int most = 16;         ///< places; arrays hold as many, whatever the count

    int count;
    const float* delay;                     ///< of the routes, in steps
    const std::uint32_t* to;                ///< merger_address() there
    float fraction;                         ///< of a step after which it left
    float sigma, shortest;
    std::uint32_t key[2], from, number, kind;
    std::uint32_t* steps;                   ///< out: see model::Travel
    float* delays;                          ///< out
};

using TravelFunction = void(const TravelArguments&);
TravelFunction travel_avx512, travel_avx2, travel_baseline;

}   // namespace bss
