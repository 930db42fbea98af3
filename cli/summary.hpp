/// summary.json: the whole account of a mapping and a run; the table on stdout and the strictness are made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/configuration.hpp"
#include "kernels/recording.hpp"

namespace bss {

/// What the engine did. Times are biological, `seconds` those of the wall.
struct RunAccount {
    std::string backend, backend_reason, simd; ///< reason: the device, or why it is another
    int threads = 0;
    double completed_ms = 0;
    int window_steps = 1;
    double seconds = 0;
    Counters counters;
};

struct PopulationActivity {
    std::uint64_t fired = 0, recorded = 0; ///< spikes; recorded ones arrived off the wafer
};

/// Everything that an account is made of.
struct Outcome {
    const Configuration& configuration;
    const Network& network;
    const Mapping& mapping;
    const Technology& technology;
    std::string calibration; ///< its kind; empty in ideal mode
    std::string calibration_table; ///< its file or folder; empty: none
    double calibration_seconds = 0;
    std::string mapping_sha256; ///< empty in ideal mode
    std::optional<RunAccount> run;            ///< nothing: mapped only
    std::vector<PopulationActivity> activity; ///< [population]; empty when mapped only
    std::vector<Warning> warnings;            ///< of the run, beside the mapping's
};

using Json = nlohmann::ordered_json;
/// With line breaks. In the name of a file bytes that are not UTF-8 become U+FFFD.
std::string json_text(const Json& json);

/// The summary with all its keys (interface of the results: docs/file-formats.md).
Json make_summary(const Outcome& outcome);

/// What people read on their terminal.
std::string summary_table(const Json& summary);

/// What `strict: true` objects to, a line each: warnings, clips, losses, broken rules; roundings are none.
std::vector<std::string> strict_findings(const Json& summary);

/// "0.1.0"
std::string_view project_version();

}   // namespace bss
