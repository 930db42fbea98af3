/// What a configuration asks for: one run, or with `run.trials` and `sweep` a batch of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "configuration.hpp"
#include "keys.hpp"

namespace bss {

inline constexpr std::uint64_t most_runs = 10'000;   ///< run-0000 to run-9999

/// A configuration file with the `--set` options over it, and the runs that it asks for: every combination of the values of a sweep {key: [values]}
/// (the last key varies fastest), or what the entries of a sweep [{key: value}] set one after the other; each with all trials.
/// Run k is combination k / trials, trial k % trials.
class Batch {
public:
    /// Reads the file and every combination. Paths and options as in read_configuration().
    /// @throws InputError with the mistakes of all combinations, at most ten, a line each
    Batch(const std::filesystem::path& file, const std::vector<std::string>& options);

    /// Whether each run has a folder of its own: there is a sweep, or more than one trial.
    bool several() const { return trials_ > 1 || !swept_.empty() || !entries_.empty(); }
    std::size_t size() const { return combinations_ * trials_; }
    /// The keys that vary, in the order of their columns in runs.csv.
    std::vector<std::string> varied() const;
    /// The configuration of a run: the one that the file has with the run's values for the keys that vary.
    /// @throws InputError when an input file is gone since the batch was read
    const Configuration& configuration(std::size_t run);
    /// Its Configuration::settings; reads nothing.
    std::map<std::string, std::string> settings(std::size_t run) const;

private:
    struct SweptKey {
        std::string path;
        Yaml key;                               ///< where it was written
        std::vector<Yaml> values;
    };

    /// What a combination sets.
    struct Setting {
        const SweptKey* key;
        const Yaml* value;
    };

    bool may_vary(const Yaml& key, const std::string& path);
    void read_sweep(const Yaml& node, const std::string& inside);
    void read_entry(const Yaml& node, const std::string& inside, std::vector<SweptKey>& entry);
    void count_combinations(const Yaml& where);
    void read_trials();
    void bring_in_network(Yaml& root);
    void read_combination(std::size_t combination);
    std::vector<Setting> set_by(std::size_t combination) const;
    bool sweeps(std::string_view path) const;

    Reading reading_;
    Yaml root_;                                 ///< without `sweep`
    std::vector<std::string> network_options_;  ///< those that reach into the network
    std::vector<SweptKey> swept_;
    std::vector<std::vector<SweptKey>> entries_;    ///< of a sweep that lists them, each key with one value
    std::size_t combinations_ = 1, trials_ = 1;
    Configuration of_file_;                     ///< what all runs share
    Configuration current_;                     ///< of the combination read last
    std::size_t current_combination_ = 0;
    std::vector<std::uint64_t> first_seed_;     ///< [combination] of its trials
};

}   // namespace bss
