/// Calibrating many chips: in parallel, each finished one kept in a folder, so that nothing is done twice.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>

#include "calibration/calibrate.hpp"

namespace bss {

/// Tables of chips that are there already, a file a chip, below a folder of their device and settings.
class CalibrationStore {
public:
    /// @param folder  gets a folder named by digest(info)
    CalibrationStore(const std::filesystem::path& folder, const TableInfo& info, const TraceRecorder& recorder = {});
    /// Takes the chips that are there, makes the others and keeps them. @param progress  told the finished fraction, from any thread
    /// @param times  those of the chips that are made are added
    Table calibrate(const std::shared_ptr<const Silicon>& silicon, std::span<const Hicann> hicanns, const std::function<void(double)>& progress, ProtocolTimes* times = nullptr) const;
    const std::filesystem::path& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
    TableInfo info_;
    TraceRecorder recorder_;
};

/// $BSS_CACHE, or ~/.cache/bss.
std::filesystem::path cache_folder();

}   // namespace bss
