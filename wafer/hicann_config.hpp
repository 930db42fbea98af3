/// Every bit and DAC of one HICANN v4, as data (hardware.md §2-6). No behaviour: design_rules.hpp says what is legal, fabric.hpp what is connected.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "coordinates.hpp"
#include "floating_gates.hpp"

namespace bss {

// ---- neurons -------------------------------------------------------------------------------------------------------

struct DenmemConfig {
    bool activate_firing = false;           ///< its comparator decides for the whole neuron (rule N3)
    bool enable_spl1_output = false;        ///< sends `address` into its neuron block
    bool enable_fire_input = false;         ///< listens to the horizontal neighbour outside its quad, and is joined to its membrane (hardware.md §2.2)
    bool enable_aout = false;
    bool enable_current_input = false;      ///< takes the stimulus of its shared FG block
    L1Address address;
    bool operator==(const DenmemConfig&) const = default;
};

/// Membrane switches inside a quad (hardware.md §2.2).
struct QuadConfig {
    std::array<bool, 2> join_row{};         ///< [Half]: shorts even and odd column of a row
    std::array<bool, 2> join_column{};      ///< [even, odd]: shorts top and bottom of a column
    bool operator==(const QuadConfig&) const = default;
};

enum class Gear : std::uint8_t { normal, slow, fast };  ///< the slow and fast bit of a current mirror (hardware.md §2.3)

/// Capacitor and gear in which the transfer of I_gl holds (hardware.md §2.3); other parameters ignore it.
struct OperatingMode {
    bool big_capacitor = true;
    Gear leak = Gear::normal;
    bool operator==(const OperatingMode&) const = default;
};

/// Bits of all denmems of one row (hardware.md §2.3, rule N7).
struct HalfConfig {
    bool big_capacitor = true;
    Gear i_gl = Gear::normal, i_gladapt = Gear::normal, i_radapt = Gear::normal;
    bool operator==(const HalfConfig&) const = default;
};

// ---- synapses ------------------------------------------------------------------------------------------------------

struct RowConfig {
    bool syn_in_left = false, syn_in_right = false;     ///< excitatory / inhibitory input of the denmems
    std::uint8_t select_gmax = 0;                       ///< V_gmax0..3 of the quadrant's block
    std::uint8_t gmax_div_left = 11, gmax_div_right = 11;   ///< nibbles; their sum 2..30 divides (hardware.md §3.5)
    std::array<std::uint8_t, 2> decoder{};              ///< 2 bits for [even, odd] columns
    bool operator==(const RowConfig&) const = default;
};

enum class StpMode : std::uint8_t { facilitation, depression };     ///< halbe's coding (hardware.md §3.6)

struct DriverConfig {
    bool enable = false;
    bool locin = false;                 ///< primary: listens to its switch row
    bool connect_neighbour = false;     ///< passes its signal on to outward() (rule D3)
    bool stp_enable = false;
    StpMode stp_mode = StpMode::facilitation;
    std::uint8_t stp_cap = 0;           ///< 0..7: utilisation 0.25 + 0.15/7 cap
    std::array<RowConfig, 2> rows;
    bool operator==(const DriverConfig&) const = default;
};

/// The two synapse arrays: [row][column], row-major, 448 x 256.
struct SynapseArrays {
    std::vector<std::uint8_t> weight = std::vector<std::uint8_t>(SynapseRow::count * Column::count, 0);                  ///< 0..15
    std::vector<std::uint8_t> decoder = std::vector<std::uint8_t>(SynapseRow::count * Column::count, parked_decoder);    ///< 0..15
    /// Only while weight quantisation is off: conductance of each synapse in siemens, in place of weight and row gain; empty otherwise.
    std::vector<float> exact_conductance;

    static constexpr std::size_t at(SynapseRow row, Column column) { return static_cast<std::size_t>(row.value()) * Column::count + column.value(); }
    bool operator==(const SynapseArrays&) const = default;
};

/// Plasticity controller of one array (hardware.md §3.7). Stored and checked, not simulated.
struct StdpConfig {
    bool enable = false;
    std::array<std::uint8_t, 16> lut_causal, lut_acausal, lut_combined;
    std::array<std::uint8_t, 2> pattern{};              ///< two 4-bit evaluation patterns aa, ac, ca, cc
    std::uint8_t write_delay = 2, output_delay = 15, precharge_delay = 15, enable_delay = 15;   ///< controller clocks

