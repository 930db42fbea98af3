/// Input files of other tools: SONATA spikes and edges, and plain tables of connections.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "connectors.hpp"

namespace bss {

/// Spike trains (ms, ascending) of neurons 0..size-1 from /spikes/<population>/{timestamps, node_ids}. A file with one population needs no name;
/// of several, the one called `population` is taken.
/// @throws InputError naming the file: not a spike file, a node id or time that does not exist
std::vector<std::vector<double>> read_spike_file(const std::filesystem::path& path, std::string_view population, std::uint32_t size);

/// Connections from a SONATA edge file (/edges/<population>/{source_node_id, target_node_id, 0/syn_weight, 0/delay}; µS, ms).
/// Of several edge populations the one is taken that joins `pre` and `post`, by its name "pre_to_post" or its attributes node_population.
/// What is no HDF5 file is read as a table of pre, post and, if there, weight and delay, separated by blanks or commas; # starts a comment, a first line
/// may name the columns.
/// @throws InputError naming file and line or dataset: what is not there, neurons that do not exist, negative values
ConnectionList read_connection_file(const std::filesystem::path& path, std::string_view pre, std::string_view post, std::uint32_t pre_size,
                                    std::uint32_t post_size);

}   // namespace bss
