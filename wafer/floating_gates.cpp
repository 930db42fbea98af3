#include "floating_gates.hpp"

namespace bss {
namespace {

// name, row in left / right blocks (hardware.md §6.2), base DAC: cake v4 base parameters in V * 1023/1.8 or I * 1023/2.5 µA;
// technical cells I_conv, I_intbb, V_syn, I_spikeamp, V_convoff as calibtic's constants (hardware.md §8).
constexpr std::array<FgCell, neuron_fg_count> neuron_cells{{
    {"E_l", 6, 16, 455}, {"E_syni", 18, 2, 341}, {"E_synx", 16, 0, 739}, {"V_t", 12, 14, 568}, {"V_exp", 20, 4, 1023},
    {"I_gl", 11, 21, 409}, {"I_gladapt", 9, 11, 0}, {"I_radapt", 15, 23, 1023}, {"I_fire", 7, 19, 0}, {"I_rexp", 23, 13, 1023},
    {"I_bexp", 1, 15, 1023}, {"I_pl", 13, 9, 818}, {"V_syntcx", 14, 12, 807}, {"V_syntci", 10, 8, 807}, {"V_synx", 22, 6, 511},
    {"V_syni", 8, 10, 511}, {"I_convx", 17, 3, 1023}, {"I_convi", 3, 1, 1023}, {"V_convoffx", 2, 20, 1023}, {"V_convoffi", 4, 18, 1023},
    {"I_intbbx", 19, 5, 511}, {"I_intbbi", 21, 7, 511}, {"I_spikeamp", 5, 17, 1023},
}};

// hardware.md §6.3; V_dllres 275 and V_ccas 800 as all public v4 runs force them; V_gmax 500 nA = DAC 205, the default synapse calibration (§3.5).
constexpr std::array<FgCell, shared_fg_count> shared_cells{{
    {"V_reset", 0, 0, 284}, {"int_op_bias", 1, 1, 1023}, {"V_dllres", 2, 2, 275}, {"V_bout", 3, -1, 307}, {"V_bexp", -1, 3, 1023},
    {"V_fac", 4, 4, 0}, {"I_breset", 5, 5, 1023}, {"V_dep", 6, 6, 0}, {"I_bstim", 7, 7, 1023}, {"V_thigh", 8, 8, 0},
    {"V_gmax0", 11, 11, 205}, {"V_gmax1", 13, 13, 205}, {"V_gmax2", 15, 15, 205}, {"V_gmax3", 9, 9, 205}, {"V_tlow", 10, 10, 0},
    {"V_clra", 12, -1, 0}, {"V_clrc", -1, 12, 0}, {"V_stdf", 14, 14, 0}, {"V_m", 16, 16, 0}, {"V_bstdf", 17, 17, 0},
    {"V_dtc", 19, 19, 0}, {"V_br", 21, 21, 0}, {"V_ccas", 23, 23, 800},
}};

}   // namespace

const FgCell& cell(NeuronFg parameter) { return neuron_cells[static_cast<int>(parameter)]; }
const FgCell& cell(SharedFg parameter) { return shared_cells[static_cast<int>(parameter)]; }

FloatingGates::FloatingGates()
{
    for (int p = 0; p < neuron_fg_count; ++p)
        for (auto& denmem : neuron)
            denmem[p] = neuron_cells[p].base_dac;
    for (int p = 0; p < shared_fg_count; ++p)
        for (auto& block : shared)
            block[p] = shared_cells[p].base_dac;
}

}   // namespace bss
