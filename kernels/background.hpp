/// Background generators that send spikes (hardware.md §4.5).
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "wafer/hicann_config.hpp"

namespace bss {

/// Clocks of the events in one period of the random generator, 65 535 clocks, from its seed on. A shift register (taps 15, 13, 12, 10)
/// steps every clock; an event comes when it exceeds `period` and did not a clock before.
inline std::vector<std::uint32_t> random_background_clocks(std::uint16_t seed, std::uint16_t period)
{
    constexpr std::uint32_t cycle = 65535;
    std::vector<std::uint32_t> clocks;
    std::uint16_t state = seed;
    bool above = state > period;
    for (std::uint32_t clock = 1; clock <= cycle; ++clock) {
        const int bit = (state >> 15 ^ state >> 13 ^ state >> 12 ^ state >> 10) & 1;
        state = static_cast<std::uint16_t>(state << 1 | bit);
        const bool was_above = above;
        above = state > period;
        if (above && !was_above)
            clocks.push_back(clock);
    }
    return clocks;
}

/// The events of one generator, in order.
class BackgroundTrain {
public:
    BackgroundTrain(const BackgroundConfig& config, double pll_hz)
        : pll_hz_(pll_hz), cycle_(config.random ? 65535u : config.period + 1u),
          clocks_(config.random ? random_background_clocks(config.seed, config.period) : std::vector<std::uint32_t>{config.period + 1u})
    {
    }
    /// Time of the next event; infinite if none ever comes.
    double next_s() const
    {
        if (clocks_.empty())
            return std::numeric_limits<double>::infinity();
        return (static_cast<double>(count_ / clocks_.size()) * cycle_ + clocks_[count_ % clocks_.size()]) / pll_hz_;
    }
    std::uint32_t count() const { return static_cast<std::uint32_t>(count_); }
    void pop() { ++count_; }
    /// Leaves out what comes before `now_s`.
    void begin_at(double now_s)
    {
        while (next_s() < now_s)
            pop();
    }

private:
    double pll_hz_;
    std::uint32_t cycle_;
    std::vector<std::uint32_t> clocks_;         ///< of the events of one cycle
    std::uint64_t count_ = 0;
};

}   // namespace bss
