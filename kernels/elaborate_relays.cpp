#include "elaborate.hpp"

namespace bss {

void elaborate_relays(Program& program, std::span<const WaferConfig> configs)
{
    const auto inputs = host_nets(program);
    const auto chips = chip_indices(program);

    bool uniform = false;
    for (ChipProgram& chip : program.chips) {
        const WaferConfig& wafer = configs[chip.chip.wafer];
        uniform |= wafer.ideals.uniform_delay_s.has_value();
        const auto fpga = wafer.fpgas.find(chip.chip.hicann.reticle().fpga());
        if (fpga == wafer.fpgas.end() || fpga->second.relays.empty())
            continue;
        const HicannConfig& config = wafer.hicanns.at(chip.chip.hicann);
        std::array<std::vector<const Relay*>, NeuronBlock::count> of_block;        // that take spikes of a block
        for (const Relay& relay : fpga->second.relays)
            if (relay.hicann == chip.chip.hicann && config.gbit_links[relay.merger.value()] == GbitLink::to_dnc)
                for (const NeuronBlock block : merger_inputs(config, relay.merger).blocks)
                    of_block[block.value()].push_back(&relay);
        for (NeuronProgram& neuron : chip.neurons) {
            neuron.first_relay = static_cast<std::uint32_t>(program.relays.size());
            for (const Relay* relay : of_block[neuron.firing.block().value()]) {
                const auto net = inputs.find({relay->to, relay->to_merger});
                if (neuron.through_link && relay->address == neuron.address && net != inputs.end())
                    program.relays.push_back({chips.at(relay->to), net->second, relay->to_address});
            }
            neuron.relay_count = static_cast<std::uint32_t>(program.relays.size()) - neuron.first_relay;
        }
    }
    program.relay_delay_s = uniform ? 0.0 : program.timing.relay_delay_s;
}

}   // namespace bss