    StdpConfig();                                       ///< default tables: +1, -1 (both saturating), identity
    bool operator==(const StdpConfig&) const = default;
};

// ---- Layer 1 -------------------------------------------------------------------------------------------------------

enum class MergerMode : std::uint8_t { left_only, right_only, merge };
struct MergerConfig {
    MergerMode mode = MergerMode::left_only;
    bool slow = false;
    bool loopback = false;              ///< DNC mergers only (rule M7)
    bool operator==(const MergerConfig&) const = default;
};

enum class GbitLink : std::uint8_t { off, to_dnc, to_hicann };      ///< off, recording, input (rule M5)

struct BackgroundConfig {
    bool enable = false, random = false;
    std::uint16_t seed = 0, period = 124;               ///< regular: an event every period + 1 PLL clocks (hardware.md §4.5)
    L1Address address;
    bool operator==(const BackgroundConfig&) const = default;
};

/// A repeater drives the lines of one direction or the other; a sending repeater also both (rules B6-B8).
struct RepeaterConfig {
    enum class Mode : std::uint8_t { idle, forwarding, sending, loopback, test_input, test_output };
    Mode mode = Mode::idle;
    bool onto_chip = false;             ///< drives this chip's line
    bool off_chip = false;              ///< drives the neighbour's line across the border at which the repeater sits (a sending repeater: the west one's)
    bool operator==(const RepeaterConfig&) const = default;
};

// ---- analogue ------------------------------------------------------------------------------------------------------

/// Waveform memory of one FG block (hardware.md §2.5).
struct CurrentStimulus {
    bool enable = false, continuous = true;
    std::uint8_t pulse_length = 15;                     ///< a sample lasts (pulse_length + 1) 4 PLL clocks
    std::array<double, 129> dac{};                      ///< 0..1023, real while parameter quantisation is off
    bool operator==(const CurrentStimulus&) const = default;
};

/// Selections of the two analogue outputs, numbered as in hardware.md §2.4.
enum class AnalogOutput : std::uint8_t { fg_right = 0, membrane_bottom_odd = 2, membrane_top_odd = 3, membrane_bottom_even = 4, membrane_top_even = 5,
                                         fg_left = 6, fireline = 7, preout = 8, dll_voltage = 9, off = 15 };

// ---- the chip ------------------------------------------------------------------------------------------------------

struct HicannConfig {
    std::array<DenmemConfig, Denmem::count> denmems;
    std::array<QuadConfig, Quad::count> quads;
    std::array<HalfConfig, 2> halves;                                   ///< [Half]
    FloatingGates fg;

    std::array<DriverConfig, SynapseDriver::count> drivers;
    SynapseArrays synapses;
    std::array<StdpConfig, 2> stdp;                                     ///< [Half]

    std::array<BackgroundConfig, BackgroundGenerator::count> background;
    std::array<MergerConfig, Merger::count> mergers;
    std::array<MergerConfig, DncMerger::count> dnc_mergers;
    std::array<GbitLink, DncMerger::count> gbit_links{};
    std::array<RepeaterConfig, HLine::count> h_repeaters;               ///< repeater of line h, at the rim HLine::repeater_side()
    std::array<RepeaterConfig, VLine::count> v_repeaters;
    std::bitset<CrossbarSwitch::count> crossbar;
    std::bitset<SynapseSwitch::count> synapse_switches;

    std::array<CurrentStimulus, FgBlock::count> stimulus;
    std::array<AnalogOutput, 2> analog_outputs{AnalogOutput::off, AnalogOutput::off};
    double pll_hz = 125e6;                                              ///< 100 to 250 MHz in steps of 25 (hardware.md §2.6)

    bool operator==(const HicannConfig&) const = default;
};

/// Denmems whose membranes are shorted with `d` by quad switches and fire-input links, in ascending order; {d} when alone (hardware.md §2.2).
std::vector<Denmem> joined_denmems(const HicannConfig& config, Denmem d);

/// A neuron as the switches make it: the denmems of one membrane and the one whose comparator decides.
struct Compound {
    Denmem firing;
    std::vector<Denmem> denmems;        ///< ascending
};
/// All neurons of a chip, that is all membranes with a denmem that has activate_firing; ascending by their first denmem.
std::vector<Compound> compounds(const HicannConfig& config);

}   // namespace bss
