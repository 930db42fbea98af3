/// What the tests of the design rules look at: which rules are broken.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "wafer/design_rules.hpp"

namespace bss {

using Ids = std::set<std::string_view>;

inline std::string describe(const std::vector<Violation>& violations)
{
    std::string text;
    for (const Violation& v : violations)
        text += std::string(v.rule) + " (HICANN " + std::to_string(v.where.value()) + "): " + v.what + "\n";
    return text;
}

/// Ids of the rules that are broken.
inline Ids broken(const WaferConfig& config, const Defects& defects = {}, const Limits& limits = {})
{
    Ids ids;
    for (const Violation& v : check(config, defects, limits))
        ids.insert(v.rule);
    return ids;
}

}   // namespace bss
