#include "half_rows.hpp"

#include <algorithm>

namespace bss {

namespace {

std::uint32_t served(const std::uint8_t* open, const std::uint8_t* slots, std::size_t n)
{
    std::uint32_t sum = 0;
    for (std::size_t k = 0; k < n; ++k)
        sum += std::min(open[k], slots[k]);
    return sum;
}

void serve(std::uint8_t* open, const std::uint8_t* slots, std::size_t n)
{
    for (std::size_t k = 0; k < n; ++k)
        open[k] = static_cast<std::uint8_t>(open[k] - std::min(open[k], slots[k]));
}

/// What a second half-row of the same key would serve.
std::uint32_t served_after(const std::uint8_t* open, const std::uint8_t* first, const std::uint8_t* second, std::size_t n)
{
    std::uint32_t sum = 0;
    for (std::size_t k = 0; k < n; ++k)
        sum += std::min<int>(open[k] - std::min(open[k], first[k]), second[k]);
    return sum;
}

}   // namespace

RowSlots::RowSlots(std::span<const TargetNeuron> neurons, Half half, const HicannDefects& defects) : stride_(padded(neurons.size())), slots_(4 * stride_, 0)
{
    for (std::size_t n = 0; n < neurons.size(); ++n) {
        const NeuronSite& site = neurons[n].site;
        if (!reaches(site, half))
            continue;
        const auto [first, last] = columns_of(site);
        for (int column = first; column < last; ++column)
            for (int side = 0; side < 2; ++side)
                if (!defects.synaptic_inputs.test(2 * Denmem(Column(column), half).value() + side))
                    ++slots_[(2 * side + column % 2) * stride_ + n];
    }
}

RowSlots::RowSlots(const RowSlots& whole, std::span<const TargetNeuron> neurons, SynapseRow row, const HicannDefects& defects) : RowSlots(whole)
{
    const auto begin = std::lower_bound(defects.synapses.begin(), defects.synapses.end(), 256u * row.value());
    for (auto synapse = begin; synapse != defects.synapses.end() && *synapse / 256 == static_cast<std::uint32_t>(row.value()); ++synapse) {
        const int column = static_cast<int>(*synapse % 256);
        for (std::size_t n = 0; n < neurons.size(); ++n) {
            const auto [first, last] = columns_of(neurons[n].site);
            if (column < first || column >= last || !reaches(neurons[n].site, row.half()))
                continue;
            for (int side = 0; side < 2; ++side)
                if (!defects.synaptic_inputs.test(2 * row.denmem(Column(column)).value() + side))
                    --slots_[(2 * side + column % 2) * stride_ + n];
        }
    }
}

HalfRowAllocator::HalfRowAllocator(std::span<const std::uint8_t> demand, int keys, std::size_t stride)
    : stride_(stride), stp_types_(keys / keys_per_stp), open_(demand.begin(), demand.end())
{
}

RowPlan HalfRowAllocator::add_row(std::uint8_t* open, int stp, const RowSlots& slots, std::uint32_t& gain) const
{
    const auto of_key = [&](int key) { return open + key * stride_; };
    RowPlan best;
    std::uint32_t most = 0;
    for (int side = 0; side < 2; ++side) {
        const std::uint8_t *even = slots.of(side, 0), *odd = slots.of(side, 1);
        const int first = key_of(stp, static_cast<SynapticInput>(side), 0);
        std::array<std::uint32_t, 4> even_gain, odd_gain;
        for (int msb = 0; msb < 4; ++msb) {
            even_gain[msb] = served(of_key(first + msb), even, stride_);
            odd_gain[msb] = served(of_key(first + msb), odd, stride_);
        }
        for (int e = 0; e < 4; ++e)
            for (int o = 0; o < 4; ++o) {
                if (even_gain[e] + odd_gain[o] <= most)
                    continue;
                const std::uint32_t sum = even_gain[e] + (e == o ? served_after(of_key(first + e), even, odd, stride_) : odd_gain[o]);
                if (sum > most) {
                    most = sum;
                    best.key = {even_gain[e] > 0 ? first + e : RowPlan::none, sum > even_gain[e] ? first + o : RowPlan::none};
                }
            }
    }
    for (int parity = 0; parity < 2; ++parity)
        if (const int key = best.key[parity]; key != RowPlan::none)
            serve(of_key(key), slots.of(key % keys_per_stp / 4, parity), stride_);
    gain += most;
    return best;
}

DriverPlan HalfRowAllocator::add_driver(std::array<const RowSlots*, 2> rows)
{
    const auto plan_for = [&](int stp, std::uint8_t* open) {
        DriverPlan plan;
        for (int which = 0; which < 2; ++which)
            if (rows[which])
                plan.rows[which] = add_row(open, stp, *rows[which], plan.gain);
        return plan;
    };
    if (stp_types_ == 1)
        return plan_for(0, open_.data());
    DriverPlan best;
    best_ = open_;
    for (int stp = 0; stp < stp_types_; ++stp) {
        trial_ = open_;
        if (const DriverPlan plan = plan_for(stp, trial_.data()); plan.gain > best.gain) {
            best = plan;
            best_.swap(trial_);
        }
    }
    open_.swap(best_);
    return best;
}

}   // namespace bss
