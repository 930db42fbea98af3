/// Settings of a session in a program: the keys of a configuration, read by the same table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/configuration.hpp"

namespace bss {

/// What a session's settings may say, with what each key takes: all keys but the network, the recorded set, the output and what makes a batch.
std::vector<std::pair<std::string, std::string>> setting_keys();

/// Reads settings (YAML; JSON is YAML) without a network: entries that name populations are not looked at.
/// @param name  of the call, which stands in front of every message. @throws InputError with all mistakes, at most ten, a line each
Configuration read_settings(const std::string& text, const std::string& name);

/// Reads settings for a network of these populations.
Configuration read_settings(const std::string& text, const std::string& name, const std::vector<Population>& populations);

}   // namespace bss
