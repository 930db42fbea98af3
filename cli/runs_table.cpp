#include "cli/runs_table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bss {

namespace {

/// A field of a CSV file (RFC 4180).
std::string field(std::string_view text)
{
    if (text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string quoted = "\"";
    for (const char letter : text)
        quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    return quoted + "\"";
}

template <class Value>
std::string field(const std::optional<Value>& value)
{
    return value ? fmt::format("{}", *value) : std::string();
}

std::string setting(const RunRow& row, const std::string& key)
{
    const auto found = row.settings.find(key);
    return found == row.settings.end() ? std::string() : found->second;
}

}   // namespace

std::string run_name(std::size_t run) { return fmt::format("run-{:04}", run); }

std::string_view state_of(ExitCode code)
{
    switch (code) {
    case ExitCode::done: return "done";
    case ExitCode::interrupted: return "interrupted";
    case ExitCode::limit_exceeded: return "limit_exceeded";
    case ExitCode::failed:
    case ExitCode::wrong_input: break;
    }
    return "failed";
}

RunRow make_row(std::size_t run, const std::map<std::string, std::string>& settings, ExitCode code, const Json& summary)
{
    RunRow row{.run = run, .settings = settings, .code = code, .rates_hz = {}, .synapses_lost = {}, .spikes_lost = {}, .seconds = {}};
    if (summary.is_null())
        return row;
    if (const Json& mapping = summary["mapping"]; !mapping.is_null())
        row.synapses_lost = mapping["synapses_lost"].get<std::uint64_t>();
    if (summary["run"].is_null())
        return row;
    for (const auto& [name, population] : summary["populations"].items())
        row.rates_hz.emplace_back(name, population["rate_hz"].get<double>());
    row.spikes_lost = 0;
    for (const auto& [where, count] : summary["spikes_lost"].items())
        *row.spikes_lost += count.get<std::uint64_t>();
    row.seconds = summary["run"]["seconds"].get<double>();
    return row;
}

std::string runs_csv(const std::vector<std::string>& varied, const std::vector<RunRow>& rows)
{
    std::vector<std::string> populations; // a sweep over networks has different ones
    for (const RunRow& row : rows)
        for (const auto& [name, rate] : row.rates_hz)
            if (std::find(populations.begin(), populations.end(), name) == populations.end())
                populations.push_back(name);

    std::string text = "run";
    for (const std::string& key : varied)
        text += "," + field(key);
    text += ",state,exit_code";
    for (const std::string& name : populations)
        text += "," + field("rate_hz." + name);
    text += ",synapses_lost,spikes_lost,seconds\n";
    for (const RunRow& row : rows) {
        text += run_name(row.run);
        for (const std::string& key : varied)
            text += "," + field(setting(row, key));
        text += fmt::format(",{},{}", state_of(row.code), static_cast<int>(row.code));
        for (const std::string& name : populations) {
            const auto rate = std::find_if(row.rates_hz.begin(), row.rates_hz.end(), [&](const auto& r) { return r.first == name; });
            text += rate == row.rates_hz.end() ? "," : fmt::format(",{}", rate->second);
        }
        text += fmt::format(",{},{},{}\n", field(row.synapses_lost), field(row.spikes_lost), field(row.seconds));
    }
    return text;
}

std::string runs_line(const std::vector<std::string>& varied, const RunRow& row)
{
    std::string text = run_name(row.run);
    for (const std::string& key : varied)
        if (const std::string value = setting(row, key); !value.empty())
            text += fmt::format("  {}={}", key, value);
    text += fmt::format("  {}", state_of(row.code));
    if (row.seconds)
        text += fmt::format(" in {:.2f} s", *row.seconds);
    if (row.synapses_lost)
        text += fmt::format(", {} synapses lost", *row.synapses_lost);
    constexpr std::size_t most_shown = 6;
    for (std::size_t k = 0; k < std::min(row.rates_hz.size(), most_shown); ++k)
        text += fmt::format(", {} {:.3g} Hz", row.rates_hz[k].first, row.rates_hz[k].second);
    return text + (row.rates_hz.size() > most_shown ? ", …" : "");
}

ExitCode gravest(ExitCode a, ExitCode b)
{
    constexpr std::array by_importance{ExitCode::interrupted, ExitCode::failed, ExitCode::wrong_input, ExitCode::limit_exceeded, ExitCode::done};
    return *std::find_if(by_importance.begin(), by_importance.end(), [&](ExitCode code) { return code == a || code == b; });
}

}   // namespace bss
