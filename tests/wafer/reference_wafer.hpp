/// The smallest wafer that uses everything: two chips, a neuron that sends over a border to a neuron on the other, and an input from the host.
#pragma once

#include "wafer/wafer_config.hpp"

namespace bss::reference {

inline const Hicann sender = *Hicann::at(18, 7);   ///< its neuron has address 2
inline const Hicann receiver = *Hicann::at(19, 7); ///< hears address 2 over two drivers, and input address 53 over a third
inline const SynapseDriver primary(14), chained(12), input_primary(15);

/// Four denmems: columns 2 quad and 2 quad + 1 in both rows, the top left one firing.
inline void add_neuron(HicannConfig& chip, int quad)
{
    chip.quads[quad] = {{true, true}, {true, true}};
    chip.denmems[2 * quad].activate_firing = true;
}

inline void add_sending_neuron(HicannConfig& chip, int quad, int address)
{
    add_neuron(chip, quad);
    chip.denmems[2 * quad].enable_spl1_output = true;
    chip.denmems[2 * quad].address = L1Address(address);
}

/// DNC merger 0, 2, 4 or 7, which hears its own block alone, drives its line; with a locking generator.
inline void drive_net(HicannConfig& chip, DncMerger merger, GbitLink link, bool onto_chip = true, bool off_chip = false)
{
    const int block = merger.value();
    chip.background[block].enable = true;
    chip.mergers[Merger::at(0, block).value()].mode = link == GbitLink::to_hicann ? MergerMode::left_only : MergerMode::merge;
    chip.dnc_mergers[merger.value()] = {MergerMode::merge, true, false};
    chip.gbit_links[merger.value()] = link;
    chip.h_repeaters[merger.sending_line().value()] = {RepeaterConfig::Mode::sending, onto_chip, off_chip};
}

inline void close(HicannConfig& chip, int h, int v) { chip.crossbar.set(CrossbarSwitch::at(HLine(h), VLine(v)).value().value()); }
inline void feed(HicannConfig& chip, int v, int driver) { chip.synapse_switches.set(SynapseSwitch::at(VLine(v), SynapseDriver(driver)).value().value()); }
inline void listen(HicannConfig& chip, SynapseDriver driver)
{
    chip.drivers[driver.value()].enable = true;
    chip.drivers[driver.value()].locin = true;
}
inline void add_synapse(HicannConfig& chip, SynapseRow row, int column, int decoder, int weight = 5)
{
    chip.synapses.decoder[SynapseArrays::at(row, Column(column))] = static_cast<std::uint8_t>(decoder);
    chip.synapses.weight[SynapseArrays::at(row, Column(column))] = static_cast<std::uint8_t>(weight);
}

inline WaferConfig wafer()
{
    WaferConfig config;
    HicannConfig& from = config.hicanns[sender];
    add_sending_neuron(from, 0, 2);
    drive_net(from, DncMerger(0), GbitLink::to_dnc); // H line 62, which is H line 0 on the east neighbour

    HicannConfig& to = config.hicanns[receiver];
    to.h_repeaters[0] = {RepeaterConfig::Mode::forwarding, true, false};
    close(to, 0, 128);
    feed(to, 128, primary.value());
    listen(to, primary);
    to.drivers[primary.value()].connect_neighbour = true;
    to.drivers[chained.value()].enable = true;
    to.drivers[primary.value()].rows[0].syn_in_left = true;
    to.drivers[chained.value()].rows[1].syn_in_right = true;
    add_neuron(to, 0);
    add_synapse(to, SynapseRow(primary, 0), 0, 2);
    add_synapse(to, SynapseRow(chained, 1), 1, 2);

    drive_net(to, DncMerger(7), GbitLink::to_hicann); // H line 6
    close(to, 6, 28);
    feed(to, 28, input_primary.value());
    listen(to, input_primary);
    to.drivers[input_primary.value()].rows[0].syn_in_left = true;
    to.drivers[input_primary.value()].rows[0].decoder[1] = 3;
    add_synapse(to, SynapseRow(input_primary, 0), 1, 5); // address 53
    return config;
}

}   // namespace bss::reference
