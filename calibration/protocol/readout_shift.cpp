#include "protocols.hpp"

#include "calibration/estimators.hpp"

namespace bss {
namespace {

/// Offset of each output buffer from the mean of 64: those denmems are shorted, so all have one membrane (calibration.md §1.2).
class ReadoutShift final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::readout_shift; }
    std::vector<Step> sweep(const Lab&) const override { return {{0.9}}; }
    Setup prepare(const Lab& lab, const Step& step, const Observations&) const override
    {
        Setup setup{.config = base_configuration(lab.datasheet), .acquisition = acquire(lab, 20, 10)};
        HicannConfig& config = setup.config;
        for (DenmemConfig& denmem : config.denmems)
            denmem.activate_firing = false;
        for (QuadConfig& quad : config.quads) {
            quad.join_row = {true, true};
            quad.join_column = {true, true};
        }
        // Each quad but the last of a block is joined to the next one on its right.
        for (const Quad q : all<Quad>())
            if (q.value() % 16 != 15)
                config.denmems[Denmem(Column(2 * q.value() + 1), Half::top).value()].enable_fire_input = true;
        set_volt(config, NeuronFg::E_l, step.value);
        set_volt(config, NeuronFg::V_t, 1.4);
        set_dac(config, NeuronFg::I_convx, 0);
        set_dac(config, NeuronFg::I_convi, 0);
        return setup;
    }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace& trace) const override { return {.value = mean_of(trace.volt).mean, .reason = Reason::none}; }
    void fit(Lab& lab, const Observations& seen) const override
    {
        std::array<double, NeuronBlock::count> mean{};
        for (const Denmem d : all<Denmem>())
            mean[d.block().value()] += seen.estimates[0][d.value()].value / 64;
        for (const Denmem d : all<Denmem>())
            lab.table.of(quantity())[d.value()] = {.form = Transform::Form::constant, .reason = Reason::none, .c = {seen.estimates[0][d.value()].value - mean[d.block().value()]}, .points = 1};
    }
};

}   // namespace

std::unique_ptr<Protocol> readout_shift_protocol() { return std::make_unique<ReadoutShift>(); }

}   // namespace bss
