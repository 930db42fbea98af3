#include "network_reader_parts.hpp"

#include <algorithm>
#include <cmath>

#include "cli/parameter_checks.hpp"
#include "mapping/sonata.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

constexpr std::array cells{CellType::IF_cond_exp, CellType::EIF_cond_exp_isfa_ista, CellType::SpikeSourceArray, CellType::SpikeSourcePoisson};
/// Draws for one population hold this many neurons at most; beyond, no wafer has room anyway.
constexpr std::uint32_t most_drawn = 10'000'000;

/// One value a neuron, checked once drawn.
std::optional<Values> read_parameter(const Yaml& node, const std::string& path, Unit unit, const Range& range, std::uint32_t size, const NetworkSpec& network,
                                     std::uint32_t index, Mistakes& mistakes)
{
    const auto spec = read_values(node, path, unit, range, mistakes);
    if (!spec)
        return std::nullopt;
    if (!std::holds_alternative<double>(*spec) && !std::holds_alternative<std::vector<double>>(*spec) && size > most_drawn) {
        mistakes.add(node, path, fmt::format("expected one value for a population of more than {} neurons, found a distribution", most_drawn));
        return std::nullopt;
    }
    try {
        auto values = draw_parameter(*spec, size, network.seed, static_cast<std::uint32_t>(network.populations.size()), index);
        for (std::size_t neuron = 0; neuron < values.values.size(); ++neuron)
            if (!range.contains(values.values[neuron])) {
                mistakes.add(
                    node, path,
                    fmt::format("expected {}, found {} drawn for neuron {}; normal_clipped has bounds", range.expects(unit), values.values[neuron], neuron));
                return std::nullopt;
            }
        return values;
    } catch (const InputError& error) {
        mistakes.add(node, path, error.what());
        return std::nullopt;
    }
}

// ---- populations -----------------------------------------------------------------------------------------------------

std::optional<std::vector<double>> read_train(const Yaml& list, const std::string& path, Mistakes& mistakes)
{
    std::vector<double> times;
    times.reserve(list.items.size());
    for (const auto& item : list.items) {
        const auto time = read_quantity(item, path, Unit::ms, not_negative, mistakes);
        if (!time)
            return std::nullopt;
        if (!times.empty() && *time < times.back()) {
            mistakes.add(item, path, fmt::format("expected ascending times, found {} after {}", *time, times.back()));
            return std::nullopt;
        }
        times.push_back(*time);
    }
    return times;
}

/// A list for all neurons, a list for each, or a SONATA spike file.
void read_spike_times(const Yaml& node, const std::string& path, Population& population, Mistakes& mistakes)
{
    if (node.is(Yaml::Kind::scalar)) {
        try {
            population.spike_times = read_spike_file(located(node, node.text), population.name, population.size);
        } catch (const InputError& error) {
            mistakes.add(node, path, error.what());
        }
        return;
    }
    if (!node.is(Yaml::Kind::list)) {
        mistakes.expected(node, path, "a list of times (ms), a list for each neuron, or a SONATA spike file");
        return;
    }
    if (node.items.empty() || !node.items.front().is(Yaml::Kind::list)) {
        if (auto train = read_train(node, path, mistakes))
            population.spike_times.assign(population.size, std::move(*train));
        return;
    }
    if (node.items.size() != population.size) {
        mistakes.add(node, path, fmt::format("expected {} lists, one a neuron, found {}", population.size, node.items.size()));
        return;
    }
    for (const auto& item : node.items) {
        if (!item.is(Yaml::Kind::list)) {
            mistakes.expected(item, path, "a list of times (ms) for each neuron");
            return;
        }
        auto train = read_train(item, path, mistakes);
        if (!train)
            return;
        population.spike_times.push_back(std::move(*train));
    }
}

void check_reset(const Yaml& node, const std::string& path, const Population& population, Mistakes& mistakes)
{
    const auto [name, what] = wrong_reset(population);
    if (what.empty())
        return;
    const auto* at = node.find(name);
    mistakes.add(at ? *at : node, at ? below(path, name) : path, what);
}

void read_parameters(const Yaml& node, const std::string& path, Population& population, const NetworkSpec& network, Mistakes& mistakes)
{
    const auto& table = parameters_of(population.cell);
    std::vector<std::string> known;
    for (const auto& parameter : table)
        known.emplace_back(parameter.name);
    if (population.cell == CellType::SpikeSourceArray)
        known.emplace_back("spike_times");
    if (population.cell == CellType::SpikeSourcePoisson)
        known.emplace_back("on_wafer");
    for (const auto& parameter : table)
        population.parameters.push_back({{parameter.standard}});
    population.spike_times.clear();
    const auto before = mistakes.count();
    if (check_map(node, path, known, mistakes)) {
        for (std::uint32_t k = 0; k < table.size(); ++k)
            if (const auto* value = node.find(table[k].name))
                if (auto values =
                        read_parameter(*value, below(path, table[k].name), unit_of(table[k]), range_of(table[k]), population.size, network, k, mistakes))
                    population.parameters[k] = std::move(*values);
        if (population.cell == CellType::SpikeSourceArray)
            if (const auto* times = node.find("spike_times"))
                read_spike_times(*times, below(path, "spike_times"), population, mistakes);
    }
    if (population.cell == CellType::SpikeSourceArray)
        population.spike_times.resize(population.size);
    if (mistakes.count() == before)
        check_reset(node, path, population, mistakes);
}

