/// Another program in the middle of a run: everything is made anew, and takes over the state of what was there.
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine.hpp"
#include "floating_point.hpp"
#include "kernels/model/parameters.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

/// Whether state of one program means something in the other: the same neurons, ways and lines.
bool same_shape(const Program& a, const Program& b)
{
    const auto equal = [](const auto& x, const auto& y, auto same) { return std::equal(x.begin(), x.end(), y.begin(), y.end(), same); };
    const auto same_neuron = [](const NeuronProgram& x, const NeuronProgram& y) { return x.firing == y.firing && x.denmem_count == y.denmem_count && x.firing_index == y.firing_index; };
    const auto same_chip = [&](const ChipProgram& x, const ChipProgram& y) {
        return x.chip == y.chip && x.denmems == y.denmems && x.background.size() == y.background.size() && equal(x.neurons, y.neurons, same_neuron);
    };
    const auto same_net = [](const NetProgram& x, const NetProgram& y) { return x.chip == y.chip && x.merger == y.merger; };
    const auto same_route = [](const RouteProgram& x, const RouteProgram& y) { return x.net == y.net && x.target == y.target && x.hops == y.hops; };
    const auto same_line = [](const IdealLine& x, const IdealLine& y) { return x.from_host == y.from_host && x.sender == y.sender; };
    const auto same_relay = [](const RelayProgram& x, const RelayProgram& y) { return x.chip == y.chip && x.net == y.net; };
    return a.timestep_s == b.timestep_s && equal(a.chips, b.chips, same_chip) && equal(a.nets, b.nets, same_net) && equal(a.routes, b.routes, same_route) &&
           equal(a.ideal.lines, b.ideal.lines, same_line) && equal(a.relays, b.relays, same_relay);
}

}   // namespace

void ChipRun::take_over(const ChipRun& before, std::int64_t now)
{
    membranes_.take_over(before.membranes_);
    synapses_.take_over(before.synapses_);
    spike_counts_ = before.spike_counts_;
    encoders_ = before.encoders_;
    waiting_ = before.waiting_;
    mergers_ = before.mergers_;
    link_up_ = before.link_up_;
    const double now_s = static_cast<double>(now) * timestep_s_;
    for (std::size_t b = 0; b < background_.size(); ++b)
        if (chip_->background[b].config == before.chip_->background[b].config)
            background_[b] = before.background_[b];
        else
            while (background_[b].next_s() < now_s)
                background_[b].pop();
    relayed_ = before.relayed_;
    spikes_ = before.spikes_;
    steps_ = before.steps_;
    l1_lost_ = before.l1_lost_;
    up_lost_ = before.up_lost_;
    relayed_count_ = before.relayed_count_;
    drive_anew_ = true;
}

void CpuEngine::take_over(const std::vector<std::unique_ptr<ChipRun>>& chips, std::vector<std::unique_ptr<Workplace>>& workplaces, const Program& was)
{
    const bool routed = !program_.routes.empty();
    if (routed && workplaces.size() != workplaces_.size())
        throw InputError("what was changed gives events other ways, which only time 0 allows: reset first");
    for (std::size_t t = 0; routed && t < workplaces_.size(); ++t)
        workplaces_[t]->arrivals.take_over(workplaces[t]->arrivals, now_);
    for (std::size_t t = 0; routed && t < workplaces_.size(); ++t)
        for (const int turn : {0, 1})
            workplaces_[t]->outbox[turn].sent = workplaces[t]->outbox[turn].sent;
    for (std::size_t c = 0; c < chips_.size(); ++c)
        chips_[c]->take_over(*chips[c], now_);
    if (program_.ideal.lines.empty())
        return;
    for (std::size_t t = 0; t < workplaces_.size(); ++t)            // plasticity belongs to lines, of which every thread has all
        workplaces_[t]->ideal->take_over(*workplaces[std::min(t, workplaces.size() - 1)]->ideal);
    const auto place_of = [](const std::vector<std::unique_ptr<Workplace>>& places, std::uint32_t chip) -> Workplace& {
        return **std::find_if(places.begin(), places.end(), [&](const auto& place) { return chip < place->share.last; });
    };
    for (std::uint32_t c = 0; c < chips_.size(); ++c) {
        const Workplace &from = place_of(workplaces, c), &to = place_of(workplaces_, c);
        const auto quantum = [&](const Program& p, std::size_t n, std::size_t input) {
            return model::own_or_chip_quantum(p.chips[c].neurons[n].quantum_siemens[input], p.chips[c].quantum_siemens);
        };
        for (std::size_t n = 0; n < program_.chips[c].neurons.size(); ++n)
            for (std::size_t input = 0; input < 2; ++input) {
                const double old = quantum(was, n, input), now = quantum(program_, n, input);
                const int from_slot = chips[c]->firing_slot(static_cast<int>(n)), to_slot = chips_[c]->firing_slot(static_cast<int>(n));
                for (std::int64_t step = now_; step < now_ + from.ideal->steps(); ++step)
                    if (const std::int32_t quanta = from.ideal->waiting(step, c - from.share.first, static_cast<int>(input), from_slot); quanta != 0)
                        to.ideal->add(step, c - to.share.first, static_cast<int>(input), to_slot,
                                      old == now ? quanta : static_cast<std::int32_t>(std::lround(quanta * (old / now))));
            }
    }
}

void CpuEngine::change(Program program, Stimulus stimulus)
{
    if (!same_shape(program_, program))
        throw InputError("what was changed gives the chips other neurons, ways or synapses, which only time 0 allows: reset first");
    const KeepFloatingPoint keep;
    flush_denormals();
    for (const auto& workplace : workplaces_)                       // what fired acts with the delays of then
        if (workplace->ideal)
            file_fired(*workplace, turn_ ^ 1);
    for (const auto& workplace : workplaces_)
        workplace->outbox[turn_ ^ 1].fired.clear();
    Program old_program = std::exchange(program_, std::move(program));
    Stimulus old_stimulus = std::exchange(stimulus_, std::move(stimulus));
    auto chips = std::exchange(chips_, {});
    auto workplaces = std::exchange(workplaces_, {});
    auto playback = std::exchange(playback_, nullptr);
    auto inputs = std::exchange(inputs_, {});
    try {
        build();
        take_over(chips, workplaces, old_program);
    } catch (...) {                                                 // the run goes on as it was
        program_ = std::move(old_program);
        stimulus_ = std::move(old_stimulus);
        chips_ = std::move(chips);
        workplaces_ = std::move(workplaces);
        threads_ = static_cast<int>(workplaces_.size());
        playback_ = std::move(playback);
        inputs_ = std::move(inputs);
        ideal_senders_ = IdealSenders(program_, stimulus_);
        throw;
    }
    playback_->take_over(*playback, old_stimulus, stimulus_, static_cast<double>(now_) * program_.timestep_s);
    inputs_ = std::move(inputs);
}

}   // namespace bss
