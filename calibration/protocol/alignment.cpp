#include "fast_fits.hpp"
#include "protocols.hpp"

namespace bss {
namespace {

/// What 64 shorted denmems cannot show: the mean offset of their buffers. All potentials of a block are then off by the same amount, and their means over
/// the block, which the data sheet knows, tell how much (calibration.md §1.2a).
class Alignment final : public Protocol
{
public:
    Quantity quantity() const override { return Quantity::readout_shift; }
    std::vector<Step> sweep(const Lab&) const override { return {}; }
    Setup prepare(const Lab&, const Step&, const Observations&) const override { return {}; }
    Estimate observe(const Lab&, const Step&, Denmem, const BenchTrace&) const override { return {}; }
    void fit(Lab& lab, const Observations&) const override
    {
        constexpr std::array potentials{Quantity::V_t, Quantity::E_syni, Quantity::E_synx, Quantity::E_l, Quantity::V_exp};
        constexpr double middle_volt = 0.9;
        const auto offset = [&](const Transform& t) { return t.c[1] + (t.c[0] - 1) * middle_volt; };
        auto& shifts = lab.table.of(Quantity::readout_shift);
        std::vector<double> all_shifts;
        for (const Transform& t : shifts)
            all_shifts.push_back(t.c[0]);
        for (const NeuronBlock block : all<NeuronBlock>()) {
            // The mean of 64 buffers is about zero, to so much.
            double weight = 64 / std::pow(std::max(1e-5, robust_deviation(all_shifts)), 2), sum = 0;
            for (const Quantity q : potentials) {
                std::vector<double> everywhere, here;
                for (const Denmem d : all<Denmem>())
                    if (const Transform& t = lab.table.of(q)[d.value()]; t.form == Transform::Form::scaled) {
                        everywhere.push_back(offset(t));
                        if (d.block() == block)
                            here.push_back(offset(t));
                    }
                if (here.size() < 8)
                    continue;
                const double w = static_cast<double>(here.size()) / std::pow(std::max(1e-5, robust_deviation(everywhere)), 2);
                double mean = 0;
                for (const double o : here)
                    mean += o / static_cast<double>(here.size());
                weight += w;
                sum += w * mean;
            }
            const double common = sum / weight;
            for (const Denmem d : all<Denmem>()) {
                if (d.block() != block)
                    continue;
                shifts[d.value()].c[0] += common;
                shifts[d.value()].variance[0] = 1 / weight + 0.2e-3 * 0.2e-3;
                for (const Quantity q : {Quantity::V_reset, Quantity::V_t, Quantity::E_syni, Quantity::E_synx, Quantity::E_l, Quantity::V_exp})
                    if (Transform& t = lab.table.of(q)[d.value()]; t.form == Transform::Form::scaled) {
                        t.c[1] -= common;
                        t.variance[0] += 1 / weight;
                    }
            }
        }
    }
};

}   // namespace

std::unique_ptr<Protocol> alignment_protocol() { return std::make_unique<Alignment>(); }

}   // namespace bss
