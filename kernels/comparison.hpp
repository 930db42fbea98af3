/// Runs compared with ==: whether an engine does what another one did, and where they part.
#pragma once

#include <span>
#include <string>

#include "engine.hpp"

namespace bss {

/// Everything that comes out of a run.
struct RunOutput {
    Recording recording;
    Counters counters;
};

/// Advances piece by piece, and joins what each of them recorded.
RunOutput run_in_pieces(Engine& engine, std::span<const std::int64_t> pieces);

/// Where two runs differ first, kind by kind; empty where every bit is equal.
std::string difference(const RunOutput& found, const RunOutput& expected);

}   // namespace bss
