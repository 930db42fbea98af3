#include "sources.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "wafer/random.hpp"

namespace bss {

Train::Train(const SpikeSource& source, std::uint64_t trial) : source_(&source), trial_(trial)
{
    if (const auto* poisson = std::get_if<PoissonTrain>(&source.train))
        next_s_ = poisson->start_s;
    if (const auto* sent = std::get_if<GeneratorTrain>(&source.train))
        generator_.emplace(sent->config, sent->pll_hz);
    draw();
}

void Train::draw()
{
    if (const auto* given = std::get_if<SpikeTimes>(&source_->train)) {
        next_s_ = taken_ < given->times_s.size() ? given->times_s[taken_] : Queue::unlimited;
        return;
    }
    if (generator_) {
        next_s_ = generator_->next_s();
        generator_->pop();
        return;
    }
    const auto& poisson = std::get<PoissonTrain>(source_->train);
    if (!(poisson.rate_hz > 0)) {
        next_s_ = Queue::unlimited;
        return;
    }
    // Exponential intervals; one call gives two of them.
    const auto words = random_words(trial_, Purpose::poisson, static_cast<std::uint32_t>(source_->id), static_cast<std::uint32_t>(source_->id >> 32), 0, taken_ / 2);
    const double u = taken_ % 2 == 0 ? uniform(words[0], words[1]) : uniform(words[2], words[3]);
    next_s_ -= std::log(u) / poisson.rate_hz;
    if (!(next_s_ < poisson.stop_s))
        next_s_ = Queue::unlimited;
}

void Train::take_over(const Train& before)
{
    generator_ = before.generator_;
    taken_ = before.taken_;
    next_s_ = before.next_s_;
}

void Train::begin_at(double now_s, std::uint32_t taken)
{
    if (const auto* given = std::get_if<SpikeTimes>(&source_->train)) {
        taken_ = static_cast<std::uint32_t>(std::lower_bound(given->times_s.begin(), given->times_s.end(), now_s) - given->times_s.begin());
        draw();
        return;
    }
    if (generator_) {
        while (next_s_ < now_s) {
            ++taken_;
            draw();
        }
        return;
    }
    taken_ = taken + 1;                     // the interval at hand has been looked at: it did not end before now
    next_s_ = std::max(now_s, std::get<PoissonTrain>(source_->train).start_s);
    draw();
}

void Train::take(double end_s, std::vector<double>& times_s)
{
    while (next_s_ < end_s) {
        times_s.push_back(next_s_);
        ++taken_;
        draw();
    }
}

namespace {

/// Host input is prepared for pieces of at least this many steps, to spare small windows its barriers.
constexpr std::int64_t playback_steps = 64;

}   // namespace

std::int64_t Playback::longest_piece(const Program& program)
{
    const std::int64_t window = program.window_steps;
    if (program.relays.empty() || program.relay_delay_s <= 0)
        return (playback_steps + window - 1) / window * window;
    const auto delay = static_cast<std::int64_t>(program.relay_delay_s / program.timestep_s + 1e-6);
    return std::max(window, std::min(playback_steps, delay) / window * window);
}

Playback::Playback(const Program& program, const Stimulus& stimulus)
    : fresh_(stimulus.sources.size()), first_number_(stimulus.sources.size()), relay_delay_s_(program.relay_delay_s)
{
    const auto nets = host_nets(program);
    const auto chips = chip_indices(program);

    const Timing& timing = program.timing;
    const bool limited = program.link_bandwidth;
    std::map<std::pair<std::uint16_t, Fpga>, Board> boards;
    const auto place_of = [](Chip chip) { return std::pair(chip.wafer, chip.hicann.reticle().fpga()); };
    trains_.reserve(stimulus.sources.size());
    for (std::uint32_t s = 0; s < stimulus.sources.size(); ++s) {
        trains_.emplace_back(stimulus.sources[s], program.trial);
        for (const SpikeSource::Entry& entry : stimulus.sources[s].entries) {
            const auto net = nets.find({entry.chip, entry.merger});
            if (net == nets.end())
                continue;       // the merger does not take input (a generator feeds it), or its net is cut off: the event ends there
            Board& board = boards[place_of(entry.chip)];
            board.entries.push_back({s, chips.at(entry.chip), net->second, entry.address});
        }
    }
    if (relay_delay_s_ > 0)
        for (std::uint32_t r = 0; r < program.relays.size(); ++r) {
            const RelayProgram& relay = program.relays[r];
            Board& board = boards[place_of(program.chips[relay.chip].chip)];
            relays_.push_back({0, static_cast<std::uint32_t>(board.entries.size())});
            board.entries.push_back({static_cast<std::uint32_t>(stimulus.sources.size()) + r, relay.chip, relay.net, relay.address});
        }
    for (std::uint32_t r = 0; r < relays_.size(); ++r)
        relays_[r].board = static_cast<std::uint32_t>(std::distance(boards.begin(), boards.find(place_of(program.chips[program.relays[r].chip].chip))));
    for (auto& [place, board] : boards) {
        board.playback = limited ? Queue(timing.fpga_spacing_s, timing.fpga_late_limit_s) : Queue();
        for (const Entry& entry : board.entries)
            if (std::none_of(board.links.begin(), board.links.end(), [&](const auto& link) { return link.first == entry.chip; }))
                board.links.emplace_back(entry.chip, limited ? Queue::with_buffer(timing.link_down_spacing_s, timing.link_down_buffer) : Queue());
        boards_.push_back(std::move(board));
    }
}

void Playback::advance(double end_s, std::vector<std::vector<InputEvent>>& inputs, Worker worker, Barrier& barrier)
{
    for (std::size_t s = worker.index; s < trains_.size(); s += worker.count) {
        fresh_[s].clear();
        first_number_[s] = trains_[s].taken();
        trains_[s].take(end_s, fresh_[s]);
    }
    barrier.wait();
    if (worker.index == 0)
        for (std::uint32_t s = 0; s < trains_.size(); ++s)
            for (const double time_s : fresh_[s])
                recorded_.push_back({s, time_s});
    for (std::size_t b = worker.index; b < boards_.size(); b += worker.count)
        play(boards_[b], now_s_, end_s, inputs);
    barrier.wait();
    if (worker.index == 0)
        now_s_ = end_s;                     // all have read it; nobody reads it before the next barrier
}

void Playback::relay(std::span<const RelayedSpike> spikes)
{
    for (const RelayedSpike& spike : spikes)
        for (std::uint32_t r = spike.first_relay; r < spike.first_relay + spike.relay_count; ++r)
            boards_[relays_[r].board].relayed.push_back({spike.time_s + relay_delay_s_, relays_[r].entry, spike.number});
}

void Playback::play(Board& board, double begin_s, double end_s, std::vector<std::vector<InputEvent>>& inputs)
{
    board.waiting.clear();
    const auto later = std::partition(board.relayed.begin(), board.relayed.end(), [&](const Waiting& spike) { return spike.time_s < end_s; });
    for (auto spike = board.relayed.begin(); spike != later; ++spike)
        board.waiting.push_back({std::max(spike->time_s, begin_s), spike->entry, spike->number});
    board.relayed.erase(board.relayed.begin(), later);
    for (std::uint32_t e = 0; e < board.entries.size(); ++e) {
        const std::uint32_t source = board.entries[e].source;
        if (source >= fresh_.size())
            continue;                       // a neuron of another wafer
        for (std::size_t k = 0; k < fresh_[source].size(); ++k)
            board.waiting.push_back({fresh_[source][k], e, first_number_[source] + static_cast<std::uint32_t>(k)});
    }
    std::sort(board.waiting.begin(), board.waiting.end(), [](const Waiting& a, const Waiting& b) { return std::tie(a.time_s, a.entry, a.number) < std::tie(b.time_s, b.entry, b.number); });
    for (const Waiting& event : board.waiting) {
        const auto played_s = board.playback.push(event.time_s);
        if (!played_s) {
            ++board.dropped;
            continue;
        }
        const Entry& entry = board.entries[event.entry];
        Queue& link = std::find_if(board.links.begin(), board.links.end(), [&](const auto& l) { return l.first == entry.chip; })->second;
        const auto sent_s = link.push(*played_s);
        if (!sent_s) {
            ++board.lost;
            continue;
        }
        inputs[entry.chip].push_back({*sent_s, entry.net, entry.source, event.number, entry.address});
    }
}

void Playback::take_over(Playback& before, const Stimulus& was, const Stimulus& is, double now_s)
{
    for (std::size_t s = 0; s < trains_.size() && s < before.trains_.size(); ++s)
        if (was.sources[s].train == is.sources[s].train)
            trains_[s].take_over(before.trains_[s]);
        else
            trains_[s].begin_at(now_s, before.trains_[s].taken());
    for (std::size_t b = 0; b < boards_.size() && b < before.boards_.size(); ++b) {
        Board &mine = boards_[b], &other = before.boards_[b];
        mine.playback = other.playback;
        if (mine.links.size() == other.links.size())
            mine.links = std::move(other.links);
        mine.relayed = std::move(other.relayed);
        mine.dropped = other.dropped;
        mine.lost = other.lost;
    }
    now_s_ = before.now_s_;
    recorded_ = std::move(before.recorded_);
}

std::vector<SourceSpike> Playback::take_spikes()
{
    sort(recorded_);
    return std::exchange(recorded_, {});
}

std::int64_t Playback::dropped_before_sim() const
{
    std::int64_t sum = 0;
    for (const Board& board : boards_)
        sum += board.dropped;
    return sum;
}

std::int64_t Playback::lost_on_link() const
{
    std::int64_t sum = 0;
    for (const Board& board : boards_)
        sum += board.lost;
    return sum;
}

}   // namespace bss
