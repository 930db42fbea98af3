// The tables of keys as text for --help-config and as the tables of docs/configuration.md.

#include <algorithm>

#include "configuration_keys.hpp"
#include "mapping/network.hpp"

namespace bss {

namespace {

template <class T>
void help_of(std::string& out, std::string_view title, const std::vector<Key<T>>& keys)
{
    out += fmt::format("\n{}\n", title);
    for (const auto& key : keys)
        out += fmt::format("  {:<29} {}{}\n  {:<29}   {}\n", key.path, key.type.expects, key.standard.empty() ? "" : fmt::format("  [{}]", key.standard), "",
                           key.text);
}

std::string cell_text(std::string text)
{
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
        text.insert(at, "\\");
    return text;
}

template <class T>
void table_of(std::string& out, std::string_view title, const std::vector<Key<T>>& keys)
{
    out += fmt::format("\n### {}\n\n| key | takes | default | meaning |\n|---|---|---|---|\n", title);
    for (const auto& key : keys)
        out += fmt::format("| `{}` | {} | {} | {} |\n", key.path, cell_text(key.type.expects),
                           key.standard.empty() ? "" : fmt::format("`{}`", cell_text(key.standard)), cell_text(key.text));
}

constexpr std::array cells{CellType::IF_cond_exp, CellType::EIF_cond_exp_isfa_ista, CellType::SpikeSourceArray, CellType::SpikeSourcePoisson};

std::string_view range_text(CellParameter::Range range)
{
    switch (range) {
        case CellParameter::Range::positive: return " > 0";
        case CellParameter::Range::not_negative: return " >= 0";
        case CellParameter::Range::dac:
        case CellParameter::Range::any: break;
    }
    return "";
}

}   // namespace

std::string configuration_help()
{
    std::string out = "Keys of a configuration, what they take, [default] and meaning. A number stands in the key's unit; a text carries its own (0.1 ms, 100 "
                      "us, -65 mV, 2 nA, 0.4 V).\n";
    help_of(out, "Configuration", configuration_keys());
    help_of(out, "An entry of record", record_keys());
    help_of(out, "An entry of mapping.place", place_keys());
    out += "\nSwitches of wafer.imperfections (true or false) [true]\n";
    for (const auto& s : imperfection_switches)
        out += fmt::format("  {:<29} {}\n", s.name, s.text);
    out += "\nKinds of defects, and how many there are\n";
    for (const auto& kind : defect_kinds())
        out += fmt::format("  {:<29} {} on a {}\n", kind.name, kind.count, kind.on_wafer ? "wafer" : "HICANN");
    out += "\nCells of a network's populations, parameters and [default]\n";
    for (const auto cell : cells) {
        out += fmt::format("  {}\n", name_of(cell));
        for (const auto& p : parameters_of(cell))
            out += fmt::format("    {:<27} {}{}  [{}]\n", p.name, p.unit, range_text(p.range), p.standard);
        if (cell == CellType::SpikeSourceArray)
            out += "    spike_times                 ms, a list, a list for each neuron, or a SONATA spike file  [[]]\n";
        if (cell == CellType::SpikeSourcePoisson)
            out += "    on_wafer                    true: from a background generator of the chips  [false]\n";
    }
    return out;
}

std::string configuration_markdown()
{
    std::string out;
    table_of(out, "Keys", configuration_keys());
    table_of(out, "Entries of `record`", record_keys());
    table_of(out, "Entries of `mapping.place`", place_keys());
    out += "\n### Switches of `wafer.imperfections`\n\n| switch | off means without |\n|---|---|\n";
    for (const auto& s : imperfection_switches)
        out += fmt::format("| `{}` | {} |\n", s.name, s.text);
    out += "\n### Kinds of defects\n\n| kind | numbers |\n|---|---|\n";
    for (const auto& kind : defect_kinds())
        out += fmt::format("| `{}` | 0 to {} {} |\n", kind.name, kind.count - 1, kind.on_wafer ? "on the wafer" : "on a HICANN");
    out += "\n### Cells and their parameters\n\n| cell | parameter | unit | default |\n|---|---|---|---|\n";
    for (const auto cell : cells) {
        for (const auto& p : parameters_of(cell))
            out += fmt::format("| {} | `{}` | {}{} | {} |\n", name_of(cell), p.name, p.unit, range_text(p.range), p.standard);
        if (cell == CellType::SpikeSourceArray)
            out += fmt::format("| {} | `spike_times` | ms, ascending, >= 0 | [] |\n", name_of(cell));
        if (cell == CellType::SpikeSourcePoisson)
            out += fmt::format("| {} | `on_wafer` | true or false | false |\n", name_of(cell));
    }
    return out;
}

}   // namespace bss
