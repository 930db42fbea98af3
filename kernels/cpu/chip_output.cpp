#include <algorithm>
#include <bit>
#include <tuple>

#include "chip.hpp"

namespace bss {

void ChipRun::send(std::int64_t last, std::vector<InputEvent>& input, Outbox& outbox)
{
    send_wired(static_cast<double>(last) * timestep_s_, input, outbox.sent);
    if (ideal_senders_ == nullptr)
        return;
    for (const Firing& firing : firings_)
        if (const IdealSenders::Lines lines = ideal_senders_->of_neuron(chip_->first_neuron + firing.neuron); lines.first < lines.last)
            outbox.fired.push_back(ideal_senders_->spike(lines, firing.time_s));
}

/// Spikes of this piece of time: into the recording, and through encoders and mergers onto the wafer, with all that is due before `end_s`;
/// what has left the mergers is appended to `sent`.
void ChipRun::send_wired(double end_s, std::vector<InputEvent>& input, std::vector<SentEvent>& sent)
{
    if (firings_.empty() && waiting_ == 0 && background_.empty() && (input.empty() || input.front().time_s >= end_s))
        return;
    passing_.clear();
    for (std::size_t k = 0; wired_ && k < firings_.size(); ++k)
        __builtin_prefetch(&encoders_[chip_->neurons[firings_[k].neuron].firing.block().value()], 1);
    std::sort(firings_.begin(), firings_.end());
    encoded_.clear();
    for (const Firing& firing : firings_) {
        const std::uint32_t number = spike_counts_[firing.neuron]++;
        if (!wired_) {
            spikes_.push_back({chip_->first_neuron + firing.neuron, true, firing.time_s});
            continue;
        }
        const NeuronProgram& neuron = chip_->neurons[firing.neuron];
        bool lost = false;
        if (neuron.sends && program_->link_bandwidth) {
            const int block = neuron.firing.block().value();
            lost = !encoders_[block].push(encoder_input(neuron.firing), {firing.time_s, firing.neuron, number}, encoded_);
            waiting_ |= 1u << block;
        } else if (neuron.sends) {
            enter(chip_->block_nets[neuron.firing.block().value()], firing.time_s, neuron.address, {Sender::Kind::neuron, static_cast<std::uint32_t>(neuron.firing.value()), number});
        }
        spikes_.push_back({chip_->first_neuron + firing.neuron, record(neuron, number, firing.time_s, lost), firing.time_s});
    }
    for (unsigned rest = waiting_; rest != 0; rest &= rest - 1) {
        PriorityEncoder& encoder = encoders_[std::countr_zero(rest)];
        encoder.serve(end_s, encoded_);
        if (!encoder.waiting())
            waiting_ &= ~(rest & -rest);
    }
    for (const EncodedSpike& spike : encoded_) {
        const NeuronProgram& neuron = chip_->neurons[spike.neuron];
        enter(chip_->block_nets[neuron.firing.block().value()], spike.time_s, neuron.address, {Sender::Kind::neuron, static_cast<std::uint32_t>(neuron.firing.value()), spike.number});
    }
    for (std::size_t b = 0; b < background_.size(); ++b) {
        const BackgroundProgram& background = chip_->background[b];
        for (BackgroundTrain& train = background_[b]; train.next_s() < end_s; train.pop())
            enter(background.nets, train.next_s(), background.config.address, {Sender::Kind::background, static_cast<std::uint32_t>(background.generator.value()), train.count()});
    }
    const auto due = std::find_if(input.begin(), input.end(), [&](const InputEvent& event) { return event.time_s >= end_s; });
    for (auto event = input.begin(); event != due; ++event)
        passing_.push_back({event->time_s, event->net, event->address, {Sender::Kind::source, event->source, event->number}});
    input.erase(input.begin(), due);

    std::sort(passing_.begin(), passing_.end(), [](const SentEvent& a, const SentEvent& b) { return std::tie(a.time_s, a.sender, a.net) < std::tie(b.time_s, b.sender, b.net); });
    for (SentEvent& event : passing_) {
        event.time_s = *mergers_[event.net - first_net_].push(event.time_s);
        sent.push_back(event);
    }
    sent.insert(sent.end(), abroad_.begin(), abroad_.end());
    abroad_.clear();
}

/// Whether a spike is seen outside, and why not.
bool ChipRun::record(const NeuronProgram& neuron, std::uint32_t number, double time_s, bool lost)
{
    if (lost) {
        ++l1_lost_;
        return false;
    }
    if (!neuron.through_link)
        return neuron.recorded;
    const auto left_s = link_up_.push(time_s);
    if (!left_s) {
        ++up_lost_;
        return false;
    }
    leave(neuron, number, time_s, *left_s);
    return neuron.recorded;
}

/// A spike goes on to other wafers: over their FPGAs, or straight into their nets where every event takes the same time.
void ChipRun::leave(const NeuronProgram& neuron, std::uint32_t number, double fired_s, double left_s)
{
    if (neuron.relay_count == 0)
        return;
    relayed_count_ += neuron.relay_count;
    if (program_->relay_delay_s > 0) {
        relayed_.push_back({left_s, neuron.first_relay, neuron.relay_count, number});
        return;
    }
    for (std::uint32_t r = neuron.first_relay; r < neuron.first_relay + neuron.relay_count; ++r)
        abroad_.push_back({fired_s, program_->relays[r].net, program_->relays[r].address, {Sender::Kind::neuron, static_cast<std::uint32_t>(neuron.firing.value()), number}});
}

void ChipRun::enter(const std::vector<std::uint32_t>& nets, double time_s, L1Address address, const Sender& sender)
{
    for (const std::uint32_t net : nets)
        passing_.push_back({time_s, net, address, sender});
}

}   // namespace bss
