#include "membranes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "kernels/model/noise.hpp"
#include "kernels/model/observables.hpp"
#include "simd.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss {

namespace {

/// What a neuron needs of its block.
struct Features {
    bool exponential = false, adaptation = false, limits = false, noise = false;
    auto operator<=>(const Features&) const = default;
};

bool adapts(const DenmemCircuit& c) { return c.a_siemens != 0 || c.b_ampere != 0; }

Features features(const NeuronCircuit& neuron)
{
    Features f;
    for (const auto& c : neuron.denmems) {
        f.exponential |= c.exponential;
        f.adaptation |= adapts(c);
        f.limits |= std::isfinite(c.leak_linear_volt) || std::isfinite(c.synaptic_limit_siemens[0]) || std::isfinite(c.synaptic_limit_siemens[1]);
        f.noise |= c.noise_volt_per_sqrt_s != 0;
    }
    return f;
}

void check(const NeuronCircuit& neuron, std::size_t index)
{
    const auto require = [&](bool good, const char* what, double found) {
        if (!good) {
            throw InputError(fmt::format("neuron {} on the chip: expected {}, found {}", index, what, found));
        }
    };
    require(!neuron.denmems.empty(), "at least one denmem", 0);
    require(neuron.firing >= 0 && neuron.firing < static_cast<int>(neuron.denmems.size()), "a firing denmem of its own", neuron.firing);
    require(std::isfinite(neuron.initial_volt), "a finite initial potential", neuron.initial_volt);
    for (const auto& c : neuron.denmems) {
        require(c.capacitance_farad > 0, "a positive capacitance", c.capacitance_farad);
        require(c.g_leak_siemens >= 0, "a leak conductance of at least 0", c.g_leak_siemens);
        require(c.tau_syn_s[0] > 0, "a positive excitatory tau_syn", c.tau_syn_s[0]);
        require(c.tau_syn_s[1] > 0, "a positive inhibitory tau_syn", c.tau_syn_s[1]);
        require(!c.exponential || c.delta_t_volt > 0, "a positive delta_T", c.delta_t_volt);
        require(!adapts(c) || c.tau_w_s > 0, "a positive tau_w", c.tau_w_s);
        require(std::isfinite(c.e_leak_volt), "a finite E_l", c.e_leak_volt);
        require(std::isfinite(c.v_threshold_volt), "a finite threshold", c.v_threshold_volt);
        require(std::isfinite(c.v_reset_volt), "a finite V_reset", c.v_reset_volt);
        require(c.tau_refrac_s >= 0, "a refractory time of at least 0", c.tau_refrac_s);
    }
}

/// A circuit in the units of the model (model/neuron.hpp), in one lane.
/// @param scale       step / capacitance of the whole membrane: what makes conductances and currents of it
/// @param threshold   origin of the potentials, volts
/// @param quantum     of the two synaptic inputs, siemens
void fill(DenmemLanes& d, int lane, const DenmemCircuit& c, const MembraneSettings& settings, double scale, double threshold,
          const std::array<double, 2>& quantum)
{
    const auto set = [lane](float (&row)[lanes], double value) { row[lane] = static_cast<float>(value); };
    set(d.g_leak, c.g_leak_siemens * scale);
    set(d.e_leak, c.e_leak_volt - threshold);
    for (int i = 0; i < 2; ++i) {
        const double steps = settings.timestep_s / c.tau_syn_s[i];
        set(d.e_rev[i], c.e_rev_volt[i] - threshold);
        set(d.decay[i], std::exp(-steps));
        set(d.per_quantum[i], quantum[i] * scale * -std::expm1(-steps) / steps);
        const double limit = c.synaptic_limit_siemens[i] * scale;
        set(d.syn_curve[i], limit > 0 ? 1 / (4 * limit) : 0);       // an input that gives nothing ends at 0
        set(d.syn_end[i], 2 * limit);
    }
    set(d.leak_cubic, 4.0 / 27.0 / (c.leak_linear_volt * c.leak_linear_volt));
    set(d.leak_end, 1.5 * c.leak_linear_volt);
    const double slope = c.exponential ? std::numbers::log2e / c.delta_t_volt : 0;
    set(d.slope, slope);
    set(d.intercept, c.exponential ? std::log2(c.g_leak_siemens * c.delta_t_volt * scale) - (c.v_exp_volt - threshold) * slope
                                   : -std::numeric_limits<double>::infinity());
    if (adapts(c)) {
        const double rate = -std::expm1(-settings.timestep_s / c.tau_w_s);
        set(d.rate, rate);
        set(d.gain, c.a_siemens * scale * rate);
        set(d.jump, c.b_ampere * scale);
    }
}

/// Potentials of the model stand below the threshold; one that would not be is just below, and the membrane fires when it is free to.
float below_threshold(double relative_volt)
{
    return static_cast<float>(std::min(-1e-7, relative_volt));
}

/// Nothing moves an unused lane: no conductance, and refractory for ever.
void fill_unused(MembraneLanes& m, std::span<DenmemLanes> denmems, int lane)
{
    m.v[lane] = m.v_reset[lane] = -1;
    m.refractory[lane] = m.tau_refrac[lane] = std::numeric_limits<float>::infinity();
    for (auto& d : denmems) {
        d.intercept[lane] = -std::numeric_limits<float>::infinity();
        d.leak_end[lane] = d.syn_end[0][lane] = d.syn_end[1][lane] = std::numeric_limits<float>::infinity();
    }
}

struct Place {
    int block = 0, lane = 0;
    double threshold_volt = 0;
    double scale = 1;                       ///< step / capacitance, s/F
    std::array<double, 2> quantum_siemens{};///< of its synaptic inputs
};

}   // namespace

