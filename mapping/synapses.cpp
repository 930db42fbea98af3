/// A hardware synapse for every biological one, or the reason why there is none (rules Y1-Y8).
#include <algorithm>

#include "driver_groups.hpp"
#include "half_rows.hpp"
#include "routing.hpp"
#include "wafer/parallel.hpp"
#include "wafer/random.hpp"

namespace bss {

namespace {

/// A biological synapse on its way to a hardware synapse.
struct Item {
    std::uint32_t projection;
    std::size_t synapse;
    float weight;
    std::uint8_t decoder;
};

/// Where the synapses of a key go, in order.
struct HalfRow {
    SynapseRow row;
    int parity;
};

class ChipAssigner {
public:
    ChipAssigner(const Network& network, const IncomingSynapses& incoming, const IncomingSynapses::TargetChip& target, const Routes& routes, std::size_t nets,
                 const HicannDefects& defects, const MappingOptions& options, HicannConfig& config, std::vector<std::vector<RealisedSynapse>>& result)
        : network_(network), incoming_(incoming), target_(target), routes_(routes), arrivals_(routes, target.chip, nets), defects_(defects), options_(options),
          config_(config), result_(result), keys_(incoming.keys()), stride_(RowSlots::padded(target.neurons.size())),
          slots_{RowSlots(target.neurons, Half::top, defects), RowSlots(target.neurons, Half::bottom, defects)},
          any_driver_(std::any_of(all<SynapseDriver>().begin(), all<SynapseDriver>().end(), [&](SynapseDriver y) { return driver_usable(defects, y); }))
    {
    }

    void run()
    {
        sort_by_group();
        for (std::uint32_t a = 0; a < arrivals_.size(); ++a)
            serve(a);
    }

private:
    RealisedSynapse& of(const Item& item) { return result_[item.projection][item.synapse]; }
    std::size_t group(std::uint32_t arrival, int key, std::size_t neuron) const { return (arrival * keys_ + key) * target_.neurons.size() + neuron; }

    /// Items of the chip grouped by (arrival, key, neuron); those that no net brings here are lost at once.
    void sort_by_group()
    {
        const auto arrives = [&](std::uint32_t net) { return arrivals_.of(net) != ArrivalsOfChip::none; };
        const LossCause not_reached = any_driver_ ? LossCause::l1_routing : LossCause::defects;
        std::vector<Item> items;
        std::vector<std::uint32_t> group_of;
        begin_.assign(arrivals_.size() * keys_ * target_.neurons.size() + 1, 0);
        incoming_.for_each(target_, [&](std::size_t local, std::uint32_t projection, std::size_t synapse, std::uint32_t population, std::uint32_t neuron) {
            RealisedSynapse& r = result_[projection][synapse];
            r.chip = target_.chip;
            const Nets::Entry* entry = incoming_.entry_for(population, neuron, target_.chip, arrives);
            if (!entry) {
                const bool enters = incoming_.entry_for(population, neuron, target_.chip, [](std::uint32_t) { return true; });
                r.cause = enters ? not_reached : LossCause::source_entry;
                return;
            }
            const std::size_t g = group(arrivals_.of(entry->net), incoming_.key(projection, entry->address), local);
            items.push_back({projection, synapse, static_cast<float>(network_.projections[projection].weight[synapse]), static_cast<std::uint8_t>(entry->address.synapse_decoder())});
            group_of.push_back(static_cast<std::uint32_t>(g));
            ++begin_[g + 1];
        });
        for (std::size_t g = 1; g < begin_.size(); ++g)
            begin_[g] += begin_[g - 1];
        items_.resize(items.size());
        std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
        for (std::size_t k = 0; k < items.size(); ++k)
            items_[next[group_of[k]]++] = items[k];
    }

