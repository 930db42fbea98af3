/// mapping.h5: the configured wafers, and how they relate to the network (docs/file-formats.md).
#pragma once

#include <filesystem>
#include <string>

#include "mapping/mapping.hpp"

namespace bss {

/// Writes the file; equal mappings make equal bytes.
/// @param list_synapses  also write /synapses and /lost
/// @return SHA-256 of the file. @throws RunError when it cannot be written
std::string write_mapping(const std::filesystem::path& path, const Mapping& mapping, const Network& network, bool list_synapses);

}   // namespace bss
