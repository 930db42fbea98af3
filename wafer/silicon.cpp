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
constexpr std::uint32_t shared_cells = 32, v_reset_mismatch = 64, noise_mismatch = 65, fault_draw = 66, leak_mismatch = 67;
constexpr std::uint32_t utilisation_mismatch = 68, tau_rec_mismatch = 69, lambda_mismatch = 70; // places: drivers, then their blocks

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
    const double z = random_normal(trial, Purpose::rewrite, hicann.value(), place, parameter, static_cast<std::uint32_t>(silicon.wafer_id()));
    return dac + silicon.write_sigma(dac, current) * z;
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

double Silicon::true_convoff_knee_volt(Hicann hicann, Denmem denmem, SynapticInput input) const
{
    const auto& convoff = technology_.impl().convoff;
    const NeuronFg p = input == SynapticInput::excitatory ? NeuronFg::V_convoffx : NeuronFg::V_convoffi;
    return convoff.knee_volt + convoff.knee_sigma * random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), word(p));
}

double Silicon::true_input_leak_siemens(Hicann hicann, Denmem denmem, SynapticInput input, double v_convoff_dac, double i_conv_dac) const
{
    if (!imperfections_.fixed_pattern)
        return 0.0;
    const auto& impl = technology_.impl();
    const auto& convoff = impl.convoff;
    const double x = (true_convoff_knee_volt(hicann, denmem, input) - std::min(impl.saturation_volt, convoff.cell_offset + convoff.cell_slope * volt(v_convoff_dac))) / convoff.width_volt;
    if (x < -16.0) // e^-16: nothing
        return 0.0;
    const double strength =
        lognormal(convoff.spread, random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), leak_mismatch, static_cast<std::uint32_t>(input)));
    return strength * impl.analog_scale * convoff.siemens_per_volt * i_conv_dac / dac_max * convoff.width_volt * (std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))));
}

Fault Silicon::fault(Hicann hicann, Denmem denmem) const
{
    Fault fault;
    if (!imperfections_.fixed_pattern)
        return fault;
    const auto& rates = technology_.impl().faults;
    double u = random_uniform(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), fault_draw);
    const auto words = random_words(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), fault_draw, 1);
    const auto happens = [&](double rate) { return (u -= rate) < 0; };
    if (happens(rates.comparator)) {
        fault.kind = Fault::Kind::comparator;
    } else if (happens(rates.leak)) {
        fault.kind = Fault::Kind::leak;
    } else if (happens(rates.synaptic_input)) {
        fault.kind = Fault::Kind::synaptic_input;
        fault.input = words[0] % 2 == 0 ? SynapticInput::excitatory : SynapticInput::inhibitory;
    } else if (happens(rates.stuck_cell)) {
        constexpr std::array cells{NeuronFg::E_l, NeuronFg::E_syni, NeuronFg::E_synx, NeuronFg::V_t, NeuronFg::I_gl, NeuronFg::I_pl, NeuronFg::V_syntcx, NeuronFg::V_syntci};
        fault.kind = Fault::Kind::stuck_cell;
        fault.cell = cells[words[0] % cells.size()];
        fault.dac = words[1] % 1024;
    }
    return fault;
}

double Silicon::write_sigma(double dac, bool current, bool fine) const
{
    const auto& impl = technology_.impl();
    return technology_.write_sigma(dac, current) * (fine ? 1.0 : current ? impl.coarse_current : impl.coarse_voltage);
}

HeldCells Silicon::written(Hicann hicann, Denmem denmem, const HicannConfig& config, std::uint64_t trial) const
{
    HeldCells held{};
    for (int k = 0; k < neuron_fg_count; ++k) {
        const auto p = static_cast<NeuronFg>(k);
        const double asked = config.fg.at(denmem, p);
        const bool used = technology_.impl().neuron[k] || p == NeuronFg::I_convx || p == NeuronFg::I_convi || p == NeuronFg::V_convoffx || p == NeuronFg::V_convoffi;
        const bool off = asked == 0.0 && cell(p).current(); // an empty current cell stays empty
        held.neuron[k] = off || !used ? asked : bss::written(*this, asked, cell(p).current(), trial, hicann, denmem.value(), word(p));
    }
    held.v_reset = bss::written(*this, config.fg.v_reset(denmem), false, trial, hicann, denmem.shared_fg_block().value(), word(SharedFg::V_reset));
    return held;
}

