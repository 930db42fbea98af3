#include "membranes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "kernels/model/change.hpp"
#include "kernels/model/observables.hpp"
#include "kernels/model/parameters.hpp"
#include "simd.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss {

namespace {

/// Of the first-level cache, for a chunk of blocks.
constexpr int chunk_bytes = 32 * 1024;

Features features(const NeuronCircuit& neuron)
{
    Features f;
    for (const auto& c : neuron.denmems) {
        f.exponential |= c.exponential;
        f.adaptation |= model::adapts(c);
        f.limits |= model::limited(c);
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
        require(!model::adapts(c) || c.tau_w_s > 0, "a positive tau_w", c.tau_w_s);
        require(std::isfinite(c.e_leak_volt), "a finite E_l", c.e_leak_volt);
        require(std::isfinite(c.v_threshold_volt), "a finite threshold", c.v_threshold_volt);
        require(std::isfinite(c.v_reset_volt), "a finite V_reset", c.v_reset_volt);
        require(c.tau_refrac_s >= 0, "a refractory time of at least 0", c.tau_refrac_s);
    }
}

DenmemRows rows_of(const Features& has) { return denmem_rows(has.exponential, has.adaptation, has.limits); }

/// What is always a denmem's own, in its lane.
void fill_own(Row* d, int lane, const Features& has, const model::DenmemParameters& p)
{
    const DenmemRows rows = rows_of(has);
    for (std::size_t i = 0; i < 2 && !has.limits; ++i)
        d[rows.per_quantum[i]].of[lane] = p.per_quantum[i];
}

/// Its other parameters.
void fill_others(Row* d, int lane, const Features& has, const model::DenmemParameters& p)
{
    const DenmemRows rows = rows_of(has);
    const auto set = [&](int row, float value) { d[row].of[lane] = value; };
    set(rows.e_leak, p.e_leak);
    if (has.limits) {
        set(rows.leak_per_end, p.leak_per_end);
        set(rows.leak_strength, p.leak_strength);
    } else {
        set(rows.g_leak, p.g_leak);
    }
    for (std::size_t i = 0; i < 2; ++i) {
        if (has.limits) {
            set(rows.limit_share[i], p.limit_share[i]);
            set(rows.limit_scale[i], p.limit_scale[i]);
        }
        set(rows.decay[i], p.decay[i]);
        set(rows.e_rev[i], p.e_rev[i]);
    }
    if (has.exponential) {
        set(rows.slope, p.slope);
        set(rows.intercept, p.intercept);
    }
    if (has.adaptation) {
        set(rows.rate, p.rate);
        set(rows.gain, p.gain);
        set(rows.jump, p.jump);
    }
}

/// Blocks of a kind stand together.
struct BlockKind {
    int denmems = 1;                        ///< of each membrane
    Features features;
    std::optional<model::DenmemParameters> shared;  ///< what denmems need not have for themselves, where all of them have the same
    bool operator==(const BlockKind&) const = default;
};

struct Place {
    int group = 0, block = 0, lane = 0;
    double threshold_volt = 0;
    double scale = 1;                       ///< step / capacitance, s/F
    std::array<double, 2> quantum_siemens{};///< of its synaptic inputs
};

}   // namespace

struct Membranes::Data {
    explicit Data(std::pmr::memory_resource* memory) : rows(memory), rare(memory) {}

    MembraneSettings settings;
    Simd simd = choose_simd();
    std::vector<Place> places;              ///< [neuron]
    std::vector<BlockGroup> groups;
    std::pmr::vector<Row> rows;                  ///< of all blocks, and before each group's what its blocks share
    std::pmr::vector<RareRows> rare;             ///< [block]
    int accumulators = 0;                   ///< rows of them
    std::int64_t drawn = -1;                ///< group of steps that the noise words belong to

    const MembraneRows& membranes(const Place& place) const { return groups[static_cast<std::size_t>(place.group)].membranes(place.block); }
};

void check_circuits(std::span<const NeuronCircuit> neurons, const MembraneSettings& settings)
{
    if (!(settings.timestep_s > 0)) {
        throw InputError(fmt::format("timestep: expected more than 0 s, found {}", settings.timestep_s));
    }
    if (!(settings.quantum_siemens > 0)) {
        throw InputError(fmt::format("quantum of synaptic input: expected more than 0 S, found {}", settings.quantum_siemens));
    }
    for (std::size_t i = 0; i < neurons.size(); ++i)
        check(neurons[i], i);
}

