#include "cli/network_reader.hpp"
#include "pybindings/arrays.hpp"
#include "wafer/parallel.hpp"

namespace bss::python {
namespace {

std::map<std::string, Values> parameters_from(const py::dict& dict)
{
    std::map<std::string, Values> parameters;
    for (const auto& [name, value] : dict)
        parameters.emplace(name.cast<std::string>(), values(value, name.cast<std::string>()));
    return parameters;
}

/// One list for all, or (times, begin).
std::vector<std::vector<double>> trains_from(const py::object& object)
{
    if (!py::isinstance<py::tuple>(object))
        return {doubles(object, "spike_times")};
    const auto pair = object.cast<py::tuple>();
    if (pair.size() != 2)
        throw InputError("spike_times: expected times, or (times, begin)");
    const auto times = as_array<double>(pair[0], "spike_times");
    const auto begin = indices<std::uint64_t>(pair[1], "spike_times: begin");
    std::vector<std::vector<double>> trains;
    for (std::size_t k = 0; k + 1 < begin.size(); ++k) {
        if (begin[k] > begin[k + 1] || begin[k + 1] > static_cast<std::uint64_t>(times.size()))
            throw InputError("spike_times: expected begin to ascend to at most the number of times");
        trains.emplace_back(times.data() + begin[k], times.data() + begin[k + 1]);
    }
    return trains;
}

End end_from(const py::object& object, const NetworkBuilder& network, std::string_view name)
{
    const auto& populations = network.network().populations;
    const auto piece = [&](const py::handle& population, std::vector<std::uint32_t> members) {
        if (!is_number(population))
            throw InputError(fmt::format("{}: expected the number of a population, found {}", name, py::repr(population).cast<std::string>()));
        const auto index = population.cast<std::int64_t>();
        if (index < 0 || index >= static_cast<std::int64_t>(populations.size()))
            throw InputError(fmt::format("{}: expected a population below {}, found {}", name, populations.size(), index));
        const std::uint32_t size = members.empty() ? populations[static_cast<std::size_t>(index)].size : static_cast<std::uint32_t>(members.size());
        return Piece{static_cast<std::uint32_t>(index), std::move(members), size};
    };
    End end;
    if (is_number(object)) {
        end.pieces.push_back(piece(object, {}));
        return end;
    }
    for (const auto& item : object.cast<py::sequence>()) {
        const auto pair = item.cast<py::tuple>();
        bool nobody = false;
        auto list = members(pair[1], nobody);
        if (!nobody)
            end.pieces.push_back(piece(pair[0], std::move(list)));
    }
    return end;
}

ValueSpec spec_from(const py::object& object, std::string_view what)
{
    if (!py::isinstance<py::dict>(object)) {
        Values given = values(object, what);
        if (is_number(object) || py::cast<py::array>(object).ndim() == 0)
            return given.values[0];
        return std::move(given.values);
    }
    const auto dict = object.cast<py::dict>();
    const auto refuse = [&] {
        throw InputError(
            fmt::format("{}: expected uniform, normal or normal_clipped with their arguments, found {}", what, py::repr(object).cast<std::string>()));
    };
    if (dict.size() != 1)
        refuse();
    const auto name = py::cast<std::string>(dict.begin()->first);
    const auto arguments = py::cast<py::dict>(dict.begin()->second);
    const auto take = [&](const char* key, double& target) {
        if (arguments.contains(key))
            target = arguments[key].cast<double>();
    };
    if (name == "uniform") {
        Uniform uniform;
        take("low", uniform.low);
        take("high", uniform.high);
        return uniform;
    }
    if (name == "normal") {
        Normal normal;
        take("mu", normal.mu);
        take("sigma", normal.sigma);
        return normal;
    }
    if (name != "normal_clipped")
        refuse();
    NormalClipped clipped;
    take("mu", clipped.mu);
    take("sigma", clipped.sigma);
    take("low", clipped.low);
    take("high", clipped.high);
    return clipped;
}

std::optional<Plasticity> plasticity_from(const py::object& object)
{
    if (object.is_none())
        return std::nullopt;
    Plasticity plasticity{{{0.5}}, {{100.0}}, {{0.0}}};
    for (const auto& [name, value] : parameters_from(object.cast<py::dict>()))
        if (name == "U")
            plasticity.U = value;
        else if (name == "tau_rec")
            plasticity.tau_rec_ms = value;
        else if (name == "tau_facil")
            plasticity.tau_facil_ms = value;
        else
            throw InputError(fmt::format("stp: expected U, tau_rec, tau_facil, found {}", name));
    return plasticity;
}

Joint joint_from(const NetworkBuilder& network, const std::string& label, const py::object& pre, const py::object& post, const std::string& receptor,
                 const py::object& stp)
{
    if (receptor != "excitatory" && receptor != "inhibitory")
        throw InputError(fmt::format("projection {}: receptor: expected excitatory or inhibitory, found \"{}\"", label, receptor));
    return {label, end_from(pre, network, "pre"), end_from(post, network, "post"), receptor == "excitatory" ? Receptor::excitatory : Receptor::inhibitory,
            plasticity_from(stp)};
}

NativeConnector connector_from(const std::string& name, const py::dict& arguments)
{
    std::size_t known = 0;
    const auto take = [&](const char* key, auto standard, bool needed = false) {
        if (!arguments.contains(key)) {
            if (needed)
                throw InputError(fmt::format("connector {}: expected {}, found none", name, key));
            return standard;
        }
        ++known;
        try {
            return arguments[key].cast<decltype(standard)>();
        } catch (const py::cast_error&) {
            throw InputError(fmt::format("connector {}: {}: found {}", name, key, py::repr(arguments[key]).template cast<std::string>()));
        }
    };
    const auto n = [&](std::int64_t most) {
        const auto value = take("n", std::int64_t{0}, true);
        if (value < 0 || value > most)
            throw InputError(fmt::format("connector {}: n: expected a whole number from 0 to {}, found {}", name, most, value));
        return static_cast<std::uint64_t>(value);
    };
    constexpr std::int64_t most = static_cast<std::int64_t>(most_synapses);
    NativeConnector connector;
    const bool self = take("allow_self_connections", true);
    if (name == "AllToAll")
        connector = Connector(AllToAll{self});
    else if (name == "OneToOne")
        connector = Connector(OneToOne{});
    else if (name == "FixedProbability")
        connector = Connector(FixedProbability{take("p_connect", 0.0, true), self});
    else if (name == "FixedNumberPre")
        connector = Connector(FixedNumberPre{static_cast<std::uint32_t>(n(most)), take("with_replacement", false), self});
    else if (name == "FixedNumberPost")
        connector = Connector(FixedNumberPost{static_cast<std::uint32_t>(n(most)), take("with_replacement", false), self});
    else if (name == "FixedTotalNumber")
        connector = Connector(FixedTotalNumber{n(most), take("with_replacement", true), self});
    else if (name == "Probability") {
        const auto function = take("probability", py::function(), true);
        connector = ByPair{[function](std::uint32_t first, std::uint32_t last) {
                               const py::gil_scoped_acquire held;
                               const auto array = as_array<double>(function(first, last), "probability", 2);
                               return std::vector<double>(array.data(), array.data() + array.size());
                           },
                           self};
    } else
        throw InputError(fmt::format(
            "connector: expected AllToAll, OneToOne, FixedProbability, FixedNumberPre, FixedNumberPost, FixedTotalNumber or Probability, found \"{}\"", name));
    if (known != arguments.size())
        throw InputError(fmt::format("connector {}: unknown argument among {}", name, py::repr(arguments.attr("keys")()).cast<std::string>()));
    return connector;
}

std::uint32_t add_population(NetworkBuilder& network, const std::string& name, std::int64_t size, const std::string& cell, const py::dict& parameters,
                             const py::object& initial_v, const py::object& spike_times, bool on_wafer)
{
    if (size < 1 || size > static_cast<std::int64_t>(largest_population))
        throw InputError(fmt::format("population {}: size: expected {}, found {}", name, whole_expects(1, largest_population), size));
    Population population{.name = name, .size = static_cast<std::uint32_t>(size), .cell = cell_of(cell)};
    if (on_wafer && population.cell != CellType::SpikeSourcePoisson)
        throw InputError(fmt::format("population {}: only a SpikeSourcePoisson can be on the wafer", name));
    population.on_wafer = on_wafer;
    const auto wanted = parameters_from(parameters);
    NetworkBuilder trial(0);   // all is checked before anything is added
    trial.add_population(population);
    trial.set_parameters(0, wanted, {});
    if (!initial_v.is_none())
        trial.set_initial_v(0, values(initial_v, "initial_v"), {});
    if (!spike_times.is_none())
        trial.set_spike_times(0, trains_from(spike_times), {});
    return network.adopt_population(trial.network().populations[0]);
}

}   // namespace

CellType cell_of(const std::string& name)
{
    constexpr std::array cells{CellType::IF_cond_exp, CellType::EIF_cond_exp_isfa_ista, CellType::HardwareNeuron, CellType::SpikeSourceArray,
                               CellType::SpikeSourcePoisson};
    std::vector<std::string_view> names;
    for (const CellType cell : cells) {
        if (name_of(cell) == name)
            return cell;
        names.push_back(name_of(cell));
    }
    throw InputError(fmt::format("cell: expected one of {}, found \"{}\"", fmt::join(names, ", "), name));
}

void bind_network(py::module_& module)
{
    using N = NetworkBuilder;
    const py::dict empty;
    py::class_<N>(module, "Network")
        .def(py::init<std::uint64_t>(), py::arg("seed") = 42)
        .def_property(
            "seed", [](const N& n) { return n.network().seed; }, &N::set_seed)
        .def("population", &add_population, py::arg("name"), py::arg("size"), py::arg("cell"), py::arg("parameters") = empty, py::arg("initial_v") = py::none(),
             py::arg("spike_times") = py::none(), py::arg("on_wafer") = false)
        .def(
            "set_parameters",
            [](N& n, std::uint32_t population, const py::dict& parameters, const py::object& list) {
                bool nobody = false;
                const auto chosen = members(list, nobody);
                if (!nobody)
                    n.set_parameters(population, parameters_from(parameters), chosen);
            },
            py::arg("population"), py::arg("parameters"), py::arg("members") = py::none())
        .def(
            "parameter",
            [](const N& n, std::uint32_t population, const std::string& name) {
                const Population& p = n.population(population);
                const auto& table = parameters_of(p.cell);
                const auto known = std::find_if(table.begin(), table.end(), [&](const CellParameter& parameter) { return parameter.name == name; });
                if (known == table.end())
                    throw InputError(fmt::format("population {}: {} has no parameter {}", p.name, name_of(p.cell), name));
                std::vector<double> all(p.size);
                for (std::size_t k = 0; k < all.size(); ++k)
                    all[k] = p.parameters[static_cast<std::size_t>(known - table.begin())][k];
                return to_array(all);
            },
            py::arg("population"), py::arg("name"))
        .def(
            "set_initial_v",
            [](N& n, std::uint32_t population, const py::object& v, const py::object& list) {
                bool nobody = false;
                const auto chosen = members(list, nobody);
                if (!nobody)
                    n.set_initial_v(population, values(v, "initial_v"), chosen);
            },
            py::arg("population"), py::arg("initial_v"), py::arg("members") = py::none())
        .def(
            "set_current",
            [](N& n, std::uint32_t population, const py::object& nanoampere, int pulse_length, bool continuous, const py::object& list) {
                bool nobody = false;
                const auto chosen = members(list, nobody);
                std::optional<CurrentWaveform> current;
                if (!nanoampere.is_none()) {
                    const auto samples = doubles(nanoampere, "current");
                    current.emplace();
                    if (samples.size() != current->nanoampere.size())
                        throw InputError(fmt::format("current: expected {} samples, found {}", current->nanoampere.size(), samples.size()));
                    std::copy(samples.begin(), samples.end(), current->nanoampere.begin());
                    current->continuous = continuous;
                    current->pulse_length = static_cast<std::uint8_t>(std::clamp(pulse_length, 0, 255));
                }
                if (!nobody)
                    n.set_current(population, current, chosen);
            },
            py::arg("population"), py::arg("nanoampere"), py::arg("pulse_length") = 15, py::arg("continuous") = true, py::arg("members") = py::none())
        .def(
            "set_spike_times",
            [](N& n, std::uint32_t population, const py::object& times, const py::object& list) {
                bool nobody = false;
                const auto chosen = members(list, nobody);
                if (!nobody)
                    n.set_spike_times(population, trains_from(times), chosen);
            },
            py::arg("population"), py::arg("spike_times"), py::arg("members") = py::none())
        .def(
            "connect",
            [](N& n, const std::string& label, const py::object& pre, const py::object& post, const std::string& receptor, const std::string& connector,
               const py::dict& arguments, const py::object& weight, const py::object& delay, const py::object& stp, std::optional<std::uint64_t> seed) {
                Joint joint = joint_from(n, label, pre, post, receptor, stp);
                const NativeConnector native = connector_from(connector, arguments);
                const ValueSpec weights = spec_from(weight, "weight");
                const auto delays = delay.is_none() ? std::nullopt : std::optional(spec_from(delay, "delay"));
                const py::gil_scoped_release released;
                return n.connect(std::move(joint), native, weights, delays, seed);
            },
            py::arg("label"), py::arg("pre"), py::arg("post"), py::arg("receptor"), py::arg("connector"), py::arg("arguments") = empty, py::arg("weight") = 0.0,
            py::arg("delay") = py::none(), py::arg("stp") = py::none(), py::arg("seed") = py::none())
        .def(
            "projection",
            [](N& n, const std::string& label, const py::object& pre, const py::object& post, const std::string& receptor, const py::object& pre_index,
               const py::object& post_index, const py::object& weight, const py::object& delay, const py::object& stp) {
                Joint joint = joint_from(n, label, pre, post, receptor, stp);
                auto sources = indices<std::uint32_t>(pre_index, "pre_index"), targets = indices<std::uint32_t>(post_index, "post_index");
                Values weights = values(weight, "weight");
                auto delays = delay.is_none() ? std::nullopt : std::optional(values(delay, "delay"));
                const py::gil_scoped_release released;
                return n.add_projection(std::move(joint), std::move(sources), std::move(targets), std::move(weights), std::move(delays));
            },
            py::arg("label"), py::arg("pre"), py::arg("post"), py::arg("receptor"), py::arg("pre_index"), py::arg("post_index"), py::arg("weight") = 0.0,
            py::arg("delay") = py::none(), py::arg("stp") = py::none())
        .def(
            "size", [](const N& n, std::uint32_t p) { return n.synapses(p).size(); }, py::arg("projection"))
        .def(
            "pairs", [](const N& n, std::uint32_t p) { return py::make_tuple(to_array(n.synapses(p).pre_neuron), to_array(n.synapses(p).post_neuron)); },
            py::arg("projection"))
        .def(
            "weights", [](const N& n, std::uint32_t p) { return to_object(n.synapses(p).weight); }, py::arg("projection"))
        .def(
            "delays", [](const N& n, std::uint32_t p) { return n.synapses(p).delay_given ? to_object(n.synapses(p).delay_ms) : py::none(); },
            py::arg("projection"))
        .def(
            "stp",
            [](const N& n, std::uint32_t p) -> py::object {
                const auto& plasticity = n.joint(p).plasticity;
                if (!plasticity)
                    return py::none();
                return py::dict(py::arg("U") = to_object(plasticity->U), py::arg("tau_rec") = to_object(plasticity->tau_rec_ms),
                                py::arg("tau_facil") = to_object(plasticity->tau_facil_ms));
            },
            py::arg("projection"))
        .def(
            "set_weights",
            [](N& n, std::uint32_t p, const py::object& weight, const py::object& synapses) {
                const auto places = synapses.is_none() ? std::vector<std::uint64_t>() : indices<std::uint64_t>(synapses, "synapses");
                if (synapses.is_none() || !places.empty())
                    n.set_weights(p, spec_from(weight, "weight"), places);
            },
            py::arg("projection"), py::arg("weight"), py::arg("synapses") = py::none())
        .def(
            "set_delays",
            [](N& n, std::uint32_t p, const py::object& delay, const py::object& synapses) {
                const auto places = synapses.is_none() ? std::vector<std::uint64_t>() : indices<std::uint64_t>(synapses, "synapses");
                if (synapses.is_none() || !places.empty())
                    n.set_delays(p, spec_from(delay, "delay"), places);
            },
            py::arg("projection"), py::arg("delay"), py::arg("synapses") = py::none())
        .def(
            "set_stp",
            [](N& n, std::uint32_t p, const py::object& stp) {
                if (auto plasticity = plasticity_from(stp))
                    n.set_plasticity(p, std::move(*plasticity));
            },
            py::arg("projection"), py::arg("stp"))
        .def("smallest_delay", &N::smallest_delay_ms);
}

}   // namespace bss::python
