#include "hicann_config.hpp"

#include <algorithm>

namespace bss {

StdpConfig::StdpConfig()
{
    for (int w = 0; w < 16; ++w) {
        lut_causal[w] = static_cast<std::uint8_t>(std::min(w + 1, 15));
        lut_acausal[w] = static_cast<std::uint8_t>(std::max(w - 1, 0));
        lut_combined[w] = static_cast<std::uint8_t>(w);
    }
}

namespace {

/// Denmem on the other side of the vertical quad border of `d` in its row: even columns look left, odd ones right.
std::optional<Denmem> across_border(Denmem d)
{
    const int x = d.x() + (d.x() % 2 == 0 ? -1 : 1);
    return x < 0 || x >= Column::count ? std::nullopt : std::optional(Denmem(Column(x), d.half()));
}

}   // namespace

std::vector<Denmem> joined_denmems(const HicannConfig& config, Denmem start)
{
    std::vector<Denmem> found{start};
    std::bitset<Denmem::count> seen;
    seen.set(start.value());
    const auto visit = [&](Denmem d) {
        if (!seen.test(d.value())) {
            seen.set(d.value());
            found.push_back(d);
        }
    };
    for (std::size_t k = 0; k < found.size(); ++k) {
        const Denmem d = found[k];
        const QuadConfig& quad = config.quads[d.quad().value()];
        if (quad.join_row[static_cast<int>(d.half())])
            visit(Denmem(Column(d.x() ^ 1), d.half()));
        if (quad.join_column[d.x() % 2])
            visit(Denmem(d.column(), d.half() == Half::top ? Half::bottom : Half::top));
        if (const auto other = across_border(d); other && (config.denmems[d.value()].enable_fire_input || config.denmems[other->value()].enable_fire_input))
            visit(*other);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<Compound> compounds(const HicannConfig& config)
{
    std::vector<Compound> result;
    for (const Denmem d : all<Denmem>())
        if (config.denmems[d.value()].activate_firing)
            result.push_back({d, joined_denmems(config, d)});
    std::sort(result.begin(), result.end(), [](const Compound& a, const Compound& b) { return a.denmems.front() < b.denmems.front(); });
    return result;
}

}   // namespace bss