Membranes::Membranes(std::span<const NeuronCircuit> neurons, const MembraneSettings& settings, std::pmr::memory_resource* memory) : data_(std::make_unique<Data>(memory))
{
    check_circuits(neurons, settings);
    auto& data = *data_;
    data.settings = settings;
    std::vector<std::tuple<std::size_t, Features, std::size_t>> order;
    for (std::size_t i = 0; i < neurons.size(); ++i)
        order.emplace_back(neurons[i].denmems.size(), features(neurons[i]), i);
    std::ranges::sort(order);

    std::vector<model::MembraneParameters> membranes(neurons.size());
    std::vector<std::array<double, 2>> quantum_siemens(neurons.size());
    const auto denmem_parameters = [&](std::size_t i, std::size_t k) {
        return model::denmem_parameters(neurons[i].denmems[k], membranes[i], settings.timestep_s, quantum_siemens[i]);
    };
    for (std::size_t i = 0; i < neurons.size(); ++i) {
        const auto& neuron = neurons[i];
        membranes[i] = model::membrane_parameters(neuron.denmems, static_cast<std::size_t>(neuron.firing), neuron.initial_volt, settings.timestep_s);
        for (std::size_t input = 0; input < 2; ++input)
            quantum_siemens[i][input] = model::own_or_chip_quantum(neuron.quantum_siemens[input], settings.quantum_siemens);
    }

    // Neurons of equal size fill blocks of 16; where two kinds share a block, it has the features of both.
    data.places.resize(neurons.size());
    std::vector<BlockKind> blocks;
    std::vector<int> block_of(neurons.size());
    int lane = lanes;
    for (const auto& [count, has, index] : order) {
        auto parameters = count == 1 && !has.limits ? std::optional(denmem_parameters(index, 0)) : std::nullopt;
        if (parameters)
            parameters->per_quantum = parameters->limit_share = parameters->limit_scale = {};   // per quantum, or not used
        if (lane == lanes || blocks.back().denmems != static_cast<int>(count)) {
            blocks.push_back({static_cast<int>(count), {}, parameters});
            lane = 0;
        }
        if (blocks.back().shared != parameters)
            blocks.back().shared.reset();
        Features& all = blocks.back().features;
        all = {all.exponential || has.exponential, all.adaptation || has.adaptation, all.limits || has.limits, all.noise || has.noise};
        block_of[index] = static_cast<int>(blocks.size()) - 1;
        data.places[index].lane = lane++;
    }
    std::size_t total_rows = 0;
    std::vector<std::pair<int, int>> in_group;              // [block] group, block within
    std::vector<BlockKind> kinds;                           // [group]
    static const Row somewhere{};                           // a group's rows are yet to come
    for (const BlockKind& kind : blocks) {
        if (kinds.empty() || kinds.back() != kind) {
            kinds.push_back(kind);
            const DenmemRows rows = rows_of(kind.features);
            const int rows_per_denmem = kind.shared ? rows.own : rows.count;
            data.groups.push_back({.features = kind.features, .denmems = kind.denmems, .first_row = data.accumulators, .shared = kind.shared ? &somewhere : nullptr,
                                   .rows_per_denmem = rows_per_denmem, .rows_per_block = membrane_rows + kind.denmems * rows_per_denmem});
            total_rows += kind.shared ? static_cast<std::size_t>(rows.count) : 0;
        }
        BlockGroup& group = data.groups.back();
        in_group.emplace_back(static_cast<int>(data.groups.size()) - 1, group.blocks++);
        data.accumulators += kind.denmems;
        total_rows += static_cast<std::size_t>(group.rows_per_block);
    }
    data.rows.resize(total_rows);
    data.rare.resize(blocks.size());
    Row* rows = data.rows.data();
    RareRows* rare = data.rare.data();
    for (std::size_t g = 0; g < data.groups.size(); ++g) {
        BlockGroup& group = data.groups[g];
        if (kinds[g].shared) {
            for (int l = 0; l < lanes; ++l)
                fill_others(rows, l, group.features, *kinds[g].shared);
            group.shared = rows;
            rows += rows_of(group.features).count;
        }
        group.rows = rows;
        group.rare = rare;
        group.chunk = std::clamp(chunk_bytes / (group.rows_per_block * static_cast<int>(sizeof(Row))), 2, 1024);
        group.chunk -= group.chunk % (group.chunk >= 4 ? 4 : 2);
        rows += static_cast<std::ptrdiff_t>(group.blocks) * group.rows_per_block;
        rare += group.blocks;
        // Nothing moves an unused lane: no conductance, and refractory for ever.
        for (int b = 0; b < group.blocks; ++b) {
            std::fill_n(group.membranes(b).v.of, lanes, -1.0f);
            std::fill_n(group.membranes(b).refractory.of, lanes, std::numeric_limits<float>::infinity());
            std::fill_n(group.rare[b].tau_refrac, lanes, std::numeric_limits<float>::infinity());
            for (int k = 0; k < group.denmems && !group.shared; ++k) {
                for (int l = 0; l < lanes; ++l) {
                    fill_others(group.denmem(b, k), l, group.features, {});
                }
            }
        }
    }

    for (std::size_t i = 0; i < neurons.size(); ++i) {
        const auto& neuron = neurons[i];
        auto& place = data.places[i];
        std::tie(place.group, place.block) = in_group[static_cast<std::size_t>(block_of[i])];
        place.quantum_siemens = quantum_siemens[i];
        const model::MembraneParameters& parameters = membranes[i];
        place.threshold_volt = parameters.threshold_volt;
        place.scale = parameters.scale;
        const BlockGroup& group = data.groups[static_cast<std::size_t>(place.group)];
        MembraneRows& m = group.membranes(place.block);
        m.v.of[place.lane] = parameters.v;
        m.refractory.of[place.lane] = 0;
        m.noise.of[place.lane] = parameters.noise;
        RareRows& r = group.rare[place.block];
        r.place[place.lane] = neuron.place;
        r.v_reset[place.lane] = parameters.v_reset;
        r.tau_refrac[place.lane] = parameters.tau_refrac;
        r.neuron[place.lane] = static_cast<std::uint32_t>(i);
        for (std::size_t k = 0; k < neuron.denmems.size(); ++k) {
            Row* const d = group.denmem(place.block, static_cast<int>(k));
            const model::DenmemParameters p = denmem_parameters(i, k);
            fill_own(d, place.lane, group.features, p);
            if (!group.shared)
                fill_others(d, place.lane, group.features, p);
        }
    }
}

