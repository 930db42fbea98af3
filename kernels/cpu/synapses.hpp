/// The synapses of one chip on a CPU, listed by what fires them.
///
/// On the chip an event asks all 256 synapses of a row, and those with its address answer. In real networks these are two or three, so that
/// a list of the answers, made once, is several times quicker than asking (benchmarks/row_event.cpp). Sums are integers: order never matters.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/model/short_term_plasticity.hpp"
#include "kernels/program.hpp"

namespace bss {

/// A part of a chip's synapses; empty where nothing answers.
struct SynapseSegments {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

class Synapses {
public:
    /// @param slots  Membranes' slot of each of the chip's denmems, parallel to ChipProgram::denmems
    Synapses(const Program& program, std::uint32_t chip, std::span<const int> slots);

    /// What an event fires that comes over route number `own_route` of those to this chip.
    SynapseSegments fired_by(std::uint32_t own_route, L1Address address) const { return segments_of_[own_route * L1Address::count + static_cast<std::uint32_t>(address.value())]; }

    /// Adds their conductances to Membranes' accumulators of both synaptic inputs. Events must come in order of time where drivers are plastic.
    void deliver(SynapseSegments segments, L1Address address, double time_s, const std::array<std::int32_t*, 2>& inputs);

    /// Starts loading what deliver() will want soon: first the segments; once they are there, their synapses.
    void prefetch_segments(SynapseSegments segments) const;
    void prefetch_synapses(SynapseSegments segments) const;

    std::int64_t row_events() const { return row_events_; }
    std::int64_t synaptic_events() const { return synaptic_events_; }
    std::size_t bytes() const { return synapses_.size() * sizeof(std::uint32_t) + segments_.size() * sizeof(Segment) + segments_of_.size() * sizeof(SynapseSegments); }

private:
    /// Synapses that share their plasticity: all of a route and address without any, or those of one driver.
    struct Segment {
        std::uint32_t first = 0;            ///< into synapses_
        std::uint32_t excitatory = 0, inhibitory = 0;   ///< how many, one kind after the other
        std::uint16_t rows = 0;             ///< that accept such an event, whether a synapse answers or not
        std::int16_t plastic_driver = -1;
    };
    void list_route(const Program& program, const RouteProgram& route, const std::array<std::vector<std::uint32_t>, 2>& slot_of_column);

    std::vector<SynapseSegments> segments_of_;              ///< [own route][address]
    std::vector<Segment> segments_;
    std::vector<std::uint32_t> synapses_;                   ///< quanta in the upper 19 bits, slot in the lower 13
    std::vector<StpCircuit> plastic_drivers_;
    std::vector<std::array<StpState, L1Address::count>> states_;    ///< [plastic driver][address]
    std::int64_t row_events_ = 0, synaptic_events_ = 0;
};

}   // namespace bss
