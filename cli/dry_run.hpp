/// What a run would take, as far as it is known before mapping (`--dry-run`).
#pragma once

#include <string>

#include "cli/configuration.hpp"
#include "wafer/technology.hpp"

namespace bss {

/// A table of HICANNs, memory, time and rates onto the wafer; estimates are marked as such.
/// @param threads  that the run would use
std::string dry_run_table(const Configuration& configuration, const Technology& technology, int threads);

}   // namespace bss
