#include "cli/results.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "wafer/error.hpp"
#include "wafer/hdf5.hpp"

namespace bss {

namespace {

/// SONATA's `sorting` attribute is an HDF5 enumeration, which libsonata insists on.
void write_sorting_by_time(hid_t group)
{
    const hdf5::Handle type(H5Tenum_create(H5T_STD_U8LE));
    constexpr std::array names{"none", "by_id", "by_time"};
    for (std::uint8_t value = 0; value < names.size(); ++value)
        H5Tenum_insert(type, names[value], &value);
    const std::uint8_t by_time = 2;
    hdf5::detail::write_attribute(group, "sorting", type, {}, &by_time);
}

}   // namespace

void sort_by_time(PopulationSpikes& spikes)
{
    const auto earlier = [&](std::size_t a, std::size_t b) {
        return spikes.times_ms[a] != spikes.times_ms[b] ? spikes.times_ms[a] < spikes.times_ms[b] : spikes.node_ids[a] < spikes.node_ids[b];
    };
    std::vector<std::size_t> order(spikes.times_ms.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (std::is_sorted(order.begin(), order.end(), earlier))
        return;
    std::sort(order.begin(), order.end(), earlier);
    PopulationSpikes sorted{.population = spikes.population, .times_ms = {}, .node_ids = {}};
    sorted.times_ms.reserve(order.size());
    sorted.node_ids.reserve(order.size());
    for (std::size_t k : order) {
        sorted.times_ms.push_back(spikes.times_ms[k]);
        sorted.node_ids.push_back(spikes.node_ids[k]);
    }
    spikes = std::move(sorted);
}

void write_spikes(const std::filesystem::path& path, const std::vector<PopulationSpikes>& populations)
{
    hdf5::write_file(path, [&](hid_t file) {
        const hdf5::Handle root = hdf5::create_group(file, "spikes");
        for (const PopulationSpikes& spikes : populations) {
            const hdf5::Handle group = hdf5::create_group(root, spikes.population);
            write_sorting_by_time(group);
            hdf5::write_dataset(group, "timestamps", spikes.times_ms);
            hdf5::write_dataset(group, "node_ids", spikes.node_ids);
            const hdf5::Handle timestamps(H5Dopen2(group, "timestamps", H5P_DEFAULT));
            hdf5::write_attribute(timestamps, "units", "ms");
        }
    });
}

void write_reports(const std::filesystem::path& path, const std::string& units, const std::vector<Report>& reports)
{
    hdf5::write_file(path, [&](hid_t file) {
        const hdf5::Handle root = hdf5::create_group(file, "report");
        for (const Report& report : reports) {
            const hdf5::Handle group = hdf5::create_group(root, report.population);
            const std::size_t neurons = report.node_ids.size();
            hdf5::write_dataset(group, "data", {neurons == 0 ? 0 : report.data.size() / neurons, neurons}, report.data);
            const hdf5::Handle data(H5Dopen2(group, "data", H5P_DEFAULT));
            hdf5::write_attribute(data, "units", units);

            const hdf5::Handle mapping = hdf5::create_group(group, "mapping");
            std::vector<std::uint64_t> pointers(neurons + 1);
            std::iota(pointers.begin(), pointers.end(), std::uint64_t{0});
            hdf5::write_dataset(mapping, "node_ids", report.node_ids);
            const hdf5::Handle node_ids(H5Dopen2(mapping, "node_ids", H5P_DEFAULT));
            hdf5::write_attribute(node_ids, "sorted", std::uint8_t{1});
            hdf5::write_dataset(mapping, "index_pointers", pointers);
            hdf5::write_dataset(mapping, "element_ids", std::vector<std::uint32_t>(neurons, 0)); // one compartment
            hdf5::write_dataset(mapping, "time", std::vector<double>{0.0, report.stop_ms, report.step_ms});
            const hdf5::Handle time(H5Dopen2(mapping, "time", H5P_DEFAULT));
            hdf5::write_attribute(time, "units", "ms");
        }
    });
}

std::string_view name_of(Variable variable)
{
    constexpr std::array<std::string_view, 4> names{"v", "w", "gsyn_exc", "gsyn_inh"};
    return names[static_cast<std::size_t>(variable)];
}

std::string_view unit_of(Variable variable)
{
    constexpr std::array<std::string_view, 4> units{"mV", "nA", "uS", "uS"};
    return units[static_cast<std::size_t>(variable)];
}

void remove_results(const std::filesystem::path& folder)
{
    constexpr std::array<std::string_view, 12> names{"summary.json", "spikes.h5",  "v.h5",       "w.h5",      "gsyn_exc.h5",
                                                     "gsyn_inh.h5",  "mapping.h5", "raster.png", "wafer.png", "report.html",
                                                     "runs.csv",     "runs.png"};
    const auto ours = [&](const std::string& file) { // whole, or begun by a run that was killed: ".spikes.h5.4711.partial" (wafer/files.hpp)
        return std::any_of(names.begin(), names.end(),
                           [&](std::string_view name) { return file == name || (file.starts_with(fmt::format(".{}.", name)) && file.ends_with(".partial")); });
    };
    std::error_code failed;
    std::vector<std::filesystem::path> old;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
        if (ours(entry.path().filename().string()))
            old.push_back(entry.path());
    // summary.json says that the others are whole: it goes first
    std::partition(old.begin(), old.end(), [](const std::filesystem::path& path) { return path.filename() == "summary.json"; });
    for (std::size_t k = 0; k < old.size() && !failed; ++k)
        std::filesystem::remove(old[k], failed);
    if (failed)
        throw RunError(fmt::format("{}: old results cannot be removed: {}", folder.string(), failed.message()));
}

void remove_runs(const std::filesystem::path& folder, const std::function<bool(std::size_t run)>& keeps)
{
    std::error_code failed;
    std::vector<std::filesystem::path> old;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        const std::string name = entry.path().filename().string();
        const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
        const bool is_run = name.size() == 8 && name.starts_with("run-") && std::all_of(name.begin() + 4, name.end(), is_digit);
        if (is_run && entry.is_directory() && !entry.is_symlink() && !keeps(std::stoul(name.substr(4))))
            old.push_back(entry.path());
    }
    for (const auto& path : old) {
        remove_results(path);
        if (std::filesystem::is_empty(path, failed))
            std::filesystem::remove(path, failed);
    }
}

}   // namespace bss
