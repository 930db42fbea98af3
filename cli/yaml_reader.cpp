#include "yaml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "wafer/error.hpp"

namespace bss {

// ---- nodes -----------------------------------------------------------------------------------------------------------

const Yaml* Yaml::find(std::string_view key) const
{
    if (kind == Kind::map)
        for (std::size_t k = 0; k < items.size(); k += 2)
            if (items[k].text == key)
                return &items[k + 1];
    return nullptr;
}
Yaml* Yaml::find(std::string_view key) { return const_cast<Yaml*>(std::as_const(*this).find(key)); }

std::string Yaml::shown() const
{
    switch (kind) {
        case Kind::null: return "nothing";
        case Kind::list: return items.empty() ? "an empty list" : "a list";
        case Kind::map: return "a map";
        case Kind::scalar: break;
    }
    constexpr std::size_t most = 60;
    std::string word = text.size() > most ? text.substr(0, most) + "…" : text;
    std::replace(word.begin(), word.end(), '\n', ' ');
    return (quoted && number(Yaml{Kind::scalar, false, 0, nullptr, text, {}}) ? "the text \"" : "\"") + word + "\"";
}

std::filesystem::path located(const Yaml& node, const std::filesystem::path& path)
{
    return node.source ? node.source->folder / path : path;     // an absolute path stays what it is
}

// ---- mistakes --------------------------------------------------------------------------------------------------------

void Mistakes::add(const Yaml& where, std::string_view path, std::string_view what)
{
    static const Source nowhere;
    const Source& source = where.source ? *where.source : nowhere;
    std::string_view key = path;
    if (!source.prefix.empty() && key.starts_with(source.prefix))
        key.remove_prefix(source.prefix.size());
    const std::string subject = key.empty() ? std::string() : fmt::format("{}: ", key);
    if (source.kind != Source::Kind::file)
        mistakes_.push_back({&source, 0, fmt::format("{}{}{}", source.kind == Source::Kind::option ? "--set " : source.name + ": ", subject, what)});
    else
        mistakes_.push_back({&source, where.line, fmt::format("{}:{}: {}{}", source.name, where.line, subject, what)});
}

void Mistakes::expected(const Yaml& where, std::string_view path, std::string_view expected)
{
    add(where, path, fmt::format("expected {}, found {}", expected, where.shown()));
}

void Mistakes::unknown(const Yaml& where, std::string_view path, const std::vector<std::string>& known)
{
    if (const auto near = closest(where.text, known); !near.empty()) {
        add(where, path, fmt::format("unknown key, did you mean {}?", near));
        meant_.insert(std::string(path.substr(0, path.size() - where.text.size())) + near);
    } else {
        add(where, path, fmt::format("unknown key, did you mean one of {}?", fmt::join(known, ", ")));
    }
}

void Mistakes::missing(const Yaml& where, std::string_view path, std::string_view name, std::string_view what)
{
    if (!meant_.contains(fmt::format("{}.{}", path, name)))
        add(where, path, fmt::format("expected {}, found none", what));
}

void Mistakes::throw_if_any() const
{
    if (mistakes_.empty())
        return;
    auto sorted = mistakes_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) { return a.source == b.source && a.line < b.line; });
    std::set<std::string> told;                 // what is wrong with several runs of a batch is said once
    std::erase_if(sorted, [&](const Mistake& mistake) { return !told.insert(mistake.text).second; });
    constexpr std::size_t most = 10;
    std::string text;
    for (std::size_t k = 0; k < std::min(most, sorted.size()); ++k)
        text += (k ? "\n" : "") + sorted[k].text;
    if (sorted.size() > most)
        text += fmt::format("\n… and {} more", sorted.size() - most);
    throw InputError(text);
}

// ---- reading ---------------------------------------------------------------------------------------------------------