DenmemCircuit Silicon::circuit(Hicann hicann, Denmem denmem, const HicannConfig& config, std::uint64_t trial) const
{
    return circuit(hicann, denmem, config, written(hicann, denmem, config, trial));
}

DenmemCircuit Silicon::circuit(Hicann hicann, Denmem denmem, const HicannConfig& config, const HeldCells& held) const
{
    const auto& impl = technology_.impl();
    const HalfConfig& half = config.halves[static_cast<int>(denmem.half())];
    const OperatingMode mode{half.big_capacitor, half.i_gl};
    const Fault broken = fault(hicann, denmem);
    const auto dac = [&](NeuronFg p) { return broken.kind == Fault::Kind::stuck_cell && broken.cell == p ? broken.dac : held.neuron[static_cast<int>(p)]; };
    const auto value = [&](NeuronFg p) { return true_transfer(hicann, denmem, p, mode).value(dac(p)); };
    const auto limit = [&](NeuronFg i_conv, SynapticInput input) {
        const double bias = broken.kind == Fault::Kind::synaptic_input && broken.input == input ? 0.0 : dac(i_conv);
        return bias <= 0.0 ? 0.0 : imperfections_.saturation ? impl.synaptic_limit_siemens * impl.analog_scale * bias / dac_max : infinity;
    };

    DenmemCircuit circuit{};
    const double tau_m = value(NeuronFg::I_gl);
    circuit.capacitance_farad = technology_.capacitance_farad(mode.big_capacitor);
    circuit.g_leak_siemens = circuit.capacitance_farad / tau_m;
    circuit.e_leak_volt = value(NeuronFg::E_l);
    if (broken.kind == Fault::Kind::leak) { // what is left discharges the membrane
        circuit.g_leak_siemens = impl.faults.dead_leak_siemens * impl.analog_scale;
        circuit.e_leak_volt = 0.0;
    }
    circuit.leak_linear_volt = imperfections_.saturation ? impl.leak_linear_volt : infinity;
    circuit.e_rev_volt = {value(NeuronFg::E_synx), value(NeuronFg::E_syni)};
    circuit.tau_syn_s = {value(NeuronFg::V_syntcx), value(NeuronFg::V_syntci)};
    circuit.synaptic_limit_siemens = {limit(NeuronFg::I_convx, SynapticInput::excitatory), limit(NeuronFg::I_convi, SynapticInput::inhibitory)};
    // V_exp, I_rexp and I_bexp at the top switch the exponential off (hardware.md §6.2); a bit decides, not the write error.
    circuit.exponential =
        config.fg.at(denmem, NeuronFg::V_exp) < dac_max || config.fg.at(denmem, NeuronFg::I_rexp) < dac_max || config.fg.at(denmem, NeuronFg::I_bexp) < dac_max;
    circuit.v_exp_volt = value(NeuronFg::V_exp);
    circuit.delta_t_volt = value(NeuronFg::I_rexp);
    circuit.v_threshold_volt = broken.kind == Fault::Kind::comparator ? impl.faults.silent_threshold_volt : value(NeuronFg::V_t);
    circuit.v_reset_volt = true_v_reset(hicann, denmem).value(held.v_reset);
    circuit.tau_refrac_s = value(NeuronFg::I_pl);
    circuit.a_siemens = value(NeuronFg::I_gladapt);
    circuit.tau_w_s = value(NeuronFg::I_radapt);
    circuit.b_ampere = value(NeuronFg::I_fire);
    if (imperfections_.temporal_noise && circuit.g_leak_siemens > 0.0) {
        const double strength = lognormal(impl.noise_spread, random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), denmem.value(), noise_mismatch));
        circuit.noise_volt_per_sqrt_s = impl.noise_volt * strength * std::sqrt(2.0 / tau_m);
    }
    circuit.stimulus_ampere_per_dac = technology_.stimulus_full_scale_ampere() / dac_max;

    // Below its knee in V_convoff an input conducts for ever (hardware.md §6.2). A constant conductance to a constant potential is a leak.
    if (imperfections_.fixed_pattern)
        for (const SynapticInput input : {SynapticInput::excitatory, SynapticInput::inhibitory}) {
            const int k = static_cast<int>(input);
            const NeuronFg p = k == 0 ? NeuronFg::V_convoffx : NeuronFg::V_convoffi, bias = k == 0 ? NeuronFg::I_convx : NeuronFg::I_convi;
            if (circuit.synaptic_limit_siemens[k] == 0.0)
                continue;
            const double g = true_input_leak_siemens(hicann, denmem, input, dac(p), dac(bias));
            if (g == 0.0)
                continue;
            circuit.e_leak_volt = (circuit.g_leak_siemens * circuit.e_leak_volt + g * circuit.e_rev_volt[k]) / (circuit.g_leak_siemens + g);
            circuit.g_leak_siemens += g;
        }
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
    return row_holding(hicann, row, config, bss::written(*this, config, trial, hicann, row.driver().fg_block(), v_gmax));
}

