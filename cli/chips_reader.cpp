#include "chips_reader.hpp"

#include <charconv>

namespace bss {

namespace {

std::vector<Chip> region(const Yaml& node, const std::string& path, std::size_t wafers, Mistakes& mistakes)
{
    std::array<std::array<std::uint64_t, 2>, 2> bounds{{{0, 35}, {0, 15}}};
    const auto before = mistakes.count();
    for (const auto& [name, axis] : {std::pair("x", 0), std::pair("y", 1)}) {
        const auto* range = node.find(name);
        if (!range)
            continue;
        const auto most = bounds[axis][1];
        const auto where = fmt::format("{}.{}", path, name);
        if (!range->is(Yaml::Kind::list) || range->items.size() != 2) {
            mistakes.expected(*range, where, fmt::format("[first, last] within 0 to {}", most));
            continue;
        }
        for (std::size_t end = 0; end < 2; ++end)
            bounds[axis][end] = read_whole(range->items[end], where, 0, most, mistakes).value_or(bounds[axis][end]);
    }
    std::vector<Chip> chips;
    for (std::uint16_t wafer = 0; wafer < wafers; ++wafer)
        for (const auto hicann : all<Hicann>()) {
            const auto x = static_cast<std::uint64_t>(hicann.x()), y = static_cast<std::uint64_t>(hicann.y());
            if (x >= bounds[0][0] && x <= bounds[0][1] && y >= bounds[1][0] && y <= bounds[1][1])
                chips.push_back({wafer, hicann});
        }
    if (chips.empty() && mistakes.count() == before)
        mistakes.add(node, path,
                     fmt::format("expected a region with HICANNs, found none in x {}-{}, y {}-{}", bounds[0][0], bounds[0][1], bounds[1][0], bounds[1][1]));
    return chips;
}

template <class Number>
std::optional<Number> number(std::string_view text)
{
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}   // namespace

std::string on_wafer_expects(int count, const std::vector<std::uint64_t>& ids)
{
    const auto last = static_cast<std::uint64_t>(count - 1);
    return ids.size() == 1 ? whole_expects(0, last) : fmt::format("wafer/number, \"{}/{}\" for one", ids.front(), last);
}

std::optional<std::pair<std::uint16_t, int>> read_on_wafer(const Yaml& node, const std::string& path, int count, const std::vector<std::uint64_t>& ids, Mistakes& mistakes)
{
    const auto slash = node.text.find('/');
    if (ids.size() == 1 && slash == std::string::npos) {
        const auto value = read_whole(node, path, 0, static_cast<std::uint64_t>(count - 1), mistakes);
        return value ? std::optional(std::pair(std::uint16_t{0}, static_cast<int>(*value))) : std::nullopt;
    }
    if (node.is(Yaml::Kind::scalar) && slash != std::string::npos) {
        const std::string_view text = node.text;
        const auto wafer = number<std::uint64_t>(text.substr(0, slash));
        const auto value = number<int>(text.substr(slash + 1));
        const auto at = wafer ? std::find(ids.begin(), ids.end(), *wafer) : ids.end();
        if (at != ids.end() && value && *value >= 0 && *value < count)
            return std::pair(static_cast<std::uint16_t>(at - ids.begin()), *value);
    }
    mistakes.expected(node, path, on_wafer_expects(count, ids));
    return std::nullopt;
}

void read_chips(const Yaml& node, const std::string& path, const std::vector<std::uint64_t>& ids, std::vector<Chip>& target, Mistakes& mistakes)
{
    const auto before = mistakes.count();
    std::vector<Chip> chips;
    if (node.is_word("all")) {
        for (std::uint16_t wafer = 0; wafer < ids.size(); ++wafer)
            for (const auto hicann : all<Hicann>())
                chips.push_back({wafer, hicann});
    } else if (node.is(Yaml::Kind::list) && !node.items.empty()) {
        for (const auto& item : node.items)
            if (const auto chip = read_on_wafer(item, path, Hicann::count, ids, mistakes))
                chips.push_back({chip->first, Hicann(chip->second)});
        std::sort(chips.begin(), chips.end());
        chips.erase(std::unique(chips.begin(), chips.end()), chips.end());
    } else if (node.is(Yaml::Kind::map) && check_map(node, path, {"x", "y"}, mistakes)) {
        chips = region(node, path, ids.size(), mistakes);
    } else {
        mistakes.expected(node, path, chips_expect);
    }
    if (mistakes.count() == before)
        target = std::move(chips);
}

std::string chip_name(Chip chip, const std::vector<std::uint64_t>& ids)
{
    return ids.size() == 1 ? std::to_string(chip.hicann.value()) : fmt::format("{}/{}", ids[chip.wafer], chip.hicann.value());
}

}   // namespace bss
