/// Which parts of the neuron circuit a cell uses: the same rules for the chip and for the ideal fabric.
#pragma once

#include <string_view>

#include "network.hpp"

namespace bss {

struct CellModel {
    bool exponential = false;                   ///< an upstroke of its own; otherwise a spike is the crossing of the threshold
    std::string_view threshold = "v_thresh";    ///< PyNN's name of the potential at which a spike is detected
    double a_ns = 0, b_na = 0;                  ///< adaptation; both 0: none
    bool adaptive() const { return a_ns != 0.0 || b_na != 0.0; }
};

inline CellModel model_of(const Population& population, std::size_t neuron)
{
    if (population.cell != CellType::EIF_cond_exp_isfa_ista)
        return {};
    const auto value = [&](std::string_view name) { return value_of(population, name, neuron); };
    const bool exponential = value("delta_T") != 0.0;
    return {exponential, exponential || value("v_spike") < value("v_thresh") ? "v_spike" : "v_thresh", value("a"), value("b")};
}

}   // namespace bss
