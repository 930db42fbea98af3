#include "inputs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "demand.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

/// Where on one wafer the targets of a source are.
struct Targets {
    double x = 0, y = 0, squares = 0;           ///< sums
    std::uint32_t count = 0;

    void add(Hicann h)
    {
        x += h.x();
        y += h.y();
        squares += h.x() * h.x() + h.y() * h.y();
        ++count;
    }
    void add(const Targets& other)
    {
        x += other.x;
        y += other.y;
        squares += other.squares;
        count += other.count;
    }
    double spread() const { return squares - (x * x + y * y) / std::max(count, 1u); }      ///< sum of squared distances from the mean
};

/// Sources that will share a net.
struct Group {
    std::vector<SourceId> sources;
    std::uint16_t wafer = 0;
    std::uint8_t kinds = 0;
    int width = usable_addresses;
    double rate_hz = 0;
    Targets targets;
};

/// [population][wafer][neuron] where the targets are that a source has, or a neuron has on other wafers; empty where no neuron of the population has any.
using AllTargets = std::vector<std::vector<std::vector<Targets>>>;

/// @param nets  of neurons: a neuron that is on none of them cannot send
AllTargets targets_of_all(const Network& network, const Placement& placement, const std::vector<SourceNet>& nets, std::size_t wafers)
{
    AllTargets all(network.populations.size(), std::vector<std::vector<Targets>>(wafers));
    std::vector<std::vector<bool>> sends(network.populations.size());
    for (const SourceNet& net : nets)
        for (const SourceId& source : net.by_address)
            if (source.valid()) {
                sends[source.population].resize(network.populations[source.population].size);
                sends[source.population][source.neuron] = true;
            }
    for (const Projection& p : network.projections) {
        const bool source = is_source(network.populations[p.pre].cell);
        if (!source && (wafers == 1 || sends[p.pre].empty()))
            continue;
        for (std::size_t k = 0; k < p.size(); ++k) {
            const Chip chip = placement.sites[p.post][p.post_neuron[k]].chip;
            if (!source && (placement.sites[p.pre][p.pre_neuron[k]].chip.wafer == chip.wafer || !sends[p.pre][p.pre_neuron[k]]))
                continue;
            auto& targets = all[p.pre][chip.wafer];
            if (targets.empty())
                targets.resize(network.populations[p.pre].size);
            targets[p.pre_neuron[k]].add(chip.hicann);
        }
    }
    return all;
}

/// Cuts the sources of a population with targets on one wafer into groups of nearly equal size; sources whose targets lie together are kept together.
std::vector<Group> groups_of(std::uint32_t population, std::uint16_t wafer, const std::vector<Targets>& targets, const Network& network, std::uint8_t kinds, int width, double speedup)
{
    std::vector<std::uint32_t> sources;
    Targets sum;
    double own_spread = 0;
    for (std::uint32_t n = 0; n < targets.size(); ++n)
        if (targets[n].count > 0) {
            sources.push_back(n);
            sum.add(targets[n]);
            own_spread += targets[n].spread();
        }
    if (own_spread < 0.5 * sum.spread()) {
        const auto place = [&](std::uint32_t n) { return std::tuple(std::lround(targets[n].y / targets[n].count), targets[n].x / targets[n].count); };
        std::stable_sort(sources.begin(), sources.end(), [&](std::uint32_t a, std::uint32_t b) { return place(a) < place(b); });
    }
    const std::size_t parts = (sources.size() + static_cast<std::size_t>(width) - 1) / static_cast<std::size_t>(width);
    std::vector<Group> groups;
    for (std::size_t part = 0, k = 0; part < parts; ++part) {
        const std::size_t end = (part + 1) * sources.size() / parts;
        for (bool fresh = true; k < end; ++k) {
            const double rate = source_rate_hz(network.populations[population], sources[k], speedup);
            if (fresh || groups.back().rate_hz + rate > chip_input_budget_hz)
                groups.push_back({.sources = {}, .wafer = wafer, .kinds = kinds, .width = width, .rate_hz = 0, .targets = {}});
            fresh = false;
            groups.back().sources.push_back({population, sources[k]});
            groups.back().rate_hz += rate;
            groups.back().targets.add(targets[sources[k]]);
        }
    }
    return groups;
}

