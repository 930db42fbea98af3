#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

/// An integer 0..1023, or any number at all while parameter quantisation is off.
bool valid_dac(double dac, const Limits& limits) { return limits.real_valued_dacs ? !std::isnan(dac) : dac >= 0.0 && dac <= dac_max && dac == std::floor(dac); }

}   // namespace

void shared_multiplexer_lines(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        std::array<int, 4> sources{}; // [position in the quad]
        for (const Denmem d : all<Denmem>())
            sources[d.position_in_quad()] += chip.config.denmems[d.value()].enable_aout;
        for (int position = 0; position < 4; ++position)
            if (sources[position] > 1)
                report(chip.hicann, fmt::format("{} denmems at quad position {} drive one multiplexer line", sources[position], position));
        const auto [first, second] = chip.config.analog_outputs;
        if (first == second && first != AnalogOutput::off)
            report(chip.hicann, fmt::format("both analogue outputs select {}", static_cast<int>(first)));
    }
}

void shared_analog_channels(const Analysis& a, Reporter& report)
{
    std::map<std::pair<int, int>, Hicann> owner; // (ADC group, output)
    for (const ChipView& chip : a.chips)
        for (int output = 0; output < 2; ++output) {
            if (chip.config.analog_outputs[output] == AnalogOutput::off)
                continue;
            const int group = chip.hicann.reticle().adc_group();
            if (const auto [other, free] = owner.try_emplace({group, output}, chip.hicann); !free)
                report(chip.hicann, fmt::format("analogue output {} of ADC group {} is taken by HICANN {}", output, group, other->second.value()));
        }
}

void wrong_stimuli(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        for (const FgBlock block : all<FgBlock>()) {
            const CurrentStimulus& stimulus = chip.config.stimulus[block.value()];
            if (!stimulus.enable)
                continue;
            if (const auto bad = std::find_if(stimulus.dac.begin(), stimulus.dac.end(), [&](double dac) { return !valid_dac(dac, a.limits); });
                bad != stimulus.dac.end())
                report(chip.hicann, fmt::format("sample {} of the stimulus of block {} is DAC {}", bad - stimulus.dac.begin(), block.value(), *bad));
            if (stimulus.pulse_length > 15)
                report(chip.hicann, fmt::format("the pulse length of the stimulus of block {} is {}", block.value(), stimulus.pulse_length));
        }
}

void wrong_floating_gates(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        const FloatingGates& fg = chip.config.fg;
        for (int p = 0; p < neuron_fg_count; ++p)
            for (const Denmem d : all<Denmem>())
                if (!valid_dac(fg.neuron[d.value()][p], a.limits))
                    report(chip.hicann, fmt::format("{} of denmem {} is DAC {}", cell(static_cast<NeuronFg>(p)).name, d.value(), fg.neuron[d.value()][p]));
        for (int p = 0; p < shared_fg_count; ++p)
            for (const FgBlock block : all<FgBlock>())
                if (!valid_dac(fg.shared[block.value()][p], a.limits))
                    report(chip.hicann,
                           fmt::format("{} of block {} is DAC {}", cell(static_cast<SharedFg>(p)).name, block.value(), fg.shared[block.value()][p]));
        if (std::any_of(fg.own_v_reset.begin(), fg.own_v_reset.end(), [&](double dac) { return std::isnan(dac); }))
            report(chip.hicann, "a V_reset is not a number");
    }
}

}   // namespace bss::rules
