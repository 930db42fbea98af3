#include "ideal.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "cell_model.hpp"
#include "kernels/ideal.hpp"
#include "scale.hpp"
#include "sources.hpp"
#include "wafer/error.hpp"

namespace bss {
namespace {

constexpr bool big_capacitor = true;                // any would do: numbers near the chip's suit the neurons' arithmetic

TsodyksMarkram plasticity_of(const ShortTermPlasticity& stp, const Scale& scale)
{
    return {stp.U, scale.seconds(stp.tau_rec_ms), scale.seconds(stp.tau_facil_ms)};
}

IdealNeuron ideal_neuron(const Population& population, std::uint32_t n, const Scale& scale, double farad)
{
    constexpr double unlimited = std::numeric_limits<double>::infinity();
    const auto value = [&](std::string_view name) { return value_of(population, name, n); };
    const CellModel model = model_of(population, n);
    const double cm = value("cm") * 1e-9;
    IdealNeuron neuron{};
    DenmemCircuit& c = neuron.circuit;
    c.capacitance_farad = farad;
    c.g_leak_siemens = farad / scale.seconds(value("tau_m"));
    c.e_leak_volt = scale.volt(value("v_rest"));
    c.leak_linear_volt = unlimited;
    c.e_rev_volt = {scale.volt(value("e_rev_E")), scale.volt(value("e_rev_I"))};
    c.tau_syn_s = {scale.seconds(value("tau_syn_E")), scale.seconds(value("tau_syn_I"))};
    c.synaptic_limit_siemens = {unlimited, unlimited};
    c.exponential = model.exponential;
    if (model.exponential) {
        c.v_exp_volt = scale.volt(value("v_thresh"));
        c.delta_t_volt = value("delta_T") * scale.alpha_volt_per_mv;
    }
    c.v_threshold_volt = scale.volt(value(model.threshold));
    c.v_reset_volt = scale.volt(value("v_reset"));
    c.tau_refrac_s = scale.seconds(value("tau_refrac"));
    if (model.adaptive()) {
        c.a_siemens = scale.siemens(model.a_ns * 1e-9, farad, cm);
        c.b_ampere = scale.ampere(model.b_na * 1e-9, farad, cm);
        c.tau_w_s = scale.seconds(value("tau_w"));
    }
    neuron.initial_volt = scale.volt(population.initial_v[n]);
    neuron.current_ampere = scale.ampere(value("i_offset") * 1e-9, farad, cm);
    return neuron;
}

/// Lines of a network: a neuron's or source's synapses, apart where their plasticity differs.
struct LineTable {
    std::vector<IdealLine> lines;
    std::vector<std::size_t> first;                 ///< [projection] line of its first sender
    std::vector<std::size_t> stride;                ///< [projection] lines from one sender to the next
};

/// @param first_sender  [population] number of its first neuron, or id of its first source
LineTable lines_of(const Network& network, const Scale& scale, const std::vector<std::uint64_t>& first_sender)
{
    using Kind = std::optional<TsodyksMarkram>;
    LineTable table;
    table.first.resize(network.projections.size());
    table.stride.resize(network.projections.size());
    for (const bool sources : {false, true})        // lines ascend by (from_host, sender)
        for (std::uint32_t p = 0; p < network.populations.size(); ++p) {
            const Population& population = network.populations[p];
            if (is_source(population.cell) != sources)
                continue;
            std::vector<Kind> kinds;
            std::vector<std::pair<std::size_t, std::size_t>> projections;   // of this population, and their kinds
            for (std::size_t k = 0; k < network.projections.size(); ++k) {
                const Projection& projection = network.projections[k];
                if (projection.pre != p || projection.size() == 0)
                    continue;
                const Kind kind = projection.stp ? Kind(plasticity_of(*projection.stp, scale)) : std::nullopt;
                const auto found = std::find(kinds.begin(), kinds.end(), kind);
                projections.emplace_back(k, static_cast<std::size_t>(found - kinds.begin()));
                if (found == kinds.end())
                    kinds.push_back(kind);
            }
            for (const auto& [projection, kind] : projections) {
                table.first[projection] = table.lines.size() + kind;
                table.stride[projection] = kinds.size();
            }
            for (std::uint32_t n = 0; n < population.size; ++n)
                for (const Kind& kind : kinds)
                    table.lines.push_back({sources, first_sender[p] + n, kind, 0, 0});
        }
    return table;
}

}   // namespace

Mapping place_ideally(const Network& network, double speedup)
{
    for (const Population& population : network.populations)
        if (population.cell == CellType::HardwareNeuron)
            throw InputError(fmt::format("population {}: a {} is a piece of hardware, and run.mode is ideal", population.name, name_of(population.cell)));
    for (const Population& population : network.populations)
        if (!population.currents.empty())
            throw InputError(fmt::format("population {}: a waveform is one of a chip's stimulus, and run.mode is ideal", population.name));
    Mapping mapping;
    mapping.potentials = fit_potentials(network, std::nullopt);
    mapping.scale = make_scale(speedup, mapping.potentials);
    mapping.neuron_size = 1;
    mapping.big_capacitor = big_capacitor;
    mapping.placement.resize(network.populations.size());
    std::uint32_t next = 0;
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        for (std::uint32_t n = 0; n < network.populations[p].size && !is_source(network.populations[p].cell); ++n) {
            const NeuronPlace place = ideal_place(next++);
            mapping.placement[p].push_back({.id = n, .chip = place.chip, .denmem = static_cast<std::int16_t>(place.firing.value()), .size = 1,
                                            .merger = {}, .address = {}});
        }
    Machine none;
    none.speedup = speedup;
    write_stimulus(mapping, network, none);
    return mapping;
}

Program ideal_program(const Network& network, const Mapping& placed, const Technology& technology, const RunSettings& settings)
{
    const double farad = technology.capacitance_farad(big_capacitor);
    const Scale& scale = placed.scale;
    std::vector<IdealNeuron> neurons;
    neurons.reserve(network.neurons());
    std::vector<std::uint64_t> first_sender;
    std::vector<std::vector<double>> siemens;       // [population][neuron] for a weight of 1 µS
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        const Population& population = network.populations[p];
        first_sender.push_back(is_source(population.cell) ? placed.first_source[p] : neurons.size());
        auto& of_population = siemens.emplace_back();
        for (std::uint32_t n = 0; n < population.size && !is_source(population.cell); ++n) {
            neurons.push_back(ideal_neuron(population, n, scale, farad));
            of_population.push_back(scale.siemens(1e-6, farad, value_of(population, "cm", n) * 1e-9));
        }
    }
    LineTable table = lines_of(network, scale, first_sender);
    IdealFabric fabric = ideal_fabric(std::move(table.lines), [&](auto&& take) {
        for (std::size_t k = 0; k < network.projections.size(); ++k) {
            const Projection& projection = network.projections[k];
            const auto first_post = static_cast<std::uint32_t>(first_sender[projection.post]);
            const SynapticInput input = projection.receptor == Receptor::excitatory ? SynapticInput::excitatory : SynapticInput::inhibitory;
            try {
                for (std::size_t s = 0; s < projection.size(); ++s) {
                    const std::uint32_t post = projection.post_neuron[s];
                    take(table.first[k] + projection.pre_neuron[s] * table.stride[k],
                         IdealSynapse{first_post + post, static_cast<float>(projection.weight[s] * siemens[projection.post][post]),
                                      ideal_delay_steps(scale.seconds(projection.delay_ms[s]), settings.timestep_s), input});
                }
            } catch (const InputError& error) {
                throw InputError(fmt::format("projection \"{}\": {}", projection.label, error.what()));
            }
        }
    });
    return ideal_program(neurons, std::move(fabric), settings);
}

