/// Calibration tables: what was found out about chips, in memory and as HDF5 files (docs/file-formats.md).
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "transform.hpp"
#include "wafer/hicann_config.hpp"

namespace bss {

enum class CalibrationMode : std::uint8_t { fast, lab };

/// Population curve of a quantity on one chip, knots; empty: the nominal curve.
struct PopulationCurve {
    std::vector<double> dac, value;
};

/// One HICANN.
struct ChipTable {
    Hicann hicann;
    /// [Quantity][circuit]: 512 denmems; weight: 448 rows; stp_*: 224 drivers.
    std::array<std::vector<Transform>, quantity_count> transforms;
    std::array<PopulationCurve, quantity_count> populations;
    double lab_seconds = 0;                         ///< what the real bench would have needed

    ChipTable();
    std::vector<Transform>& of(Quantity q) { return transforms[static_cast<int>(q)]; }
    const std::vector<Transform>& of(Quantity q) const { return transforms[static_cast<int>(q)]; }
    PopulationCurve& population(Quantity q) { return populations[static_cast<int>(q)]; }
    const PopulationCurve& population(Quantity q) const { return populations[static_cast<int>(q)]; }
};
/// Curve through a population's knots: logarithmic in DAC and value. @return nothing where it has none
std::optional<Curve> curve_of(const PopulationCurve& population);

/// For which device and operating point a table holds. A table is good for a run whose silicon and mode say the same.
struct TableInfo {
    std::uint64_t wafer_id = 1;
    std::string technology, technology_sha256;
    std::string imperfections;                      ///< switches that change circuits, as text
    CalibrationMode mode = CalibrationMode::fast;
    OperatingMode operating;
    bool adaptive = true;                           ///< exponential and adaptation are calibrated too
    std::uint64_t seed = 1;
    bool operator==(const TableInfo&) const = default;
};

struct Table {
    TableInfo info;
    std::map<Hicann, ChipTable> chips;
};

void write_table(const std::filesystem::path& path, const Table& table);
/// @throws InputError naming the file, what was expected and what was found
Table read_table(const std::filesystem::path& path);
/// Key of caches and unfinished tables: equal for equal devices, modes and versions of the protocols.
std::string digest(const TableInfo& info);

}   // namespace bss
