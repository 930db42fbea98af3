/// The command bss-calibrate: calibrates the chips of a configuration, or sweeps one cell of some circuits (cli/calibrate_sweep.hpp).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bss {

int calibrate_command(int argc, const char* const* argv, std::string_view program);

/// Finds out before any work whether a file can be written. @throws InputError naming the option
void check_output(const std::string& option, const std::filesystem::path& file);

}   // namespace bss
