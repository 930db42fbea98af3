/// `bss-run --selftest`: the engines of this machine against each other.
#pragma once

#include <string_view>

#include "cli/command_line.hpp"

namespace bss {

/// Runs small networks that between them use every part of the model in every way that there is here: each instruction set, several threads, the CUDA
/// device. All must give the same bits as one thread of the CPU does with its best instruction set. Prints a table of them.
/// @param backend  "auto": the device too, where there is one; "cpu"; "cuda": there has to be one
/// @return done, or failed where something differs. @throws InputError for cuda without a device
ExitCode selftest(std::string_view backend, int threads, bool quiet);

}   // namespace bss
