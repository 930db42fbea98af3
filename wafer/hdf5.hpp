/// Small helpers over the HDF5 C interface: handles that close themselves, arrays in and out, errors that name the object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>

namespace bss::hdf5 {

/// Owns one HDF5 identifier of any kind.
class Handle {
public:
    Handle() = default;
    explicit Handle(hid_t id) : id_(id) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
    Handle& operator=(Handle&& other) noexcept
    {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Handle();
    operator hid_t() const { return id_; }
    bool valid() const { return id_ >= 0; }

private:
    hid_t id_ = -1;
};

template <class T>
hid_t native_type();
template <> inline hid_t native_type<std::int8_t>() { return H5T_NATIVE_INT8; }
template <> inline hid_t native_type<std::uint8_t>() { return H5T_NATIVE_UINT8; }
template <> inline hid_t native_type<std::int16_t>() { return H5T_NATIVE_INT16; }
template <> inline hid_t native_type<std::uint16_t>() { return H5T_NATIVE_UINT16; }
template <> inline hid_t native_type<std::int32_t>() { return H5T_NATIVE_INT32; }
template <> inline hid_t native_type<std::uint32_t>() { return H5T_NATIVE_UINT32; }
template <> inline hid_t native_type<std::int64_t>() { return H5T_NATIVE_INT64; }
template <> inline hid_t native_type<std::uint64_t>() { return H5T_NATIVE_UINT64; }
template <> inline hid_t native_type<float>() { return H5T_NATIVE_FLOAT; }
template <> inline hid_t native_type<double>() { return H5T_NATIVE_DOUBLE; }

using Shape = std::vector<hsize_t>;
std::size_t elements(const Shape& shape);

/// "file.h5: /group/name", for messages.
std::string where(hid_t object, std::string_view name = {});

// ---- writing; every function throws RunError when HDF5 cannot ------------------------------------------------------

Handle create_group(hid_t parent, const std::string& name);
namespace detail {
void write_dataset(hid_t parent, const std::string& name, hid_t type, const Shape& shape, const void* data, bool compress);
void write_attribute(hid_t object, const std::string& name, hid_t type, const Shape& shape, const void* data);
}
/// @param compress  deflate, chunked along the first axis
template <class T>
void write_dataset(hid_t parent, const std::string& name, const Shape& shape, const std::vector<T>& data, bool compress = false)
{
    detail::write_dataset(parent, name, native_type<T>(), shape, data.data(), compress);
}
template <class T>
void write_dataset(hid_t parent, const std::string& name, const std::vector<T>& data)
{
    write_dataset(parent, name, {data.size()}, data);
}
template <class T>
void write_attribute(hid_t object, const std::string& name, const T& value)
{
    detail::write_attribute(object, name, native_type<T>(), {}, &value);
}
void write_attribute(hid_t object, const std::string& name, const std::string& text);
void write_attribute(hid_t object, const std::string& name, const char* text);
void write_strings(hid_t parent, const std::string& name, const std::vector<std::string>& strings);

// ---- reading; every function throws InputError that names the object, what was expected and what was found ----------

Handle open_file(const std::filesystem::path& path);
Handle open_group(hid_t parent, const std::string& name);
bool exists(hid_t parent, const std::string& name);
std::vector<std::string> children(hid_t group);
Shape shape_of(hid_t parent, const std::string& name);
namespace detail {
void read_dataset(hid_t parent, const std::string& name, hid_t type, void* data);
void read_attribute(hid_t object, const std::string& name, hid_t type, void* data);
}
/// A whole dataset, converted to T; its shape too if asked for.
template <class T>
std::vector<T> read_dataset(hid_t parent, const std::string& name, Shape* shape = nullptr)
{
    const Shape found = shape_of(parent, name);
    std::vector<T> data(elements(found));
    detail::read_dataset(parent, name, native_type<T>(), data.data());
    if (shape)
        *shape = found;
    return data;
}
template <class T>
T read_attribute(hid_t object, const std::string& name)
{
    T value{};
    detail::read_attribute(object, name, native_type<T>(), &value);
    return value;
}
std::vector<std::string> read_strings(hid_t parent, const std::string& name);
bool has_attribute(hid_t object, const std::string& name);
std::string read_string_attribute(hid_t object, const std::string& name);

/// Writes a file aside and renames it once `fill` has returned: the path is either whole or untouched. The aside name does not end in .h5.
/// @throws RunError when the file cannot be written
void write_file(const std::filesystem::path& path, const std::function<void(hid_t file)>& fill);

}   // namespace bss::hdf5