struct Membranes::Data {
    MembraneSettings settings;
    Simd simd = choose_simd();
    std::vector<Place> places;              ///< [neuron]
    std::vector<MembraneBlock> blocks;
    std::vector<int> first_denmem;          ///< [block] index into denmems
    std::vector<MembraneLanes> membranes;   ///< [block]
    std::vector<DenmemLanes> denmems;
    std::array<std::vector<QuantaLanes>, 2> input;
    bool pending = false;
    std::int64_t drawn = -1;                ///< group of steps that the noise words belong to
    std::vector<LaneSpike> spikes;

    const DenmemLanes& denmem(const Place& place, int k) const { return denmems[static_cast<std::size_t>(first_denmem[place.block] + k)]; }
};

Membranes::Membranes(std::span<const NeuronCircuit> neurons, const MembraneSettings& settings) : data_(std::make_unique<Data>())
{
    if (!(settings.timestep_s > 0)) {
        throw InputError(fmt::format("timestep: expected more than 0 s, found {}", settings.timestep_s));
    }
    if (!(settings.quantum_siemens > 0)) {
        throw InputError(fmt::format("quantum of synaptic input: expected more than 0 S, found {}", settings.quantum_siemens));
    }
    auto& data = *data_;
    data.settings = settings;
    std::vector<std::tuple<std::size_t, Features, std::size_t>> order;
    for (std::size_t i = 0; i < neurons.size(); ++i) {
        check(neurons[i], i);
        order.emplace_back(neurons[i].denmems.size(), features(neurons[i]), i);
    }
    std::ranges::sort(order);

    // Equally large neurons fill blocks of 16; those with equal features stand together.
    data.places.resize(neurons.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& [count, needs, index] = order[i];
        const int last_lane = i == 0 ? -1 : data.places[std::get<2>(order[i - 1])].lane;
        const bool full = i == 0 || data.blocks.back().count != static_cast<int>(count) || last_lane == lanes - 1;
        const int lane = full ? 0 : last_lane + 1;
        if (full) {
            data.first_denmem.push_back(data.blocks.empty() ? 0 : data.first_denmem.back() + data.blocks.back().count);
            data.blocks.push_back({.membranes = nullptr, .denmems = nullptr, .input = {}, .count = static_cast<int>(count),
                                   .exponential = false, .adaptation = false, .limits = false, .noise = false});
        }
        auto& block = data.blocks.back();
        block.exponential |= needs.exponential;
        block.adaptation |= needs.adaptation;
        block.limits |= needs.limits;
        block.noise |= needs.noise;
        data.places[index].block = static_cast<int>(data.blocks.size()) - 1;
        data.places[index].lane = lane;
    }
    const std::size_t rows = data.blocks.empty() ? 0 : static_cast<std::size_t>(data.first_denmem.back() + data.blocks.back().count);
    data.membranes.resize(data.blocks.size());
    data.denmems.resize(rows);
    data.input[0].resize(rows);
    data.input[1].resize(rows);
    data.spikes.resize(4 * lanes * data.blocks.size());
    for (std::size_t b = 0; b < data.blocks.size(); ++b) {
        auto& block = data.blocks[b];
        const auto first = static_cast<std::size_t>(data.first_denmem[b]);
        block.membranes = &data.membranes[b];
        block.denmems = &data.denmems[first];
        block.input[0] = &data.input[0][first];
        block.input[1] = &data.input[1][first];
        for (int lane = 0; lane < lanes; ++lane) {
            fill_unused(*block.membranes, {block.denmems, static_cast<std::size_t>(block.count)}, lane);
        }
    }

    for (std::size_t i = 0; i < neurons.size(); ++i) {
        const auto& neuron = neurons[i];
        const auto& firing = neuron.denmems[static_cast<std::size_t>(neuron.firing)];
        auto& place = data.places[i];
        double capacitance = 0, noise_squared = 0;
        for (const auto& c : neuron.denmems) {
            capacitance += c.capacitance_farad;
            noise_squared += std::pow(c.capacitance_farad * c.noise_volt_per_sqrt_s, 2);
        }
        place.threshold_volt = firing.v_threshold_volt;
        place.scale = settings.timestep_s / capacitance;
        for (std::size_t input = 0; input < 2; ++input)
            place.quantum_siemens[input] = neuron.quantum_siemens[input] > 0 ? neuron.quantum_siemens[input] : settings.quantum_siemens;
        auto& block = data.blocks[static_cast<std::size_t>(place.block)];
        auto& m = *block.membranes;
        const int lane = place.lane;
        m.v[lane] = below_threshold(neuron.initial_volt - place.threshold_volt);
        m.refractory[lane] = 0;
        m.noise[lane] = static_cast<float>(std::sqrt(noise_squared * settings.timestep_s) / capacitance / model::draw_deviation);
        m.place[lane] = neuron.place;
        m.v_reset[lane] = below_threshold(firing.v_reset_volt - place.threshold_volt);
        m.tau_refrac[lane] = static_cast<float>(firing.tau_refrac_s / settings.timestep_s);
        m.neuron[lane] = static_cast<std::uint32_t>(i);
        for (std::size_t k = 0; k < neuron.denmems.size(); ++k) {
            fill(block.denmems[k], lane, neuron.denmems[k], settings, place.scale, place.threshold_volt, place.quantum_siemens);
        }
    }
}

