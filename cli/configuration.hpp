/// A configuration as users write it (YAML): one table of keys, read by the reader, by `--help-config` and by docs/configuration.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/recording.hpp"
#include "mapping/connectors.hpp"
#include "mapping/mapping.hpp"
#include "wafer/defects.hpp"
#include "wafer/imperfections.hpp"

namespace bss {

/// Neurons first..last of a population, both included.
struct NeuronRange {
    std::uint32_t first = 0, last = 0;
};

/// One entry of `record`.
struct RecordRequest {
    Variable variable = Variable::v;
    std::uint32_t population = 0;
    std::vector<NeuronRange> neurons;           ///< ascending, disjoint
    double interval_ms = 0.1;
    std::int64_t interval_steps = 1;            ///< the same in steps of run.timestep
    Through through = Through::probe;
};

inline constexpr std::size_t most_wafers = 20;  ///< of one run

enum class CalibrationKind { automatic, ideal, oracle, table };
enum class RunMode { hardware, ideal };

struct Configuration {
    std::string file;                           ///< as the user named it
    std::string text;                           ///< of the file
    std::string sha256;                         ///< of the text
    std::map<std::string, std::string> settings;    ///< key -> value (YAML in one line): the `--set` options, and what a batch varies
    std::string shared_sha256;                  ///< of all keys, the network and all input files, but for those keys that leave mapping and silicon as they are

    NetworkSpec network;
    struct Wafer {
        std::string technology;                 ///< a shipped one's name, or a path
        std::vector<std::uint64_t> ids{1};      ///< of the manufactured wafers; Chip::wafer counts them
        std::vector<Chip> chips;                ///< that may be used, ascending
        std::optional<std::vector<Defects>> listed_defects;     ///< [wafer] from a defects file
        std::map<std::string, double> random_defects;   ///< kind -> fraction
        CalibrationKind calibration = CalibrationKind::automatic;
        std::filesystem::path calibration_table;        ///< of CalibrationKind::table
        Imperfections imperfections;
    } wafer;
    MappingOptions mapping;                     ///< with place and timestep_s filled in
    double max_synapse_loss = 1.0;
    std::filesystem::path mapping_file;         ///< a stored mapping that is used; empty: one is made
    struct Run {
        RunMode mode = RunMode::hardware;
        double duration_ms = 1000, timestep_ms = 0.1, speedup = 1000;
        std::uint64_t seed = 1;
        std::uint64_t trials = 1;
    } run;
    std::vector<RecordRequest> record;
    std::string output;                         ///< relative to the working folder
    bool strict = false;
};

/// Reads a file and the `--set key.path=value` options over it; of a batch (cli/batch.hpp) its first run.
/// @throws InputError with all mistakes, at most ten, a line each: "configs/a.yaml:12: run.timestep: expected a time > 0 (ms), found "-0.1 ms""
Configuration read_configuration(const std::filesystem::path& file, const std::vector<std::string>& options = {});

/// Fingerprint of everything that a run's results depend on: equal ones make equal results.
std::string fingerprint(const Configuration& configuration);

/// The network with every synapse. @throws InputError naming file and population when it needs more denmems than the HICANNs have, before any memory is taken
Network expand_network(const Configuration& configuration);

/// What is broken on each wafer of the configuration, consequences included (derived()).
std::vector<Defects> defects_of(const Configuration& configuration);

/// All keys for `--help-config`: name, what it takes, default, meaning.
std::string configuration_help();
/// The same as the tables of docs/configuration.md.
std::string configuration_markdown();

}   // namespace bss
