/// From a network to a configured wafer, with an account of everything that was lost or changed on the way.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration/calibration.hpp"
#include "kernels/stimulus.hpp"
#include "network.hpp"
#include "wafer/defects.hpp"
#include "wafer/design_rules.hpp"
#include "wafer/silicon.hpp"
#include "wafer/wafer_config.hpp"

namespace bss {

/// The wafers at hand. Vectors run over the wafers of the run.
struct Machine {
    std::vector<std::shared_ptr<const Silicon>> silicon;
    std::vector<Defects> defects;                               ///< derived() already applied
    std::vector<std::shared_ptr<const Calibration>> calibration;
    std::vector<Chip> chips;                                    ///< those that may be used, ascending
    double speedup = 1000;                                      ///< circuit time = biological time / speedup
};

struct PlaceRequest {
    std::uint32_t population = 0;
    std::uint32_t first = 0, last = 0;                          ///< neurons, both ends included
    std::vector<Chip> chips;
    int size = 0;                                               ///< denmems a neuron; 0: MappingOptions::neuron_size
};

enum class NetForming { automatic, one_per_population };

/// The keys mapping.* (docs/configuration.md).
struct MappingOptions {
    int neuron_size = 8;                                        ///< denmems; 0: chosen by the number of inputs
    struct Potentials {
        double biological_low_mv, biological_high_mv, hardware_low_v, hardware_high_v;
    };
    std::optional<Potentials> potentials;                       ///< nothing: fitted
    std::optional<bool> big_capacitor;                          ///< nothing: whichever has more in range
    std::optional<Gear> leak;
    int driver_chain_length = 3;
    int crossbar_limit = 1;
    int synapse_switch_limit = 1;
    NetForming nets = NetForming::automatic;
    std::uint64_t seed = 1;
    std::vector<PlaceRequest> place;
    bool list_synapses = false;
    double timestep_s = 0;                                      ///< hardware seconds; for the delay_below_timestep warning
};

/// Where a neuron went: a row of /placement (docs/file-formats.md). For a source: an entry point, denmem -1.
struct PlacedNeuron {
    std::uint32_t id = 0;                                       ///< within its population
    Chip chip;
    std::int16_t denmem = -1;                                   ///< its first; also the firing one
    std::uint8_t size = 0;                                      ///< denmems
    DncMerger merger;
    L1Address address;
    bool connected = false;                                     ///< false: sends to nobody, merger and address mean nothing
};

/// Why a biological synapse has no hardware synapse.
enum class LossCause : std::uint8_t { l1_routing, drivers, chain_length, synapses, defects, source_entry };
inline constexpr std::array<std::string_view, 6> loss_cause_names{"l1_routing", "drivers", "chain_length", "synapses", "defects", "source_entry"};

/// Where a synapse went, parallel to Projection's arrays.
struct RealisedSynapse {
    Chip chip;
    std::uint16_t row = 0xffff;                                 ///< 0xffff: lost
    std::uint8_t column = 0;
    LossCause cause = LossCause::l1_routing;                    ///< if lost
    bool realised() const { return row != 0xffff; }
};

struct Warning {
    std::string code, message;
    std::uint64_t count = 0;
};

/// What was asked for and what the hardware was told, for one parameter of one population (biological units).
struct RealisedParameter {
    std::string name;                                           ///< PyNN's
    std::vector<double> values;                                 ///< one a neuron, after rounding and clipping (expected by the calibration)
    std::uint64_t clipped = 0;
};


/// How biological and hardware units meet; the one place for it (hardware.md §7.2).
struct Scale {
    double speedup = 1000, alpha_volt_per_mv = 0.01, shift_volt = 1.2;
    double volt(double mv) const { return alpha_volt_per_mv * mv + shift_volt; }
    double mv(double volt_) const { return (volt_ - shift_volt) / alpha_volt_per_mv; }
    double seconds(double ms) const { return ms * 1e-3 / speedup; }
    double ms(double seconds_) const { return seconds_ * speedup * 1e3; }
    /// nS or µS stay what they are: siemens_hw for siemens_bio, on a neuron of capacitance c_hw (F) standing for c_bio (F)
    double siemens(double siemens_bio, double c_hw, double c_bio) const { return siemens_bio * speedup * c_hw / c_bio; }
    double ampere(double ampere_bio, double c_hw, double c_bio) const { return ampere_bio * speedup * (alpha_volt_per_mv * 1e3) * c_hw / c_bio; }
};

/// Short-term plasticity of a projection as the calibration expects it: means over its synapses.
struct RealisedPlasticity {
    double U = 0, tau_ms = 0;
    double sigma_U = 0, sigma_tau = 0;                          ///< relative standard deviations, write error included; 0: unknown
    std::uint64_t clipped = 0;                                  ///< synapses that are off by more than 10 %
};

struct ProjectionAccount {
    std::uint64_t requested = 0, realised = 0, lost = 0, clipped_weights = 0;
    std::array<std::uint64_t, loss_cause_names.size()> lost_by_cause{};
    std::optional<RealisedPlasticity> plasticity;               ///< of plastic synapses
};

/// The result of a mapping: the configuration, and how it relates to the network.
struct Mapping {
    std::vector<WaferConfig> wafers;
    std::vector<std::vector<PlacedNeuron>> placement;           ///< [population][row], ascending by id
    std::vector<std::vector<PlacedNeuron>> relays;              ///< [population of neurons][row], ascending by id: where its spikes enter other wafers; denmem -1
    Stimulus stimulus;                                          ///< sources in the order of population, id
    std::vector<std::uint32_t> first_source;                    ///< [population] index of its first source in stimulus
    std::vector<std::vector<RealisedSynapse>> synapses;         ///< [projection][synapse]
    std::vector<std::vector<float>> realised_weight;            ///< [projection][synapse] µS expected by the calibration; NaN: lost
    std::vector<std::vector<RealisedParameter>> parameters;     ///< [population]
    Scale scale;

    std::vector<ProjectionAccount> account;                     ///< [projection]
    std::uint64_t clipped_parameters = 0, clipped_weights = 0;
    std::vector<Warning> warnings;
    std::vector<Violation> violations;
    bool rebuilt_from_bits = false;
    int neuron_size = 8;
    bool big_capacitor = true;
    Gear leak = Gear::normal;
    MappingOptions::Potentials potentials{};
    std::uint64_t drivers_used = 0, denmems_used = 0;
    double seconds = 0;
};

/// The whole pipeline; deterministic in its arguments at any number of threads.
/// @throws InputError naming the population that does not fit, or what the hardware cannot do
Mapping map(const Network& network, const Machine& machine, const MappingOptions& options, const Imperfections& imperfections);

}   // namespace bss
