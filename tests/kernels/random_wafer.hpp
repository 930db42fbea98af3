/// Random small wafers: compounds of any size and kind, rows, routes, plasticity, noise, links, sources and ideal synapses, each there or not.
#pragma once

#include <algorithm>
#include <optional>

#include "small_wafer.hpp"
#include "wafer/random.hpp"

namespace bss::test {

/// Numbers that depend on nothing but the seed and how many were taken before.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : seed_(seed) {}
    /// 0 .. n - 1
    int below(int n) { return std::min(n - 1, static_cast<int>(uniform() * n)); }
    double uniform(double low = 0, double high = 1) { return low + (high - low) * random_uniform(seed_, Purpose::test, 0x52, 0, 0, taken_++); }
    bool chance(double probability) { return uniform() < probability; }

private:
    std::uint64_t seed_;
    std::uint32_t taken_ = 0;
};

struct RandomWafer {
    Program program;
    Program again;                                  ///< the same wafer in another trial
    Program other;                                  ///< with other parameters and weights
    Stimulus stimulus;
};

namespace random_wafer_parts {

inline constexpr DncMerger outputs[] = {DncMerger(0), DncMerger(2)}, inputs[] = {DncMerger(4), DncMerger(7)};

inline Imperfections imperfections(Dice& dice)
{
    Imperfections result;
    for (const ImperfectionSwitch& s : imperfection_switches)
        result.*s.value = dice.chance(0.6);
    return result;
}

/// Parameters of a denmem: its leak, and with some luck the exponential and adaptation.
inline void vary(Dice& dice, HicannConfig& chip, Denmem denmem, bool adex)
{
    const auto set = [&](NeuronFg p, double value) { chip.fg.at(denmem, p) = technology().nominal(p, {}, false).dac(value); };
    set(NeuronFg::I_gl, dice.uniform(0.6e-6, 4e-6));
    set(NeuronFg::V_syntcx, dice.uniform(0.15e-6, 1.4e-6));
    set(NeuronFg::I_pl, dice.uniform(0.02e-6, 0.8e-6));
    if (!adex)
        return;
    chip.fg.at(denmem, NeuronFg::V_exp) = dice.chance(0.8) ? technology().nominal(NeuronFg::V_exp, {}, false).dac(dice.uniform(0.95, 1.05)) : dac_max;
    chip.fg.at(denmem, NeuronFg::I_rexp) = 100 + dice.below(900);
    chip.fg.at(denmem, NeuronFg::I_gladapt) = dice.chance(0.7) ? dice.below(1000) : 0;
    chip.fg.at(denmem, NeuronFg::I_fire) = dice.chance(0.7) ? dice.below(1000) : 0;
    chip.fg.at(denmem, NeuronFg::I_radapt) = 50 + dice.below(900);
}

/// @param chorus  all neurons are alike and fire fast: encoders and links have too much to do
inline std::vector<NeuronPlace> neurons(Dice& dice, SmallWafer& wafer, Hicann hicann, bool chorus)
{
    std::vector<NeuronPlace> places;
    const double filled = chorus ? 1.0 : dice.uniform(0.05, 0.9);
    for (int x = 0; x < Column::count; x += 2) {
        if (!dice.chance(filled))
            continue;
        const int columns = chorus ? 0 : std::min(std::array{0, 0, 1, 2, 2, 4, 6, 8, 16, 32}[dice.below(10)], 32 - x % 32);
        const bool adex = dice.chance(0.5);
        for (const Half half : {Half::top, Half::bottom}) {
            if (columns > 0 && half == Half::bottom)
                continue;                           // the compound has it already
            const Lif fast{.e_leak_volt = 1.4, .threshold_volt = 0.9, .tau_m_s = 1e-6, .tau_refrac_s = 0.02e-6};
            const Lif lif = chorus ? fast : Lif{.e_leak_volt = dice.chance(0.5) ? dice.uniform(1.1, 1.3) : dice.uniform(0.8, 1.05), .threshold_volt = dice.uniform(1.0, 1.15)};
            const NeuronPlace place = wafer.neuron(hicann, Denmem(Column(x), half), lif, columns);
            HicannConfig& chip = wafer.chip(hicann);
            for (int dx = 0; dx < std::max(1, columns) && !chorus; ++dx)
                for (const Half h : {Half::top, Half::bottom})
                    if (columns > 0 || h == half)
                        vary(dice, chip, Denmem(Column(x + dx), h), adex);
            chip.denmems[place.firing.value()].enable_current_input = dice.chance(0.3);
            if (dice.chance(0.9))
                wafer.send(place, 1 + dice.below(63));
            places.push_back(place);
        }
        x += std::max(2, columns + columns % 2) - 2;
    }
    return places;
}

inline void rows(Dice& dice, SmallWafer& wafer, Hicann hicann, SynapseDriver driver)
{
    DriverConfig& bits = wafer.chip(hicann).drivers[driver.value()];
    bits.stp_enable = dice.chance(0.5);
    bits.stp_mode = dice.chance(0.5) ? StpMode::depression : StpMode::facilitation;
    bits.stp_cap = static_cast<std::uint8_t>(dice.below(8));
    for (const int which : {0, 1}) {
        const SynapseRow row(driver, which);
        RowConfig& setting = wafer.row(hicann, row, dice.below(4), dice.below(4), dice.chance(0.6) ? SynapticInput::excitatory : SynapticInput::inhibitory);
        if (dice.chance(0.15))
            setting.syn_in_left = setting.syn_in_right = true;
        setting.select_gmax = static_cast<std::uint8_t>(dice.below(4));
        setting.gmax_div_left = static_cast<std::uint8_t>(1 + dice.below(15));
        const double used = dice.uniform();
        for (int column = 0; column < Column::count; ++column)
            if (dice.chance(used))
                wafer.synapse(hicann, row, column, dice.below(16), dice.below(16));
    }
}

inline void blocks(Dice& dice, HicannConfig& chip)
{
    for (auto& block : chip.fg.shared) {
        block[static_cast<int>(SharedFg::V_stdf)] = dice.below(900);
        block[static_cast<int>(SharedFg::V_dtc)] = 5 + dice.below(200);
        block[static_cast<int>(SharedFg::V_dep)] = block[static_cast<int>(SharedFg::V_fac)] = dice.below(400);
    }
    for (CurrentStimulus& stimulus : chip.stimulus) {
        stimulus.enable = dice.chance(0.5);
        stimulus.continuous = dice.chance(0.5);
        stimulus.pulse_length = static_cast<std::uint8_t>(dice.below(16));
        for (double& dac : stimulus.dac)
            dac = dice.below(300);
    }
    chip.background[0] = {dice.chance(0.5), dice.chance(0.5), static_cast<std::uint16_t>(dice.below(1000)), static_cast<std::uint16_t>(20 + dice.below(200)), L1Address(dice.below(64))};
    if (chip.background[0].random)
        chip.background[0].period = static_cast<std::uint16_t>(60000 + dice.below(5000));
    chip.mergers[0].mode = chip.background[0].enable ? MergerMode::merge : MergerMode::right_only;
}

inline Stimulus sources(Dice& dice, const std::vector<Hicann>& chips, double end_s)
{
    Stimulus stimulus;
    for (std::uint64_t id = 0; id < 6; ++id) {
        SpikeSource source{id, PoissonTrain{dice.uniform(0, 8e6), dice.chance(0.3) ? 0.3 * end_s : 0.0, std::numeric_limits<double>::infinity()}, {}};
        if (dice.chance(0.4)) {
            SpikeTimes given;
            for (double t = 0; (t += dice.uniform(0, end_s / 20)) < end_s;)
                given.times_s.insert(given.times_s.end(), 1 + dice.below(3), t);
            source.train = std::move(given);
        }
        for (int entry = dice.below(12); entry > 0; --entry)
            source.entries.push_back({{0, chips[dice.below(static_cast<int>(chips.size()))]}, inputs[dice.below(2)], L1Address(dice.below(64))});
        stimulus.sources.push_back(std::move(source));
    }
    return stimulus;
}

inline void ideals(Dice& dice, Ideals& ideals, const std::vector<NeuronPlace>& places)
{
    if (dice.chance(0.3))
        ideals.uniform_delay_s = dice.uniform(60e-9, 300e-9);
    for (const NeuronPlace& place : places)
        if (dice.chance(0.1))
            ideals.initial_potentials.push_back({place.chip.hicann, place.firing, dice.uniform(0.7, 1.0)});
    if (places.empty() || !dice.chance(0.5))
        return;
    ideals.plasticities = {{0.5, 2e-6, 0}, {0.2, 0, 3e-6}};
    const auto any = [&] { return places[dice.below(static_cast<int>(places.size()))]; };
    for (int k = dice.below(200); k > 0; --k) {
        const NeuronPlace from = any(), to = any();
        ideals.kept_synapses.push_back({dice.chance(0.4), static_cast<std::uint64_t>(dice.below(6)), from.chip, from.firing, to.chip.hicann, to.firing,
                                        dice.chance(0.7) ? SynapticInput::excitatory : SynapticInput::inhibitory, static_cast<float>(dice.uniform(1e-9, 3e-7)),
                                        static_cast<std::uint16_t>(dice.below(3))});
    }
}

inline std::vector<TraceRequest> traces(Dice& dice, const std::vector<NeuronPlace>& places)
{
    std::vector<TraceRequest> requests;
    for (const Variable variable : {Variable::v, Variable::w, Variable::gsyn_exc, Variable::gsyn_inh, Variable::v}) {
        TraceRequest request = probe(variable, {}, 1 + dice.below(9));
        if (requests.size() == 4)
            request.through = Through::adc;
        for (const NeuronPlace& place : places)
            if (dice.chance(0.2))
                request.neurons.push_back(place);
        requests.push_back(std::move(request));
    }
    return requests;
}

/// Neurons of some chips in a row, and nets between them.
inline std::vector<NeuronPlace> fill(Dice& dice, SmallWafer& wafer, const std::vector<Hicann>& chips, bool chorus)
{
    std::vector<NeuronPlace> places;
    for (const Hicann hicann : chips) {
        blocks(dice, wafer.chip(hicann));
        const auto here = neurons(dice, wafer, hicann, chorus);
        places.insert(places.end(), here.begin(), here.end());
    }
    std::sort(places.begin(), places.end());
    for (std::size_t c = 0; c < chips.size(); ++c)
        for (const auto& mergers : {outputs, inputs})
            for (const DncMerger merger : std::span(mergers, 2)) {
                if (dice.chance(0.2))
                    continue;
                wafer.open(chips[c], merger, mergers == inputs, dice.chance(0.5));
                const int hops = dice.below(static_cast<int>(chips.size() - c));
                for (int hop = hops; hop >= 0; --hop)
                    if (hop == hops || dice.chance(0.7))
                        rows(dice, wafer, chips[c + hop], wafer.lead(chips[c], merger, hop));
            }
    return places;
}

/// Spikes of some chips that another wafer wants.
inline void relays(Dice& dice, WaferConfig& wafer, const std::vector<Hicann>& chips, std::uint16_t to, const std::vector<Hicann>& there)
{
    for (const Hicann hicann : chips) {
        auto& wanted = wafer.fpgas[hicann.reticle().fpga()].relays;
        for (int address = 1; address < 64; ++address)
            if (dice.chance(0.5))
                wanted.push_back({hicann, outputs[dice.below(2)], L1Address(address), {to, there[dice.below(static_cast<int>(there.size()))]}, inputs[dice.below(2)], L1Address(dice.below(64))});
        std::sort(wanted.begin(), wanted.end());
    }
}

/// Other values in the same places.
inline void change(Dice& dice, HicannConfig& chip)
{
    for (const Denmem denmem : all<Denmem>())
        for (const NeuronFg p : {NeuronFg::E_l, NeuronFg::V_t, NeuronFg::I_gl, NeuronFg::I_pl, NeuronFg::V_syntcx, NeuronFg::E_synx, NeuronFg::I_radapt, NeuronFg::I_gladapt, NeuronFg::I_fire})
            if (double& dac = chip.fg.at(denmem, p); dac > 0 && dice.chance(0.5))
                dac = p == NeuronFg::I_gladapt && dice.chance(0.3) ? 0 : dac * dice.uniform(0.9, 1.1);
    for (auto& weight : chip.synapses.weight)
        if (weight > 0)
            weight = static_cast<std::uint8_t>(1 + dice.below(15));
    auto& decoder = chip.synapses.decoder;
    for (std::size_t k = 2; k < decoder.size(); ++k)
        if (decoder[k] > 0 && decoder[k - 2] > 0 && dice.chance(0.02))
            std::swap(decoder[k], decoder[k - 2]);
    for (CurrentStimulus& stimulus : chip.stimulus)
        for (double& dac : stimulus.dac)
            dac = dice.below(300);
    chip.background[0].period += chip.background[0].random ? 0 : 10;
}

}   // namespace random_wafer_parts

