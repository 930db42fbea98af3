/// bss._core: networks and sessions for Python (bss/_core.pyi has every name with its meaning).
#include <new>

#include "cli/parameter_checks.hpp"
#include "cli/settings.hpp"
#include "cli/summary.hpp"
#include "cli/yaml_reader.hpp"
#include "pybindings/arrays.hpp"
#include "pybindings/session.hpp"
#include "wafer/parallel.hpp"

namespace bss::python {
namespace {

void bind_errors(py::module_& module)
{
    static const py::exception<InputError> input(module, "InputError", PyExc_ValueError);
    static const py::exception<RunError> run(module, "RunError", PyExc_RuntimeError);
    static PyObject* loss = py::exception<LimitError>(module, "SynapseLossError", PyExc_RuntimeError).release().ptr();
    static PyObject* strict = py::exception<LimitError>(module, "StrictError", PyExc_RuntimeError).release().ptr();
    py::register_exception_translator([](std::exception_ptr pointer) {
        try {
            std::rethrow_exception(pointer);
        } catch (const InputError& error) {
            PyErr_SetString(input.ptr(), error.what());
        } catch (const RunError& error) {
            PyErr_SetString(run.ptr(), error.what());
        } catch (const LimitError& error) {
            PyErr_SetString(error.synapse_loss ? loss : strict, error.what());
        } catch (const std::bad_alloc&) {
            PyErr_SetString(run.ptr(), "out of memory");
        }
    });
}

}   // namespace

PYBIND11_MODULE(_core, module)
{
    bind_errors(module);
    module.attr("__version__") = std::string(project_version());
    module.def(
        "cell_parameters",
        [](const std::string& cell) {
            py::dict table;
            for (const CellParameter& parameter : parameters_of(cell_of(cell)))
                table[py::str(std::string(parameter.name))] = py::make_tuple(parameter.standard, std::string(parameter.unit), expects(parameter));
            return table;
        },
        py::arg("cell"));
    module.def("setting_keys", [] {
        py::dict keys;
        for (const auto& [key, expects] : setting_keys())
            keys[py::str(key)] = expects;
        return keys;
    });
    module.def(
        "check_settings", [](const std::string& settings, const std::string& name) { read_settings(settings, name); }, py::arg("settings"),
        py::arg("name") = "settings");
    module.def(
        "set_threads", [](int count) { set_threads(count); }, py::arg("count"));
    module.def(
        "closest", [](const std::string& word, const std::vector<std::string>& known) { return closest(word, known); }, py::arg("word"), py::arg("known"));
    bind_network(module);
    bind_session(module);
}

}   // namespace bss::python
