#include <algorithm>
#include <cmath>
#include <functional>

#include "calibrate.hpp"
#include "calibration.hpp"
#include "estimators.hpp"
#include "protocol/protocol.hpp"
#include "wafer/parallel.hpp"
#include "wafer/technology_impl.hpp"

namespace bss {
namespace {

/// Held-out targets in SI units of HICANN v4 (calibration.md §1.8; docs/calibration.md for what the lab never calibrated).
std::vector<double> targets_of(Quantity q, OperatingMode mode)
{
    switch (q) {
    case Quantity::V_reset:
        return {0.6, 0.8};
    case Quantity::V_t:
        return {0.9, 1.0, 1.1};
    case Quantity::E_syni:
        return {0.7, 0.8};
    case Quantity::E_synx:
        return {1.0, 1.1};
    case Quantity::E_l:
        return {0.7, 0.8, 0.9};
    case Quantity::tau_syn_E:
    case Quantity::tau_syn_I:
        return {0.6e-6, 0.5e-6, 0.4e-6, 0.3e-6};
    case Quantity::tau_ref:
        return {0.1e-6, 0.2e-6, 0.3e-6, 0.4e-6, 0.5e-6};
    case Quantity::tau_m:
        if (mode.big_capacitor)
            return mode.leak == Gear::slow ? std::vector{7.5e-6, 5e-6} : std::vector{1e-6};
        return mode.leak == Gear::slow ? std::vector{1e-6} : mode.leak == Gear::normal ? std::vector{0.5e-6} : std::vector{0.2e-6};
    case Quantity::V_exp:
        return {0.9, 1.0};
    case Quantity::delta_T:
        return {3e-3, 6e-3, 10e-3};
    case Quantity::a:
        return {0.1e-6, 0.3e-6, 1e-6};
    case Quantity::tau_w:
        return {5e-6, 10e-6, 20e-6};
    case Quantity::b:
        return {10e-9, 30e-9};
    case Quantity::weight:
        return {3, 7, 11, 15};
    case Quantity::stp_U:
        return {0.27, 0.33, 0.39};
    case Quantity::stp_tau_rec:
        return {20e-6, 40e-6, 80e-6};
    case Quantity::stp_lambda:
        return {0.8, 1.0};
    default:
        return {0};
    }
}

double in_units_of(Quantity q, double analog_scale)
{
    switch (q) {
    case Quantity::tau_syn_E:
    case Quantity::tau_syn_I:
    case Quantity::tau_ref:
    case Quantity::tau_m:
    case Quantity::tau_w:
    case Quantity::stp_tau_rec:
        return 1 / analog_scale;
    case Quantity::a:
    case Quantity::b:
        return analog_scale;
    default:
        return 1;
    }
}

double realised(const DenmemCircuit& c, Quantity q)
{
    switch (q) {
    case Quantity::V_reset:
        return c.v_reset_volt;
    case Quantity::V_t:
        return c.v_threshold_volt;
    case Quantity::E_syni:
        return c.e_rev_volt[1];
    case Quantity::E_synx:
        return c.e_rev_volt[0];
    case Quantity::tau_ref:
        return c.tau_refrac_s;
    case Quantity::tau_m:
        return c.capacitance_farad / c.g_leak_siemens;
    case Quantity::tau_syn_E:
        return c.tau_syn_s[0];
    case Quantity::tau_syn_I:
        return c.tau_syn_s[1];
    case Quantity::V_exp:
        return c.v_exp_volt;
    case Quantity::delta_T:
        return c.delta_t_volt;
    case Quantity::a:
        return c.a_siemens;
    case Quantity::tau_w:
        return c.tau_w_s;
    case Quantity::b:
        return c.b_ampere;
    default:
        return c.e_leak_volt;
    }
}

/// Seeds of the writings of an evaluation: none that calibrated.
std::uint64_t writing(Quantity q, std::size_t target, int kind) { return 0x6576616cull << 32 | static_cast<std::uint64_t>(q) << 16 | target << 4 | static_cast<std::uint64_t>(kind); }

double clipped(const Transfer& transfer, double value) { return std::clamp(std::round(transfer.dac(value)), transfer.dac_min, transfer.dac_max); }

class ChipEvaluation
{
public:
    ChipEvaluation(const Silicon& silicon, const Table& table, const ChipTable& chip, const Calibration& measured, const Calibration& oracle, std::vector<QualityReport>& reports)
        : silicon_(silicon), chip_(chip), mode_(table.info.operating), fast_(table.info.mode == CalibrationMode::fast), measured_(measured), oracle_(oracle), reports_(reports)
    {
    }

