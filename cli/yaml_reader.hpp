/// YAML whose every node knows where it was written, and a list of mistakes that says so.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace bss {

/// A text that nodes come from: a file, a `--set` option, or a program's call.
struct Source {
    enum class Kind : std::uint8_t { file, option, call };
    std::string name;                           ///< of the file, as the user wrote it; of the call ("setup()")
    std::filesystem::path folder;               ///< in which paths named here are looked for
    Kind kind = Kind::file;                     ///< only in files errors name a line
    std::string_view prefix;                    ///< start of a key's path that the file itself does not have ("network.")
};

struct Yaml {
    enum class Kind : std::uint8_t { null, scalar, list, map };
    Kind kind = Kind::null;
    bool quoted = false;                        ///< a scalar in quotes is a text whatever it looks like
    int line = 0;                               ///< from 1
    const Source* source = nullptr;
    std::string text;                           ///< of a scalar
    std::vector<Yaml> items;                    ///< of a list; of a map: key, value, key, value, …

    bool is(Kind k) const { return kind == k; }
    bool is_word(std::string_view word) const { return kind == Kind::scalar && text == word; }
    /// Value of a map's key; nothing where there is none.
    const Yaml* find(std::string_view key) const;
    Yaml* find(std::string_view key);
    /// What an error message shows of it: `"text"`, `a list`, `a map`, `nothing`.
    std::string shown() const;
};

/// Mistakes of one input, reported together (interface: at most ten, each on its own line).
class Mistakes {
public:
    /// "configs/a.yaml:12: run.timestep: <what>", or "--set run.timestep: <what>"
    void add(const Yaml& where, std::string_view path, std::string_view what);
    /// … expected <expected>, found <where>
    void expected(const Yaml& where, std::string_view path, std::string_view expected);
    /// … unknown key, did you mean <closest>?
    void unknown(const Yaml& where, std::string_view path, const std::vector<std::string>& known);
    /// … expected <what>, found none; unless a misspelt key beside it has been told
    void missing(const Yaml& where, std::string_view path, std::string_view name, std::string_view what);
    bool any() const { return !mistakes_.empty(); }
    std::size_t count() const { return mistakes_.size(); }
    /// @throws InputError with all of them, in the order of the files' lines
    void throw_if_any() const;

private:
    struct Mistake {
        const Source* source;
        int line;
        std::string text;
    };
    std::vector<Mistake> mistakes_;
    std::set<std::string> meant_;               ///< paths of keys that were misspelt
};

/// Owns the sources that nodes point to.
class YamlReader {
public:
    /// @param folder_of_paths  where paths in the file are looked for: its own folder
    /// @throws InputError for a file that is not there, not a text, empty, or not YAML (with its line), or has a key twice
    Yaml read_file(const std::filesystem::path& path, std::string_view prefix = "");
    /// Text of the last file read.
    const std::string& text() const { return text_; }
    /// @throws InputError naming `name`
    Yaml read_text(std::string_view text, Source source);
    /// Writes `key.path=value` over a tree; makes blocks that are missing. @throws InputError for an option that is not of that form
    void apply_option(Yaml& root, const std::string& option);

private:
    std::deque<Source> sources_;
    std::string text_;
};

/// Where a path written in a node is: relative to the file it stands in.
std::filesystem::path located(const Yaml& node, const std::filesystem::path& path);

/// Writes a value at a dotted path of a tree; makes blocks that are missing.
/// @param key  where the path was written. @throws InputError for a place that a list does not have
void set_value(Yaml& root, std::string_view path, Yaml key, Yaml value);

/// A node as YAML in one line; equal nodes make equal texts, wherever they were written.
std::string to_text(const Yaml& node);

/// A YAML number (also .inf and .nan); nothing for anything else.
std::optional<double> number(const Yaml& node);
/// A whole number from 0 to 2^64 - 1.
std::optional<std::uint64_t> whole_number(const Yaml& node);
std::optional<bool> boolean(const Yaml& node);

/// Closest of `known` to a misspelt word (Damerau-Levenshtein); empty if nothing is near.
std::string closest(std::string_view word, const std::vector<std::string>& known);

/// A physical unit in which a value may be written; `scale` leads to the key's unit.
enum class Unit : std::uint8_t { none, ms, mV, V, nA, nF, uS, nS, Hz };
/// A number in the key's unit, or a text with its own unit ("100 us"). Nothing if it is neither or the unit does not fit.
std::optional<double> quantity(const Yaml& node, Unit unit);
/// "ms"; empty for none.
std::string_view name_of(Unit unit);
/// "a time", "a voltage", "a number"
std::string_view kind_of(Unit unit);

}   // namespace bss
