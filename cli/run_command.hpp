/// The commands bss-run and bss-map: from a command line to a result folder and an exit code.
#pragma once

#include <string_view>

namespace bss {

/// Exit codes of all our commands.
enum class ExitCode : int {
    done = 0,
    failed = 1,         ///< the run failed: out of memory, disk full
    wrong_input = 2,    ///< also an output that cannot be written, a backend without its device
    limit_exceeded = 3, ///< max_synapse_loss, strict
    interrupted = 130   ///< Ctrl-C; what was recorded so far is on disk
};

/// @param program  its name in messages. @param map_only  bss-map: stops after the mapping
int run_command(int argc, const char* const* argv, std::string_view program, bool map_only);

}   // namespace bss
