#include "ideal_input.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

#include "chip.hpp"
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
    std::int64_t longest = 1;
    for (const IdealLine& line : fabric.lines) {
        first_.push_back(synapses_.size());
        for (const IdealSynapse& s : std::span(fabric.synapses).subspan(line.first, line.count)) {
            if (!ours(s))
                continue;
            const std::uint32_t chip = chip_of[s.neuron - first_neuron];
            const Part& part = parts_[chip];
            const std::size_t target = part.first + (s.input == SynapticInput::inhibitory ? part.slots : 0) + slot_of[s.neuron - first_neuron];
            const ChipProgram& made = program.chips[first + chip];
            const double own = made.neurons[s.neuron - made.first_neuron].quantum_siemens[static_cast<std::size_t>(s.input)];
            synapses_.push_back({target, s.delay_steps, static_cast<std::uint64_t>(std::lround(s.siemens / (own > 0 ? own : made.quantum_siemens)))});
            longest = std::max<std::int64_t>(longest, s.delay_steps);
        }
        std::sort(synapses_.begin() + static_cast<std::ptrdiff_t>(first_.back()), synapses_.end(), [](const Synapse& a, const Synapse& b) {
            return std::tuple<std::uint64_t, std::uint64_t>(a.delay, a.target) < std::tuple<std::uint64_t, std::uint64_t>(b.delay, b.target);
        });
        if (line.plasticity) {
            plastic_.resize(fabric.lines.size(), static_line);
            plastic_[first_.size() - 1] = static_cast<std::uint32_t>(states_.size());
            states_.push_back({*line.plasticity});
        }
    }
    first_.push_back(synapses_.size());

    // Filed at most a window before the spike's own step begins, and one step later if it is nearer to its end.
    const std::size_t rows = std::bit_ceil(static_cast<std::size_t>(longest + program.window_steps + 2));
    mask_ = rows - 1;
    ring_.assign(rows * width_ / lanes, {});
    lends_ = program.window_steps == 1;
    filed_for_.assign(rows, -1);
}

void IdealInput::spike(std::size_t line, std::int64_t step, double time_s)
{
    const std::uint32_t plastic = plastic_.empty() ? static_line : plastic_[line];
    const std::uint64_t factor = plastic == static_line ? 0 : tsodyks_markram_event(states_[plastic], time_s);
    const Synapse* const end = synapses_.data() + first_[line + 1];
    events_ += synapses(line);
    for (const Synapse* s = synapses_.data() + first_[line]; s != end;) {
        const std::uint64_t delay = s->delay;
        const std::int64_t at = step + static_cast<std::int64_t>(delay);
        std::int32_t* const sums = reinterpret_cast<std::int32_t*>(row_of(at));
        filed_for_[static_cast<std::size_t>(at) & mask_] = at;
        const Synapse* const stop = end[-1].delay == delay ? end : std::find_if(s, end, [&](const Synapse& other) { return other.delay != delay; });
        if (plastic == static_line)
            for (; s != stop; ++s)
                sums[s->target] += static_cast<std::int32_t>(s->quanta);
        else
            for (; s != stop; ++s)
                sums[s->target] += static_cast<std::int32_t>(s->quanta * factor >> tsodyks_markram_factor_bits);
    }
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
        filed_for_.assign(mask_ + 1, -1);
    }
    for (std::size_t line = 0; line < plastic_.size() && line < before.plastic_.size(); ++line)
        if (plastic_[line] != static_line && before.plastic_[line] != static_line) {
            const TsodyksMarkram parameters = states_[plastic_[line]].parameters;
            states_[plastic_[line]] = before.states_[before.plastic_[line]];
            states_[plastic_[line]].parameters = parameters;
        }
    events_ = before.events_;
}

}   // namespace bss
