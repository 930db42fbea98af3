/// The one table of keys: how a key is written, what it takes, its default and its meaning; read by the reader, the help and the docs.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "yaml_reader.hpp"

namespace bss {

/// Numbers from `low` to `high`, both included unless `open_low`.
struct Range {
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
    bool open_low = false;
    bool contains(double value) const { return std::isfinite(value) && (open_low ? value > low : value >= low) && value <= high; }
    /// "a time > 0 (ms)"
    std::string expects(Unit unit) const;
};
inline constexpr Range any_number{};
inline constexpr Range positive{0, std::numeric_limits<double>::infinity(), true};
inline constexpr Range not_negative{0};

/// What one reading of a configuration shares.
struct Reading {
    YamlReader yaml;
    Mistakes mistakes;
};

/// A number with its unit, in the range; otherwise a mistake and nothing.
std::optional<double> read_quantity(const Yaml& node, const std::string& path, Unit unit, const Range& range, Mistakes& mistakes);
/// "a whole number from 1 to 56"
std::string whole_expects(std::uint64_t low, std::uint64_t high);
std::optional<std::uint64_t> read_whole(const Yaml& node, const std::string& path, std::uint64_t low, std::uint64_t high, Mistakes& mistakes);
/// One of some words; one that is near is named.
std::optional<std::size_t> read_word(const Yaml& node, const std::string& path, const std::vector<std::string>& words, Mistakes& mistakes);
/// A map whose keys are among `known`; the others are mistakes. Nothing is an empty map. @returns whether it is a map
bool check_map(const Yaml& node, const std::string& path, const std::vector<std::string>& known, Mistakes& mistakes);
/// "0-9", 7, or a list of both, within 0..size-1 -> disjoint ascending pairs (first, last).
std::vector<std::pair<std::uint32_t, std::uint32_t>> read_neurons(const Yaml& node, const std::string& path, std::uint32_t size, Mistakes& mistakes);

/// What a key of T takes.
template <class T>
struct Type {
    std::string expects;
    std::function<void(const Yaml& node, const std::string& path, T& target, Reading& reading)> read;
};

/// `path` is dotted below the place of the table. `standard` is YAML and read where the user gives nothing;
/// empty: nothing is read then (the text says what happens).
template <class T>
struct Key {
    std::string path;
    Type<T> type;
    std::string standard;
    std::string text;
};

/// A `member` is a function from T& to the member's reference, so that members of members can be named.
template <class T, class Member>
Type<T> quantity_type(Member member, Unit unit, Range range)
{
    return {range.expects(unit), [=](const Yaml& node, const std::string& path, T& target, Reading& reading) {
                if (const auto value = read_quantity(node, path, unit, range, reading.mistakes))
                    member(target) = *value;
            }};
}

template <class T, class Member>
Type<T> whole_type(Member member, std::uint64_t low, std::uint64_t high)
{
    return {whole_expects(low, high), [=](const Yaml& node, const std::string& path, T& target, Reading& reading) {
                using Value = std::decay_t<decltype(member(target))>;
                if (const auto value = read_whole(node, path, low, high, reading.mistakes))
                    member(target) = static_cast<Value>(*value);
            }};
}

template <class T, class Member>
Type<T> flag_type(Member member)
{
    return {"true or false", [=](const Yaml& node, const std::string& path, T& target, Reading& reading) {
                if (const auto value = boolean(node))
                    member(target) = *value;
                else
                    reading.mistakes.expected(node, path, "true or false");
            }};
}

/// Words and what they stand for.
template <class Value>
using Words = std::vector<std::pair<std::string, Value>>;

template <class T, class Member, class Value>
Type<T> choice_type(Member member, Words<Value> choices)
{
    std::vector<std::string> words;
    for (const auto& choice : choices)
        words.push_back(choice.first);
    return {fmt::format("{}", fmt::join(words, " | ")), [=](const Yaml& node, const std::string& path, T& target, Reading& reading) {
                if (const auto k = read_word(node, path, words, reading.mistakes))
                    member(target) = choices[*k].second;
            }};
}

/// Reads a map by a table: unknown keys are mistakes, keys that are not there take their default.
template <class T>
void read_keys(const Yaml& map, const std::string& prefix, const std::vector<Key<T>>& table, T& target, Reading& reading)
{
    std::vector<const Yaml*> found(table.size());
    const auto walk = [&](const auto& self, const Yaml& block, const std::string& inside) -> void {
        std::vector<std::string> known;
        for (const auto& key : table)
            if (key.path.starts_with(inside)) {
                const auto name = key.path.substr(inside.size(), key.path.find('.', inside.size()) - inside.size());
                if (known.empty() || known.back() != name)
                    known.push_back(name);
            }
        if (!block.is(Yaml::Kind::map)) {
            if (!block.is(Yaml::Kind::null))
                reading.mistakes.expected(block, prefix + inside.substr(0, inside.empty() ? 0 : inside.size() - 1),
                                          fmt::format("a map with {}", fmt::join(known, ", ")));
            return;
        }
        for (std::size_t k = 0; k < block.items.size(); k += 2) {
            const auto& name = block.items[k].text;
            const auto path = inside + name;
            const auto key = std::find_if(table.begin(), table.end(), [&](const Key<T>& row) { return row.path == path; });
            if (key != table.end())
                found[static_cast<std::size_t>(key - table.begin())] = &block.items[k + 1];
            else if (std::find(known.begin(), known.end(), name) != known.end())
                self(self, block.items[k + 1], path + ".");
            else if (const auto elsewhere = std::find_if(table.begin(), table.end(), [&](const Key<T>& row) { return row.path.ends_with("." + name); });
                     elsewhere != table.end())
                reading.mistakes.add(block.items[k], prefix + path, fmt::format("unknown key, did you mean {}{}?", prefix, elsewhere->path));
            else
                reading.mistakes.unknown(block.items[k], prefix + path, known);
        }
    };
    walk(walk, map, "");
    for (std::size_t k = 0; k < table.size(); ++k)
        if (found[k]) {
            table[k].type.read(*found[k], prefix + table[k].path, target, reading);
        } else if (!table[k].standard.empty()) {
            auto standard = reading.yaml.read_text(table[k].standard, {"default", {}, Source::Kind::file, {}});
            standard.source = map.source;       // should it be wrong, the place where it is missing says more
            standard.line = map.line;
            table[k].type.read(standard, prefix + table[k].path, target, reading);
        }
}

}   // namespace bss
