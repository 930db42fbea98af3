/// A program and its state in device memory.
#pragma once

#include <memory>
#include <vector>

#include "kernels.hpp"
#include "kernels/program.hpp"
#include "runtime.hpp"

namespace bss::cuda {

/// Arrays that share one piece of device memory.
class Arena {
public:
    /// @param rows, per_row  elements; per_row may change with the room
    template <class T>
    void want(T*& array, std::size_t rows, std::size_t per_row = 1)
    {
        parts_.push_back({reinterpret_cast<void**>(const_cast<std::remove_const_t<T>**>(&array)), bytes_, rows, per_row * sizeof(T)});
        bytes_ += (rows * per_row * sizeof(T) + 255) / 256 * 256;
    }
    std::size_t bytes() const { return bytes_; }
    /// Points the arrays into `memory`.
    void place(const DeviceMemory& memory) const;
    /// Copies the rows of an arena of the same arrays with rows of other lengths.
    void copy_rows(const DeviceMemory& to, const Arena& old, const DeviceMemory& from) const;

private:
    struct Part {
        void** array;
        std::size_t offset, rows, row_bytes;
    };
    std::vector<Part> parts_;
    std::size_t bytes_ = 0;
};

/// A chip as the host has read it.
struct ReadChip {
    ChipParameters parameters;
    ChipState state;
};

class LoadedProgram {
public:
    /// Moves the synapses away from `program`. @throws RunError where it does not fit
    /// @param before  a program of the same shape, for whose state there is room; none: nothing runs yet
    LoadedProgram(Program& program, const Piece* piece, Report* report, const LoadedProgram* before = nullptr);
    LoadedProgram(LoadedProgram&&) = delete;

    const Machine& machine() const { return machine_; }
    const Needs& needs() const { return needs_; }
    /// Chips hear others: they must wait for each other after each window.
    bool exchanges() const { return exchanges_; }

    /// Keeps the state as it is now, to go back to.
    void back_up(cudaStream_t stream);
    /// Goes back to it, with room for what is needed.
    void restore(const Room& needed, cudaStream_t stream);
    Counters counters(const Program& program, std::int64_t steps) const;
    std::unique_ptr<ReadChip> read_chip(std::size_t chip) const;
    /// Goes on from the state of `before` at a step. @param program_before, program  what they were loaded from. @throws InputError where other rows listen
    void take_over(const LoadedProgram& before, const Program& program_before, const Program& program, std::int64_t now);

private:
    void want_state();
    void want_scratch();
    void place();
    void take_over_arrivals(const LoadedProgram& before, const Program& program, std::int64_t now);
    void take_over_plasticity(const LoadedProgram& before, const Program& program_before, const Program& program);
    void take_over_membranes(const LoadedProgram& before, const Program& program, std::int64_t now);

    Machine machine_{};
    Needs needs_;
    bool exchanges_ = false;
    std::size_t plastic_drivers_ = 0, ideal_plastic_ = 0, ideal_rows_ = 0;
    Arena constant_arrays_, state_arrays_, scratch_arrays_;
    DeviceMemory constants_, state_, backup_, scratch_;
};

}   // namespace bss::cuda
