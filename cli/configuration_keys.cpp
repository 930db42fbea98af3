#include "configuration_keys.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "batch.hpp"
#include "chips_reader.hpp"
#include "defects_reader.hpp"
#include "network_reader.hpp"
#include "parameter_checks.hpp"
#include "wafer/error.hpp"
#include "wafer/technology.hpp"

namespace bss {

namespace {

using C = Configuration;
constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

/// Denmems that one neuron may have: they lie in one neuron block (hardware.md §2.2).
Type<int> denmems_type()
{
    return {"1 or an even number from 2 to 64", [](const Yaml& node, const std::string& path, int& target, Reading& reading) {
                const auto value = whole_number(node);
                if (value && *value <= 64 && (*value == 1 || (*value > 0 && *value % 2 == 0)))
                    target = static_cast<int>(*value);
                else
                    reading.mistakes.expected(node, path, "1 or an even number from 2 to 64");
            }};
}

/// 0 stands for auto.
Type<int> denmems_or_auto_type()
{
    return {"auto | 1 or an even number from 2 to 64", [](const Yaml& node, const std::string& path, int& target, Reading& reading) {
                if (node.is_word("auto"))
                    target = 0;
                else
                    denmems_type().read(node, path, target, reading);
            }};
}

/// A type of one thing, for a member of another.
template <class T, class Part, class Member>
Type<T> at(Member member, Type<Part> type)
{
    return {type.expects, [=](const Yaml& node, const std::string& path, T& target, Reading& reading) { type.read(node, path, member(target), reading); }};
}

void read_wafer_ids(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    auto& mistakes = reading.mistakes;
    const bool several = node.is(Yaml::Kind::list);
    if (several && (node.items.empty() || node.items.size() > most_wafers)) {
        mistakes.add(node, path, fmt::format("expected from 1 to {} wafers, found {}", most_wafers, node.items.size()));
        return;
    }
    auto& ids = configuration.wafer.ids;
    ids.clear();
    for (const Yaml& item : several ? std::span<const Yaml>(node.items) : std::span(&node, 1)) {
        const auto id = read_whole(item, path, 0, std::numeric_limits<std::int32_t>::max(), mistakes);
        if (id && std::find(ids.begin(), ids.end(), *id) != ids.end())
            mistakes.add(item, path, fmt::format("expected every wafer once, found {} twice", *id));
        ids.push_back(id.value_or(0));
    }
}

void read_usable_chips(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    read_chips(node, path, configuration.wafer.ids, configuration.wafer.chips, reading.mistakes);
}

void read_technology(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    if (!node.is(Yaml::Kind::scalar)) {
        reading.mistakes.expected(node, path, "the name of a technology, or the path of its file");
        return;
    }
    const bool is_path = node.text.find('/') != std::string::npos || node.text.ends_with(".yaml");
    configuration.wafer.technology = is_path ? located(node, node.text).string() : node.text;
    try {
        Technology::load(configuration.wafer.technology);
    } catch (const InputError& error) {
        std::string_view what = error.what();
        constexpr std::string_view subject = "technology: ";
        what.remove_prefix(what.starts_with(subject) ? subject.size() : 0);
        reading.mistakes.add(node, path, what);
    }
}

void read_defects(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    auto& wafer = configuration.wafer;
    if (node.is_word("none"))
        return;
    if (node.is(Yaml::Kind::map)) {
        const bool misspelt = !node.items.empty() && !closest(node.items[0].text, {"random"}).empty();
        if (const auto* random = node.find("random"); random || misspelt || node.items.empty()) {
            if (check_map(node, path, {"random"}, reading.mistakes) && random)
                wafer.random_defects = read_random_defects(*random, path + ".random", reading.mistakes);
        } else {
            wafer.listed_defects = read_listed_defects(node, path, wafer.ids, reading.mistakes);
        }
        return;
    }
    if (!node.is(Yaml::Kind::scalar)) {
        reading.mistakes.expected(node, path, "none | the path of a defects file | {random: {kind: fraction}}");
        return;
    }
    const auto file = located(node, node.text);
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
        reading.mistakes.add(node, path, fmt::format("expected none, a defects file or {{random: …}}, found no file \"{}\"", node.text));
        return;
    }
    wafer.listed_defects = read_listed_defects(reading.yaml.read_file(file, "wafer.defects."), path, wafer.ids, reading.mistakes);
}

void read_calibration(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    auto& wafer = configuration.wafer;
    constexpr std::array kinds{CalibrationKind::automatic, CalibrationKind::ideal, CalibrationKind::oracle};
    if (node.is(Yaml::Kind::scalar) && (node.text.find('/') != std::string::npos || node.text.ends_with(".h5"))) {
        std::error_code error;
        wafer.calibration = CalibrationKind::table;
        wafer.calibration_table = located(node, node.text);
        if (!std::filesystem::is_regular_file(wafer.calibration_table, error))
            reading.mistakes.add(node, path, fmt::format("expected auto, ideal, oracle or a table, found no file \"{}\"", node.text));
    } else if (const auto k = read_word(node, path, {"auto", "ideal", "oracle"}, reading.mistakes)) {
        wafer.calibration = kinds[*k];
    }
}

void read_mapping_file(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    if (node.is(Yaml::Kind::null) || node.is_word("null"))
        return;
    std::error_code error;
    if (node.is(Yaml::Kind::scalar) && std::filesystem::is_regular_file(located(node, node.text), error))
        configuration.mapping_file = located(node, node.text);
    else
        reading.mistakes.expected(node, path, "null, or the path of a mapping.h5 that is there");
}

void read_imperfections(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    auto& switches = configuration.wafer.imperfections;
    if (node.is_word("all") || node.is_word("none")) {
        switches = node.is_word("all") ? Imperfections() : no_imperfections();
        return;
    }
    std::vector<std::string> known;
    for (const auto& s : imperfection_switches)
        known.emplace_back(s.name);
    if (node.is(Yaml::Kind::list)) {
        switches = no_imperfections();
        for (const auto& name : node.items)
            if (const auto place = read_word(name, path, known, reading.mistakes))
                switches.*std::begin(imperfection_switches)[*place].value = true;
        return;
    }
    if (!node.is(Yaml::Kind::map)) {
        read_word(node, path, {"all", "none", "a map of switches", "a list of those that are on"}, reading.mistakes);
        return;
    }
    check_map(node, path, known, reading.mistakes);
    switches = Imperfections();
    for (const auto& s : imperfection_switches)
        if (const auto* value = node.find(s.name)) {
            if (const auto flag = boolean(*value))
                switches.*s.value = *flag;
            else
                reading.mistakes.expected(*value, fmt::format("{}.{}", path, s.name), "true or false");
        }
}

void read_potentials(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    if (node.is_word("auto"))
        return;
    auto& mistakes = reading.mistakes;
    if (!node.is(Yaml::Kind::map)) {
        mistakes.expected(node, path, "auto | {biological: [-150 mV, 50 mV], hardware: [0.4 V, 1.3 V]}");
        return;
    }
    const auto before = mistakes.count();
    check_map(node, path, {"biological", "hardware"}, mistakes);
    MappingOptions::Potentials potentials{};
    const auto take = [&](std::string_view name, Unit unit, const Range& range, double& low, double& high) {
        const auto* ends = node.find(name);
        const auto where = fmt::format("{}.{}", path, name);
        if (!ends || !ends->is(Yaml::Kind::list) || ends->items.size() != 2) {
            mistakes.expected(ends ? *ends : node, where, fmt::format("two voltages [low, high] ({})", name_of(unit)));
            return;
        }
        const auto first = read_quantity(ends->items[0], where, unit, range, mistakes), second = read_quantity(ends->items[1], where, unit, range, mistakes);
        if (first && second && !(*first < *second))
            mistakes.add(*ends, where, fmt::format("expected low < high, found {} and {} {}", *first, *second, name_of(unit)));
        low = first.value_or(0);
        high = second.value_or(0);
    };
    take("biological", Unit::mV, any_number, potentials.biological_low_mv, potentials.biological_high_mv);
    take("hardware", Unit::V, Range{0, 1.8}, potentials.hardware_low_v, potentials.hardware_high_v);
    if (mistakes.count() == before)
        configuration.mapping.potentials = potentials;
}

std::vector<NeuronRange> all_neurons(const Population& population) { return {{0, population.size - 1}}; }

std::vector<NeuronRange> neuron_ranges(const Yaml& node, const std::string& path, const Population& population, Mistakes& mistakes)
{
    std::vector<NeuronRange> ranges;
    for (const auto& [first, last] : read_neurons(node, path, population.size, mistakes))
        ranges.push_back({first, last});
    return ranges;
}

/// Entries of a list, each read by a table; a population that the entry needs is read first.
/// Nothing is read where the network has mistakes of its own: what they name may be missing only because of them.
template <class Entry, class Accept>
void read_entries(const Yaml& list, const std::string& path, const Configuration& configuration, const std::vector<Key<Entry>>& keys, Reading& reading,
                  Accept accept)
{
    if (list.is(Yaml::Kind::null))
        return;
    if (!list.is(Yaml::Kind::list)) {
        reading.mistakes.expected(list, path, "a list of entries");
        return;
    }
    if (configuration.network.populations.empty())
        return;
    for (std::size_t k = 0; k < list.items.size(); ++k) {
        const auto before = reading.mistakes.count();
        const auto where = fmt::format("{}.{}", path, k);
        Entry entry{};
        entry.configuration = &configuration;
        if (!list.items[k].is(Yaml::Kind::map))
            reading.mistakes.expected(list.items[k], where, "a map");
        else if (!list.items[k].find("population"))
            reading.mistakes.add(list.items[k], where, "expected a population, found none");
        else
            read_keys(list.items[k], where + ".", keys, entry, reading);
        if (reading.mistakes.count() == before)
            accept(list.items[k], where, entry);
    }
}

template <class Entry, class Member>
Type<Entry> neurons_population_type(Member member)
{
    return {"the name of a population of neurons", [=](const Yaml& node, const std::string& path, Entry& entry, Reading& reading) {
                const auto& populations = entry.configuration->network.populations;
                const auto index = PopulationNames(populations).read(node, path, reading.mistakes);
                if (!index)
                    return;
                if (is_source(populations[*index].cell))
                    reading.mistakes.add(
                        node, path,
                        fmt::format("expected a population of neurons, found {}, a {}", populations[*index].name, name_of(populations[*index].cell)));
                member(entry) = *index;
            }};
}

template <class Entry, class Population, class Member>
Type<Entry> neurons_type(Population population, Member member)
{
    return {"\"first-last\", a number, or a list of them", [=](const Yaml& node, const std::string& path, Entry& entry, Reading& reading) {
                member(entry) = neuron_ranges(node, path, entry.configuration->network.populations[population(entry)], reading.mistakes);
            }};
}

void read_output(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    if (node.is(Yaml::Kind::scalar) && !node.text.empty())
        configuration.output = node.text;
    else
        reading.mistakes.expected(node, path, "the path of a folder");
}

void read_entry_chips(const Yaml& node, const std::string& path, PlaceEntry& entry, Reading& reading)
{
    read_chips(node, path, entry.configuration->wafer.ids, entry.chips, reading.mistakes);
}

void read_place(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    const auto defects = defects_of(configuration);
    const auto& ids = configuration.wafer.ids;
    read_entries(node, path, configuration, place_keys(), reading, [&](const Yaml& item, const std::string& where, const PlaceEntry& entry) {
        const auto& population = configuration.network.populations[entry.population];
        const auto& allowed = configuration.wafer.chips;
        std::vector<Chip> chips = entry.chips;
        for (const Chip chip : chips)
            if (!std::binary_search(allowed.begin(), allowed.end(), chip)) {
                reading.mistakes.add(item, where + ".hicanns", fmt::format("expected HICANNs among wafer.hicanns, found {}", chip_name(chip, ids)));
                return;
            }
        if (chips.empty())                      // none asked for: all that work
            std::copy_if(allowed.begin(), allowed.end(), std::back_inserter(chips), [&](Chip chip) { return defects[chip.wafer].usable(chip.hicann); });
        for (const auto& [first, last] : entry.neurons.empty() ? all_neurons(population) : entry.neurons) {
            for (const auto& other : configuration.mapping.place)
                if (other.population == entry.population && other.first <= last && first <= other.last) {
                    reading.mistakes.add(
                        item, where,
                        fmt::format("expected every neuron once, found {} of {} in an entry before", std::max(first, other.first), population.name));
                    return;
                }
            configuration.mapping.place.push_back({entry.population, first, last, chips, entry.size});
        }
    });
}

void read_record(const Yaml& node, const std::string& path, C& configuration, Reading& reading)
{
    read_entries(node, path, configuration, record_keys(), reading, [&](const Yaml& item, const std::string& where, RecordEntry& entry) {
        auto& request = entry.request;
        const auto& population = configuration.network.populations[request.population];
        auto& mistakes = reading.mistakes;
        const auto* variable = item.find("variable");
        const std::string name = variable ? variable->text : "v";
        if (request.neurons.empty())
            request.neurons = all_neurons(population);
        if (!item.find("interval"))
            request.interval_ms = configuration.run.timestep_ms;
        if (const auto [key, what] = complete_recording(request, population, configuration.run.timestep_ms); !what.empty())
            mistakes.add(item, key.empty() ? where : where + "." + key, what);
        for (const auto& other : configuration.record)
            if (other.population == request.population && other.variable == request.variable)
                mistakes.add(item, where, fmt::format("{} of {} is recorded twice; one entry can list all its neurons", name, population.name));
        configuration.record.push_back(request);
    });
}

}   // namespace