double squared_distance(const Targets& a, double x, double y)
{
    const double dx = a.x / a.count - x, dy = a.y / a.count - y;
    return dx * dx + dy * dy;
}

/// Small groups of the same kind with targets in the same region share a net.
void merge_small(std::vector<Group>& groups)
{
    constexpr double near = 6;      // chips
    std::vector<Group> merged;
    for (Group& group : groups) {
        const auto fits = [&](const Group& other) {
            const int width = std::min(other.width, group.width);
            return other.wafer == group.wafer && other.kinds == group.kinds && static_cast<int>(other.sources.size() + group.sources.size()) <= width &&
                   other.rate_hz + group.rate_hz <= chip_input_budget_hz &&
                   squared_distance(other.targets, group.targets.x / group.targets.count, group.targets.y / group.targets.count) <= near * near;
        };
        const auto host = std::find_if(merged.begin(), merged.end(), fits);
        if (host == merged.end()) {
            merged.push_back(std::move(group));
            continue;
        }
        host->sources.insert(host->sources.end(), group.sources.begin(), group.sources.end());
        host->width = std::min(host->width, group.width);
        host->rate_hz += group.rate_hz;
        host->targets.add(group.targets);
    }
    groups = std::move(merged);
}

/// A DNC merger that nobody uses, with a neuron block free of neurons behind it: that block's generator keeps the net locked (rules M3, M5).
std::optional<std::pair<DncMerger, NeuronBlock>> free_input(const Entrances::AtChip& at)
{
    for (int d = DncMerger::count - 1; d >= 0; --d)
        for (int k = 0; k < NeuronBlock::count; ++k) {
            const DncMerger merger(d);
            const NeuronBlock block((d + k) % NeuronBlock::count);      // its own number first
            if (!at.tree.in_use(merger) && !at.neurons[block.value()] && !at.tree.joined(block) && at.tree.generator_works(block) && at.tree.can_join(block, merger))
                return std::pair(merger, block);
        }
    return std::nullopt;
}

/// Two neuron blocks free of neurons and a DNC merger that nobody uses, where their generators meet: the lower one locks the net, the other one is its source.
struct GeneratorPlace {
    DncMerger merger;
    NeuronBlock lock, random;
};

std::optional<GeneratorPlace> free_generators(const Entrances::AtChip& at)
{
    if (at.random)
        return std::nullopt;
    for (const DncMerger merger : {DncMerger(1), DncMerger(6), DncMerger(5), DncMerger(3)}) {       // those that two blocks reach, the fewest first
        if (at.tree.in_use(merger))
            continue;
        std::vector<NeuronBlock> blocks;
        for (const NeuronBlock block : all<NeuronBlock>())
            if (!at.neurons[block.value()] && !at.tree.joined(block) && at.tree.generator_works(block) && at.tree.can_join(block, merger))
                blocks.push_back(block);
        if (blocks.size() >= 2)
            return GeneratorPlace{merger, blocks[0], blocks[1]};
    }
    return std::nullopt;
}

/// Finds entrances for groups, nearest first.
class Doorman {
public:
    Doorman(Entrances& entrances, AddressBook& addresses, bool rate_limited) : entrances_(entrances), addresses_(addresses), rate_limited_(rate_limited) {}

    std::optional<SourceNet> admit(const Group& group)
    {
        const auto by_distance = nearest_first(group);
        for (const auto& [only_empty, within_budget] : {std::pair(true, true), std::pair(false, true), std::pair(false, false)})
            for (const auto& [chip, at] : by_distance) {
                double& fpga_rate = fpga_rate_hz_[{chip.wafer, chip.hicann.reticle().fpga()}];
                const bool fits = !rate_limited_ || (at->rate_hz + group.rate_hz <= chip_input_budget_hz && fpga_rate + group.rate_hz <= fpga_input_budget_hz);
                if ((only_empty && at->has_neurons()) || (within_budget && !fits))
                    continue;
                if (const auto input = free_input(*at)) {
                    at->tree.join(input->second, input->first);
                    at->rate_hz += group.rate_hz;
                    fpga_rate += group.rate_hz;
                    SourceNet net{.chip = chip, .merger = input->first, .input = true, .blocks = {input->second}, .generator = input->second, .by_address = {}};
                    addresses_.assign(net, group.sources);
                    return net;
                }
            }
        return std::nullopt;
    }

