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

/// What the plastic synapses of one driver, and those of one block, ask for.
struct DriverDemand {
    Mean utilisation, facilitating;
};
struct Demand {
    std::map<std::pair<Chip, SynapseDriver>, DriverDemand> drivers;
    std::map<std::pair<Chip, FgBlock>, Mean> tau_s;
};

SynapseDriver driver_of(const RealisedSynapse& synapse) { return SynapseRow(synapse.row).driver(); }

Demand collect(const Mapping& mapping, const Network& network)
{
    Demand demand;
    for (std::size_t p = 0; p < network.projections.size(); ++p) {
        const auto& stp = network.projections[p].stp;
        if (!stp || !plastic(*stp))
            continue;
        for (const RealisedSynapse& synapse : mapping.synapses[p]) {
            if (!synapse.realised())
                continue;
            const SynapseDriver driver = driver_of(synapse);
            DriverDemand& wanted = demand.drivers[{synapse.chip, driver}];
            wanted.utilisation.add(stp->U);
            wanted.facilitating.add(facilitates(*stp));
            demand.tau_s[{synapse.chip, driver.fg_block()}].add(mapping.scale.seconds(tau_ms(*stp)));
        }
    }
    return demand;
}

int nearest_cap(const Technology& technology, double utilisation)
{
    const double step = (technology.stp_utilisation(7) - technology.stp_utilisation(0)) / 7.0;
    return static_cast<int>(std::clamp(std::round((utilisation - technology.stp_utilisation(0)) / step), 0.0, 7.0));
}

} // namespace

double StpWeights::factor(const ShortTermPlasticity& stp, Chip chip, SynapseDriver driver) const
{
    if (!facilitates(stp))
        return stp.U;
    return stp.U / rested_[chip.wafer * Hicann::count + chip.hicann.value()][driver.fg_block().value()];
}

StpWeights write_stp(Mapping& mapping, const Network& network, const Machine& machine, const Imperfections& imperfections)
{
    const auto rounded = [&](double dac) { return imperfections.parameter_quantisation ? std::clamp(std::round(dac), 0.0, dac_max) : dac; };
    const auto technology = [&](Chip chip) -> const Technology& { return machine.silicon[chip.wafer]->technology(); };
    const auto config = [&](Chip chip) -> HicannConfig& { return mapping.wafers[chip.wafer].hicanns.at(chip.hicann); };
    StpWeights weights;
    weights.rested_.assign(mapping.wafers.size() * Hicann::count, {1.0, 1.0, 1.0, 1.0});
    const Demand demand = collect(mapping, network);

    std::map<std::pair<Chip, FgBlock>, Mean> references; // N of the facilitating drivers of a block
    for (const auto& [place, wanted] : demand.drivers) {
        const auto& [chip, driver] = place;
        DriverConfig& bits = config(chip).drivers[driver.value()];
        bits.stp_enable = true;
        bits.stp_mode = wanted.facilitating.value() > 0.5 ? StpMode::facilitation : StpMode::depression;
        bits.stp_cap = static_cast<std::uint8_t>(nearest_cap(technology(chip), wanted.utilisation.value()));
        const double u = technology(chip).stp_utilisation(bits.stp_cap);
        if (bits.stp_mode == StpMode::facilitation)
            references[{chip, driver.fg_block()}].add((1.0 - 2.0 * u) / (1.0 - u));
    }
    // lambda = 1 and N = 0: depression is Tsodyks and Markram's. N = (1 - 2U) / (1 - U): so is facilitation.
    for (const auto& [place, tau] : demand.tau_s) {
        const auto& [chip, block] = place;
        FloatingGates& fg = config(chip).fg;
        const double v_stdf = rounded(dac_per_volt);
        fg.at(block, SharedFg::V_stdf) = v_stdf;
        fg.at(block, SharedFg::V_dep) = 0.0;
        fg.at(block, SharedFg::V_dtc) = rounded(std::max(technology(chip).stp_v_dtc_dac(tau.value()), 0.0));
        if (const auto reference = references.find(place); reference != references.end()) {
            const double v_fac = rounded(reference->second.value() * v_stdf);
            fg.at(block, SharedFg::V_fac) = v_fac;
            weights.rested_[chip.wafer * Hicann::count + chip.hicann.value()][block.value()] = 1.0 - v_stdf / dac_per_volt * v_fac / v_stdf;
        }
    }

    for (std::size_t p = 0; p < network.projections.size(); ++p) {
        const auto& stp = network.projections[p].stp;
        if (!stp || !plastic(*stp))
            continue;
        std::uint64_t clipped = 0;
        for (const RealisedSynapse& synapse : mapping.synapses[p]) {
            if (!synapse.realised())
                continue;
            const DriverConfig& bits = config(synapse.chip).drivers[driver_of(synapse).value()];
            const double u = technology(synapse.chip).stp_utilisation(bits.stp_cap);
            const double tau = technology(synapse.chip).stp_tau_rec_s(config(synapse.chip).fg.at(driver_of(synapse).fg_block(), SharedFg::V_dtc));
            const bool mode = (bits.stp_mode == StpMode::facilitation) == facilitates(*stp);
            clipped += !mode || std::abs(u / stp->U - 1.0) > tolerance || std::abs(tau / mapping.scale.seconds(tau_ms(*stp)) - 1.0) > tolerance;
        }
        if (clipped > 0)
            mapping.warnings.push_back(
                {"clipped_stp",
                 fmt::format("projection \"{}\": U or time constant of {} plastic synapses is off by more than {:.0f} % (U {:.2f}, {:.4g} ms asked for)",
                             network.projections[p].label, clipped, 100 * tolerance, stp->U, tau_ms(*stp)),
                 clipped});
    }
    return weights;
}

} // namespace bss