namespace {

/// Builds a tree of Yaml from the parser's events: far smaller than yaml-cpp's own nodes, and duplicate keys show.
class Builder : public YAML::EventHandler {
public:
    explicit Builder(const Source& source) : source_(source) {}
    Yaml take()
    {
        if (root_.kind != Yaml::Kind::null)
            merge(root_);
        return std::move(root_);
    }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(node(Yaml::Kind::null, mark), anchor); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override
    {
        auto scalar = node(Yaml::Kind::scalar, mark);
        scalar.quoted = tag == "!" || tag.ends_with(":str");
        if (!scalar.quoted && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
            scalar.kind = Yaml::Kind::null;
        else
            scalar.text = value;
        leaf(std::move(scalar), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end())
            throw InputError(fmt::format("{}:{}: an alias stands inside what it names", source_.name, mark.line + 1));
        count(known->second, mark.line + 1);
        leaf(Yaml(known->second), 0);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(node(Yaml::Kind::list, mark), anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(node(Yaml::Kind::map, mark), anchor);
    }
    void OnMapEnd() override { close(); }

private:
    Yaml node(Yaml::Kind kind, const YAML::Mark& mark)
    {
        Yaml result;
        result.kind = kind;
        result.line = mark.line + 1;
        result.source = &source_;
        return result;
    }
    void count(const Yaml& node, int line)
    {
        // Aliases of aliases can name more nodes than any memory holds.
        constexpr std::size_t most_nodes = 2'000'000;
        if (++aliased_nodes_ > most_nodes)
            throw InputError(fmt::format("{}:{}: expected at most {} values by aliases", source_.name, line, most_nodes));
        for (const auto& item : node.items)
            count(item, line);
    }
    void open(Yaml node, YAML::anchor_t anchor) { open_.push_back({std::move(node), anchor}); }
    void close()
    {
        auto [node, anchor] = std::move(open_.back());
        open_.pop_back();
        if (node.kind == Yaml::Kind::map) {
            check_keys(node);
            for (std::size_t k = 0; k < node.items.size(); k += 2)
                if (node.items[k + 1].is(Yaml::Kind::null))
                    node.items[k + 1].line = node.items[k].line;    // the parser sees what is missing only further down
        }
        leaf(std::move(node), anchor);
    }
    void leaf(Yaml node, YAML::anchor_t anchor)
    {
        if (anchor)
            anchors_[anchor] = node;
        if (open_.empty())
            root_ = std::move(node);
        else
            open_.back().first.items.push_back(std::move(node));
    }
    void check_keys(const Yaml& map) const
    {
        std::map<std::string_view, int> lines;
        for (std::size_t k = 0; k < map.items.size(); k += 2) {
            const auto& key = map.items[k];
            if (!key.is(Yaml::Kind::scalar))
                throw InputError(fmt::format("{}:{}: expected a word as a key, found {}", source_.name, key.line, key.shown()));
            if (const auto [first, fresh] = lines.emplace(key.text, key.line); !fresh)
                throw InputError(fmt::format("{}:{}: the key \"{}\" stands twice (first in line {})", source_.name, key.line, key.text, first->second));
        }
    }
    /// YAML's merge key: `<<: *other` brings in the keys that the map does not have itself.
    void merge(Yaml& node) const
    {
        for (auto& item : node.items)
            merge(item);
        if (!node.is(Yaml::Kind::map))
            return;
        for (std::size_t k = 0; k < node.items.size(); k += 2) {
            if (node.items[k].text != "<<" || node.items[k].quoted)
                continue;
            const Yaml from = std::move(node.items[k + 1]);
            node.items.erase(node.items.begin() + static_cast<std::ptrdiff_t>(k), node.items.begin() + static_cast<std::ptrdiff_t>(k) + 2);
            for (const Yaml& map : from.is(Yaml::Kind::list) ? from.items : std::vector<Yaml>{from}) {
                if (!map.is(Yaml::Kind::map))
                    throw InputError(fmt::format("{}:{}: <<: expected a map, found {}", source_.name, map.line, map.shown()));
                for (std::size_t m = 0; m < map.items.size(); m += 2)
                    if (!node.find(map.items[m].text)) {
                        node.items.push_back(map.items[m]);
                        node.items.push_back(map.items[m + 1]);
                    }
            }
            break;
        }
    }

    const Source& source_;
    Yaml root_;
    std::vector<std::pair<Yaml, YAML::anchor_t>> open_;
    std::map<YAML::anchor_t, Yaml> anchors_;
    std::size_t aliased_nodes_ = 0;
};

Yaml parse(std::istream& text, const Source& source)
{
    Builder builder(source);
    const std::string place = source.kind == Source::Kind::option ? fmt::format("--set {}", source.name) : source.name;
    try {
        YAML::Parser parser(text);
        parser.HandleNextDocument(builder);
        struct Ignore final : YAML::EventHandler {
            void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line + 1; }
            void OnDocumentEnd() override {}
            void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
            void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
            void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
            void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
            void OnSequenceEnd() override {}
            void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
            void OnMapEnd() override {}
            int line = 0;
        } second;
        if (parser.HandleNextDocument(second))
            throw InputError(fmt::format("{}:{}: expected one document, found a second one", place, second.line));
    } catch (const YAML::Exception& error) {
        if (source.kind != Source::Kind::file)
            throw InputError(fmt::format("{}: not YAML: {}", place, error.msg));
        throw InputError(fmt::format("{}:{}: not YAML: {}", place, error.mark.is_null() ? 1 : error.mark.line + 1, error.msg));
    }
    return builder.take();
}

/// Place of the first byte that no text in UTF-8 has (RFC 3629), a zero included; npos if there is none.
std::size_t first_bad_byte(std::string_view text)
{
    for (std::size_t k = 0; k < text.size();) {
        const auto lead = static_cast<unsigned char>(text[k]);
        const std::size_t length = lead == 0 ? 0 : lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
        if (length == 0 || k + length > text.size())
            return k;
        for (std::size_t m = 1; m < length; ++m)
            if ((static_cast<unsigned char>(text[k + m]) & 0xc0) != 0x80)
                return k;
        k += length;
    }
    return std::string_view::npos;
}

/// The whole of a text file. Binary data, devices and folders are refused before a parser chokes on them.
std::string text_of(const std::filesystem::path& path)
{
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (!std::filesystem::exists(status))
        throw InputError(fmt::format("{}: no such file", path.string()));
    if (std::filesystem::is_directory(status))
        throw InputError(fmt::format("{}: expected a file, found a folder", path.string()));
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw InputError(fmt::format("{}: cannot be read", path.string()));
    constexpr std::size_t most_bytes = std::size_t{1} << 30;
    std::string text;
    std::array<char, 65536> buffer;
    while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
        const std::string_view part(buffer.data(), static_cast<std::size_t>(file.gcount()));
        text += part;
        if (part.find('\0') != std::string_view::npos)
            break;                              // binary: no need to read on
        if (text.size() > most_bytes)
            throw InputError(fmt::format("{}: expected at most 1 GiB of text", path.string()));
    }
    if (const auto bad = first_bad_byte(text); bad != std::string::npos) {
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
        throw InputError(fmt::format("{}:{}: expected a text file (YAML in UTF-8), found {}", path.string(), line,
                                     text[bad] ? "a byte that is not UTF-8" : "binary data"));
    }
    return text;
}

}   // namespace

