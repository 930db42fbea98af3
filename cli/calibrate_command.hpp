/// The command bss-calibrate: calibrates the chips of a configuration, or sweeps one cell of some circuits (cli/calibrate_sweep.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "cli/run_command.hpp"

namespace bss {

int calibrate_command(int argc, const char* const* argv, std::string_view program);

/// Finds out before any work whether a file can be written. @throws InputError naming the option
void check_output(const std::string& option, const std::filesystem::path& file);

/// Does the work; an exception becomes one message and its exit code.
ExitCode run_guarded(std::string_view program, const std::function<ExitCode()>& work);

}   // namespace bss
