#include "engine.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <new>
#include <utility>

#include "floating_point.hpp"
#include "kernels/barrier.hpp"
#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

namespace bss {
namespace {

/// Less work than this (denmem-steps) between two barriers is not worth another thread.
constexpr std::int64_t least_share = 1024;

/// Keeps an exception of a thread: one that left the loop would leave the others waiting at the barrier.
class Failure {
public:
    /// @param step  says when, for failed_before()
    template <class Work>
    void guard(std::int64_t step, Work&& work) noexcept
    {
        try {
            work();
        } catch (...) {
            std::int64_t earliest = step_;
            while (step < earliest && !step_.compare_exchange_weak(earliest, step)) {
            }
            if (!taken_.exchange(true))
                failure_ = std::current_exception();
        }
    }
    /// All threads agree on this if a barrier lies in between.
    bool failed_before(std::int64_t step) const { return step_ < step; }
    void rethrow() const
    {
        if (!failure_)
            return;
        try {
            std::rethrow_exception(failure_);
        } catch (const std::bad_alloc&) {
            throw RunError("the run needs more memory than there is");
        }
    }

private:
    std::atomic<std::int64_t> step_ = std::numeric_limits<std::int64_t>::max();
    std::atomic<bool> taken_ = false;
    std::exception_ptr failure_;
};

}   // namespace

CpuEngine::CpuEngine(Program program, Stimulus stimulus, int threads) : asked_threads_(threads) { restart(std::move(program), std::move(stimulus)); }

void CpuEngine::restart(Program program, Stimulus stimulus)
{
    playback_.reset();
    chips_.clear();
    program_ = std::move(program);
    stimulus_ = std::move(stimulus);
    now_ = taken_ = 0;
    turn_ = 0;
    build();
}

std::vector<CpuEngine::Share> CpuEngine::shares() const
{
    std::int64_t total = 0;
    for (const ChipProgram& chip : program_.chips)
        total += static_cast<std::int64_t>(chip.denmems.size());
    const auto work = total * program_.window_steps;
    const auto useful = std::clamp<std::int64_t>(work / least_share, 1, std::max<std::int64_t>(1, static_cast<std::int64_t>(program_.chips.size())));
    const int count = static_cast<int>(std::min<std::int64_t>(asked_threads_ > 0 ? asked_threads_ : bss::threads(), useful));

    std::vector<Share> result;
    std::uint32_t chip = 0;
    std::int64_t done = 0;
    for (int t = 0; t < count; ++t) {
        const std::uint32_t first = chip;
        while (chip < program_.chips.size() && (t == count - 1 || done * count < total * (t + 1)))
            done += static_cast<std::int64_t>(program_.chips[chip++].denmems.size());
        result.push_back({first, chip});
    }
    return result;
}

void CpuEngine::build()
{
    shares_ = shares();
    threads_ = static_cast<int>(shares_.size());
    own_route_.clear();
    std::vector<std::uint32_t> routes_to(program_.chips.size());
    for (const RouteProgram& route : program_.routes)
        own_route_.push_back(routes_to[route.target]++);
    inputs_.assign(program_.chips.size(), {});
    chips_.resize(program_.chips.size());
    Failure failure;
    // Each thread makes the chips that it will run, so that their memory is near to it.
    on_threads(threads_, [&](int thread) {
        failure.guard(0, [&] {
            const Share share = shares_[thread];
            for (std::uint32_t c = share.first; c < share.last; ++c) {
                chips_[c] = std::make_unique<ChipRun>(program_, c);
                // The chip has its own copy, in its own order.
                program_.chips[c].addresses = {};
                program_.chips[c].increments = {};
            }
        });
    });
    failure.rethrow();
    window_inputs_.clear();
    for (const Share& share : shares_) {
        int slots = 0;
        for (std::uint32_t c = share.first; c < share.last; ++c)
            slots = std::max(slots, chips_[c]->slots());
        window_inputs_.emplace_back(program_.window_steps, slots);
    }
    ideal_senders_ = IdealSenders(program_, stimulus_);
    ideal_inputs_.clear();
    if (!program_.ideal.lines.empty()) {
        ideal_inputs_.resize(static_cast<std::size_t>(threads_));
        on_threads(threads_, [&](int thread) {
            const Share share = shares_[thread];
            const auto own = std::span(chips_).subspan(share.first, share.last - share.first);
            failure.guard(0, [&] {
                ideal_inputs_[thread] = std::make_unique<IdealInput>(program_, share.first, own);
                for (std::size_t c = 0; c < own.size(); ++c)
                    own[c]->listen(*ideal_inputs_[thread], c);
            });
        });
        failure.rethrow();
        program_.ideal.synapses = {};       // each thread has its own
    }
    playback_ = std::make_unique<Playback>(program_, stimulus_);
}

void CpuEngine::advance(std::int64_t steps)
{
    if (steps <= 0)
        return;
    const std::int64_t end = now_ + steps;
    const std::int64_t window = program_.window_steps, piece = Playback::longest_piece(program_);
    const KeepFloatingPoint keep;
    Failure failure;
    Barrier barrier(threads_);
    int turn_after = turn_;
    on_threads(threads_, [&](int thread) {
        flush_denormals();
        const Share share = shares_[thread];
        std::int64_t step = now_, prepared = now_;
        int turn = turn_;
        while (step < end && !failure.failed_before(step)) {
            if (step == prepared) {
                prepared = std::min(end, prepared + piece);
                if (thread == 0 && !program_.relays.empty())
                    for (const auto& chip : chips_)
                        playback_->relay(chip->take_relayed());
                playback_->advance(static_cast<double>(prepared) * program_.timestep_s, inputs_, {static_cast<std::size_t>(thread), static_cast<std::size_t>(threads_)}, barrier);
                if (ideal_senders_.any_source()) {
                    if (thread == 0)
                        failure.guard(step - 1, [&] { ideal_senders_.gather(playback_->fresh(), step, prepared); });
                    barrier.wait();
                    if (failure.failed_before(step))
                        break;
                }
            }
            const std::int64_t next = std::min(prepared, step + window);
            failure.guard(step, [&] {
                file_sent(share, step, turn ^ 1);
                if (!ideal_inputs_.empty())
                    file_ideal(*ideal_inputs_[thread], step, next, turn ^ 1);
                run(share, step, next, turn, window_inputs_[thread]);
            });
            step = next;
            turn ^= 1;
            barrier.wait();
        }
        if (thread == 0)
            turn_after = turn;
    });
    turn_ = turn_after;
    failure.rethrow();
    now_ = end;
}

void CpuEngine::file_sent(Share share, std::int64_t earliest, int turn)
{
    for (const auto& chip : chips_)
        for (const SentEvent& event : chip->sent(turn)) {
            const NetProgram& net = program_.nets[event.net];
            const auto last = program_.routes.begin() + net.first_route + net.route_count;
            auto route = std::lower_bound(last - net.route_count, last, share.first, [](const RouteProgram& r, std::uint32_t chip) { return r.target < chip; });
            for (; route != last && route->target < share.last; ++route)
                chips_[route->target]->file(*route, own_route_[route - program_.routes.begin()], event, earliest);
        }
}

/// Spikes of the window before this one, and those that sources send in this one.
void CpuEngine::file_ideal(IdealInput& input, std::int64_t first, std::int64_t last, int turn) const
{
    const auto send = [&](IdealSenders::Lines lines, double time_s) {
        const auto nearest = static_cast<std::int64_t>(std::floor(time_s / program_.timestep_s + 0.5));
        for (std::uint32_t line = lines.first; line < lines.last; ++line)
            input.spike(line, nearest, time_s);
    };
    constexpr std::size_t ahead = 4;        // spikes whose synapses are on their way
    for (const auto& chip : chips_) {
        const auto& fired = chip->fired(turn);
        for (std::size_t k = 0; k < fired.size(); ++k) {
            if (k + ahead < fired.size())
                input.prefetch(ideal_senders_.of_neuron(fired[k + ahead].neuron).first);
            send(ideal_senders_.of_neuron(fired[k].neuron), fired[k].time_s);
        }
    }
    if (ideal_senders_.any_source())
        for (const IdealSenders::HostSpike& spike : ideal_senders_.spikes(first, last))
            send(ideal_senders_.of_source(spike.source), spike.time_s);
}

void CpuEngine::run(Share share, std::int64_t first, std::int64_t last, int turn, WindowInput& window)
{
    for (std::uint32_t c = share.first; c < share.last; ++c) {
        const ChipRun* const next = c + 1 < share.last ? chips_[c + 1].get() : nullptr;
        if (next != nullptr)
            next->prefetch(first);
        chips_[c]->run(first, last, inputs_[c], turn, window, next);
    }
}

Recording CpuEngine::take_recording()
{
    Recording recording;
    recording.first_step = taken_;
    recording.last_step = now_;
    for (const TraceProgram& trace : program_.traces) {
        const auto samples_before = [&](std::int64_t step) { return (step + trace.interval_steps - 1) / trace.interval_steps; };
        Trace& result = recording.traces.emplace_back();
        result.first_step = samples_before(taken_) * trace.interval_steps;
        result.values.resize(static_cast<std::size_t>(samples_before(now_) - samples_before(taken_)) * trace.neurons.size());
    }
    for (const auto& chip : chips_)
        chip->take(recording);
    sort(recording.spikes);
    recording.source_spikes = playback_->take_spikes();
    taken_ = now_;
    return recording;
}

std::vector<std::vector<float>> CpuEngine::present() const
{
    std::vector<std::vector<float>> values;
    for (const TraceProgram& trace : program_.traces)
        values.emplace_back(trace.neurons.size());
    for (const auto& chip : chips_)
        chip->present(now_, values);
    return values;
}

Counters CpuEngine::counters() const
{
    Counters counters;
    for (const auto& chip : chips_)
        chip->count(counters);
    for (const auto& input : ideal_inputs_) {
        counters.synaptic_events += input->synaptic_events();
        for (const auto& chip : chips_)         // those of the last window are filed with the next one
            for (const auto& fired : chip->fired(turn_ ^ 1))
                for (auto [line, last] = ideal_senders_.of_neuron(fired.neuron); line < last; ++line)
                    counters.synaptic_events += input->synapses(line);
    }
    counters.l2_down_dropped_before_sim = playback_->dropped_before_sim();
    counters.l2_down_lost = playback_->lost_on_link();
    return counters;
}

std::string_view CpuEngine::simd() const { return chips_.empty() ? "baseline" : chips_.front()->simd(); }

}   // namespace bss