Membranes::~Membranes() = default;
Membranes::Membranes(Membranes&&) noexcept = default;
Membranes& Membranes::operator=(Membranes&&) noexcept = default;

int Membranes::neurons() const { return static_cast<int>(data_->places.size()); }

int Membranes::slots() const { return data_->accumulators * lanes; }

int Membranes::slot(int neuron, int k) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    const BlockGroup& group = data_->groups[static_cast<std::size_t>(place.group)];
    return (group.first_row + place.block * group.denmems + k) * lanes + place.lane;
}

void Membranes::set_current(int neuron, double ampere)
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    BlockGroup& group = data_->groups[static_cast<std::size_t>(place.group)];
    group.current = true;
    group.rare[place.block].current[place.lane] = static_cast<float>(ampere * place.scale);
}

void Membranes::run(std::int64_t first, int steps, WindowInput& input, std::vector<MembraneSpike>& spikes, const Membranes* next)
{
    auto& data = *data_;
    const auto& settings = data.settings;
    // Every thread has its own, which grows to the longest window.
    thread_local std::vector<LaneSpike> crossings;
    std::uint32_t key[2];
    random_key(settings.trial, Purpose::membrane_noise, key);
    const char* const end = reinterpret_cast<const char*>(data.rows.data() + data.rows.size());
    for (const BlockGroup& group : data.groups) {
        const int block_bytes = group.rows_per_block * static_cast<int>(sizeof(Row)), chunk = group.chunk;
        if (const std::size_t room = std::size_t{4} * lanes * static_cast<std::size_t>(chunk * steps); crossings.size() < room) {
            crossings.resize(room);
        }
        for (int block = 0; block < group.blocks; block += chunk) {
            const int count = std::min(chunk, group.blocks - block);
            const char* wanted = reinterpret_cast<const char*>(&group.membranes(block + count));
            std::ptrdiff_t wanted_bytes = std::min<std::ptrdiff_t>(end - wanted, chunk * block_bytes);
            if (wanted == end && next != nullptr) {
                wanted = reinterpret_cast<const char*>(next->data_->rows.data());
                wanted_bytes = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(next->data_->rows.size() * sizeof(Row)), chunk * block_bytes);
            }
            const StepArguments arguments{&group, block, count, first, steps, first / model::steps_per_draw != data.drawn, {key[0], key[1]}, settings.wafer, settings.hicann,
                                          input.rows(), input.rows_of_input(), input.filled(), wanted, wanted_bytes, crossings.data()};
            const int found = data.simd.step(arguments);
            for (int i = 0; i < found; ++i) {
                const LaneSpike& spike = crossings[static_cast<std::size_t>(i)];
                spikes.push_back({spike.neuron, spike.fraction, first + spike.step});
            }
        }
    }
    data.drawn = (first + steps - 1) / model::steps_per_draw;
    input.pass(steps);
}

