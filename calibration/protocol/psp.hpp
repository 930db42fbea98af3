/// Time constants from averaged postsynaptic potentials, as the lab has them (calibration.md §1.3): shared by tau_m and tau_syn.
#pragma once

#include "protocol.hpp"

namespace bss {

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
    Setup psp_setup(const Lab& lab, const Step& step, double v_gmax_dac) const;
};

}   // namespace bss