Yaml YamlReader::read_file(const std::filesystem::path& path, std::string_view prefix)
{
    text_ = text_of(path);
    auto root = read_text(text_, {path.string(), path.parent_path(), Source::Kind::file, prefix});
    if (root.is(Yaml::Kind::null))
        throw InputError(fmt::format("{}:1: the file is empty", path.string()));
    return root;
}

Yaml YamlReader::read_text(std::string_view text, Source source)
{
    const Source& kept = sources_.emplace_back(std::move(source));
    std::istringstream stream{std::string(text)};
    return parse(stream, kept);
}

void YamlReader::apply_option(Yaml& root, const std::string& option)
{
    const auto equals = option.find('=');
    const std::string path = option.substr(0, equals);
    if (equals == std::string::npos || path.empty() || path.starts_with('.') || path.ends_with('.') || path.find("..") != std::string::npos)
        throw InputError(fmt::format("--set {}: expected key.path=value", option));
    if (first_bad_byte(option) != std::string::npos)
        throw InputError("--set: expected key.path=value in UTF-8, found other bytes");
    auto value = read_text(option.substr(equals + 1), {path, {}, Source::Kind::option, {}});
    value.source = &sources_.back();            // also where there is no value
    Yaml key;
    key.kind = Yaml::Kind::scalar;
    key.source = value.source;
    set_value(root, path, key, std::move(value));
}

