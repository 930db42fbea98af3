#include "silicon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "random.hpp"
#include "technology_impl.hpp"

namespace bss
{
namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();

// Third word of an address of Purpose::fixed_pattern and Purpose::rewrite; neuron parameters count from 0.
constexpr std::uint32_t shared_cells = 32, v_reset_mismatch = 64, noise_mismatch = 65;

std::uint32_t word(NeuronFg p) { return static_cast<std::uint32_t>(p); }
std::uint32_t word(SharedFg p) { return shared_cells + static_cast<std::uint32_t>(p); }

/// Lognormal factor of mean 1 and relative standard deviation `spread`.
double lognormal(double spread, double z)
{
    const double s2 = std::log1p(spread * spread);
    return std::exp(std::sqrt(s2) * z - 0.5 * s2);
}

/// Quantiles of the standard normal at (k + 1/2) / 65536: a 16-bit word becomes a normal number by one look-up.
const std::vector<float>& normal_quantiles()
{
    static const std::vector<float> table = [] {
        constexpr int size = 65536;
        std::vector<float> quantiles(size);
        double z = 0.0;
        for (int k = size / 2; k < size; ++k) { // upward from the median: the last quantile is a good start for Newton
            const double above = (size - k - 0.5) / size;
            for (int iteration = 0; iteration < 4; ++iteration)
                z += (0.5 * std::erfc(z / std::numbers::sqrt2) - above) * std::sqrt(2.0 * std::numbers::pi) * std::exp(0.5 * z * z);
            quantiles[k] = static_cast<float>(z);
            quantiles[size - 1 - k] = static_cast<float>(-z);
        }
        return quantiles;
    }();
    return table;
}

/// What a cell holds after it was written in this trial.
double written(const Silicon& silicon, double dac, bool current, std::uint64_t trial, Hicann hicann, int place, std::uint32_t parameter)
{
    if (!silicon.imperfections().rewrite || !std::isfinite(dac))
        return dac;
    const auto& impl = silicon.technology().impl();
    const double sigma = (current ? impl.current_write : impl.voltage_write).at(std::abs(dac));
    return dac + sigma * random_normal(trial, Purpose::rewrite, hicann.value(), place, parameter, static_cast<std::uint32_t>(silicon.wafer_id()));
}

double written(const Silicon& silicon, const HicannConfig& config, std::uint64_t trial, Hicann hicann, FgBlock block, SharedFg p)
{
    return written(silicon, config.fg.at(block, p), cell(p).current(), trial, hicann, block.value(), word(p));
}

double volt(double dac) { return dac * (1.8 / dac_max); }

} // namespace

Silicon::Silicon(Technology technology, Imperfections imperfections, std::uint64_t wafer_id)
    : technology_(std::move(technology)), imperfections_(imperfections), wafer_id_(wafer_id)
{
}

Transfer Silicon::true_transfer(Hicann hicann, Denmem denmem, NeuronFg parameter, OperatingMode mode) const
{
    Transfer transfer = technology_.nominal(parameter, mode, imperfections_.saturation);
    const auto& known = technology_.impl().neuron[static_cast<int>(parameter)];
    if (!imperfections_.fixed_pattern || !known)
        return transfer;
    const double z = random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), word(parameter));
    transfer.offset += known->sigma * z;
    if (known->spread > 0.0)
        transfer.factor *= lognormal(known->spread, z);
    return transfer;
}

Transfer Silicon::true_v_reset(Hicann hicann, Denmem denmem) const
{
    Transfer transfer = technology_.nominal_v_reset(imperfections_.saturation);
    if (imperfections_.fixed_pattern) {
        const auto& impl = technology_.impl();
        transfer.offset += impl.v_reset->sigma * random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), v_reset_mismatch);
        transfer.offset += impl.v_reset_block_sigma *
                           random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.shared_fg_block().value(), word(SharedFg::V_reset));
    }
    return transfer;
}

DenmemCircuit Silicon::circuit(Hicann hicann, Denmem denmem, const HicannConfig& config, std::uint64_t trial) const
{
    const auto& impl = technology_.impl();
    const HalfConfig& half = config.halves[static_cast<int>(denmem.half())];
    const OperatingMode mode{half.big_capacitor, half.i_gl};
    const auto dac = [&](NeuronFg p) {
        const double asked = config.fg.at(denmem, p);
        const bool off = asked == 0.0 && cell(p).current(); // an empty current cell stays empty
        return off ? asked : written(*this, asked, cell(p).current(), trial, hicann, denmem.value(), word(p));
    };
    const auto value = [&](NeuronFg p) { return true_transfer(hicann, denmem, p, mode).value(dac(p)); };
    const auto limit = [&](NeuronFg i_conv) {
        const double bias = dac(i_conv);
        return bias <= 0.0 ? 0.0 : imperfections_.saturation ? impl.synaptic_limit_siemens * impl.analog_scale * bias / dac_max : infinity;
    };

    DenmemCircuit circuit{};
    const double tau_m = value(NeuronFg::I_gl);
    circuit.capacitance_farad = technology_.capacitance_farad(mode.big_capacitor);
    circuit.g_leak_siemens = circuit.capacitance_farad / tau_m;
    circuit.e_leak_volt = value(NeuronFg::E_l);
    circuit.leak_linear_volt = imperfections_.saturation ? impl.leak_linear_volt : infinity;
    circuit.e_rev_volt = {value(NeuronFg::E_synx), value(NeuronFg::E_syni)};
    circuit.tau_syn_s = {value(NeuronFg::V_syntcx), value(NeuronFg::V_syntci)};
    circuit.synaptic_limit_siemens = {limit(NeuronFg::I_convx), limit(NeuronFg::I_convi)};
    // V_exp, I_rexp and I_bexp at the top switch the exponential off (hardware.md §6.2); a bit decides, not the write error.
    circuit.exponential =
        config.fg.at(denmem, NeuronFg::V_exp) < dac_max || config.fg.at(denmem, NeuronFg::I_rexp) < dac_max || config.fg.at(denmem, NeuronFg::I_bexp) < dac_max;
    circuit.v_exp_volt = value(NeuronFg::V_exp);
    circuit.delta_t_volt = value(NeuronFg::I_rexp);
    circuit.v_threshold_volt = value(NeuronFg::V_t);
    circuit.v_reset_volt =
        true_v_reset(hicann, denmem)
            .value(written(*this, config.fg.v_reset(denmem), false, trial, hicann, denmem.shared_fg_block().value(), word(SharedFg::V_reset)));
    circuit.tau_refrac_s = value(NeuronFg::I_pl);
    circuit.a_siemens = value(NeuronFg::I_gladapt);
    circuit.tau_w_s = value(NeuronFg::I_radapt);
    circuit.b_ampere = value(NeuronFg::I_fire);
    if (imperfections_.temporal_noise) {
        const double strength = lognormal(impl.noise_spread, random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), noise_mismatch));
        circuit.noise_volt_per_sqrt_s = impl.noise_volt * strength * std::sqrt(2.0 / tau_m);
    }
    circuit.stimulus_ampere_per_dac = technology_.stimulus_full_scale_ampere() / dac_max;
    return circuit;
}

