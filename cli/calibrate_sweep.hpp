/// The command bss-calibrate sweep: one cell or weight over a range of values, as CSV or HDF5 and as a picture.
#pragma once

#include <string_view>
#include <vector>

namespace bss {

int calibrate_sweep_command(int argc, const char* const* argv, std::string_view program);

/// "100:901:200" (from, to, step; without the end, as in Python), "10,15,20" or "7", ascending or not. @throws InputError that names --values
std::vector<double> sweep_values(std::string_view text);

}   // namespace bss
