#include "batch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "configuration_keys.hpp"
#include "wafer/digest.hpp"
#include "wafer/error.hpp"
#include "wafer/technology.hpp"

namespace bss {

namespace {

bool is_in_network(std::string_view path) { return path.starts_with("network."); }

bool is_block(const std::string& path)
{
    return std::any_of(configuration_keys().begin(), configuration_keys().end(), [&](const auto& row) { return row.path.starts_with(path + "."); });
}

/// Appends what a tree says, and the fingerprint of every file that it names; the keys of `left_out` (dotted) say nothing.
void describe(std::string& text, const Yaml& node, const std::string& path, const std::vector<std::string_view>& left_out)
{
    if (node.is(Yaml::Kind::map)) {
        for (std::size_t k = 0; k < node.items.size(); k += 2) {
            const auto inside = (path.empty() ? "" : path + ".") + node.items[k].text;
            if (std::find(left_out.begin(), left_out.end(), inside) != left_out.end())
                continue;
            text += to_text(node.items[k]) + ": {";
            describe(text, node.items[k + 1], inside, left_out);
            text += "}\n";
        }
        return;
    }
    if (node.is(Yaml::Kind::list)) {
        for (const auto& item : node.items) {
            text += "- ";
            describe(text, item, path, left_out);
            text += '\n';
        }
        return;
    }
    text += to_text(node);
    if (!node.is(Yaml::Kind::scalar) || number(node))
        return;
    std::error_code error;
    if (const auto file = located(node, node.text); std::filesystem::is_regular_file(file, error)) {
        std::ifstream stream(file, std::ios::binary);
        text += " " + sha256(std::string(std::istreambuf_iterator<char>(stream), {}));
    }
}

}   // namespace

Batch::Batch(const std::filesystem::path& file, const std::vector<std::string>& options)
{
    auto& mistakes = reading_.mistakes;
    root_ = reading_.yaml.read_file(file);
    of_file_.file = file.string();
    of_file_.text = reading_.yaml.text();
    of_file_.sha256 = sha256(of_file_.text);
    of_file_.output = (std::filesystem::path("results") / file.stem()).string();
    if (!root_.is(Yaml::Kind::map)) {
        mistakes.expected(root_, "", "a map with network, wafer, mapping, run, record, output");
        mistakes.throw_if_any();
    }
    for (const auto& option : options) {
        if (is_in_network(option))
            network_options_.push_back(option);
        else
            reading_.yaml.apply_option(root_, option);
        const auto equals = option.find('=');
        const auto path = option.substr(0, equals);
        if (equals != std::string::npos && path != "run.trials" && path != "sweep" && !path.starts_with("sweep."))
            of_file_.settings[path] = option.substr(equals + 1);
    }
    if (const auto* sweep = root_.find("sweep")) {
        const Yaml node = *sweep;
        std::erase_if(root_.items, [place = std::size_t{0}, at = static_cast<std::size_t>(sweep - root_.items.data())](const Yaml&) mutable {
            const auto k = place++;
            return k == at || k + 1 == at;
        });
        if (node.is(Yaml::Kind::list)) {
            for (const auto& entry : node.items)
                read_entry(entry, "", entries_.emplace_back());
        } else {
            read_sweep(node, "");
        }
        count_combinations(node);
    }
    mistakes.throw_if_any();
    if (!sweeps("network"))
        bring_in_network(root_);
    read_trials();
    mistakes.throw_if_any();

    first_seed_.resize(combinations_);
    // Every mistake is found before the first run starts; ten are enough
    for (std::size_t combination = combinations_; combination-- > 0 && mistakes.count() < 10;)
        read_combination(combination);
    mistakes.throw_if_any();
    if (combinations_ == 1)
        root_ = {};                             // it is not read again, and can be large
}

/// Whether runs can differ in a key. Says so if not.
bool Batch::may_vary(const Yaml& key, const std::string& path)
{
    if (path.empty() || path.starts_with('.') || path.ends_with('.') || path.find("..") != std::string::npos || path == "sweep" || path == "run.trials" ||
        path == "output")
        reading_.mistakes.add(key, "sweep", fmt::format("expected keys that can differ between runs, as in {{wafer.id: [1, 2]}}, found {}", key.shown()));
    else if (is_block(path))
        reading_.mistakes.add(key, "sweep", fmt::format("expected single keys, as in {{wafer.id: [1, 2]}}, found the block {}", key.shown()));
    else
        return true;
    return false;
}

/// Reads {key: [values]}; a key may also be written in blocks, {run: {seed: [1, 2]}}.
void Batch::read_sweep(const Yaml& node, const std::string& inside)
{
    auto& mistakes = reading_.mistakes;
    if (node.is(Yaml::Kind::null))
        return;
    if (!node.is(Yaml::Kind::map)) {
        mistakes.expected(node, "sweep", "a map {key: [values], …} or a list [{key: value, …}, …]");
        return;
    }
    for (std::size_t k = 0; k < node.items.size(); k += 2) {
        const auto& key = node.items[k];
        const auto& values = node.items[k + 1];
        const auto path = inside + key.text;
        if (values.is(Yaml::Kind::map)) {
            read_sweep(values, path + ".");
        } else if (!may_vary(key, path)) {
            continue;
        } else if (!values.is(Yaml::Kind::list) || values.items.empty()) {
            mistakes.expected(values, "sweep." + path, "a list of values");
        } else if (!sweeps(path)) {
            swept_.push_back({path, key, values.items});
        } else if (values.source->kind == Source::Kind::option) {     // --set sweep.run.seed=[3, 4] over a file's {run.seed: [1, 2]}
            std::find_if(swept_.begin(), swept_.end(), [&](const SweptKey& one) { return one.path == path; })->values = values.items;
        } else {
            mistakes.add(key, "sweep", fmt::format("expected every key once, found {} twice", path));
        }
    }
}

/// Reads {key: value}, likewise; a map below a single key is its value.
void Batch::read_entry(const Yaml& node, const std::string& inside, std::vector<SweptKey>& entry)
{
    auto& mistakes = reading_.mistakes;
    if (!node.is(Yaml::Kind::map)) {
        mistakes.expected(node, "sweep", "entries {key: value, …}");
        return;
    }
    for (std::size_t k = 0; k < node.items.size(); k += 2) {
        const auto& key = node.items[k];
        const auto path = inside + key.text;
        if (node.items[k + 1].is(Yaml::Kind::map) && is_block(path))
            read_entry(node.items[k + 1], path + ".", entry);
        else if (!may_vary(key, path))
            continue;
        else if (std::any_of(entry.begin(), entry.end(), [&](const SweptKey& one) { return one.path == path; }))
            mistakes.add(key, "sweep", fmt::format("expected every key once, found {} twice", path));
        else
            entry.push_back({path, key, {node.items[k + 1]}});
    }
}

/// @param where  of the sweep, for messages
void Batch::count_combinations(const Yaml& where)
{
    if (where.is(Yaml::Kind::list)) {
        if (where.items.empty() || where.items.size() > most_runs)
            reading_.mistakes.add(where, "sweep", fmt::format("expected 1 to {} runs, found {}", most_runs, where.items.size()));
        combinations_ = entries_.size();
        return;
    }
    for (const auto& key : swept_)
        if ((combinations_ *= key.values.size()) > most_runs) {
            reading_.mistakes.add(where, "sweep", fmt::format("expected at most {} runs, found more", most_runs));
            return;
        }
}

void Batch::read_trials()
{
    const auto* run = root_.find("run");
    const auto* node = run ? run->find("trials") : nullptr;
    if (!node)
        return;
    trials_ = read_whole(*node, "run.trials", 1, most_runs, reading_.mistakes).value_or(1);
    if (combinations_ * trials_ > most_runs)
        reading_.mistakes.add(*node, "run.trials",
                              fmt::format("expected at most {} runs, found {} combinations of {} trials", most_runs, combinations_, trials_));
}

bool Batch::sweeps(std::string_view path) const
{
    const auto among = [&](const std::vector<SweptKey>& keys) {
        return std::any_of(keys.begin(), keys.end(), [&](const SweptKey& key) { return key.path == path; });
    };
    return among(swept_) || std::any_of(entries_.begin(), entries_.end(), among);
}

/// A network's file takes its place in the tree, so that `--set network.…` and a sweep reach into it. Without the file the place stays empty.
void Batch::bring_in_network(Yaml& root)
{
    if (const auto* network = root.find("network"); network && network->is(Yaml::Kind::scalar)) {
        const Yaml place = *network;
        const auto path = located(place, place.text);
        std::error_code error;
        if (!std::filesystem::is_regular_file(path, error)) {
            reading_.mistakes.add(place, "network", fmt::format("expected a network (a map) or the name of its file, found no file \"{}\"", place.text));
            return;
        }
        *root.find("network") = reading_.yaml.read_file(path, "network.");
    }
    for (const auto& option : network_options_)
        reading_.yaml.apply_option(root, option);
}

void Batch::read_combination(std::size_t combination)
{
    Yaml copy;
    const auto settings = set_by(combination);
    const bool swept = !swept_.empty() || !entries_.empty();
    if (swept)
        copy = root_;
    Yaml& root = swept ? copy : root_;
    Configuration configuration = of_file_;
    const auto set = [&](bool in_network) {
        for (const Setting& setting : settings)
            if (is_in_network(setting.key->path) == in_network)
                set_value(root, setting.key->path, setting.key->key, *setting.value);
    };
    const auto before = reading_.mistakes.count();
    set(false);
    if (sweeps("network"))
        bring_in_network(root);
    if (reading_.mistakes.count() != before)
        return;
    set(true);
    read_tree(root, configuration, reading_);
    if (reading_.mistakes.count() != before)
        return;
    if (configuration.run.seed + (trials_ - 1) < configuration.run.seed)
        reading_.mistakes.add(*root_.find("run"), "run.trials", "expected seeds below 2^64, found run.seed + run.trials beyond");

    std::string text = Technology::load(configuration.wafer.technology).sha256 + "\n";
    describe(text, root, "", {"run.seed", "run.duration", "run.trials", "mapping.max_synapse_loss", "output", "strict"});
    configuration.shared_sha256 = sha256(text);
    first_seed_[combination] = configuration.run.seed;
    current_combination_ = combination;
    current_ = std::move(configuration);
}

std::vector<std::string> Batch::varied() const
{
    std::vector<std::string> keys;
    for (std::size_t combination = 0; combination < (entries_.empty() ? 1 : entries_.size()); ++combination)
        for (const Setting& setting : set_by(combination))
            if (std::find(keys.begin(), keys.end(), setting.key->path) == keys.end())
                keys.push_back(setting.key->path);
    if (trials_ > 1 && !sweeps("run.seed"))
        keys.emplace_back("run.seed");
    return keys;
}

const Configuration& Batch::configuration(std::size_t run)
{
    if (run / trials_ != current_combination_) {
        read_combination(run / trials_);
        reading_.mistakes.throw_if_any();
    }
    current_.run.seed = first_seed_[current_combination_] + run % trials_;
    current_.settings = settings(run);
    return current_;
}

std::map<std::string, std::string> Batch::settings(std::size_t run) const
{
    auto settings = of_file_.settings;
    for (const Setting& setting : set_by(run / trials_))
        settings[setting.key->path] = to_text(*setting.value);
    if (trials_ > 1)
        settings["run.seed"] = std::to_string(first_seed_[run / trials_] + run % trials_);
    return settings;
}

/// In the order of the keys, the last of which varies fastest.
std::vector<Batch::Setting> Batch::set_by(std::size_t combination) const
{
    std::vector<Setting> settings;
    for (const SweptKey& key : entries_.empty() ? swept_ : entries_[combination])
        settings.push_back({&key, &key.values.front()});
    for (std::size_t k = swept_.size(); k-- > 0;) {
        settings[k].value = &swept_[k].values[combination % swept_[k].values.size()];
        combination /= swept_[k].values.size();
    }
    return settings;
}

}   // namespace bss