void set_value(Yaml& root, std::string_view path, Yaml key, Yaml value)
{
    Yaml* node = &root;
    for (std::size_t begin = 0; begin <= path.size();) {
        const auto end = std::min(path.find('.', begin), path.size());
        const std::string name(path.substr(begin, end - begin));
        begin = end + 1;
        if (node->is(Yaml::Kind::list)) {
            const auto index = whole_number(Yaml{Yaml::Kind::scalar, false, 0, nullptr, name, {}});
            if (!index || *index >= node->items.size()) {
                Mistakes mistakes;
                mistakes.add(key, path, fmt::format("expected a place 0..{} in a list, found \"{}\"", static_cast<std::int64_t>(node->items.size()) - 1, name));
                mistakes.throw_if_any();
            }
            node = &node->items[*index];
            continue;
        }
        if (!node->is(Yaml::Kind::map)) {       // what stood there gives way: `wafer.defects=none` may become `wafer.defects.random…`
            node->kind = Yaml::Kind::map;
            node->items.clear();
            node->text.clear();
        }
        if (!node->find(name)) {
            key.text = name;
            node->items.push_back(key);
            node->items.push_back({Yaml::Kind::null, false, key.line, key.source, {}, {}});
        }
        node = node->find(name);
    }
    *node = std::move(value);
}

// ---- text ------------------------------------------------------------------------------------------------------------

std::string to_text(const Yaml& node)
{
    const auto join = [&](std::size_t step, const auto& text_of) {
        std::string text;
        for (std::size_t k = 0; k < node.items.size(); k += step)
            text += (k ? ", " : "") + text_of(k);
        return text;
    };
    switch (node.kind) {
        case Yaml::Kind::null: return "null";
        case Yaml::Kind::list: return "[" + join(1, [&](std::size_t k) { return to_text(node.items[k]); }) + "]";
        case Yaml::Kind::map: return "{" + join(2, [&](std::size_t k) { return to_text(node.items[k]) + ": " + to_text(node.items[k + 1]); }) + "}";
        case Yaml::Kind::scalar: break;
    }
    constexpr std::string_view special = ",[]{}:#&*!|>'\"%@`\\\n\t";
    if (!node.quoted && !node.text.empty() && node.text.find_first_of(special) == std::string::npos)
        return node.text;
    std::string text = "\"";
    for (const char letter : node.text)
        text += letter == '"' || letter == '\\' ? std::string{'\\', letter} : letter == '\n' ? "\\n" : letter == '\t' ? "\\t" : std::string(1, letter);
    return text + "\"";
}

// ---- values ----------------------------------------------------------------------------------------------------------

