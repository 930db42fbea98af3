#include "recording.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "program.hpp"

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

}   // namespace bss
