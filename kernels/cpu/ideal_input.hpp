/// Ideal synapses onto the chips of one thread: what they add, by the step in which it acts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/model/tsodyks_markram.hpp"
#include "kernels/program.hpp"
#include "ideal_senders.hpp"
#include "window_input.hpp"

namespace bss {

class ChipRun;

/// Sums are integers, so that their order never matters; what acts later waits in a ring with a row of accumulators for each step.
class IdealInput {
public:
    /// @param chips  the thread's, beginning with number `first` of the program
    IdealInput(const Program& program, std::uint32_t first, std::span<const std::unique_ptr<ChipRun>> chips);

    /// Adds the synapses of spikes' lines to the rows of the steps in which they act. A line's spikes must come in order of time.
    void file(std::span<const IdealSenders::Spike> spikes);

    /// Moves what acts at `step` on the thread's chip number `chip` into the window's accumulators, of which it is step `in_window`.
    /// Each step must be taken once, in order.
    void take(std::int64_t step, std::size_t chip, int in_window, WindowInput& window);
    /// Whether there may be something.
    bool anything_at(std::int64_t step) const { return step <= last_filed_; }

    /// Makes room for what waits in `before`, and goes on from its plasticity and counts: the same lines with other weights. Nothing was filed here yet.
    void take_over(const IdealInput& before);
    /// Steps that may wait at a time.
    std::int64_t steps() const { return static_cast<std::int64_t>(mask_) + 1; }
    /// What acts at `step` on a slot of the thread's chip number `chip`, quanta.
    std::int32_t waiting(std::int64_t step, std::size_t chip, int input, int slot) const
    {
        return anything_at(step) ? reinterpret_cast<const std::int32_t*>(ring_.data())[place(step, chip, input, slot)] : 0;
    }
    void add(std::int64_t step, std::size_t chip, int input, int slot, std::int32_t quanta)
    {
        last_filed_ = std::max(last_filed_, step);
        reinterpret_cast<std::int32_t*>(ring_.data())[place(step, chip, input, slot)] += quanta;
    }

    std::int64_t synapses(std::size_t line) const { return static_cast<std::int64_t>(first_[line + 1] - first_[line]); }
    std::int64_t synaptic_events() const { return events_; }

private:
    /// 8 bytes: a spike reads one after the other.
    struct Synapse {
        std::uint64_t further : 41;                 ///< accumulators from the beginning of the row of the spike's step on
        std::uint64_t quanta : 23;
    };
    struct Part {
        std::size_t first, slots;                   ///< of a chip within a row: excitatory slots, then inhibitory ones
    };
    void add_line(std::size_t line, std::int64_t step, double time_s);
    void prefetch(IdealSenders::Lines lines) const;
    QuantaRow* row_of(std::int64_t step) { return ring_.data() + (static_cast<std::size_t>(step) & mask_) * (width_ / lanes); }
    std::size_t place(std::int64_t step, std::size_t chip, int input, int slot) const
    {
        const Part& part = parts_[chip];
        return (static_cast<std::size_t>(step) & mask_) * width_ + part.first + static_cast<std::size_t>(input) * part.slots + static_cast<std::size_t>(slot);
    }

    std::vector<std::uint64_t> first_;              ///< [line], and one more
    std::vector<Synapse> synapses_;                 ///< of a line ascending by place
    std::vector<std::uint32_t> plastic_;            ///< [line] into states_; static_line: none. Empty: none at all
    std::vector<TsodyksMarkramState> states_;
    static constexpr std::uint32_t static_line = 0xffffffff;

    std::vector<Part> parts_;                       ///< [chip]
    std::size_t width_ = 0, mask_ = 0;
    std::vector<QuantaRow> ring_;                   ///< [step & mask_][accumulator]
    bool lends_ = false;                            ///< windows have one step: it reads the ring itself
    std::int64_t longest_ = 1;                      ///< delay, steps
    std::int64_t last_filed_ = -1;                  ///< beyond this step nothing waits
    std::int64_t events_ = 0;
};

}   // namespace bss
