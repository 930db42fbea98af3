/// All chips of a program on the cores of one machine.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "chip.hpp"
#include "ideal_input.hpp"
#include "ideal_senders.hpp"
#include "kernels/engine.hpp"

namespace bss {

/// Each thread owns some chips. A window has one barrier: a thread works out which of the last window's events reach its chips and when, then runs
/// them through this one; nobody writes what others read.
class CpuEngine : public Engine {
public:
    CpuEngine(Program program, Stimulus stimulus, int threads);

    void advance(std::int64_t steps) override;
    std::int64_t now() const override { return now_; }
    Recording take_recording() override;
    Counters counters() const override;
    void restart(Program program, Stimulus stimulus) override;
    std::vector<std::vector<float>> present() const override;
    void change(Program program, Stimulus stimulus) override;
    std::string_view backend() const override { return "cpu"; }
    std::string_view simd() const override;
    int threads() const override { return threads_; }

private:
    struct Share {
        std::uint32_t first, last;          ///< chips [first, last) of a thread
    };
    /// What a thread has for itself.
    struct alignas(64) Workplace {
        Share share;
        WindowInput window;
        Arrivals arrivals;
        std::unique_ptr<IdealInput> ideal{};                    ///< none: no ideal synapses
        std::array<Outbox, 2> outbox{};                         ///< [turn] of the last window of that turn
    };
    void build();
    std::vector<Share> shares() const;
    void file_sent(Workplace& mine, std::int64_t earliest, int turn) const;
    void file_fired(Workplace& mine, int turn) const;
    void file_ideal(Workplace& mine, std::int64_t first, std::int64_t last, int turn) const;
    void take_over(const std::vector<std::unique_ptr<ChipRun>>& chips, std::vector<std::unique_ptr<Workplace>>& workplaces, const Program& was);
    void run(Workplace& mine, std::int64_t first, std::int64_t last, int turn);

    int asked_threads_;
    Program program_;
    Stimulus stimulus_;
    int threads_ = 1;
    std::vector<std::unique_ptr<ChipRun>> chips_;
    IdealSenders ideal_senders_;
    std::vector<std::unique_ptr<Workplace>> workplaces_;        ///< [thread]
    std::unique_ptr<Playback> playback_;
    std::vector<std::vector<InputEvent>> inputs_;       ///< [chip] host events that did not enter its mergers yet
    std::int64_t now_ = 0, taken_ = 0;
    int turn_ = 0;                                      ///< of the next window, see ChipRun::run
};

}   // namespace bss
