// What a mapping loses and how long each stage takes, for the networks of mapping.md §4.1 and a full wafer, on a sound wafer and on one with defects.
// Usage: mapping [name of a network]
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mapping/connectors.hpp"
#include "mapping/nets.hpp"
#include "mapping/placement.hpp"
#include "mapping/routing.hpp"

namespace {

using namespace bss;

std::uint32_t add(NetworkSpec& network, std::uint32_t size, CellType cell = CellType::IF_cond_exp)
{
    Population p;
    p.name = std::to_string(network.populations.size());
    p.size = size;
    p.cell = cell;
    for (const CellParameter& parameter : parameters_of(cell))
        p.parameters.push_back({{parameter.standard}});
    network.populations.push_back(std::move(p));
    return static_cast<std::uint32_t>(network.populations.size() - 1);
}

void join(NetworkSpec& network, std::uint32_t pre, std::uint32_t post, const Connector& connector, Receptor receptor = Receptor::excitatory)
{
    ProjectionSpec p;
    p.pre = pre;
    p.post = post;
    p.receptor = receptor;
    p.connector = connector;
    p.weight = 0.003;
    network.projections.push_back(std::move(p));
}

/// Potjans and Diesmann at 10 % of neurons and synapses each (reference-networks.md §4).
NetworkSpec microcircuit()
{
    constexpr std::array<double, 8> sizes{20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948};
    constexpr double probability[8][8] = {{.1009, .1689, .0437, .0818, .0323, 0, .0076, 0},     {.1346, .1371, .0316, .0515, .0755, 0, .0042, 0},
                                          {.0077, .0059, .0497, .1350, .0067, .0003, .0453, 0}, {.0691, .0029, .0794, .1597, .0033, 0, .1057, 0},
                                          {.1004, .0622, .0505, .0057, .0831, .3726, .0204, 0}, {.0548, .0269, .0257, .0022, .0600, .3158, .0086, 0},
                                          {.0156, .0066, .0211, .0166, .0572, .0197, .0396, .2252}, {.0364, .0010, .0034, .0005, .0277, .0080, .0658, .1443}};
    NetworkSpec network;
    for (const double size : sizes)
        add(network, static_cast<std::uint32_t>(size / 10));
    for (std::uint32_t post = 0; post < 8; ++post)
        for (std::uint32_t pre = 0; pre < 8; ++pre)
            if (const double p = probability[post][pre]; p > 0) {
                const double synapses = std::log(1 - p) / std::log(1 - 1 / (sizes[pre] * sizes[post])) / 100;
                join(network, pre, post, FixedTotalNumber{static_cast<std::uint64_t>(synapses)}, pre % 2 ? Receptor::inhibitory : Receptor::excitatory);
            }
    return network;
}

/// The random balanced network of wafer 30 at scale 1/6 (mapping.md §4.1): 431 k recurrent and 417 k external synapses.
NetworkSpec random_network()
{
    NetworkSpec network;
    const auto exc = add(network, 1666), inh = add(network, 417), external = add(network, 2083, CellType::SpikeSourcePoisson);
    for (const auto post : {exc, inh}) {
        join(network, exc, post, FixedNumberPre{166});
        join(network, inh, post, FixedNumberPre{41}, Receptor::inhibitory);
        join(network, external, post, FixedNumberPre{200});
    }
    return network;
}

/// 40,000 neurons, each group of 200 joined with itself and its two neighbours on either side.
NetworkSpec full_wafer()
{
    NetworkSpec network;
    constexpr int groups = 200;
    for (int g = 0; g < groups; ++g)
        add(network, 200);
    for (int g = 0; g < groups; ++g)
        for (const int d : {-2, -1, 0, 1, 2})
            join(network, static_cast<std::uint32_t>(g), static_cast<std::uint32_t>((g + d + groups) % groups), FixedProbability{0.25});
    return network;
}

/// 50 sources onto 50 recurrently joined neurons: the guide's example, on which marocco loses 23.4 % (mapping.md §4.1).
NetworkSpec guide_example()
{
    NetworkSpec network;
    const auto sources = add(network, 50, CellType::SpikeSourcePoisson), neurons = add(network, 50);
    join(network, sources, neurons, FixedProbability{0.5});
    join(network, neurons, neurons, FixedProbability{0.5});
    return network;
}

struct Case {
    std::string name;
    NetworkSpec (*network)();
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
    const std::vector<Case> cases{{"microcircuit", microcircuit, {}}, {"random", random_network, {}}, {"full-wafer", full_wafer, size_4}, {"guide", guide_example, guide}};
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
