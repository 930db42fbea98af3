/// The recorded data of a run as files: SONATA spikes and reports (docs/file-formats.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "kernels/recording.hpp"

namespace bss {

/// Spikes of one population, ascending by (time, id); node ids count from 0 within it.
struct PopulationSpikes {
    std::string population;
    std::vector<double> times_ms;
    std::vector<std::uint64_t> node_ids;
};

/// Puts the spikes into the order that spikes.h5 promises: by time, then by id.
void sort_by_time(PopulationSpikes& spikes);

/// Writes /spikes/<population>/{timestamps, node_ids} for every population given, also the silent ones.
/// @throws RunError when the file cannot be written
void write_spikes(const std::filesystem::path& path, const std::vector<PopulationSpikes>& populations);

/// Samples of some neurons of one population: rows at start, start + step, ... < stop (biological ms).
struct Report {
    std::string population;
    std::vector<std::uint64_t> node_ids;
    double stop_ms = 0, step_ms = 0; ///< the first sample stands at 0
    std::vector<float> data;         ///< [sample][neuron]
};

/// Writes /report/<population>/{data, mapping} for every report given.
/// @param units  of the data: "mV", "nA", "uS"
void write_reports(const std::filesystem::path& path, const std::string& units, const std::vector<Report>& reports);

/// "v", "w", "gsyn_exc", "gsyn_inh".
std::string_view name_of(Variable variable);
/// What the variable is reported in.
std::string_view unit_of(Variable variable);

/// Removes the files that an earlier run of ours left in a folder; others stay.
/// @throws RunError when one cannot be removed
void remove_results(const std::filesystem::path& folder);

/// Removes the results of a batch's runs from the folders run-0000, … in a folder, and the folders themselves if nothing else is in them.
/// @param keeps  whether a run stays, by its number. @throws RunError when a file cannot be removed
void remove_runs(const std::filesystem::path& folder, const std::function<bool(std::size_t run)>& keeps);

}   // namespace bss