    /// For a source that a background generator will be: a chip without neurons if there is one.
    std::optional<SourceNet> admit_generator(const Group& group)
    {
        const auto by_distance = nearest_first(group);
        for (const bool only_empty : {true, false})
            for (const auto& [chip, at] : by_distance) {
                if (only_empty && at->has_neurons())
                    continue;
                if (const auto place = free_generators(*at)) {
                    at->tree.join(place->lock, place->merger);
                    at->tree.join(place->random, place->merger);
                    at->random = true;
                    SourceNet net{.chip = chip, .merger = place->merger, .input = false, .blocks = {place->lock, place->random}, .generator = place->lock, .by_address = {}};
                    net.random = place->random;
                    addresses_.assign(net, group.sources);
                    return net;
                }
            }
        return std::nullopt;
    }

private:
    std::vector<std::pair<Chip, Entrances::AtChip*>> nearest_first(const Group& group)
    {
        std::vector<std::pair<Chip, Entrances::AtChip*>> chips;
        for (auto at = entrances_.chips.lower_bound({group.wafer, Hicann(0)}); at != entrances_.chips.end() && at->first.wafer == group.wafer; ++at)
            chips.emplace_back(at->first, &at->second);
        const auto distance = [&](Chip chip) { return squared_distance(group.targets, chip.hicann.x(), chip.hicann.y()); };
        std::sort(chips.begin(), chips.end(), [&](const auto& a, const auto& b) { return std::tuple(distance(a.first), a.first) < std::tuple(distance(b.first), b.first); });
        return chips;
    }

    Entrances& entrances_;
    AddressBook& addresses_;
    bool rate_limited_;
    std::map<std::pair<std::uint16_t, Fpga>, double> fpga_rate_hz_;
};

/// A generator for every source of a population, on every wafer where it has targets: equal ones there, so that it stays one source.
void place_generators(std::vector<SourceNet>& nets, Doorman& doorman, std::uint32_t population, const Network& network, const std::vector<std::vector<Targets>>& targets)
{
    for (std::uint16_t wafer = 0; wafer < targets.size(); ++wafer)
        for (std::uint32_t n = 0; n < targets[wafer].size(); ++n) {
            if (targets[wafer][n].count == 0)
                continue;
            auto net = doorman.admit_generator({.sources = {{population, n}}, .wafer = wafer, .kinds = 0, .width = 1, .rate_hz = 0, .targets = targets[wafer][n]});
            if (!net)
                throw InputError(fmt::format("population \"{}\": on_wafer: each source takes the background generators of a chip (two blocks free of neurons); expected at most {} "
                                             "such sources on wafer {} of this run, found more",
                                             network.populations[population].name,
                                             std::count_if(nets.begin(), nets.end(), [&](const SourceNet& other) { return other.random && other.chip.wafer == wafer; }), wafer));
            nets.push_back(std::move(*net));
        }
}

}   // namespace

void place_inputs(std::vector<SourceNet>& nets, Entrances& entrances, AddressBook& addresses, const Network& network, const Placement& placement, const Machine& machine,
                  const MappingOptions& options)
{
    const auto kinds = source_kinds(network);
    const auto widths = net_widths(network, options);
    Doorman doorman(entrances, addresses, !machine.silicon.empty() && machine.silicon[0]->imperfections().link_bandwidth);
    const AllTargets targets = targets_of_all(network, placement, nets, machine.defects.size());
    std::vector<Group> groups;
    for (std::uint32_t p = 0; p < network.populations.size(); ++p) {
        if (network.populations[p].on_wafer) {
            place_generators(nets, doorman, p, network, targets[p]);
            continue;
        }
        for (std::uint16_t wafer = 0; wafer < targets[p].size(); ++wafer)
            for (Group& group : groups_of(p, wafer, targets[p][wafer], network, kinds[p], widths[p], machine.speedup))
                groups.push_back(std::move(group));
    }
    if (options.nets != NetForming::one_per_population)
        merge_small(groups);
    for (const Group& group : groups)
        if (auto net = doorman.admit(group))
            nets.push_back(std::move(*net));
}

}   // namespace bss
