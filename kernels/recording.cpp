#include "recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <utility>

#include "program.hpp"
#include "sender.hpp"
#include "wafer/random.hpp"

namespace bss {

namespace {

/// Spikes lie more or less evenly in time: first each goes into its piece of it, where few others are.
/// @param before  the order: by time, then by anything
template <class Spike, class Before>
void sort_by_time(std::vector<Spike>& spikes, Before before)
{
    constexpr std::size_t spikes_a_piece = 4, few = 64;
    const std::size_t pieces = spikes.size() / spikes_a_piece;
    const auto [first, last] = std::minmax_element(spikes.begin(), spikes.end(), [](const Spike& a, const Spike& b) { return a.time_s < b.time_s; });
    if (spikes.size() < few || first->time_s == last->time_s) {
        std::sort(spikes.begin(), spikes.end(), before);
        return;
    }
    const double begin_s = first->time_s, per_s = static_cast<double>(pieces) / (last->time_s - begin_s);
    const auto piece = [&](const Spike& spike) { return std::min(pieces - 1, static_cast<std::size_t>((spike.time_s - begin_s) * per_s)); };
    std::vector<std::size_t> next(pieces + 1);
    for (const Spike& spike : spikes)
        ++next[piece(spike) + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    std::vector<Spike> sorted(spikes.size());
    for (const Spike& spike : spikes)
        sorted[next[piece(spike)]++] = spike;
    for (std::size_t p = 0, begin = 0; p < pieces; begin = next[p++])
        std::sort(sorted.begin() + static_cast<std::ptrdiff_t>(begin), sorted.begin() + static_cast<std::ptrdiff_t>(next[p]), before);
    spikes = std::move(sorted);
}

}   // namespace

void sort(std::vector<NeuronSpike>& spikes)
{
    sort_by_time(spikes, [](const NeuronSpike& a, const NeuronSpike& b) { return std::tie(a.time_s, a.neuron) < std::tie(b.time_s, b.neuron); });
}

void sort(std::vector<SourceSpike>& spikes)
{
    sort_by_time(spikes, [](const SourceSpike& a, const SourceSpike& b) { return std::tie(a.time_s, a.source) < std::tie(b.time_s, b.source); });
}

float quantised(double volt, const Adc& adc)
{
    const double codes = std::exp2(adc.bits) - 1;
    return static_cast<float>(std::clamp(std::round(volt / adc.full_scale_volt * codes), 0.0, codes) * adc.full_scale_volt / codes);
}

float read_out(float volt, const Program& program, const TraceProgram& trace, std::size_t position, std::int64_t step)
{
    const ReadoutCircuit& readout = trace.readout[position];
    const double noise = random_normal(program.trial, Purpose::readout_noise, chip_address(program.neurons[trace.neurons[position]].chip),
                                       static_cast<std::uint32_t>(trace.readout_denmems[position].value()), static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32));
    return quantised(volt + readout.offset_volt + readout.noise_volt * noise, program.adc);
}

}   // namespace bss
