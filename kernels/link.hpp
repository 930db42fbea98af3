/// Everything that can make an event wait or disappear: priority encoders and mergers on the chip, the FPGA's playback and the links off the wafer
/// (hardware.md §4.6, §5). All of them work event by event in order of time, so how a run is cut into windows cannot matter. The same text on every backend.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "model/number.hpp"
#include "wafer/coordinates.hpp"

namespace bss {

/// First come, first served, a fixed time an event.
class Queue {
public:
    static constexpr double unlimited = std::numeric_limits<double>::infinity();

    Queue() = default;
    /// @param service_s  time an event occupies the server
    /// @param longest_wait_s  an event that would wait longer is lost
    explicit Queue(double service_s, double longest_wait_s = unlimited) : service_s_(service_s), longest_wait_s_(longest_wait_s) {}
    /// A server with room for a number of waiting events.
    static Queue with_buffer(double service_s, int waiting) { return Queue(service_s, waiting * service_s); }

    /// An event arrives; times must not descend. @return when its service begins, nothing if it is lost
    BSS_HD_MEMBER std::optional<double> push(double time_s)
    {
        const double begin_s = std::max(time_s, free_s_);
        // Half a unit in the last place must not decide whether a full buffer takes one more event.
        if (begin_s - time_s > longest_wait_s_ + 1e-6 * service_s_)
            return std::nullopt;
        free_s_ = begin_s + service_s_;
        return begin_s;
    }

private:
    double service_s_ = 0, longest_wait_s_ = unlimited;
    double free_s_ = 0;
};

/// A spike that has left its wafer and is wanted on others.
struct RelayedSpike {
    double time_s;                          ///< when it left the link
    std::uint32_t first_relay, relay_count; ///< into Program::relays
    std::uint32_t number;                   ///< in its neuron's train
};

/// A spike that got through a priority encoder.
struct EncodedSpike {
    double time_s;                          ///< when its service began
    std::uint32_t neuron;                   ///< of the chip
    std::uint32_t number;                   ///< in the neuron's train
};

/// The priority encoder of a neuron block: 64 inputs, the smallest index goes first, and a neuron that fires again while it waits loses that
/// spike. An event that does not wait passes without delay: the time it takes anyway is part of the measured route delay.
class PriorityEncoder {
public:
    static constexpr int inputs = 64;

    PriorityEncoder() = default;
    explicit PriorityEncoder(double service_s) : service_s_(service_s) {}

    /// A neuron fires; times must not descend. What is served before goes to served.push_back(). @return false if the spike is lost
    template <class Served>
    BSS_HD_MEMBER bool push(int input, const EncodedSpike& spike, Served& served)
    {
        serve(spike.time_s, served);
        if (pending_ >> input & 1)
            return false;
        pending_ |= std::uint64_t{1} << input;
        spikes_[input] = spike;
        return true;
    }
    bool waiting() const { return pending_ != 0; }
    /// Serves all that can begin before `end_s`; appends to `served` in order of time.
    template <class Served>
    BSS_HD_MEMBER void serve(double end_s, Served& served)
    {
        while (pending_) {
            double earliest_s = std::numeric_limits<double>::infinity();
            for (std::uint64_t rest = pending_; rest; rest &= rest - 1)
                earliest_s = std::min(earliest_s, spikes_[model::lowest_bit(rest)].time_s);
            const double begin_s = std::max(free_s_, earliest_s);
            if (begin_s >= end_s)
                return;
            std::uint64_t waiting = pending_;
            while (spikes_[model::lowest_bit(waiting)].time_s > begin_s)
                waiting &= waiting - 1;
            const int input = model::lowest_bit(waiting);
            pending_ &= ~(std::uint64_t{1} << input);
            free_s_ = begin_s + service_s_;
            served.push_back({begin_s, spikes_[input].neuron, spikes_[input].number});
        }
    }

private:
    double service_s_ = 0, free_s_ = 0;
    std::uint64_t pending_ = 0;             ///< inputs that wait, bit by bit
    std::array<EncodedSpike, inputs> spikes_{}; ///< what waits there; time_s: when the neuron fired
};

/// Input of the denmem to its block's priority encoder: column within the block, then the row (order assumed).
constexpr int encoder_input(Denmem denmem) { return denmem.x() % 32 + 32 * static_cast<int>(denmem.half()); }

}   // namespace bss
