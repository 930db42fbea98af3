#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "parameters.hpp"
#include "row_gains.hpp"
#include "scale.hpp"
#include "short_term_plasticity.hpp"
#include "wafer/parallel.hpp"

namespace bss
{
namespace
{

/// A chip of the run: its configuration and, at every place of its arrays, first the conductance wanted there, then the one realised (S); NaN: no synapse.
struct Array {
    Chip chip;
    HicannConfig* config;
    std::vector<float> siemens;
};

std::size_t place_of(const RealisedSynapse& synapse) { return SynapseArrays::at(SynapseRow(synapse.row), Column(synapse.column)); }

/// A part of a projection: what one thread does at a time.
struct Slice {
    std::size_t projection, begin, end;
};

std::vector<Slice> slices_of(const Network& network)
{
    constexpr std::size_t length = 1 << 16;
    std::vector<Slice> slices;
    for (std::size_t p = 0; p < network.projections.size(); ++p)
        for (std::size_t begin = 0; begin < network.projections[p].size(); begin += length)
            slices.push_back({p, begin, std::min(begin + length, network.projections[p].size())});
    return slices;
}

class WeightWriter
{
public:
    WeightWriter(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, const Imperfections& imperfections)
        : mapping_(mapping), network_(network), machine_(machine), quantised_(imperfections.weight_quantisation),
          stp_(write_stp(mapping, network, machine, imperfections)), chooser_(machine.silicon.front()->technology()),
          index_(mapping.wafers.size() * Hicann::count, -1)
    {
        for (std::size_t w = 0; w < mapping.wafers.size(); ++w)
            for (auto& [hicann, config] : mapping.wafers[w].hicanns) {
                index_[w * Hicann::count + hicann.value()] = static_cast<int>(arrays_.size());
                arrays_.push_back({{static_cast<std::uint16_t>(w), hicann}, &config, {}});
            }
        const double denmem_farad = machine.silicon.front()->technology().capacitance_farad(mapping.big_capacitor);
        for (std::size_t p = 0; p < network.populations.size(); ++p)
            siemens_.push_back(is_source(network.populations[p].cell)
                                   ? std::vector<double>()
                                   : siemens_per_microsiemens(network.populations[p], placement.sites[p], mapping.scale, denmem_farad));
    }

    void run()
    {
        parallel_for(arrays_.size(),
                     [&](std::size_t k) { arrays_[k].siemens.assign(SynapseRow::count * Column::count, std::numeric_limits<float>::quiet_NaN()); });
        const std::vector<Slice> slices = slices_of(network_);
        parallel_for(slices.size(), [&](std::size_t k) { scatter(slices[k]); });
        parallel_for(arrays_.size(), [&](std::size_t k) { quantised_ ? write_codes(arrays_[k]) : write_exact(arrays_[k]); });
        mapping_.realised_weight.resize(network_.projections.size());
        for (std::size_t p = 0; p < network_.projections.size(); ++p)
            mapping_.realised_weight[p].resize(network_.projections[p].size());
        std::vector<std::uint64_t> clipped(slices.size());
        parallel_for(slices.size(), [&](std::size_t k) { clipped[k] = gather(slices[k]); });
        account(slices, clipped);
    }

private:
    Mapping& mapping_;
    const Network& network_;
    const Machine& machine_;
    bool quantised_;
    StpWeights stp_;
    GainChooser chooser_;
    std::vector<int> index_; ///< [384 wafer + hicann] place in arrays_, -1: not configured
    std::vector<Array> arrays_;
    std::vector<std::vector<double>> siemens_; ///< [population][neuron] for a weight of 1 µS

    Array& array_of(const RealisedSynapse& synapse) { return arrays_[index_[synapse.chip.wafer * Hicann::count + synapse.chip.hicann.value()]]; }

    /// Siemens on the chip for a weight of 1 µS at a synapse.
    double siemens_for(const Projection& projection, std::size_t k, const RealisedSynapse& synapse) const
    {
        const double siemens = siemens_[projection.post][projection.post_neuron[k]];
        return projection.stp ? siemens * stp_.factor(*projection.stp, synapse.chip, SynapseRow(synapse.row).driver()) : siemens;
    }

    void scatter(const Slice& slice)
    {
        const Projection& projection = network_.projections[slice.projection];
        const auto& synapses = mapping_.synapses[slice.projection];
        for (std::size_t k = slice.begin; k < slice.end; ++k)
            if (synapses[k].realised())
                array_of(synapses[k]).siemens[place_of(synapses[k])] = static_cast<float>(projection.weight[k] * siemens_for(projection, k, synapses[k]));
    }

