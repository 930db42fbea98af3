/// What is broken, as users write it: kinds and numbers.
#pragma once

#include "keys.hpp"
#include "wafer/defects.hpp"

namespace bss {

/// A map of kinds: `{hicanns: [174], neurons: {175: [0, 1, 2]}}`; enums of HICANNs and FPGAs, for the other kinds numbers within a HICANN. With several wafers
/// an enum is "33/174".
/// @return [wafer]
std::vector<Defects> read_listed_defects(const Yaml& node, const std::string& path, const std::vector<std::uint64_t>& ids, Mistakes& mistakes);
/// `{neurons: 0.02, drivers: 0.01}`: fractions by kind.
std::map<std::string, double> read_random_defects(const Yaml& node, const std::string& path, Mistakes& mistakes);

}   // namespace bss
