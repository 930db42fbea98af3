#include "hdf5.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "error.hpp"
#include "files.hpp"

namespace bss::hdf5 {
namespace {

/// HDF5 prints its error stack by default; our messages say what matters. Its clean-up at exit crashes on files that could not be closed (disk full);
/// ours are closed by their handles.
const bool quiet = (H5dont_atexit(), H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr), true);

template <class Result>
Result written(Result result, hid_t object, std::string_view name)
{
    if (result < 0)
        throw RunError(fmt::format("{}: cannot be written", where(object, name)));
    return result;
}

Handle space_of(const Shape& shape)
{
    return Handle(shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
}

Handle string_type(std::size_t size)
{
    Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

Handle open_dataset(hid_t parent, const std::string& name)
{
    Handle set(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
    if (!set.valid())
        throw InputError(fmt::format("{}: expected a dataset, found none", where(parent, name)));
    return set;
}

}   // namespace

Handle::~Handle()
{
    if (id_ >= 0)
        H5Idec_ref(id_);
}

std::size_t elements(const Shape& shape) { return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()); }

std::string where(hid_t object, std::string_view name)
{
    const auto text = [](auto get) {
        std::string s(static_cast<std::size_t>(std::max<ssize_t>(get(nullptr, 0), 0)), '\0');
        if (!s.empty())
            get(s.data(), s.size() + 1);
        return s;
    };
    const std::string file = text([&](char* buffer, std::size_t size) { return H5Fget_name(object, buffer, size); });
    std::string path = text([&](char* buffer, std::size_t size) { return H5Iget_name(object, buffer, size); });
    if (!name.empty())
        path += (path.empty() || path.back() != '/' ? "/" : "") + std::string(name);
    return fmt::format("{}: {}", file, path);
}

Handle create_group(hid_t parent, const std::string& name)
{
    return Handle(written(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), parent, name));
}

namespace detail {

void write_dataset(hid_t parent, const std::string& name, hid_t type, const Shape& shape, const void* data, bool compress)
{
    const Handle space = space_of(shape);
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_obj_track_times(properties, false);          // equal content, equal bytes
    if (compress && !shape.empty() && elements(shape) > 0) {
        constexpr hsize_t chunk_elements = 1 << 17;     // many tiny chunks cost minutes, huge ones memory
        Shape chunk = shape;
        chunk[0] = std::clamp<hsize_t>(chunk_elements / std::max<hsize_t>(elements(shape) / shape[0], 1), 1, shape[0]);
        H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
        H5Pset_deflate(properties, 1);
    }
    const Handle set(written(H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT), parent, name));
    if (elements(shape) > 0)
        written(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), parent, name);
}

void write_attribute(hid_t object, const std::string& name, hid_t type, const Shape& shape, const void* data)
{
    const Handle space = space_of(shape);
    const Handle attribute(written(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), object, name));
    written(H5Awrite(attribute, type, data), object, name);
}

void read_dataset(hid_t parent, const std::string& name, hid_t type, void* data)
{
    const Handle set = open_dataset(parent, name);
    if (data && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        throw InputError(fmt::format("{}: expected numbers that can be read, found something else", where(parent, name)));
}

void read_attribute(hid_t object, const std::string& name, hid_t type, void* data)
{
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
    if (!attribute.valid() || H5Aread(attribute, type, data) < 0)
        throw InputError(fmt::format("{}: expected an attribute \"{}\", found none that can be read", where(object), name));
}

}   // namespace detail

void write_attribute(hid_t object, const std::string& name, const std::string& text)
{
    detail::write_attribute(object, name, string_type(std::max<std::size_t>(text.size(), 1)), {}, text.data());
}
void write_attribute(hid_t object, const std::string& name, const char* text) { write_attribute(object, name, std::string(text)); }