    /// Slots of a row; the whole half's unless some of its synapses are broken.
    const RowSlots* slots_of(SynapseRow row, std::vector<RowSlots>& own) const
    {
        if (defects_.rows.test(row.value()))
            return nullptr;
        const RowSlots& whole = slots_[static_cast<int>(row.half())];
        const auto first = std::lower_bound(defects_.synapses.begin(), defects_.synapses.end(), 256u * row.value());
        if (first == defects_.synapses.end() || *first / 256 != static_cast<std::uint32_t>(row.value()))
            return &whole;
        own.emplace_back(whole, target_.neurons, row, defects_);
        return &own.back();
    }

    void serve(std::uint32_t a)
    {
        const Arrival& arrival = routes_.arrivals[arrivals_.first() + a];
        const std::vector<std::vector<HalfRow>> rows = set_rows(a, arrival);
        for (int key = 0; key < keys_; ++key)
            for (std::size_t n = 0; n < target_.neurons.size(); ++n) {
                const std::size_t g = group(a, key, n);
                if (begin_[g] != begin_[g + 1])
                    place(arrival, key, target_.neurons[n].site, {items_.data() + begin_[g], items_.data() + begin_[g + 1]}, rows[key]);
            }
    }

    /// Decides what the rows of a chain serve and writes it. @return [key] its half-rows
    std::vector<std::vector<HalfRow>> set_rows(std::uint32_t a, const Arrival& arrival)
    {
        std::vector<std::uint8_t> demand(keys_ * stride_, 0);
        for (int key = 0; key < keys_; ++key)
            for (std::size_t n = 0; n < target_.neurons.size(); ++n) {
                const std::size_t g = group(a, key, n);
                demand[key * stride_ + n] = static_cast<std::uint8_t>(std::min<std::uint32_t>(begin_[g + 1] - begin_[g], 255));
            }
        HalfRowAllocator allocator(demand, keys_, stride_);
        std::vector<std::vector<HalfRow>> half_rows(keys_);
        for (const SynapseDriver driver : arrival.chain) {
            std::vector<RowSlots> own;
            own.reserve(2);
            const DriverPlan plan = allocator.add_driver({slots_of({driver, 0}, own), slots_of({driver, 1}, own)});
            for (int which = 0; which < 2; ++which)
                for (int parity = 0; parity < 2; ++parity)
                    if (const int key = plan.rows[which].key[parity]; key != RowPlan::none) {
                        RowConfig& row = config_.drivers[driver.value()].rows[which];
                        row.decoder[parity] = static_cast<std::uint8_t>(key % 4);
                        (key % keys_per_stp < 4 ? row.syn_in_left : row.syn_in_right) = true;
                        half_rows[key].push_back({{driver, which}, parity});
                    }
        }
        return half_rows;
    }

    /// Gives the synapses of one neuron and key their columns: the heaviest into the first rows, so that a row's weights are alike.
    void place(const Arrival& arrival, int key, const NeuronSite& site, std::span<Item> items, const std::vector<HalfRow>& rows)
    {
        const int side = key % keys_per_stp / 4;
        free_.clear();
        std::size_t broken = 0;
        const auto [first, last] = columns_of(site);
        for (const HalfRow& half_row : rows) {
            if (free_.size() >= items.size())
                break;
            if (!reaches(site, half_row.row.half()))
                continue;
            for (int x = first + (first % 2 != half_row.parity); x < last; x += 2) {
                const Column column(x);
                if (sound(half_row.row, column, side))
                    free_.push_back({half_row.row, column});
                else
                    ++broken;
            }
        }
        const std::size_t realised = std::min(items.size(), free_.size());
        if (realised < items.size()) {
            shuffle(items);
            lose(arrival, site, side, items.subspan(realised), broken);
        }
        std::sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(realised),
                  [](const Item& a, const Item& b) { return std::tie(b.weight, a.projection, a.synapse) < std::tie(a.weight, b.projection, b.synapse); });
        for (std::size_t k = 0; k < realised; ++k) {
            const auto [row, column] = free_[k];
            RealisedSynapse& r = of(items[k]);
            r.row = static_cast<std::uint16_t>(row.value());
            r.column = static_cast<std::uint8_t>(column.value());
            config_.synapses.decoder[SynapseArrays::at(row, column)] = items[k].decoder;
        }
    }

