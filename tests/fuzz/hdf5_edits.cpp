#include "hdf5_edits.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstring>

namespace bss::fuzz {
namespace {

struct Names {
    std::vector<std::string> datasets, links;
};

herr_t note(hid_t, const char* name, const H5L_info_t*, void* into)
{
    static_cast<Names*>(into)->links.emplace_back(name);
    return 0;
}

Names names_of(hid_t file)
{
    Names names;
    H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, note, &names);
    for (const std::string& link : names.links)
        if (const hid_t object = H5Oopen(file, link.c_str(), H5P_DEFAULT); object >= 0) {
            if (H5Iget_type(object) == H5I_DATASET)
                names.datasets.push_back(link);
            H5Oclose(object);
        }
    return names;
}

/// Puts a value into a place of a dataset, or over all of it.
void overwrite(hid_t file, const std::string& name, std::size_t at, std::uint32_t value, bool everywhere)
{
    const hid_t dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT), space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    const auto size = H5Tget_size(type), elements = static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space)));
    if (elements > 0 && H5Tis_variable_str(type) <= 0) {
        std::vector<std::uint8_t> data(size * elements);
        H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data());
        const auto put = [&](std::size_t element) { std::memcpy(&data[element * size], &value, std::min(size, sizeof value)); };
        if (everywhere)
            for (std::size_t k = 0; k < elements; ++k)
                put(k);
        else
            put(at % elements);
        H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data());
    }
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dataset);
}

/// A dataset of another length or type in the place of one.
void replace(hid_t file, const std::string& name, std::size_t length, hid_t type)
{
    H5Ldelete(file, name.c_str(), H5P_DEFAULT);
    const hsize_t extent = length;
    const hid_t space = H5Screate_simple(1, &extent, nullptr), dataset = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (dataset >= 0)
        H5Dclose(dataset);
    H5Sclose(space);
}

void set_attributes(hid_t file, const std::string& name, std::uint32_t value, bool remove)
{
    const hid_t object = H5Oopen(file, name.c_str(), H5P_DEFAULT);
    const int count = H5Aget_num_attrs(object);
    if (count > 0) {
        const hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, value % static_cast<std::uint32_t>(count), H5P_DEFAULT, H5P_DEFAULT);
        char attribute_name[64] = {};
        H5Aget_name(attribute, sizeof attribute_name, attribute_name);
        const hid_t type = H5Aget_type(attribute);
        if (!remove && H5Tget_class(type) != H5T_STRING) {
            std::vector<std::uint8_t> data(std::max<std::size_t>(H5Aget_storage_size(attribute), sizeof value));
            std::memcpy(data.data(), &value, sizeof value);
            H5Awrite(attribute, type, data.data());
        }
        H5Tclose(type);
        H5Aclose(attribute);
        if (remove)
            H5Adelete(object, attribute_name);
    }
    H5Oclose(object);
}

}   // namespace

void edit(const std::filesystem::path& path, Bytes changes)
{
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    constexpr std::size_t bytes_a_change = 8, most_changes = 16;
    for (std::size_t k = 0; k + bytes_a_change <= std::min(changes.size(), most_changes * bytes_a_change); k += bytes_a_change) {
        const Names names = names_of(file);
        if (names.datasets.empty())
            break;
        const std::string& dataset = names.datasets[(changes[k + 1] + 256u * changes[k + 2]) % names.datasets.size()];
        const std::string& link = names.links[(changes[k + 1] + 256u * changes[k + 2]) % names.links.size()];
        const std::size_t at = changes[k + 3];
        std::uint32_t value = 0;
        std::memcpy(&value, &changes[k + 4], sizeof value);
        switch (changes[k] % 8) {
        case 0:
        case 1:
            overwrite(file, dataset, at, value, false);
            break;
        case 2:
            overwrite(file, dataset, at, value, true);
            break;
        case 3:
            H5Ldelete(file, link.c_str(), H5P_DEFAULT);
            break;
        case 4:
            replace(file, dataset, at, H5T_STD_I32LE);
            break;
        case 5:
            replace(file, dataset, at, value % 2 ? H5T_IEEE_F64LE : H5T_STD_U64LE);
            break;
        case 6:
            set_attributes(file, link, value, false);
            break;
        default:
            set_attributes(file, link, value, true);
        }
    }
    H5Fclose(file);
}

}   // namespace bss::fuzz
