#include <algorithm>

#include "mergers.hpp"
#include "nets.hpp"

namespace bss {
namespace {

constexpr std::uint16_t background_period = 124;        ///< an event every 125 clocks: 1 MHz at 125 MHz (hardware.md §4.5)

/// Joins the membranes of a neuron: rows and columns within quads, and fire-input links across quad borders, which lead away from the firing denmem (rule N4).
void join_denmems(HicannConfig& chip, const NeuronSite& site)
{
    if (site.size == 1)
        return;
    const int first = site.first.x(), end = first + site.size / 2;
    for (int x = first; x < end; ++x) {
        QuadConfig& quad = chip.quads[Column(x).value() / 2];
        quad.join_column[x % 2] = true;
        if (x > first && x % 2 == 1)
            quad.join_row = {true, true};
        if (x > first && x % 2 == 0)
            chip.denmems[Denmem(Column(x), Half::top).value()].enable_fire_input = true;
    }
}

/// Opens the way of a net's blocks through the merger tree and out (rules M2-M5).
void configure_mergers(HicannConfig& chip, const SourceNet& net)
{
    BackgroundConfig& background = chip.background[net.generator.value()];
    background = {.enable = true, .random = false, .seed = 0, .period = background_period, .address = L1Address(0)};
    if (net.random) {
        const auto used = std::find_if(net.by_address.begin(), net.by_address.end(), [](const SourceId& source) { return source.valid(); });
        BackgroundConfig& source = chip.background[net.random->value()];
        source.enable = source.random = true;       // seed and period: write_stimulus()
        source.address = L1Address(static_cast<int>(used - net.by_address.begin()));
    }
    std::array<bool, Merger::count> passed{};
    for (const NeuronBlock block : net.blocks)
        for (Merger node = Merger::at(0, block.value());; node = *parent(node)) {
            passed[node.value()] = true;
            if (node == tree_input(net.merger))
                break;
        }
    for (const Merger node : all<Merger>()) {
        if (!passed[node.value()])
            continue;
        const bool random = net.random && node.position() == net.random->value();
        bool left = random || node.position() == net.generator.value(), right = !net.input && !net.random;     // level 0: generator, neuron block
        if (node.level() > 0) {
            left = passed[node.inputs()[0].value()];
            right = passed[node.inputs()[1].value()];
        }
        chip.mergers[node.value()].mode = left && right ? MergerMode::merge : left ? MergerMode::left_only : MergerMode::right_only;
    }
    MergerConfig& dnc = chip.dnc_mergers[net.merger.value()];
    dnc.mode = MergerMode::merge;
    dnc.slow = true;
    chip.gbit_links[net.merger.value()] = net.input ? GbitLink::to_hicann : GbitLink::to_dnc;
}

/// Spikes that other wafers want are passed on by the FPGA of the chip that they leave.
void configure_relays(std::vector<WaferConfig>& configs, const Nets& nets)
{
    for (const auto& population : nets.entries)
        for (const auto& entries : population) {
            if (entries.empty() || nets.nets[entries.front().net].input || nets.nets[entries.front().net].random)
                continue;       // a source
            const SourceNet& own = nets.nets[entries.front().net];
            for (std::size_t k = 1; k < entries.size(); ++k) {
                const SourceNet& there = nets.nets[entries[k].net];
                FpgaConfig& fpga = configs[own.chip.wafer].fpgas[own.chip.hicann.reticle().fpga()];
                fpga.relays.push_back({own.chip.hicann, own.merger, entries.front().address, there.chip, there.merger, entries[k].address});
            }
        }
    for (WaferConfig& wafer : configs)
        for (auto& [fpga, settings] : wafer.fpgas)
            std::sort(settings.relays.begin(), settings.relays.end());
}

}   // namespace

void configure_neurons(std::vector<WaferConfig>& configs, const Network& network, const Placement& placement, const Nets& nets)
{
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        for (std::size_t n = 0; n < placement.sites[p].size(); ++n) {
            const NeuronSite& site = placement.sites[p][n];
            HicannConfig& chip = configs[site.chip.wafer].hicanns[site.chip.hicann];
            join_denmems(chip, site);
            DenmemConfig& firing = chip.denmems[site.first.value()];
            firing.activate_firing = true;
            if (const auto& entries = nets.entries[p][n]; !entries.empty()) {
                firing.enable_spl1_output = true;
                firing.address = entries.front().address;
            }
        }
    for (const SourceNet& net : nets.nets)
        configure_mergers(configs[net.chip.wafer].hicanns[net.chip.hicann], net);
    configure_relays(configs, nets);
}

}   // namespace bss