void write_strings(hid_t parent, const std::string& name, const std::vector<std::string>& strings)
{
    std::size_t longest = 1;
    for (const auto& s : strings)
        longest = std::max(longest, s.size());
    std::vector<char> bytes(longest * strings.size(), '\0');
    for (std::size_t k = 0; k < strings.size(); ++k)
        std::copy(strings[k].begin(), strings[k].end(), bytes.begin() + static_cast<std::ptrdiff_t>(k * longest));
    detail::write_dataset(parent, name, string_type(longest), {strings.size()}, bytes.data(), false);
}

std::vector<std::string> read_strings(hid_t parent, const std::string& name)
{
    const Handle set = open_dataset(parent, name);
    const Handle type(H5Dget_type(set));
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0)
        throw InputError(fmt::format("{}: expected strings of a fixed length, found something else", where(parent, name)));
    const std::size_t longest = H5Tget_size(type);
    std::vector<char> bytes(longest * elements(shape_of(parent, name)));
    detail::read_dataset(parent, name, type, bytes.data());
    std::vector<std::string> strings;
    for (std::size_t k = 0; k < bytes.size(); k += longest)
        strings.emplace_back(bytes.data() + k, strnlen(bytes.data() + k, longest));
    return strings;
}

Handle open_file(const std::filesystem::path& path)
{
    if (!std::filesystem::exists(path))
        throw InputError(fmt::format("{}: expected an HDF5 file, found no file", path.string()));
    Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    if (!file.valid())
        throw InputError(fmt::format("{}: expected an HDF5 file, found something else", path.string()));
    return file;
}

Handle open_group(hid_t parent, const std::string& name)
{
    Handle group(H5Gopen2(parent, name.c_str(), H5P_DEFAULT));
    if (!group.valid())
        throw InputError(fmt::format("{}: expected a group, found none", where(parent, name)));
    return group;
}

bool exists(hid_t parent, const std::string& name)
{
    // H5Lexists wants every part of the path before the last one to exist.
    for (std::size_t slash = name.find('/', 1);; slash = name.find('/', slash + 1)) {
        if (H5Lexists(parent, name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0)
            return false;
        if (slash == std::string::npos)
            return true;
    }
}

std::vector<std::string> children(hid_t group)
{
    std::vector<std::string> names;
    H5Literate(
        group, H5_INDEX_NAME, H5_ITER_INC, nullptr,
        [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
            static_cast<std::vector<std::string>*>(list)->emplace_back(name);
            return 0;
        },
        &names);
    return names;
}

Shape shape_of(hid_t parent, const std::string& name)
{
    const Handle set = open_dataset(parent, name);
    const Handle space(H5Dget_space(set));
    Shape shape(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space), 0)));
    H5Sget_simple_extent_dims(space, shape.data(), nullptr);
    return shape;
}

bool has_attribute(hid_t object, const std::string& name) { return H5Aexists(object, name.c_str()) > 0; }

std::string read_string_attribute(hid_t object, const std::string& name)
{
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
    const Handle type(attribute.valid() ? H5Aget_type(attribute) : -1);
    if (!type.valid() || H5Tget_class(type) != H5T_STRING)
        throw InputError(fmt::format("{}: expected a text attribute \"{}\", found none", where(object), name));
    if (H5Tis_variable_str(type) > 0) {
        char* text = nullptr;
        const Handle memory = string_type(H5T_VARIABLE);
        if (H5Aread(attribute, memory, &text) < 0 || !text)
            throw InputError(fmt::format("{}: attribute \"{}\" cannot be read", where(object), name));
        std::string result(text);
        H5free_memory(text);
        return result;
    }
    std::string text(H5Tget_size(type), '\0');
    H5Aread(attribute, type, text.data());
    return text.substr(0, text.find('\0'));
}

void write_file(const std::filesystem::path& path, const std::function<void(hid_t)>& fill)
{
    write_aside(path, [&](const std::filesystem::path& aside) {
        const Handle file(H5Fcreate(aside.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        if (!file.valid())
            throw RunError(fmt::format("{}: cannot be written", path.string()));
        fill(file);
        if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
            throw RunError(fmt::format("{}: cannot be written (disk full?)", path.string()));
    });
}

}   // namespace bss::hdf5
