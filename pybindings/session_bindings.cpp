#include <algorithm>
#include <cmath>
#include <numeric>

#include "pybindings/arrays.hpp"
#include "pybindings/bits.hpp"
#include "pybindings/session.hpp"

namespace bss::python {
namespace {

template <class Value>
Value one_of(std::initializer_list<std::pair<std::string_view, Value>> known, const std::string& given, std::string_view what)
{
    std::vector<std::string_view> names;
    for (const auto& [name, value] : known) {
        if (name == given)
            return value;
        names.push_back(name);
    }
    throw InputError(fmt::format("{}: expected one of {}, found \"{}\"", what, fmt::join(names, ", "), given));
}

Variable variable_of(const std::string& name)
{
    return one_of<Variable>({{"v", Variable::v}, {"w", Variable::w}, {"gsyn_exc", Variable::gsyn_exc}, {"gsyn_inh", Variable::gsyn_inh}}, name, "variable");
}

std::optional<std::vector<std::uint32_t>> checked_neurons(const Session& session, std::uint32_t population, const py::object& object)
{
    auto list = neurons(object);
    const Population& p = session.network().population(population);
    for (const std::uint32_t n : list.value_or(std::vector<std::uint32_t>()))
        if (n >= p.size)
            throw InputError(fmt::format("population {}: expected neurons below {}, found {}", p.name, p.size, n));
    return list;
}

// ---- running ---------------------------------------------------------------------------------------------------------

/// Between two chunks: Ctrl-C and the caller's progress. False: an exception of Python's is set.
bool attend(const Session& session, const py::object& progress, std::optional<py::error_already_set>& raised)
{
    const py::gil_scoped_acquire held;
    try {
        if (PyErr_CheckSignals() != 0)
            throw py::error_already_set();
        if (!progress.is_none())
            progress(session.now_ms());
    } catch (py::error_already_set& error) {
        raised = error;
    }
    return !raised;
}

void run(Session& session, double until_ms, const py::object& progress)
{
    std::optional<py::error_already_set> raised;
    {
        const py::gil_scoped_release released;
        session.run(until_ms, [&] { return attend(session, progress, raised); });
    }
    if (raised)
        throw py::error_already_set(*raised);
}

void map(Session& session)
{
    {
        const py::gil_scoped_release released;
        session.map();
    }
    if (PyErr_CheckSignals() != 0)
        throw py::error_already_set();
}

// ---- results ---------------------------------------------------------------------------------------------------------

py::tuple spikes(const Session& session, std::uint32_t population)
{
    session.network().population(population);
    const Spikes& kept = session.recorded().spikes(population);
    std::vector<std::size_t> order(kept.times_ms.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto earlier = [&](std::size_t a, std::size_t b) {
        return kept.times_ms[a] != kept.times_ms[b] ? kept.times_ms[a] < kept.times_ms[b] : kept.neurons[a] < kept.neurons[b];
    };
    if (!std::is_sorted(order.begin(), order.end(), earlier))
        std::stable_sort(order.begin(), order.end(), earlier);
    py::array_t<std::uint32_t> ids(static_cast<py::ssize_t>(order.size()));
    py::array_t<double> times(static_cast<py::ssize_t>(order.size()));
    for (std::size_t k = 0; k < order.size(); ++k) {
        ids.mutable_data()[k] = kept.neurons[order[k]];
        times.mutable_data()[k] = kept.times_ms[order[k]];
    }
    return py::make_tuple(ids, times);
}

py::array_t<std::int64_t> spike_counts(const Session& session, std::uint32_t population)
{
    std::vector<std::int64_t> counts(session.network().population(population).size);
    for (const std::uint32_t n : session.recorded().spikes(population).neurons)
        ++counts[n];
    return to_array(counts);
}

py::tuple samples(const Session& session, const std::string& variable, std::uint32_t population, const py::object& list)
{
    const SampleTable table = session.samples(variable_of(variable), population, checked_neurons(session, population, list));
    const std::size_t width = table.samples > 0 ? table.values.size() / table.samples : 0;
    py::array_t<double> values({table.samples, width});
    std::copy(table.values.begin(), table.values.end(), values.mutable_data());
    const double step = session.timestep_ms();
    return py::make_tuple(values, static_cast<double>(table.first_step) * step, static_cast<double>(table.interval_steps) * step);
}

/// A value a synapse of a projection from those of its parts. @param of  of(part's projection) -> something with [synapse]
template <class Value, class Of>
std::vector<Value> gathered(const NetworkBuilder& network, std::uint32_t projection, Of of)
{
    std::vector<Value> result(network.synapses(projection).size());
    for (const NetworkBuilder::Part& part : network.parts(projection)) {
        const std::size_t size = network.network().projections[part.projection].size();
        for (std::size_t k = 0; k < size; ++k)
            result[part.places.empty() ? k : part.places[k]] = of(part.projection, k);
    }
    return result;
}

py::array_t<double> realised_weights(const Session& session, std::uint32_t projection)
{
    const Mapping& mapping = session.mapping();
    const auto& network = session.network();
    return to_array(gathered<double>(network, projection, [&](std::uint32_t p, std::size_t k) {
        return session.ideal() ? network.network().projections[p].weight[k] : static_cast<double>(mapping.realised_weight[p][k]);
    }));
}

py::dict realised_parameters(const Session& session, std::uint32_t population)
{
    const Mapping& mapping = session.mapping();
    const Population& p = session.network().population(population);
    py::dict result;
    if (session.ideal() || is_source(p.cell)) {
        const auto& table = parameters_of(p.cell);
        for (std::size_t k = 0; k < table.size(); ++k) {
            std::vector<double> all(p.size);
            for (std::size_t n = 0; n < all.size(); ++n)
                all[n] = p.parameters[k][n];
            result[py::str(std::string(table[k].name))] = to_array(all);
        }
        return result;
    }
    for (const RealisedParameter& parameter : mapping.parameters[population])
        result[py::str(parameter.name)] = to_array(parameter.values);
    return result;
}

py::dict clipped_parameters(const Session& session, std::uint32_t population)
{
    py::dict result;
    session.network().population(population);
    if (const Mapping& mapping = session.mapping(); !session.ideal())
        for (const RealisedParameter& parameter : mapping.parameters[population])
            if (parameter.clipped > 0)
                result[py::str(parameter.name)] = parameter.clipped;
    return result;
}

py::list losses(const Session& session)
{
    const Mapping& mapping = session.mapping();
    const auto& network = session.network();
    py::list rows;
    for (std::uint32_t k = 0; k < network.projections(); ++k) {
        ProjectionAccount sum;
        for (const NetworkBuilder::Part& part : network.parts(k)) {
            if (session.ideal()) {
                sum.requested += network.network().projections[part.projection].size();
                sum.realised = sum.requested;
                continue;
            }
            const ProjectionAccount& account = mapping.account[part.projection];
            sum.requested += account.requested;
            sum.realised += account.realised;
            sum.lost += account.lost;
            sum.clipped_weights += account.clipped_weights;
            for (std::size_t c = 0; c < loss_cause_names.size(); ++c)
                sum.lost_by_cause[c] += account.lost_by_cause[c];
        }
        py::dict causes;
        for (std::size_t c = 0; c < loss_cause_names.size(); ++c)
            causes[py::str(std::string(loss_cause_names[c]))] = sum.lost_by_cause[c];
        rows.append(py::dict(py::arg("label") = network.joint(k).label, py::arg("requested") = sum.requested, py::arg("realised") = sum.realised,
                             py::arg("lost") = sum.lost, py::arg("clipped_weights") = sum.clipped_weights, py::arg("lost_by_cause") = causes));
    }
    return rows;
}

py::array_t<std::int8_t> lost_causes(const Session& session, std::uint32_t projection)
{
    const Mapping& mapping = session.mapping();
    return to_array(gathered<std::int8_t>(session.network(), projection, [&](std::uint32_t p, std::size_t k) {
        return static_cast<std::int8_t>(session.ideal() || mapping.synapses[p][k].realised() ? -1 : static_cast<int>(mapping.synapses[p][k].cause));
    }));
}

py::dict placement(const Session& session, std::uint32_t population)
{
    session.network().population(population);
    const auto& rows = session.mapping().placement[population];
    const auto column = [&](auto value) {
        std::vector<std::int64_t> list;
        for (const PlacedNeuron& row : rows)
            list.push_back(value(row));
        return to_array(list);
    };
    using Row = const PlacedNeuron&;
    return py::dict(py::arg("id") = column([](Row r) { return r.id; }), py::arg("wafer") = column([](Row r) { return r.chip.wafer; }),
                    py::arg("hicann") = column([](Row r) { return r.chip.hicann.value(); }), py::arg("denmem") = column([](Row r) { return r.denmem; }),
                    py::arg("size") = column([](Row r) { return r.size; }),
                    py::arg("merger") = column([](Row r) { return r.connected ? r.merger.value() : -1; }),
                    py::arg("address") = column([](Row r) { return r.connected ? r.address.value() : -1; }));
}

py::dict synapse_places(const Session& session, std::uint32_t projection)
{
    const Mapping& mapping = session.mapping();
    const auto column = [&](auto value) {
        return to_array(gathered<std::int64_t>(session.network(), projection, [&](std::uint32_t p, std::size_t k) -> std::int64_t {
            return session.ideal() || !mapping.synapses[p][k].realised() ? -1 : value(mapping.synapses[p][k]);
        }));
    };
    using Synapse = const RealisedSynapse&;
    const auto code = [&](Synapse s) {
        return mapping.wafers[s.chip.wafer].hicanns.at(s.chip.hicann).synapses.weight[SynapseArrays::at(SynapseRow(s.row), Column(s.column))];
    };
    return py::dict(py::arg("wafer") = column([](Synapse s) { return s.chip.wafer; }),
                    py::arg("hicann") = column([](Synapse s) { return s.chip.hicann.value(); }), py::arg("row") = column([](Synapse s) { return s.row; }),
                    py::arg("column") = column([](Synapse s) { return s.column; }), py::arg("code") = column(code));
}

py::dict statistics(const Session& session)
{
    const auto& seconds = session.seconds();
    py::dict result(py::arg("map_s") = seconds.map, py::arg("prepare_s") = seconds.prepare, py::arg("run_s") = seconds.run);
    if (const Engine* engine = session.engine()) {
        const Counters counters = engine->counters();
        result["row_events"] = counters.row_events;
        result["synaptic_events"] = counters.synaptic_events;
        result["denmem_steps"] = counters.denmem_steps;
    }
    return result;
}

// ---- bits ------------------------------------------------------------------------------------------------------------

template <class Config>
auto& chip_of(Config& wafer, int hicann)
{
    const auto found = hicann < 0 || hicann >= Hicann::count ? wafer.hicanns.end() : wafer.hicanns.find(Hicann(hicann));
    if (found == wafer.hicanns.end())
        throw InputError(fmt::format("HICANN {}: not configured", hicann));
    return found->second;
}

py::array bits(const Session& session, int hicann, const std::string& name, std::size_t wafer)
{
    const HicannConfig& chip = chip_of(session.wafer(wafer), hicann);
    const BitTable& table = bit_table(name);
    const auto fill = [&](auto array) {
        for (std::size_t k = 0; k < table.size(); ++k)
            array.mutable_data()[k] = static_cast<std::decay_t<decltype(*array.data())>>(table.get(chip, k));
        return py::array(array);
    };
    return table.real ? fill(py::array_t<double>(table.shape)) : fill(py::array_t<std::int64_t>(table.shape));
}

void set_bits(Session& session, int hicann, const std::string& name, const py::object& given, std::size_t wafer)
{
    chip_of(session.wafer(wafer), hicann);
    const BitTable& table = bit_table(name);
    const auto array = as_array<double>(given, name, -1);
    std::vector<std::size_t> shape(array.shape(), array.shape() + array.ndim());
    if (array.ndim() > 0 && shape != table.shape)
        throw InputError(
            fmt::format("bits {}: expected a number, or an array of shape ({}), found ({})", name, fmt::join(table.shape, ", "), fmt::join(shape, ", ")));
    for (py::ssize_t k = 0; k < array.size(); ++k)
        if (const double value = array.data()[k]; !(value >= 0 && value <= table.most) || (!table.real && value != std::floor(value)))
            throw InputError(fmt::format("bits {}: expected {}numbers from 0 to {}, found {}", name, table.real ? "" : "whole ", table.most, value));
    HicannConfig& chip = chip_of(session.edit(wafer), hicann);
    for (std::size_t k = 0; k < table.size(); ++k)
        table.set(chip, k, array.data()[array.ndim() > 0 ? k : 0]);
}

}   // namespace

void bind_session(py::module_& module)
{
    py::list causes;
    for (const std::string_view cause : loss_cause_names)
        causes.append(std::string(cause));
    py::class_<Session> session(module, "Session");
    session
        .def(py::init([](NetworkBuilder& network, const std::string& settings, const std::string& name, const std::string& backend) {
                 return std::make_unique<Session>(network, settings, name, backend);
             }),
             py::arg("network"), py::arg("settings") = "{}", py::kw_only(), py::arg("name") = "settings", py::arg("backend") = "auto", py::keep_alive<1, 2>())
        .def("map", &map)
        .def("run", &run, py::arg("until_ms"), py::arg("progress") = py::none())
        .def("reset", &Session::reset)
        .def_property_readonly("now_ms", &Session::now_ms)
        .def_property_readonly("timestep_ms", &Session::timestep_ms)
        .def_property_readonly("stimulus_sample_ms", &Session::stimulus_sample_ms)
        .def_property_readonly("mapped", &Session::mapped)
        .def_property_readonly("mapping_id", &Session::mapping_id)
        .def(
            "record_spikes",
            [](Session& s, std::uint32_t population, const py::object& list) { s.record_spikes(population, checked_neurons(s, population, list)); },
            py::arg("population"), py::arg("neurons") = py::none())
        .def(
            "record",
            [](Session& s, const std::string& variable, std::uint32_t population, const py::object& list, std::optional<double> interval_ms,
               const std::string& through) {
                s.record(variable_of(variable), population, checked_neurons(s, population, list), interval_ms,
                         one_of<Through>({{"probe", Through::probe}, {"adc", Through::adc}}, through, "through"));
            },
            py::arg("variable"), py::arg("population"), py::arg("neurons") = py::none(), py::arg("interval_ms") = py::none(), py::arg("through") = "probe")
        .def("spikes", &spikes, py::arg("population"))
        .def("spike_counts", &spike_counts, py::arg("population"))
        .def("samples", &samples, py::arg("variable"), py::arg("population"), py::arg("neurons") = py::none())
        .def("clear", &Session::clear, py::arg("population"))
        .def("realised_weights", &realised_weights, py::arg("projection"))
        .def("realised_parameters", &realised_parameters, py::arg("population"))
        .def("clipped_parameters", &clipped_parameters, py::arg("population"))
        .def("losses", &losses)
        .def("lost_causes", &lost_causes, py::arg("projection"))
        .def("placement", &placement, py::arg("population"))
        .def("synapse_places", &synapse_places, py::arg("projection"))
        .def("summary", [](const Session& s) { return py::module_::import("json").attr("loads")(json_text(s.summary())); })
        .def("write", &Session::write, py::arg("folder"))
        .def("save_mapping", &Session::save_mapping, py::arg("path"), py::arg("list_synapses") = false)
        .def("statistics", &statistics)
        .def(
            "hicanns",
            [](const Session& s, std::size_t wafer) {
                std::vector<std::int64_t> enums;
                for (const auto& [hicann, chip] : s.wafer(wafer).hicanns)
                    enums.push_back(hicann.value());
                return to_array(enums);
            },
            py::arg("wafer") = 0)
        .def("bits", &bits, py::arg("hicann"), py::arg("name"), py::arg("wafer") = 0)
        .def("set_bits", &set_bits, py::arg("hicann"), py::arg("name"), py::arg("values"), py::arg("wafer") = 0)
        .def_static("bit_names", [] {
            py::dict names;
            for (const BitTable& table : bit_tables())
                names[py::str(table.name)] = py::tuple(py::cast(table.shape));
            return names;
        });
    session.attr("loss_causes") = py::tuple(causes);
}

}   // namespace bss::python
