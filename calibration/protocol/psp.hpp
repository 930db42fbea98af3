/// Time constants from averaged postsynaptic potentials, as the lab has them (calibration.md §1.3): shared by tau_m and tau_syn.
#pragma once

#include "protocol.hpp"

namespace bss {

/// How synapses are set for so much conductance at the largest divisor of V_gmax. A small capacitor takes little: the smallest weight that counts.
struct Drive {
    int weight = 15;
    double v_gmax_dac = 0;
};
Drive drive_for(const Lab& lab, double siemens);
/// 1: the big capacitor.
double relative_capacitance(const Lab& lab);
bool big_capacitor(const Lab& lab);

/// A sweep over postsynaptic potentials of one input: shapes, acceptance, softplus curve.
class PspProtocol : public Protocol {
public:
    PspProtocol(Quantity quantity, SynapticInput input) : quantity_(quantity), input_(input) {}
    Quantity quantity() const override { return quantity_; }
    Estimate observe(const Lab& lab, const Step& step, Denmem denmem, const BenchTrace& trace) const override;
    void fit(Lab& lab, const Observations& seen) const override;

protected:
    enum Kind { noise, first, next };
    Quantity quantity_;
    SynapticInput input_;

    bool slow() const { return quantity_ == Quantity::tau_m; }
    /// What all PSP steps share; the first one writes the whole chip.
    /// @param v_gmax_dac  on the big capacitor; on the small one potentials are as high
    Setup psp_setup(const Lab& lab, const Step& step, double v_gmax_dac) const;
};

}   // namespace bss
