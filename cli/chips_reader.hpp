/// Chips, as users name them: by their enum on the wafer, with several wafers as wafer/enum ("33/174").
#pragma once

#include <utility>

#include "keys.hpp"
#include "wafer/coordinates.hpp"

namespace bss {

/// "33/174", or a plain number where there is only one wafer -> which wafer of `ids` and which of its `count` chips, FPGAs, …
/// @param ids  of the manufactured wafers of the run
std::optional<std::pair<std::uint16_t, int>> read_on_wafer(const Yaml& node, const std::string& path, int count, const std::vector<std::uint64_t>& ids, Mistakes& mistakes);
std::string on_wafer_expects(int count, const std::vector<std::uint64_t>& ids);

/// all | a list of HICANNs | {x: [0, 35], y: [0, 15]}, a region of every wafer -> ascending
inline constexpr std::string_view chips_expect = "all | a list of HICANNs (0 to 383; of several wafers \"33/174\") | {x: [0, 35], y: [0, 15]}";
void read_chips(const Yaml& node, const std::string& path, const std::vector<std::uint64_t>& ids, std::vector<Chip>& target, Mistakes& mistakes);

/// "174", or "33/174" where there are several wafers
std::string chip_name(Chip chip, const std::vector<std::uint64_t>& ids);

}   // namespace bss
