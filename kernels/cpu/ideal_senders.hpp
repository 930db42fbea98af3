/// Who sends over which ideal lines, and the spikes of sources among them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/program.hpp"
#include "kernels/stimulus.hpp"

namespace bss {

class IdealSenders {
public:
    struct Lines {
        std::uint32_t first = 0, last = 0;          ///< into IdealFabric::lines
    };
    struct HostSpike {
        std::uint32_t source;                       ///< into Stimulus::sources
        double time_s;
    };

    IdealSenders() = default;
    IdealSenders(const Program& program, const Stimulus& stimulus);

    Lines of_neuron(std::uint32_t neuron) const { return of_neuron_[neuron]; }
    Lines of_source(std::uint32_t source) const { return of_source_[source]; }
    bool any_source() const { return !senders_.empty(); }

    /// Takes the sources' spikes of the steps [first, last). @param fresh  [source] their times in that piece of time, ascending
    void gather(std::span<const std::vector<double>> fresh, std::int64_t first, std::int64_t last);
    /// Of what was gathered, the spikes of the steps [first, last): step by step, a source's own in order of time.
    std::span<const HostSpike> spikes(std::int64_t first, std::int64_t last) const;

private:
    double timestep_s_ = 1;
    std::vector<Lines> of_neuron_, of_source_;
    std::vector<std::uint32_t> senders_;            ///< sources with lines, ascending
    std::int64_t first_step_ = 0;
    std::vector<std::size_t> begin_;                ///< [step - first_step_] into spikes_, and one more
    std::vector<HostSpike> spikes_;
};

}   // namespace bss