void Membranes::record(std::int64_t first, int steps, WindowInput& input, std::vector<MembraneSpike>& spikes, float* volt, std::ptrdiff_t stride)
{
    const auto& data = *data_;
    // Block by block as they lie, then neuron by neuron: one line of memory a step and block.
    const std::size_t blocks = data.rare.size();
    thread_local std::vector<Row> seen;             // [step][block]
    seen.resize(std::max(seen.size(), blocks * static_cast<std::size_t>(steps)));
    for (int step = 0; step < steps; ++step) {
        Row* to = seen.data() + static_cast<std::size_t>(step) * blocks;
        for (const BlockGroup& group : data.groups)
            for (int b = 0; b < group.blocks; ++b)
                *to++ = group.membranes(b).v;
        run(first + step, 1, input, spikes);
    }
    for (std::size_t n = 0; n < data.places.size(); ++n) {
        const Place& place = data.places[n];
        const float* v = seen[static_cast<std::size_t>(&data.groups[static_cast<std::size_t>(place.group)].rare[place.block] - data.rare.data())].of + place.lane;
        float* const to = volt + static_cast<std::ptrdiff_t>(n) * stride;
        for (int step = 0; step < steps; ++step)
            to[step] = model::volt(place.threshold_volt, v[static_cast<std::size_t>(step) * blocks * lanes]);
    }
}

float Membranes::v_volt(int neuron) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    return model::volt(place.threshold_volt, data_->membranes(place).v.of[place.lane]);
}

float Membranes::w_ampere(int neuron) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    const BlockGroup& group = data_->groups[static_cast<std::size_t>(place.group)];
    if (!group.features.adaptation) {
        return 0;
    }
    const DenmemRows rows = rows_of(group.features);
    const float lift = data_->membranes(place).lift.of[place.lane];
    double sum = 0;
    for (int k = 0; k < group.denmems; ++k) {
        const Row* d = group.denmem(place.block, k);
        const Row* p = group.parameters(place.block, k);
        sum += model::adaptation_part(d[rows.w].of[place.lane], p[rows.gain].of[place.lane], lift, d[rows.carry].of[place.lane]);
    }
    return static_cast<float>(sum / place.scale);
}

float Membranes::g_siemens(int neuron, int synaptic_input, std::span<const std::int32_t> arrived) const
{
    const Place& place = data_->places[static_cast<std::size_t>(neuron)];
    const BlockGroup& group = data_->groups[static_cast<std::size_t>(place.group)];
    const DenmemRows rows = rows_of(group.features);
    double quanta = 0;
    for (int k = 0; k < group.denmems; ++k) {
        quanta += static_cast<double>(group.denmem(place.block, k)[rows.g[synaptic_input]].of[place.lane]);
        if (!arrived.empty()) {
            quanta += arrived[static_cast<std::size_t>(slot(neuron, k))];
        }
    }
    return static_cast<float>(quanta * place.quantum_siemens[static_cast<std::size_t>(synaptic_input)]);
}

void Membranes::take_over(const Membranes& before)
{
    for (std::size_t n = 0; n < data_->places.size(); ++n) {
        const Place &old = before.data_->places[n], &now = data_->places[n];
        const BlockGroup &from = before.data_->groups[static_cast<std::size_t>(old.group)], &to = data_->groups[static_cast<std::size_t>(now.group)];
        const MembraneRows& m = from.membranes(old.block);
        MembraneRows& mine = to.membranes(now.block);
        const float v = m.v.of[old.lane], lift = m.lift.of[old.lane];
        mine.v.of[now.lane] = model::potential_under(v, old.threshold_volt, now.threshold_volt);
        mine.refractory.of[now.lane] = m.refractory.of[old.lane];
        mine.lift.of[now.lane] = lift;
        const DenmemRows was = denmem_rows(from.features.exponential, from.features.adaptation, from.features.limits);
        const DenmemRows is = denmem_rows(to.features.exponential, to.features.adaptation, to.features.limits);
        for (int k = 0; k < to.denmems; ++k) {
            const Row* d = from.denmem(old.block, k);
            Row* my = to.denmem(now.block, k);
            for (std::size_t input = 0; input < 2; ++input)
                my[is.g[input]].of[now.lane] = model::quanta_of(d[was.g[input]].of[old.lane], old.quantum_siemens[input], now.quantum_siemens[input]);
            const Row* const p = to.parameters(now.block, k);
            if (!to.features.adaptation || p[is.rate].of[now.lane] == 0)
                continue;
            model::Adaptation adaptation{.scale = old.scale};
            if (from.features.adaptation)
                adaptation = {old.scale, from.parameters(old.block, k)[was.gain].of[old.lane], d[was.w].of[old.lane], d[was.carry].of[old.lane]};
            adaptation = model::adaptation_under(adaptation, lift, now.scale, p[is.gain].of[now.lane]);
            my[is.w].of[now.lane] = adaptation.w;
            my[is.carry].of[now.lane] = adaptation.carry;
        }
    }
}

std::string_view Membranes::simd() const { return data_->simd.name; }

}   // namespace bss
