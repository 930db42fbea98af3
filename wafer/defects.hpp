/// What is broken on a wafer (hardware.md §10, mapping.md §2.9).
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "coordinates.hpp"

namespace bss {

/// Broken components of one HICANN; a set bit means defective.
struct HicannDefects {
    std::bitset<Denmem::count> neurons;
    std::bitset<Denmem::count * 2> synaptic_inputs;             ///< 2 denmem + SynapticInput
    std::vector<std::uint32_t> synapses;                        ///< 256 row + column, ascending
    std::bitset<SynapseRow::count> rows;
    std::bitset<2> arrays;                                      ///< Half
    std::bitset<SynapseDriver::count> drivers;
    std::bitset<2> analog_outputs;
    std::bitset<BackgroundGenerator::count> background_generators;
    std::bitset<FgBlock::count> fg_blocks;
    std::bitset<HLine::count> h_buses, h_repeaters;
    std::bitset<VLine::count> v_buses, v_repeaters;
    std::bitset<CrossbarSwitch::count> crossbar_switches;
    std::bitset<SynapseSwitch::count> synapse_switches;
    std::bitset<SwitchRow::count> switch_rows;
    std::bitset<Merger::count> mergers;
    std::bitset<DncMerger::count> dnc_mergers;

    bool synapse_defective(SynapseRow row, Column column) const;
    bool operator==(const HicannDefects&) const = default;
};

struct Defects {
    std::bitset<Hicann::count> hicanns;
    std::bitset<Fpga::count> fpgas;
    std::bitset<Hicann::count> links;                           ///< high-speed link of a HICANN
    std::map<Hicann, HicannDefects> on_hicann;                  ///< only chips with a defect

    /// Defects of one chip; an empty set for a sound one.
    const HicannDefects& of(Hicann hicann) const;
    bool usable(Hicann hicann) const { return !hicanns.test(hicann.value()); }
    bool operator==(const Defects&) const = default;
};

/// One kind of defect as users write it (docs/configuration.md).
struct DefectKind {
    std::string_view name;                                      ///< "h_buses"
    int count;                                                  ///< components on a HICANN, or on the wafer
    bool on_wafer;                                              ///< hicanns, fpgas, links: listed by enum, not within a HICANN
    void (*mark)(Defects&, Hicann, int index);                  ///< marks component `index` (of the wafer or of that HICANN) as defective
};
/// All 21 kinds, in the order of docs/configuration.md.
const std::vector<DefectKind>& defect_kinds();

/// Each component of a kind fails with that probability, drawn from the wafer id: the same wafer always has the same defects.
/// @param fractions  kind name -> probability in [0, 1]
Defects random_defects(const std::map<std::string, double>& fractions, std::uint64_t wafer_id);

/// Adds what follows from the listed defects (rules X1-X4, X6, X7 of mapping.md §2.9; an FPGA takes its reticle's links along). Idempotent.
/// Rule X5 (rim lines whose repeater lies on a partial reticle) is applied too when `partial_reticles` is true.
Defects derived(Defects defects, bool partial_reticles = false);

}   // namespace bss
