/// Hand-made configurations of a few chips, enough to run the engine: neurons, nets, synapses.
#pragma once

#include <limits>
#include <vector>

#include "kernels/engine.hpp"

namespace bss::test {

inline const Technology& technology()
{
    static const Technology loaded = Technology::load("hicann-v4");
    return loaded;
}

inline Imperfections only(std::initializer_list<bool Imperfections::*> switches)
{
    Imperfections imperfections = no_imperfections();
    for (const auto s : switches)
        imperfections.*s = true;
    return imperfections;
}

/// Physical parameters of a LIF denmem with a big capacitor.
struct Lif {
    double e_leak_volt = 0.9, threshold_volt = 1.1, reset_volt = 0.8, tau_m_s = 5e-6, tau_refrac_s = 0.1e-6, tau_syn_s = 1e-6;
};

class SmallWafer {
public:
    static constexpr double dt = 10e-9;

    explicit SmallWafer(Imperfections imperfections = no_imperfections()) : silicon(technology(), imperfections, 1) {}

    Silicon silicon;
    WaferConfig config;

    HicannConfig& chip(Hicann hicann) { return config.hicanns[hicann]; }

    /// A neuron of `columns` x 2 denmems, or of a single one where columns = 0, at a firing denmem; they lie within one block and start in an even column.
    NeuronPlace neuron(Hicann hicann, Denmem firing, const Lif& lif, int columns = 0)
    {
        HicannConfig& c = chip(hicann);
        const int x = firing.x();
        for (int dx = 0; dx < std::max(1, columns); ++dx)
            for (const Half half : {Half::top, Half::bottom})
                if (columns > 0 || half == firing.half())
                    write(c, Denmem(Column(x + dx), half), lif);
        c.denmems[firing.value()].activate_firing = true;
        for (int dx = 0; dx < columns; ++dx) {
            c.quads[(x + dx) / 2].join_column[(x + dx) % 2] = true;
            if (dx % 2 == 1)
                c.quads[(x + dx) / 2].join_row = {true, true};
            else if (dx > 0)
                for (const Half half : {Half::top, Half::bottom})
                    c.denmems[Denmem(Column(x + dx), half).value()].enable_fire_input = true;
        }
        return {{0, hicann}, firing};
    }

    /// Its spikes enter Layer 1 under an address.
    void send(const NeuronPlace& place, int address)
    {
        DenmemConfig& bits = chip(place.chip.hicann).denmems[place.firing.value()];
        bits.enable_spl1_output = true;
        bits.address = L1Address(address);
    }

    /// DNC merger m (0, 2, 4 or 7) carries the block of its number; or, as an input, what the host sends.
    void open(Hicann hicann, DncMerger merger, bool input, bool slow = true)
    {
        HicannConfig& c = chip(hicann);
        c.mergers[merger.value()].mode = input ? MergerMode::left_only : MergerMode::right_only;
        c.dnc_mergers[merger.value()] = {MergerMode::merge, slow, false};
        c.gbit_links[merger.value()] = input ? GbitLink::to_hicann : GbitLink::to_dnc;
        c.h_repeaters[merger.sending_line().value()] = {RepeaterConfig::Mode::sending, true, false};
    }

    /// Leads a merger's net `hops` chips to the east and there into a driver of the upper left quadrant: the lowest that its V line reaches.
    /// @return that driver, which is a primary
    SynapseDriver lead(Hicann from, DncMerger merger, int hops = 0)
    {
        HLine h = merger.sending_line();
        Hicann at = from;
        for (int k = 0; k < hops; ++k) {
            at = at.neighbour(Direction::east).value();
            h = h.neighbour(Direction::east);
            chip(at).h_repeaters[h.value()] = {RepeaterConfig::Mode::forwarding, true, false};
        }
        const VLine v = h.crossings()[0];
        chip(at).crossbar.set(CrossbarSwitch::at(h, v)->value());
        for (int line = 109; line > 0; line -= 2)
            if (const auto s = SynapseSwitch::at(v, SynapseDriver(line)); s && s->row().side() == Side::left) {
                chip(at).synapse_switches.set(s->value());
                chip(at).drivers[line].enable = chip(at).drivers[line].locin = true;
                return SynapseDriver(line);
            }
        throw std::logic_error("no driver");
    }

