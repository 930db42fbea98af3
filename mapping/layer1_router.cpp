#include "layer1_router.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include "driver_groups.hpp"
#include "wafer/random.hpp"

namespace bss {

namespace {

constexpr int line_cost = 64;               ///< of a further bus, tie-break apart
constexpr int tie_break = 8;                ///< random part of a bus's cost: 0..tie_break-1
constexpr int adjacent_cost = 48;           ///< of feeding the neighbour's drivers: one border more in the route delay
constexpr int group_cost = 24;              ///< of a place in a nearly full driver group
constexpr int theft_cost = 8 * line_cost;   ///< of a bus that another net has
constexpr std::size_t first_targets = 8;    ///< that each net reaches before any may go on, so that none is walled in on its own chip
constexpr int most_thefts_in_vain = 16;     ///< one after the other, until no more are tried

class Router {
public:
    Router(const std::vector<RoutingTask>& tasks, const Defects& defects, const std::bitset<Hicann::count>& allowed, const MappingOptions& options, std::uint16_t wafer)
        : tasks_(tasks), defects_(defects), graph_(defects, allowed), options_(options), cost_(Bus::count), capacity_(Hicann::count * DriverGroup::count),
          load_(capacity_.size()), owner_(Bus::count, nobody), member_(Bus::count), closed_(Bus::count), feeds_(Bus::count), barred_(Bus::count), label_(Bus::count)
    {
        for (std::int32_t bus = 0; bus < Bus::count; bus += 4) {
            const auto words = random_words(options.seed, Purpose::mapping, 2, wafer, static_cast<std::uint32_t>(bus), 0);
            for (int k = 0; k < 4; ++k)
                cost_[bus + k] = line_cost + static_cast<int>(words[k] % tie_break);
        }
        for (const Hicann hicann : all<Hicann>())
            for (const SynapseDriver y : all<SynapseDriver>())
                if (allowed.test(hicann.value()) && defects.usable(hicann) && driver_usable(defects.of(hicann), y))
                    ++capacity_[group_at(hicann, DriverGroup(y))];
        for (std::size_t k = 0; k < tasks.size(); ++k)
            plant(static_cast<std::int32_t>(k));
    }

    std::vector<BusTree> run()
    {
        for (const std::size_t goal : {first_targets, std::size_t{Hicann::count}})
            for (std::size_t k = 0; k < trees_.size(); ++k)
                grow(static_cast<std::int32_t>(k), goal);
        push_aside();
        std::vector<BusTree> trees;
        for (const Tree& tree : trees_)
            trees.push_back(pruned(tree));
        return trees;
    }

private:
    static constexpr std::int32_t nobody = -1;

    struct Tree : BusTree {
        std::vector<std::int32_t> roots;        ///< lines that the sending repeater can drive
        std::vector<std::int32_t> active;       ///< buses of the tree with free neighbours
        std::bitset<Hicann::count> wanted;      ///< targets still to be reached
    };
    struct Label {
        std::uint32_t search = 0;               ///< number of the search in which it was set
        std::int32_t cost = 0;
        std::int32_t from = -1;
        std::int16_t crossbar = -1;
    };
    /// Ordered by cost, then place: equal costs are resolved the same way everywhere.
    struct Candidate {
        std::int32_t cost;
        std::int32_t bus;                       ///< at which the search arrived
        std::int32_t sink;                      ///< -1: the bus itself; otherwise chip whose drivers it feeds
        bool operator>(const Candidate& o) const { return std::tie(cost, bus, sink) > std::tie(o.cost, o.bus, o.sink); }
    };

    static std::size_t group_at(Hicann hicann, DriverGroup group) { return static_cast<std::size_t>(hicann.value()) * DriverGroup::count + group.value(); }

