#include "design_rules.hpp"

#include <algorithm>

#include "rules.hpp"

namespace bss {
namespace {

/// A rule without function cannot be broken by a configuration: the types hold it, or the network is needed to judge it. Its text says which.
struct Rule {
    RuleInfo info;
    rules::Check* check;
};

using enum Severity;
using namespace rules;

constexpr Rule table[]{
    {{"G1", error, "A chip lies in the octagon of 384 (held by the coordinate types)"}, nullptr},
    {{"G2", error, "A reticle has eight chips and one FPGA (held by the coordinate types)"}, nullptr},
    {{"G3", error, "A neighbour exists where the octagon has a chip: 368 borders east-west, 348 north-south (held by the coordinate types)"}, nullptr},
    {{"G4", error, "Drivers 110-113 and their rows 220-227 do not exist on HICANN v4: they are off and their synapses parked"}, missing_drivers_in_use},
    {{"G5", error, "Nothing configured uses a component that is listed as defective"}, defective_components_in_use},

    {{"N1", error, "A neuron is one denmem, or n/2 columns in both rows (n even, 2 to 64), inside one neuron block"}, neurons_of_wrong_shape},
    {{"N2", error, "No denmem of a neuron is defective (that none belongs to two is held by the shorted membranes)"}, defective_denmems_in_neurons},
    {{"N3", error, "Exactly one denmem of a neuron has activate_firing, and enable_spl1_output only stands there"}, neurons_without_one_comparator},
    {{"N4", error, "Fire inputs lead away from the firing denmem; at most one of the four denmems at a quad border listens, none across a neuron block border"},
     harmful_fire_inputs},
    {{"N5", error, "The address of a firing denmem with output obeys A1 to A3 within its DNC merger"}, neurons_with_bad_address},
    {{"N6", warning, "V_reset is shared by all denmems of a quad position; values of single denmems only while parameter quantisation is off"},
     own_reset_potentials},
    {{"N7", error, "Capacitor and gears, which hold for half a chip, are equal for all denmems of a neuron"}, neurons_across_unequal_halves},

    {{"M1", information, "The merger tree is wired as hardware.md §4.4 (held by the coordinate types)"}, nullptr},
    {{"M2", error, "A neuron block that sends reaches exactly one DNC merger"}, blocks_not_on_one_merger},
    {{"M3", error, "A DNC merger that drives a net receives exactly one background generator of address 0, a regular one of 2 clocks or more"},
     nets_without_locking_events},
    {{"M4", error, "A DNC merger that drives a net is in mode merge and slow; an unused one is left only and fast; input without a net is a warning"},
     wrong_dnc_merger_modes},
    {{"M5", error, "A DNC merger passes on the input of its Gbit link; neurons on an input merger are a warning"}, inputs_on_wrong_mergers},
    {{"M6", error, "A DNC merger carries at most 59 sources"}, too_many_addresses},
    {{"M7", error, "Loopback between the DNC mergers 0-1, 2-3, 4-5, 6-7 is on in at most one direction"}, loopback_both_ways},
    {{"M8", warning, "At most 25 M events/s leave a chip over its recording links (here: of background generators; others are counted while running)"},
     too_many_recorded_events},

    {{"A1", error, "An address occurs once on a DNC merger"}, equal_addresses},
    {{"A2", error, "No neuron has address 0, which locks repeaters and drivers"}, locking_address_of_a_source},
    {{"A3", error, "No source has the addresses 1, 17, 33, 49: they fire parked synapses"}, parked_addresses},
    {{"A4", error, "A source has one address for all its targets (held by the types: the address is a property of the denmem)"}, nullptr},

    {{"B1", error, "A bus belongs to one net, and one repeater drives it"}, buses_with_two_drivers},
    {{"B2", error, "The buses of a net form a tree; no closed crossbar switch or forwarding repeater is without a net"}, nets_that_are_no_trees},
    {{"B3", error, "Crossbar switches stand where hardware.md §4.1 has them (held by the coordinate types)"}, nullptr},
    {{"B4", warning, "At most crossbar_limit (1) crossbar switches of a line are closed"}, crowded_crossbars},
    {{"B5", error, "Line numbers change by 2 from chip to chip (held by the coordinate types)"}, nullptr},
    {{"B6", error, "The repeater at a border forwards away from the root of its net"}, repeaters_against_the_signal},
    {{"B7", error, "A repeater is idle, forwards in one direction, or stands alone at its test port; only sending repeaters send, and they have no test port"},
     wrong_repeater_modes},
    {{"B8", error, "A sending repeater in use drives this chip, the west neighbour or both"}, sending_repeaters_without_direction},
    {{"B9", warning, "An event crosses at most hop_limit chip borders (no limit by default)"}, long_routes},
    {{"B10", error, "Nothing crosses the rim of the wafer"}, signals_across_the_rim},

    {{"S1", error, "Synapse switches stand where hardware.md §4.1 has them (held by the coordinate types)"}, nullptr},
    {{"S2", information, "A switch row feeds the driver of its number, here or on the neighbour (held by the coordinate types)"}, nullptr},
    {{"S3", warning, "At most synapse_switch_limit (1) synapse switches of a V line, and of a switch row, are closed"}, crowded_synapse_switches},
    {{"S4", error, "At most one synapse switch is closed on the input wire of a driver, over the rows of both chips"}, shorted_driver_inputs},
    {{"S5", error, "A closed synapse switch joins a net to a primary, and every primary has one"}, switches_without_net_or_primary},
    {{"S6", error, "No closed synapse switch feeds a chip beyond the rim"}, switches_across_the_rim},

    {{"D1", information, "Sides and groups of the drivers are as in mapping.md §2.7 (held by the coordinate types)"}, nullptr},
    {{"D2", information, "Driver y has the rows 2y and 2y + 1 (held by the coordinate types)"}, nullptr},
    {{"D3", error, "A chain of drivers has exactly one primary, all its members are enabled, and its outermost is not connected further"}, broken_chains},
    {{"D4", warning, "A chain has at most driver_chain_length (3) drivers"}, long_chains},
    {{"D5", error, "A driver outside of a chain is off"}, drivers_outside_chains},
    {{"D6", error, "A row in use drives the excitatory or the inhibitory inputs; both is a warning"}, rows_without_one_input},
    {{"D7", error, "A driver has one short-term plasticity for both rows (held by the types) with a capacitor code 0 to 7"}, wrong_short_term_plasticity},
    {{"D8", error, "The decoders of a row have 2 bits"}, wrong_row_decoders},
    {{"D9", error, "A row in use selects V_gmax0 to V_gmax3 and divides by two nibbles with a sum of 2 to 30"}, wrong_row_gains},

    {{"Y1", error, "A synapse in use drives a denmem that belongs to a neuron"}, synapses_of_no_neuron},
    {{"Y2", error, "The decoder of a synapse has 4 bits; 1 means parked"}, wrong_synapse_decoders},
    {{"Y3", error, "A synapse in use hangs on an enabled driver that hears a net"}, synapses_of_unfed_drivers},
    {{"Y4", error, "A hardware synapse stands for at most one biological synapse (needs the network: compared by the rebuild)"}, nullptr},
    {{"Y5", error, "The input that a row drives is that of the projection's receptor (needs the network: compared by the rebuild)"}, nullptr},
    {{"Y6", error, "No ghosts: a synapse in use waits for an address that occurs on its net"}, ghost_synapses},
    {{"Y7", error, "Weights are 0 to 15; real-valued conductances only while weight quantisation is off, and then finite and at least 0"}, wrong_weights},
    {{"Y8", information, "Every biological synapse is realised or listed as lost (needs the network: compared by the rebuild)"}, nullptr},

    {{"O1", error, "The two analogue outputs of a chip select different lines, and one denmem drives a multiplexer line"}, shared_multiplexer_lines},
    {{"O2", error, "An analogue channel (ADC group, output) serves one chip"}, shared_analog_channels},
    {{"O3", error, "A block has one current stimulus (held by the types) of 129 samples of 10 bits, with a pulse length 0 to 15"}, wrong_stimuli},

    {{"F1", error, "Floating gates hold integers 0 to 1023; any number while parameter quantisation is off"}, wrong_floating_gates},
};

}   // namespace

std::span<const RuleInfo> design_rules()
{
    static const auto infos = [] {
        std::vector<RuleInfo> result;
        for (const Rule& rule : table)
            result.push_back(rule.info);
        return result;
    }();
    return infos;
}

std::vector<Violation> check(const WaferConfig& config, const Defects& defects, const Limits& limits)
{
    const Analysis analysis(config, defects, limits);
    std::vector<Violation> violations;
    for (const Rule& rule : table) {
        if (!rule.check)
            continue;
        const auto first = static_cast<std::ptrdiff_t>(violations.size());
        Reporter report(rule.info, violations);
        rule.check(analysis, report);
        std::stable_sort(violations.begin() + first, violations.end(), [](const Violation& a, const Violation& b) { return a.where < b.where; });
    }
    return violations;
}

}   // namespace bss
