#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

#include "elaborate.hpp"
#include "ideal.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

struct Kept {
    IdealLine line;                         ///< whose synapse it is; no count
    IdealSynapse synapse;
};

bool same(const IdealLine& a, const IdealLine& b) { return a.from_host == b.from_host && a.sender == b.sender && a.plasticity == b.plasticity; }

std::uint32_t index_of(const Program& program, const NeuronPlace& place)
{
    const auto found = std::lower_bound(program.neurons.begin(), program.neurons.end(), place);
    if (found == program.neurons.end() || *found != place)
        throw InputError(fmt::format("kept synapse: expected a configured neuron, found none that fires through denmem {} of HICANN {} (wafer {} of the run)",
                                     place.firing.value(), place.chip.hicann.value(), place.chip.wafer));
    return static_cast<std::uint32_t>(found - program.neurons.begin());
}

/// As over the shortest route that there could be: as many borders as lie between the chips, none from the host or from another wafer.
double shortest_delay_s(const Ideals::KeptSynapse& kept, std::uint16_t wafer, const Timing& timing)
{
    const bool on_wafer = !kept.from_host && kept.source_chip.wafer == wafer;
    const Hicann from = kept.source_chip.hicann, to = kept.hicann;
    const int hops = on_wafer ? std::abs(from.x() - to.x()) + std::abs(from.y() - to.y()) : 0;
    return std::max(timing.route_minimum_s, timing.route_base_s + timing.route_per_hicann_s * hops);
}

}   // namespace

IdealFabric elaborate_kept(const Program& program, std::span<const WaferConfig> configs, std::span<const Silicon> silicon)
{
    std::vector<Kept> all;
    for (std::uint16_t w = 0; w < configs.size(); ++w) {
        const Ideals& ideals = configs[w].ideals;
        for (const Ideals::KeptSynapse& kept : ideals.kept_synapses) {
            Kept& k = all.emplace_back();
            k.line.from_host = kept.from_host;
            k.line.sender = kept.from_host ? kept.source_id : index_of(program, {kept.source_chip, kept.source_firing});
            if (kept.plasticity > 0)
                k.line.plasticity = ideals.plasticities.at(kept.plasticity - 1u);
            const double delay_s = ideals.uniform_delay_s ? *ideals.uniform_delay_s : shortest_delay_s(kept, w, silicon[w].technology().timing);
            k.synapse = {index_of(program, {{w, kept.hicann}, kept.firing}), kept.siemens, ideal_delay_steps(delay_s, program.timestep_s), kept.input};
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) {
        return std::tie(a.line.from_host, a.line.sender, a.line.plasticity) < std::tie(b.line.from_host, b.line.sender, b.line.plasticity);
    });
    std::vector<IdealLine> lines;
    for (const Kept& k : all)
        if (lines.empty() || !same(lines.back(), k.line))
            lines.push_back(k.line);
    return ideal_fabric(std::move(lines), [&](auto&& take) {
        std::size_t line = 0;
        for (std::size_t k = 0; k < all.size(); ++k) {
            line += k > 0 && !same(all[k - 1].line, all[k].line);
            take(line, all[k].synapse);
        }
    });
}

}   // namespace bss
