#include "calibration.hpp"

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
        return silicon_.true_transfer(hicann, denmem, parameter, mode);
    }
    Transfer v_reset(Hicann hicann, Denmem denmem) const override { return silicon_.true_v_reset(hicann, denmem); }
    double row_factor(Hicann hicann, SynapseRow row) const override { return silicon_.true_row_factor(hicann, row); }

private:
    Silicon silicon_;
};

} // namespace

std::unique_ptr<Calibration> ideal_calibration(const Silicon& silicon) { return std::make_unique<Ideal>(silicon); }
std::unique_ptr<Calibration> oracle_calibration(const Silicon& silicon) { return std::make_unique<Oracle>(silicon); }

} // namespace bss