void keep_lost_synapses(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections)
{
    for (WaferConfig& wafer : mapping.wafers) {
        wafer.ideals.kept_synapses.clear();
        wafer.ideals.plasticities.clear();
    }
    if (imperfections.synapse_loss)
        return;
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        const Projection& projection = network.projections[k];
        const Population& pre = network.populations[projection.pre];
        const Population& post = network.populations[projection.post];
        for (std::size_t s = 0; s < projection.size(); ++s) {
            if (mapping.synapses[k][s].realised())
                continue;
            const PlacedNeuron& target = mapping.placement[projection.post][projection.post_neuron[s]];
            const double farad = target.size * machine.silicon[target.chip.wafer]->technology().capacitance_farad(mapping.big_capacitor);
            const double cm = value_of(post, "cm", projection.post_neuron[s]) * 1e-9;
            Ideals& ideals = mapping.wafers[target.chip.wafer].ideals;
            Ideals::KeptSynapse kept;
            kept.from_host = is_source(pre.cell);
            if (kept.from_host) {
                kept.source_id = mapping.stimulus.sources[mapping.first_source[projection.pre] + projection.pre_neuron[s]].id;
            } else {
                const PlacedNeuron& source = mapping.placement[projection.pre][projection.pre_neuron[s]];
                kept.source_chip = source.chip;
                kept.source_firing = Denmem(source.denmem);
            }
            kept.hicann = target.chip.hicann;
            kept.firing = Denmem(target.denmem);
            kept.input = projection.receptor == Receptor::excitatory ? SynapticInput::excitatory : SynapticInput::inhibitory;
            kept.siemens = static_cast<float>(mapping.scale.siemens(projection.weight[s] * 1e-6, farad, cm));
            if (projection.stp) {
                const TsodyksMarkram plasticity = plasticity_of(*projection.stp, mapping.scale);
                const auto found = std::find(ideals.plasticities.begin(), ideals.plasticities.end(), plasticity);
                kept.plasticity = static_cast<std::uint16_t>(found - ideals.plasticities.begin() + 1);
                if (found == ideals.plasticities.end())
                    ideals.plasticities.push_back(plasticity);
            }
            ideals.kept_synapses.push_back(kept);
        }
    }
}

}   // namespace bss
