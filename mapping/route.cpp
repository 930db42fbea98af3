/// Layer-1 routing: one net after the other grows its tree to the nearest chip that it does not reach yet (mapping.md §4.4, §4.5).
#include <algorithm>
#include <functional>
#include <tuple>

#include "driver_groups.hpp"
#include "incoming.hpp"
#include "layer1_graph.hpp"
#include "routing.hpp"
#include "wafer/random.hpp"

namespace bss {

namespace {

constexpr int line_cost = 64;               ///< of a further bus, tie-break apart
constexpr int tie_break = 8;                ///< random part of a bus's cost: 0..tie_break-1
constexpr int adjacent_cost = 48;           ///< of feeding the neighbour's drivers: one border more in the route delay
constexpr std::size_t first_targets = 8;    ///< that each net reaches before any may go on, so that none is walled in on its own chip

/// A net and the chips it has to reach.
struct Task {
    std::uint32_t net = 0;
    Hicann source;
    HLine line;                             ///< of its sending repeater
    std::vector<Hicann> targets;
    std::uint64_t synapses = 0;
};

/// A tree edge: `bus` was joined to the tree from `from`; from = -1 stands for the sending repeater.
struct Branch {
    std::int32_t from, bus;
    std::int16_t crossbar;
};

/// A target and the V line that feeds its drivers.
struct Feed {
    Hicann target;
    Bus line;
};

/// How far a net has grown.
struct Tree {
    std::vector<std::int32_t> roots;        ///< lines that the sending repeater can drive
    std::vector<Branch> branches;
    std::vector<Feed> feeds;
    std::vector<std::int32_t> active;       ///< buses of the tree with free neighbours
    std::bitset<Hicann::count> wanted;      ///< targets that it does not reach yet
};

/// The lines and driver groups of one wafer, and who has them.
class WaferRouter {
public:
    WaferRouter(const Defects& defects, const std::bitset<Hicann::count>& allowed, const MappingOptions& options, int wafer)
        : defects_(defects), graph_(defects, allowed), options_(options), cost_(Bus::count), capacity_(Hicann::count * DriverGroup::count),
          load_(capacity_.size()), owner_(Bus::count, free_), closed_(Bus::count), feeds_(Bus::count), label_(Bus::count), barred_(Bus::count)
    {
        for (std::int32_t bus = 0; bus < Bus::count; bus += 4) {
            const auto words = random_words(options.seed, Purpose::mapping, 2, static_cast<std::uint32_t>(wafer), static_cast<std::uint32_t>(bus), 0);
            for (int k = 0; k < 4; ++k)
                cost_[bus + k] = line_cost + static_cast<int>(words[k] % tie_break);
        }
        for (const Hicann hicann : all<Hicann>())
            for (const SynapseDriver y : all<SynapseDriver>())
                if (allowed.test(hicann.value()) && defects.usable(hicann) && driver_usable(defects.of(hicann), y))
                    ++capacity_[group_at(hicann, DriverGroup(y))];
    }

    /// Routes all tasks, in their order. @return a tree each
    std::vector<Tree> route(const std::vector<Task>& tasks)
    {
        for (const Task& task : tasks) {
            const Bus own(task.source, task.line);
            owner_[own.index] = static_cast<std::int32_t>(task.net);
            barred_[own.index] = 1;
        }
        std::vector<Tree> trees;
        for (const Task& task : tasks)
            trees.push_back(start(task));
        for (const std::size_t goal : {first_targets, std::size_t{Hicann::count}})
            for (std::size_t k = 0; k < tasks.size(); ++k)
                grow(tasks[k], trees[k], goal);
        return trees;
    }

private:
    static constexpr std::int32_t free_ = -1, joined_ = -2;

    struct Label {
        std::uint32_t search = 0;           ///< number of the search in which it was set
        std::int32_t cost = 0;
        std::int32_t from = -1;
        std::int16_t crossbar = -1;
    };
    /// Cost, then kind and place: equal costs are resolved the same way everywhere.
    struct Candidate {
        std::int32_t cost;
        std::int32_t bus;                   ///< at which the search arrived
        std::int32_t sink;                  ///< -1: the bus itself; otherwise chip whose drivers it feeds
        bool operator>(const Candidate& o) const { return std::tie(cost, bus, sink) > std::tie(o.cost, o.bus, o.sink); }
    };

    static std::size_t group_at(Hicann hicann, DriverGroup group) { return static_cast<std::size_t>(hicann.value()) * DriverGroup::count + group.value(); }

