#include "network_reader_parts.hpp"

#include <algorithm>
#include <cmath>

namespace bss {

namespace {

/// `{normal: {mu: 1, sigma: 0.1}}`, or its arguments in PyNN's order: `{normal: [1, 0.1]}`.
std::optional<ValueSpec> read_distribution(const Yaml& node, const std::string& path, Unit unit, const Range& range, Mistakes& mistakes)
{
    static const std::vector<std::string> kinds{"uniform", "normal", "normal_clipped"};
    if (!check_map(node, path, kinds, mistakes))
        return std::nullopt;
    if (node.items.size() != 2) {
        mistakes.add(node, path, fmt::format("expected one of {}, found {}", fmt::join(kinds, ", "), node.items.empty() ? "none" : "several"));
        return std::nullopt;
    }
    const auto& kind = node.items[0].text;
    const auto& arguments = node.items[1];
    const auto where = below(path, kind);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        return std::nullopt;
    const std::vector<std::string> names = kind == "uniform" ? std::vector<std::string>{"low", "high"}
                                         : kind == "normal"  ? std::vector<std::string>{"mu", "sigma"}
                                                             : std::vector<std::string>{"mu", "sigma", "low", "high"};
    if (arguments.is(Yaml::Kind::list) ? arguments.items.size() > names.size() : !arguments.is(Yaml::Kind::map)) {
        mistakes.expected(arguments, where, fmt::format("a map with {}", fmt::join(names, ", ")));
        return std::nullopt;
    }
    const auto before = mistakes.count();
    if (arguments.is(Yaml::Kind::map))
        check_map(arguments, where, names, mistakes);
    const auto argument = [&](std::size_t k, const Range& allowed, double standard) {
        const auto* value = arguments.is(Yaml::Kind::map) ? arguments.find(names[k]) : k < arguments.items.size() ? &arguments.items[k] : nullptr;
        if (!value) {
            if (std::isnan(standard))
                mistakes.missing(arguments, where, names[k], names[k]);
            return standard;
        }
        // A bound may be infinite: it is none, then.
        if (const auto bound = number(*value); !std::isnan(standard) && bound && std::isinf(*bound))
            return *bound;
        return read_quantity(*value, below(where, names[k]), unit, allowed, mistakes).value_or(0);
    };
    const double needed = std::nan("");
    ValueSpec spec;
    if (kind == "uniform") {
        const double low = argument(0, range.open_low ? Range{range.low, range.high} : range, needed), high = argument(1, range, needed);
        if (low > high)
            mistakes.add(arguments, where, fmt::format("expected low <= high, found {} > {}", low, high));
        spec = Uniform{low, high};
    } else if (kind == "normal") {
        const double mu = argument(0, range, needed), sigma = argument(1, not_negative, needed);
        spec = Normal{mu, sigma};
    } else {
        const double mu = argument(0, any_number, needed), sigma = argument(1, not_negative, needed);
        const double low = argument(2, any_number, -HUGE_VAL), high = argument(3, any_number, HUGE_VAL);
        // Redraws end only if the bounds hold a fair part of the distribution.
        const auto cumulative = [&](double x) { return sigma > 0 ? 0.5 * std::erfc(-(x - mu) / (sigma * std::sqrt(2.0))) : (x >= mu ? 1.0 : 0.0); };
        const bool reached = sigma > 0 ? cumulative(high) - cumulative(low) > 0.01 : low <= mu && mu <= high;
        if (mistakes.count() == before && !reached)
            mistakes.add(
                arguments, where,
                fmt::format("expected bounds that hold at least 1 % of the distribution, found mu {}, sigma {}, low {}, high {}", mu, sigma, low, high));
        spec = NormalClipped{mu, sigma, low, high};
    }
    return mistakes.count() == before ? std::optional(std::move(spec)) : std::nullopt;
}

}   // namespace

std::optional<ValueSpec> read_values(const Yaml& node, const std::string& path, Unit unit, const Range& range, Mistakes& mistakes)
{
    if (node.is(Yaml::Kind::map))
        return read_distribution(node, path, unit, range, mistakes);
    if (!node.is(Yaml::Kind::list)) {
        const auto value = read_quantity(node, path, unit, range, mistakes);
        return value ? std::optional<ValueSpec>(*value) : std::nullopt;
    }
    std::vector<double> values;
    values.reserve(node.items.size());
    for (const auto& item : node.items) {
        const auto value = read_quantity(item, path, unit, range, mistakes);
        if (!value)
            return std::nullopt;                // one bad value is enough to say
        values.push_back(*value);
    }
    return values;
}

}   // namespace bss
