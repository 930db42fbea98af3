/// Bits and DACs of a HICANN by name, as tables of numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "wafer/hicann_config.hpp"

namespace bss::python {

/// One kind of bits: `get` and `set` go by the place in the flattened table.
struct BitTable {
    std::string name;
    std::vector<std::size_t> shape;
    double most = 1;     ///< values go from 0 to this
    bool real = false;   ///< DACs may be real numbers where parameter quantisation is off
    std::function<double(const HicannConfig&, std::size_t)> get;
    std::function<void(HicannConfig&, std::size_t, double)> set;
    std::size_t size() const;
};
const std::vector<BitTable>& bit_tables();
/// @throws InputError that names the closest one
const BitTable& bit_table(const std::string& name);

}   // namespace bss::python
