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

/// Neurons of one current and size, which take the same DAC.
struct Group {
    double ampere;
    int denmems_used;
    std::vector<OffsetCurrent*> neurons;
};

std::vector<Denmem> at_block(const NeuronSite& site, FgBlock block)
{
    std::vector<Denmem> denmems;
    for (const Denmem d : denmems_of(site))
        if (d.shared_fg_block() == block)
            denmems.push_back(d);
    return denmems;
}

/// DAC that a group needs at a block; NaN where the block cannot serve it.
double dac_at(const Group& group, FgBlock block, double ampere_per_dac, bool quantised)
{
    std::size_t available = Denmem::count;
    for (const OffsetCurrent* neuron : group.neurons)
        available = std::min(available, at_block(neuron->site, block).size());
    return available < static_cast<std::size_t>(group.denmems_used) ? NAN
           : quantised                                              ? std::round(group.ampere / group.denmems_used / ampere_per_dac)
                                                                    : group.ampere / group.denmems_used / ampere_per_dac;
}

[[noreturn]] void refuse(const OffsetCurrent& current, const Network& network, const std::string& why)
{
    throw InputError(fmt::format("population \"{}\": i_offset: expected what the chip's current stimulus can give, found {}",
                                 network.populations[current.population].name, why));
}

std::vector<Group> grouped(std::vector<OffsetCurrent>& currents, const Network& network, double full_scale, bool quantised)
{
    std::vector<Group> groups;
    for (OffsetCurrent& current : currents) {
        if (quantised && current.ampere < 0.0)
            refuse(current, network, "a negative current");
        const int most = std::max(1, current.site.size / 4); // denmems of a neuron at one position in the quad
        const int used = quantised ? std::max(1, static_cast<int>(std::ceil(current.ampere / full_scale))) : 1;
        if (used > most)
            refuse(current, network, fmt::format("{:.3g} uA on the chip, more than {} x {:.3g} uA", current.ampere * 1e6, most, full_scale * 1e6));
        const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.ampere == current.ampere && g.denmems_used == used; });
        if (same == groups.end())
            groups.push_back({current.ampere, used, {&current}});
        else
            same->neurons.push_back(&current);
        if (groups.size() > FgBlock::count)
            refuse(current, network, fmt::format("a fifth different current on one chip, which has {} stimuli", static_cast<int>(FgBlock::count)));
    }
    return groups;
}

} // namespace

void write_offset_currents(HicannConfig& config, std::vector<OffsetCurrent>& currents, const Technology& technology, const Network& network, bool quantised)
{
    const double full_scale = technology.stimulus_full_scale_ampere(), ampere_per_dac = full_scale / dac_max;
    std::vector<Group> groups = grouped(currents, network, full_scale, quantised);
    std::array<int, FgBlock::count> blocks;
    std::iota(blocks.begin(), blocks.end(), 0);
    const auto fits = [&] {
        for (std::size_t g = 0; g < groups.size(); ++g)
            if (std::isnan(dac_at(groups[g], FgBlock(blocks[g]), ampere_per_dac, quantised)))
                return false;
        return true;
    };
    while (!fits())
        if (!std::next_permutation(blocks.begin(), blocks.end()))
            refuse(*groups.front().neurons.front(), network, "currents of neurons that share the stimulus of one block");
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const FgBlock block(blocks[g]);
        const double dac = dac_at(groups[g], block, ampere_per_dac, quantised);
        CurrentStimulus& stimulus = config.stimulus[block.value()];
        stimulus.enable = stimulus.continuous = true;
        stimulus.dac.fill(dac);
        for (OffsetCurrent* neuron : groups[g].neurons) {
            const auto denmems = at_block(neuron->site, block);
            for (int k = 0; k < groups[g].denmems_used; ++k)
                config.denmems[denmems[k].value()].enable_current_input = true;
            neuron->realised = dac * ampere_per_dac * groups[g].denmems_used;
        }
    }
}

} // namespace bss
