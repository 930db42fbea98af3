/// Input: the trains of the sources, and the playback that brings them to the chips.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "background.hpp"
#include "barrier.hpp"
#include "link.hpp"
#include "program.hpp"
#include "stimulus.hpp"

namespace bss {

/// Spikes of one source, in order, a piece of time at a time.
class Train {
public:
    /// @param trial  seed of Poisson trains
    Train(const SpikeSource& source, std::uint64_t trial);
    /// Appends the spikes before `end_s` that were not taken yet.
    void take(double end_s, std::vector<double>& times_s);
    std::uint32_t taken() const { return taken_; }
    /// Goes on where another train of the same source is.
    void take_over(const Train& before);
    /// Leaves out what comes before `now_s`. @param taken  spikes that the source has sent already
    void begin_at(double now_s, std::uint32_t taken);

private:
    void draw();

    const SpikeSource* source_;
    std::uint64_t trial_;
    std::optional<BackgroundTrain> generator_;
    std::uint32_t taken_ = 0;               ///< spikes so far, and the number that addresses the next interval
    double next_s_ = 0;                     ///< infinite: no more
};

/// An input event at a DNC merger.
struct InputEvent {
    double time_s;                          ///< when it leaves the link
    std::uint32_t net;                      ///< into Program::nets
    std::uint32_t source;                   ///< into Stimulus::sources; beyond them: their number plus NeuronProgram::first_relay
    std::uint32_t number;                   ///< of the spike in its source's train
    L1Address address;
};

/// One of the threads that share a piece of work.
struct Worker {
    std::size_t index, count;
};

/// Plays all sources, and the spikes that come from other wafers: trains, the FPGAs' playback and the links down to the chips, with their losses.
class Playback {
public:
    Playback(const Program& program, const Stimulus& stimulus);

    /// Goes on to `end_s`, from wherever it was. Threads share the work: call it from all of them, with a barrier for all of them.
    /// The events of a chip are appended to inputs[chip] in order of time.
    void advance(double end_s, std::vector<std::vector<InputEvent>>& inputs, Worker worker, Barrier& barrier);

    /// Steps that advance() may go on at a time: what other wafers send must be known before.
    static std::int64_t longest_piece(const Program& program);
    /// Takes spikes that left their wafer before the piece of time that the next advance() makes. From one thread, before advance() is called from any.
    void relay(std::span<const RelayedSpike> spikes);

    /// Goes on from the queues and trains of `before`; sources that play something else now do so from `now_s` on.
    void take_over(Playback& before, const Stimulus& was, const Stimulus& is, double now_s);

    /// [source] spikes of the piece of time that the last advance() made, ascending.
    const std::vector<std::vector<double>>& fresh() const { return fresh_; }
    /// Spikes of all sources since the last take, ascending by (time, source).
    std::vector<SourceSpike> take_spikes();
    std::int64_t dropped_before_sim() const;
    std::int64_t lost_on_link() const;

private:
    struct Entry {
        std::uint32_t source;
        std::uint32_t chip;                 ///< into Program::chips
        std::uint32_t net;
        L1Address address;
    };
    struct Waiting {
        double time_s;
        std::uint32_t entry, number;
    };
    /// What an FPGA plays into its (at most eight) chips.
    struct Board {
        std::vector<Entry> entries;         ///< in the order of sources
        std::vector<Waiting> waiting;       ///< of the piece of time at hand
        std::vector<Waiting> relayed;       ///< from other wafers, for this piece of time and later ones
        Queue playback;
        std::vector<std::pair<std::uint32_t, Queue>> links;     ///< chip, its link
        std::int64_t dropped = 0, lost = 0;
    };
    /// @param begin_s  of the piece of time: what comes earlier from another wafer waits for it
    void play(Board& board, double begin_s, double end_s, std::vector<std::vector<InputEvent>>& inputs);

    std::vector<Train> trains_;
    std::vector<std::vector<double>> fresh_;            ///< [source] spikes of the piece of time at hand
    std::vector<std::uint32_t> first_number_;           ///< [source] number of the first of them
    std::vector<Board> boards_;                         ///< ascending by (wafer, FPGA)
    struct RelayEntry {
        std::uint32_t board, entry;
    };
    std::vector<RelayEntry> relays_;                    ///< [relay of the program] where its spikes are played
    double relay_delay_s_ = 0, now_s_ = 0;
    std::vector<SourceSpike> recorded_;
};

}   // namespace bss