Membranes::~Membranes() = default;
Membranes::Membranes(Membranes&&) noexcept = default;
Membranes& Membranes::operator=(Membranes&&) noexcept = default;

int Membranes::neurons() const { return static_cast<int>(data_->places.size()); }

int Membranes::slots() const { return static_cast<int>(data_->denmems.size()) * lanes; }

int Membranes::slot(int neuron, int k) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    return (data_->first_denmem[static_cast<std::size_t>(place.block)] + k) * lanes + place.lane;
}

std::int32_t* Membranes::input(int synaptic_input)
{
    data_->pending = true;
    return reinterpret_cast<std::int32_t*>(data_->input[static_cast<std::size_t>(synaptic_input)].data());
}

void Membranes::set_current(int neuron, double ampere)
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    data_->membranes[static_cast<std::size_t>(place.block)].current[place.lane] = static_cast<float>(ampere * place.scale);
}

void Membranes::step(std::int64_t step, std::vector<MembraneSpike>& spikes)
{
    auto& data = *data_;
    const auto& settings = data.settings;
    const std::int64_t group = step / model::steps_per_draw;
    std::uint32_t key[2];
    random_key(settings.trial, Purpose::membrane_noise, key);
    const StepArguments arguments{data.blocks.data(), static_cast<int>(data.blocks.size()), step, data.pending, group != data.drawn, {key[0], key[1]},
                                  settings.wafer, settings.hicann, data.spikes.data()};
    const int count = data.simd.step(arguments);
    data.pending = false;
    data.drawn = group;
    for (int i = 0; i < count; ++i) {
        spikes.push_back({data.spikes[static_cast<std::size_t>(i)].neuron, data.spikes[static_cast<std::size_t>(i)].fraction});
    }
}

float Membranes::v_volt(int neuron) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    return model::volt(place.threshold_volt, data_->membranes[static_cast<std::size_t>(place.block)].v[place.lane]);
}

float Membranes::w_ampere(int neuron) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    const float lift = data_->membranes[static_cast<std::size_t>(place.block)].lift[place.lane];
    double sum = 0;
    for (int k = 0; k < data_->blocks[static_cast<std::size_t>(place.block)].count; ++k) {
        const auto& d = data_->denmem(place, k);
        sum += model::adaptation_part(d.w[place.lane], d.gain[place.lane], lift, d.carry[place.lane]);
    }
    return static_cast<float>(sum / place.scale);
}

float Membranes::g_siemens(int neuron, int synaptic_input) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    double sum = 0;
    const MembraneBlock& block = data_->blocks[static_cast<std::size_t>(place.block)];
    for (int k = 0; k < block.count; ++k) {
        const auto& d = data_->denmem(place, k);
        sum += model::quanta_in(d.g[synaptic_input][place.lane], d.per_quantum[synaptic_input][place.lane]);
        sum += static_cast<std::int32_t>(block.input[synaptic_input][k].of[place.lane]);                           // not yet in g
    }
    return static_cast<float>(sum * place.quantum_siemens[static_cast<std::size_t>(synaptic_input)]);
}

MembraneView Membranes::view(int neuron) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    const auto block = static_cast<std::size_t>(place.block);
    return {data_->blocks[block], place.lane, place.threshold_volt, place.scale, place.quantum_siemens};
}

std::string_view Membranes::simd() const { return data_->simd.name; }

}   // namespace bss
