#include <algorithm>
#include <tuple>

#include "elaborate.hpp"

namespace bss {
namespace {

std::uint32_t chip_index(const Program& program, Chip chip)
{
    const auto found = std::lower_bound(program.chips.begin(), program.chips.end(), chip, [](const ChipProgram& c, Chip wanted) { return c.chip < wanted; });
    return static_cast<std::uint32_t>(found - program.chips.begin());
}

/// What a generator really does: the seed register of generator 0 serves all eight, and seed 0 counts as 1 (hardware.md §4.5).
BackgroundConfig effective(const HicannConfig& config, BackgroundGenerator generator)
{
    BackgroundConfig background = config.background[generator.value()];
    background.seed = std::max<std::uint16_t>(1, config.background[0].seed);
    return background;
}

void wire_sources(ChipProgram& chip, const HicannConfig& config, std::uint32_t net, const MergerInputs& inputs)
{
    for (const NeuronBlock block : inputs.blocks)
        chip.block_nets[block.value()].push_back(net);
    for (const BackgroundGenerator generator : inputs.background) {
        const BackgroundConfig background = effective(config, generator);
        if (background.address.value() == 0)
            continue;       // locking events: no synapse may listen to address 0 (rule A2)
        const auto known = std::find_if(chip.background.begin(), chip.background.end(), [&](const BackgroundProgram& b) { return b.generator == generator; });
        if (known != chip.background.end())
            known->nets.push_back(net);
        else
            chip.background.push_back({generator, background, {net}});
    }
}

/// Addresses under which something can send into a net.
AddressSet addresses_of(const Program& program, std::uint32_t index)
{
    const NetProgram& net = program.nets[index];
    if (net.from_host)
        return ~AddressSet{0};
    const ChipProgram& chip = program.chips[chip_index(program, net.chip)];
    const auto listed = [&](const std::vector<std::uint32_t>& nets) { return std::binary_search(nets.begin(), nets.end(), index); };
    AddressSet addresses = 0;
    for (const NeuronProgram& neuron : chip.neurons)
        if (neuron.sends && listed(chip.block_nets[neuron.firing.block().value()]))
            addresses |= AddressSet{1} << neuron.address.value();
    for (const BackgroundProgram& background : chip.background)
        if (listed(background.nets))
            addresses |= AddressSet{1} << background.config.address.value();
    return addresses;
}

}   // namespace

std::vector<Reach> elaborate_nets(Program& program, std::span<const WaferConfig> configs)
{
    std::vector<Reach> reaches;
    for (std::size_t k = 0; k < configs.size(); ++k) {
        const auto wafer = static_cast<std::uint16_t>(k);
        for (const Net& net : trace_all(configs[k])) {
            const HicannConfig& config = configs[k].hicanns.at(net.hicann);
            const auto index = static_cast<std::uint32_t>(program.nets.size());
            const MergerInputs inputs = merger_inputs(config, net.merger);
            const Chip chip{wafer, net.hicann};
            program.nets.push_back({chip, net.merger, config.dnc_mergers[net.merger.value()].slow, inputs.layer2, 0, 0});
            wire_sources(program.chips[chip_index(program, chip)], config, index, inputs);

            std::map<std::pair<std::uint32_t, int>, std::vector<SynapseDriver>> drivers;
            for (const ReachedChain& chain : net.chains)
                for (const SynapseDriver driver : chain.drivers)
                    if (driver.exists() && configs[k].hicanns.at(chain.hicann).drivers[driver.value()].enable)
                        drivers[{chip_index(program, {wafer, chain.hicann}), chain.hops}].push_back(driver);
            for (const auto& [key, list] : drivers)
                reaches.push_back({index, key.first, key.second, list});
        }
    }
    return reaches;
}

std::vector<std::map<SynapseDriver, AddressSet>> reached_drivers(const Program& program, std::span<const Reach> reaches)
{
    std::vector<std::map<SynapseDriver, AddressSet>> reached(program.chips.size());
    std::vector<AddressSet> addresses(program.nets.size());
    for (std::uint32_t n = 0; n < program.nets.size(); ++n)
        addresses[n] = addresses_of(program, n);
    for (const Reach& reach : reaches)
        for (const SynapseDriver driver : reach.drivers)
            reached[reach.target][driver] |= addresses[reach.net];
    return reached;
}

void elaborate_routes(Program& program, std::span<const Reach> reaches, std::span<const WaferConfig> configs, std::span<const Silicon> silicon)
{
    for (const Reach& reach : reaches) {
        const ChipProgram& target = program.chips[reach.target];
        const HicannConfig& config = configs[target.chip.wafer].hicanns.at(target.chip.hicann);
        RouteProgram route{reach.net, reach.target, reach.hops, 0, {}};
        const auto start = program.route_rows.size();
        for (int upper = 0; upper < 4; ++upper) {
            route.first_row[upper] = static_cast<std::uint32_t>(program.route_rows.size());
            for (const SynapseDriver driver : reach.drivers) {
                const auto first = std::lower_bound(target.rows.begin(), target.rows.end(), SynapseRow(driver, 0), [](const RowProgram& r, SynapseRow row) { return r.row < row; });
                for (auto row = first; row != target.rows.end() && row->row.driver() == driver; ++row) {
                    const auto& decoder = config.drivers[driver.value()].rows[row->row.which()].decoder;
                    if (decoder[0] == upper || decoder[1] == upper)
                        program.route_rows.push_back(static_cast<std::uint16_t>(row - target.rows.begin()));
                }
            }
        }
        route.first_row[4] = static_cast<std::uint32_t>(program.route_rows.size());
        if (program.route_rows.size() == start)
            continue;       // reaches the chip, but no synapse there listens

        const Timing& timing = silicon[target.chip.wafer].technology().timing;
        const auto& uniform = configs[target.chip.wafer].ideals.uniform_delay_s;
        route.delay_s = uniform ? *uniform : std::max(timing.route_minimum_s, timing.route_base_s + timing.route_per_hicann_s * reach.hops);
        NetProgram& net = program.nets[reach.net];
        if (net.route_count++ == 0)
            net.first_route = static_cast<std::uint32_t>(program.routes.size());
        program.routes.push_back(route);
    }
}

}   // namespace bss
