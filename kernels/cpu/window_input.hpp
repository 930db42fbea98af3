/// Synaptic input of a chip in the steps of a window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "membrane_block.hpp"

namespace bss {

/// Accumulators [step][input][slot] in quanta. Between windows all are zero, so that chips can share them, one after the other.
class WindowInput {
public:
    static constexpr int longest_window = 64;

    /// For windows of at most `steps` steps and chips of at most `slots` slots.
    WindowInput(int steps, int slots) : quanta_(static_cast<std::size_t>(2 * steps) * static_cast<std::size_t>(slots / lanes)) {}

    /// A window of a chip with that many slots begins.
    void begin(int slots)
    {
        rows_ = quanta_.data();
        rows_of_input_ = slots / lanes;
        first_step_ = 0;
    }
    /// A window of a single step, whose accumulators [input][slot] stand elsewhere and hold something.
    void lend(QuantaRow* rows)
    {
        rows_ = rows;
        filled_ |= 1;
    }
    /// Accumulators [slot] of an input, in a step that is counted from the first one that was not integrated yet. There is input then.
    std::int32_t* at(int step, int input)
    {
        filled_ |= std::uint64_t{1} << step;
        return reinterpret_cast<std::int32_t*>(row(step, input));
    }
    /// What acts on an input in that first step, [slot].
    std::span<const std::int32_t> arrived(int input) { return {reinterpret_cast<const std::int32_t*>(row(0, input)), static_cast<std::size_t>(rows_of_input_) * lanes}; }

    /// For Membranes, which reads some steps and leaves zeros.
    QuantaRow* rows() { return row(0, 0); }
    std::ptrdiff_t rows_of_input() const { return rows_of_input_; }
    std::uint64_t filled() const { return filled_; }
    void pass(int steps)
    {
        first_step_ += steps;
        filled_ = steps < 64 ? filled_ >> steps : 0;
    }

private:
    QuantaRow* row(int step, int input) { return rows_ + (2 * (first_step_ + step) + input) * rows_of_input_; }

    std::vector<QuantaRow> quanta_;
    QuantaRow* rows_ = nullptr;             ///< quanta_, or what was lent
    std::ptrdiff_t rows_of_input_ = 0;
    int first_step_ = 0;                    ///< of the window: the first one that was not integrated yet
    std::uint64_t filled_ = 0;              ///< bit by bit: steps from there on that have input
};

}   // namespace bss