    /// A tree that has not left its sending repeater yet.
    Tree start(const Task& task) const
    {
        Tree tree;
        const Bus own(task.source, task.line);
        if (!graph_.usable(own.index) || defects_.of(task.source).h_repeaters.test(task.line.value()))      // rule X7
            return tree;
        tree.roots.push_back(own.index);
        if (const auto west = task.source.neighbour(Direction::west)) {
            const Bus line(*west, task.line.neighbour(Direction::west));
            if (graph_.usable(line.index))
                tree.roots.push_back(line.index);
        }
        for (const Hicann target : task.targets)
            tree.wanted.set(target.value());
        return tree;
    }

    /// Lets a tree reach further targets until it has `goal` of them.
    void grow(const Task& task, Tree& tree, std::size_t goal)
    {
        while (tree.wanted.any() && tree.feeds.size() < goal)
            if (!reach_next(task, tree))
                tree.wanted.reset();            // what is free only becomes less
    }

    bool in_tree(std::int32_t bus, const Task& task) const { return owner_[bus] == static_cast<std::int32_t>(task.net) && label_[bus].from == joined_; }

    /// Extends the tree to the cheapest target that it does not reach yet; false if it cannot reach any.
    bool reach_next(const Task& task, Tree& tree)
    {
        ++search_;
        queue_.clear();
        wanted_ = &tree.wanted;
        for (const std::int32_t root : tree.roots)
            if (!in_tree(root, task) && (owner_[root] == free_ || owner_[root] == static_cast<std::int32_t>(task.net)))
                relax(root, cost_[root], -1, -1);
        std::erase_if(tree.active, [&](std::int32_t bus) { return !expand(bus, 0, closed_[bus]); });
        while (!queue_.empty()) {
            const Candidate c = pop();
            if (c.sink >= 0) {
                commit(task, c, tree);
                return true;
            }
            const Label& label = label_[c.bus];
            if (c.cost > label.cost)
                continue;
            expand(c.bus, label.cost, label.crossbar >= 0 ? 1 : 0);
        }
        return false;
    }

    /// Looks at everything next to a bus that the tree reaches at `cost`. @return whether there was anything that a later search may use too
    bool expand(std::int32_t bus, std::int32_t cost, int closed)
    {
        bool useful = offer_sinks(bus, cost);
        for (const BusEdge& edge : graph_.edges(bus)) {
            if (owner_[edge.to] != free_ || (edge.crossbar >= 0 && closed >= options_.crossbar_limit) || (edge.crossbar < 0 && barred(bus, edge.to)))
                continue;
            useful = true;
            relax(edge.to, cost + cost_[edge.to], bus, edge.crossbar);
        }
        return useful;
    }

    /// A used sending repeater passes nobody: the border between its line and the one to the west is closed (rule B8).
    bool barred(std::int32_t from, std::int32_t to) const
    {
        const Bus a(from), b(to);
        if (a.vertical())
            return false;
        const Bus east = a.h().neighbour(Direction::east) == b.h() ? b : a;
        return barred_[east.index];
    }

    /// Queues the chips that a V line of the tree could feed, its own and the one beside it. @return whether there are any
    bool offer_sinks(std::int32_t index, std::int32_t cost)
    {
        const Bus bus(index);
        if (!bus.vertical() || feeds_[index] >= options_.synapse_switch_limit)
            return false;
        bool useful = false;
        const Hicann here = bus.hicann();
        const auto offer = [&](Hicann target, bool adjacent) {
            if (!wanted_->test(target.value()))
                return;
            const DriverGroup group = DriverGroup::fed_by(bus.v(), adjacent);
            const std::size_t at = group_at(target, group);
            if (load_[at] >= capacity_[at] || !has_switch(here, bus.v(), target, group))
                return;
            useful = true;
            push({cost + congestion(load_[at], capacity_[at]) + (adjacent ? adjacent_cost : 0), index, target.value()});
        };
        offer(here, false);
        if (const auto other = here.neighbour(bus.v().side() == Side::left ? Direction::west : Direction::east))
            offer(*other, true);
        return useful;
    }

    /// Cost of a place in a driver group: full groups are avoided, so that the load spreads and chains have room to grow.
    static std::int32_t congestion(int load, int capacity) { return 24 * load * load / capacity; }

