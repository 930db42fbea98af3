#include "defects_reader.hpp"

#include "chips_reader.hpp"

namespace bss {

namespace {

std::vector<std::string> kind_names()
{
    std::vector<std::string> names;
    for (const auto& kind : defect_kinds())
        names.emplace_back(kind.name);
    return names;
}

/// A list of numbers within a HICANN.
void mark_list(const Yaml& list, const std::string& path, const DefectKind& kind, Hicann hicann, Defects& defects, Mistakes& mistakes)
{
    if (!list.is(Yaml::Kind::list)) {
        mistakes.expected(list, path, fmt::format("a list of numbers from 0 to {}", kind.count - 1));
        return;
    }
    for (const auto& item : list.items)
        if (const auto index = read_whole(item, path, 0, static_cast<std::uint64_t>(kind.count - 1), mistakes))
            kind.mark(defects, hicann, static_cast<int>(*index));
}

/// A list of enums on wafers.
void mark_on_wafers(const Yaml& list, const std::string& path, const DefectKind& kind, const std::vector<std::uint64_t>& ids, std::vector<Defects>& defects, Mistakes& mistakes)
{
    if (!list.is(Yaml::Kind::list)) {
        mistakes.expected(list, path, fmt::format("a list of {}", ids.size() == 1 ? fmt::format("numbers from 0 to {}", kind.count - 1) : on_wafer_expects(kind.count, ids)));
        return;
    }
    for (const auto& item : list.items)
        if (const auto at = read_on_wafer(item, path, kind.count, ids, mistakes))
            kind.mark(defects[at->first], Hicann(), at->second);
}

}   // namespace

std::vector<Defects> read_listed_defects(const Yaml& node, const std::string& path, const std::vector<std::uint64_t>& ids, Mistakes& mistakes)
{
    std::vector<Defects> defects(ids.size());
    if (!check_map(node, path, kind_names(), mistakes))
        return defects;
    for (const auto& kind : defect_kinds()) {
        const auto* value = node.find(kind.name);
        if (!value)
            continue;
        const auto below = fmt::format("{}.{}", path, kind.name);
        if (kind.on_wafer) {
            mark_on_wafers(*value, below, kind, ids, defects, mistakes);
        } else if (!value->is(Yaml::Kind::map)) {
            mistakes.expected(*value, below, "a map from HICANN to a list of numbers");
        } else {
            for (std::size_t k = 0; k < value->items.size(); k += 2)
                if (const auto chip = read_on_wafer(value->items[k], below, Hicann::count, ids, mistakes))
                    mark_list(value->items[k + 1], fmt::format("{}.{}", below, value->items[k].text), kind, Hicann(chip->second), defects[chip->first], mistakes);
        }
    }
    return defects;
}

std::map<std::string, double> read_random_defects(const Yaml& node, const std::string& path, Mistakes& mistakes)
{
    std::map<std::string, double> fractions;
    if (check_map(node, path, kind_names(), mistakes))
        for (const auto& kind : defect_kinds())
            if (const auto* value = node.find(kind.name))
                if (const auto fraction = read_quantity(*value, fmt::format("{}.{}", path, kind.name), Unit::none, Range{0, 1}, mistakes))
                    fractions[std::string(kind.name)] = *fraction;
    return fractions;
}

}   // namespace bss
