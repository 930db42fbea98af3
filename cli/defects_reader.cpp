#include "defects_reader.hpp"

namespace bss {

namespace {

std::vector<std::string> kind_names()
{
    std::vector<std::string> names;
    for (const auto& kind : defect_kinds())
        names.emplace_back(kind.name);
    return names;
}

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

}   // namespace

Defects read_listed_defects(const Yaml& node, const std::string& path, Mistakes& mistakes)
{
    Defects defects;
    if (!check_map(node, path, kind_names(), mistakes))
        return defects;
    for (const auto& kind : defect_kinds()) {
        const auto* value = node.find(kind.name);
        if (!value)
            continue;
        const auto below = fmt::format("{}.{}", path, kind.name);
        if (kind.on_wafer) {
            mark_list(*value, below, kind, Hicann(), defects, mistakes);
        } else if (!value->is(Yaml::Kind::map)) {
            mistakes.expected(*value, below, "a map from HICANN to a list of numbers");
        } else {
            for (std::size_t k = 0; k < value->items.size(); k += 2)
                if (const auto hicann = read_whole(value->items[k], below, 0, Hicann::count - 1, mistakes))
                    mark_list(value->items[k + 1], fmt::format("{}.{}", below, *hicann), kind, Hicann(static_cast<int>(*hicann)), defects, mistakes);
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