RowCircuit Silicon::row_holding(Hicann hicann, SynapseRow row, const HicannConfig& config, double v_gmax_dac) const
{
    const RowConfig& bits = config.drivers[row.driver().value()].rows[row.which()];
    const int divider = std::max(1, bits.gmax_div_left + bits.gmax_div_right);
    RowCircuit circuit{};
    circuit.exact_factor = true_row_factor(hicann, row);
    for (int w = 0; w < 16; ++w)
        circuit.conductance_siemens[w] = circuit.exact_factor * technology_.synapse_conductance(w, v_gmax_dac, divider);
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

StpFactors Silicon::true_stp(Hicann hicann, SynapseDriver driver) const
{
    if (!imperfections_.fixed_pattern)
        return {};
    const auto& impl = technology_.impl();
    const auto factor = [&](const Technology::Impl::DriverSpread& spread, std::uint32_t which) {
        const auto drawn = [&](double deviation, int place) {
            return deviation > 0.0 ? lognormal(deviation, random_normal(wafer_id_, Purpose::fixed_pattern, hicann.value(), place, which)) : 1.0;
        };
        return drawn(spread.own, driver.value()) * drawn(spread.block, SynapseDriver::count + driver.fg_block().value());
    };
    return {factor(impl.utilisation_spread, utilisation_mismatch), factor(impl.tau_rec_spread, tau_rec_mismatch), factor(impl.lambda_spread, lambda_mismatch)};
}

StpCircuit Silicon::stp(Hicann hicann, SynapseDriver driver, const HicannConfig& config, std::uint64_t trial) const
{
    return stp_holding(hicann, driver, config, [&](SharedFg p) { return bss::written(*this, config, trial, hicann, driver.fg_block(), p); });
}

StpCircuit Silicon::stp_holding(Hicann hicann, SynapseDriver driver, const HicannConfig& config, const std::function<double(SharedFg)>& held) const
{
    const DriverConfig& bits = config.drivers[driver.value()];
    StpCircuit circuit{};
    circuit.enabled = bits.stp_enable;
    circuit.mode = bits.stp_mode;
    if (!bits.stp_enable)
        return circuit;
    const StpFactors factors = true_stp(hicann, driver);
    circuit.utilisation = std::min(1.0, factors.utilisation * technology_.stp_utilisation(bits.stp_cap));
    // An OTA gain of 1/V; without V_stdf there is no modulation and the reference does not matter (hardware.md §3.6). A cell told to hold 0 V is grounded.
    const auto potential = [&](SharedFg p) { return config.fg.at(driver.fg_block(), p) > 0.0 ? volt(held(p)) : 0.0; };
    const double v_stdf = potential(SharedFg::V_stdf);
    circuit.lambda = factors.lambda * v_stdf;
    circuit.offset = v_stdf > 0.0 ? potential(bits.stp_mode == StpMode::depression ? SharedFg::V_dep : SharedFg::V_fac) / v_stdf : 0.0;
    circuit.tau_rec_s = factors.tau_rec * technology_.stp_tau_rec_s(held(SharedFg::V_dtc));
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
