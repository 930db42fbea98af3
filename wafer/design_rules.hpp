/// What a legal configuration is: every rule of mapping.md §2 by its id.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "defects.hpp"
#include "imperfections.hpp"
#include "wafer_config.hpp"

namespace bss {

enum class Severity { information, warning, error };

/// Limits that a user may raise, and what switched-off imperfections allow.
struct Limits {
    int crossbar_limit = 1;             ///< closed crossbar switches a line (B4)
    int synapse_switch_limit = 1;       ///< closed synapse switches a V line (S3)
    int driver_chain_length = 3;        ///< D4
    int hop_limit = 0;                  ///< HICANN borders on the way of an event (B9); 0: no limit
    bool real_valued_dacs = false;      ///< parameter quantisation is off: DACs need not be integers in range (F1)
    bool real_valued_weights = false;   ///< weight quantisation is off (Y7)
};

struct Violation {
    std::string_view rule;              ///< "B4"
    Severity severity;
    Hicann where;
    std::string what;                   ///< one line: which component, what was found
};

struct RuleInfo {
    std::string_view id;
    Severity severity;
    std::string_view text;              ///< what the rule demands, one line
};

/// The rules in the order of mapping.md §2; docs/design-rules.md is printed from this.
std::span<const RuleInfo> design_rules();

/// Checks a whole wafer. Violations come in the order of the rules, then of the chips.
std::vector<Violation> check(const WaferConfig& config, const Defects& defects, const Limits& limits = {});

}   // namespace bss
