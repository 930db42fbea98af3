/// runs.csv: a row a run of a batch (docs/file-formats.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/summary.hpp"

namespace bss {

/// What became of a run.
struct RunRow {
    std::size_t run = 0;                         ///< run-0000 is 0
    std::map<std::string, std::string> settings; ///< of its configuration
    ExitCode code = ExitCode::done;
    std::vector<std::pair<std::string, double>> rates_hz; ///< [population]; none where nothing ran
    std::optional<std::uint64_t> synapses_lost, spikes_lost;
    std::optional<double> seconds; ///< wall time of the run alone
};

/// "run-0007"
std::string run_name(std::size_t run);

/// "done", "interrupted", "failed", "limit_exceeded"
std::string_view state_of(ExitCode code);

/// @param summary  null where the run left none
RunRow make_row(std::size_t run, const std::map<std::string, std::string>& settings, ExitCode code, const Json& summary);

/// The whole table: run, the keys that vary, state, exit_code, rate_hz.<population> …, synapses_lost, spikes_lost, seconds. What is not known stays empty.
std::string runs_csv(const std::vector<std::string>& varied, const std::vector<RunRow>& rows);

/// The row as people read it: "run-0007  run.seed=8  done in 1.2 s  E 3.1 Hz"
std::string runs_line(const std::vector<std::string>& varied, const RunRow& row);

/// The code with which a batch ends: that of the run with the gravest.
ExitCode gravest(ExitCode a, ExitCode b);

}   // namespace bss
