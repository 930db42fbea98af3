#include "scale.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bss
{

Values values_of(const Population& population, std::string_view parameter)
{
    const auto& known = parameters_of(population.cell);
    for (std::size_t k = 0; k < known.size() && k < population.parameters.size(); ++k)
        if (known[k].name == parameter)
            return population.parameters[k];
    return {{value_of(population, parameter, 0)}};
}

MappingOptions::Potentials fit_potentials(const Network& network, const std::optional<MappingOptions::Potentials>& asked)
{
    if (asked)
        return *asked;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const auto widen = [&](const Values& values) {
        const auto [least, most] = std::minmax_element(values.values.begin(), values.values.end());
        low = std::min(low, *least);
        high = std::max(high, *most);
    };
    for (const Population& population : network.populations) {
        if (is_source(population.cell) || population.size == 0)
            continue;
        for (const CellParameter& parameter : parameters_of(population.cell))
            if (parameter.unit == "mV" && parameter.name != "delta_T")
                widen(values_of(population, parameter.name));
        if (population.initial_v_given)
            widen(population.initial_v);
    }
    if (low > high)
        return {-120.0, 60.0, 0.0, 1.8}; // no neurons: calibtic's default scale (hardware.md §7.2)
    if (high - low < 1.0)                // everything at one potential
        low -= 0.5, high += 0.5;
    return {low, high, 0.3, 1.4};
}

Scale make_scale(double speedup, const MappingOptions::Potentials& p)
{
    const double alpha = (p.hardware_high_v - p.hardware_low_v) / (p.biological_high_mv - p.biological_low_mv);
    return {speedup, alpha, p.hardware_low_v - alpha * p.biological_low_mv};
}

std::vector<double> siemens_per_microsiemens(const Population& population, const std::vector<NeuronSite>& sites, const Scale& scale, double denmem_farad)
{
    const Values cm = values_of(population, "cm");
    std::vector<double> result(sites.size());
    for (std::size_t n = 0; n < sites.size(); ++n)
        result[n] = scale.siemens(1e-6, sites[n].size * denmem_farad, cm[n] * 1e-9);
    return result;
}

namespace
{

std::uint64_t clipped_time_constants(const Network& network, const Technology& technology, const Scale& scale, OperatingMode mode)
{
    const Transfer transfer = technology.nominal(NeuronFg::I_gl, mode, false);
    std::uint64_t clipped = 0;
    for (const Population& population : network.populations) {
        if (is_source(population.cell) || population.cell == CellType::HardwareNeuron)
            continue;
        const Values tau_m = values_of(population, "tau_m");
        for (std::size_t n = 0; n < tau_m.values.size(); ++n) {
            const double dac = std::round(transfer.dac(scale.seconds(tau_m[n])));
            if (dac < transfer.dac_min || dac > transfer.dac_max)
                clipped += tau_m.uniform() ? population.size : 1;
        }
    }
    return clipped;
}

std::uint64_t clipped_weights(const Network& network, const Placement& placement, const Technology& technology, const Scale& scale, bool big_capacitor)
{
    const double largest = technology.synapse_conductance(15, dac_max, 2);
    std::uint64_t clipped = 0;
    std::vector<double> siemens;
    std::uint32_t prepared = std::numeric_limits<std::uint32_t>::max();
    for (const Projection& projection : network.projections) {
        if (projection.post != prepared) {
            siemens = siemens_per_microsiemens(network.populations[projection.post], placement.sites[projection.post], scale,
                                               technology.capacitance_farad(big_capacitor));
            prepared = projection.post;
        }
        for (std::size_t k = 0; k < projection.size(); ++k)
            clipped += projection.weight[k] * siemens[projection.post_neuron[k]] > largest;
    }
    return clipped;
}

} // namespace

OperatingMode choose_mode(const Network& network, const Placement& placement, const Technology& technology, const Scale& scale, const MappingOptions& options,
                          const Imperfections& imperfections)
{
    OperatingMode best;
    std::uint64_t fewest = std::numeric_limits<std::uint64_t>::max();
    for (const bool big : {true, false}) {
        if (options.big_capacitor.value_or(big) != big)
            continue;
        const std::uint64_t weights = imperfections.weight_quantisation ? clipped_weights(network, placement, technology, scale, big) : 0;
        for (const Gear leak : {Gear::normal, Gear::slow, Gear::fast}) {
            if (options.leak.value_or(leak) != leak)
                continue;
            const std::uint64_t clipped =
                weights + (imperfections.parameter_quantisation ? clipped_time_constants(network, technology, scale, {big, leak}) : 0);
            if (clipped < fewest) {
                fewest = clipped;
                best = {big, leak};
            }
        }
    }
    return best;
}

} // namespace bss
