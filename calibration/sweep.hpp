/// Sweeps as a tool: one cell or weight over any values, on a chip set up as one of the lab's protocols does, and what is seen.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol.hpp"

namespace bss {

/// Something that a sweep can look at.
struct Observable {
    std::string_view name, unit;
    std::string_view meaning;                       ///< one line, with the protocol that sets the chip up
    /// Everything but the swept cell.
    Setup (*prepare)(const Lab&);
    /// In the unit; NaN where nothing was seen.
    double (*observe)(const Lab&, const Setup&, Denmem, const BenchTrace&);
};
std::span<const Observable> observables();

/// The weight of the synapses that the stimulus fires: 0 to 15.
struct SynapseWeight {
    bool operator==(const SynapseWeight&) const = default;
};
/// What is swept: a cell of every denmem, one that blocks share, or the weight.
using Swept = std::variant<NeuronFg, SharedFg, SynapseWeight>;
/// By the name of the cell (I_gl, V_reset, …) or "weight"; nothing for another name.
std::optional<Swept> swept_by_name(std::string_view name);
/// All names, for messages.
std::vector<std::string> swept_names();

struct Observed {
    Denmem denmem;
    double value = 0;                               ///< DAC or weight
    int repetition = 0;
    double observed = 0;                            ///< NaN: nothing seen
};

/// Every value `repetitions` times, each written anew: all values once, then all again, as the lab does.
/// @return value by value, repetition by repetition, denmem by denmem as given
/// @param progress  told the finished fraction
std::vector<Observed> sweep(Lab& lab, Swept what, std::span<const double> values, int repetitions, const Observable& observable, std::span<const Denmem> denmems,
                            const std::function<void(double)>& progress = {});

}   // namespace bss
