#include "calibrate.hpp"

#include <chrono>

#include "protocol/protocol.hpp"
#include "silicon_bench.hpp"

namespace bss {

TableInfo table_info(const Silicon& silicon, CalibrationMode mode, OperatingMode operating)
{
    TableInfo info;
    info.wafer_id = silicon.wafer_id();
    info.technology = silicon.technology().name;
    info.technology_sha256 = silicon.technology().sha256;
    const Imperfections& on = silicon.imperfections();
    for (const auto& s : imperfection_switches)
        for (const std::string_view name : {"fixed_pattern", "rewrite", "temporal_noise", "weight_mismatch", "saturation", "readout"})
            if (s.name == name && on.*s.value)
                info.imperfections += (info.imperfections.empty() ? "" : " ") + std::string(name);
    info.mode = mode;
    info.operating = operating;
    return info;
}

ChipTable calibrate_chip(const std::shared_ptr<const Silicon>& silicon, Hicann hicann, const TableInfo& info, const TraceRecorder& recorder, ProtocolTimes* times)
{
    const Datasheet datasheet = datasheet_of(*silicon, info.operating);
    const auto bench = silicon_bench(silicon, hicann, info.seed, recorder);
    ChipTable table;
    table.hicann = hicann;
    Lab lab{*bench, datasheet, table};
    lab.adc_rate_hz = bench->adc_rate_hz();
    for (const auto& protocol : info.mode == CalibrationMode::lab ? lab_protocols() : fast_protocols(info.adaptive)) {
        const auto begin = std::chrono::steady_clock::now();
        const double lab_begin = bench->lab_seconds();
        run(*protocol, lab);
        if (times) {
            ProtocolTime& time = (*times)[static_cast<std::size_t>(protocol->quantity())];
            time.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            time.lab_seconds += bench->lab_seconds() - lab_begin;
        }
    }
    table.lab_seconds = bench->lab_seconds();
    return table;
}

}   // namespace bss
