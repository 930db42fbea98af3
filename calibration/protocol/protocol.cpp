#include "protocol.hpp"

#include <algorithm>
#include <cmath>

namespace bss {

void run(const Protocol& protocol, Lab& lab)
{
    Observations seen;
    const auto cell = info(protocol.quantity()).cell;
    for (const Step& step : protocol.sweep(lab)) {
        const Setup setup = protocol.prepare(lab, step, seen);
        if (setup.rows.empty())
            lab.bench.write(setup.config);
        else
            lab.bench.write_rows(setup.config, setup.rows);
        seen.steps.push_back(step);
        auto& dac = seen.dac.emplace_back();
        for (const Denmem d : all<Denmem>())
            dac[d.value()] = cell ? setup.config.fg.at(d, *cell) : setup.config.fg.v_reset(d);
        auto& estimates = seen.estimates.emplace_back();
        lab.bench.record(setup.acquisition, setup.stimulation,
                         [&](Denmem d, const Trace& trace) { estimates[d.value()] = protocol.observe(lab, step, d, trace); });
    }
    protocol.fit(lab, seen);
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
    for (const auto& [cell, ampere] : {std::pair{NeuronFg::I_gl, 1000.0}, {NeuronFg::I_pl, 2000.0}, {NeuronFg::I_convi, 625.0}, {NeuronFg::I_convx, 625.0},
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
    Transfer transfer = nominal;
    std::optional<Curve> own;
    if (transform.form == Transform::Form::softplus)
        own = softplus_curve(transform);
    if (transform.good())
        transfer = transfer_of(transform, nominal, own ? &*own : population);
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

double readout_shift(const Lab& lab, Denmem denmem)
{
    const Transform& transform = lab.table.of(Quantity::readout_shift)[denmem.value()];
    return transform.good() ? transform.c[0] : 0.0;
}

}   // namespace bss