    /// Weight quantisation off: each synapse has the conductance that was asked for; the row factor known to the calibration is taken out.
    void write_exact(Array& array)
    {
        auto& exact = array.config->synapses.exact_conductance;
        exact.assign(array.siemens.size(), 0.0f);
        for (const SynapseRow row : all<SynapseRow>()) {
            const double factor = machine_.calibration[array.chip.wafer]->row_factor(array.chip.hicann, row);
            for (const Column column : all<Column>())
                if (const std::size_t at = SynapseArrays::at(row, column); !std::isnan(array.siemens[at]))
                    exact[at] = static_cast<float>(array.siemens[at] / factor);
        }
    }

    void write_codes(Array& array)
    {
        const Technology& technology = machine_.silicon[array.chip.wafer]->technology();
        const Calibration& calibration = *machine_.calibration[array.chip.wafer];
        std::array<std::vector<SynapseRow>, FgBlock::count> rows;
        std::array<std::vector<RowDemand>, FgBlock::count> demands;
        for (const SynapseRow row : all<SynapseRow>()) {
            const std::span<const float> wanted(&array.siemens[SynapseArrays::at(row, Column(0))], Column::count);
            RowDemand demand = demand_of(wanted, calibration.row_factor(array.chip.hicann, row));
            if (demand.bins.empty())
                continue;
            const int block = row.driver().fg_block().value();
            rows[block].push_back(row);
            demands[block].push_back(std::move(demand));
        }
        for (const FgBlock block : all<FgBlock>()) {
            const auto gains = chooser_.choose(demands[block.value()], cell(SharedFg::V_gmax0).base_dac);
            for (int g = 0; g < 4; ++g)
                array.config->fg.at(block, static_cast<SharedFg>(static_cast<int>(SharedFg::V_gmax0) + g)) = gains.v_gmax_dac[g];
            for (std::size_t k = 0; k < gains.rows.size(); ++k)
                write_row(array, rows[block.value()][k], gains.rows[k],
                          Codes(technology, gains.v_gmax_dac[gains.rows[k].select], gains.rows[k].divider,
                                calibration.row_factor(array.chip.hicann, rows[block.value()][k])));
        }
    }

    static void write_row(Array& array, SynapseRow row, RowGain gain, const Codes& codes)
    {
        RowConfig& bits = array.config->drivers[row.driver().value()].rows[row.which()];
        bits.select_gmax = gain.select;
        bits.gmax_div_left = std::min<std::uint8_t>(gain.divider, 15); // how halbe's GmaxDiv splits the sum (hardware.md §3.5)
        bits.gmax_div_right = gain.divider - bits.gmax_div_left;
        for (const Column column : all<Column>()) {
            const std::size_t at = SynapseArrays::at(row, column);
            if (std::isnan(array.siemens[at]))
                continue;
            const int code = codes.nearest(array.siemens[at]);
            const bool clipped = codes.clipped(array.siemens[at]);
            array.config->synapses.weight[at] = static_cast<std::uint8_t>(code);
            // The sign tells gather() which weights were cut off.
            array.siemens[at] = static_cast<float>(clipped ? -codes.siemens(code) : codes.siemens(code));
        }
    }

    std::uint64_t gather(const Slice& slice)
    {
        const Projection& projection = network_.projections[slice.projection];
        const auto& synapses = mapping_.synapses[slice.projection];
        auto& realised = mapping_.realised_weight[slice.projection];
        std::uint64_t clipped = 0;
        for (std::size_t k = slice.begin; k < slice.end; ++k) {
            if (!synapses[k].realised()) {
                realised[k] = std::numeric_limits<float>::quiet_NaN();
                continue;
            }
            const float siemens = array_of(synapses[k]).siemens[place_of(synapses[k])];
            clipped += std::signbit(siemens);
            realised[k] = static_cast<float>(std::abs(siemens) / siemens_for(projection, k, synapses[k]));
        }
        return clipped;
    }

    void account(const std::vector<Slice>& slices, const std::vector<std::uint64_t>& clipped)
    {
        mapping_.account.resize(network_.projections.size());
        for (std::size_t k = 0; k < slices.size(); ++k)
            mapping_.account[slices[k].projection].clipped_weights += clipped[k];
        for (std::size_t p = 0; p < network_.projections.size(); ++p)
            if (const std::uint64_t count = mapping_.account[p].clipped_weights; count > 0) {
                mapping_.clipped_weights += count;
                const auto& realised = mapping_.realised_weight[p];
                const float largest =
                    *std::max_element(realised.begin(), realised.end(), [](float a, float b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
                mapping_.warnings.push_back({"clipped_weight",
                                             fmt::format("projection \"{}\": {} of {} weights are above what their rows can make (largest realised: {:.4g} uS)",
                                                         network_.projections[p].label, count, realised.size(), largest),
                                             count});
            }
    }
};

} // namespace

void write_weights(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, const MappingOptions&,
                   const Imperfections& imperfections)
{
    WeightWriter(mapping, network, placement, machine, imperfections).run();
}

} // namespace bss