    /// Whether a V line has a working switch to a working driver of a group.
    bool has_switch(Hicann from, VLine v, Hicann target, DriverGroup group) const
    {
        const HicannDefects& d = defects_.of(from);
        if (d.synapse_switches.none() && d.switch_rows.none())
            return true;
        const auto drivers = group.drivers();
        return std::any_of(drivers.begin(), drivers.end(), [&](SynapseDriver y) { return driver_usable(defects_.of(target), y) && switch_usable(d, v, y); });
    }

    /// Notes a way to a bus if it is the cheapest so far.
    void relax(std::int32_t bus, std::int32_t cost, std::int32_t from, std::int16_t crossbar)
    {
        Label& label = label_[bus];
        if (label.search == search_ && label.cost <= cost)
            return;
        label = {search_, cost, from, crossbar};
        push({cost, bus, -1});
    }

    /// Adds the way to a sink to the tree.
    void commit(const Task& task, const Candidate& sink, Tree& tree)
    {
        const Hicann target(sink.sink);
        const Bus end(sink.bus);
        ++feeds_[end.index];
        ++load_[group_at(target, DriverGroup::fed_by(end.v(), target != end.hicann()))];
        tree.wanted.reset(sink.sink);
        tree.feeds.push_back({target, end});
        for (std::int32_t bus = end.index; bus >= 0 && !in_tree(bus, task);) {
            Label& label = label_[bus];
            tree.branches.push_back({label.from, bus, label.crossbar});
            if (label.crossbar >= 0) {
                ++closed_[bus];
                ++closed_[label.from];
            }
            owner_[bus] = static_cast<std::int32_t>(task.net);
            tree.active.push_back(bus);
            const std::int32_t from = label.from;
            label.from = joined_;
            bus = from;
        }
    }

    void push(Candidate c)
    {
        queue_.push_back(c);
        std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
    }
    Candidate pop()
    {
        std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
        const Candidate c = queue_.back();
        queue_.pop_back();
        return c;
    }

    const Defects& defects_;
    Layer1Graph graph_;
    const MappingOptions& options_;
    std::vector<std::int32_t> cost_;
    std::vector<int> capacity_, load_;          ///< [hicann][group] drivers, arrivals
    std::vector<std::int32_t> owner_;           ///< [bus] net
    std::vector<std::uint8_t> closed_, feeds_;  ///< [bus] closed crossbar and synapse switches
    std::vector<Label> label_;                  ///< [bus] of the latest search; from = joined for good once it belongs to a tree
    std::uint32_t search_ = 0;
    std::vector<Candidate> queue_;
    std::vector<std::uint8_t> barred_;          ///< [bus] line of a used sending repeater
    const std::bitset<Hicann::count>* wanted_ = nullptr;       ///< targets of the search
};

/// Writes repeaters and crossbar switches of a tree.
void write(WaferConfig& config, const Task& task, const Tree& tree)
{
    for (const Branch& branch : tree.branches) {
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

std::vector<Task> tasks_of(const std::vector<PairDemand>& demands, const Nets& nets, int wafer)
{
    std::vector<Task> tasks(nets.nets.size());
    for (const PairDemand& demand : demands)
        if (demand.target.wafer == wafer) {
            tasks[demand.net].targets.push_back(demand.target.hicann);
            tasks[demand.net].synapses += demand.synapses;
        }
    for (std::uint32_t n = 0; n < tasks.size(); ++n) {
        tasks[n].net = n;
        tasks[n].source = nets.nets[n].chip.hicann;
        tasks[n].line = nets.nets[n].merger.sending_line();
    }
    std::erase_if(tasks, [](const Task& t) { return t.targets.empty(); });
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
        std::vector<Task> tasks = tasks_of(demands, nets, wafer);
        if (tasks.empty())
            continue;
        std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.synapses > b.synapses; });
        std::bitset<Hicann::count> allowed;
        for (const Chip chip : machine.chips)
            if (chip.wafer == wafer)
                allowed.set(chip.hicann.value());
        WaferRouter router(machine.defects[wafer], allowed, options, wafer);
        const std::vector<Tree> trees = router.route(tasks);
        for (std::size_t k = 0; k < tasks.size(); ++k) {
            write(configs[wafer], tasks[k], trees[k]);
            for (const Feed& feed : trees[k].feeds)
                routes.arrivals.push_back({tasks[k].net, {wafer, feed.target}, feed.line.hicann(), feed.line.v(), {}, {}});
        }
    }
    std::sort(routes.arrivals.begin(), routes.arrivals.end(),
              [](const Arrival& a, const Arrival& b) { return std::tie(a.target, a.net) < std::tie(b.target, b.net); });
    return routes;
}

}   // namespace bss
