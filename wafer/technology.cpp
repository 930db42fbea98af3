#include "technology.hpp"

#include <algorithm>
#include <cmath>

#include "technology_impl.hpp"

namespace bss
{
namespace
{

/// Cells that have no curve of their own are what the floating gate gives: a voltage or a current (hardware.md §6.1).
const Curve& plain_cell(bool current)
{
    static const Curve volts(Curve::Axis::linear, Curve::Axis::linear, {0.0, dac_max}, {0.0, 1.8});
    static const Curve amperes(Curve::Axis::linear, Curve::Axis::linear, {0.0, dac_max}, {0.0, 2.5e-6});
    return current ? amperes : volts;
}

Transfer transfer_of(const Technology::Impl& impl, const Technology::Impl::Parameter& parameter, bool saturation)
{
    Transfer transfer{.curve = &parameter.curve};
    transfer.factor = parameter.scale;
    transfer.dac_min = parameter.dac_min;
    transfer.dac_max = parameter.dac_max;
    transfer.zero_is_off = parameter.zero_is_off;
    if (saturation && parameter.voltage_cell) {
        transfer.saturation = impl.saturation_volt;
        transfer.saturation_width = impl.saturation_width_volt;
    }
    return transfer;
}

} // namespace

double Technology::Impl::WriteError::at(double d) const
{
    if (d <= dac.front())
        return sigma.front();
    for (std::size_t k = 1; k < dac.size(); ++k)
        if (d <= dac[k])
            return sigma[k - 1] + (sigma[k] - sigma[k - 1]) * (d - dac[k - 1]) / (dac[k] - dac[k - 1]);
    return sigma.back();
}

double Technology::capacitance_farad(bool big) const { return impl_->capacitance_farad[big]; }

Transfer Technology::nominal(NeuronFg parameter, OperatingMode mode, bool saturation) const
{
    const auto& known = impl_->neuron[static_cast<int>(parameter)];
    if (!known)
        return {.curve = &plain_cell(cell(parameter).current())};
    Transfer transfer = transfer_of(*impl_, *known, saturation);
    if (parameter == NeuronFg::I_gl) {
        const auto& leak = impl_->leak_modes[mode.big_capacitor][static_cast<int>(mode.leak)];
        transfer.dac_factor = 1.0 / leak.mirror;
        if (!mode.big_capacitor)
            transfer.factor /= impl_->small_capacitor_factor;
        transfer.dac_min = std::clamp(std::round(transfer.dac(leak.tau_max_s / impl_->analog_scale)), 0.0, dac_max);
        transfer.dac_max = std::clamp(std::round(transfer.dac(leak.tau_min_s / impl_->analog_scale)), 0.0, dac_max);
    }
    return transfer;
}

Transfer Technology::nominal_v_reset(bool saturation) const { return transfer_of(*impl_, *impl_->v_reset, saturation); }

double Technology::synapse_conductance(double weight, double v_gmax_dac, int gmax_div) const
{
    const auto& c = impl_->weight_polynomial;
    const double gain = v_gmax_dac * (2.5e-6 / dac_max) / impl_->weight_reference_ampere * (impl_->weight_reference_div / gmax_div);
    return impl_->analog_scale * gain * (c[0] + weight * (c[1] + weight * c[2]));
}

double Technology::write_sigma(double dac, bool current) const { return (current ? impl_->current_write : impl_->voltage_write).at(std::abs(dac)); }

double Technology::stimulus_full_scale_ampere() const { return impl_->stimulus_ampere * impl_->analog_scale; }

double Technology::stp_utilisation(int cap) const { return impl_->utilisation_min + (impl_->utilisation_max - impl_->utilisation_min) * cap / 7.0; }

double Technology::stp_cap(double utilisation) const { return 7.0 * (utilisation - impl_->utilisation_min) / (impl_->utilisation_max - impl_->utilisation_min); }

double Technology::stp_tau_rec_s(double v_dtc_dac) const { return impl_->v_dtc_slope / (v_dtc_dac - impl_->v_dtc_offset) / impl_->analog_scale; }

double Technology::stp_v_dtc_dac(double tau_rec_s) const { return impl_->v_dtc_offset + impl_->v_dtc_slope / (tau_rec_s * impl_->analog_scale); }

ParameterUnit unit_of(NeuronFg parameter)
{
    switch (parameter) {
    case NeuronFg::I_gl:
    case NeuronFg::I_radapt:
    case NeuronFg::I_pl:
    case NeuronFg::V_syntcx:
    case NeuronFg::V_syntci:
        return {"us", 1e-6};
    case NeuronFg::I_gladapt:
        return {"nS", 1e-9};
    case NeuronFg::I_fire:
        return {"nA", 1e-9};
    default:
        return cell(parameter).current() && parameter != NeuronFg::I_rexp ? ParameterUnit{"nA", 1e-9} : ParameterUnit{"mV", 1e-3};
    }
}

} // namespace bss
