/// One HICANN in time on a CPU: it delivers the events that are due, integrates its membranes and sends off what fires.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/background.hpp"
#include "kernels/link.hpp"
#include "kernels/program.hpp"
#include "kernels/sender.hpp"
#include "kernels/sources.hpp"
#include "ideal_input.hpp"
#include "membranes.hpp"
#include "synapses.hpp"

namespace bss {

/// The neurons of a chip.
Membranes membranes_of(const Program& program, const ChipProgram& chip);

/// An event that leaves a DNC merger.
struct SentEvent {
    double time_s = 0;                      ///< without the time it takes anyway, which is part of the route delay
    std::uint32_t net = 0;                  ///< into Program::nets
    L1Address address;
    Sender sender;
};

class ChipRun {
public:
    ChipRun(const Program& program, std::uint32_t index);

    /// Starts loading what run() will want first: with short windows most of a chip's data has left the cache since the last one.
    void prefetch(std::int64_t step) const;
    /// Runs the steps [first, last), at most Program::window_steps. `input` are the host's events for this chip, ascending by time; those of this piece of time are removed.
    /// @param turn  0 and 1 alternate: others may still read what the last call sent
    /// @param window  of the thread, for at least slots() slots
    /// @param next    the chip that the thread runs next, if there is one
    void run(std::int64_t first, std::int64_t last, std::vector<InputEvent>& input, int turn, WindowInput& window, const ChipRun* next);
    /// What left the chip's mergers in the last call of run() with this turn.
    const std::vector<SentEvent>& sent(int turn) const { return sent_[turn]; }


    /// Spikes that left the chip's link and are wanted on other wafers, since the last take.
    std::vector<RelayedSpike> take_relayed() { return std::exchange(relayed_, {}); }

    /// Ideal synapses onto this chip are in `input`, where the chip has the number `own`.
    void listen(IdealInput& input, std::size_t own);
    int slots() const { return membranes_.slots(); }
    /// Where ideal synapses onto a neuron of the chip act (Membranes::slot).
    int firing_slot(int neuron) const { return membranes_.slot(neuron, chip_->neurons[static_cast<std::size_t>(neuron)].firing_index); }
    /// A spike that an ideal synapse may want.
    struct Fired {
        std::uint32_t neuron;               ///< into Program::neurons
        double time_s;
    };
    /// Spikes of the last call of run() with this turn, ascending by time; only if the program has ideal synapses.
    const std::vector<Fired>& fired(int turn) const { return fired_[turn]; }

    /// Takes an event that comes over a route to this chip, number `own_route` among them; it acts at the grid point nearest to its arrival, not before the step `earliest`.
    void file(const RouteProgram& route, std::uint32_t own_route, const SentEvent& event, std::int64_t earliest);

    /// Appends the spikes and fills in the traces' samples of the chip's own neurons, both since the last take.
    void take(Recording& recording);
    /// What its own neurons' traces would hold at the grid point `step` that was reached, without what arrives just then.
    void present(std::int64_t step, std::vector<std::vector<float>>& values) const;
    void count(Counters& counters) const;
    std::string_view simd() const { return membranes_.simd(); }

private:
    struct Arrival {
        double time_s;
        SynapseSegments fires;
        L1Address address;
    };
    /// A trace request's neurons on this chip.
    struct Probe {
        std::uint32_t trace = 0;                    ///< into Program::traces
        std::vector<std::uint32_t> positions;       ///< in the request's list
        std::vector<float> values;                  ///< [sample since the last take][position]
    };

    bool sampled(std::int64_t step) const;
    void sample(std::int64_t step, WindowInput& window);
    float sampled_value(const TraceProgram& trace, std::uint32_t position, std::int64_t step, const std::array<std::span<const std::int32_t>, 2>& arrived) const;
    bool driven(std::int64_t step) const;
    void drive(std::int64_t step);
    void deliver(std::int64_t step, int in_window, WindowInput& window);
    void insert(std::int64_t step, const Arrival& arrival);
    bool record(const NeuronProgram& neuron, std::uint32_t number, double time_s, bool lost);
    void leave(const NeuronProgram& neuron, std::uint32_t number, double fired_s, double left_s);
    void send(double end_s, std::vector<InputEvent>& input, std::vector<SentEvent>& sent);
    void enter(const std::vector<std::uint32_t>& nets, double time_s, L1Address address, const Sender& sender);

    const Program* program_;
    const ChipProgram* chip_;
    double timestep_s_;
    Membranes membranes_;
    Synapses synapses_;

    std::vector<std::vector<Arrival>> ring_;        ///< [step mod size] what acts then
    std::vector<std::pair<std::int64_t, Arrival>> later_;   ///< beyond the ring: held up in crowded mergers

    struct Firing {
        double time_s;
        std::uint32_t neuron;                       ///< of the chip
        auto operator<=>(const Firing&) const = default;
    };
    std::vector<MembraneSpike> crossings_;
    std::vector<Firing> firings_;
    std::vector<std::uint32_t> spike_counts_;       ///< [neuron]

    std::array<PriorityEncoder, NeuronBlock::count> encoders_;
    std::vector<EncodedSpike> encoded_;
    std::vector<Queue> mergers_;                    ///< [net - first_net_]
    std::uint32_t first_net_ = 0;
    Queue link_up_;
    std::vector<BackgroundTrain> background_;       ///< parallel to ChipProgram::background
    std::vector<SentEvent> passing_;                ///< on the way into the mergers
    std::vector<SentEvent> abroad_;                 ///< on the way into nets of other wafers, where every event takes the same time
    std::vector<RelayedSpike> relayed_;
    std::array<std::vector<SentEvent>, 2> sent_;    ///< [turn]
    std::array<std::vector<Fired>, 2> fired_;       ///< [turn]
    IdealInput* ideal_ = nullptr;
    std::size_t own_ideal_ = 0;

    std::vector<Probe> probes_;
    std::vector<NeuronSpike> spikes_;
    std::int64_t steps_ = 0, l1_lost_ = 0, up_lost_ = 0, delayed_ = 0, relayed_count_ = 0;
};

}   // namespace bss
