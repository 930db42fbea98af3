/// A fuzz target: something of ours that reads files. libFuzzer drives it (make fuzz), or where there is no clang the small mutator of driver.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace bss::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Inputs to start from.
std::vector<std::string> seeds();

/// Makes a file of an input and lets ours read it. The only exception that may come out is an InputError.
/// @param folder  for the files; empty at the first call, and nobody else's
void read(Bytes input, const std::filesystem::path& folder);

/// Runs one input; ends the program where something else happens than a result or one clear error.
void run(Bytes input);

}   // namespace bss::fuzz
