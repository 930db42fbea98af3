/// A network as the user asked for it: populations, projections, every synapse, in biological units (PyNN's).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bss {

/// HardwareNeuron: floating gates given directly (DAC), for hardware mode alone.
enum class CellType : std::uint8_t { IF_cond_exp, EIF_cond_exp_isfa_ista, HardwareNeuron, SpikeSourceArray, SpikeSourcePoisson };
constexpr bool is_source(CellType cell) { return cell >= CellType::SpikeSourceArray; }
std::string_view name_of(CellType cell);

/// A cell parameter by PyNN's name, its default and its range (docs/configuration.md).
struct CellParameter {
    std::string_view name, unit;
    double standard;                            ///< PyNN's default
    enum class Range { any, positive, not_negative, dac } range;
};
/// Numeric parameters of a cell type in a fixed order (spike_times is not one of them).
const std::vector<CellParameter>& parameters_of(CellType cell);

/// PyNN's default of v at time zero (mV), whatever v_rest is.
double default_initial_v(CellType cell);

/// One value for all, or one for each.
struct Values {
    std::vector<double> values{0.0};            ///< size 1, or one an element
    double operator[](std::size_t k) const { return values.size() == 1 ? values[0] : values[k]; }
    bool uniform() const { return values.size() == 1; }
};

/// A current into a neuron, as the waveform memory of a chip's stimulus holds it (hardware.md §2.5): PyNN's current sources.
struct CurrentWaveform {
    bool continuous = true;                     ///< starts anew after the last sample; otherwise nothing flows from then on
    std::uint8_t pulse_length = 15;             ///< 0 to 15: a sample lasts (pulse_length + 1) 4 PLL clocks
    std::array<double, 129> nanoampere{};
    bool operator==(const CurrentWaveform&) const = default;
};

struct Population {
    std::string name;
    std::uint32_t size = 0;
    CellType cell = CellType::IF_cond_exp;
    std::vector<Values> parameters;             ///< in the order of parameters_of(cell); mV, ms, nF, nA (a: nS), Hz
    Values initial_v;                           ///< mV
    bool initial_v_given = false;
    std::vector<std::vector<double>> spike_times;   ///< ms, ascending, one list a neuron; SpikeSourceArray only
    std::map<std::uint32_t, CurrentWaveform> currents;  ///< [neuron] beside i_offset; hardware mode only
    bool on_wafer = false;                      ///< SpikeSourcePoisson: from a background generator
};

/// A numeric parameter of one neuron by PyNN's name; its default where the population has none.
double value_of(const Population& population, std::string_view parameter, std::size_t neuron);

enum class Receptor : std::uint8_t { excitatory, inhibitory };

/// Tsodyks-Markram parameters (PyNN: U; ms).
struct ShortTermPlasticity {
    double U = 0.5, tau_rec_ms = 0, tau_facil_ms = 0;
};

/// Every synapse of one projection, sorted by (post, pre).
struct Projection {
    std::string label;                          ///< "pre -> post"
    std::uint32_t pre = 0, post = 0;            ///< populations
    Receptor receptor = Receptor::excitatory;
    std::vector<std::uint32_t> pre_neuron, post_neuron;     ///< one a synapse
    Values weight;                              ///< µS, at least 0
    Values delay_ms;
    bool delay_given = false;
    std::optional<ShortTermPlasticity> stp;
    std::size_t size() const { return pre_neuron.size(); }
};

struct Network {
    std::vector<Population> populations;
    std::vector<Projection> projections;
    std::uint64_t seed = 42;

    std::uint64_t neurons() const;              ///< without sources
    std::uint64_t sources() const;
    std::uint64_t synapses() const;
};

}   // namespace bss
