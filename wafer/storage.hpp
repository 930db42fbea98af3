/// A wafer configuration in HDF5 (docs/file-formats.md), versioned; other rooms add their groups to the same file.
#pragma once

#include <hdf5.h>

#include "wafer_config.hpp"

namespace bss {

inline constexpr int wafer_format_version = 1;

/// Writes the configuration into `group` of an open file (hdf5.hpp: write_file). @throws RunError when HDF5 cannot
void write(hid_t group, const WaferConfig& config);
/// Reads what write() stored. @throws InputError naming the file, what was expected and what was found
WaferConfig read_wafer_config(hid_t group);

}   // namespace bss
