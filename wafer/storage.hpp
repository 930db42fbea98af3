/// A wafer configuration in HDF5 (docs/file-formats.md), versioned; other rooms add their groups to the same file.
#pragma once

#include <filesystem>

#include <hdf5.h>

#include "wafer_config.hpp"

namespace bss {

inline constexpr int wafer_format_version = 1;

/// Writes the configuration below `group` of an open file. @throws RunError when HDF5 cannot
void write(hid_t group, const WaferConfig& config);
/// Reads what write() stored. @throws InputError naming the file, what was expected and what was found
WaferConfig read_wafer_config(hid_t group);

/// Writes a file aside and renames it when `fill` has returned: the path is either whole or untouched.
/// The aside name does not end in .h5. @throws RunError when the file cannot be written
template <class Fill>
void write_hdf5(const std::filesystem::path& path, Fill&& fill);

/// Writes text the same way.
void write_text(const std::filesystem::path& path, std::string_view text);

}   // namespace bss
