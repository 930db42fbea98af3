/// All chips of a program on one CUDA device.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "kernels/cpu/ideal_senders.hpp"
#include "kernels/engine.hpp"
#include "kernels/sources.hpp"
#include "machine.hpp"

namespace bss {

/// The run goes on in pieces of many windows. While the device works on one, the host prepares the input of the next and takes in what the last one
/// recorded. Lists on the device have room for what is usual; a piece for which they are too short is run again, from the state before it, with more.
class CudaEngine : public Engine {
public:
    CudaEngine(Program program, Stimulus stimulus);

    void advance(std::int64_t steps) override;
    std::int64_t now() const override { return now_; }
    Recording take_recording() override;
    Counters counters() const override;
    void restart(Program program, Stimulus stimulus) override;
    std::vector<std::vector<float>> present() const override;
    void change(Program program, Stimulus stimulus) override;
    std::string_view backend() const override { return "cuda"; }
    std::string_view simd() const override { return "cuda"; }
    int threads() const override { return 1; }

private:
    /// A piece of the run, on the host and on the device.
    struct Slot {
        cuda::Staged<cuda::Piece> piece;
        cuda::Staged<cuda::Passing> inputs;
        cuda::Staged<std::uint32_t> first_input, first_ideal_spike;
        cuda::Staged<cuda::IdealSpike> ideal_spikes;
        cuda::Staged<cuda::TraceData> traces;
        cuda::Staged<float> values;
        cuda::Staged<cuda::SpikeRecord> records;
        cuda::Staged<RelayedSpike> relayed;
        cuda::Event prepared, recorded;             ///< its input is on the device; its records are on the host
        std::uint32_t record_count = 0, relayed_count = 0;
        bool pending = false;                       ///< records are on their way to the host
    };
    void get_ready();
    void choose_pace();
    void prepare(Slot& slot, std::int64_t first, std::int64_t end);
    void prepare_inputs(Slot& slot, const cuda::Piece& piece);
    void prepare_ideal(Slot& slot, const cuda::Piece& piece);
    void prepare_traces(Slot& slot, cuda::Piece& piece);
    void hand_over(Slot& slot);
    void launch(const Slot& slot);
    void launch_window(std::uint32_t window);
    void finish(Slot& slot);
    void take_in(Slot& slot);
    void relay(const Slot& slot);
    std::int64_t end_of_window(const cuda::Piece& piece, std::uint32_t window) const;

    Program program_;
    Stimulus stimulus_;
    std::int64_t now_ = 0, taken_ = 0;

    cuda::Stream work_, copies_;
    cuda::Staged<cuda::Piece> piece_;               ///< the one at hand, where kernels look for it
    cuda::Staged<cuda::Report> report_;
    std::unique_ptr<cuda::LoadedProgram> loaded_;
    cuda::Pace pace_ = cuda::Pace::stepwise;
    cuda::Kernel kernel_;
    std::int64_t piece_steps_ = 1;                  ///< pieces end at multiples of it
    std::unique_ptr<cuda::Graph> graph_;            ///< Pace::stepwise: the windows of a whole piece
    std::array<Slot, 2> slots_;
    int turn_ = 0;                                  ///< slot of the next piece

    std::unique_ptr<Playback> playback_;
    std::vector<std::vector<InputEvent>> inputs_;   ///< [chip] host events that did not enter its mergers yet
    std::vector<std::vector<BackgroundTrain>> background_;      ///< [chip]
    IdealSenders ideal_senders_;
    std::vector<TsodyksMarkramState> source_lines_; ///< [ideal line] of sources: the host keeps their plasticity
    Recording recorded_;                            ///< since the last take
};

}   // namespace bss
