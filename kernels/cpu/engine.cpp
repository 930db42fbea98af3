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

/// An assignment of {} would keep the memory.
template <class T>
void give_back(std::vector<T>& values)
{
    std::vector<T>().swap(values);
}

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
    const std::vector<Share> shares = this->shares();
    threads_ = static_cast<int>(shares.size());
    inputs_.assign(program_.chips.size(), {});
    chips_.clear();
    chips_.resize(program_.chips.size());
    workplaces_.clear();
    workplaces_.resize(shares.size());
    // Routes by the chip that they reach.
    std::vector<std::uint32_t> first_route(program_.chips.size() + 2), routes(program_.routes.size());
    for (const RouteProgram& route : program_.routes)
        ++first_route[route.target + 2];
    for (std::size_t c = 2; c < first_route.size(); ++c)
        first_route[c] += first_route[c - 1];
    for (std::uint32_t r = 0; r < program_.routes.size(); ++r)
        routes[first_route[program_.routes[r].target + 1]++] = r;

    Failure failure;
    // Each thread makes what it will use, so that its memory is near to it.
    on_threads(threads_, [&](int thread) {
        failure.guard(0, [&] {
            const Share share = shares[thread];
            const auto memory = std::make_shared<NearMemory>();
            std::vector<std::vector<RouteLists>> lists;
            int slots = 0;
            for (std::uint32_t c = share.first; c < share.last; ++c) {
                chips_[c] = std::make_unique<ChipRun>(program_, c, std::span(routes).subspan(first_route[c], first_route[c + 1] - first_route[c]), memory);
                lists.push_back(chips_[c]->take_routes());
                slots = std::max(slots, chips_[c]->slots());
                // The chip has its own copy, in its own order.
                give_back(program_.chips[c].addresses);
                give_back(program_.chips[c].increments);
                give_back(program_.chips[c].circuits);
            }
            workplaces_[thread] = std::make_unique<Workplace>(Workplace{share, WindowInput(program_.window_steps, slots), Arrivals(program_, share.first, lists)});
        });
    });
    failure.rethrow();
    ideal_senders_ = IdealSenders(program_, stimulus_);
    if (!program_.ideal.lines.empty()) {
        on_threads(threads_, [&](int thread) {
            Workplace& mine = *workplaces_[thread];
            const auto own = std::span(chips_).subspan(mine.share.first, mine.share.last - mine.share.first);
            failure.guard(0, [&] {
                mine.ideal = std::make_unique<IdealInput>(program_, mine.share.first, own);
                for (std::size_t c = 0; c < own.size(); ++c)
                    own[c]->join(ideal_senders_, *mine.ideal, c);
            });
        });
        failure.rethrow();
        give_back(program_.ideal.synapses);     // each thread has its own
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
        Workplace& mine = *workplaces_[thread];
        std::int64_t step = now_, prepared = now_;
        int turn = turn_;
        while (step < end && !failure.failed_before(step)) {
            if (step == prepared) {
                prepared = std::min(end, (prepared / piece + 1) * piece);
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
            const std::int64_t next = std::min(prepared, (step / window + 1) * window);     // as Arrivals wants it
            failure.guard(step, [&] {
                file_sent(mine, step, turn ^ 1);
                if (mine.ideal)
                    file_ideal(mine, step, next, turn ^ 1);
                run(mine, step, next, turn);
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

void CpuEngine::file_sent(Workplace& mine, std::int64_t earliest, int turn) const
{
    constexpr std::size_t ahead = 4;        // events whose places are on their way
    for (const auto& workplace : workplaces_) {
        const std::vector<SentEvent>& sent = workplace->outbox[turn].sent;
        for (std::size_t k = 0; k < sent.size(); ++k) {
            if (k + ahead < sent.size())
                mine.arrivals.prefetch(sent[k + ahead]);
            mine.arrivals.file(sent[k], earliest);
        }
    }
}

/// Spikes of the window before this one, and those that sources send in this one.
void CpuEngine::file_ideal(Workplace& mine, std::int64_t first, std::int64_t last, int turn) const
{
    file_fired(mine, turn);
    if (ideal_senders_.any_source())
        mine.ideal->file(ideal_senders_.spikes(first, last));
}

void CpuEngine::file_fired(Workplace& mine, int turn) const
{
    for (const auto& workplace : workplaces_)
        __builtin_prefetch(&workplace->outbox[turn]);
    mine.ideal->file(mine.outbox[turn].fired);
    for (const auto& workplace : workplaces_)   // by now they have come from other cores
        if (workplace.get() != &mine)
            mine.ideal->file(workplace->outbox[turn].fired);
}

void CpuEngine::run(Workplace& mine, std::int64_t first, std::int64_t last, int turn)
{
    Outbox& outbox = mine.outbox[turn];
    outbox.sent.clear();
    outbox.fired.clear();
    mine.arrivals.open(first, last);
    // Back and forth: what a window ends with is still in the cache when the next one begins with it.
    const std::uint32_t count = mine.share.last - mine.share.first;
    const auto chip_at = [&](std::uint32_t k) { return turn == 0 ? k : count - 1 - k; };
    const auto run_of = [&](std::uint32_t k) { return chips_[mine.share.first + chip_at(k)].get(); };
    const auto send_of = [&](std::uint32_t k) { run_of(k)->send(last, inputs_[mine.share.first + chip_at(k)], outbox); };
    for (std::uint32_t k = 0; k < count; ++k) {
        if (k + 2 < count)
            run_of(k + 2)->prefetch();
        run_of(k)->run(first, last, mine.arrivals.of(chip_at(k)), mine.window, k + 1 < count ? run_of(k + 1) : nullptr);
        if (k > 0)
            send_of(k - 1);
    }
    if (count > 0)
        send_of(count - 1);
    mine.arrivals.close();
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
    for (const auto& workplace : workplaces_) {
        counters.delays_below_timestep += workplace->arrivals.delayed();
        if (!workplace->ideal)
            continue;
        counters.synaptic_events += workplace->ideal->synaptic_events();
        for (const auto& sender : workplaces_)  // those of the last window are filed with the next one
            for (const IdealSenders::Spike& spike : sender->outbox[turn_ ^ 1].fired)
                for (auto [line, last] = spike.lines; line < last; ++line)
                    counters.synaptic_events += workplace->ideal->synapses(line);
    }
    counters.l2_down_dropped_before_sim = playback_->dropped_before_sim();
    counters.l2_down_lost = playback_->lost_on_link();
    return counters;
}

std::string_view CpuEngine::simd() const { return chips_.empty() ? "baseline" : chips_.front()->simd(); }

}   // namespace bss
