#include "pybindings/network.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "cli/network_reader.hpp"
#include "cli/parameter_checks.hpp"
#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

namespace bss::python {
namespace {

/// "population E: tau_m: expected a time > 0 (ms), found -1 (neuron 2)"
[[noreturn]] void refuse(std::string_view kind, std::string_view which, std::string_view where, std::string_view what)
{
    throw InputError(fmt::format("{} {}: {}{}{}", kind, which, where, where.empty() ? "" : ": ", what));
}

void check_count(const Values& values, std::size_t wanted, const std::string& population, std::string_view name)
{
    if (!values.uniform() && values.values.size() != wanted)
        refuse("population", population, name, fmt::format("expected one value, or {} values, one a neuron, found {}", wanted, values.values.size()));
}

void check_range(const Values& values, Unit unit, const Range& range, const std::string& population, std::string_view name)
{
    for (std::size_t k = 0; k < values.values.size(); ++k)
        if (!range.contains(values.values[k]))
            refuse("population", population, name,
                   fmt::format("expected {}, found {}{}", range.expects(unit), values.values[k], values.uniform() ? "" : fmt::format(" (neuron {})", k)));
}

/// Puts values into those of a population of `size`: for all, or one a member.
void put(Values& target, const Values& values, std::size_t size, const std::vector<std::uint32_t>& members)
{
    if (members.empty()) {
        target = values;
        return;
    }
    if (target.uniform())
        target.values.assign(size, target.values[0]);
    for (std::size_t k = 0; k < members.size(); ++k)
        target.values[members[k]] = values[k];
}

void check_members(const std::vector<std::uint32_t>& members, const Population& population)
{
    for (const std::uint32_t member : members)
        if (member >= population.size)
            refuse("population", population.name, "", fmt::format("expected neurons below {}, found {}", population.size, member));
}

void check_train(const std::vector<double>& train, const std::string& population)
{
    double last = 0;
    for (const double time : train) {
        if (!not_negative.contains(time))
            refuse("population", population, "spike_times", fmt::format("expected {}, found {}", not_negative.expects(Unit::ms), time));
        if (time < last)
            refuse("population", population, "spike_times", fmt::format("expected ascending (sorted) times, found {} after {}", time, last));
        last = time;
    }
}

/// Where each neuron of a population stands within an end, if it does.
std::vector<std::uint32_t> places_of(const End& end, std::uint32_t population, std::uint32_t size)
{
    std::vector<std::uint32_t> places(size, 0xffffffff);
    std::uint32_t first = 0;
    for (const Piece& piece : end.pieces) {
        for (std::uint32_t k = 0; k < piece.size && piece.population == population; ++k)
            places[piece.neuron(k)] = first + k;
        first += piece.size;
    }
    return places;
}

/// [post] the index of the same neuron among the sources, 0xffffffff where it is none of them; empty where ends share no neuron.
std::vector<std::uint32_t> same_neurons(const End& pre, const End& post, const std::vector<Population>& populations)
{
    std::vector<std::uint32_t> same(post.size(), 0xffffffff);
    bool any = false;
    std::uint32_t first = 0;
    for (const Piece& piece : post.pieces) {
        const auto places = places_of(pre, piece.population, populations[piece.population].size);
        for (std::uint32_t k = 0; k < piece.size; ++k) {
            same[first + k] = places[piece.neuron(k)];
            any = any || same[first + k] != 0xffffffff;
        }
        first += piece.size;
    }
    if (!any)
        same.clear();
    return same;
}

bool allows_self_connections(const NativeConnector& connector)
{
    if (const auto* by_pair = std::get_if<ByPair>(&connector))
        return by_pair->allow_self_connections;
    return std::visit(
        [](const auto& c) {
            if constexpr (requires { c.allow_self_connections; })
                return c.allow_self_connections;
            else
                return true;
        },
        std::get<Connector>(connector));
}

/// Draws every pair by its probability; a thread takes a target.
ConnectionList draw_pairs(const ByPair& connector, std::uint32_t pre_size, std::uint32_t post_size, std::uint64_t seed, std::uint32_t index,
                          std::string_view label)
{
    ConnectionList list;
    constexpr std::size_t pairs_at_a_time = 4'000'000;
    const auto block = static_cast<std::uint32_t>(std::max<std::size_t>(1, pairs_at_a_time / std::max(pre_size, 1u)));
    for (std::uint32_t first = 0; first < post_size; first += std::min(block, post_size - first)) {
        const std::uint32_t targets = std::min(block, post_size - first);
        const std::vector<double> probability = connector.probability(first, first + targets);
        if (probability.size() != std::size_t{targets} * pre_size)
            refuse("projection", label, "probability", fmt::format("expected {} x {} values, found {}", targets, pre_size, probability.size()));
        if (std::any_of(probability.begin(), probability.end(), [](double p) { return std::isnan(p); }))
            refuse("projection", label, "probability", "expected numbers, found nan");
        std::vector<std::vector<std::uint32_t>> sources(targets);
        parallel_for(targets, [&](std::size_t t) {
            for (std::uint32_t pre = 0; pre < pre_size; ++pre)
                if (random_uniform(seed, Purpose::connectivity, index, first + static_cast<std::uint32_t>(t), pre, 0) <= probability[t * pre_size + pre])
                    sources[t].push_back(pre);
        });
        for (std::uint32_t t = 0; t < targets; ++t) {
            list.pre.insert(list.pre.end(), sources[t].begin(), sources[t].end());
            list.post.insert(list.post.end(), sources[t].size(), first + t);
        }
    }
    return list;
}

void reorder(Values& values, const std::vector<std::uint64_t>& order)
{
    if (values.uniform() || values.values.empty())
        return;
    std::vector<double> sorted(order.size());
    for (std::size_t k = 0; k < order.size(); ++k)
        sorted[k] = values.values[order[k]];
    values.values = std::move(sorted);
}

void reorder(std::vector<std::uint32_t>& values, const std::vector<std::uint64_t>& order)
{
    std::vector<std::uint32_t> sorted(order.size());
    for (std::size_t k = 0; k < order.size(); ++k)
        sorted[k] = values[order[k]];
    values = std::move(sorted);
}

ValueSpec as_spec(const Values& values) { return values.uniform() ? ValueSpec(values.values[0]) : ValueSpec(values.values); }

void check_plasticity(const Plasticity& plasticity, std::size_t synapses, std::string_view label)
{
    const auto check = [&](const Values& values, std::string_view name, Unit unit, const Range& range) {
        if (!values.uniform() && values.values.size() != synapses)
            refuse("projection", label, name, fmt::format("expected one value, or {} values, one a synapse, found {}", synapses, values.values.size()));
        for (const double value : values.values)
            if (!range.contains(value))
                refuse("projection", label, name, fmt::format("expected {}, found {}", range.expects(unit), value));
    };
    check(plasticity.U, "U", Unit::none, Range{0, 1});
    check(plasticity.tau_rec_ms, "tau_rec", Unit::ms, not_negative);
    check(plasticity.tau_facil_ms, "tau_facil", Unit::ms, not_negative);
}

}   // namespace

std::uint32_t End::size() const
{
    return std::accumulate(pieces.begin(), pieces.end(), std::uint32_t{0}, [](std::uint32_t sum, const Piece& piece) { return sum + piece.size; });
}

// ---- populations -----------------------------------------------------------------------------------------------------

std::uint32_t NetworkBuilder::add_population(Population population)
{
    population.parameters.clear();
    for (const CellParameter& parameter : parameters_of(population.cell))
        population.parameters.push_back({{parameter.standard}});
    if (!is_source(population.cell) && !population.initial_v_given)
        population.initial_v = {{default_initial_v(population.cell)}};
    if (population.cell == CellType::SpikeSourceArray)
        population.spike_times.resize(population.size);
    return adopt_population(std::move(population));
}

std::uint32_t NetworkBuilder::adopt_population(Population population)
{
    if (const std::string wrong = wrong_name(population.name); !wrong.empty())
        throw InputError(fmt::format("population: {}", wrong));
    for (const Population& other : network_.populations)
        if (other.name == population.name)
            throw InputError(fmt::format("population {}: expected a name that is not taken yet", population.name));
    network_.populations.push_back(std::move(population));
    ++versions_.shape;
    return static_cast<std::uint32_t>(network_.populations.size() - 1);
}

const Population& NetworkBuilder::population(std::uint32_t index) const
{
    if (index >= network_.populations.size())
        throw InputError(fmt::format("expected a population below {}, found {}", network_.populations.size(), index));
    return network_.populations[index];
}

void NetworkBuilder::set_parameters(std::uint32_t index, const std::map<std::string, Values>& parameters, const std::vector<std::uint32_t>& members)
{
    Population& population = population_at(index);
    check_members(members, population);
    const auto& table = parameters_of(population.cell);
    std::vector<Values> changed = population.parameters;
    for (const auto& [name, values] : parameters) {
        const auto known = std::find_if(table.begin(), table.end(), [&](const CellParameter& p) { return p.name == name; });
        if (known == table.end()) {
            std::vector<std::string> names;
            for (const CellParameter& parameter : table)
                names.emplace_back(parameter.name);
            const std::string near = closest(name, names);
            refuse("population", population.name, name,
                   near.empty() ? fmt::format("no parameter of {}, which has {}", name_of(population.cell), fmt::join(names, ", "))
                                : fmt::format("no parameter of {}, did you mean {}?", name_of(population.cell), near));
        }
        check_count(values, members.empty() ? population.size : members.size(), population.name, name);
        check_range(values, unit_of(*known), range_of(*known), population.name, name);
        put(changed[static_cast<std::size_t>(known - table.begin())], values, population.size, members);
    }
    std::swap(population.parameters, changed);
    if (const auto [name, what] = wrong_reset(population); !what.empty()) {
        std::swap(population.parameters, changed);
        refuse("population", population.name, name, what);
    }
    ++(is_source(population.cell) ? versions_.trains : versions_.parameters);
}

void NetworkBuilder::set_initial_v(std::uint32_t index, const Values& initial_v, const std::vector<std::uint32_t>& members)
{
    Population& population = population_at(index);
    check_members(members, population);
    if (is_source(population.cell))
        refuse("population", population.name, "initial_v", "a source has no initial values");
    check_count(initial_v, members.empty() ? population.size : members.size(), population.name, "initial_v");
    check_range(initial_v, Unit::mV, any_number, population.name, "initial_v");
    put(population.initial_v, initial_v, population.size, members);
    population.initial_v_given = true;
    ++versions_.initial;
}

void NetworkBuilder::set_current(std::uint32_t index, const std::optional<CurrentWaveform>& current, const std::vector<std::uint32_t>& members)
{
    Population& population = population_at(index);
    check_members(members, population);
    if (is_source(population.cell))
        refuse("population", population.name, "current", "a source has no membrane");
    if (current && current->pulse_length > 15)
        refuse("population", population.name, "pulse_length", whole_expects(0, 15));
    if (current && !std::all_of(current->nanoampere.begin(), current->nanoampere.end(), [](double value) { return std::isfinite(value); }))
        refuse("population", population.name, "current", "expected finite numbers");
    for (std::uint32_t k = 0, count = members.empty() ? population.size : static_cast<std::uint32_t>(members.size()); k < count; ++k) {
        const std::uint32_t neuron = members.empty() ? k : members[k];
        if (current)
            population.currents.insert_or_assign(neuron, *current);
        else
            population.currents.erase(neuron);
    }
    ++versions_.parameters;
}

void NetworkBuilder::set_spike_times(std::uint32_t index, const std::vector<std::vector<double>>& trains, const std::vector<std::uint32_t>& members)
{
    Population& population = population_at(index);
    check_members(members, population);
    if (population.cell != CellType::SpikeSourceArray)
        refuse("population", population.name, "spike_times", fmt::format("only a SpikeSourceArray has them, this is a {}", name_of(population.cell)));
    const std::size_t wanted = members.empty() ? population.size : members.size();
    if (trains.size() != 1 && trains.size() != wanted)
        refuse("population", population.name, "spike_times", fmt::format("expected times for all, or {} lists, found {}", wanted, trains.size()));
    for (const auto& train : trains)
        check_train(train, population.name);
    for (std::size_t k = 0; k < wanted; ++k)
        population.spike_times[members.empty() ? k : members[k]] = trains[trains.size() == 1 ? 0 : k];
    ++versions_.trains;
}

// ---- projections -----------------------------------------------------------------------------------------------------

const NetworkBuilder::Joined& NetworkBuilder::at(std::uint32_t projection) const
{
    if (projection >= joined_.size())
        throw InputError(fmt::format("expected a projection below {}, found {}", joined_.size(), projection));
    return joined_[projection];
}

const Joint& NetworkBuilder::joint(std::uint32_t projection) const { return at(projection).joint; }

const Projection& NetworkBuilder::synapses(std::uint32_t projection) const
{
    const Joined& joined = at(projection);
    return joined.local ? *joined.local : network_.projections[joined.parts[0].projection];
}

const std::vector<NetworkBuilder::Part>& NetworkBuilder::parts(std::uint32_t projection) const { return at(projection).parts; }

void NetworkBuilder::check(const Joint& joint) const
{
    for (const End* end : {&joint.pre, &joint.post})
        for (const Piece& piece : end->pieces) {
            if (piece.population >= network_.populations.size())
                refuse("projection", joint.label, "", fmt::format("expected populations below {}, found {}", network_.populations.size(), piece.population));
            check_members(piece.members, network_.populations[piece.population]);
        }
    for (const Piece& piece : joint.post.pieces)
        if (const Population& target = network_.populations[piece.population]; is_source(target.cell))
            refuse("projection", joint.label, "post",
                   fmt::format("expected a population of neurons, found {}, a {}, which receives no synapses", target.name, name_of(target.cell)));
}

std::uint32_t NetworkBuilder::connect(Joint joint, const NativeConnector& connector, const ValueSpec& weight, const std::optional<ValueSpec>& delay_ms,
                                      std::optional<std::uint64_t> seed)
{
    check(joint);
    const auto index = static_cast<std::uint32_t>(joined_.size());
    const std::uint64_t key = seed.value_or(network_.seed);
    const auto name_of_end = [&](const End& end) {
        return end.pieces.size() == 1 ? network_.populations[end.pieces[0].population].name : std::string("the assembly");
    };
    std::vector<Population> ends{{.name = name_of_end(joint.pre), .size = joint.pre.size()}, {.name = name_of_end(joint.post), .size = joint.post.size()}};
    const bool equal = joint.pre == joint.post;
    ProjectionSpec spec{
        .label = joint.label, .pre = 0, .post = equal ? 0u : 1u, .receptor = joint.receptor, .connector = {}, .weight = weight, .delay_ms = 0.0, .stp = {}};
    spec.delay_given = delay_ms.has_value();
    if (delay_ms)
        spec.delay_ms = *delay_ms;

    const bool no_self = !allows_self_connections(connector);
    std::vector<std::uint32_t> same;
    if (no_self && !equal)
        same = same_neurons(joint.pre, joint.post, network_.populations);
    if (const auto* by_pair = std::get_if<ByPair>(&connector)) {
        spec.connector = draw_pairs(*by_pair, joint.pre.size(), joint.post.size(), key, index, joint.label);
        if (no_self && equal) {
            same.resize(joint.post.size());
            std::iota(same.begin(), same.end(), 0u);
        }
    } else {
        spec.connector = std::get<Connector>(connector);
    }
    if (!same.empty()) {   // ends that overlap: what connects a neuron with itself is taken out again
        if (std::holds_alternative<FixedNumberPre>(spec.connector) || std::holds_alternative<FixedNumberPost>(spec.connector) ||
            std::holds_alternative<FixedTotalNumber>(spec.connector))
            refuse("projection", joint.label, "allow_self_connections", "expected ends that are equal or share no neuron, for a fixed number of connections");
        ConnectionList all;
        if (auto* list = std::get_if<ConnectionList>(&spec.connector)) {
            all = std::move(*list);
        } else {
            ProjectionSpec bare = spec;
            bare.weight = bare.delay_ms = 0.0;
            Projection made = expand(bare, ends, key, index);
            all = {std::move(made.pre_neuron), std::move(made.post_neuron), {}, {}};
        }
        ConnectionList kept;
        for (std::size_t k = 0; k < all.pre.size(); ++k)
            if (same[all.post[k]] != all.pre[k]) {
                kept.pre.push_back(all.pre[k]);
                kept.post.push_back(all.post[k]);
            }
        spec.connector = std::move(kept);
    }
    return add(std::move(joint), expand(spec, ends, key, index));
}

std::uint32_t NetworkBuilder::add_projection(Joint joint, std::vector<std::uint32_t> pre, std::vector<std::uint32_t> post, Values weight,
                                             std::optional<Values> delay_ms)
{
    check(joint);
    if (pre.size() != post.size())
        refuse("projection", joint.label, "", fmt::format("expected as many pre as post indices, found {} and {}", pre.size(), post.size()));
    bool sorted = true;
    for (std::size_t k = 1; k < pre.size() && sorted; ++k)
        sorted = std::pair(post[k - 1], pre[k - 1]) <= std::pair(post[k], pre[k]);
    if (!sorted) {
        std::vector<std::uint64_t> order(pre.size());
        std::iota(order.begin(), order.end(), std::uint64_t{0});
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return std::pair(post[a], pre[a]) < std::pair(post[b], pre[b]); });
        reorder(pre, order);
        reorder(post, order);
        if (weight.values.size() == order.size())
            reorder(weight, order);
        if (delay_ms && delay_ms->values.size() == order.size())
            reorder(*delay_ms, order);
        if (joint.plasticity)
            for (Values* values : {&joint.plasticity->U, &joint.plasticity->tau_rec_ms, &joint.plasticity->tau_facil_ms})
                if (values->values.size() == order.size())
                    reorder(*values, order);
    }
    std::vector<Population> ends{{.name = "pre", .size = joint.pre.size()}, {.name = "post", .size = joint.post.size()}};
    ProjectionSpec spec{.label = joint.label,
                        .pre = 0,
                        .post = 1,
                        .receptor = joint.receptor,
                        .connector = ConnectionList{std::move(pre), std::move(post), {}, {}},
                        .weight = as_spec(weight),
                        .delay_ms = delay_ms ? as_spec(*delay_ms) : ValueSpec(0.0),
                        .stp = {}};
    spec.delay_given = delay_ms.has_value();
    return add(std::move(joint), expand(spec, ends, network_.seed, static_cast<std::uint32_t>(joined_.size())));
}

