/// The stages between a configuration and its results, each a function: what the commands and Python's sessions have in common.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/configuration.hpp"
#include "cli/summary.hpp"
#include "kernels/engine.hpp"
#include "mapping/mapping.hpp"

namespace bss {

/// The wafers that a configuration asks for, and what is known of them.
struct Hardware {
    Technology technology;
    Machine machine;
    std::string calibration;                        ///< its kind: "auto", "ideal", "oracle", "table"
    std::string calibration_table;                  ///< the table's file, or the cache's folder; empty: none
    double calibration_seconds = 0;
    std::optional<OperatingMode> operating;         ///< in which `auto` has measured the chips
    bool to_calibrate = false;                      ///< `auto`: make_mapping measures the chips that the network needs
};
Hardware make_hardware(const Configuration& configuration);

/// Makes the mapping, or takes a stored one up; in ideal mode it only numbers the neurons. With `calibration: auto` the chips that the network needs are
/// calibrated before, or taken from the cache.
/// @param progress  show how far calibration is
/// @throws InputError that names the configuration: what does not fit shows only here, and has no line
Mapping make_mapping(const Configuration& configuration, const Network& network, Hardware& hardware, bool progress = false);

/// What an engine needs to run a mapping.
Program make_program(const Configuration& configuration, const Network& network, const Hardware& hardware, const Mapping& mapping, std::vector<TraceRequest> traces);

/// Advances the engine to step `until` in chunks of about a quarter of a second, so that progress can be shown and Ctrl-C is heard.
/// @param after_chunk  takes the recording; false stops
void advance(Engine& engine, std::int64_t until, const std::function<bool()>& after_chunk);

/// The part of a run's account that the engine knows; times are left to the caller.
RunAccount account_of(const Engine& engine);

/// Warnings that only a run can give, where the mapping did not foresee them.
std::vector<Warning> warnings_of_run(const Mapping& mapping, const Counters& counters);

/// An account to be filled in. @param mapping_sha256  of the stored mapping; empty in ideal mode
Outcome outcome_of(const Configuration& configuration, const Network& network, const Hardware& hardware, const Mapping& mapping, std::string mapping_sha256);

/// Why limits of the user's are exceeded, a line each.
struct Exceeded {
    std::vector<std::string> synapse_loss, strict;
    bool any() const { return !synapse_loss.empty() || !strict.empty(); }
};
Exceeded exceeded_limits(const Configuration& configuration, const Json& summary);

}   // namespace bss
