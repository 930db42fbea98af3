#include "cli/parameter_checks.hpp"

namespace bss {

Unit unit_of(const CellParameter& parameter)
{
    for (const auto unit : {Unit::ms, Unit::mV, Unit::nA, Unit::nF, Unit::uS, Unit::nS, Unit::Hz})
        if (name_of(unit) == parameter.unit)
            return unit;
    return Unit::none;
}

Range range_of(const CellParameter& parameter)
{
    switch (parameter.range) {
        case CellParameter::Range::positive: return positive;
        case CellParameter::Range::not_negative: return not_negative;
        case CellParameter::Range::dac: return Range{0, dac_max};
        case CellParameter::Range::any: break;
    }
    return any_number;
}

std::string expects(const CellParameter& parameter) { return range_of(parameter).expects(unit_of(parameter)); }

std::string wrong_name(std::string_view name)
{
    if (!name.empty() && name.find('/') == std::string_view::npos && name != "." && name != "..")
        return {};
    return fmt::format("expected a name without \"/\" (it names a group in the result files), found \"{}\"", name);
}

WrongParameter wrong_reset(const Population& population)
{
    if (is_source(population.cell) || population.cell == CellType::HardwareNeuron)
        return {};
    const std::string_view limit = population.cell == CellType::IF_cond_exp ? "v_thresh" : "v_spike";
    const auto& table = parameters_of(population.cell);
    const auto values = [&](std::string_view name) -> const Values& {
        const auto found = std::find_if(table.begin(), table.end(), [&](const CellParameter& p) { return p.name == name; });
        return population.parameters[static_cast<std::size_t>(found - table.begin())];
    };
    const auto &low = values("v_reset"), &high = values(limit);
    for (std::size_t neuron = 0; neuron < std::max(low.values.size(), high.values.size()); ++neuron)
        if (!(low[neuron] < high[neuron]))
            return {"v_reset", fmt::format("expected v_reset < {}, found {} and {} mV (neuron {})", limit, low[neuron], high[neuron], neuron)};
    return {};
}

std::string wrong_on_wafer(const ShortTermPlasticity& stp)
{
    if (stp.tau_rec_ms == 0 || stp.tau_facil_ms == 0)
        return {};
    return fmt::format("expected tau_rec or tau_facil of 0 (a driver either depresses or facilitates), found {} and {} ms", stp.tau_rec_ms, stp.tau_facil_ms);
}

WrongParameter complete_recording(RecordRequest& request, const Population& population, double timestep_ms)
{
    if (is_source(population.cell))
        return {"population", fmt::format("expected a population of neurons, found {}, a {}", population.name, name_of(population.cell))};
    if (request.variable == Variable::w && population.cell == CellType::IF_cond_exp)
        return {"", fmt::format("{} has no w: its cell is {}", population.name, name_of(population.cell))};
    if (request.through == Through::adc && request.variable != Variable::v)
        return {"", "the ADC sees v only; use through: probe"};
    request.interval_steps = std::llround(request.interval_ms / timestep_ms);
    if (request.interval_steps < 1 || std::abs(static_cast<double>(request.interval_steps) * timestep_ms / request.interval_ms - 1) > 1e-6)
        return {"interval", fmt::format("expected a multiple of run.timestep ({} ms), found {} ms", timestep_ms, request.interval_ms)};
    return {};
}

}   // namespace bss