std::uint32_t NetworkBuilder::add(Joint joint, Projection local)
{
    if (joint.plasticity)
        check_plasticity(*joint.plasticity, local.size(), joint.label);
    if (static_cast<double>(network_.synapses()) + static_cast<double>(local.size()) > most_synapses)
        refuse("projection", joint.label, "",
               fmt::format("expected a network of at most {:.0f} synapses, found {} so far", most_synapses, network_.synapses() + local.size()));
    Joined joined{std::move(joint), std::move(local), {}};
    split(joined);
    joined_.push_back(std::move(joined));
    ++versions_.shape;
    return static_cast<std::uint32_t>(joined_.size() - 1);
}

/// Makes the parts that the mapping sees: one for each pair of pieces and each plasticity.
void NetworkBuilder::split(Joined& joined)
{
    const Joint& joint = joined.joint;
    const auto take = [&](Projection part, std::vector<std::uint64_t> places) {
        part.label = joint.label;
        part.receptor = joint.receptor;
        joined.parts.push_back({static_cast<std::uint32_t>(network_.projections.size()), std::move(places)});
        network_.projections.push_back(std::move(part));
    };
    const bool one_plasticity = !joint.plasticity || joint.plasticity->uniform();
    if (joint.pre.whole() && joint.post.whole() && one_plasticity) {
        Projection part = std::move(*joined.local);
        joined.local.reset();
        part.pre = joint.pre.pieces[0].population;
        part.post = joint.post.pieces[0].population;
        if (joint.plasticity)
            part.stp = joint.plasticity->of(0);
        take(std::move(part), {});
        return;
    }
    const Projection& local = *joined.local;
    const auto piece_of = [](const End& end) {   // [index within the end] piece, neuron of its population
        std::vector<std::pair<std::uint32_t, std::uint32_t>> table;
        for (std::uint32_t p = 0; p < end.pieces.size(); ++p)
            for (std::uint32_t k = 0; k < end.pieces[p].size; ++k)
                table.emplace_back(p, end.pieces[p].neuron(k));
        return table;
    };
    const auto pre = piece_of(joint.pre), post = piece_of(joint.post);
    std::vector<ShortTermPlasticity> kinds;
    const auto same = [](const ShortTermPlasticity& a, const ShortTermPlasticity& b) {
        return a.U == b.U && a.tau_rec_ms == b.tau_rec_ms && a.tau_facil_ms == b.tau_facil_ms;
    };
    std::map<std::array<std::uint32_t, 3>, std::vector<std::uint64_t>> parts;   // (pre piece, post piece, kind) -> places
    for (std::size_t k = 0; k < local.size(); ++k) {
        std::uint32_t kind = 0;
        if (joint.plasticity) {
            const ShortTermPlasticity wanted = joint.plasticity->of(k);
            const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& other) { return same(other, wanted); });
            kind = static_cast<std::uint32_t>(found - kinds.begin());
            if (found == kinds.end())
                kinds.push_back(wanted);
        }
        parts[{pre[local.pre_neuron[k]].first, post[local.post_neuron[k]].first, kind}].push_back(k);
    }
    for (auto& [key, places] : parts) {
        const auto ends_at = [&](std::uint64_t k) { return std::pair(post[local.post_neuron[k]].second, pre[local.pre_neuron[k]].second); };
        std::stable_sort(places.begin(), places.end(), [&](auto a, auto b) { return ends_at(a) < ends_at(b); });
        Projection part;
        part.pre = joint.pre.pieces[key[0]].population;
        part.post = joint.post.pieces[key[1]].population;
        part.delay_given = local.delay_given;
        if (joint.plasticity)
            part.stp = kinds[key[2]];
        const auto pick = [&](const Values& values) {
            Values picked = values;
            reorder(picked, places);
            return picked;
        };
        for (const std::uint64_t k : places) {
            const auto [target, source] = ends_at(k);
            part.pre_neuron.push_back(source);
            part.post_neuron.push_back(target);
        }
        part.weight = pick(local.weight);
        part.delay_ms = pick(local.delay_ms);
        take(std::move(part), std::move(places));
    }
}