const std::vector<Key<Configuration>>& configuration_keys()
{
    const auto mapping = [](auto member) { return [=](C& c) -> auto& { return c.mapping.*member; }; };
    const auto run = [](auto member) { return [=](C& c) -> auto& { return c.run.*member; }; };
    const auto max_synapse_loss = [](C& c) -> auto& { return c.max_synapse_loss; };
    const auto strict = [](C& c) -> auto& { return c.strict; };
    const Words<std::optional<bool>> capacitors{{"auto", std::nullopt}, {"big", true}, {"small", false}};
    const Words<std::optional<Gear>> gears{{"auto", std::nullopt}, {"normal", Gear::normal}, {"slow", Gear::slow}, {"fast", Gear::fast}};
    const Words<NetForming> nets{{"auto", NetForming::automatic}, {"one_per_population", NetForming::one_per_population}};
    const Words<RunMode> modes{{"hardware", RunMode::hardware}, {"ideal", RunMode::ideal}};
    const auto read_the_network = [](const Yaml& node, const std::string& path, C& c, Reading& r) { c.network = read_network(node, path, r.mistakes); };

    static const std::vector<Key<C>> keys{
        {"network", {"a map, or the path of its file", read_the_network}, "",
         "the network: populations, projections, seed (below)"},

        {"wafer.technology", {"a name, or the path of a file", read_technology}, "hicann-x1000",
         "the chips: configs/technology/<name>.yaml; hicann-v4 is the real one, for a speedup of 10000"},
        {"wafer.id", {"a whole number >= 0 | a list of them", read_wafer_ids}, "1",
         "which manufactured wafer: seeds every fixed mismatch and random defects; a list: several wafers, joined by their links"},
        {"wafer.hicanns", {std::string(chips_expect), read_usable_chips}, "all",
         "chips that may be used; a region: of every wafer"},
        {"wafer.defects", {"none | the path of a defects file | {random: {kind: fraction}}", read_defects}, "none",
         "what is broken (kinds below); random defects are drawn from wafer.id"},
        {"wafer.calibration", {"auto | ideal | oracle | the path of a table", read_calibration}, "auto",
         "auto measures the chips that the network needs on a simulated bench and keeps the result in $BSS_CACHE (~/.cache/bss); a table is bss-calibrate's; "
         "ideal inverts the nominal curves; oracle inverts this wafer's true curves, which no lab could, and is labelled in every report"},
        {"wafer.imperfections", {"all | none | a map of switches | a list of them", read_imperfections}, "all",
         "what the wafer does to a network: in a map one left out is true, of a list only those in it are; none is exact: what was asked for runs"},

        {"mapping.neuron_size", at<C>(mapping(&MappingOptions::neuron_size), denmems_or_auto_type()), "8",
         "denmems a neuron; auto takes the fewest whose synapses suffice for the population with the most inputs"},
        {"mapping.potentials", {"auto | {biological: [-150 mV, 50 mV], hardware: [0.4 V, 1.3 V]}", read_potentials}, "auto",
         "mV of the network -> V of the chip; auto fits the network's extremes into 0.3-1.4 V"},
        {"mapping.capacitor", choice_type<C>(mapping(&MappingOptions::big_capacitor), capacitors), "auto",
         "membrane capacitor; auto takes the one with more time constants and weights in range"},
        {"mapping.leak", choice_type<C>(mapping(&MappingOptions::leak), gears), "auto",
         "gear of the leak current I_gl; auto likewise"},
        {"mapping.driver_chain_length", whole_type<C>(mapping(&MappingOptions::driver_chain_length), 1, 56), "3",
         "longest chain of synapse drivers"},
        {"mapping.crossbar_limit", whole_type<C>(mapping(&MappingOptions::crossbar_limit), 1, 8), "1",
         "closed crossbar switches a line (rule B4)"},
        {"mapping.synapse_switch_limit", whole_type<C>(mapping(&MappingOptions::synapse_switch_limit), 1, 16), "1",
         "closed synapse switches a V line (rule S3)"},
        {"mapping.nets", choice_type<C>(mapping(&MappingOptions::nets), nets), "auto",
         "one_per_population: no source shares a sending repeater with another population, and each population has as few of them as can be"},
        {"mapping.seed", whole_type<C>(mapping(&MappingOptions::seed), 0, largest), "1",
         "of what the mapping draws"},
        {"mapping.max_synapse_loss", quantity_type<C>(max_synapse_loss, Unit::none, Range{0, 1}), "1.0",
         "largest fraction of synapses that may be lost; above it: exit code 3"},
        {"mapping.place", {"a list of entries", read_place}, "[]",
         "which neurons go to which chips (entries below)"},
        {"mapping.file", {"null | the path of a mapping.h5", read_mapping_file}, "null",
         "a stored mapping to use instead of making one"},
        {"mapping.list_synapses", flag_type<C>(mapping(&MappingOptions::list_synapses)), "false",
         "store every realised synapse with its place"},

        {"run.mode", choice_type<C>(run(&C::Run::mode), modes), "hardware",
         "ideal: no wafer (wafer.* and mapping.* are ignored), exact parameters, every synapse with its own weight and delay"},
        {"run.duration", quantity_type<C>(run(&C::Run::duration_ms), Unit::ms, positive), "1000 ms",
         "biological time"},
        {"run.timestep", quantity_type<C>(run(&C::Run::timestep_ms), Unit::ms, positive), "0.1 ms",
         "of the integration, biological time; spike times are not rounded to it"},
        {"run.speedup", quantity_type<C>(run(&C::Run::speedup), Unit::none, Range{0, 1e6, true}), "1000",
         "of the model: circuit time = biological time / speedup"},
        {"run.seed", whole_type<C>(run(&C::Run::seed), 0, largest), "1",
         "trial: floating-gate write error, temporal noise, Poisson sources"},
        {"run.trials", whole_type<C>(run(&C::Run::trials), 1, most_runs), "1",
         "runs with the seeds run.seed, run.seed + 1, …, each in a folder of its own"},

        {"record", {"a list of entries", read_record}, "[]",
         "traces (entries below); the spikes of every population are recorded anyway"},
        {"output", {"the path of a folder", read_output}, "",
         "results, relative to the working folder; without it results/<name of the configuration>"},
        {"strict", flag_type<C>(strict), "false",
         "a warning, clip or loss is an error (exit code 3)"},
        {"sweep", {"{key: [values], …} | [{key: value, …}, …]", [](const Yaml&, const std::string&, C&, Reading&) {}}, "",    // cli/batch.cpp takes it out before
         "runs every combination of the values of any keys above, or what is listed, each in a folder of its own"},
    };
    return keys;
}

