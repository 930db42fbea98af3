/// The mapper without parameters and weights: everything that decides about connections.
#pragma once

#include "mapping/account.hpp"
#include "mapping/nets.hpp"
#include "mapping/placement.hpp"
#include "mapping/rebuild.hpp"
#include "mapping/routing.hpp"
#include "mapping/sources.hpp"
#include "synthetic.hpp"

namespace bss::synthetic {

/// Runs placement to synapses of a scene and returns what rebuilt_equals() needs.
inline Mapping connect_all(Scene& scene)
{
    Mapping mapping;
    mapping.wafers.resize(scene.machine.defects.size());
    scene.placement = place(scene.network, scene.machine, scene.options);
    scene.nets = form_nets(scene.network, scene.placement, scene.machine, scene.options);
    configure_neurons(mapping.wafers, scene.network, scene.placement, scene.nets);
    Routes routes = route(mapping.wafers, scene.network, scene.placement, scene.nets, scene.machine, scene.options);
    assign_drivers(mapping.wafers, routes, scene.network, scene.placement, scene.nets, scene.machine, scene.options);
    mapping.synapses = assign_synapses(mapping.wafers, routes, scene.network, scene.placement, scene.nets, scene.machine, scene.options);
    write_placement_table(mapping, scene.network, scene.placement, scene.nets);
    for (Population& population : scene.network.populations)
        if (population.cell == CellType::SpikeSourceArray)
            population.spike_times.resize(population.size);
    write_stimulus(mapping, scene.network, scene.machine);
    return mapping;
}

/// A random network of a few populations on a part of the wafer.
template <class Draw>
Scene random_scene(Draw&& draw, std::uint64_t seed)
{
    Scene scene;
    constexpr std::array sizes{1, 2, 4, 6, 8, 16, 64};
    scene.options.neuron_size = sizes[static_cast<std::size_t>(draw(0, 7))];
    scene.options.seed = seed;
    scene.network.seed = seed;
    const int populations = static_cast<int>(draw(1, 7));
    for (int p = 0; p < populations; ++p)
        scene.add_population(static_cast<std::uint32_t>(draw(1, 120)), p > 0 && draw(0, 1) < 0.3 ? CellType::SpikeSourcePoisson : CellType::IF_cond_exp);
    for (int k = 0; k < 7; ++k) {
        std::uint32_t post = static_cast<std::uint32_t>(draw(0, populations));
        while (is_source(scene.network.populations[post].cell))
            --post;
        std::optional<ShortTermPlasticity> stp;
        if (draw(0, 1) < 0.2)
            stp = ShortTermPlasticity{0.5, 100, 0};
        scene.connect(static_cast<std::uint32_t>(draw(0, populations)), post, draw(0, 1) < 0.2 ? 1.0 : draw(0, 0.5), draw(0, 1) < 0.5 ? Receptor::excitatory : Receptor::inhibitory, stp);
    }
    std::erase_if(scene.machine.chips, [&](Chip chip) { return chip.hicann.x() < 12 || chip.hicann.x() > 23 || chip.hicann.y() > 9; });
    return scene;
}

}   // namespace bss::synthetic
