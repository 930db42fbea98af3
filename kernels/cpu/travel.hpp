/// Many events' ways at once in the instruction set that the including unit is compiled for.
#pragma once

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/travel_arguments.hpp"
#include "kernels/model/delay.hpp"

namespace bss::model {

static void travel_all(const TravelArguments& a)
{
    for (int i = 0; i < a.count; i += width) {
        Real delay;
        std::memcpy(&delay, a.delay + i, sizeof delay);
        if (a.sigma > 0.0f) {
            Word to;
            std::memcpy(&to, a.to + i, sizeof to);
            WideWord c[4] = {widen(Word{} + a.from), widen(to), widen(Word{} + a.number), widen(Word{} + a.kind)};
            philox(c, a.key[0], a.key[1]);
            const Word words[4] = {narrow(c[0]), narrow(c[1]), narrow(c[2]), narrow(c[3])};
            delay = jittered_delay(delay, jitter_sum(words), same<Real>(a.sigma), same<Real>(a.shortest));
        }
        const Word steps = nearest_whole(delay + a.fraction);
        std::memcpy(a.delays + i, &delay, sizeof delay);
        std::memcpy(a.steps + i, &steps, sizeof steps);
    }
}

}   // namespace bss::model
