/// Between NumPy's arrays and ours: arrays are copied once on the way in, and those that go out are the caller's own.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "pybindings/network.hpp"
#include "wafer/error.hpp"

namespace bss::python {

namespace py = pybind11;

/// As an exception of ours: what cannot be converted is the user's mistake too.
template <class T>
py::array_t<T> as_array(const py::handle& object, std::string_view what, int dimensions = 1)
{
    auto array = py::array_t<T, py::array::c_style | py::array::forcecast>::ensure(object);
    if (!array) {
        PyErr_Clear();
        throw InputError(fmt::format("{}: expected an array of numbers, found {}", what, py::repr(object).cast<std::string>().substr(0, 80)));
    }
    if (dimensions >= 0 && array.ndim() != dimensions)
        throw InputError(fmt::format("{}: expected an array of {} dimension(s), found {}", what, dimensions, array.ndim()));
    return array;
}

inline std::vector<double> doubles(const py::handle& object, std::string_view what)
{
    const auto array = as_array<double>(object, what);
    return {array.data(), array.data() + array.size()};
}

/// Whole numbers from 0 on. Throws for fractions, and for anything beyond `T`.
template <class T>
std::vector<T> indices(const py::handle& object, std::string_view what)
{
    const auto given = py::array::ensure(object);
    if (given && given.dtype().kind() == 'f' && given.size() > 0)
        throw InputError(fmt::format("{}: expected whole numbers, found floating-point ones", what));
    const auto array = as_array<std::int64_t>(object, what);
    std::vector<T> result(static_cast<std::size_t>(array.size()));
    const std::int64_t* data = array.data();
    for (std::size_t k = 0; k < result.size(); ++k) {
        if (data[k] < 0 || static_cast<std::uint64_t>(data[k]) > std::numeric_limits<T>::max())
            throw InputError(fmt::format("{}: expected whole numbers from 0 on, found {}", what, data[k]));
        result[k] = static_cast<T>(data[k]);
    }
    return result;
}

/// Nothing for None.
inline std::optional<std::vector<std::uint32_t>> neurons(const py::object& object)
{
    if (object.is_none())
        return std::nullopt;
    return indices<std::uint32_t>(object, "neurons");
}

/// Members of a population: None for all; an empty list means nobody, which nothing can be done to.
inline std::vector<std::uint32_t> members(const py::object& object, bool& nobody)
{
    const auto list = neurons(object);
    nobody = list && list->empty();
    return list.value_or(std::vector<std::uint32_t>());
}

inline bool is_number(const py::handle& object)
{
    return PyFloat_Check(object.ptr()) || PyLong_Check(object.ptr()) || (PyIndex_Check(object.ptr()) && !py::isinstance<py::array>(object));
}

/// One value for all, or one for each.
inline Values values(const py::handle& object, std::string_view what)
{
    if (is_number(object))
        return {{object.cast<double>()}};
    const auto array = as_array<double>(object, what, -1);
    if (array.ndim() > 1)
        throw InputError(fmt::format("{}: expected a number, or an array of one dimension, found {}", what, array.ndim()));
    std::vector<double> list(array.data(), array.data() + array.size());
    return {std::move(list)};
}

template <class T>
py::array_t<T> to_array(const std::vector<T>& values)
{
    return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

/// The values as a caller sees them: a number where one holds for all.
inline py::object to_object(const Values& values)
{
    if (values.uniform())
        return py::float_(values.values[0]);
    return to_array(values.values);
}

/// By PyNN's name. @throws InputError
CellType cell_of(const std::string& name);

void bind_network(py::module_& module);
void bind_session(py::module_& module);

}   // namespace bss::python
