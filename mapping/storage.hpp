/// mapping.h5: the configured wafers, and how they relate to the network (docs/file-formats.md).
#pragma once

#include <filesystem>
#include <string>

#include "mapping.hpp"

namespace bss {

inline constexpr int mapping_format_version = 1;
inline constexpr std::size_t plasticity_columns = 5;     ///< of a projection: U, tau_ms, their relative standard deviations, synapses clipped; 0: static

/// Writes the file; equal mappings make equal bytes.
/// @param list_synapses  also write /synapses and /lost
/// @return SHA-256 of the file. @throws RunError when it cannot be written
std::string write_mapping(const std::filesystem::path& path, const Mapping& mapping, const Network& network, bool list_synapses);

/// Takes a stored mapping up again instead of making one. Weights, parameters and places are the stored ones; times and rates of sources come from the network,
/// and design rules (with the machine's defects) and the rebuild from bits are checked anew.
/// @throws InputError when the file is none of ours, or was made for another network, wafer or speedup
Mapping read_mapping(const std::filesystem::path& path, const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

/// SHA-256 of what a mapping's places depend on: populations, their cells and sizes, and every connection; not weights or parameters.
std::string network_fingerprint(const Network& network);

}   // namespace bss