void NetworkBuilder::set_values(std::uint32_t index, Values Projection::*values, const ValueSpec& spec, const std::vector<std::uint64_t>& places,
                                SynapseColumn column)
{
    Joined& joined = at(index);
    Projection& all = joined.local ? *joined.local : network_.projections[joined.parts[0].projection];
    const std::uint32_t post_size = joined.joint.post.size();
    if (places.empty()) {
        all.*values = draw_synapses(spec, all, post_size, network_.seed, index, column);
    } else {
        std::vector<double> changed = (all.*values).values;
        if (changed.size() != all.size())
            changed.assign(all.size(), (all.*values)[0]);
        const auto* list = std::get_if<std::vector<double>>(&spec);
        const auto* one = std::get_if<double>(&spec);
        if (!one && (!list || list->size() != places.size()))
            refuse("projection", joined.joint.label, "", fmt::format("expected one value, or {} values, one a synapse", places.size()));
        for (std::size_t k = 0; k < places.size(); ++k) {
            if (places[k] >= all.size())
                refuse("projection", joined.joint.label, "", fmt::format("expected synapses below {}, found {}", all.size(), places[k]));
            changed[places[k]] = one ? *one : (*list)[k];
        }
        all.*values = draw_synapses(std::move(changed), all, post_size, network_.seed, index, column);
    }
    if (joined.local)
        for (const Part& part : joined.parts) {
            Values picked = all.*values;
            reorder(picked, part.places);
            network_.projections[part.projection].*values = std::move(picked);
        }
}

