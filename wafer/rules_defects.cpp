#include <algorithm>

#include <fmt/format.h>

#include "rules.hpp"

namespace bss::rules {
namespace {

using Mode = RepeaterConfig::Mode;

/// Mergers of the tree below `merger` that pass on events of a source; whether there is one.
bool mark_used(const ChipView& chip, Merger merger, const std::bitset<NeuronBlock::count>& sending_blocks, std::bitset<Merger::count>& used)
{
    const MergerMode mode = chip.config.mergers[merger.value()].mode;
    const bool left = mode != MergerMode::right_only, right = mode != MergerMode::left_only;
    bool events = false;
    if (merger.level() == 0)
        events = (left && chip.config.background[merger.position()].enable) || (right && sending_blocks.test(merger.position()));
    else {
        const auto [left_input, right_input] = merger.inputs();
        const bool from_left = left && mark_used(chip, left_input, sending_blocks, used);
        const bool from_right = right && mark_used(chip, right_input, sending_blocks, used);
        events = from_left || from_right;
    }
    if (events)
        used.set(merger.value());
    return events;
}

struct UsedMergers {
    std::bitset<Merger::count> tree;
    std::bitset<DncMerger::count> dnc;
};

UsedMergers used_mergers(const ChipView& chip)
{
    std::bitset<NeuronBlock::count> sending;
    for (const Denmem d : all<Denmem>())
        if (chip.config.denmems[d.value()].activate_firing && chip.config.denmems[d.value()].enable_spl1_output)
            sending.set(d.block().value());
    UsedMergers used;
    for (const DncMerger d : all<DncMerger>()) {
        if (!chip.mergers[d.value()].drives_net && chip.config.gbit_links[d.value()] == GbitLink::off)
            continue;
        used.dnc.set(d.value());
        if (chip.config.dnc_mergers[d.value()].mode != MergerMode::left_only)
            mark_used(chip, tree_input(d), sending, used.tree);
    }
    return used;
}

/// What one chip uses, compared with its list of defects.
class DefectiveInUse {
public:
    DefectiveInUse(const Analysis& analysis, const ChipView& chip, Reporter& report)
        : a_(analysis), chip_(chip), config_(chip.config), defects_(chip.defects), report_(report)
    {
    }

    void check()
    {
        of_the_wafer();
        neurons();
        drivers_and_rows();
        synapses();
        analog();
        mergers();
        buses();
        switches();
    }

private:
    template <std::size_t N>
    void compare(std::string_view kind, const std::bitset<N>& defective, const std::bitset<N>& used)
    {
        const auto both = defective & used;
        for (std::size_t k = both._Find_first(); k < N; k = both._Find_next(k))
            report_(chip_.hicann, fmt::format("defective {} {} is in use", kind, k));
    }

    void of_the_wafer()
    {
        const Hicann hicann = chip_.hicann;
        const Fpga fpga = hicann.reticle().fpga();
        if (!a_.defects.usable(hicann))
            report_(hicann, "the defective HICANN is in use");
        if (std::none_of(config_.gbit_links.begin(), config_.gbit_links.end(), [](GbitLink link) { return link != GbitLink::off; }))
            return;
        if (a_.defects.fpgas.test(fpga.value()))
            report_(hicann, fmt::format("a Gbit link is on, and FPGA {} is defective", fpga.value()));
        if (a_.defects.links.test(hicann.value()))
            report_(hicann, "a Gbit link is on, and the high-speed link is defective");
    }

    void neurons()
    {
        std::bitset<Denmem::count> used;
        for (const Denmem d : all<Denmem>()) {
            const DenmemConfig& denmem = config_.denmems[d.value()];
            used[d.value()] =
                chip_.neuron_of[d.value()] >= 0 || denmem.enable_spl1_output || denmem.enable_fire_input || denmem.enable_aout || denmem.enable_current_input;
        }
        compare("denmem", defects_.neurons, used);
    }

    void drivers_and_rows()
    {
        std::bitset<SynapseDriver::count> drivers;
        std::bitset<2> arrays;
        for (const SynapseDriver d : all<SynapseDriver>())
            if (on(config_.drivers[d.value()])) {
                drivers.set(d.value());
                arrays.set(static_cast<int>(d.half()));
            }
        std::bitset<SynapseRow::count> rows;
        for (const SynapseRow row : all<SynapseRow>())
            rows[row.value()] = chip_.used[row.value()].any();
        compare("driver", defects_.drivers, drivers);
        compare("synapse array", defects_.arrays, arrays);
        compare("synapse row", defects_.rows, rows);
    }

