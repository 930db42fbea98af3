#include "calibration.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "wafer/error.hpp"

namespace bss
{
namespace
{

class Ideal final : public Calibration
{
public:
    explicit Ideal(const Silicon& silicon) : technology_(silicon.technology()), saturation_(silicon.imperfections().saturation) {}
    std::string_view kind() const override { return "ideal"; }
    Transfer neuron(Hicann, Denmem, NeuronFg parameter, OperatingMode mode) const override { return technology_.nominal(parameter, mode, saturation_); }
    Transfer v_reset(Hicann, Denmem) const override { return technology_.nominal_v_reset(saturation_); }
    double row_factor(Hicann, SynapseRow) const override { return 1.0; }
    StpFactors stp(Hicann, SynapseDriver) const override { return {}; }

private:
    Technology technology_;
    bool saturation_;
};

class Oracle final : public Calibration
{
public:
    explicit Oracle(const Silicon& silicon) : silicon_(silicon) {}
    std::string_view kind() const override { return "oracle"; }
    Transfer neuron(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode) const override
    {
        const auto of = [&](NeuronFg p) { return silicon_.true_transfer(hicann, denmem, p, mode); };
        Transfer transfer = of(parameter);
        if (parameter != NeuronFg::I_gl && parameter != NeuronFg::E_l)
            return transfer;
        // What synaptic inputs conduct for ever is a leak too: of the time constant, and of the potential at the base leak and base reversal potentials.
        const double farad = silicon_.technology().capacitance_farad(mode.big_capacitor);
        const auto base = [&](NeuronFg p) { return of(p).value(cell(p).base_dac); };
        const std::array leak{silicon_.true_input_leak_siemens(hicann, denmem, SynapticInput::excitatory, cell(NeuronFg::V_convoffx).base_dac, cell(NeuronFg::I_convx).base_dac),
                              silicon_.true_input_leak_siemens(hicann, denmem, SynapticInput::inhibitory, cell(NeuronFg::V_convoffi).base_dac, cell(NeuronFg::I_convi).base_dac)};
        if (leak[0] + leak[1] == 0.0)
            return transfer;
        if (parameter == NeuronFg::I_gl) {
            transfer.rate = (leak[0] + leak[1]) / farad;
        } else {
            const double own = farad / base(NeuronFg::I_gl), all = own + leak[0] + leak[1];
            transfer.factor *= own / all;
            transfer.offset = (own * transfer.offset + leak[0] * base(NeuronFg::E_synx) + leak[1] * base(NeuronFg::E_syni)) / all;
        }
        return transfer;
    }
    Transfer v_reset(Hicann hicann, Denmem denmem) const override { return silicon_.true_v_reset(hicann, denmem); }
    double row_factor(Hicann hicann, SynapseRow row) const override { return silicon_.true_row_factor(hicann, row); }
    StpFactors stp(Hicann hicann, SynapseDriver driver) const override { return silicon_.true_stp(hicann, driver); }
    std::bitset<Denmem::count> unusable(Hicann hicann) const override
    {
        std::bitset<Denmem::count> broken;
        for (const Denmem d : all<Denmem>())
            broken[static_cast<std::size_t>(d.value())] = silicon_.fault(hicann, d).kind != Fault::Kind::none;
        return broken;
    }

private:
    Silicon silicon_;
};

/// Parameters of every network's neurons: a denmem without a transform for one of them is not used.
constexpr std::array needed{Quantity::V_t, Quantity::E_syni, Quantity::E_synx, Quantity::tau_ref, Quantity::E_l, Quantity::V_convoffx, Quantity::V_convoffi, Quantity::tau_m, Quantity::tau_syn_E, Quantity::tau_syn_I};

constexpr std::array adaptive{Quantity::V_exp, Quantity::delta_T, Quantity::a, Quantity::tau_w, Quantity::b};

class Measured final : public Calibration
{
public:
    Measured(const Silicon& silicon, Table table) : technology_(silicon.technology()), saturation_(silicon.imperfections().saturation), rewrite_(silicon.imperfections().rewrite), table_(std::move(table))
    {
        for (const auto& [hicann, chip] : table_.chips) {
            Curves& curves = curves_[hicann];
            for (int q = 0; q < quantity_count; ++q) {
                curves.population[q] = curve_of(chip.populations[q]);
                const auto& circuits = chip.transforms[q];
                if (std::any_of(circuits.begin(), circuits.end(), [](const Transform& t) { return t.form == Transform::Form::softplus; }))
                    for (const Transform& t : circuits)
                        curves.own[q].push_back(t.form == Transform::Form::softplus ? std::optional(softplus_curve(t)) : std::nullopt);
            }
        }
    }
    std::string_view kind() const override { return table_.info.mode == CalibrationMode::lab ? "lab" : "fast"; }
    Transfer neuron(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode) const override
    {
        const Transfer nominal = technology_.nominal(parameter, mode, saturation_);
        const auto quantity = quantity_of(parameter);
        if (!quantity)
            return nominal;
        if (parameter == NeuronFg::I_gl && mode != table_.info.operating)
            throw InputError(fmt::format("calibration: expected a table for the {} capacitor and gear {} of the mapping, found one for {} and {}", capacitor(mode), gear(mode),
                                         capacitor(table_.info.operating), gear(table_.info.operating)));
        const ChipTable& table = chip(hicann);
        if (table.of(*quantity)[static_cast<std::size_t>(denmem.value())].reason == Reason::not_calibrated) {
            if (!covers(parameter))
                return nominal;
            throw InputError(fmt::format("calibration: expected a table with {}, found one without", info(*quantity).name));
        }
        return transfer(table, *quantity, denmem.value(), nominal);
    }
    Transfer v_reset(Hicann hicann, Denmem denmem) const override { return transfer(chip(hicann), Quantity::V_reset, denmem.value(), technology_.nominal_v_reset(saturation_)); }
    double row_factor(Hicann hicann, SynapseRow row) const override
    {
        if (!knows(hicann)) // only passes spikes on: nothing stands in its rows
            return 1.0;
        const Transform& t = chip(hicann).of(Quantity::weight)[static_cast<std::size_t>(row.value())];
        return t.good() ? t.c[0] : 1.0;
    }
    StpFactors stp(Hicann hicann, SynapseDriver driver) const override
    {
        return stp_of(hicann, driver, 1.0, [](const Transform& t) { return t.c[0]; });
    }
    StpFactors stp_sigma(Hicann hicann, SynapseDriver driver) const override
    {
        return stp_of(hicann, driver, 0.0, [](const Transform& t) { return std::sqrt(t.variance[0]); });
    }
    bool covers_stp(Hicann hicann, SynapseDriver driver) const override
    {
        return knows(hicann) && chip(hicann).of(Quantity::stp_U)[static_cast<std::size_t>(driver.value())].good();
    }
    double technical(Hicann hicann, Denmem denmem, NeuronFg parameter) const override
    {
        if (const auto q = quantity_of(parameter); q && knows(hicann)) // a chip that only passes spikes on needs no calibration
            if (const Transform& t = chip(hicann).of(*q)[static_cast<std::size_t>(denmem.value())]; t.form == Transform::Form::constant)
                return t.c[0];
        return cell(parameter).base_dac;
    }
    bool knows(Hicann hicann) const override { return table_.chips.contains(hicann); }
    bool covers(NeuronFg parameter) const override
    {
        const auto q = quantity_of(parameter);
        return table_.info.mode != CalibrationMode::lab || !q || std::find(adaptive.begin(), adaptive.end(), *q) == adaptive.end();
    }
    std::bitset<Denmem::count> unusable(Hicann hicann) const override
    {
        const ChipTable& table = chip(hicann);
        std::bitset<Denmem::count> broken;
        for (const Denmem d : all<Denmem>()) {
            const auto failed = [&](Quantity q) { return !table.of(q)[static_cast<std::size_t>(d.value())].good(); };
            const bool any = std::any_of(needed.begin(), needed.end(), failed) ||
                             (table_.info.mode == CalibrationMode::fast && table_.info.adaptive && std::any_of(adaptive.begin(), adaptive.end(), failed));
            broken.set(static_cast<std::size_t>(d.value()), any);
        }
        return broken;
    }
    double sigma(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode, double dac) const override
    {
        const auto q = quantity_of(parameter);
        if (!q)
            return 0.0;
        const Transform& t = chip(hicann).of(*q)[static_cast<std::size_t>(denmem.value())];
        const double write = rewrite_ ? technology_.write_sigma(dac, cell(parameter).current()) : 0.0;
        return t.good() ? sigma_of(t, info(*q).relative, neuron(hicann, denmem, parameter, mode), dac, write) : 0.0;
    }

private:
    struct Curves {
        std::array<std::optional<Curve>, quantity_count> population;
        std::array<std::vector<std::optional<Curve>>, quantity_count> own;
    };
    Technology technology_;
    bool saturation_, rewrite_;
    Table table_;
    std::map<Hicann, Curves> curves_;

