#include <algorithm>
#include <cmath>

#include "calibration/estimators.hpp"
#include "protocols.hpp"
#include "psp.hpp"

namespace bss {
namespace {

/// Conductance of a row against the others of its chip: the areas of its potentials on all 256 denmems. What differs between denmems is the same for each
/// row and cancels. A driver of either half at a time.
class Weights final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::weight; }
    std::vector<Step> sweep(const Lab&) const override
    {
        std::vector<Step> steps;
        for (int driver = 0; driver < SynapseDriver::count / 2; ++driver)
            for (int which = 0; which < 2; ++which)
                if (SynapseDriver(driver).exists() || SynapseDriver(driver + SynapseDriver::count / 2).exists())
                    steps.push_back({static_cast<double>(driver), which});
        return steps;
    }
    Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, period_us, period_us, 8, 1000)};
        HicannConfig& config = setup.config;
        for (DenmemConfig& denmem : config.denmems)
            denmem.activate_firing = false;
        set_calibrated(lab, config, NeuronFg::V_convoffx, 0);
        set_calibrated(lab, config, NeuronFg::V_convoffi, 0);
        set_calibrated(lab, config, NeuronFg::I_gl, short_tau_m_s(lab));
        setup.stimulation = {.drivers = {}, .address = L1Address(63), .period_clocks = clocks(lab, period_us)};
        for (const FgBlock block : all<FgBlock>())
            config.fg.at(block, SharedFg::V_gmax0) = v_gmax_dac(lab);
        for (const int half : {0, 1}) {
            const SynapseDriver driver(static_cast<int>(step.value) + half * SynapseDriver::count / 2);
            if (driver.exists())
                stimulate(setup, {.driver = driver, .which = step.kind, .weight = big_capacitor(lab) ? 3 : 0});
        }
        if (!seen.steps.empty())
            setup.rows = std::vector<NeuronFg>{}; // switches only
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override
    {
        const std::size_t n = trace.volt.size();
        const double base = mean_of(trace.volt.subspan(n - n / 6)).mean;
        return {.value = mean_of(trace.volt).mean - base, .reason = Reason::none};
    }
    void fit(Lab& lab, const Observations& seen) const override
    {
        // Area of a denmem in the middle of all rows: what its capacitance, leak and time constants make of a conductance.
        std::array<double, Denmem::count> typical{};
        for (const Denmem d : all<Denmem>()) {
            std::vector<double> areas;
            for (std::size_t k = 0; k < seen.steps.size(); ++k)
                if (SynapseDriver(static_cast<int>(seen.steps[k].value) + static_cast<int>(d.half()) * SynapseDriver::count / 2).exists())
                    areas.push_back(seen.estimates[k][d.value()].value);
            typical[d.value()] = median(areas);
        }
        std::vector<double> everything(typical.begin(), typical.end());
        const double usual = median(everything);
        for (std::size_t k = 0; k < seen.steps.size(); ++k)
            for (const int half : {0, 1}) {
                const SynapseDriver driver(static_cast<int>(seen.steps[k].value) + half * SynapseDriver::count / 2);
                if (!driver.exists())
                    continue;
                std::vector<double> ratios;
                for (const Denmem d : all<Denmem>())
                    if (static_cast<int>(d.half()) == half && typical[d.value()] > 0.2 * usual)
                        ratios.push_back(seen.estimates[k][d.value()].value / typical[d.value()]);
                Transform& t = lab.table.of(quantity())[static_cast<std::size_t>(SynapseRow(driver, seen.steps[k].kind).value())];
                const auto [factor, middle, deviation, count] = trimmed(ratios);
                if (ratios.size() < 32 || !(middle > 0.2)) { // a driver or row that does nothing: its denmems are sound all the same
                    t = failed(Reason::no_signal);
                    continue;
                }
                t = {.form = Transform::Form::constant, .reason = Reason::none, .c = {factor}, .variance = {0, 0, 0}, .dac_low = 0, .dac_high = dac_max, .residual = deviation,
                     .points = static_cast<std::uint16_t>(count)};
            }
        // What a half's denmems make of a conductance is known from its rows alone: their mean is the data sheet's. Its blocks lie apart by the write errors of
        // their shared cells and by the means of their rows, and share that by the variances of both. The scatter over a row's denmems is its synapses', whose
        // mean is the row's.
        auto& rows = lab.table.of(quantity());
        std::vector<double> factors;
        std::array<double, FgBlock::count> sum{}, count{};
        const auto block_of = [](std::size_t row) { return static_cast<std::size_t>(SynapseRow(static_cast<int>(row)).driver().fg_block().value()); };
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (rows[row].good())
                factors.push_back(rows[row].c[0]), sum[block_of(row)] += rows[row].c[0], ++count[block_of(row)];
        const double written = std::pow(lab.datasheet.write_sigma(v_gmax_dac(lab), true) / v_gmax_dac(lab), 2), spread = std::pow(robust_deviation(factors), 2);
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (Transform& t = rows[row]; t.good()) {
                const std::size_t own = block_of(row), other = own ^ 1;
                const double mean = sum[own] / count[own], scale = count[other] > 0 ? (mean + sum[other] / count[other]) / 2 : mean;
                const double of_rows = spread / count[own], of_cell = written / std::max(1e-12, written + of_rows);
                t.c[0] /= scale + of_cell * (mean - scale);
                t.variance[0] = of_rows * (1 + of_cell) / 2;
            }
    }

private:
    static constexpr double period_us = 8;
    /// A small capacitor takes the least that synapses conduct.
    static double v_gmax_dac(const Lab& lab) { return big_capacitor(lab) ? dac_max : 400; }
};

}   // namespace

std::unique_ptr<Protocol> weights_protocol() { return std::make_unique<Weights>(); }

}   // namespace bss
