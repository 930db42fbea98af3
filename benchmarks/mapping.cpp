// What a mapping loses and how long each stage takes, for the networks of mapping.md §4.1 and a full wafer, on a sound wafer and on one with defects.
// Usage: mapping [name of a network]
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mapping/nets.hpp"
#include "mapping/placement.hpp"
#include "mapping/routing.hpp"
#include "reference_networks.hpp"

namespace {

using namespace bss;

struct Case {
    std::string name;
    std::function<NetworkSpec()> network;
    MappingOptions options;
};

double seconds(const std::function<void()>& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(const Case& c, const Network& network, double defects)
{
    Machine machine;
    machine.defects.resize(1);
    std::map<std::string, double> fractions{{"h_repeaters", defects / 10}, {"v_repeaters", defects / 10}};
    for (const char* kind : {"neurons", "drivers", "synapses", "rows", "h_buses", "v_buses", "crossbar_switches", "synapse_switches", "mergers", "hicanns"})
        fractions[kind] = defects;
    machine.defects[0] = derived(random_defects(fractions, 1));
    for (const Hicann hicann : all<Hicann>())
        if (machine.defects[0].usable(hicann))
            machine.chips.push_back({0, hicann});

    std::vector<WaferConfig> configs(1);
    Placement placement;
    Nets nets;
    Routes routes;
    std::vector<std::vector<RealisedSynapse>> synapses;
    const double place_s = seconds([&] { placement = place(network, machine, c.options); });
    const double nets_s = seconds([&] {
        nets = form_nets(network, placement, machine, c.options);
        configure_neurons(configs, network, placement, nets);
    });
    const double route_s = seconds([&] { routes = route(configs, network, placement, nets, machine, c.options); });
    const double drivers_s = seconds([&] { assign_drivers(configs, routes, network, placement, nets, machine, c.options); });
    const double synapses_s = seconds([&] { synapses = assign_synapses(configs, routes, network, placement, nets, machine, c.options); });

    std::array<std::size_t, loss_cause_names.size()> lost{};
    for (const auto& projection : synapses)
        for (const RealisedSynapse& s : projection)
            if (!s.realised())
                ++lost[static_cast<std::size_t>(s.cause)];
    std::size_t all_lost = 0, drivers = 0;
    for (const std::size_t n : lost)
        all_lost += n;
    for (const Arrival& arrival : routes.arrivals)
        drivers += arrival.chain.size();
    const auto requested = static_cast<double>(network.synapses());
    std::printf("| %s | %.0f %% | %.3g | %zu | %zu | %zu | %.3f | ", c.name.c_str(), 100 * defects, requested, nets.nets.size(), routes.arrivals.size(), drivers,
                100 * static_cast<double>(all_lost) / requested);
    for (std::size_t k = 0; k < lost.size(); ++k)
        if (lost[k] > 0)
            std::printf("%s %.3f ", std::string(loss_cause_names[k]).c_str(), 100 * static_cast<double>(lost[k]) / requested);
    std::printf("| %.2f | %.2f | %.2f | %.2f | %.2f |\n", place_s, nets_s, route_s, drivers_s, synapses_s);
}

}   // namespace

int main(int argc, char** argv)
{
    MappingOptions size_4;
    size_4.neuron_size = 4;
    MappingOptions guide = size_4;
    guide.driver_chain_length = 5;
    const std::vector<Case> cases{{"microcircuit", [] { return microcircuit(0.1); }, {}}, {"random", brunel_demo, {}}, {"full-wafer", [] { return ring_of_groups(200, 0.25); }, size_4}, {"guide", guide_example, guide}};
    std::puts("| network | defects | synapses | nets | routes | drivers | lost % | by cause, % | place s | nets s | route s | drivers s | synapses s |");
    std::puts("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (const Case& c : cases) {
        if (argc > 1 && c.name != argv[1])
            continue;
        const Network network = expand(c.network());
        for (const double defects : {0.0, 0.02})
            measure(c, network, defects);
    }
}