    void synapses()
    {
        for (const std::uint32_t id : defects_.synapses)
            if (chip_.used[id / Column::count][id % Column::count])
                report_(chip_.hicann, fmt::format("defective synapse of row {}, column {} is in use", id / Column::count, id % Column::count));
        if (defects_.synaptic_inputs.none())
            return;
        std::bitset<Denmem::count * 2> inputs;
        for (const SynapseRow row : all<SynapseRow>()) {
            const auto& used = chip_.used[row.value()];
            const RowConfig& config = config_.drivers[row.driver().value()].rows[row.which()];
            for (std::size_t c = used._Find_first(); c < used.size(); c = used._Find_next(c)) {
                const int d = row.denmem(Column(static_cast<int>(c))).value();
                inputs[2 * d] = inputs[2 * d] || config.syn_in_left;
                inputs[2 * d + 1] = inputs[2 * d + 1] || config.syn_in_right;
            }
        }
        compare("synaptic input", defects_.synaptic_inputs, inputs);
    }

    void analog()
    {
        std::bitset<2> outputs;
        for (int k = 0; k < 2; ++k)
            outputs[k] = config_.analog_outputs[k] != AnalogOutput::off;
        compare("analogue output", defects_.analog_outputs, outputs);
        compare("FG block", defects_.fg_blocks,
                std::bitset<FgBlock::count>().set()); // every chip needs all four, for the biases of its technical cells (rule X4)
    }

    void mergers()
    {
        const UsedMergers used = used_mergers(chip_);
        std::bitset<BackgroundGenerator::count> generators;
        for (const BackgroundGenerator g : all<BackgroundGenerator>())
            generators[g.value()] = config_.background[g.value()].enable;
        compare("background generator", defects_.background_generators, generators);
        compare("merger", defects_.mergers, used.tree);
        compare("DNC merger", defects_.dnc_mergers, used.dnc);
    }

    void buses()
    {
        std::bitset<HLine::count> h_buses, h_repeaters;
        std::bitset<VLine::count> v_buses, v_repeaters;
        for (const HLine h : all<HLine>()) {
            h_buses[h.value()] = a_.net_of({chip_.hicann, false, static_cast<std::uint16_t>(h.value())}) != nullptr;
            h_repeaters[h.value()] = config_.h_repeaters[h.value()].mode != Mode::idle;
        }
        for (const VLine v : all<VLine>()) {
            v_buses[v.value()] = a_.net_of({chip_.hicann, true, static_cast<std::uint16_t>(v.value())}) != nullptr;
            v_repeaters[v.value()] = config_.v_repeaters[v.value()].mode != Mode::idle;
        }
        compare("H bus", defects_.h_buses, h_buses);
        compare("V bus", defects_.v_buses, v_buses);
        compare("H repeater", defects_.h_repeaters, h_repeaters);
        compare("V repeater", defects_.v_repeaters, v_repeaters);
    }

    void switches()
    {
        compare("crossbar switch", defects_.crossbar_switches, config_.crossbar);
        compare("synapse switch", defects_.synapse_switches, config_.synapse_switches);
        std::bitset<SwitchRow::count> rows;
        if (defects_.switch_rows.any())
            for (const SynapseSwitch s : all<SynapseSwitch>())
                if (config_.synapse_switches.test(s.value()))
                    rows.set(s.row().value());
        compare("switch row", defects_.switch_rows, rows);
    }

    const Analysis& a_;
    const ChipView& chip_;
    const HicannConfig& config_;
    const HicannDefects& defects_;
    Reporter& report_;
};

}   // namespace

void missing_drivers_in_use(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips) {
        for (const SynapseDriver d : all<SynapseDriver>())
            if (!d.exists() && on(chip.config.drivers[d.value()]))
                report(chip.hicann, fmt::format("driver {} does not exist and is on", d.value()));
        for (const SynapseRow row : all<SynapseRow>())
            if (!row.exists() && chip.used[row.value()].any())
                report(chip.hicann, fmt::format("row {} does not exist and has synapses in use", row.value()));
    }
}

void defective_components_in_use(const Analysis& a, Reporter& report)
{
    for (const ChipView& chip : a.chips)
        DefectiveInUse(a, chip, report).check();
}

}   // namespace bss::rules
