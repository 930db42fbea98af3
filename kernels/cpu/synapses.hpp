/// The synapses of one chip on a CPU, listed by what fires them.
///
/// On the chip an event asks all 256 synapses of a row, and those with its address answer. In real networks these are two or three, so that
/// a list of the answers, made once, is several times quicker than asking (benchmarks/row_event.cpp). Sums are integers: order never matters.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include "kernels/model/short_term_plasticity.hpp"
#include "kernels/program.hpp"

namespace bss {

/// What an event fires on a chip: a list of its Synapses.
struct SynapseList {
    std::uint32_t place = ~0u;

    constexpr std::uint32_t first() const { return place >> 8; }    ///< word
    constexpr std::uint32_t lines() const { return place & 255; }   ///< of the cache that it lies in
    auto operator<=>(const SynapseList&) const = default;
};
inline constexpr SynapseList no_list;

/// Which list an event with a 6-bit address fires that comes over a route.
struct RouteLists {
    std::uint32_t route = 0;                ///< into Program::routes
    std::array<SynapseList, L1Address::count> lists{};  ///< [address]; no_list: no row listens to it
};

class Synapses {
public:
    // A list is made of segments: a header with the numbers of rows that accept the event, whether a synapse answers or not, and of synapses that do; with
    // plasticity the state that they share; then the synapses, quanta in the upper 18 bits, input and slot in the lower 14.
    static constexpr int count_bits = 20;                   // less than 2^10 rows (ChipProgram::rows) of 256 synapses
    static constexpr std::uint32_t more_bit = 1u << 31, plastic_bit = 1u << 30, rows_mask = (1u << (30 - count_bits)) - 1, count_mask = (1u << count_bits) - 1;
    static constexpr std::uint32_t group = 4;               // some synapses that add nothing fill the last group: few lists have more than one, whose end the processor foresees
    static constexpr int slot_bits = 14;                    // two inputs, at most 16 slots a denmem (membranes.hpp)
    static constexpr std::uint32_t slot_mask = (1u << slot_bits) - 1;

    /// @param routes  those to the chip, into Program::routes
    /// @param slots  Membranes' slot of each of the chip's denmems, parallel to ChipProgram::denmems
    /// @param slot_count  Membranes' slots
    /// @param memory  for the lists
    Synapses(const Program& program, std::uint32_t chip, std::span<const std::uint32_t> routes, std::span<const int> slots, int slot_count,
             std::pmr::memory_resource* memory = std::pmr::get_default_resource());

    /// What its routes fire, in their order. Whoever wants to know takes it along.
    std::vector<RouteLists> take_routes() { return std::move(routes_); }
    /// All lists; for whoever delivers by himself.
    std::vector<std::uint32_t> all_words() const { return {words(), words() + lines_.size() * words_of_line}; }

    /// Adds the conductances of a list to the accumulators [input][slot]. Events must come in order of time where drivers are plastic.
    void deliver(SynapseList list, double time_s, std::int32_t* sums)
    {
        const std::uint32_t* word = words() + list.first();
        for (;;) {
            const std::uint32_t header = *word++, count = header & count_mask;
            row_events_ += header >> count_bits & rows_mask;
            synaptic_events_ += count;
            if (header & plastic_bit) [[unlikely]]
                word = deliver_plastic(word, count, time_s, sums);
            else
                for (const std::uint32_t* const end = word + count; word < end; word += group)
                    for (std::uint32_t k = 0; k < group; ++k)
                        sums[word[k] & slot_mask] += static_cast<std::int32_t>(word[k] >> slot_bits);
            if (!(header & more_bit))
                return;
        }
    }
    /// Starts loading what deliver() will want soon.
    void prefetch(SynapseList list) const
    {
        const Line* const line = lines_.data() + list.first() / words_of_line;
        for (std::uint32_t k = 0; k < list.lines(); ++k)
            __builtin_prefetch(line + k);
    }

    /// Goes on from the plasticity and the counts of `before`: the same drivers with other weights.
    void take_over(const Synapses& before)
    {
        if (states_.size() == before.states_.size())
            states_ = before.states_;
        row_events_ = before.row_events_;
        synaptic_events_ = before.synaptic_events_;
    }

    std::int64_t row_events() const { return row_events_; }
    std::int64_t synaptic_events() const { return synaptic_events_; }

private:
    static constexpr std::uint32_t words_of_line = 16;
    struct alignas(64) Line {
        std::uint32_t words[words_of_line];
    };
    const std::uint32_t* words() const { return lines_.data()->words; }

    void list_route(const Program& program, std::uint32_t route, std::span<const std::uint32_t> slot_of_denmem, std::uint32_t slot_count, std::vector<std::uint32_t>& words);
    const std::uint32_t* deliver_plastic(const std::uint32_t* word, std::uint32_t count, double time_s, std::int32_t* sums);

    std::vector<RouteLists> routes_;
    std::pmr::vector<Line> lines_;                               ///< of the lists
    std::vector<StpCircuit> plastic_drivers_;
    std::vector<StpState> states_;                          ///< [plastic driver][address]
    std::int64_t row_events_ = 0, synaptic_events_ = 0;
};

}   // namespace bss
