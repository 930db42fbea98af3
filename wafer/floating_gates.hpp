/// Analogue parameter memory of a HICANN: names, places and values of its floating gates (hardware.md §6).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "coordinates.hpp"

namespace bss {

inline constexpr double dac_max = 1023.0;

/// Parameters that every denmem has (hardware.md §6.2).
enum class NeuronFg : std::uint8_t {
    E_l, E_syni, E_synx, V_t, V_exp, I_gl, I_gladapt, I_radapt, I_fire, I_rexp, I_bexp, I_pl, V_syntcx, V_syntci,
    V_synx, V_syni, I_convx, I_convi, V_convoffx, V_convoffi, I_intbbx, I_intbbi, I_spikeamp
};
inline constexpr int neuron_fg_count = 23;

/// Parameters shared by a block (hardware.md §6.3). V_gmax0-3, V_bout, V_bexp, V_dtc, V_br, V_bstdf and V_ccas are current cells in spite of their names.
enum class SharedFg : std::uint8_t {
    V_reset, int_op_bias, V_dllres, V_bout, V_bexp, V_fac, I_breset, V_dep, I_bstim, V_thigh, V_gmax0, V_gmax1, V_gmax2, V_gmax3,
    V_tlow, V_clra, V_clrc, V_stdf, V_m, V_bstdf, V_dtc, V_br, V_ccas
};
inline constexpr int shared_fg_count = 23;

/// Where a parameter is stored and what it holds when nobody asks for anything. Row -1: the block side has no such cell.
struct FgCell {
    std::string_view name;
    std::int8_t row_left, row_right;
    std::int16_t base_dac;          ///< cake v4 base parameters (hardware.md §6.2-6.3), technical values as of calibtic
    /// Odd rows hold currents (2.5 µA full scale), even rows voltages (1.8 V full scale).
    constexpr bool current() const { return (row_left >= 0 ? row_left : row_right) % 2 == 1; }
};
const FgCell& cell(NeuronFg parameter);
const FgCell& cell(SharedFg parameter);

/// DAC values of one HICANN. Real numbers: integers 0..1023 unless parameter quantisation is switched off (design rule F1).
struct FloatingGates {
    std::array<std::array<double, neuron_fg_count>, Denmem::count> neuron;      ///< [denmem][NeuronFg]
    std::array<std::array<double, shared_fg_count>, FgBlock::count> shared;     ///< [block][SharedFg]
    /// Only while parameter quantisation is off: V_reset of each denmem for itself, DAC; empty otherwise.
    std::vector<double> own_v_reset;

    FloatingGates();                                                            ///< base values
    double& at(Denmem d, NeuronFg p) { return neuron[d.value()][static_cast<int>(p)]; }
    double at(Denmem d, NeuronFg p) const { return neuron[d.value()][static_cast<int>(p)]; }
    double& at(FgBlock b, SharedFg p) { return shared[b.value()][static_cast<int>(p)]; }
    double at(FgBlock b, SharedFg p) const { return shared[b.value()][static_cast<int>(p)]; }
    /// V_reset that acts on a denmem: its own one if there is one, else its shared block's.
    double v_reset(Denmem d) const { return own_v_reset.empty() ? at(d.shared_fg_block(), SharedFg::V_reset) : own_v_reset[d.value()]; }
    bool operator==(const FloatingGates&) const = default;
};

}   // namespace bss