/// One wafer or, with some luck, two.
inline RandomWafer random_wafer(std::uint64_t seed, std::int64_t steps)
{
    using namespace random_wafer_parts;
    Dice dice(seed);
    const bool chorus = dice.chance(0.25);
    SmallWafer wafer(chorus ? only({&Imperfections::link_bandwidth, &Imperfections::route_delay}) : imperfections(dice));
    const double timestep_s = std::array{10e-9, 10e-9, 25e-9, 200e-9}[dice.below(4)];
    std::vector<Hicann> chips{*Hicann::at(10, 7)};
    for (int more = dice.below(4); more > 0; --more)
        chips.push_back(*chips.back().neighbour(Direction::east));
    std::vector<NeuronPlace> places = fill(dice, wafer, chips, chorus);
    ideals(dice, wafer.config.ideals, places);
    const auto requests = traces(dice, places);
    const Stimulus stimulus = sources(dice, chips, static_cast<double>(steps) * timestep_s);

    Dice more(seed + 1000);                         // the first wafer does not depend on what follows
    std::vector wafers{wafer.config};
    std::vector silicon{wafer.silicon};
    if (more.chance(0.4)) {
        SmallWafer far(wafer.silicon.imperfections());
        const std::vector there{chips.front()};
        fill(more, far, there, chorus);
        far.config.ideals.uniform_delay_s = wafer.config.ideals.uniform_delay_s;
        relays(more, wafers[0], chips, 1, there);
        relays(more, far.config, there, 0, chips);
        wafers.push_back(far.config);
        silicon.push_back(far.silicon);
    }
    const auto program = [&](std::uint64_t trial) { return elaborate(wafers, silicon, {timestep_s, trial, requests}); };
    RandomWafer result{program(seed), program(seed + 1), {}, stimulus};
    for (WaferConfig& config : wafers)
        for (auto& [hicann, chip] : config.hicanns)
            change(more, chip);
    result.other = program(seed);
    return result;
}

}   // namespace bss::test
