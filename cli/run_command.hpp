/// The commands bss-run and bss-map: from a command line to a result folder and an exit code.
#pragma once

#include <string_view>

namespace bss {

/// @param program  its name in messages. @param map_only  bss-map: stops after the mapping
int run_command(int argc, const char* const* argv, std::string_view program, bool map_only);

}   // namespace bss
