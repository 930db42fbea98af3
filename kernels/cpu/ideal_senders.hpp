/// Who sends over which ideal lines, and the spikes of sources among them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/model/delay.hpp"
#include "kernels/program.hpp"
#include "kernels/stimulus.hpp"

namespace bss {

class IdealSenders {
public:
    struct Lines {
        std::uint32_t first = 0, last = 0;          ///< into IdealFabric::lines
    };
    /// A spike that goes over some lines.
    struct Spike {
        Lines lines;
        std::int64_t step;                          ///< the grid point nearest to it
        double time_s;
    };

    IdealSenders() = default;
    IdealSenders(const Program& program, const Stimulus& stimulus);

    Lines of_neuron(std::uint32_t neuron) const { return of_neuron_[neuron]; }
    Spike spike(Lines lines, double time_s) const { return {lines, model::nearest_step(time_s, timestep_s_), time_s}; }
    bool any_source() const { return !senders_.empty(); }

    /// Takes the sources' spikes of the steps [first, last). @param fresh  [source] their times in that piece of time, ascending
    void gather(std::span<const std::vector<double>> fresh, std::int64_t first, std::int64_t last);
    /// Of what was gathered, the spikes of the steps [first, last): step by step, a source's own in order of time.
    std::span<const Spike> spikes(std::int64_t first, std::int64_t last) const;

private:
    double timestep_s_ = 1;
    std::vector<Lines> of_neuron_, of_source_;
    std::vector<std::uint32_t> senders_;            ///< sources with lines, ascending
    std::int64_t first_step_ = 0;
    std::vector<std::size_t> begin_;                ///< [step - first_step_] into spikes_, and one more
    std::vector<Spike> spikes_;
};

}   // namespace bss
