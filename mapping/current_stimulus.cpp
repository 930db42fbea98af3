#include "current_stimulus.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss
{
namespace
{

/// Neurons of one current and size, which take the same waveform.
struct Group {
    int denmems_used;
    std::vector<InjectedCurrent*> neurons;
    const InjectedCurrent& one() const { return *neurons.front(); }
};

std::vector<Denmem> at_block(const NeuronSite& site, FgBlock block)
{
    std::vector<Denmem> denmems;
    for (const Denmem d : denmems_of(site))
        if (d.shared_fg_block() == block)
            denmems.push_back(d);
    return denmems;
}

bool can_serve(FgBlock block, const Group& group)
{
    return std::all_of(group.neurons.begin(), group.neurons.end(), [&](const InjectedCurrent* neuron) {
        return at_block(neuron->site, block).size() >= static_cast<std::size_t>(group.denmems_used);
    });
}

[[noreturn]] void refuse(const InjectedCurrent& current, const Network& network, const std::string& why)
{
    throw InputError(fmt::format("population \"{}\": {}: expected what the chip's current stimulus can give, found {}", network.populations[current.population].name,
                                 current.name, why));
}

std::vector<Group> grouped(std::vector<InjectedCurrent>& currents, const Network& network, double full_scale, bool quantised)
{
    std::vector<Group> groups;
    for (InjectedCurrent& current : currents) {
        const auto [least, largest] = std::minmax_element(current.waveform.nanoampere.begin(), current.waveform.nanoampere.end());
        const double ampere = *largest * current.ampere_per_nanoampere;
        if (quantised && *least < 0.0)
            refuse(current, network, "a negative current");
        const int most = std::max(1, current.site.size / 4); // denmems of a neuron at one position in the quad
        const int used = quantised ? std::max(1, static_cast<int>(std::ceil(ampere / full_scale))) : 1;
        if (used > most)
            refuse(current, network, fmt::format("{:.3g} uA on the chip, more than {} x {:.3g} uA", ampere * 1e6, most, full_scale * 1e6));
        const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
            return g.denmems_used == used && g.one().ampere_per_nanoampere == current.ampere_per_nanoampere && g.one().waveform == current.waveform;
        });
        if (same == groups.end())
            groups.push_back({used, {&current}});
        else
            same->neurons.push_back(&current);
        if (groups.size() > FgBlock::count)
            refuse(current, network, fmt::format("a fifth different current on one chip, which has {} stimuli", static_cast<int>(FgBlock::count)));
    }
    return groups;
}

} // namespace

void write_currents(HicannConfig& config, std::vector<InjectedCurrent>& currents, const Technology& technology, const Network& network, bool quantised)
{
    const double full_scale = technology.stimulus_full_scale_ampere(), ampere_per_dac = full_scale / dac_max;
    std::vector<Group> groups = grouped(currents, network, full_scale, quantised);
    std::array<int, FgBlock::count> blocks;
    std::iota(blocks.begin(), blocks.end(), 0);
    const auto fits = [&] {
        for (std::size_t g = 0; g < groups.size(); ++g)
            if (!can_serve(FgBlock(blocks[g]), groups[g]))
                return false;
        return true;
    };
    while (!fits())
        if (!std::next_permutation(blocks.begin(), blocks.end()))
            refuse(groups.front().one(), network, "currents of neurons that share the stimulus of one block");
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const FgBlock block(blocks[g]);
        const CurrentWaveform& waveform = groups[g].one().waveform;
        const double nanoampere_per_dac = ampere_per_dac * groups[g].denmems_used / groups[g].one().ampere_per_nanoampere;
        CurrentStimulus& stimulus = config.stimulus[block.value()];
        stimulus.enable = true;
        stimulus.continuous = waveform.continuous;
        stimulus.pulse_length = waveform.pulse_length;
        std::transform(waveform.nanoampere.begin(), waveform.nanoampere.end(), stimulus.dac.begin(),
                       [&](double value) { return quantised ? std::round(value / nanoampere_per_dac) : value / nanoampere_per_dac; });
        for (InjectedCurrent* neuron : groups[g].neurons) {
            const auto denmems = at_block(neuron->site, block);
            for (int k = 0; k < groups[g].denmems_used; ++k)
                config.denmems[denmems[k].value()].enable_current_input = true;
            neuron->realised_nanoampere = stimulus.dac.front() * nanoampere_per_dac;
        }
    }
}

} // namespace bss