void NetworkBuilder::set_weights(std::uint32_t projection, const ValueSpec& weight, const std::vector<std::uint64_t>& places)
{
    set_values(projection, &Projection::weight, weight, places, SynapseColumn::weight);
    ++versions_.weights;
}

void NetworkBuilder::set_delays(std::uint32_t projection, const ValueSpec& delay_ms, const std::vector<std::uint64_t>& places)
{
    set_values(projection, &Projection::delay_ms, delay_ms, places, SynapseColumn::delay);
    Joined& joined = at(projection);
    if (joined.local)
        joined.local->delay_given = true;
    for (const Part& part : joined.parts)
        network_.projections[part.projection].delay_given = true;
    ++versions_.delays;
}

void NetworkBuilder::set_plasticity(std::uint32_t index, Plasticity plasticity)
{
    Joined& joined = at(index);
    const Projection& all = synapses(index);
    if (!joined.joint.plasticity)
        refuse("projection", joined.joint.label, "stp", "its synapses have no short-term plasticity");
    check_plasticity(plasticity, all.size(), joined.joint.label);
    if (plasticity.uniform() && joined.joint.plasticity->uniform()) {
        for (const Part& part : joined.parts)
            network_.projections[part.projection].stp = plasticity.of(0);
        joined.joint.plasticity = std::move(plasticity);
        ++versions_.weights;
        return;
    }
    if (!joined.local)
        joined.local = network_.projections[joined.parts[0].projection];
    joined.joint.plasticity = std::move(plasticity);
    for (const Part& part : joined.parts)   // parts count from the first: the others go on, this one's are empty
        network_.projections[part.projection] = {
            .label = joined.joint.label, .pre = network_.projections[part.projection].pre, .post = network_.projections[part.projection].post};
    joined.parts.clear();
    split(joined);
    ++versions_.shape;
}

std::optional<double> NetworkBuilder::smallest_delay_ms() const
{
    std::optional<double> smallest;
    for (const Projection& projection : network_.projections)
        if (projection.delay_given && projection.size() > 0) {
            const double least = *std::min_element(projection.delay_ms.values.begin(), projection.delay_ms.values.end());
            smallest = smallest ? std::min(*smallest, least) : least;
        }
    return smallest;
}

void NetworkBuilder::set_default_delay(double delay_ms)
{
    for (Projection& projection : network_.projections)
        if (!projection.delay_given)
            projection.delay_ms = {{delay_ms}};
}

}   // namespace bss::python