    void run()
    {
        for (int k = 0; k < quantity_count; ++k) {
            const auto q = static_cast<Quantity>(k);
            if (std::all_of(chip_.of(q).begin(), chip_.of(q).end(), [](const Transform& t) { return t.reason == Reason::not_calibrated; }))
                continue;
            QualityReport& report = reports_[static_cast<std::size_t>(k)];
            count(report, q);
            if (q == Quantity::readout_shift)
                readout(report);
            else if (q == Quantity::V_convoffx || q == Quantity::V_convoffi)
                rest_shift(report, q);
            else if (q == Quantity::weight)
                weights(report);
            else if (q >= Quantity::stp_U)
                plasticity(report, q);
            else
                for (std::size_t t = 0; t < targets_of(q, mode_).size(); ++t)
                    target(report, q, t);
        }
    }

private:
    const Silicon& silicon_;
    const ChipTable& chip_;
    OperatingMode mode_;
    bool fast_;
    const Calibration &measured_, &oracle_;
    std::vector<QualityReport>& reports_;

    void count(QualityReport& report, Quantity q) const
    {
        const auto& transforms = chip_.of(q);
        if (q == Quantity::V_reset) { // a block counts as one
            std::array<int, FgBlock::count> good{};
            for (const Denmem d : all<Denmem>())
                good[d.shared_fg_block().value()] += transforms[d.value()].good();
            for (const int n : good)
                ++report.circuits, n > 0 ? ++report.good : ++report.failed[static_cast<int>(Reason::no_signal)];
            return;
        }
        for (std::size_t k = 0; k < transforms.size(); ++k) {
            const auto place = static_cast<int>(k);
            if ((q == Quantity::weight && !SynapseRow(place).exists()) || (q >= Quantity::stp_U && !SynapseDriver(place).exists()))
                continue;
            ++report.circuits;
            transforms[k].good() ? ++report.good : ++report.failed[static_cast<int>(transforms[k].reason)];
        }
    }
    void add(QualityReport& report, std::size_t circuit, double target, double value, double predicted, double sigma) const
    {
        const bool relative = info(report.quantity).relative;
        const double unit = relative ? 100 / target : 1e3;
        report.errors.push_back({chip_.hicann, static_cast<std::uint16_t>(circuit), static_cast<float>(target), static_cast<float>((value - target) * unit),
                                 static_cast<float>((predicted - target) * unit), static_cast<float>(sigma * (relative ? 100 : 1e3))});
    }
    static void add_centred(std::vector<float>& to, std::vector<double> errors)
    {
        double mean = 0;
        for (const double e : errors)
            mean += e / static_cast<double>(errors.size());
        for (const double e : errors)
            to.push_back(static_cast<float>(e - mean));
    }
    bool sound(Denmem d) const { return silicon_.fault(chip_.hicann, d).kind == Fault::Kind::none; }

    HicannConfig configuration(const Calibration& calibration) const
    {
        HicannConfig config;
        for (HalfConfig& half : config.halves)
            half = {.big_capacitor = mode_.big_capacitor, .i_gl = mode_.leak};
        for (const Denmem d : all<Denmem>())
            for (const NeuronFg p : {NeuronFg::V_convoffx, NeuronFg::V_convoffi})
                config.fg.at(d, p) = calibration.technical(chip_.hicann, d, p);
        return config;
    }

