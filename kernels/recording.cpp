#include "recording.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "program.hpp"
#include "sender.hpp"
#include "wafer/random.hpp"

namespace bss {

void sort(std::vector<NeuronSpike>& spikes)
{
    std::sort(spikes.begin(), spikes.end(), [](const NeuronSpike& a, const NeuronSpike& b) { return std::tie(a.time_s, a.neuron) < std::tie(b.time_s, b.neuron); });
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
