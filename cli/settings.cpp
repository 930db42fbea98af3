#include "cli/settings.hpp"

#include <algorithm>
#include <array>

#include "cli/configuration_keys.hpp"
#include "wafer/digest.hpp"

namespace bss {

namespace {

using Keys = std::vector<Key<Configuration>>;

const Keys& keys_of_settings()
{
    constexpr std::array<std::string_view, 7> said_otherwise{"network", "record", "output", "sweep", "run.duration", "run.trials", "mapping.list_synapses"};
    static const Keys keys = [&] {
        Keys kept = configuration_keys();
        std::erase_if(kept, [&](const auto& key) { return std::find(said_otherwise.begin(), said_otherwise.end(), key.path) != said_otherwise.end(); });
        return kept;
    }();
    return keys;
}

/// The same table; entries that need the network are taken unread.
const Keys& keys_without_network()
{
    static const Keys keys = [] {
        Keys copy = keys_of_settings();
        for (auto& key : copy)
            if (key.path == "mapping.place")
                key.type.read = [](const Yaml&, const std::string&, Configuration&, Reading&) {};
        return copy;
    }();
    return keys;
}

void read(const std::string& text, const std::string& name, const Keys& keys, Configuration& configuration)
{
    Reading reading;
    const Yaml root = reading.yaml.read_text(text, {name, {}, Source::Kind::call, {}});
    configuration.file = name;
    configuration.text = text;
    configuration.sha256 = sha256(text);
    read_keys(root, "", keys, configuration, reading);
    reading.mistakes.throw_if_any();
    complete(configuration);
}

}   // namespace

std::vector<std::pair<std::string, std::string>> setting_keys()
{
    std::vector<std::pair<std::string, std::string>> keys;
    for (const auto& key : keys_of_settings())
        keys.emplace_back(key.path, key.type.expects);
    return keys;
}

Configuration read_settings(const std::string& text, const std::string& name)
{
    Configuration configuration;
    read(text, name, keys_without_network(), configuration);
    return configuration;
}

Configuration read_settings(const std::string& text, const std::string& name, const std::vector<Population>& populations)
{
    Configuration configuration;
    for (const Population& population : populations)        // names, sizes and cells: what entries are checked against
        configuration.network.populations.push_back({.name = population.name, .size = population.size, .cell = population.cell});
    read(text, name, keys_of_settings(), configuration);
    return configuration;
}

}   // namespace bss