    /// A row listens to addresses of a 2-bit pattern in even and odd columns.
    RowConfig& row(Hicann hicann, SynapseRow row, int even, int odd, SynapticInput input = SynapticInput::excitatory)
    {
        RowConfig& r = chip(hicann).drivers[row.driver().value()].rows[row.which()];
        r.decoder = {static_cast<std::uint8_t>(even), static_cast<std::uint8_t>(odd)};
        (input == SynapticInput::excitatory ? r.syn_in_left : r.syn_in_right) = true;
        return r;
    }

    void synapse(Hicann hicann, SynapseRow row, int column, int decoder, int weight = 15)
    {
        const std::size_t at = SynapseArrays::at(row, Column(column));
        chip(hicann).synapses.weight[at] = static_cast<std::uint8_t>(weight);
        chip(hicann).synapses.decoder[at] = static_cast<std::uint8_t>(decoder);
    }

    /// A synapse on `to` from everything with this address in the net that feeds the driver.
    void connect(const NeuronPlace& to, SynapseDriver driver, int address, int weight = 15)
    {
        const SynapseRow r(driver, 0);
        const int upper = address >> 4;
        row(to.chip.hicann, r, upper, upper);
        synapse(to.chip.hicann, r, to.firing.x(), address & 15, weight);
    }

    Program program(std::vector<TraceRequest> traces = {}, std::uint64_t trial = 1, double timestep_s = dt) const
    {
        return elaborate(std::span(&config, 1), std::span(&silicon, 1), {timestep_s, trial, std::move(traces)});
    }

private:
    static void write(HicannConfig& c, Denmem d, const Lif& lif)
    {
        const auto set = [&](NeuronFg p, double value) { c.fg.at(d, p) = technology().nominal(p, {}, false).dac(value); };
        set(NeuronFg::E_l, lif.e_leak_volt);
        set(NeuronFg::V_t, lif.threshold_volt);
        set(NeuronFg::I_gl, lif.tau_m_s);
        set(NeuronFg::I_pl, lif.tau_refrac_s);
        set(NeuronFg::V_syntcx, lif.tau_syn_s);
        set(NeuronFg::V_syntci, lif.tau_syn_s);
        set(NeuronFg::E_synx, 1.3);
        set(NeuronFg::E_syni, 0.6);
        for (const NeuronFg p : {NeuronFg::V_exp, NeuronFg::I_rexp, NeuronFg::I_bexp})
            c.fg.at(d, p) = dac_max;
        for (const NeuronFg p : {NeuronFg::I_gladapt, NeuronFg::I_fire})
            c.fg.at(d, p) = 0;
        if (c.fg.own_v_reset.empty())
            c.fg.own_v_reset.assign(Denmem::count, 0.0);
        c.fg.own_v_reset[d.value()] = technology().nominal_v_reset(false).dac(lif.reset_volt);
    }
};

/// One source with given times at a merger.
inline SpikeSource source(std::uint64_t id, std::vector<double> times_s, Hicann hicann, DncMerger merger, int address)
{
    return {id, SpikeTimes{std::move(times_s)}, {{{0, hicann}, merger, L1Address(address)}}};
}

inline TraceRequest probe(Variable variable, std::vector<NeuronPlace> neurons, std::int64_t interval = 1) { return {variable, Through::probe, interval, std::move(neurons), {}}; }

/// Steps at which an event acted on a column of a conductance trace: the sample of that very grid point holds it.
inline std::vector<std::int64_t> onsets(const Trace& trace, std::size_t width, std::size_t column)
{
    std::vector<std::int64_t> steps;
    const auto value = [&](std::size_t sample) { return trace.values[sample * width + column]; };
    for (std::size_t s = 1; s < trace.values.size() / width; ++s)
        if (value(s) > value(s - 1))
            steps.push_back(trace.first_step + static_cast<std::int64_t>(s));
    return steps;
}

}   // namespace bss::test