    /// Brings the items of a neuron that cannot have them all into a random order, so that each is as likely to be lost.
    void shuffle(std::span<Item> items) const
    {
        std::vector<std::pair<std::uint32_t, Item>> lots;
        for (const Item& item : items)
            lots.emplace_back(random_words(options_.seed, Purpose::mapping, 1u << 31 | item.projection, static_cast<std::uint32_t>(item.synapse),
                                           static_cast<std::uint32_t>(item.synapse >> 32), 0)[0],
                              item);
        std::stable_sort(lots.begin(), lots.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
        std::transform(lots.begin(), lots.end(), items.begin(), [](const auto& lot) { return lot.second; });
    }

    /// @param broken  slots that the half-rows of these items would have had, were they sound
    void lose(const Arrival& arrival, const NeuronSite& site, int side, std::span<const Item> items, std::size_t broken)
    {
        const bool full = static_cast<int>(arrival.chain.size()) >= options_.driver_chain_length;
        LossCause cause = full ? LossCause::chain_length : LossCause::drivers;
        if (arrival.chain.empty()) {
            cause = any_driver_ ? LossCause::drivers : LossCause::defects;
        } else if (!reaches(site, arrival.chain.front().half())) {
            cause = LossCause::synapses;
        } else if (!any_sound_synapse(arrival, site, side)) {
            cause = LossCause::defects;
        }
        for (std::size_t k = 0; k < items.size(); ++k)
            of(items[k]).cause = k < broken ? LossCause::defects : cause;
    }

    /// Whether a chain has a synapse of a neuron that works.
    bool any_sound_synapse(const Arrival& arrival, const NeuronSite& site, int side) const
    {
        const auto [first, last] = columns_of(site);
        for (const SynapseDriver driver : arrival.chain)
            for (int which = 0; which < 2; ++which)
                for (int x = first; x < last; ++x)
                    if (sound({driver, which}, Column(x), side))
                        return true;
        return false;
    }

    bool sound(SynapseRow row, Column column, int side) const
    {
        return !defects_.synaptic_inputs.test(2 * row.denmem(column).value() + side) && !defects_.synapse_defective(row, column);
    }

    const Network& network_;
    const IncomingSynapses& incoming_;
    const IncomingSynapses::TargetChip& target_;
    const Routes& routes_;
    const ArrivalsOfChip arrivals_;
    const HicannDefects& defects_;
    const MappingOptions& options_;
    HicannConfig& config_;
    std::vector<std::vector<RealisedSynapse>>& result_;
    const int keys_;
    const std::size_t stride_;
    const std::array<RowSlots, 2> slots_;                   ///< [half]
    const bool any_driver_;                                 ///< whether the chip has a driver that works

    struct Slot {
        SynapseRow row;
        Column column;
    };
    std::vector<Slot> free_;
    std::vector<Item> items_;                               ///< grouped
    std::vector<std::uint32_t> begin_;                      ///< [group] its first item
};

}   // namespace

std::vector<std::vector<RealisedSynapse>> assign_synapses(std::vector<WaferConfig>& configs, const Routes& routes, const Network& network, const Placement& placement, const Nets& nets,
                                                          const Machine& machine, const MappingOptions& options)
{
    const IncomingSynapses incoming(network, placement, nets);
    std::vector<std::vector<RealisedSynapse>> result;
    for (const Projection& projection : network.projections)
        result.emplace_back(projection.size());
    const auto& chips = incoming.chips();
    for (const auto& target : chips)
        configs[target.chip.wafer].hicanns[target.chip.hicann];
    parallel_for(chips.size(), [&](std::size_t c) {
        const Chip chip = chips[c].chip;
        ChipAssigner(network, incoming, chips[c], routes, nets.nets.size(), machine.defects[chip.wafer].of(chip.hicann), options,
                     configs[chip.wafer].hicanns.at(chip.hicann), result)
            .run();
    });
    return result;
}

}   // namespace bss