double Silicon::true_row_factor(Hicann hicann, SynapseRow row) const
{
    if (!imperfections_.weight_mismatch)
        return 1.0;
    return std::max(0.0, 1.0 + technology_.impl().row_spread * random_normal(wafer_id_, Purpose::row_variation, hicann.value(), row.value(), 0));
}

RowCircuit Silicon::row(Hicann hicann, SynapseRow row, const HicannConfig& config, std::uint64_t trial) const
{
    const RowConfig& bits = config.drivers[row.driver().value()].rows[row.which()];
    const auto v_gmax = static_cast<SharedFg>(static_cast<int>(SharedFg::V_gmax0) + bits.select_gmax);
    const double dac = written(*this, config, trial, hicann, row.driver().fg_block(), v_gmax);
    const int divider = std::max(1, bits.gmax_div_left + bits.gmax_div_right);
    RowCircuit circuit{};
    circuit.exact_factor = true_row_factor(hicann, row);
    for (int w = 0; w < 16; ++w)
        circuit.conductance_siemens[w] = circuit.exact_factor * technology_.synapse_conductance(w, dac, divider);
    return circuit;
}

void Silicon::synapse_factors(Hicann hicann, SynapseRow row, std::span<float, Column::count> factors) const
{
    if (!imperfections_.weight_mismatch) {
        std::fill(factors.begin(), factors.end(), 1.0f);
        return;
    }
    const float spread = static_cast<float>(technology_.impl().synapse_spread);
    const std::vector<float>& quantiles = normal_quantiles();
    for (int group = 0; group < Column::count / 8; ++group) { // eight 16-bit numbers a call
        const auto words = random_words(wafer_id_, Purpose::synapse_variation, hicann.value(), row.value(), group, 0);
        for (int k = 0; k < 8; ++k)
            factors[8 * group + k] = std::max(0.0f, 1.0f + spread * quantiles[words[k / 2] >> (16 * (k % 2)) & 0xffff]);
    }
}

double Silicon::synapse_factor(Hicann hicann, SynapseRow row, Column column) const
{
    std::array<float, Column::count> factors;
    synapse_factors(hicann, row, factors);
    return factors[column.value()];
}

StpCircuit Silicon::stp(Hicann hicann, SynapseDriver driver, const HicannConfig& config, std::uint64_t trial) const
{
    const DriverConfig& bits = config.drivers[driver.value()];
    const auto dac = [&](SharedFg p) { return written(*this, config, trial, hicann, driver.fg_block(), p); };
    StpCircuit circuit{};
    circuit.enabled = bits.stp_enable;
    circuit.mode = bits.stp_mode;
    if (!bits.stp_enable)
        return circuit;
    circuit.utilisation = technology_.stp_utilisation(bits.stp_cap);
    // An OTA gain of 1/V; without V_stdf there is no modulation and the reference does not matter (hardware.md §3.6).
    const double v_stdf = config.fg.at(driver.fg_block(), SharedFg::V_stdf) > 0.0 ? volt(dac(SharedFg::V_stdf)) : 0.0;
    circuit.lambda = v_stdf;
    const SharedFg reference = bits.stp_mode == StpMode::depression ? SharedFg::V_dep : SharedFg::V_fac;
    const bool grounded = config.fg.at(driver.fg_block(), reference) == 0.0;
    circuit.offset = v_stdf > 0.0 && !grounded ? volt(dac(reference)) / v_stdf : 0.0;
    circuit.tau_rec_s = technology_.stp_tau_rec_s(dac(SharedFg::V_dtc));
    return circuit;
}

ReadoutCircuit Silicon::readout(Hicann hicann, Denmem denmem) const
{
    if (!imperfections_.readout)
        return {0.0, 0.0};
    const auto& impl = technology_.impl();
    return {impl.buffer_offset_volt * random_normal(wafer_id_, Purpose::readout_offset, hicann.value(), denmem.value(), 0), impl.readout_noise_volt};
}

} // namespace bss
