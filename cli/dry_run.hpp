/// What a run would take, as far as it is known before mapping (`--dry-run`).
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "cli/configuration.hpp"
#include "wafer/technology.hpp"

namespace bss {

struct Estimate {
    std::string table; ///< HICANNs, memory, time and rates onto the wafer; what is estimated is marked as such
    nlohmann::ordered_json json; ///< the same
    double map_s = 0, run_s = 0, memory_bytes = 0;
};

/// @param threads  that the run would use
Estimate estimate_of(const Configuration& configuration, const Technology& technology, int threads);

}   // namespace bss