    void target(QualityReport& report, Quantity q, std::size_t index) const
    {
        const double target = targets_of(q, mode_)[index] * in_units_of(q, analog_scale());
        const bool shared = q == Quantity::V_reset;
        const NeuronFg cell_of = info(q).cell.value_or(NeuronFg::E_l);
        const auto nominal_calibration = ideal_calibration(silicon_);
        const std::array<const Calibration*, 3> calibrations{&measured_, nominal_calibration.get(), &oracle_};
        for (int kind = 0; kind < 3; ++kind) {
            const Calibration& calibration = *calibrations[static_cast<std::size_t>(kind)];
            HicannConfig config = configuration(calibration);
            if (q == Quantity::V_exp || q == Quantity::delta_T)
                for (const Denmem d : all<Denmem>())
                    config.fg.at(d, NeuronFg::I_bexp) = dac_max - 1;
            std::vector<Transfer> transfers;
            std::array<double, FgBlock::count> sum{};
            for (const Denmem d : all<Denmem>()) {
                transfers.push_back(shared ? calibration.v_reset(chip_.hicann, d) : calibration.neuron(chip_.hicann, d, cell_of, mode_));
                if (shared)
                    sum[d.shared_fg_block().value()] += transfers.back().dac(target);
                else
                    config.fg.at(d, cell_of) = clipped(transfers.back(), target);
            }
            if (shared)
                for (const FgBlock block : all<FgBlock>())
                    config.fg.at(block, SharedFg::V_reset) = std::round(sum[block.value()] / (Denmem::count / FgBlock::count));
            std::vector<double> errors;
            for (const Denmem d : all<Denmem>()) {
                const Transform& transform = chip_.of(q)[d.value()];
                if (kind == 0 ? !transform.good() : !sound(d))
                    continue;
                const Transfer& transfer = transfers[static_cast<std::size_t>(d.value())];
                // A mapping says what a circuit cannot do. The published spreads of the lab contain it.
                if (const double wanted = transfer.dac(target); fast_ && (wanted < transfer.dac_min - 0.5 || wanted > transfer.dac_max + 0.5)) {
                    report.out_of_reach += kind == 0;
                    continue;
                }
                const double value = realised(silicon_.circuit(chip_.hicann, d, config, writing(q, index, kind)), q);
                const double dac = shared ? config.fg.v_reset(d) : config.fg.at(d, cell_of);
                if (kind == 0)
                    add(report, static_cast<std::size_t>(d.value()), target, value, shared ? target : transfer.value(dac),
                        sigma_of(transform, info(q).relative, transfer, dac, silicon_.imperfections().rewrite ? silicon_.write_sigma(dac, !shared && cell(cell_of).current()) : 0));
                else
                    errors.push_back((value - target) * (info(q).relative ? 100 / target : 1e3));
            }
            if (kind > 0)
                add_centred(kind == 1 ? report.uncalibrated : report.oracle, std::move(errors));
        }
    }

    double analog_scale() const { return silicon_.technology().impl().analog_scale; }

    void readout(QualityReport& report) const
    {
        std::vector<double> offsets;
        for (const Denmem d : all<Denmem>()) {
            const double offset = silicon_.readout(chip_.hicann, d).offset_volt;
            const Transform& t = chip_.of(Quantity::readout_shift)[d.value()];
            if (t.good())
                report.errors.push_back({chip_.hicann, static_cast<std::uint16_t>(d.value()), 0, static_cast<float>((t.c[0] - offset) * 1e3), 0,
                                         static_cast<float>(std::sqrt(t.variance[0]) * 1e3)});
            offsets.push_back(offset * 1e3);
            report.oracle.push_back(0);
        }
        add_centred(report.uncalibrated, std::move(offsets));
    }

