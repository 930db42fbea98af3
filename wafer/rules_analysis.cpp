#include <algorithm>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

constexpr int buses_per_chip = HLine::count + VLine::count;

void find_neurons(ChipView& chip)
{
    chip.neuron_of.fill(-1);
    for (Compound& compound : compounds(chip.config)) {
        if (chip.neuron_of[compound.denmems.front().value()] >= 0)
            continue; // a second firing denmem of the same membrane
        for (const Denmem d : compound.denmems)
            chip.neuron_of[d.value()] = static_cast<std::int16_t>(chip.neurons.size());
        chip.neurons.push_back(std::move(compound));
    }
}

void find_sources(ChipView& chip)
{
    for (const DncMerger merger : all<DncMerger>()) {
        MergerView& view = chip.mergers[merger.value()];
        const RepeaterConfig& repeater = chip.config.h_repeaters[merger.sending_line().value()];
        view.drives_net = repeater.mode == RepeaterConfig::Mode::sending && (repeater.onto_chip || repeater.off_chip);
        view.inputs = merger_inputs(chip.config, merger);
        for (const NeuronBlock block : view.inputs.blocks)
            for (const Half half : {Half::top, Half::bottom})
                for (int x = 32 * block.value(); x < 32 * (block.value() + 1); ++x) {
                    const Denmem d(Column(x), half);
                    const DenmemConfig& denmem = chip.config.denmems[d.value()];
                    if (denmem.activate_firing && denmem.enable_spl1_output)
                        view.sources.push_back({true, d.value(), denmem.address});
                }
        for (const BackgroundGenerator g : view.inputs.background) {
            const L1Address address = chip.config.background[g.value()].address;
            if (address == L1Address(0))
                view.locking.push_back(g);
            else
                view.sources.push_back({false, g.value(), address});
        }
    }
}

void find_used_synapses(ChipView& chip)
{
    constexpr std::size_t size = static_cast<std::size_t>(SynapseRow::count) * Column::count;
    const SynapseArrays& synapses = chip.config.synapses;
    chip.readable =
        synapses.decoder.size() == size && synapses.weight.size() == size && (synapses.exact_conductance.empty() || synapses.exact_conductance.size() == size);
    if (!chip.readable)
        return;
    std::array<std::uint8_t, Column::count> parked;
    parked.fill(parked_decoder);
    for (const SynapseRow row : all<SynapseRow>()) {
        const std::uint8_t* decoder = &synapses.decoder[SynapseArrays::at(row, Column(0))];
        if (std::equal(parked.begin(), parked.end(), decoder))
            continue;
        for (int column = 0; column < Column::count; ++column)
            chip.used[row.value()][column] = decoder[column] != parked_decoder;
    }
}

}   // namespace

Analysis::Analysis(const WaferConfig& wafer_config, const Defects& wafer_defects, const Limits& given_limits)
    : config(wafer_config), defects(wafer_defects), limits(given_limits), nets(trace_all(wafer_config)), net_of_bus_(Hicann::count * buses_per_chip, -1)
{
    chip_index_.fill(-1);
    chips.reserve(config.hicanns.size());
    for (const auto& [hicann, chip_config] : config.hicanns) {
        chip_index_[hicann.value()] = static_cast<std::int16_t>(chips.size());
        ChipView& chip = chips.emplace_back(ChipView{hicann, chip_config, defects.of(hicann), {}, {}, {}, true, {}, {}, {}, {}});
        find_neurons(chip);
        find_sources(chip);
        find_used_synapses(chip);
    }

    for (const ChipView& from : chips)
        if (from.config.synapse_switches.any())
            for (const SynapseSwitch s : all<SynapseSwitch>())
                if (from.config.synapse_switches.test(s.value()))
                    if (const auto fed_hicann = fed_chip(from.hicann, s.row()); fed_hicann && chip_index_[fed_hicann->value()] >= 0)
                        chips[chip_index_[fed_hicann->value()]].feeders[s.line().value()].push_back({from.hicann, s});

    std::bitset<L1Address::count> usable;
    for (const L1Address a : all<L1Address>())
        usable.set(a.value(), a.usable());
    for (std::size_t n = 0; n < nets.size(); ++n) {
        for (const Segment& segment : nets[n].segments)
            if (auto& owner = net_of_bus_[bus_index(segment)]; owner < 0)
                owner = static_cast<std::int32_t>(n);
        const MergerView& merger = chips[chip_index_[nets[n].hicann.value()]].mergers[nets[n].merger.value()];
        std::bitset<L1Address::count> addresses;
        if (merger.inputs.layer2)
            addresses = usable; // which addresses an input uses is not in the configuration
        for (const Source& source : merger.sources)
            addresses.set(source.address.value());
        for (const ReachedChain& chain : nets[n].chains)
            for (const SynapseDriver d : chain.drivers) {
                ChipView& target = chips[chip_index_[chain.hicann.value()]];
                target.fed.set(d.value());
                target.heard[d.value()] |= addresses;
            }
    }
}

const ChipView* Analysis::chip(Hicann hicann) const
{
    const int index = chip_index_[hicann.value()];
    return index < 0 ? nullptr : &chips[static_cast<std::size_t>(index)];
}

const Net* Analysis::net_of(const Segment& bus) const
{
    const int index = net_of_bus_[bus_index(bus)];
    return index < 0 ? nullptr : &nets[static_cast<std::size_t>(index)];
}

std::vector<RepeaterView> active_repeaters(const ChipView& chip)
{
    std::vector<RepeaterView> active;
    const auto add = [&](auto line, bool vertical, Direction border, const RepeaterConfig& repeater) {
        if (repeater.mode == RepeaterConfig::Mode::idle)
            return;
        RepeaterView view{{chip.hicann, vertical, static_cast<std::uint16_t>(line.value())}, chip.hicann, std::nullopt, repeater};
        if (const auto neighbour = chip.hicann.neighbour(border))
            view.beyond = {*neighbour, vertical, static_cast<std::uint16_t>(line.neighbour(border).value())};
        active.push_back(view);
    };
    for (const HLine h : all<HLine>())
        add(h, false, h.repeater_side() == Side::left ? Direction::west : Direction::east, chip.config.h_repeaters[h.value()]);
    for (const VLine v : all<VLine>())
        add(v, true, v.repeater_half() == Half::top ? Direction::north : Direction::south, chip.config.v_repeaters[v.value()]);
    return active;
}

bool on(const DriverConfig& driver) { return driver.enable || driver.locin || driver.connect_neighbour; }

std::size_t bus_index(const Segment& bus)
{
    return static_cast<std::size_t>(bus.hicann.value() * buses_per_chip + (bus.vertical ? HLine::count : 0) + bus.line);
}

std::string name(const Segment& bus) { return fmt::format("{} line {} of HICANN {}", bus.vertical ? 'V' : 'H', bus.line, bus.hicann.value()); }
std::string name(const Net& net) { return fmt::format("net of DNC merger {} of HICANN {}", net.merger.value(), net.hicann.value()); }

}   // namespace bss::rules