void read_initial(const Yaml* node, const std::string& path, Population& population, const NetworkSpec& network, Mistakes& mistakes)
{
    if (is_source(population.cell)) {
        if (node)
            mistakes.add(*node, path, "a source has no initial values");
        return;
    }
    population.initial_v = {{default_initial_v(population.cell)}};
    if (!node || !check_map(*node, path, {"v"}, mistakes))
        return;
    constexpr std::uint32_t address = 1000;     // beyond the parameters
    if (const auto* v = node->find("v"))
        if (auto values = read_parameter(*v, below(path, "v"), Unit::mV, any_number, population.size, network, address, mistakes)) {
            population.initial_v = std::move(*values);
            population.initial_v_given = true;
        }
}

void read_one_population(const Yaml& key, const Yaml& node, const std::string& path, NetworkSpec& network, Mistakes& mistakes)
{
    Population population;
    population.name = key.text;
    population.size = 1;
    if (const std::string wrong = wrong_name(key.text); !wrong.empty())
        mistakes.add(key, path, wrong);
    static const std::vector<std::string> known{"size", "cell", "parameters", "initial", "on_wafer"};
    if (node.is(Yaml::Kind::null)) {
        mistakes.add(key, path, "expected a map with size and cell, found nothing");
    } else if (check_map(node, path, known, mistakes)) {
        bool good = true;
        if (const auto* size = node.find("size")) {
            const auto value = read_whole(*size, below(path, "size"), 1, largest_population, mistakes);
            good = value.has_value();
            population.size = static_cast<std::uint32_t>(value.value_or(1));
        } else {
            mistakes.missing(key, path, "size", "a size");
            good = false;
        }
        if (const auto* cell = node.find("cell")) {
            std::vector<std::string> names;
            for (const auto c : cells)
                names.emplace_back(name_of(c));
            const auto value = read_word(*cell, below(path, "cell"), names, mistakes);
            good = good && value;
            population.cell = cells[value.value_or(0)];
        } else {
            mistakes.missing(key, path, "cell", "a cell");
            good = false;
        }
        const Yaml none;
        const auto* parameters = node.find("parameters");
        if (const auto* where = node.find("on_wafer") ? node.find("on_wafer") : parameters ? parameters->find("on_wafer") : nullptr) {
            const auto value = boolean(*where);
            if (good && population.cell != CellType::SpikeSourcePoisson)
                mistakes.add(*where, below(path, "on_wafer"), "only a SpikeSourcePoisson can be on the wafer");
            else if (!value)
                mistakes.expected(*where, below(path, "on_wafer"), "true or false");
            else
                population.on_wafer = *value;
        }
        if (good) {                             // a mistake in size or cell makes all others doubtful
            read_parameters(parameters ? *parameters : none, below(path, "parameters"), population, network, mistakes);
            read_initial(node.find("initial"), below(path, "initial"), population, network, mistakes);
        }
    }
    network.populations.push_back(std::move(population));
}

}   // namespace

PopulationNames::PopulationNames(const std::vector<Population>& populations)
{
    for (std::uint32_t k = 0; k < populations.size(); ++k)
        indices_.emplace(populations[k].name, k);
}

std::optional<std::uint32_t> PopulationNames::read(const Yaml& node, const std::string& path, Mistakes& mistakes) const
{
    if (const auto found = node.is(Yaml::Kind::scalar) ? indices_.find(node.text) : indices_.end(); found != indices_.end())
        return found->second;
    std::vector<std::string> names;
    for (const auto& [name, index] : indices_)
        names.push_back(name);
    const auto near = node.is(Yaml::Kind::scalar) ? closest(node.text, names) : "";
    mistakes.add(node, path,
                 fmt::format("expected the name of a population, found {}{}", node.shown(), near.empty() ? "" : fmt::format("; did you mean {}?", near)));
    return std::nullopt;
}

NetworkSpec read_network(const Yaml& node, const std::string& path, Mistakes& mistakes)
{
    NetworkSpec network;
    if (!node.is(Yaml::Kind::map)) {
        mistakes.expected(node, path, "a network (a map with populations, projections, seed) or the name of its file");
        return network;
    }
    check_map(node, path, {"populations", "projections", "seed"}, mistakes);
    if (const auto* seed = node.find("seed"))
        network.seed = read_whole(*seed, below(path, "seed"), 0, std::numeric_limits<std::uint64_t>::max(), mistakes).value_or(network.seed);
    const auto* populations = node.find("populations");
    if (!populations || !populations->is(Yaml::Kind::map) || populations->items.empty()) {
        const auto& at = populations && !populations->is(Yaml::Kind::null) ? *populations : node;
        mistakes.add(at, below(path, "populations"),
                     fmt::format("expected a map of at least one population, found {}", populations ? populations->shown() : "nothing"));
        return network;
    }
    for (std::size_t k = 0; k < populations->items.size(); k += 2)
        read_one_population(populations->items[k], populations->items[k + 1], fmt::format("{}.populations.{}", path, populations->items[k].text), network,
                            mistakes);
    if (const auto* projections = node.find("projections"); projections && !projections->is(Yaml::Kind::null)) {
        double synapses = 0;
        if (!projections->is(Yaml::Kind::list))
            mistakes.expected(*projections, below(path, "projections"), "a list of projections");
        const PopulationNames names(network.populations);
        for (std::size_t k = 0; projections->is(Yaml::Kind::list) && k < projections->items.size(); ++k)
            read_projection(projections->items[k], fmt::format("{}.projections.{}", path, k), names, network, synapses, mistakes);
    }
    return network;
}

}   // namespace bss
