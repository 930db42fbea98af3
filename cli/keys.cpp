#include "keys.hpp"

#include <algorithm>
#include <charconv>

namespace bss {

std::string Range::expects(Unit unit) const
{
    std::string text(kind_of(unit));
    if (std::isfinite(low) && std::isfinite(high))
        text += open_low ? fmt::format(" > {} and <= {}", low, high) : fmt::format(" from {} to {}", low, high);
    else if (std::isfinite(low))
        text += fmt::format(" {} {}", open_low ? ">" : ">=", low);
    return unit == Unit::none ? text : fmt::format("{} ({})", text, name_of(unit));
}

std::optional<double> read_quantity(const Yaml& node, const std::string& path, Unit unit, const Range& range, Mistakes& mistakes)
{
    if (const auto value = quantity(node, unit); value && range.contains(*value))
        return value;
    mistakes.expected(node, path, range.expects(unit));
    return std::nullopt;
}

std::string whole_expects(std::uint64_t low, std::uint64_t high)
{
    return high == std::numeric_limits<std::uint64_t>::max() ? fmt::format("a whole number >= {}", low)
                                                             : fmt::format("a whole number from {} to {}", low, high);
}

std::optional<std::uint64_t> read_whole(const Yaml& node, const std::string& path, std::uint64_t low, std::uint64_t high, Mistakes& mistakes)
{
    if (const auto value = whole_number(node); value && *value >= low && *value <= high)
        return value;
    mistakes.expected(node, path, whole_expects(low, high));
    return std::nullopt;
}

std::optional<std::size_t> read_word(const Yaml& node, const std::string& path, const std::vector<std::string>& words, Mistakes& mistakes)
{
    if (node.is(Yaml::Kind::scalar)) {
        const auto word = std::find(words.begin(), words.end(), node.text);
        if (word != words.end())
            return static_cast<std::size_t>(word - words.begin());
        if (const auto near = closest(node.text, words); !near.empty()) {
            mistakes.add(node, path, fmt::format("expected one of {}, found {}; did you mean {}?", fmt::join(words, ", "), node.shown(), near));
            return std::nullopt;
        }
    }
    mistakes.expected(node, path, words.size() == 1 ? words.front() : fmt::format("one of {}", fmt::join(words, ", ")));
    return std::nullopt;
}

bool check_map(const Yaml& node, const std::string& path, const std::vector<std::string>& known, Mistakes& mistakes)
{
    if (node.is(Yaml::Kind::null))
        return true;
    if (!node.is(Yaml::Kind::map)) {
        mistakes.expected(node, path, known.empty() ? "an empty map" : fmt::format("a map with {}", fmt::join(known, ", ")));
        return false;
    }
    for (std::size_t k = 0; k < node.items.size(); k += 2)
        if (std::find(known.begin(), known.end(), node.items[k].text) == known.end()) {
            if (known.empty())
                mistakes.add(node.items[k], path + "." + node.items[k].text, "unknown key, nothing is expected here");
            else
                mistakes.unknown(node.items[k], path + "." + node.items[k].text, known);
        }
    return true;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> read_neurons(const Yaml& node, const std::string& path, std::uint32_t size, Mistakes& mistakes)
{
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    bool good = true;
    const auto read_one = [&](const Yaml& one) {
        std::uint64_t first = 0, last = 0;
        if (const auto single = whole_number(one)) {
            first = last = *single;
        } else if (const auto dash = one.text.find('-'); one.is(Yaml::Kind::scalar) && dash != std::string::npos) {
            const char* const text = one.text.data();
            const auto [end_first, error_first] = std::from_chars(text, text + dash, first);
            const auto [end_last, error_last] = std::from_chars(text + dash + 1, text + one.text.size(), last);
            if (error_first != std::errc() || error_last != std::errc() || end_first != text + dash || end_last != text + one.text.size())
                first = size;
        } else {
            first = size;
        }
        if (first >= size || last >= size || first > last) {
            mistakes.expected(one, path, fmt::format("neurons within 0-{} (\"first-last\", a number, or a list of them)", size - 1));
            good = false;
        } else {
            ranges.emplace_back(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
        }
    };
    if (node.is(Yaml::Kind::list) && !node.items.empty())
        for (const auto& item : node.items)
            read_one(item);
    else
        read_one(node);
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t k = 1; k < ranges.size() && good; ++k)
        if (ranges[k].first <= ranges[k - 1].second) {
            mistakes.add(node, path, fmt::format("expected every neuron once, found {} twice", ranges[k].first));
            good = false;
        }
    return good ? ranges : decltype(ranges)();
}

}   // namespace bss
