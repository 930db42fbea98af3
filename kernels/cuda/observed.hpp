/// What traces show of a chip's neurons: the same for a kernel, of its block's memory, and for the host, of a state that it has read.
#pragma once

#include "kernels/model/observables.hpp"
#include "layout.hpp"

namespace bss::cuda {

/// @param denmem, membrane  of all threads, as in ChipState
/// @param arrived  [input * threads + thread] what acts at this very moment, in quanta; null: nothing
BSS_HD float observed(Variable variable, const ChipParameters& p, std::uint32_t neuron, const float4* denmem, const float4* membrane, const std::int32_t* arrived)
{
    const std::uint32_t first = p.first[neuron], apart = p.apart[neuron], last = first + p.count[neuron] * apart;
    double sum = 0;
    switch (variable) {
    case Variable::v: return model::volt(p.threshold_volt[neuron], membrane[neuron].x);
    case Variable::w:
        for (std::uint32_t k = first; k < last; k += apart)
            sum += model::adaptation_part(denmem[k].z, p.gain[k], membrane[neuron].y, denmem[k].w);
        return static_cast<float>(sum / p.scale[neuron]);
    default:
        const int input = variable == Variable::gsyn_inh;
        for (std::uint32_t k = first; k < last; k += apart) {
            sum += input ? denmem[k].y : denmem[k].x;
            if (arrived != nullptr)
                sum += arrived[input * threads + k];
        }
        return static_cast<float>(sum * p.quantum_siemens[input][neuron]);
    }
}

}   // namespace bss::cuda
