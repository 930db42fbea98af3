/// Layer-1 routing: what the nets have to reach, and the switches of the trees that do (mapping.md §4.4, §4.5).
#include <algorithm>
#include <tuple>

#include "incoming.hpp"
#include "layer1_router.hpp"
#include "routing.hpp"

namespace bss {

namespace {

/// Writes repeaters and crossbar switches of a tree.
void write(WaferConfig& config, const RoutingTask& task, const BusTree& tree)
{
    for (const BusTree::Branch& branch : tree.branches) {
        const Bus bus(branch.bus);
        HicannConfig& chip = config.hicanns[bus.hicann()];
        if (branch.from < 0) {
            RepeaterConfig& sending = config.hicanns[task.source].h_repeaters[task.line.value()];
            sending.mode = RepeaterConfig::Mode::sending;
            (bus.hicann() == task.source ? sending.onto_chip : sending.off_chip) = true;
        } else if (branch.crossbar >= 0) {
            chip.crossbar.set(branch.crossbar);
        } else {
            const BorderRepeater place = border_repeater(Bus(branch.from), bus);
            HicannConfig& at = config.hicanns[place.hicann];
            RepeaterConfig& repeater = place.line.vertical() ? at.v_repeaters[place.line.v().value()] : at.h_repeaters[place.line.h().value()];
            repeater.mode = RepeaterConfig::Mode::forwarding;
            (place.onto_chip ? repeater.onto_chip : repeater.off_chip) = true;
        }
    }
}

std::vector<RoutingTask> tasks_of(const std::vector<PairDemand>& demands, const Nets& nets, int wafer)
{
    std::vector<RoutingTask> tasks(nets.nets.size());
    for (const PairDemand& demand : demands)
        if (demand.target.wafer == wafer) {
            tasks[demand.net].targets.push_back({demand.target.hicann, demand.synapses});
            tasks[demand.net].synapses += demand.synapses;
        }
    for (std::uint32_t n = 0; n < tasks.size(); ++n) {
        tasks[n].net = n;
        tasks[n].source = nets.nets[n].chip.hicann;
        tasks[n].line = nets.nets[n].merger.sending_line();
    }
    std::erase_if(tasks, [](const RoutingTask& t) { return t.targets.empty(); });
    return tasks;
}

}   // namespace

Routes route(std::vector<WaferConfig>& configs, const Network& network, const Placement& placement, const Nets& nets, const Machine& machine,
             const MappingOptions& options)
{
    const IncomingSynapses incoming(network, placement, nets);
    const std::vector<PairDemand> demands = pair_demands(incoming, nets);
    Routes routes;
    for (std::uint16_t wafer = 0; wafer < configs.size(); ++wafer) {
        std::vector<RoutingTask> tasks = tasks_of(demands, nets, wafer);
        if (tasks.empty())
            continue;
        std::stable_sort(tasks.begin(), tasks.end(), [](const RoutingTask& a, const RoutingTask& b) { return a.synapses > b.synapses; });
        std::bitset<Hicann::count> allowed;
        for (const Chip chip : machine.chips)
            if (chip.wafer == wafer)
                allowed.set(chip.hicann.value());
        const std::vector<BusTree> trees = grow_trees(tasks, machine.defects[wafer], allowed, options, wafer);
        for (std::size_t k = 0; k < tasks.size(); ++k) {
            write(configs[wafer], tasks[k], trees[k]);
            for (const BusTree::Feed& feed : trees[k].feeds)
                routes.arrivals.push_back({tasks[k].net, {wafer, feed.target}, feed.line.hicann(), feed.line.v(), {}, {}});
        }
    }
    std::sort(routes.arrivals.begin(), routes.arrivals.end(),
              [](const Arrival& a, const Arrival& b) { return std::tie(a.target, a.net) < std::tie(b.target, b.net); });
    return routes;
}

}   // namespace bss
