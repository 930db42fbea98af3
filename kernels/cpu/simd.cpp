#include "simd.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss {

Simd choose_simd()
{
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    const struct { Simd simd; bool here; } known[] = {{{"avx512", step_avx512, travel_avx512, read_out_avx512}, v4},
                                                             {{"avx2", step_avx2, travel_avx2, read_out_avx2}, v3},
                                                             {{"baseline", step_baseline, travel_baseline, read_out_baseline}, true}};
    const char* wish = std::getenv("BSS_SIMD");
    for (const auto& [simd, here] : known) {
        if (wish != nullptr && *wish != '\0' ? simd.name == wish : here) {
            if (!here) {
                throw InputError(fmt::format("BSS_SIMD: this machine has no {}", wish));
            }
            return simd;
        }
    }
    throw InputError(fmt::format("BSS_SIMD: expected avx512, avx2 or baseline, found '{}'", wish));
}

}   // namespace bss
