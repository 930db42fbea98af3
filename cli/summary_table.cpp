#include <algorithm>

#include <fmt/format.h>

#include "cli/summary.hpp"

namespace bss {

namespace {

/// "2,987,316"
std::string grouped(std::uint64_t number)
{
    std::string digits = std::to_string(number);
    for (int k = static_cast<int>(digits.size()) - 3; k > 0; k -= 3)
        digits.insert(static_cast<std::size_t>(k), ",");
    return digits;
}
std::string grouped(const Json& number) { return grouped(number.get<std::uint64_t>()); }

std::string share(std::uint64_t part, std::uint64_t whole)
{
    return fmt::format("{:.2f} %", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

/// "1", or "1, 2, 3" of a list
std::string numbers(const Json& value)
{
    return value.is_array() ? fmt::format("{}", fmt::join(value.get<std::vector<std::uint64_t>>(), ", ")) : std::to_string(value.get<std::uint64_t>());
}

void heading(std::string& out, std::string_view title) { out += fmt::format("\n{}\n", title); }
void line(std::string& out, std::string_view name, std::string_view value) { out += fmt::format("  {:<22} {}\n", name, value); }

std::string_view explanation(std::string_view calibration)
{
    if (calibration == "oracle")
        return "oracle: reads the true mismatch, no lab could";
    if (calibration == "ideal")
        return "ideal: inverts the nominal curves";
    if (calibration == "auto")
        return "auto: measured on a simulated bench";
    return calibration;
}

void add_mapping(std::string& out, const Json& network, const Json& mapping)
{
    const auto wanted = network["synapses"].get<std::uint64_t>(), lost = mapping["synapses_lost"].get<std::uint64_t>();
    heading(out, "Mapping");
    line(out, "hardware",
         fmt::format("{} HICANNs, {} denmems ({} a neuron), {} drivers", grouped(mapping["hicanns"]), grouped(mapping["denmems"]),
                     mapping["neuron_size"].get<int>(), grouped(mapping["drivers"])));
    line(out, "operating mode",
         fmt::format("{} capacitor, {} leak, {:.4g} to {:.4g} mV on {:.3f} to {:.3f} V", mapping["capacitor"].get<std::string>(),
                     mapping["leak"].get<std::string>(), mapping["potentials"]["biological_mV"][0].get<double>(),
                     mapping["potentials"]["biological_mV"][1].get<double>(), mapping["potentials"]["hardware_V"][0].get<double>(),
                     mapping["potentials"]["hardware_V"][1].get<double>()));
    line(out, "synapses realised", fmt::format("{} of {}", grouped(mapping["synapses_realised"]), grouped(wanted)));
    line(out, "synapses lost", fmt::format("{} ({})", grouped(lost), share(lost, wanted)));
    for (const auto& [cause, count] : mapping["lost_by_cause"].items())
        if (count.get<std::uint64_t>() > 0)
            line(out, "  by " + cause, fmt::format("{} ({})", grouped(count), share(count.get<std::uint64_t>(), wanted)));

    std::vector<const Json*> worst;
    for (const Json& projection : mapping["projections"])
        if (projection["lost"].get<std::uint64_t>() > 0)
            worst.push_back(&projection);
    std::stable_sort(worst.begin(), worst.end(),
                     [](const Json* a, const Json* b) { return (*a)["lost"].get<std::uint64_t>() > (*b)["lost"].get<std::uint64_t>(); });
    constexpr std::size_t most_shown = 5;
    for (std::size_t k = 0; k < std::min(worst.size(), most_shown); ++k) {
        const Json& p = *worst[k];
        line(out, k == 0 ? "largest losses" : "",
             fmt::format("{} -> {} ({}): {} of {} ({})", p["pre"].get<std::string>(), p["post"].get<std::string>(), p["receptor"].get<std::string>(),
                         grouped(p["lost"]), grouped(p["requested"]), share(p["lost"].get<std::uint64_t>(), p["requested"].get<std::uint64_t>())));
    }
    if (worst.size() > most_shown)
        line(out, "", fmt::format("and {} more projections", worst.size() - most_shown));
    for (const Json& b : mapping["bottlenecks"]) {
        std::string hicanns;
        for (const Json& chip : b["worst_hicanns"])
            hicanns += (hicanns.empty() ? "" : ", ") + chip["hicann"].get<std::string>();
        line(out, "short of " + b["resource"].get<std::string>(), fmt::format("on {} HICANNs, most on {}", grouped(b["hicanns_hit"]), hicanns));
        line(out, "", b["advice"].get<std::string>());
    }
    if (const Json& relays = mapping["relays"]; relays["entries"].get<std::uint64_t>() > 0)
        line(out, "from wafer to wafer", fmt::format("{} wafers; spikes of {} neurons take the links to {} entries, for {} synapses", grouped(mapping["wafers"]),
                                                     grouped(relays["neurons"]), grouped(relays["entries"]), grouped(relays["synapses"])));
    line(out, "clipped", fmt::format("{} parameters, {} weights", grouped(mapping["clipped_parameters"]), grouped(mapping["clipped_weights"])));
    if (const auto kept = mapping["synapses_kept_ideal"].get<std::uint64_t>(); kept > 0)
        line(out, "kept as ideal synapses", grouped(kept));
    const Json& rules = mapping["design_rules"];
    std::string checks = fmt::format("{} errors, {} warnings", grouped(rules["errors"]), grouped(rules["warnings"]));
    for (const auto& [rule, count] : rules["by_rule"].items())
        checks += fmt::format(", {}: {}", rule, grouped(count));
    line(out, "design rules", checks);
    line(out, "rebuilt from bits", mapping["rebuilt_from_bits"].get<bool>() ? "equals requested minus lost" : "DIFFERS from requested minus lost");
    line(out, "time", fmt::format("{:.2f} s", mapping["seconds"].get<double>()));
}

void add_wafer(std::string& out, const Json& summary)
{
    heading(out, "Wafer");
    line(out, "wafer",
         fmt::format("{}, technology {}", numbers(summary["provenance"]["wafer_id"]), summary["provenance"]["technology"].get<std::string>()));
    line(out, "calibration", explanation(summary["calibration"]["kind"].get<std::string>()));
    std::string off;
    std::size_t on = 0;
    for (const auto& [name, value] : summary["imperfections"].items()) {
        on += value.get<bool>();
        if (!value.get<bool>())
            off += (off.empty() ? "" : ", ") + name;
    }
    line(out, "imperfections", off.empty() ? "all" : on == 0 ? "none" : fmt::format("all but {}", off));
}

void add_run(std::string& out, const Json& run)
{
    heading(out, "Run");
    if (run.is_null()) {
        line(out, "", "none: mapping only");
        return;
    }
    const auto duration = run["duration_ms"].get<double>(), completed = run["completed_ms"].get<double>();
    line(out, "biological time",
         completed < duration ? fmt::format("{:g} of {:g} ms, interrupted", completed, duration)
                              : fmt::format("{:g} ms in steps of {:g} ms", duration, run["timestep_ms"].get<double>()));
    line(out, "wall time",
         fmt::format("{:.2f} s: x{:.3g} of biological real time, hardware at x{:g} is {:.3g} times faster", run["seconds"].get<double>(),
                     run["times_real_time"].get<double>(), run["speedup"].get<double>(), run["slower_than_hardware"].get<double>()));
    const auto backend = run["backend"].get<std::string>(), device = backend == "cpu" ? backend : fmt::format("{} on {}", backend, run["backend_reason"].get<std::string>());
    line(out, "engine",
         fmt::format("{}, {} threads, {}, windows of {} steps", device, run["threads"].get<int>(), run["simd"].get<std::string>(), run["window_steps"].get<int>()));
    line(out, "work",
         fmt::format("{} membranes, {} denmem steps, {} row events, {} synaptic events", grouped(run["membranes"]), grouped(run["denmem_steps"]),
                     grouped(run["row_events"]), grouped(run["synaptic_events"])));
}

void add_populations(std::string& out, const Json& populations, bool ran)
{
    heading(out, "Populations");
    std::size_t width = 10;
    for (const auto& [name, p] : populations.items())
        width = std::max(width, name.size());
    out += fmt::format("  {:<{}} {:>10}", "", width, "neurons");
    out += ran ? fmt::format(" {:>12} {:>12} {:>10}\n", "fired", "recorded", "rate (Hz)") : "\n";
    constexpr std::size_t most_shown = 40;
    std::size_t shown = 0;
    for (const auto& [name, p] : populations.items()) {
        if (++shown > most_shown)
            break;
        out += fmt::format("  {:<{}} {:>10}", name, width, grouped(p["neurons"]));
        out += ran ? fmt::format(" {:>12} {:>12} {:>10.3f}\n", grouped(p["spikes_fired"]), grouped(p["spikes"]), p["rate_hz"].get<double>()) : "\n";
    }
    if (populations.size() > most_shown)
        out += fmt::format("  and {} more in summary.json\n", populations.size() - most_shown);
}

/// A line a code: the first message stands for all of it.
void add_warnings(std::string& out, const Json& warnings)
{
    heading(out, "Warnings");
    std::vector<std::string> codes;
    for (const Json& warning : warnings)
        if (const auto code = warning["code"].get<std::string>(); std::find(codes.begin(), codes.end(), code) == codes.end())
            codes.push_back(code);
    for (const std::string& code : codes) {
        std::uint64_t count = 0;
        std::size_t messages = 0;
        std::string first;
        for (const Json& warning : warnings)
            if (warning["code"] == code) {
                count += warning["count"].get<std::uint64_t>();
                if (messages++ == 0)
                    first = warning["message"].get<std::string>();
            }
        line(out, code, fmt::format("{} x: {}{}", grouped(count), first, messages > 1 ? fmt::format("; {} more like it in summary.json", messages - 1) : ""));
    }
    if (codes.empty())
        line(out, "", "none");
}

}   // namespace

std::string summary_table(const Json& summary)
{
    const Json& network = summary["network"];
    std::string out = fmt::format("{}: {} neurons, {} sources, {} synapses\n", summary["config"].get<std::string>(), grouped(network["neurons"]),
                                  grouped(network["sources"]), grouped(network["synapses"]));
    if (!summary["mapping"].is_null())
        add_mapping(out, network, summary["mapping"]);

    if (!summary["mapping"].is_null())
        add_wafer(out, summary);
    else
        out += "\nIdeal fabric: no wafer, every synapse with its own weight and delay\n";
    add_run(out, summary["run"]);
    add_populations(out, summary["populations"], !summary["run"].is_null());

    if (!summary["run"].is_null()) {
        heading(out, "Spikes lost");
        std::uint64_t lost = 0;
        for (const auto& [where, count] : summary["spikes_lost"].items()) {
            lost += count.get<std::uint64_t>();
            if (count.get<std::uint64_t>() > 0)
                line(out, where, grouped(count));
        }
        if (lost == 0)
            line(out, "", "none");
    }
    add_warnings(out, summary["warnings"]);
    return out;
}

}   // namespace bss
