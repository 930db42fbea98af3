#include "network_reader_parts.hpp"

#include <algorithm>

#include "mapping/sonata.hpp"
#include "wafer/error.hpp"

namespace bss {

namespace {

/// Arguments of a connector, by PyNN's names.
struct Arguments {
    const Yaml& node;
    const std::string& path;
    Mistakes& mistakes;

    bool flag(std::string_view name, bool standard) const
    {
        const auto* value = node.find(name);
        if (!value)
            return standard;
        const auto flag = boolean(*value);
        if (!flag)
            mistakes.expected(*value, below(path, name), "true or false");
        return flag.value_or(standard);
    }
    std::uint64_t n() const
    {
        if (const auto* value = node.find("n"))
            return read_whole(*value, below(path, "n"), 0, static_cast<std::uint64_t>(most_synapses), mistakes).value_or(0);
        mistakes.missing(node, path, "n", "n");
        return 0;
    }
    const Yaml* needed(std::string_view name) const
    {
        const auto* value = node.find(name);
        if (!value)
            mistakes.missing(node, path, name, name);
        return value;
    }
};

/// Rows of [pre, post, weight, delay]; the columns after the first two may be others by `column_names`.
ConnectionList read_list(const Arguments& arguments, std::uint32_t pre_size, std::uint32_t post_size)
{
    ConnectionList list;
    auto& mistakes = arguments.mistakes;
    const auto path = below(arguments.path, "conn_list");
    const auto* rows = arguments.needed("conn_list");
    if (!rows)
        return list;
    if (!rows->is(Yaml::Kind::list)) {
        mistakes.expected(*rows, path, "a list of [pre, post, weight, delay]");
        return list;
    }
    static const std::vector<std::string> columns{"weight", "delay"};
    std::vector<std::size_t> order{0, 1};
    if (const auto* names = arguments.node.find("column_names")) {
        order.clear();
        for (const auto& name : names->items)
            if (const auto k = read_word(name, below(arguments.path, "column_names"), columns, mistakes))
                order.push_back(*k);
    }
    const std::size_t width = rows->items.empty() ? 2 : rows->items.front().items.size();
    for (const auto& row : rows->items) {
        if (!row.is(Yaml::Kind::list) || row.items.size() < 2 || row.items.size() > 2 + order.size() || row.items.size() != width) {
            mistakes.add(
                row, path,
                fmt::format("expected rows of equal length, [pre, post] and up to {} values, found {} of {}", order.size(), row.shown(), row.items.size()));
            return list;
        }
        const auto pre = read_whole(row.items[0], path, 0, pre_size - 1, mistakes), post = read_whole(row.items[1], path, 0, post_size - 1, mistakes);
        if (!pre || !post)
            return list;
        list.pre.push_back(static_cast<std::uint32_t>(*pre));
        list.post.push_back(static_cast<std::uint32_t>(*post));
        for (std::size_t k = 2; k < width; ++k) {
            const bool weight = order[k - 2] == 0;
            const auto value =
                read_quantity(row.items[k], fmt::format("{} ({})", path, columns[order[k - 2]]), weight ? Unit::uS : Unit::ms, not_negative, mistakes);
            if (!value)
                return list;
            (weight ? list.weight : list.delay_ms).push_back(*value);
        }
    }
    return list;
}

struct ConnectorName {
    std::string name;
    std::vector<std::string> arguments;
};
const std::vector<ConnectorName>& connector_names()
{
    static const std::vector<ConnectorName> names{
        {"AllToAll", {"allow_self_connections"}},
        {"OneToOne", {}},
        {"FixedProbability", {"p_connect", "allow_self_connections"}},
        {"FixedNumberPre", {"n", "with_replacement", "allow_self_connections"}},
        {"FixedNumberPost", {"n", "with_replacement", "allow_self_connections"}},
        {"FixedTotalNumber", {"n", "with_replacement", "allow_self_connections"}},
        {"FromList", {"conn_list", "column_names"}},
        {"FromFile", {"file"}},
    };
    return names;
}

std::optional<Connector> read_connector(const Yaml& node, const std::string& path, const Population& pre, const Population& post, Mistakes& mistakes)
{
    std::vector<std::string> names;
    for (const auto& c : connector_names())
        names.push_back(c.name);
    const Yaml none;
    const Yaml* name = &node;
    const Yaml* arguments = &none;
    if (node.is(Yaml::Kind::map) && node.items.size() == 2) {
        name = &node.items[0];
        arguments = &node.items[1];
    } else if (!node.is(Yaml::Kind::scalar)) {
        mistakes.expected(node, path, fmt::format("one of {} with its arguments", fmt::join(names, ", ")));
        return std::nullopt;
    }
    const auto before = mistakes.count();
    const auto kind = read_word(*name, path, names, mistakes);
    const auto where = below(path, name->text);
    if (!kind || !check_map(*arguments, where, connector_names()[*kind].arguments, mistakes))
        return std::nullopt;
    Yaml placed = *arguments;                   // a mistake in what is missing points to the connector
    if (placed.is(Yaml::Kind::null)) {
        placed.line = name->line;
        placed.source = name->source;
    }
    const Arguments take{placed, where, mistakes};
    const bool self = take.flag("allow_self_connections", true);
    Connector connector;
    switch (*kind) {
        case 0: connector = AllToAll{self}; break;
        case 1: connector = OneToOne{}; break;
        case 2: {
            const auto* p = take.needed("p_connect");
            const auto value = p ? read_quantity(*p, below(where, "p_connect"), Unit::none, Range{0, 1}, mistakes) : std::nullopt;
            connector = FixedProbability{value.value_or(0), self};
            break;
        }
        case 3: connector = FixedNumberPre{static_cast<std::uint32_t>(take.n()), take.flag("with_replacement", false), self}; break;
        case 4: connector = FixedNumberPost{static_cast<std::uint32_t>(take.n()), take.flag("with_replacement", false), self}; break;
        case 5: connector = FixedTotalNumber{take.n(), take.flag("with_replacement", true), self}; break;
        case 6: connector = read_list(take, pre.size, post.size); break;
        case 7:
            if (const auto* file = take.needed("file"); file && !file->is(Yaml::Kind::scalar))
                mistakes.expected(*file, below(where, "file"), "the path of a file");
            else if (file)
                try {
                    connector = read_connection_file(located(*file, file->text), pre.name, post.name, pre.size, post.size);
                } catch (const InputError& error) {
                    mistakes.add(*file, below(where, "file"), error.what());
                }
            break;
    }
    return mistakes.count() == before ? std::optional(std::move(connector)) : std::nullopt;
}

std::optional<ShortTermPlasticity> read_synapse(const Yaml& node, const std::string& path, Mistakes& mistakes)
{
    if (node.is_word("static"))
        return std::nullopt;
    const auto* given = node.find("TsodyksMarkram");
    if (!given || node.items.size() != 2) {
        read_word(node.is(Yaml::Kind::map) && !node.items.empty() ? node.items[0] : node, path, {"static", "TsodyksMarkram"}, mistakes);
        return std::nullopt;
    }
    const auto where = below(path, "TsodyksMarkram");
    ShortTermPlasticity stp{0.5, 100.0, 0.0};   // PyNN's defaults
    if (!check_map(*given, where, {"U", "tau_rec", "tau_facil"}, mistakes))
        return std::nullopt;
    const auto take = [&](std::string_view name, Unit unit, const Range& range, double& target) {
        if (const auto* value = given->find(name))
            target = read_quantity(*value, below(where, name), unit, range, mistakes).value_or(target);
    };
    take("U", Unit::none, Range{0, 1}, stp.U);
    take("tau_rec", Unit::ms, not_negative, stp.tau_rec_ms);
    take("tau_facil", Unit::ms, not_negative, stp.tau_facil_ms);
    return stp;
}

/// What can be wrong between a connector and its populations; the message stands at the connector.
void check_connector(const Yaml& node, const std::string& path, const ProjectionSpec& spec, const NetworkSpec& network, double& synapses, Mistakes& mistakes)
{
    const auto &pre = network.populations[spec.pre], &post = network.populations[spec.post];
    const auto limit = [&](std::uint64_t n, std::uint64_t available, bool with_replacement, std::string_view of) {
        if (n > 0 && (available == 0 || (n > available && !with_replacement)))
            mistakes.add(node, path, fmt::format("expected n <= {} ({}){}, found {}", available, of, available ? " unless with_replacement" : "", n));
    };
    const auto self = [&](bool allowed) { return spec.pre == spec.post && !allowed ? 1u : 0u; };
    if (const auto* c = std::get_if<FixedNumberPre>(&spec.connector))
        limit(c->n, pre.size - self(c->allow_self_connections), c->with_replacement, fmt::format("neurons of {} to choose from", pre.name));
    if (const auto* c = std::get_if<FixedNumberPost>(&spec.connector))
        limit(c->n, post.size - self(c->allow_self_connections), c->with_replacement, fmt::format("neurons of {} to choose from", post.name));
    if (const auto* c = std::get_if<FixedTotalNumber>(&spec.connector))
        limit(c->n, std::uint64_t{pre.size - self(c->allow_self_connections)} * post.size, c->with_replacement, "pairs to choose from");
    const double count = expected_synapses(spec.connector, pre.size, post.size, spec.pre == spec.post);
    if (synapses <= most_synapses && synapses + count > most_synapses)
        mistakes.add(node, path, fmt::format("expected a network of at most {:.0f} synapses, found about {:.2g} so far", most_synapses, synapses + count));
    synapses += count;
    for (const auto* values : {&spec.weight, &spec.delay_ms})
        if (const auto* list = std::get_if<std::vector<double>>(values)) {
            const std::string_view name = values == &spec.weight ? "weight" : "delay";
            if (std::holds_alternative<FixedProbability>(spec.connector))
                mistakes.add(node, path,
                             fmt::format("expected a {} that is a number or a distribution, found a list (the number of synapses is random)", name));
            else if (static_cast<double>(list->size()) != count)
                mistakes.add(node, path, fmt::format("expected {:.0f} values of {}, one a synapse by target and source, found {}", count, name, list->size()));
        }
}

}   // namespace

void read_projection(const Yaml& node, const std::string& path, const PopulationNames& names, NetworkSpec& network, double& synapses, Mistakes& mistakes)
{
    static const std::vector<std::string> known{"pre", "post", "connector", "receptor", "weight", "delay", "synapse"};
    if (!node.is(Yaml::Kind::map)) {
        mistakes.expected(node, path, fmt::format("a map with {}", fmt::join(known, ", ")));
        return;
    }
    const auto before = mistakes.count();
    check_map(node, path, known, mistakes);
    const auto needed = [&](std::string_view name) {
        const auto* value = node.find(name);
        if (!value)
            mistakes.missing(node, path, name, name);
        return value;
    };
    ProjectionSpec spec;
    const auto population = [&](std::string_view end, std::uint32_t& index) {
        const auto* value = needed(end);
        const auto found = value ? names.read(*value, below(path, end), mistakes) : std::nullopt;
        index = found.value_or(0);
        return found.has_value();
    };
    const bool ends = population("pre", spec.pre) & population("post", spec.post);     // both, so that both can be told
    if (const auto& target = network.populations[spec.post]; ends && is_source(target.cell))
        mistakes.add(*node.find("post"), below(path, "post"),
                     fmt::format("expected a population of neurons, found {}, a {}", target.name, name_of(target.cell)));
    if (const auto* value = node.find("receptor"))
        spec.receptor =
            read_word(*value, below(path, "receptor"), {"excitatory", "inhibitory"}, mistakes).value_or(0) == 0 ? Receptor::excitatory : Receptor::inhibitory;
    if (const auto* value = node.find("weight"))
        spec.weight = read_values(*value, below(path, "weight"), Unit::uS, not_negative, mistakes).value_or(0.0);
    if (const auto* value = node.find("delay")) {
        spec.delay_ms = read_values(*value, below(path, "delay"), Unit::ms, not_negative, mistakes).value_or(0.0);
        spec.delay_given = true;
    }
    if (const auto* value = node.find("synapse"))
        spec.stp = read_synapse(*value, below(path, "synapse"), mistakes);
    if (const auto* value = needed("connector"); value && ends) {
        const auto &pre = network.populations[spec.pre], &post = network.populations[spec.post];
        auto connector = read_connector(*value, below(path, "connector"), pre, post, mistakes);
        spec.label = fmt::format("{} -> {}", pre.name, post.name);
        if (connector && mistakes.count() == before) {
            spec.connector = std::move(*connector);
            check_connector(*value, below(path, "connector"), spec, network, synapses, mistakes);
        }
    }
    network.projections.push_back(std::move(spec));
}

}   // namespace bss
