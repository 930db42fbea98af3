/// What a change in the middle of a run (Engine::change) means on every backend.
#pragma once

#include <cstdint>

#include "model/tsodyks_markram.hpp"
#include "program.hpp"

namespace bss {

/// State of one program must mean something in the other: the same neurons, ways and lines. @throws InputError where it does not
void require_same_shape(const Program& before, const Program& after);
/// @throws InputError: other rows than before listen to an event, which may be on its way
[[noreturn]] void refuse_other_rows();

/// The state of `before` under the parameters of `after`.
inline TsodyksMarkramState with_state_of(TsodyksMarkramState before, const TsodyksMarkramState& after)
{
    before.parameters = after.parameters;
    return before;
}

}   // namespace bss
