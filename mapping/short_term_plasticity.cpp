#include "short_term_plasticity.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace bss
{
namespace
{

constexpr double dac_per_volt = dac_max / 1.8;
/// Relative difference of a time constant or utilisation from the one asked for that is more than rounding to a code.
constexpr double tolerance = 0.1;

bool facilitates(const ShortTermPlasticity& stp) { return stp.tau_facil_ms > 0.0; }
/// Both time constants zero: every event has the efficacy weight x U, so the driver stays static.
bool plastic(const ShortTermPlasticity& stp) { return stp.tau_facil_ms > 0.0 || stp.tau_rec_ms > 0.0; }
double tau_ms(const ShortTermPlasticity& stp) { return facilitates(stp) ? stp.tau_facil_ms : stp.tau_rec_ms; }

struct Mean {
    double sum = 0.0, count = 0.0;
    void add(double x) { sum += x, count += 1.0; }
    double value() const { return sum / count; }
};

/// What the plastic synapses of one driver, and those of one block, ask for. Of a block's cells by what its drivers make of them.
struct DriverDemand {
    Mean utilisation, facilitating;
};
struct BlockDemand {
    Mean tau_s, lambda; ///< nominal ones
};
struct Demand {
    std::map<std::pair<Chip, SynapseDriver>, DriverDemand> drivers;
    std::map<std::pair<Chip, FgBlock>, BlockDemand> blocks;
};

SynapseDriver driver_of(const RealisedSynapse& synapse) { return SynapseRow(synapse.row).driver(); }

/// The plastic circuits of a mapping, as the calibration knows them.
class Drivers
{
public:
    Drivers(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections)
        : mapping_(mapping), network_(network), machine_(machine), quantised_(imperfections.parameter_quantisation), rewrite_(imperfections.rewrite)
    {
    }

    Demand demand() const
    {
        Demand demand;
        for (std::size_t p = 0; p < network_.projections.size(); ++p)
            for_plastic(p, [&](const ShortTermPlasticity& stp, const RealisedSynapse& synapse) {
                const SynapseDriver driver = driver_of(synapse);
                const StpFactors& factors = of(synapse.chip, driver).factors;
                DriverDemand& wanted = demand.drivers[{synapse.chip, driver}];
                wanted.utilisation.add(stp.U);
                wanted.facilitating.add(facilitates(stp));
                BlockDemand& block = demand.blocks[{synapse.chip, driver.fg_block()}];
                block.tau_s.add(mapping_.scale.seconds(tau_ms(stp)) / factors.tau_rec);
                block.lambda.add(1.0 / factors.lambda);
            });
        return demand;
    }

    /// lambda = 1 and N = 0: depression is Tsodyks and Markram's. N = 1 / lambda - U / (1 - U): so is facilitation.
    void write(const Demand& demand)
    {
        for (const auto& [place, wanted] : demand.blocks) {
            const auto& [chip, block] = place;
            FloatingGates& fg = config(chip).fg;
            fg.at(block, SharedFg::V_stdf) = rounded(wanted.lambda.value() * dac_per_volt);
            fg.at(block, SharedFg::V_dep) = 0.0;
            fg.at(block, SharedFg::V_dtc) = rounded(std::max(technology(chip).stp_v_dtc_dac(wanted.tau_s.value()), 0.0));
        }
        std::map<std::pair<Chip, FgBlock>, Mean> references; // N of the facilitating drivers of a block
        for (const auto& [place, wanted] : demand.drivers) {
            const auto& [chip, driver] = place;
            const StpFactors& factors = of(chip, driver).factors;
            DriverConfig& bits = config(chip).drivers[driver.value()];
            bits.stp_enable = true;
            bits.stp_mode = wanted.facilitating.value() > 0.5 ? StpMode::facilitation : StpMode::depression;
            bits.stp_cap = static_cast<std::uint8_t>(std::clamp(std::round(technology(chip).stp_cap(wanted.utilisation.value() / factors.utilisation)), 0.0, 7.0));
            const double u = utilisation(chip, driver);
            const double lambda = factors.lambda * demand.blocks.at({chip, driver.fg_block()}).lambda.value();
            if (bits.stp_mode == StpMode::facilitation)
                references[{chip, driver.fg_block()}].add((1.0 / lambda - 1.0) + (1.0 - 2.0 * u) / (1.0 - u));
        }
        for (const auto& [place, reference] : references) {
            FloatingGates& fg = config(place.first).fg;
            fg.at(place.second, SharedFg::V_fac) = rounded(std::max(reference.value(), 0.0) * fg.at(place.second, SharedFg::V_stdf));
        }
    }

    /// What a rested driver acts with: 1 - lambda N of a facilitating one.
    double rested(Chip chip, SynapseDriver driver) const
    {
        constexpr double least = 0.05; // one that is all but silent at rest is no facilitating synapse
        return std::max(least, 1.0 - of(chip, driver).factors.lambda * config(chip).fg.at(driver.fg_block(), SharedFg::V_fac) / dac_per_volt);
    }

    void account()
    {
        mapping_.account.resize(network_.projections.size());
        std::uint64_t nominal = 0;
        for (std::size_t p = 0; p < network_.projections.size(); ++p) {
            Mean u, tau, u_variance, tau_variance;
            std::uint64_t clipped = 0;
            for_plastic(p, [&](const ShortTermPlasticity& stp, const RealisedSynapse& synapse) {
                const SynapseDriver driver = driver_of(synapse);
                const double wanted_s = mapping_.scale.seconds(tau_ms(stp)), found_s = tau_s(synapse.chip, driver);
                const Known& known = of(synapse.chip, driver);
                u.add(utilisation(synapse.chip, driver));
                tau.add(mapping_.scale.ms(found_s));
                u_variance.add(std::pow(known.sigma.utilisation, 2));
                tau_variance.add(std::pow(known.sigma.tau_rec, 2) + std::pow(tau_written(synapse.chip, driver), 2));
                const bool mode = (config(synapse.chip).drivers[driver.value()].stp_mode == StpMode::facilitation) == facilitates(stp);
                clipped += !mode || std::abs(utilisation(synapse.chip, driver) / stp.U - 1.0) > tolerance || std::abs(found_s / wanted_s - 1.0) > tolerance;
                nominal += !known.covered;
            });
            if (u.count == 0.0)
                continue;
            mapping_.account[p].plasticity = {u.value(), tau.value(), std::sqrt(u_variance.value()), std::sqrt(tau_variance.value()), clipped};
            const ShortTermPlasticity& stp = *network_.projections[p].stp;
            if (clipped > 0)
                mapping_.warnings.push_back(
                    {"clipped_stp",
                     fmt::format("projection \"{}\": U or time constant of {} plastic synapses is off by more than {:.0f} % "
                                 "(U {:.2f}, {:.4g} ms asked for, {:.2f}, {:.4g} ms in the mean)",
                                 network_.projections[p].label, clipped, 100 * tolerance, stp.U, tau_ms(stp), u.value(), tau.value()),
                     clipped});
        }
        if (nominal > 0)
            mapping_.warnings.push_back(
                {"nominal_stp", fmt::format("the calibration has no short-term plasticity of the drivers of {} plastic synapses: they get the nominal settings", nominal), nominal});
    }

private:
    Mapping& mapping_;
    const Network& network_;
    const Machine& machine_;
    bool quantised_, rewrite_;
    /// What a calibration says of a driver.
    struct Known {
        StpFactors factors, sigma;
        bool covered;
    };
    mutable std::map<std::pair<Chip, SynapseDriver>, Known> known_;

    template <class Visit>
    void for_plastic(std::size_t projection, Visit&& visit) const
    {
        if (const auto& stp = network_.projections[projection].stp; stp && plastic(*stp))
            for (const RealisedSynapse& synapse : mapping_.synapses[projection])
                if (synapse.realised())
                    visit(*stp, synapse);
    }
    HicannConfig& config(Chip chip) const { return mapping_.wafers[chip.wafer].hicanns.at(chip.hicann); }
    const Technology& technology(Chip chip) const { return machine_.silicon[chip.wafer]->technology(); }
    const Known& of(Chip chip, SynapseDriver driver) const
    {
        const auto [known, fresh] = known_.try_emplace({chip, driver});
        if (const Calibration& calibration = *machine_.calibration[chip.wafer]; fresh)
            known->second = {calibration.stp(chip.hicann, driver), calibration.stp_sigma(chip.hicann, driver), calibration.covers_stp(chip.hicann, driver)};
        return known->second;
    }
    double rounded(double dac) const { return quantised_ ? std::clamp(std::round(dac), 0.0, dac_max) : dac; }

    double utilisation(Chip chip, SynapseDriver driver) const
    {
        return of(chip, driver).factors.utilisation * technology(chip).stp_utilisation(config(chip).drivers[driver.value()].stp_cap);
    }
    double v_dtc(Chip chip, SynapseDriver driver) const { return config(chip).fg.at(driver.fg_block(), SharedFg::V_dtc); }
    double tau_s(Chip chip, SynapseDriver driver) const { return of(chip, driver).factors.tau_rec * technology(chip).stp_tau_rec_s(v_dtc(chip, driver)); }
    /// Relative standard deviation of a time constant whose cell is written anew.
    double tau_written(Chip chip, SynapseDriver driver) const
    {
        const Technology& t = technology(chip);
        const double dac = v_dtc(chip, driver);
        return rewrite_ ? t.write_sigma(dac, cell(SharedFg::V_dtc).current()) * std::log(t.stp_tau_rec_s(dac - 0.5) / t.stp_tau_rec_s(dac + 0.5)) : 0.0;
    }
};

} // namespace

double StpWeights::factor(const ShortTermPlasticity& stp, Chip chip, SynapseDriver driver) const
{
    if (!facilitates(stp))
        return stp.U;
    return stp.U / rested_.at({chip, driver});
}

StpWeights write_stp(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections)
{
    Drivers drivers(mapping, network, machine, imperfections);
    const Demand demand = drivers.demand();
    drivers.write(demand);
    StpWeights weights;
    for (const auto& [place, wanted] : demand.drivers)
        weights.rested_[place] = wanted.facilitating.value() > 0.5 ? drivers.rested(place.first, place.second) : 1.0;
    drivers.account();
    return weights;
}

} // namespace bss
