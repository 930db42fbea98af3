/// Inside of design_rules.cpp: what the rules look at, computed once, and one function a rule, named by what it forbids.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "design_rules.hpp"
#include "fabric.hpp"

namespace bss::rules {

/// Something on a chip that sends events under an address.
struct Source {
    bool neuron; ///< a firing denmem with output; otherwise a background generator
    int index;   ///< Denmem or BackgroundGenerator
    L1Address address;
};

/// A DNC merger with all that reaches it through the merger tree.
struct MergerView {
    bool drives_net = false; ///< its sending repeater is in use
    MergerInputs inputs;
    std::vector<Source> sources;              ///< without generators of address 0: those only lock
    std::vector<BackgroundGenerator> locking; ///< enabled generators of address 0
};

/// A closed synapse switch on the input wire of a driver.
struct Feeder {
    Hicann hicann; ///< chip of the switch
    SynapseSwitch closed;
};

struct ChipView {
    Hicann hicann;
    const HicannConfig& config;
    const HicannDefects& defects;

    std::vector<Compound> neurons;                     ///< every membrane with a firing denmem once
    std::array<std::int16_t, Denmem::count> neuron_of; ///< index into neurons, -1: none
    std::array<MergerView, DncMerger::count> mergers;

    bool readable = true;                                                  ///< the synapse arrays have the right sizes; otherwise `used` is empty
    std::array<std::bitset<Column::count>, SynapseRow::count> used;        ///< [row]: synapses that are not parked
    std::array<std::vector<Feeder>, SynapseDriver::count> feeders;         ///< [driver of this chip]
    std::bitset<SynapseDriver::count> fed;                                 ///< hears a net, itself or through its chain
    std::array<std::bitset<L1Address::count>, SynapseDriver::count> heard; ///< addresses that occur on the nets that a driver hears
};

struct Analysis {
    Analysis(const WaferConfig& config, const Defects& defects, const Limits& limits);

    const WaferConfig& config;
    const Defects& defects;
    const Limits& limits;
    std::vector<ChipView> chips; ///< ascending
    std::vector<Net> nets;

    const ChipView* chip(Hicann hicann) const;   ///< null if not configured
    const Net* net_of(const Segment& bus) const; ///< the first one that the bus belongs to; null: none

private:
    std::array<std::int16_t, Hicann::count> chip_index_;
    std::vector<std::int32_t> net_of_bus_;
};

/// A repeater that is not idle, and the two buses that it joins.
struct RepeaterView {
    Segment own;
    Hicann hicann;
    std::optional<Segment> beyond; ///< across the border at which it sits; nothing beyond the wafer's rim
    RepeaterConfig config;
};
std::vector<RepeaterView> active_repeaters(const ChipView& chip);

/// Whether a driver does anything at all.
bool on(const DriverConfig& driver);
/// Position of a bus among all of the wafer.
std::size_t bus_index(const Segment& bus);
std::string name(const Segment& bus); ///< "H line 62 of HICANN 174"
std::string name(const Net& net);     ///< "net of DNC merger 0 of HICANN 174"

/// Takes down the violations of one rule.
class Reporter {
public:
    Reporter(const RuleInfo& rule, std::vector<Violation>& violations) : rule_(rule), violations_(violations) {}
    void operator()(Hicann where, std::string what) { violations_.push_back({rule_.id, rule_.severity, where, std::move(what)}); }
    void warn(Hicann where, std::string what) { violations_.push_back({rule_.id, Severity::warning, where, std::move(what)}); }

private:
    const RuleInfo& rule_;
    std::vector<Violation>& violations_;
};

using Check = void(const Analysis&, Reporter&);

// rules_defects.cpp
Check missing_drivers_in_use, defective_components_in_use;
// rules_neurons.cpp
Check neurons_of_wrong_shape, defective_denmems_in_neurons, neurons_without_one_comparator, harmful_fire_inputs, neurons_with_bad_address, own_reset_potentials,
    neurons_across_unequal_halves;
// rules_mergers.cpp
Check blocks_not_on_one_merger, nets_without_locking_events, wrong_dnc_merger_modes, inputs_on_wrong_mergers, too_many_addresses, loopback_both_ways,
    too_many_recorded_events, equal_addresses, locking_address_of_a_source, parked_addresses;
// rules_buses.cpp
Check buses_with_two_drivers, nets_that_are_no_trees, crowded_crossbars, repeaters_against_the_signal, wrong_repeater_modes,
    sending_repeaters_without_direction, long_routes, signals_across_the_rim;
// rules_drivers.cpp
Check crowded_synapse_switches, shorted_driver_inputs, switches_without_net_or_primary, switches_across_the_rim, broken_chains, long_chains,
    drivers_outside_chains, rows_without_one_input, wrong_short_term_plasticity, wrong_row_decoders, wrong_row_gains;
// rules_synapses.cpp
Check synapses_of_no_neuron, wrong_synapse_decoders, synapses_of_unfed_drivers, ghost_synapses, wrong_weights;
// rules_analog.cpp
Check shared_multiplexer_lines, shared_analog_channels, wrong_stimuli, wrong_floating_gates;

}   // namespace bss::rules