const std::vector<Key<RecordEntry>>& record_keys()
{
    using E = RecordEntry;
    const auto request = [](auto member) { return [=](E& entry) -> auto& { return entry.request.*member; }; };
    const Words<Variable> variables{{"v", Variable::v}, {"w", Variable::w}, {"gsyn_exc", Variable::gsyn_exc}, {"gsyn_inh", Variable::gsyn_inh}};
    const Words<Through> ways{{"probe", Through::probe}, {"adc", Through::adc}};
    static const std::vector<Key<E>> keys{
        {"population", neurons_population_type<E>(request(&RecordRequest::population)), "", "whose neurons"},
        {"variable", choice_type<E>(request(&RecordRequest::variable), variables), "v", "mV, nA, µS, µS"},
        {"neurons", neurons_type<E>(request(&RecordRequest::population), request(&RecordRequest::neurons)), "", "without it: all"},
        {"interval", quantity_type<E>(request(&RecordRequest::interval_ms), Unit::ms, positive), "",
         "between samples, a multiple of run.timestep; without it: run.timestep"},
        {"through", choice_type<E>(request(&RecordRequest::through), ways), "probe", "adc: the chips' real channels, with their limits"},
    };
    return keys;
}

const std::vector<Key<PlaceEntry>>& place_keys()
{
    using E = PlaceEntry;
    const auto of = [](auto member) { return [=](E& entry) -> auto& { return entry.*member; }; };
    static const std::vector<Key<E>> keys{
        {"population", neurons_population_type<E>(of(&E::population)), "", "whose neurons"},
        {"neurons", neurons_type<E>(of(&E::population), of(&E::neurons)), "", "without it: all"},
        {"hicanns", {std::string(chips_expect), read_entry_chips}, "", "chips they may lie on; without it: all of wafer.hicanns"},
        {"size", at<E>(of(&E::size), denmems_type()), "", "denmems a neuron; without it mapping.neuron_size"},
    };
    return keys;
}

}   // namespace bss
