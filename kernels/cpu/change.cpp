/// Another program in the middle of a run: everything is made anew, and takes over the state of what was there.
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine.hpp"
#include "floating_point.hpp"
#include "kernels/change.hpp"
#include "kernels/model/change.hpp"
#include "kernels/model/parameters.hpp"

namespace bss {
void ChipRun::take_over(const ChipRun& before, std::int64_t now)
{
    membranes_.take_over(before.membranes_);
    synapses_.take_over(before.synapses_);
    spike_counts_ = before.spike_counts_;
    encoders_ = before.encoders_;
    waiting_ = before.waiting_;
    mergers_ = before.mergers_;
    link_up_ = before.link_up_;
    for (BackgroundTrain& train : background_)
        train.begin_at(static_cast<double>(now) * timestep_s_);
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
        refuse_other_rows();
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
                const int from_slot = chips[c]->firing_slot(static_cast<int>(n)), to_slot = chips_[c]->firing_slot(static_cast<int>(n));
                for (std::int64_t step = now_; step < now_ + from.ideal->steps(); ++step)
                    if (const std::int32_t quanta = from.ideal->waiting(step, c - from.share.first, static_cast<int>(input), from_slot); quanta != 0)
                        to.ideal->add(step, c - to.share.first, static_cast<int>(input), to_slot, model::quanta_of(quanta, quantum(was, n, input), quantum(program_, n, input)));
            }
    }
}

void CpuEngine::change(Program program, Stimulus stimulus)
{
    require_same_shape(program_, program);
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
