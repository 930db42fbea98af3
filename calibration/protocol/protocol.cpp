#include "protocols.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "calibration/estimators.hpp"

namespace bss {

void run(const Protocol& protocol, Lab& lab)
{
    Observations seen;
    const auto cell = info(protocol.quantity()).cell;
    for (const Step& step : protocol.sweep(lab)) {
        const Setup setup = protocol.prepare(lab, step, seen);
        if (setup.rows)
            lab.bench.write_rows(setup.config, *setup.rows, setup.shared);
        else
            lab.bench.write(setup.config);
        seen.steps.push_back(step);
        auto& dac = seen.dac.emplace_back();
        for (const Denmem d : all<Denmem>())
            dac[d.value()] = cell ? setup.config.fg.at(d, *cell) : setup.config.fg.v_reset(d);
        auto& estimates = seen.estimates.emplace_back();
        lab.bench.record(setup.acquisition, setup.stimulation,
                         [&](Denmem d, const BenchTrace& trace) { estimates[d.value()] = protocol.observe(lab, step, d, trace); });
    }
    protocol.fit(lab, seen);
}

std::vector<std::unique_ptr<Protocol>> lab_protocols()
{
    std::vector<std::unique_ptr<Protocol>> protocols;
    protocols.push_back(readout_shift_protocol());
    protocols.push_back(lab_v_reset());
    protocols.push_back(lab_v_t());
    protocols.push_back(lab_e_syn(SynapticInput::inhibitory));
    protocols.push_back(lab_e_syn(SynapticInput::excitatory));
    protocols.push_back(lab_tau_ref());
    protocols.push_back(lab_e_l());
    protocols.push_back(lab_v_convoff(SynapticInput::excitatory));
    protocols.push_back(lab_v_convoff(SynapticInput::inhibitory));
    protocols.push_back(lab_tau_m());
    protocols.push_back(lab_tau_syn(SynapticInput::excitatory));
    protocols.push_back(lab_tau_syn(SynapticInput::inhibitory));
    return protocols;
}

std::vector<std::unique_ptr<Protocol>> fast_protocols(bool adaptive)
{
    std::vector<std::unique_ptr<Protocol>> protocols;
    protocols.push_back(readout_shift_protocol());
    protocols.push_back(fast_v_reset());
    protocols.push_back(fast_v_t());
    for (const SynapticInput input : {SynapticInput::excitatory, SynapticInput::inhibitory})
        protocols.push_back(fast_e_syn(input));
    for (const SynapticInput input : {SynapticInput::excitatory, SynapticInput::inhibitory})
        protocols.push_back(fast_v_convoff(input));
    protocols.push_back(fast_e_l());
    protocols.push_back(fast_tau_ref());
    protocols.push_back(fast_tau_m());
    for (const SynapticInput input : {SynapticInput::excitatory, SynapticInput::inhibitory})
        protocols.push_back(fast_tau_syn(input));
    if (adaptive) {
        protocols.push_back(upstroke_protocol());
        protocols.push_back(subthreshold_protocol());
        protocols.push_back(spike_triggered_protocol());
    }
    protocols.push_back(weights_protocol());
    protocols.push_back(plasticity_protocol());
    protocols.push_back(alignment_protocol());
    return protocols;
}

HicannConfig base_configuration(const Datasheet& datasheet)
{
    HicannConfig config;
    for (HalfConfig& half : config.halves)
        half = {.big_capacitor = datasheet.mode.big_capacitor, .i_gl = datasheet.mode.leak};
    for (DenmemConfig& denmem : config.denmems)
        denmem.activate_firing = true;
    config.pll_hz = datasheet.pll_hz;
    for (const auto& [cell, volt] : {std::pair{NeuronFg::E_l, 0.8}, {NeuronFg::E_syni, 0.6}, {NeuronFg::E_synx, 1.3}, {NeuronFg::V_t, 1.0}, {NeuronFg::V_exp, 1.8},
                                     {NeuronFg::V_syni, 0.9}, {NeuronFg::V_synx, 0.9}, {NeuronFg::V_syntci, 1.42}, {NeuronFg::V_syntcx, 1.42},
                                     {NeuronFg::V_convoffi, 1.8}, {NeuronFg::V_convoffx, 1.8}})
        set_volt(config, cell, volt);
    for (const auto& [cell, ampere] : {std::pair{NeuronFg::I_gl, 1000.0}, {NeuronFg::I_pl, 2000.0}, {NeuronFg::I_convi, 2500.0}, {NeuronFg::I_convx, 2500.0},
                                       {NeuronFg::I_intbbi, 2000.0}, {NeuronFg::I_intbbx, 2000.0}, {NeuronFg::I_fire, 0.0}, {NeuronFg::I_gladapt, 0.0},
                                       {NeuronFg::I_radapt, 2500.0}, {NeuronFg::I_rexp, 2500.0}, {NeuronFg::I_bexp, 2500.0}, {NeuronFg::I_spikeamp, 2000.0}})
        set_nanoampere(config, cell, ampere);
    set_v_reset_volt(config, 0.5);
    return config;
}

void set_dac(HicannConfig& config, NeuronFg cell, double dac)
{
    for (const Denmem d : all<Denmem>())
        config.fg.at(d, cell) = std::clamp(std::round(dac), 0.0, dac_max);
}

void set_volt(HicannConfig& config, NeuronFg cell, double volt) { set_dac(config, cell, volt * dac_max / 1.8); }
void set_nanoampere(HicannConfig& config, NeuronFg cell, double nanoampere) { set_dac(config, cell, nanoampere * dac_max / 2500.0); }

namespace {

double dac_for(const Lab& lab, Quantity q, Denmem d, const Transfer& nominal, const Curve* population, double value)
{
    const Transform& transform = lab.table.of(q)[d.value()];
    if (transform.form == Transform::Form::constant)
        return transform.c[0];
    if (q == Quantity::V_convoffx || q == Quantity::V_convoffi)
        return dac_max; // as far from any leak as it gets
    Transfer transfer = nominal;
    std::optional<Curve> own;
    if (transform.form == Transform::Form::softplus)
        own = softplus_curve(transform);
    if (transform.good())
        transfer = transfer_of(transform, nominal, own ? &*own : population);
    transfer.rate = 0; // a protocol asks for the cell's own current, and often switches off what leaks
    return std::clamp(std::round(transfer.dac(value)), transfer.dac_min, transfer.dac_max);
}

}   // namespace

void set_calibrated(const Lab& lab, HicannConfig& config, NeuronFg cell, double value)
{
    const Quantity q = quantity_of(cell).value();
    const auto population = curve_of(lab.table.population(q));
    for (const Denmem d : all<Denmem>())
        config.fg.at(d, cell) = dac_for(lab, q, d, lab.datasheet.nominal(cell), population ? &*population : nullptr, value);
}

void set_time_constant(const Lab& lab, HicannConfig& config, double us)
{
    const Transfer& nominal = lab.datasheet.nominal(NeuronFg::I_gl);
    set_dac(config, NeuronFg::I_gl, std::clamp(nominal.dac(us * 1e-6 / lab.datasheet.analog_scale), nominal.dac_min, nominal.dac_max));
}

void disconnect_inputs(HicannConfig& config)
{
    set_dac(config, NeuronFg::I_convx, 0);
    set_dac(config, NeuronFg::I_convi, 0);
}

double short_tau_m_s(const Lab& lab)
{
    const Transfer& leak = lab.datasheet.nominal(NeuronFg::I_gl);
    return std::max(0.8e-6 / lab.datasheet.analog_scale, 1.2 * leak.value(leak.dac_max));
}

double convoff_leak_dac(const Lab& lab)
{
    const Transfer& nominal = lab.datasheet.nominal(NeuronFg::I_gl);
    return std::round(std::clamp(nominal.dac(lab.datasheet.capacitance_farad / (convoff_leak_siemens * lab.datasheet.analog_scale)), nominal.dac_min, nominal.dac_max));
}

void rest_without_inputs(const Lab& lab, HicannConfig& config, double volt)
{
    disconnect_inputs(config);
    // The transform was measured with the base configuration's leak and reversal potentials.
    const HicannConfig base = base_configuration(lab.datasheet);
    const Transfer& leak = lab.datasheet.nominal(NeuronFg::I_gl);
    const double weaker = leak.value(base.fg.at(Denmem(0), NeuronFg::I_gl)) / leak.value(convoff_leak_dac(lab));
    const auto population = curve_of(lab.table.population(Quantity::E_l));
    for (const Denmem d : all<Denmem>()) {
        double all = 1, sum = volt;                 // of conductances in terms of the leak's, and with their potentials
        for (const auto& [convoff, reversal, cell] : {std::tuple{Quantity::V_convoffx, Quantity::E_synx, NeuronFg::E_synx}, {Quantity::V_convoffi, Quantity::E_syni, NeuronFg::E_syni}})
            if (const Transform &left = lab.table.of(convoff)[d.value()], &e = lab.table.of(reversal)[d.value()]; e.good()) {
                const double pull = std::abs(left.c[1]), g = weaker * pull / (convoff_distance_volt - pull);
                all += g, sum += g * value_of(e, lab.datasheet.nominal(cell), nullptr, base.fg.at(d, cell));
            }
        config.fg.at(d, NeuronFg::E_l) = dac_for(lab, Quantity::E_l, d, lab.datasheet.nominal(NeuronFg::E_l), population ? &*population : nullptr, sum / all);
    }
}

void set_v_reset_volt(HicannConfig& config, double volt)
{
    for (const FgBlock block : all<FgBlock>())
        config.fg.at(block, SharedFg::V_reset) = std::clamp(std::round(volt * dac_max / 1.8), 0.0, dac_max);
}

void set_calibrated_v_reset(const Lab& lab, HicannConfig& config, double volt)
{
    std::array<double, FgBlock::count> sum{};
    for (const Denmem d : all<Denmem>())
        sum[d.shared_fg_block().value()] += dac_for(lab, Quantity::V_reset, d, lab.datasheet.v_reset, nullptr, volt);
    for (const FgBlock block : all<FgBlock>())
        config.fg.at(block, SharedFg::V_reset) = std::round(sum[block.value()] / (Denmem::count / FgBlock::count));
}

Acquisition acquire(const Lab& lab, double settle_us, double duration_us, int every, int averages)
{
    const double stretch = 1 / lab.datasheet.analog_scale;
    return {.settle_s = settle_us * 1e-6 * stretch,
            .duration_s = duration_us * 1e-6 * stretch,
            .every = std::max(1, static_cast<int>(std::lround(every * stretch))),
            .averages = averages};
}

int clocks(const Lab& lab, double us) { return static_cast<int>(std::lround(us * 1e-6 / lab.datasheet.analog_scale * lab.datasheet.pll_hz)); }

double sample_s(const Lab& lab, const Acquisition& acquisition) { return acquisition.every / lab.adc_rate_hz; }

void stimulate(Setup& setup, const StimulatedRow& stimulated)
{
    const L1Address address = setup.stimulation.address;
    setup.stimulation.drivers.push_back(stimulated.driver);
    DriverConfig& bits = setup.config.drivers[stimulated.driver.value()];
    bits.enable = bits.locin = true;
    RowConfig& row = bits.rows[stimulated.which];
    row.syn_in_left = stimulated.input == SynapticInput::excitatory;
    row.syn_in_right = stimulated.input == SynapticInput::inhibitory;
    row.gmax_div_left = static_cast<std::uint8_t>(stimulated.gmax_div / 2);
    row.gmax_div_right = static_cast<std::uint8_t>(stimulated.gmax_div - stimulated.gmax_div / 2);
    row.decoder.fill(static_cast<std::uint8_t>(address.driver_decoder()));
    for (int column = stimulated.first_column; column < Column::count; column += stimulated.stride) {
        const std::size_t at = SynapseArrays::at(SynapseRow(stimulated.driver, stimulated.which), Column(column));
        setup.config.synapses.weight[at] = static_cast<std::uint8_t>(stimulated.weight);
        setup.config.synapses.decoder[at] = static_cast<std::uint8_t>(address.synapse_decoder());
    }
}

void connect_stimulation(Setup& setup, SynapticInput input, int period_clocks, double v_gmax_dac, int gmax_div, int weight)
{
    setup.stimulation = {.drivers = {}, .address = L1Address(63), .period_clocks = period_clocks};
    for (const FgBlock block : all<FgBlock>())
        setup.config.fg.at(block, SharedFg::V_gmax0) = v_gmax_dac;
    for (const int driver : {23, 136})
        stimulate(setup, {.driver = SynapseDriver(driver), .input = input, .gmax_div = gmax_div, .weight = weight});
}

void fit_lines(Lab& lab, Quantity quantity, const Observations& seen, double tolerance)
{
    for (const Denmem d : all<Denmem>()) {
        std::vector<double> dac, volt;
        Reason reason = Reason::too_few_points;
        for (std::size_t k = 0; k < seen.steps.size(); ++k) {
            const Estimate& e = seen.estimates[k][d.value()];
            if (!e.good()) {
                reason = e.reason;
                continue;
            }
            dac.push_back(seen.dac[k][d.value()]);
            volt.push_back(e.value - readout_shift(lab, d));
        }
        Transform& transform = lab.table.of(quantity)[d.value()];
        const auto line = fit_line(dac, volt);
        if (!line) {
            transform = failed(reason);
            continue;
        }
        const double dac_per_ideal = 1.8 / dac_max / line->slope;
        if (!(std::abs(dac_per_ideal - 1) <= tolerance) || !(std::abs(line->offset / line->slope) <= 1000)) {
            transform = failed(Reason::stuck_dac);
            continue;
        }
        const double n = static_cast<double>(dac.size());
        const double variance = n > 2 ? line->residual * line->residual * n / (n - 2) : 0.0;
        transform = {.form = Transform::Form::line, .reason = Reason::none, .c = {line->offset, line->slope}, .variance = {variance / n, 0, 0}, .dac_low = dac.front(),
                     .dac_high = dac.back(), .residual = line->residual, .points = static_cast<std::uint16_t>(dac.size())};
    }
}

double readout_shift(const Lab& lab, Denmem denmem)
{
    const Transform& transform = lab.table.of(Quantity::readout_shift)[denmem.value()];
    return transform.good() ? transform.c[0] : 0.0;
}

}   // namespace bss
