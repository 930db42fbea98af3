#include "ideal_input.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "chip.hpp"
#include "kernels/change.hpp"
#include "kernels/model/parameters.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

constexpr std::size_t largest_row = 1 << 25;

}   // namespace

IdealInput::IdealInput(const Program& program, std::uint32_t first, std::span<const std::unique_ptr<ChipRun>> chips)
{
    for (const auto& chip : chips) {
        const auto slots = static_cast<std::size_t>(chip->slots());
        parts_.push_back({width_, slots});
        width_ += 2 * slots;
    }
    if (width_ > largest_row)
        throw RunError("the ideal fabric: more neurons than a thread can take: use more threads");
    const auto last = first + chips.size();
    const std::uint32_t first_neuron = first < program.chips.size() ? program.chips[first].first_neuron : static_cast<std::uint32_t>(program.neurons.size());
    const std::uint32_t last_neuron = last < program.chips.size() ? program.chips[last].first_neuron : static_cast<std::uint32_t>(program.neurons.size());
    std::vector<std::uint32_t> chip_of(last_neuron - first_neuron), slot_of(last_neuron - first_neuron);
    for (std::uint32_t c = first; c < last; ++c)
        for (std::uint32_t n = 0; n < program.chips[c].neurons.size(); ++n) {
            chip_of[program.chips[c].first_neuron + n - first_neuron] = c - first;
            slot_of[program.chips[c].first_neuron + n - first_neuron] = static_cast<std::uint32_t>(chips[c - first]->firing_slot(static_cast<int>(n)));
        }

    const IdealFabric& fabric = program.ideal;
    const auto ours = [&](const IdealSynapse& s) { return s.neuron >= first_neuron && s.neuron < last_neuron; };
    synapses_.reserve(static_cast<std::size_t>(std::count_if(fabric.synapses.begin(), fabric.synapses.end(), ours)));
    for (const IdealLine& line : fabric.lines) {
        first_.push_back(synapses_.size());
        for (const IdealSynapse& s : std::span(fabric.synapses).subspan(line.first, line.count)) {
            if (!ours(s))
                continue;
            const std::uint32_t chip = chip_of[s.neuron - first_neuron];
            const Part& part = parts_[chip];
            const std::size_t target = part.first + (s.input == SynapticInput::inhibitory ? part.slots : 0) + slot_of[s.neuron - first_neuron];
            const ChipProgram& made = program.chips[first + chip];
            const double quantum = model::own_or_chip_quantum(made.neurons[s.neuron - made.first_neuron].quantum_siemens[static_cast<std::size_t>(s.input)], made.quantum_siemens);
            synapses_.push_back({s.delay_steps * width_ + target, static_cast<std::uint64_t>(std::lround(s.siemens / quantum))});
            longest_ = std::max<std::int64_t>(longest_, s.delay_steps);
        }
        std::sort(synapses_.begin() + static_cast<std::ptrdiff_t>(first_.back()), synapses_.end(), [](Synapse a, Synapse b) { return a.further < b.further; });
        if (line.plasticity) {
            plastic_.resize(fabric.lines.size(), static_line);
            plastic_[first_.size() - 1] = static_cast<std::uint32_t>(states_.size());
            states_.push_back({*line.plasticity});
        }
    }
    first_.push_back(synapses_.size());

    // Filed at most a window before the spike's own step begins, and one step later if it is nearer to its end.
    const std::size_t rows = std::bit_ceil(static_cast<std::size_t>(longest_ + program.window_steps + 2));
    mask_ = rows - 1;
    ring_.assign(rows * width_ / lanes, {});
    lends_ = program.window_steps == 1;
}

void IdealInput::file(std::span<const IdealSenders::Spike> spikes)
{
    constexpr std::size_t ahead = 4;        // spikes whose synapses are on their way
    for (std::size_t k = 0; k < std::min(ahead, spikes.size()); ++k)
        prefetch(spikes[k].lines);
    for (std::size_t k = 0; k < spikes.size(); ++k) {
        if (k + ahead < spikes.size())
            prefetch(spikes[k + ahead].lines);
        const IdealSenders::Spike& spike = spikes[k];
        last_filed_ = std::max(last_filed_, spike.step + longest_);
        for (std::uint32_t line = spike.lines.first; line < spike.lines.last; ++line)
            add_line(line, spike.step, spike.time_s);
    }
}

void IdealInput::add_line(std::size_t line, std::int64_t step, double time_s)
{
    const std::uint32_t plastic = plastic_.empty() ? static_line : plastic_[line];
    const std::size_t row = (static_cast<std::size_t>(step) & mask_) * width_, end = (mask_ + 1) * width_;
    std::int32_t* const ring = reinterpret_cast<std::int32_t*>(ring_.data());
    const auto place = [&](Synapse s) {
        const std::size_t at = row + s.further;
        return ring + (at < end ? at : at - end);
    };
    const auto synapses = std::span(synapses_).subspan(first_[line], first_[line + 1] - first_[line]);
    events_ += static_cast<std::int64_t>(synapses.size());
    if (plastic == static_line) {
        for (const Synapse s : synapses)
            *place(s) += static_cast<std::int32_t>(s.quanta);
    } else {
        const std::uint64_t factor = tsodyks_markram_event(states_[plastic], time_s);
        for (const Synapse s : synapses)
            *place(s) += static_cast<std::int32_t>(s.quanta * factor >> tsodyks_markram_factor_bits);
    }
}

/// Starts loading what a spike will want.
void IdealInput::prefetch(IdealSenders::Lines lines) const
{
    constexpr std::size_t cache_line = 64 / sizeof(Synapse), most = 8 * cache_line;     // the processor sees longer lists coming
    for (std::size_t s = first_[lines.first], end = std::min(first_[lines.first + 1], s + most); s < end; s += cache_line)
        __builtin_prefetch(synapses_.data() + s);
}

void IdealInput::take(std::int64_t step, std::size_t chip, int in_window, WindowInput& window)
{
    const Part& part = parts_[chip];
    QuantaRow* const rows = row_of(step) + part.first / lanes;
    if (lends_) {
        window.lend(rows);
        return;
    }
    std::int32_t* sums = reinterpret_cast<std::int32_t*>(rows);
    for (const int input : {0, 1}) {
        std::int32_t* const quanta = window.at(in_window, input);
        for (std::size_t k = 0; k < part.slots; ++k)
            quanta[k] += sums[k];
        std::fill_n(sums, part.slots, 0);
        sums += part.slots;
    }
}

void IdealInput::take_over(const IdealInput& before)
{
    if (before.mask_ > mask_) {
        mask_ = before.mask_;
        ring_.assign((mask_ + 1) * width_ / lanes, {});
    }
    for (std::size_t line = 0; line < plastic_.size() && line < before.plastic_.size(); ++line)
        if (plastic_[line] != static_line && before.plastic_[line] != static_line)
            states_[plastic_[line]] = with_state_of(before.states_[before.plastic_[line]], states_[plastic_[line]]);
    events_ = before.events_;
}

}   // namespace bss
