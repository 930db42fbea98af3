/// What all our commands do alike: reading a command line, and turning what goes wrong into one message and an exit code.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace CLI {
class App;
}

namespace bss {

/// Exit codes of all our commands.
enum class ExitCode : int {
    done = 0,
    failed = 1,         ///< the run failed: out of memory, disk full
    wrong_input = 2,    ///< also an output that cannot be written, a backend without its device
    limit_exceeded = 3, ///< max_synapse_loss, strict
    interrupted = 130   ///< Ctrl-C; what was recorded so far is on disk
};

/// Reads the arguments. @return an exit code where the command ends here: after --help, or with a message about a mistake
std::optional<ExitCode> parse_arguments(CLI::App& app, int argc, const char* const* argv, std::string_view program);

/// Tells which option is missing. @param given  name of the option, whether it was given. @return nothing where all were
std::optional<ExitCode> require_options(std::string_view program, std::initializer_list<std::pair<std::string_view, bool>> given);

/// Does the work; what it throws, or a standard output that cannot be written, becomes one message and its exit code.
/// @param memory_hint  follows "out of memory"
ExitCode run_guarded(std::string_view program, const std::function<ExitCode()>& work, std::string_view memory_hint = "");

}   // namespace bss