    /// How far a synaptic input still pulls the membrane where V_convoff is calibrated: E_l 0.8 V, the leak of the big capacitor's normal gear at I_gl 200 nA
    /// (calibration.md §6), or the strongest that the mode has.
    void rest_shift(QualityReport& report, Quantity q) const
    {
        const bool excitatory = q == Quantity::V_convoffx;
        const NeuronFg swept = excitatory ? NeuronFg::V_convoffx : NeuronFg::V_convoffi, bias = excitatory ? NeuronFg::I_convx : NeuronFg::I_convi;
        const Transfer leak = silicon_.technology().nominal(NeuronFg::I_gl, mode_, false);
        for (int kind = 0; kind < 3; ++kind) {
            HicannConfig config = configuration(measured_);
            for (const Denmem d : all<Denmem>()) {
                for (const auto& [cell_of, volt] : {std::pair{NeuronFg::E_l, 0.8}, {NeuronFg::E_synx, 1.2}, {NeuronFg::E_syni, 0.4}})
                    config.fg.at(d, cell_of) = clipped(silicon_.true_transfer(chip_.hicann, d, cell_of, mode_), volt);
                config.fg.at(d, NeuronFg::I_gl) = clipped(leak, silicon_.technology().capacitance_farad(mode_.big_capacitor) / (convoff_leak_siemens * analog_scale()));
                config.fg.at(d, excitatory ? NeuronFg::I_convi : NeuronFg::I_convx) = 0;
                if (kind == 1) // uncalibrated: the middle of the knees
                    config.fg.at(d, swept) = 500;
                if (kind == 2)
                    config.fg.at(d, swept) = dac_max;
            }
            HicannConfig without = config;
            for (const Denmem d : all<Denmem>())
                without.fg.at(d, bias) = 0;
            std::vector<double> errors;
            for (const Denmem d : all<Denmem>()) {
                const Transform& t = chip_.of(q)[d.value()];
                if (kind == 0 ? !t.good() : !sound(d))
                    continue;
                const std::uint64_t trial = writing(q, 0, kind);
                const double shift = silicon_.circuit(chip_.hicann, d, config, trial).e_leak_volt - silicon_.circuit(chip_.hicann, d, without, trial).e_leak_volt;
                if (kind == 0)
                    report.errors.push_back({chip_.hicann, static_cast<std::uint16_t>(d.value()), 0, static_cast<float>(shift * 1e3), static_cast<float>(t.c[1] * 1e3),
                                             static_cast<float>(std::sqrt(t.variance[0]) * 1e3)});
                else
                    errors.push_back(shift * 1e3);
            }
            if (kind > 0)
                add_centred(kind == 1 ? report.uncalibrated : report.oracle, std::move(errors));
        }
    }

