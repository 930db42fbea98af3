/// Calibrates chips of simulated silicon on benches, and says how good the outcome is.
#pragma once

#include <functional>
#include <memory>

#include "kernels/membrane_traces.hpp"
#include "table.hpp"
#include "wafer/silicon.hpp"

namespace bss {

/// The device and operating point that a calibration is for. @param imperfections  those that change what circuits are
TableInfo table_info(const Silicon& silicon, CalibrationMode mode, OperatingMode operating);

/// What protocols took, here and on the real bench.
struct ProtocolTime {
    double seconds = 0, lab_seconds = 0;
};
using ProtocolTimes = std::array<ProtocolTime, quantity_count>;    ///< by the quantity that a protocol is named after

/// All protocols of a mode, in order, on one chip. Deterministic, at any number of threads and whatever other chips are calibrated.
/// @param recorder  of the bench's traces: the same table with each
/// @param times     its times are added
ChipTable calibrate_chip(const std::shared_ptr<const Silicon>& silicon, Hicann hicann, const TableInfo& info, const TraceRecorder& recorder = {}, ProtocolTimes* times = nullptr);

/// How far circuits are from what was asked for, one quantity.
struct QualityReport {
    Quantity quantity{};
    std::size_t circuits = 0, good = 0;
    std::size_t out_of_reach = 0;                   ///< targets that a circuit cannot do, as its transform knows; fast mode: not among the errors
    std::array<std::size_t, 16> failed{};           ///< [Reason]
    /// One entry a circuit and target, in the unit of the report (mV or %). Only circuits with a transform.
    struct Error {
        Hicann hicann;
        std::uint16_t circuit = 0;
        float target = 0;                           ///< SI
        float error = 0;                            ///< realised - target
        float predicted = 0, sigma = 0;             ///< the same as the table states it: whole DACs, what is left of a pull; its standard deviation (0: nothing)
    };
    std::vector<Error> errors;
    std::vector<float> uncalibrated, oracle;        ///< errors with nominal curves, of all sound circuits, and with the true ones; deviations from each target's mean

    struct Summary {
        double yield = 0, sigma_uncalibrated = 0, bias = 0, sigma = 0, p95 = 0, oracle_sigma = 0, within_1_sigma = 0, within_2_sigma = 0;
    };
    Summary summary() const;
};

/// Writes the evaluation targets (calibration.md §1.8, docs/calibration.md) through the table, and compares with what the circuits then are. Unlike
/// everything that calibrates, this reads the truth.
std::vector<QualityReport> evaluate(const std::shared_ptr<const Silicon>& silicon, const Table& table);

}   // namespace bss