    /// A tree that has not left its sending repeater yet, whose line belongs to it (rule B8).
    void plant(std::int32_t k)
    {
        const RoutingTask& task = tasks_[k];
        Tree& tree = trees_.emplace_back();
        const Bus own(task.source, task.line);
        owner_[own.index] = k;
        barred_[own.index] = 1;
        if (!graph_.usable(own.index) || defects_.of(task.source).h_repeaters.test(task.line.value()))      // rule X7
            return;
        tree.roots.push_back(own.index);
        if (const auto west = task.source.neighbour(Direction::west)) {
            const Bus line(*west, task.line.neighbour(Direction::west));
            if (graph_.usable(line.index))
                tree.roots.push_back(line.index);
        }
        for (const RoutingTask::Target& target : task.targets)
            tree.wanted.set(target.hicann.value());
    }

    // ---- growing ----------------------------------------------------------------------------------------------------

    /// Lets a tree reach further targets until it has `goal` of them or can reach no more.
    void grow(std::int32_t k, std::size_t goal)
    {
        Tree& tree = trees_[k];
        while (tree.wanted.any() && tree.feeds.size() < goal) {
            const auto sink = search(k, 0);
            if (!sink) {
                tree.wanted.reset();            // what is free only becomes less
                return;
            }
            join(k, *sink);
        }
    }

    bool in_tree(std::int32_t bus, std::int32_t k) const { return owner_[bus] == k && member_[bus]; }

    /// The cheapest wanted target of a tree. @param theft  cost of a bus of another net; 0: they are out of reach
    std::optional<Candidate> search(std::int32_t k, std::int32_t theft)
    {
        Tree& tree = trees_[k];
        ++search_;
        queue_.clear();
        wanted_ = &tree.wanted;
        for (const std::int32_t root : tree.roots)
            if (!in_tree(root, k) && (owner_[root] == nobody || owner_[root] == k))
                relax(root, cost_[root], -1, -1);
        std::erase_if(tree.active, [&](std::int32_t bus) { return !expand(k, bus, 0, closed_[bus], theft); });
        while (!queue_.empty()) {
            const Candidate c = pop();
            if (c.sink >= 0)
                return c;
            const Label& label = label_[c.bus];
            if (c.cost == label.cost)
                expand(k, c.bus, label.cost, label.crossbar >= 0 ? 1 : 0, theft);
        }
        return std::nullopt;
    }