    /// Drivers that are asked for a utilisation, each by its own capacitor, or for a time constant or lambda, by the mean of what the drivers of a block would
    /// write into the cell that they share. Each driver in a writing of its own.
    void plasticity(QualityReport& report, Quantity q) const
    {
        const Technology& technology = silicon_.technology();
        /// How a quantity is set: a code of the driver's capacitor, or the DAC of a shared cell.
        struct Setting {
            double StpFactors::*factor;
            double StpCircuit::*made;
            std::optional<SharedFg> cell;
            std::function<double(double)> for_value, value;
        };
        const Setting by = q == Quantity::stp_U
                               ? Setting{&StpFactors::utilisation, &StpCircuit::utilisation, std::nullopt, [&](double u) { return technology.stp_cap(u); },
                                         [&](double cap) { return technology.stp_utilisation(static_cast<int>(cap)); }}
                           : q == Quantity::stp_tau_rec
                               ? Setting{&StpFactors::tau_rec, &StpCircuit::tau_rec_s, SharedFg::V_dtc, [&](double s) { return technology.stp_v_dtc_dac(s); },
                                         [&](double dac) { return technology.stp_tau_rec_s(dac); }}
                               : Setting{&StpFactors::lambda, &StpCircuit::lambda, SharedFg::V_stdf, [](double volt) { return volt * dac_max / 1.8; },
                                         [](double dac) { return dac * 1.8 / dac_max; }};
        const auto nominal_calibration = ideal_calibration(silicon_);
        const std::array<const Calibration*, 3> calibrations{&measured_, nominal_calibration.get(), &oracle_};
        for (std::size_t index = 0; index < targets_of(q, mode_).size(); ++index)
            for (int kind = 0; kind < 3; ++kind) {
                const double target = targets_of(q, mode_)[index] * in_units_of(q, analog_scale());
                const auto good = [&](SynapseDriver d) { return d.exists() && (kind > 0 || chip_.of(q)[static_cast<std::size_t>(d.value())].good()); };
                const auto factor = [&](SynapseDriver d) { return calibrations[static_cast<std::size_t>(kind)]->stp(chip_.hicann, d).*by.factor; };
                HicannConfig config;
                std::array<double, FgBlock::count> sum{}, count{};
                for (const SynapseDriver d : all<SynapseDriver>())
                    if (good(d))
                        sum[d.fg_block().value()] += by.for_value(target / factor(d)), ++count[d.fg_block().value()];
                for (const FgBlock block : all<FgBlock>())
                    if (by.cell && count[block.value()] > 0)
                        config.fg.at(block, *by.cell) = std::clamp(std::round(sum[block.value()] / count[block.value()]), 0.0, dac_max);
                std::vector<double> errors;
                for (const SynapseDriver d : all<SynapseDriver>()) {
                    if (!good(d))
                        continue;
                    const double wanted = by.for_value(target / factor(d)), setting = by.cell ? config.fg.at(d.fg_block(), *by.cell) : std::clamp(std::round(wanted), 0.0, 7.0);
                    if (!by.cell && std::abs(setting - wanted) > 0.5) {
                        report.out_of_reach += kind == 0;
                        continue;
                    }
                    config.drivers[d.value()] = {.stp_enable = true, .stp_cap = static_cast<std::uint8_t>(by.cell ? 0 : setting), .rows = {}};
                    const double value = silicon_.stp(chip_.hicann, d, config, writing(q, index, kind) | static_cast<std::uint64_t>(d.value()) << 24).*by.made;
                    if (kind > 0) {
                        errors.push_back((value / target - 1) * 100);
                        continue;
                    }
                    double sigma = measured_.stp_sigma(chip_.hicann, d).*by.factor;
                    if (by.cell && silicon_.imperfections().rewrite)
                        sigma = std::hypot(sigma, silicon_.write_sigma(setting, cell(*by.cell).current()) *
                                                      std::log(by.value(setting + 0.5) / by.value(setting - 0.5)));
                    add(report, static_cast<std::size_t>(d.value()), target, value, factor(d) * by.value(setting), sigma);
                }
                if (kind > 0)
                    add_centred(kind == 1 ? report.uncalibrated : report.oracle, std::move(errors));
            }
    }

