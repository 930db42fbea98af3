#include "cli/calibration_store.hpp"

#include <cstdlib>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

namespace bss {

namespace fs = std::filesystem;

namespace {

/// A chip's table from its file; nothing where there is none that is whole and of these settings.
std::optional<ChipTable> stored(const fs::path& file, Hicann hicann, const TableInfo& info)
{
    std::error_code error;
    if (!fs::exists(file, error))
        return std::nullopt;
    try {
        Table table = read_table(file);
        const auto chip = table.chips.find(hicann);
        if (table.info == info && chip != table.chips.end())
            return std::move(chip->second);
    } catch (const InputError&) { // of another version, or damaged: made anew
    }
    return std::nullopt;
}

}   // namespace

fs::path cache_folder()
{
    if (const char* cache = std::getenv("BSS_CACHE"); cache && *cache)
        return cache;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
        return fs::path(cache) / "bss";
    const char* home = std::getenv("HOME");
    return fs::path(home && *home ? home : ".") / ".cache" / "bss";
}

CalibrationStore::CalibrationStore(const fs::path& folder, const TableInfo& info, const TraceRecorder& recorder)
    : folder_(folder / digest(info).substr(0, 16)), info_(info), recorder_(recorder)
{
}

Table CalibrationStore::calibrate(const std::shared_ptr<const Silicon>& silicon, std::span<const Hicann> hicanns, const std::function<void(double)>& progress,
                                  ProtocolTimes* times) const
{
    Table table{info_, {}};
    std::vector<Hicann> missing;
    const auto file_of = [&](Hicann hicann) { return folder_ / fmt::format("{}.h5", hicann.value()); };
    for (const Hicann hicann : hicanns) {
        if (auto chip = stored(file_of(hicann), hicann, info_))
            table.chips.emplace(hicann, std::move(*chip));
        else
            missing.push_back(hicann);
    }
    if (missing.empty())
        return table;
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error)
        throw RunError(fmt::format("{}: cannot be created: {}", folder_.string(), error.message()));
    std::mutex lock; // HDF5 is not for several threads at once
    std::size_t done = 0;
    const auto make = [&](Hicann which) {
        ProtocolTimes taken{};
        ChipTable chip = calibrate_chip(silicon, which, info_, recorder_, &taken);
        const std::lock_guard guard(lock);
        for (std::size_t q = 0; times && q < taken.size(); ++q)
            (*times)[q].seconds += taken[q].seconds, (*times)[q].lab_seconds += taken[q].lab_seconds;
        Table one{info_, {}};
        const Hicann hicann = chip.hicann;
        one.chips.emplace(hicann, std::move(chip));
        write_table(file_of(hicann), one);
        table.chips.merge(one.chips);
        progress(static_cast<double>(++done) / static_cast<double>(missing.size()));
    };
    progress(0.0);
    if (missing.size() < 2 * static_cast<std::size_t>(threads())) // few chips: the threads share each
        for (const Hicann hicann : missing)
            make(hicann);
    else
        parallel_for(missing.size(), [&](std::size_t k) { make(missing[k]); });
    return table;
}

}   // namespace bss