namespace {

/// The number at the start of a text, and what follows it.
std::optional<double> leading_number(std::string_view& text)
{
    const bool plus = text.starts_with('+');
    if (plus)
        text.remove_prefix(1);
    const auto sign = text.starts_with('-') ? std::size_t{1} : 0;
    if (plus && sign)
        return std::nullopt;
    for (const std::string_view infinity : {".inf", ".Inf", ".INF"})
        if (text.substr(sign).starts_with(infinity)) {
            text.remove_prefix(sign + infinity.size());
            return sign ? -HUGE_VAL : HUGE_VAL;
        }
    for (const std::string_view nan : {".nan", ".NaN", ".NAN"})
        if (text.starts_with(nan)) {
            text.remove_prefix(nan.size());
            return std::nan("");
        }
    if (text.size() == sign || !(std::isdigit(static_cast<unsigned char>(text[sign])) || text[sign] == '.'))
        return std::nullopt;                    // from_chars would take "inf" and "nan", which are words in YAML
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

struct UnitName {
    std::string_view name;
    Unit unit;
    double scale;                               ///< to the key's unit
};
constexpr std::array unit_names{
    UnitName{"ns", Unit::ms, 1e-6}, UnitName{"us", Unit::ms, 1e-3}, UnitName{"µs", Unit::ms, 1e-3}, UnitName{"μs", Unit::ms, 1e-3},
    UnitName{"ms", Unit::ms, 1},    UnitName{"s", Unit::ms, 1e3},   UnitName{"min", Unit::ms, 6e4}, UnitName{"h", Unit::ms, 3.6e6},
    UnitName{"uV", Unit::mV, 1e-3}, UnitName{"µV", Unit::mV, 1e-3}, UnitName{"mV", Unit::mV, 1},    UnitName{"V", Unit::mV, 1e3},
    UnitName{"uV", Unit::V, 1e-6},  UnitName{"µV", Unit::V, 1e-6},  UnitName{"mV", Unit::V, 1e-3},  UnitName{"V", Unit::V, 1},
    UnitName{"pA", Unit::nA, 1e-3}, UnitName{"nA", Unit::nA, 1},    UnitName{"uA", Unit::nA, 1e3},  UnitName{"µA", Unit::nA, 1e3},
    UnitName{"mA", Unit::nA, 1e6},  UnitName{"pF", Unit::nF, 1e-3}, UnitName{"nF", Unit::nF, 1},    UnitName{"uF", Unit::nF, 1e3},
    UnitName{"µF", Unit::nF, 1e3},  UnitName{"pS", Unit::uS, 1e-6}, UnitName{"nS", Unit::uS, 1e-3}, UnitName{"uS", Unit::uS, 1},
    UnitName{"µS", Unit::uS, 1},    UnitName{"mS", Unit::uS, 1e3},  UnitName{"pS", Unit::nS, 1e-3}, UnitName{"nS", Unit::nS, 1},
    UnitName{"uS", Unit::nS, 1e3},  UnitName{"µS", Unit::nS, 1e3},  UnitName{"mS", Unit::nS, 1e6},  UnitName{"mHz", Unit::Hz, 1e-3},
    UnitName{"Hz", Unit::Hz, 1},    UnitName{"kHz", Unit::Hz, 1e3}, UnitName{"MHz", Unit::Hz, 1e6},
};

}   // namespace

std::string_view name_of(Unit unit)
{
    constexpr std::array<std::string_view, 9> names{"", "ms", "mV", "V", "nA", "nF", "µS", "nS", "Hz"};
    return names[static_cast<std::size_t>(unit)];
}

std::string_view kind_of(Unit unit)
{
    constexpr std::array<std::string_view, 9> kinds{"a number",      "a time",        "a voltage",     "a voltage", "a current",
                                                    "a capacitance", "a conductance", "a conductance", "a rate"};
    return kinds[static_cast<std::size_t>(unit)];
}

std::optional<double> number(const Yaml& node)
{
    if (!node.is(Yaml::Kind::scalar) || node.quoted)
        return std::nullopt;
    std::string_view rest = node.text;
    const auto value = leading_number(rest);
    return rest.empty() ? value : std::nullopt;
}

std::optional<std::uint64_t> whole_number(const Yaml& node)
{
    if (!node.is(Yaml::Kind::scalar) || node.quoted)
        return std::nullopt;
    std::uint64_t whole = 0;
    const char* const end = node.text.data() + node.text.size();
    if (const auto [stop, error] = std::from_chars(node.text.data(), end, whole); error == std::errc() && stop == end)
        return whole;
    // 1e8 and 10.0 are whole numbers too
    if (const auto value = number(node); value && *value >= 0 && *value <= 9e15 && *value == std::floor(*value))
        return static_cast<std::uint64_t>(*value);
    return std::nullopt;
}

std::optional<bool> boolean(const Yaml& node)
{
    if (!node.is(Yaml::Kind::scalar) || node.quoted)
        return std::nullopt;
    std::string word = node.text;
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word == "true" || word == "yes" || word == "on")
        return true;
    if (word == "false" || word == "no" || word == "off")
        return false;
    return std::nullopt;
}

std::optional<double> quantity(const Yaml& node, Unit unit)
{
    if (!node.is(Yaml::Kind::scalar))
        return std::nullopt;
    std::string_view rest = node.text;
    const auto value = leading_number(rest);
    if (!value)
        return std::nullopt;
    if (rest.empty())
        return node.quoted ? std::nullopt : value;
    while (rest.starts_with(' '))
        rest.remove_prefix(1);
    for (const auto& [name, of, scale] : unit_names)
        if (of == unit && name == rest)
            return scale < 1 ? *value / std::round(1 / scale) : *value * scale;     // 100 us is 0.1 ms to the last bit
    return std::nullopt;
}

std::string closest(std::string_view word, const std::vector<std::string>& known)
{
    const auto lower = [](std::string_view text) {
        std::string result(text);
        std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return result;
    };
    // Optimal string alignment distance; case counts for nothing.
    const auto distance = [](const std::string& a, const std::string& b) {
        std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
        for (std::size_t i = 0; i <= a.size(); ++i)
            for (std::size_t j = 0; j <= b.size(); ++j) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        return d[a.size()][b.size()];
    };
    std::string best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 2) + 1;
    for (const auto& candidate : known) {
        auto away = distance(lower(word), lower(candidate));
        if (candidate.size() > 2 && word.size() > 2 && (lower(candidate).starts_with(lower(word)) || lower(word).starts_with(lower(candidate))))
            away = std::min<std::size_t>(away, 2);      // a beginning is as good as a slip
        if (away < least) {
            least = away;
            best = candidate;
        }
    }
    return best;
}

}   // namespace bss
