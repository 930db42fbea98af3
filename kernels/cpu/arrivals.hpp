/// Events on their way to the chips of one thread.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
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
    float late;                             ///< steps after the grid point: when it really came, which only plasticity asks
    std::uint16_t chip;                     ///< of the thread
    std::uint16_t step;                     ///< modulo 2^16

    /// In which step of a window that begins with `first`, or after it.
    int since(std::int64_t first) const { return static_cast<std::uint16_t>(step - static_cast<std::uint16_t>(first)); }
};

/// Works out where an event goes and when it acts, and keeps it by window and chip: what acts in a window on a chip is then delivered at once.
/// Windows do not reach over multiples of Program::window_steps.
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
        constexpr std::uint32_t of_line = 64 / sizeof(std::uint32_t);
        const SynapseList* const lists = lists_of(event);
        for (std::uint32_t k = 0, first = first_[event.net]; k < places_of(event.net); k += of_line) {
            __builtin_prefetch(lists + k);
            __builtin_prefetch(to_.data() + first + k);
            __builtin_prefetch(delays_.data() + first + k);
        }
    }

    /// Takes what is on its way in `before` from the step `now` on: the same routes to the same chips with other synapses.
    /// @throws InputError where they are not the same
    void take_over(const Arrivals& before, std::int64_t now);

    /// Gathers what acts in [first, last), once for each window, in order.
    void open(std::int64_t first, std::int64_t last);
    /// Of that, what acts on a chip of the thread; ascending by time if the chip has plastic drivers. Until close().
    std::span<const Arrival> of(std::size_t chip) const { return open_ == nullptr ? std::span<const Arrival>() : std::as_const(*open_).of(chip); }
    void close();

    /// Events that had to wait for the next step.
    std::int64_t delayed() const { return delayed_; }

private:
    /// What acts in a window of the wafer, by chip. Nothing has to be sorted: an event's places are on many chips anyway.
    struct Waiting {
        std::vector<Arrival> arrivals;      ///< [chip][room]
        std::vector<std::uint32_t> count;   ///< [chip]
        std::uint32_t room = 0;             ///< for each chip

        void add(const Arrival& arrival)
        {
            const std::uint32_t at = count[arrival.chip];
            if (at == room) [[unlikely]]
                make_room();
            arrivals[std::size_t{arrival.chip} * room + at] = arrival;
            count[arrival.chip] = at + 1;
        }
        void make_room();
        std::span<Arrival> of(std::size_t chip) { return std::span(arrivals).subspan(chip * room, count[chip]); }
        std::span<const Arrival> of(std::size_t chip) const { return std::span(arrivals).subspan(chip * room, count[chip]); }
    };

    std::uint32_t places_of(std::uint32_t net) const { return first_[net + 1] - first_[net]; }
    const SynapseList* lists_of(const SentEvent& event) const
    {
        return lists_.data() + std::size_t{first_[event.net]} * L1Address::count + static_cast<std::size_t>(event.address.value()) * places_of(event.net);
    }
    Waiting& waiting_in(std::int64_t window) { return waiting_[static_cast<std::size_t>(window) & last_waiting_]; }
    void keep(std::int64_t step, const Arrival& arrival, std::int64_t window);

    Simd simd_ = choose_simd();
    double timestep_s_;
    std::int64_t window_steps_;
    model::Jitter jitter_;
    std::uint32_t jitter_key_[2];
    std::vector<std::uint32_t> from_;       ///< [net] chip_address() of its merger

    // [net] -> places; the arrays run in parallel, with room for a register behind the last one.
    std::vector<std::uint32_t> first_;
    std::vector<std::uint32_t> to_;         ///< merger_address() there
    std::vector<float> delays_;             ///< steps
    std::vector<std::uint16_t> chips_;      ///< of the thread
    std::vector<SynapseList> lists_;        ///< [net][address][place]

    std::vector<Waiting> waiting_;          ///< [window & last_waiting_]
    std::size_t last_waiting_ = 0;
    std::vector<std::uint16_t> windows_on_; ///< [step since the beginning of a window] how many windows later that is
    std::vector<std::pair<std::int64_t, Arrival>> later_;   ///< step; beyond those: held up in crowded mergers; or in the rest of a window
    Waiting* open_ = nullptr;               ///< the window at hand
    std::vector<bool> plastic_;             ///< [chip]
    std::int64_t delayed_ = 0;
};

}   // namespace bss
