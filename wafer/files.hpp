/// Files that are either whole or absent.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace bss {

/// Calls `write` with a path beside `path` whose name ends in ".partial", then renames it over `path`; removes it when `write` throws.
/// @throws RunError when it cannot be renamed
void write_aside(const std::filesystem::path& path, const std::function<void(const std::filesystem::path& aside)>& write);

/// A text file, written aside. @throws RunError when it cannot be written
void write_text(const std::filesystem::path& path, std::string_view text);

/// A file or folder that was built or installed with this program, by its path below the folder of the binary that this code is part of (an executable, a library,
/// a Python module) or below one above that: share/bss/technology, lib/libbss_cuda.so. Empty where there is none.
std::filesystem::path find_installed(const std::filesystem::path& relative);

}   // namespace bss