    static std::string_view capacitor(OperatingMode mode) { return mode.big_capacitor ? "big" : "small"; }
    static std::string_view gear(OperatingMode mode) { return std::array{"normal", "slow", "fast"}[static_cast<std::size_t>(mode.leak)]; }
    const ChipTable& chip(Hicann hicann) const
    {
        const auto found = table_.chips.find(hicann);
        if (found == table_.chips.end())
            throw InputError(fmt::format("calibration: expected a table that has HICANN {}, found none", hicann.value()));
        return found->second;
    }
    /// Of a driver without transforms and of chips that only pass spikes on: nominal.
    template <class Value>
    StpFactors stp_of(Hicann hicann, SynapseDriver driver, double nominal, Value&& value) const
    {
        const auto of = [&](Quantity q) {
            if (!knows(hicann))
                return nominal;
            const Transform& t = chip(hicann).of(q)[static_cast<std::size_t>(driver.value())];
            return t.good() ? value(t) : nominal;
        };
        return {of(Quantity::stp_U), of(Quantity::stp_tau_rec), of(Quantity::stp_lambda)};
    }
    Transfer transfer(const ChipTable& table, Quantity q, int circuit, const Transfer& nominal) const
    {
        const Transform& t = table.of(q)[static_cast<std::size_t>(circuit)];
        const Curves& curves = curves_.at(table.hicann);
        const Curve* curve = nullptr;
        if (t.form == Transform::Form::softplus)
            curve = &*curves.own[static_cast<std::size_t>(q)][static_cast<std::size_t>(circuit)];
        else if (const auto& population = curves.population[static_cast<std::size_t>(q)])
            curve = &*population;
        return transfer_of(t, nominal, curve);
    }
};

} // namespace

double Calibration::technical(Hicann, Denmem, NeuronFg parameter) const { return cell(parameter).base_dac; }
bool Calibration::knows(Hicann) const { return true; }
bool Calibration::covers(NeuronFg) const { return true; }
bool Calibration::covers_stp(Hicann, SynapseDriver) const { return true; }
StpFactors Calibration::stp_sigma(Hicann, SynapseDriver) const { return {0, 0, 0}; }
std::bitset<Denmem::count> Calibration::unusable(Hicann) const { return {}; }
double Calibration::sigma(Hicann, Denmem, NeuronFg, OperatingMode, double) const { return 0.0; }

std::unique_ptr<Calibration> table_calibration(const Silicon& silicon, Table table) { return std::make_unique<Measured>(silicon, std::move(table)); }

std::unique_ptr<Calibration> ideal_calibration(const Silicon& silicon) { return std::make_unique<Ideal>(silicon); }
std::unique_ptr<Calibration> oracle_calibration(const Silicon& silicon) { return std::make_unique<Oracle>(silicon); }

} // namespace bss