    /// A row's mean conductance over its synapses against what the table expects, at full gain.
    void weights(QualityReport& report) const
    {
        for (std::size_t index = 0; index < targets_of(Quantity::weight, mode_).size(); ++index) {
            const int code = static_cast<int>(targets_of(Quantity::weight, mode_)[index]);
            std::vector<double> uncalibrated, oracle;
            for (const SynapseRow row : all<SynapseRow>()) {
                if (!row.exists())
                    continue;
                HicannConfig config;
                RowConfig& bits = config.drivers[row.driver().value()].rows[row.which()];
                bits.gmax_div_left = bits.gmax_div_right = 1;
                for (const FgBlock block : all<FgBlock>())
                    config.fg.at(block, SharedFg::V_gmax0) = dac_max;
                const double nominal = silicon_.technology().synapse_conductance(code, dac_max, 2);
                std::array<float, Column::count> factors;
                silicon_.synapse_factors(chip_.hicann, row, factors);
                double mean = 0;
                for (const float f : factors)
                    mean += f / Column::count;
                const double value = silicon_.row(chip_.hicann, row, config, writing(Quantity::weight, index, 0)).conductance_siemens[static_cast<std::size_t>(code)] * mean;
                uncalibrated.push_back((value / nominal - 1) * 100);
                oracle.push_back((value / nominal / silicon_.true_row_factor(chip_.hicann, row) - 1) * 100);
                const Transform& t = chip_.of(Quantity::weight)[static_cast<std::size_t>(row.value())];
                if (!t.good())
                    continue;
                const double expected = nominal * t.c[0];
                report.errors.push_back({chip_.hicann, static_cast<std::uint16_t>(row.value()), static_cast<float>(code), static_cast<float>((value / expected - 1) * 100), 0,
                                         static_cast<float>(std::sqrt(t.variance[0] + std::pow(silicon_.imperfections().rewrite ? silicon_.write_sigma(dac_max, true) / dac_max : 0, 2)) * 100)});
            }
            add_centred(report.uncalibrated, std::move(uncalibrated));
            add_centred(report.oracle, std::move(oracle));
        }
    }
};

double deviation(const std::vector<float>& centred)
{
    double squares = 0;
    for (const float e : centred)
        squares += static_cast<double>(e) * e;
    return centred.empty() ? 0 : std::sqrt(squares / static_cast<double>(centred.size()));
}

}   // namespace

QualityReport::Summary QualityReport::summary() const
{
    Summary s;
    s.yield = circuits > 0 ? static_cast<double>(good) / static_cast<double>(circuits) : 0;
    s.sigma_uncalibrated = deviation(uncalibrated);
    s.oracle_sigma = deviation(oracle);
    // Spread over circuits at each target, then the mean over targets.
    std::map<float, std::vector<float>> by_target;
    std::vector<double> absolute;
    std::size_t stated = 0, one = 0, two = 0;
    for (const Error& e : errors) {
        by_target[e.target].push_back(e.error);
        absolute.push_back(std::abs(e.error));
        s.bias += e.error / static_cast<double>(errors.size());
        if (e.sigma > 0) {
            ++stated;
            one += std::abs(e.error - e.predicted) <= e.sigma;
            two += std::abs(e.error - e.predicted) <= 2 * e.sigma;
        }
    }
    for (auto& [target, values] : by_target) {
        double mean = 0;
        for (const float v : values)
            mean += v / static_cast<double>(values.size());
        for (float& v : values)
            v -= static_cast<float>(mean);
        s.sigma += deviation(values) / static_cast<double>(by_target.size());
    }
    std::sort(absolute.begin(), absolute.end());
    if (!absolute.empty())
        s.p95 = absolute[static_cast<std::size_t>(0.95 * static_cast<double>(absolute.size() - 1))];
    if (stated > 0) {
        s.within_1_sigma = static_cast<double>(one) / static_cast<double>(stated);
        s.within_2_sigma = static_cast<double>(two) / static_cast<double>(stated);
    }
    return s;
}

std::vector<QualityReport> evaluate(const std::shared_ptr<const Silicon>& silicon, const Table& table)
{
    const auto measured = table_calibration(*silicon, table);
    const auto oracle = oracle_calibration(*silicon);
    std::vector<const ChipTable*> chips;
    for (const auto& [hicann, chip] : table.chips)
        chips.push_back(&chip);
    std::vector<std::vector<QualityReport>> by_chip(chips.size(), std::vector<QualityReport>(quantity_count));
    parallel_for(chips.size(), [&](std::size_t k) {
        for (int q = 0; q < quantity_count; ++q)
            by_chip[k][static_cast<std::size_t>(q)].quantity = static_cast<Quantity>(q);
        ChipEvaluation(*silicon, table, *chips[k], *measured, *oracle, by_chip[k]).run();
    });
    std::vector<QualityReport> reports;
    for (int q = 0; q < quantity_count; ++q) {
        QualityReport all;
        all.quantity = static_cast<Quantity>(q);
        for (auto& chip : by_chip) {
            QualityReport& one = chip[static_cast<std::size_t>(q)];
            all.circuits += one.circuits;
            all.good += one.good;
            all.out_of_reach += one.out_of_reach;
            for (std::size_t r = 0; r < all.failed.size(); ++r)
                all.failed[r] += one.failed[r];
            all.errors.insert(all.errors.end(), one.errors.begin(), one.errors.end());
            all.uncalibrated.insert(all.uncalibrated.end(), one.uncalibrated.begin(), one.uncalibrated.end());
            all.oracle.insert(all.oracle.end(), one.oracle.begin(), one.oracle.end());
            one = {};
        }
        if (all.circuits > 0)
            reports.push_back(std::move(all));
    }
    return reports;
}

}   // namespace bss
