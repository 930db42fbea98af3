/// One HICANN in time on a CPU: it delivers the events that are due, integrates its membranes and sends off what fires.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/background.hpp"
#include "kernels/link.hpp"
#include "kernels/program.hpp"
#include "kernels/sources.hpp"
#include "arrivals.hpp"
#include "ideal_input.hpp"
#include "ideal_senders.hpp"
#include "membranes.hpp"
#include "near_memory.hpp"
#include "synapses.hpp"

namespace bss {

/// What leaves the chips of a thread in a window, for all threads to read in the next one: on cache lines of its own.
struct alignas(64) Outbox {
    std::vector<SentEvent> sent;                    ///< out of mergers
    std::vector<IdealSenders::Spike> fired;         ///< onto ideal lines; a neuron's own in order of time
};

/// The neurons of a chip.
std::vector<NeuronCircuit> neuron_circuits(const ChipProgram& chip);
MembraneSettings membrane_settings(const Program& program, const ChipProgram& chip);
Membranes membranes_of(const Program& program, const ChipProgram& chip, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
/// Where its denmems lie there, in the order of ChipProgram::denmems.
std::vector<int> slots_of(const ChipProgram& chip, const Membranes& membranes);

class ChipRun {
public:
    /// @param routes  those to the chip, into Program::routes
    /// @param memory  of the thread
    ChipRun(const Program& program, std::uint32_t index, std::span<const std::uint32_t> routes, std::shared_ptr<NearMemory> memory);

    /// What the routes fire here (Synapses::take_routes).
    std::vector<RouteLists> take_routes() { return synapses_.take_routes(); }
    /// Starts loading what run() will want first: with short windows most of a chip's data has left the cache since the last one.
    void prefetch() const;
    /// Runs the membranes through the steps [first, last), at most Program::window_steps.
    /// @param arrivals  what acts in these steps
    /// @param window    of the thread, for at least slots() slots
    /// @param next      the thread's next chip, if there is one: its membranes come into the second-level cache meanwhile
    void run(std::int64_t first, std::int64_t last, std::span<const Arrival> arrivals, WindowInput& window, const ChipRun* next);
    /// What comes of that: spikes into the recording, and what has left the chip before the step `last` is appended to `outbox`. Best done a little later: what it reads is
    /// on its way from run() on.
    /// @param input  the host's events for this chip, ascending by time; those that are due are removed
    void send(std::int64_t last, std::vector<InputEvent>& input, Outbox& outbox);

    /// Spikes that left the chip's link and are wanted on other wafers, since the last take.
    std::vector<RelayedSpike> take_relayed() { return std::exchange(relayed_, {}); }

    /// Ideal synapses onto this chip are in `input`, where the chip has the number `own`; its own spikes go over the lines of `senders`.
    void join(const IdealSenders& senders, IdealInput& input, std::size_t own);
    int slots() const { return membranes_.slots(); }
    /// Where ideal synapses onto a neuron of the chip act (Membranes::slot).
    int firing_slot(int neuron) const { return membranes_.slot(neuron, chip_->neurons[static_cast<std::size_t>(neuron)].firing_index); }

    /// Goes on from where `before` is, at the step `now`: the same chip with other parameters and weights.
    void take_over(const ChipRun& before, std::int64_t now);

    /// Appends the spikes and fills in the traces' samples of the chip's own neurons, both since the last take.
    void take(Recording& recording);
    /// What its own neurons' traces would hold at the grid point `step` that was reached, without what arrives just then.
    void present(std::int64_t step, std::vector<std::vector<float>>& values) const;
    void count(Counters& counters) const;
    std::string_view simd() const { return membranes_.simd(); }

private:
    /// A trace request's neurons on this chip.
    struct Probe {
        std::uint32_t trace = 0;                    ///< into Program::traces
        std::vector<std::uint32_t> positions;       ///< in the request's list
        std::vector<float> values;                  ///< [sample since the last take][position]
    };

    /// Whether something may happen to membranes within a window.
    bool interrupted() const { return !chip_->currents.empty() || !probes_.empty(); }
    bool sampled(std::int64_t step) const;
    void sample(std::int64_t step, WindowInput& window);
    float sampled_value(const TraceProgram& trace, std::uint32_t position, std::int64_t step, const std::array<std::span<const std::int32_t>, 2>& arrived) const;
    bool driven(std::int64_t step) const;
    void drive(std::int64_t step);
    bool record(const NeuronProgram& neuron, std::uint32_t number, double time_s, bool lost);
    void leave(const NeuronProgram& neuron, std::uint32_t number, double fired_s, double left_s);
    void send_wired(double end_s, std::vector<InputEvent>& input, std::vector<SentEvent>& sent);
    void enter(const std::vector<std::uint32_t>& nets, double time_s, L1Address address, const Sender& sender);

    std::shared_ptr<NearMemory> memory_;
    const Program* program_;
    const ChipProgram* chip_;
    double timestep_s_;
    Membranes membranes_;
    Synapses synapses_;

    struct Firing {
        double time_s;
        std::uint32_t neuron;                       ///< of the chip
        auto operator<=>(const Firing&) const = default;
    };
    std::vector<MembraneSpike> crossings_;
    std::vector<Firing> firings_;
    std::vector<std::uint32_t> spike_counts_;       ///< [neuron]
    bool wired_;                                    ///< false: every spike is seen outside and goes nowhere; nobody has to ask for its neuron

    std::vector<PriorityEncoder> encoders_;         ///< [block]; their 12 KB are seldom wanted
    unsigned waiting_ = 0;                          ///< blocks, bit by bit, where a spike waits in the encoder
    std::vector<EncodedSpike> encoded_;
    std::vector<Queue> mergers_;                    ///< [net - first_net_]
    std::uint32_t first_net_ = 0;
    Queue link_up_;
    std::vector<BackgroundTrain> background_;       ///< parallel to ChipProgram::background
    std::vector<SentEvent> passing_;                ///< on the way into the mergers
    std::vector<SentEvent> abroad_;                 ///< on the way into nets of other wafers, where every event takes the same time
    std::vector<RelayedSpike> relayed_;
    const IdealSenders* ideal_senders_ = nullptr;   ///< none: no ideal synapses
    IdealInput* ideal_ = nullptr;
    std::size_t own_ideal_ = 0;

    bool drive_anew_ = false;                       ///< the next step sets all currents
    std::vector<Probe> probes_;
    std::vector<NeuronSpike> spikes_;
    std::int64_t steps_ = 0, l1_lost_ = 0, up_lost_ = 0, relayed_count_ = 0;
};

}   // namespace bss
