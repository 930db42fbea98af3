#include "pybindings/bits.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/yaml_reader.hpp"
#include "wafer/error.hpp"

namespace bss::python {
namespace {

/// @param at  at(chip, place) -> reference to the number
template <class At>
BitTable table(std::string name, std::vector<std::size_t> shape, double most, At at)
{
    return {std::move(name),
            std::move(shape),
            most,
            false,
            [at](const HicannConfig& chip, std::size_t k) { return static_cast<double>(at(const_cast<HicannConfig&>(chip), k)); },
            [at](HicannConfig& chip, std::size_t k, double value) {
                auto& target = at(chip, k);
                target = static_cast<std::decay_t<decltype(target)>>(value);
            }};
}

RowConfig& row(HicannConfig& chip, std::size_t k)
{
    return chip.drivers[SynapseRow(static_cast<int>(k)).driver().value()].rows[SynapseRow(static_cast<int>(k)).which()];
}

std::vector<BitTable> make_tables()
{
    std::vector<BitTable> tables;
    for (int p = 0; p < neuron_fg_count; ++p)
        tables.push_back(table(std::string(cell(static_cast<NeuronFg>(p)).name), {Denmem::count}, dac_max,
                               [p](HicannConfig& chip, std::size_t k) -> double& { return chip.fg.neuron[k][p]; }));
    for (int p = 0; p < shared_fg_count; ++p)
        tables.push_back(table(std::string(cell(static_cast<SharedFg>(p)).name), {FgBlock::count}, dac_max,
                               [p](HicannConfig& chip, std::size_t k) -> double& { return chip.fg.shared[k][p]; }));
    for (BitTable& dacs : tables)
        dacs.real = true;
    const std::vector<std::size_t> arrays{SynapseRow::count, Column::count}, rows{SynapseRow::count}, drivers{SynapseDriver::count}, denmems{Denmem::count};
    tables.push_back(table("weights", arrays, 15, [](HicannConfig& chip, std::size_t k) -> std::uint8_t& { return chip.synapses.weight[k]; }));
    tables.push_back(table("decoders", arrays, 15, [](HicannConfig& chip, std::size_t k) -> std::uint8_t& { return chip.synapses.decoder[k]; }));
    tables.push_back(table("gmax", rows, 3, [](HicannConfig& chip, std::size_t k) -> std::uint8_t& { return row(chip, k).select_gmax; }));
    tables.push_back(table("excitatory", rows, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return row(chip, k).syn_in_left; }));
    tables.push_back(table("inhibitory", rows, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return row(chip, k).syn_in_right; }));
    tables.push_back({"gmax_div", rows, 30, false,
                      [](const HicannConfig& chip, std::size_t k) {
                          const RowConfig& bits = row(const_cast<HicannConfig&>(chip), k);
                          return static_cast<double>(bits.gmax_div_left + bits.gmax_div_right);
                      },
                      [](HicannConfig& chip, std::size_t k, double value) {
                          RowConfig& bits = row(chip, k);
                          const auto sum = static_cast<std::uint8_t>(value);
                          bits.gmax_div_left = std::min<std::uint8_t>(sum, 15);   // how halbe's GmaxDiv splits the sum (hardware.md §3.5)
                          bits.gmax_div_right = static_cast<std::uint8_t>(sum - bits.gmax_div_left);
                      }});
    for (int column = 0; column < 2; ++column)
        tables.push_back(table(column ? "decoder_odd" : "decoder_even", rows, 3,
                               [column](HicannConfig& chip, std::size_t k) -> std::uint8_t& { return row(chip, k).decoder[column]; }));
    tables.push_back(table("drivers", drivers, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.drivers[k].enable; }));
    tables.push_back(table("stp", drivers, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.drivers[k].stp_enable; }));
    tables.push_back(table("stp_mode", drivers, 1, [](HicannConfig& chip, std::size_t k) -> StpMode& { return chip.drivers[k].stp_mode; }));
    tables.push_back(table("stp_cap", drivers, 7, [](HicannConfig& chip, std::size_t k) -> std::uint8_t& { return chip.drivers[k].stp_cap; }));
    tables.push_back(table("firing", denmems, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.denmems[k].activate_firing; }));
    tables.push_back(table("sending", denmems, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.denmems[k].enable_spl1_output; }));
    tables.push_back(table("current_input", denmems, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.denmems[k].enable_current_input; }));
    tables.push_back(table("big_capacitor", {2}, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.halves[k].big_capacitor; }));
    tables.push_back(table("leak_gear", {2}, 2, [](HicannConfig& chip, std::size_t k) -> Gear& { return chip.halves[k].i_gl; }));
    tables.push_back(table("stimulus", {FgBlock::count}, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.stimulus[k].enable; }));
    tables.push_back(table("stimulus_continuous", {FgBlock::count}, 1, [](HicannConfig& chip, std::size_t k) -> bool& { return chip.stimulus[k].continuous; }));
    tables.push_back(
        table("stimulus_pulse_length", {FgBlock::count}, 15, [](HicannConfig& chip, std::size_t k) -> std::uint8_t& { return chip.stimulus[k].pulse_length; }));
    tables.push_back(table("stimulus_dac", {FgBlock::count, 129}, dac_max,
                           [](HicannConfig& chip, std::size_t k) -> double& { return chip.stimulus[k / 129].dac[k % 129]; }));
    tables.back().real = true;
    tables.push_back({"crossbar",
                      {CrossbarSwitch::count},
                      1,
                      false,
                      [](const HicannConfig& chip, std::size_t k) { return chip.crossbar.test(k) ? 1.0 : 0.0; },
                      [](HicannConfig& chip, std::size_t k, double value) { chip.crossbar.set(k, value != 0); }});
    tables.push_back({"synapse_switches",
                      {SynapseSwitch::count},
                      1,
                      false,
                      [](const HicannConfig& chip, std::size_t k) { return chip.synapse_switches.test(k) ? 1.0 : 0.0; },
                      [](HicannConfig& chip, std::size_t k, double value) { chip.synapse_switches.set(k, value != 0); }});
    return tables;
}

}   // namespace

std::size_t BitTable::size() const { return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()); }

const std::vector<BitTable>& bit_tables()
{
    static const std::vector<BitTable> tables = make_tables();
    return tables;
}

const BitTable& bit_table(const std::string& name)
{
    std::vector<std::string> names;
    for (const BitTable& table : bit_tables()) {
        if (table.name == name)
            return table;
        names.push_back(table.name);
    }
    const std::string near = closest(name, names);
    throw InputError(near.empty() ? fmt::format("bits: expected one of {}, found {}", fmt::join(names, ", "), name)
                                  : fmt::format("bits: no {}, did you mean {}?", name, near));
}

}   // namespace bss::python
