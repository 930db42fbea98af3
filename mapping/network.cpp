#include "network.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wafer/floating_gates.hpp"

namespace bss {

namespace {
using enum CellParameter::Range;

/// Defaults of PyNN 0.13's standard models.
const std::vector<CellParameter> if_cond_exp{
    {"cm", "nF", 1.0, positive},          {"tau_m", "ms", 20.0, positive},     {"tau_refrac", "ms", 0.1, not_negative},
    {"tau_syn_E", "ms", 5.0, positive},   {"tau_syn_I", "ms", 5.0, positive},  {"v_rest", "mV", -65.0, any},
    {"v_reset", "mV", -65.0, any},        {"v_thresh", "mV", -50.0, any},      {"e_rev_E", "mV", 0.0, any},
    {"e_rev_I", "mV", -70.0, any},        {"i_offset", "nA", 0.0, any},
};
const std::vector<CellParameter> eif_cond_exp_isfa_ista{
    {"cm", "nF", 0.281, positive},        {"tau_m", "ms", 9.3667, positive},   {"tau_refrac", "ms", 0.1, not_negative},
    {"tau_syn_E", "ms", 5.0, positive},   {"tau_syn_I", "ms", 5.0, positive},  {"v_rest", "mV", -70.6, any},
    {"v_reset", "mV", -70.6, any},        {"v_thresh", "mV", -50.4, any},      {"v_spike", "mV", -40.0, any},
    {"delta_T", "mV", 2.0, not_negative}, {"a", "nS", 4.0, any},               {"b", "nA", 0.0805, any},
    {"tau_w", "ms", 144.0, positive},     {"e_rev_E", "mV", 0.0, any},         {"e_rev_I", "mV", -80.0, any},
    {"i_offset", "nA", 0.0, any},
};
/// The floating gates of every denmem with cake's base values, V_reset of its block, and the capacitance that weights are counted on.
std::vector<CellParameter> hardware_neuron()
{
    std::vector<CellParameter> parameters;
    for (int p = 0; p < neuron_fg_count; ++p) {
        const FgCell& gate = bss::cell(static_cast<NeuronFg>(p));
        parameters.push_back({gate.name, "DAC", static_cast<double>(gate.base_dac), dac});
    }
    parameters.push_back({"V_reset", "DAC", static_cast<double>(bss::cell(SharedFg::V_reset).base_dac), dac});
    parameters.push_back({"cm", "nF", 1.0, positive});
    return parameters;
}
const std::vector<CellParameter> spike_source_array{};
const std::vector<CellParameter> spike_source_poisson{
    {"rate", "Hz", 1.0, not_negative}, {"start", "ms", 0.0, not_negative}, {"duration", "ms", 1e10, not_negative},
};
constexpr std::array<std::string_view, 5> names{"IF_cond_exp", "EIF_cond_exp_isfa_ista", "HardwareNeuron", "SpikeSourceArray", "SpikeSourcePoisson"};
}   // namespace

std::string_view name_of(CellType cell) { return names[static_cast<std::size_t>(cell)]; }

const std::vector<CellParameter>& parameters_of(CellType cell)
{
    switch (cell) {
        case CellType::IF_cond_exp: return if_cond_exp;
        case CellType::EIF_cond_exp_isfa_ista: return eif_cond_exp_isfa_ista;
        case CellType::HardwareNeuron: {
            static const std::vector<CellParameter> parameters = hardware_neuron();
            return parameters;
        }
        case CellType::SpikeSourceArray: return spike_source_array;
        case CellType::SpikeSourcePoisson: break;
    }
    return spike_source_poisson;
}

double default_initial_v(CellType cell) { return cell == CellType::IF_cond_exp ? -65.0 : -70.6; }

double value_of(const Population& population, std::string_view parameter, std::size_t neuron)
{
    const auto& known = parameters_of(population.cell);
    const auto at = std::find_if(known.begin(), known.end(), [&](const CellParameter& p) { return p.name == parameter; });
    if (at == known.end())
        throw std::invalid_argument(std::string(name_of(population.cell)) + " has no parameter " + std::string(parameter));
    const auto k = static_cast<std::size_t>(at - known.begin());
    return k < population.parameters.size() ? population.parameters[k][neuron] : at->standard;
}

std::uint64_t Network::neurons() const
{
    std::uint64_t sum = 0;
    for (const auto& p : populations)
        sum += is_source(p.cell) ? 0 : p.size;
    return sum;
}

std::uint64_t Network::sources() const
{
    std::uint64_t sum = 0;
    for (const auto& p : populations)
        sum += is_source(p.cell) ? p.size : 0;
    return sum;
}

std::uint64_t Network::synapses() const
{
    std::uint64_t sum = 0;
    for (const auto& p : projections)
        sum += p.size();
    return sum;
}

}   // namespace bss
