#include "fabric.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace bss {
namespace {

/// The 28 synapse switches of a V line (rule S1).
std::array<std::vector<SynapseSwitch>, VLine::count> synapse_switches_of_lines()
{
    std::array<std::vector<SynapseSwitch>, VLine::count> switches;
    for (const SynapseSwitch s : all<SynapseSwitch>())
        switches[s.v().value()].push_back(s);
    return switches;
}

/// Follows nets through one wafer. Keeps one mark a bus, so that tracing many nets needs no memory of its own.
class Tracer {
public:
    explicit Tracer(const WaferConfig& config)
    {
        for (const auto& [hicann, chip] : config.hicanns)
            chips_[hicann.value()] = &chip;
        for (const Hicann h : all<Hicann>())
            for (const Direction d : directions)
                neighbours_[h.value()][static_cast<int>(d)] = h.neighbour(d);
    }

    Net trace(Hicann hicann, DncMerger merger)
    {
        Net net{hicann, merger, {}, {}, false};
        if (!chips_[hicann.value()])
            return net;
        const HLine line = merger.sending_line();
        const RepeaterConfig& repeater = chips_[hicann.value()]->h_repeaters[line.value()];
        if (repeater.mode != RepeaterConfig::Mode::sending)
            return net;

        ++mark_;
        parents_.clear();
        hops_.clear();
        if (repeater.onto_chip)
            reach(net, nowhere, {hicann, false, static_cast<std::uint16_t>(line.value())}, 0);
        if (const auto west = configured_neighbour(hicann, Direction::west); repeater.off_chip && west)
            reach(net, nowhere, {*west, false, static_cast<std::uint16_t>(line.neighbour(Direction::west).value())}, 1);
        for (std::size_t k = 0; k < net.segments.size(); ++k) {
            const Segment segment = net.segments[k];
            if (segment.vertical)
                follow(net, k, segment, VLine(segment.line));
            else
                follow(net, k, segment, HLine(segment.line));
        }
        std::sort(net.chains.begin(), net.chains.end(), [](const ReachedChain& a, const ReachedChain& b) {
            return std::tie(a.hicann, a.drivers.front(), a.from) < std::tie(b.hicann, b.drivers.front(), b.from);
        });
        return net;
    }

private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    std::optional<Hicann> configured_neighbour(Hicann hicann, Direction direction) const
    {
        const auto neighbour = neighbours_[hicann.value()][static_cast<int>(direction)];
        return neighbour && chips_[neighbour->value()] ? neighbour : std::nullopt;
    }

    void reach(Net& net, std::size_t from, const Segment& segment, int hops)
    {
        // A switch or repeater that works both ways leads back to where the signal came from; that alone is no loop.
        if (from != nowhere && parents_[from] != nowhere && net.segments[parents_[from]] == segment)
            return;
        auto& mark = marks_[segment.hicann.value() * (HLine::count + VLine::count) + (segment.vertical ? HLine::count : 0) + segment.line];
        if (mark == mark_) {
            net.loops = true;
            return;
        }
        mark = mark_;
        net.segments.push_back(segment);
        parents_.push_back(from);
        hops_.push_back(hops);
    }

    /// Across the border through the one repeater there: this chip's own one at its rim, else the one of the neighbour's line (rule B6).
    template <class Line>
    void cross(Net& net, std::size_t from, const Segment& segment, Line line, Direction direction, bool own_repeater)
    {
        const auto neighbour = configured_neighbour(segment.hicann, direction);
        if (!neighbour)
            return;
        const Line beyond = line.neighbour(direction);
        const RepeaterConfig& repeater = own_repeater ? repeater_of(segment.hicann, line) : repeater_of(*neighbour, beyond);
        if (repeater.mode == RepeaterConfig::Mode::forwarding && (own_repeater ? repeater.off_chip : repeater.onto_chip))
            reach(net, from, {*neighbour, segment.vertical, static_cast<std::uint16_t>(beyond.value())}, hops_[from] + 1);
    }

    void follow(Net& net, std::size_t k, const Segment& segment, HLine h)
    {
        const HicannConfig& chip = *chips_[segment.hicann.value()];
        const auto crossings = h.crossings();
        for (int position = 0; position < 8; ++position)
            if (chip.crossbar.test(8 * h.value() + position))
                reach(net, k, {segment.hicann, true, static_cast<std::uint16_t>(crossings[position].value())}, hops_[k]);
        cross(net, k, segment, h, Direction::west, h.repeater_side() == Side::left);
        cross(net, k, segment, h, Direction::east, h.repeater_side() == Side::right);
    }

