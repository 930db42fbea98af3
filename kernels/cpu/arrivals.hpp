/// Events on their way to the chips of one thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/model/delay.hpp"
#include "kernels/program.hpp"
#include "kernels/sender.hpp"
#include "simd.hpp"
#include "synapses.hpp"

namespace bss {

/// An event that leaves a DNC merger.
struct SentEvent {
    double time_s = 0;                      ///< without the time it takes anyway, which is part of the route delay
    std::uint32_t net = 0;                  ///< into Program::nets
    L1Address address;
    Sender sender;
};

/// An event that acts on a chip.
struct Arrival {
    SynapseList list;
    std::uint16_t chip;                     ///< of the thread
    std::uint16_t step;                     ///< of the window
    float late;                             ///< steps after the grid point: when it really came, which only plasticity asks
};

/// Works out where an event goes and when it acts, and brings the events of a window in the order of the chips: each is then delivered at once.
class Arrivals {
public:
    /// @param first  of the thread's chips in Program::chips
    /// @param lists  [chip of the thread] what its routes fire
    Arrivals(const Program& program, std::uint32_t first, const std::vector<std::vector<RouteLists>>& lists);

    /// An event of the window before; on each chip it acts at the grid point nearest to its arrival, not before the step `earliest`, with which the next
    /// window begins.
    void file(const SentEvent& event, std::int64_t earliest);
    /// Starts loading what file() will want.
    void prefetch(const SentEvent& event) const
    {
        const std::uint32_t at = first_[key(event)];
        __builtin_prefetch(to_.data() + at, 0, 2);
        __builtin_prefetch(delays_.data() + at, 0, 2);
        __builtin_prefetch(lists_.data() + at, 0, 2);
    }

    /// Takes what is on its way in `before` from the step `now` on: the same routes to the same chips with other synapses.
    /// @throws InputError where they are not the same
    void take_over(const Arrivals& before, std::int64_t now);

    /// Gathers what acts in [first, last), once for each window, in order.
    void open(std::int64_t first, std::int64_t last);
    /// Of that, what acts on a chip of the thread; ascending by step, and by time within a step if the chip has plastic drivers.
    std::span<const Arrival> of(std::size_t chip) const { return std::span(sorted_).subspan(begin_[chip], begin_[chip + 1] - begin_[chip]); }

    /// Events that had to wait for the next step.
    std::int64_t delayed() const { return delayed_; }

private:
    static std::size_t key(const SentEvent& event) { return std::size_t{event.net} * L1Address::count + static_cast<std::size_t>(event.address.value()); }

    Simd simd_ = choose_simd();
    double timestep_s_;
    model::Jitter jitter_;
    std::uint32_t jitter_key_[2];
    std::vector<std::uint32_t> from_;       ///< [net] chip_address() of its merger

    // [net][address] -> places; the arrays run in parallel, with room for a register behind the last one.
    std::vector<std::uint32_t> first_;
    std::vector<std::uint32_t> to_;         ///< merger_address() there
    std::vector<float> delays_;             ///< steps
    std::vector<SynapseList> lists_;
    std::vector<std::uint16_t> chips_;      ///< of the thread

    std::vector<std::vector<Arrival>> ring_;    ///< [step mod size] what acts then
    std::vector<std::pair<std::int64_t, Arrival>> later_;   ///< beyond the ring: held up in crowded mergers
    std::vector<Arrival> sorted_;           ///< what acts in the window
    std::vector<std::uint32_t> begin_;      ///< [chip] into sorted_, and one more
    std::vector<bool> plastic_;             ///< [chip]
    std::int64_t delayed_ = 0;
};

}   // namespace bss