    /// Looks at everything next to a bus that the tree reaches at `cost`. @return whether there was anything that a later search may use too
    bool expand(std::int32_t k, std::int32_t bus, std::int32_t cost, int closed, std::int32_t theft)
    {
        bool useful = offer_sinks(k, bus, cost);
        for (const BusEdge& edge : graph_.edges(bus)) {
            const std::int32_t owner = owner_[edge.to];
            if ((owner != nobody && (theft == 0 || owner == k || barred_[edge.to])) || (edge.crossbar >= 0 && closed >= options_.crossbar_limit) ||
                (edge.crossbar < 0 && barred(bus, edge.to)))
                continue;
            useful = true;
            relax(edge.to, cost + cost_[edge.to] + (owner != nobody ? theft : 0), bus, edge.crossbar);
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

    /// Queues the chips that a V line could feed, its own and the one beside it. @return whether there are any
    bool offer_sinks(std::int32_t k, std::int32_t index, std::int32_t cost)
    {
        const Bus bus(index);
        if (!bus.vertical() || ((owner_[index] == k || owner_[index] == nobody) && feeds_[index] >= options_.synapse_switch_limit))
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
            push({cost + group_cost * load_[at] * load_[at] / capacity_[at] + (adjacent ? adjacent_cost : 0), index, target.value()});
        };
        offer(here, false);
        if (const auto other = here.neighbour(bus.v().side() == Side::left ? Direction::west : Direction::east))
            offer(*other, true);
        return useful;
    }

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

    /// Adds the way to a sink, whose buses are free, to the tree.
    void join(std::int32_t k, const Candidate& sink)
    {
        Tree& tree = trees_[k];
        for (std::int32_t bus = sink.bus; bus >= 0 && !in_tree(bus, k);) {
            const Label& label = label_[bus];
            tree.branches.push_back({label.from, bus, label.crossbar});
            tree.active.push_back(bus);
            mark(tree.branches.back(), k, 1);
            bus = label.from;
        }
        tree.feeds.push_back({Hicann(sink.sink), Bus(sink.bus)});
        mark(tree.feeds.back(), 1);
        tree.wanted.reset(sink.sink);
    }

    /// Takes (step 1) what a branch or feed needs, or gives it back (step -1).
    void mark(const BusTree::Branch& branch, std::int32_t owner, int step)
    {
        if (!barred_[branch.bus])
            owner_[branch.bus] = owner;
        member_[branch.bus] = step > 0;
        if (branch.crossbar >= 0) {
            closed_[branch.bus] = static_cast<std::uint8_t>(closed_[branch.bus] + step);
            closed_[branch.from] = static_cast<std::uint8_t>(closed_[branch.from] + step);
        }
    }
    void mark(const BusTree::Feed& feed, int step)
    {
        feeds_[feed.line.index] = static_cast<std::uint8_t>(feeds_[feed.line.index] + step);
        load_[group_at(feed.target, DriverGroup::fed_by(feed.line.v(), feed.target != feed.line.hicann()))] += step;
    }
    void mark_all(std::int32_t k, int step)
    {
        for (const auto& branch : trees_[k].branches)
            mark(branch, step > 0 ? k : nobody, step);
        for (const auto& feed : trees_[k].feeds)
            mark(feed, step);
    }

    // ---- pushing aside ----------------------------------------------------------------------------------------------

    /// A target that a task does not reach.
    struct Missing {
        std::uint32_t synapses;
        std::int32_t k;
        Hicann target;
    };

    /// Lets nets reach what they have not over buses of others, which then look for other ways; kept where that saves synapses.
    void push_aside()
    {
        std::vector<Missing> missing;
        for (std::size_t k = 0; k < trees_.size(); ++k)
            for (const RoutingTask::Target& target : tasks_[k].targets)
                if (!reached(trees_[k], target.hicann))
                    missing.push_back({target.synapses, static_cast<std::int32_t>(k), target.hicann});
        std::stable_sort(missing.begin(), missing.end(), [](const Missing& a, const Missing& b) { return a.synapses > b.synapses; });
        int in_vain = 0;
        for (const Missing& m : missing) {
            if (reached(trees_[m.k], m.target) || trees_[m.k].roots.empty())
                continue;
            in_vain = steal(m) ? 0 : in_vain + 1;
            if (in_vain == most_thefts_in_vain)
                return;
        }
    }

    static bool reached(const BusTree& tree, Hicann target)
    {
        return std::any_of(tree.feeds.begin(), tree.feeds.end(), [&](const BusTree::Feed& f) { return f.target == target; });
    }

    /// Synapses of the targets that a tree of a task reaches.
    std::int64_t value(std::int32_t k, const BusTree& tree) const
    {
        std::int64_t sum = 0;
        for (const RoutingTask::Target& target : tasks_[k].targets)
            if (reached(tree, target.hicann))
                sum += target.synapses;
        return sum;
    }

    /// Buses next to a tree may have become free again.
    static void refresh(Tree& tree)
    {
        tree.active.clear();
        for (const auto& branch : tree.branches)
            tree.active.push_back(branch.bus);
    }

    /// Tries to reach one target over buses of others. @return whether more synapses have a way then than before; otherwise everything is as it was
    bool steal(const Missing& m)
    {
        std::map<std::int32_t, Tree> before{{m.k, trees_[m.k]}};
        refresh(trees_[m.k]);
        trees_[m.k].wanted.reset();
        trees_[m.k].wanted.set(m.target.value());
        const auto sink = search(m.k, theft_cost);
        if (!sink) {
            trees_[m.k].wanted.reset();
            return false;
        }
        std::vector<std::int32_t> stolen;
        for (std::int32_t bus = sink->bus; bus >= 0 && !in_tree(bus, m.k); bus = label_[bus].from)
            if (owner_[bus] != nobody && owner_[bus] != m.k)
                stolen.push_back(bus);
        for (const std::int32_t bus : stolen)
            if (const std::int32_t victim = owner_[bus]; victim != nobody) {
                before.try_emplace(victim, trees_[victim]);
                cut(victim, bus);
            }
        std::int64_t gain = 0;
        for (const auto& [k, tree] : before)
            gain -= value(k, tree);
        join(m.k, *sink);
        for (const auto& [k, tree] : before)
            if (k != m.k) {
                refresh(trees_[k]);
                grow(k, Hicann::count);
            }
        for (const auto& [k, tree] : before)
            gain += value(k, trees_[k]);
        if (gain > 0)
            return true;
        for (const auto& [k, tree] : before)
            mark_all(k, -1);
        for (auto& [k, tree] : before) {
            trees_[k] = std::move(tree);
            mark_all(k, 1);
        }
        return false;
    }

    /// Takes a bus and all that hears it away from a tree; the targets lost are wanted again.
    void cut(std::int32_t k, std::int32_t bus)
    {
        Tree& tree = trees_[k];
        mark_all(k, -1);
        std::vector<std::int32_t> gone{bus};
        for (std::size_t next = 0; next < gone.size(); ++next)
            for (const auto& branch : tree.branches)
                if (branch.from == gone[next])
                    gone.push_back(branch.bus);
        const auto is_gone = [&](std::int32_t b) { return std::find(gone.begin(), gone.end(), b) != gone.end(); };
        for (const auto& feed : tree.feeds)
            if (is_gone(feed.line.index))
                tree.wanted.set(feed.target.value());
        std::erase_if(tree.branches, [&](const BusTree::Branch& branch) { return is_gone(branch.bus); });
        std::erase_if(tree.feeds, [&](const BusTree::Feed& feed) { return is_gone(feed.line.index); });
        mark_all(k, 1);
    }

    /// Without branches that lead to no feed.
    static BusTree pruned(const Tree& tree)
    {
        std::map<std::int32_t, BusTree::Branch> to;
        for (const auto& branch : tree.branches)
            to.emplace(branch.bus, branch);
        std::map<std::int32_t, BusTree::Branch> kept;
        for (const auto& feed : tree.feeds)
            for (std::int32_t bus = feed.line.index; bus >= 0 && kept.emplace(bus, to.at(bus)).second;)
                bus = to.at(bus).from;
        BusTree result;
        result.feeds = tree.feeds;
        for (const auto& [bus, branch] : kept)
            result.branches.push_back(branch);
        return result;
    }

    // -----------------------------------------------------------------------------------------------------------------

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

    const std::vector<RoutingTask>& tasks_;
    const Defects& defects_;
    const Layer1Graph graph_;
    const MappingOptions& options_;
    std::vector<std::int32_t> cost_;                        ///< [bus]
    std::vector<int> capacity_, load_;                      ///< [hicann][group] drivers, arrivals
    std::vector<std::int32_t> owner_;                       ///< [bus] task
    std::vector<std::uint8_t> member_;                      ///< [bus] part of its owner's tree, not only kept for it
    std::vector<std::uint8_t> closed_, feeds_;              ///< [bus] closed crossbar and synapse switches
    std::vector<std::uint8_t> barred_;                      ///< [bus] line of a used sending repeater
    std::vector<Label> label_;                              ///< [bus]
    std::uint32_t search_ = 0;
    std::vector<Candidate> queue_;
    const std::bitset<Hicann::count>* wanted_ = nullptr;    ///< targets of the search
    std::vector<Tree> trees_;                               ///< [task]
};

}   // namespace

std::vector<BusTree> grow_trees(const std::vector<RoutingTask>& tasks, const Defects& defects, const std::bitset<Hicann::count>& allowed, const MappingOptions& options,
                                std::uint16_t wafer)
{
    return Router(tasks, defects, allowed, options, wafer).run();
}

}   // namespace bss