    void follow(Net& net, std::size_t k, const Segment& segment, VLine v)
    {
        static const auto switches_of = synapse_switches_of_lines();
        const HicannConfig& chip = *chips_[segment.hicann.value()];
        for (const HLine h : v.crossings())
            if (chip.crossbar.test(CrossbarSwitch::at(h, v)->value()))
                reach(net, k, {segment.hicann, false, static_cast<std::uint16_t>(h.value())}, hops_[k]);
        cross(net, k, segment, v, Direction::north, v.repeater_half() == Half::top);
        cross(net, k, segment, v, Direction::south, v.repeater_half() == Half::bottom);
        for (const SynapseSwitch s : switches_of[v.value()])
            if (chip.synapse_switches.test(s.value()))
                feed(net, k, segment, s.row());
    }

    void feed(Net& net, std::size_t k, const Segment& segment, SwitchRow row)
    {
        std::optional<Hicann> fed = segment.hicann;
        if (!row.local())
            fed = configured_neighbour(segment.hicann, row.side() == Side::left ? Direction::west : Direction::east);
        if (!fed || !row.line().exists() || !chips_[fed->value()]->drivers[row.line().value()].locin)
            return;
        net.chains.push_back({*fed, segment, chain_of(*chips_[fed->value()], row.line()), hops_[k] + (row.local() ? 0 : 1)});
    }

    const RepeaterConfig& repeater_of(Hicann hicann, HLine h) const { return chips_[hicann.value()]->h_repeaters[h.value()]; }
    const RepeaterConfig& repeater_of(Hicann hicann, VLine v) const { return chips_[hicann.value()]->v_repeaters[v.value()]; }

    std::array<const HicannConfig*, Hicann::count> chips_{};
    std::array<std::array<std::optional<Hicann>, 4>, Hicann::count> neighbours_;
    std::vector<std::uint32_t> marks_ = std::vector<std::uint32_t>(Hicann::count * (HLine::count + VLine::count), 0);
    std::uint32_t mark_ = 0;           ///< of the net that is being traced
    std::vector<std::size_t> parents_; ///< [segment of the net] the one it was reached from
    std::vector<int> hops_;            ///< [segment of the net]
};

void collect(const HicannConfig& config, Merger merger, MergerInputs& inputs)
{
    const MergerMode mode = config.mergers[merger.value()].mode;
    const bool left = mode != MergerMode::right_only, right = mode != MergerMode::left_only;
    if (merger.level() == 0) {
        if (left && config.background[merger.position()].enable)
            inputs.background.push_back(BackgroundGenerator(merger.position()));
        if (right)
            inputs.blocks.push_back(NeuronBlock(merger.position()));
        return;
    }
    const auto [left_input, right_input] = merger.inputs();
    if (left)
        collect(config, left_input, inputs);
    if (right)
        collect(config, right_input, inputs);
}

}   // namespace

Net trace(const WaferConfig& config, Hicann hicann, DncMerger merger) { return Tracer(config).trace(hicann, merger); }

std::vector<Net> trace_all(const WaferConfig& config)
{
    Tracer tracer(config);
    std::vector<Net> nets;
    for (const auto& [hicann, chip] : config.hicanns)
        for (const DncMerger merger : all<DncMerger>()) {
            const RepeaterConfig& repeater = chip.h_repeaters[merger.sending_line().value()];
            if (repeater.mode == RepeaterConfig::Mode::sending && (repeater.onto_chip || repeater.off_chip))
                nets.push_back(tracer.trace(hicann, merger));
        }
    return nets;
}

MergerInputs merger_inputs(const HicannConfig& config, DncMerger merger)
{
    MergerInputs inputs;
    const MergerMode mode = config.dnc_mergers[merger.value()].mode;
    inputs.layer2 = mode != MergerMode::right_only && config.gbit_links[merger.value()] == GbitLink::to_hicann;
    if (mode != MergerMode::left_only)
        collect(config, tree_input(merger), inputs);
    return inputs;
}

std::vector<SynapseDriver> chain_of(const HicannConfig& config, SynapseDriver primary)
{
    std::vector<SynapseDriver> chain{primary};
    const auto joined_outward = [&](SynapseDriver d) { return d.exists() && config.drivers[d.value()].connect_neighbour; };
    for (SynapseDriver d = primary; joined_outward(d) && d.outward();) {
        d = *d.outward();
        chain.push_back(d);
    }
    for (auto d = primary.inward(); d && joined_outward(*d); d = d->inward())
        chain.push_back(*d);
    return chain;
}

}   // namespace bss
