#include "placement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "demand.hpp"
#include "partition.hpp"
#include "room.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss {

std::vector<Denmem> denmems_of(const NeuronSite& site)
{
    if (site.size == 1)
        return {site.first};
    std::vector<Denmem> denmems;
    for (const Half half : {Half::top, Half::bottom})
        for (int x = site.first.x(); x < site.first.x() + site.size / 2; ++x)
            denmems.emplace_back(Column(x), half);
    return denmems;
}

namespace {

/// Neurons of one population in one block.
struct Portion {
    NeuronBlock block;
    std::uint32_t population = 0, first = 0;        ///< first: position among the population's neurons to place
    std::vector<NeuronSite> sites;
};

/// How far the populations are placed.
struct Cursor {
    std::size_t queue = 0;
    std::uint32_t offset = 0;
    auto operator<=>(const Cursor&) const = default;
};

class Placer {
public:
    Placer(const Network& network, const Machine& machine, const MappingOptions& options)
        : network_(network), machine_(machine), options_(options), kinds_(source_kinds(network)), widths_(net_widths(network, options))
    {
        check_sizes();
        const BlockCounts usual = block_counts(options.neuron_size, usable_addresses, {});
        for (const Chip chip : machine.chips)
            if (machine.defects[chip.wafer].usable(chip.hicann))
                rooms_.emplace_back(chip, machine.defects[chip.wafer].of(chip.hicann), usual);
        placement_.sites.resize(network.populations.size());
        for (std::size_t p = 0; p < network.populations.size(); ++p)
            if (!is_source(network.populations[p].cell))
                placement_.sites[p].resize(network.populations[p].size);
    }

    Placement run()
    {
        for (const PlaceRequest& request : options_.place)
            place_manually(request);
        const std::vector<Waiting> waiting = not_placed();
        if (!waiting.empty())
            place_automatically(waiting);
        return std::move(placement_);
    }

private:
    /// Refuses what cannot fit before memory is spent on it.
    void check_sizes() const
    {
        std::uint64_t left = machine_.chips.size() * NeuronBlock::count * static_cast<std::uint64_t>(denmems_a_block);
        for (const Population& p : network_.populations) {
            if (is_source(p.cell))
                continue;
            if (p.size > left)
                throw InputError(fmt::format("population \"{}\": {} neurons do not fit: {} HICANNs have {} denmems left for them", p.name, p.size, machine_.chips.size(), left));
            left -= p.size;
        }
    }

    void place_manually(const PlaceRequest& request)
    {
        const Population& population = network_.populations[request.population];
        const int size = request.size ? request.size : options_.neuron_size;
        std::vector<std::size_t> asked;
        for (const Chip chip : request.chips) {
            const auto at = std::find_if(rooms_.begin(), rooms_.end(), [&](const Room& room) { return room.chip == chip; });
            if (at == rooms_.end())
                throw InputError(fmt::format("mapping.place: population \"{}\": HICANN {} cannot be used: it is defective or not among wafer.hicanns", population.name, chip.hicann.value()));
            asked.push_back(static_cast<std::size_t>(at - rooms_.begin()));
        }
        auto& sites = placement_.sites[request.population];
        const std::uint32_t wanted = request.last - request.first + 1;
        std::uint32_t most = 0;
        for (const Filling filling : {Filling{1, false, false, false}, Filling{2, false, false, false}, Filling{0, false, false, false}, Filling{0, true, false, false}}) {
            const BlockCounts counts = block_counts(size, width(request.population, filling), filling);
            std::vector<Room> rooms;
            for (const std::size_t k : asked)
                rooms.push_back(rooms_[k]);
            std::uint32_t n = 0;
            for (Room& room : rooms)
                for (const NeuronBlock b : all<NeuronBlock>()) {
                    if (!filling.dense && room.neurons(b) > 0)
                        continue;
                    for (int k = 0; k < counts[b.value()] && n < wanted; ++k, ++n) {
                        const auto site = room.take(b, size, !filling.dense);
                        if (!site)
                            break;
                        sites[request.first + n] = *site;
                    }
                }
            if (n == wanted) {
                for (std::size_t k = 0; k < asked.size(); ++k)
                    rooms_[asked[k]] = rooms[k];
                return;
            }
            most = std::max(most, n);
        }
        throw InputError(fmt::format("mapping.place: population \"{}\": {} neurons of {} denmems do not fit on the {} HICANN(s) named: {} do", population.name, wanted, size, asked.size(), most));
    }

    int width(std::uint32_t population, const Filling& filling) const
    {
        return filling.net_width ? std::min(usable_addresses, filling.net_width * widths_[population]) : usable_addresses;
    }

    std::vector<Waiting> not_placed() const
    {
        std::vector<Waiting> all;
        for (std::uint32_t p = 0; p < network_.populations.size(); ++p) {
            Waiting waiting{p, {}};
            for (std::uint32_t n = 0; n < placement_.sites[p].size(); ++n)
                if (placement_.sites[p][n].size == 0)
                    waiting.neurons.push_back(n);
            if (!waiting.neurons.empty())
                all.push_back(std::move(waiting));
        }
        return all;
    }

    /// Whether most populations of the queue are joined with most: then they gain nothing from their neighbours.
    bool densely_coupled() const
    {
        std::vector<bool> queued(network_.populations.size(), false);
        for (const Waiting& waiting : queue_)
            queued[waiting.population] = true;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
        for (const Projection& p : network_.projections)
            if (p.size() > 0 && queued[p.pre] && queued[p.post])
                pairs.emplace_back(p.pre, p.post);
        std::sort(pairs.begin(), pairs.end());
        pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
        return pairs.size() > queue_.size() * queue_.size() / 4;
    }

    void fill_queue(const std::vector<Waiting>& waiting)
    {
        queue_ = waiting;
        reached_ = {};
        densely_coupled_ = densely_coupled();
        if (densely_coupled_)       // fewest nets
            std::stable_sort(queue_.begin(), queue_.end(), [&](const Waiting& a, const Waiting& b) { return kinds_[a.population] < kinds_[b.population]; });
    }

    /// What the queue puts on a chip when its blocks are filled in the given order.
    std::vector<Portion> fill(Room room, Cursor& cursor, const Filling& filling, const std::vector<NeuronBlock>& order) const
    {
        std::vector<Portion> portions;
        if (!filling.dense && !room.empty())
            return portions;
        for (const NeuronBlock block : order) {
            if (filling.own_chips && !portions.empty() && portions.back().population != queue_[std::min(cursor.queue, queue_.size() - 1)].population)
                break;
            bool first = true;
            while (cursor.queue < queue_.size() && (first || filling.mixed_blocks)) {
                const Waiting& waiting = queue_[cursor.queue];
                const int count = counts_[cursor.queue][block.value()];
                if (room.neurons(block) >= count || (room.neurons(block) > 0 && !filling.mixed_blocks))
                    break;
                Portion portion{block, waiting.population, cursor.offset, {}};
                while (room.neurons(block) < count && cursor.offset < waiting.neurons.size()) {
                    const auto site = room.take(block, options_.neuron_size, !filling.dense);
                    if (!site)
                        break;
                    portion.sites.push_back(*site);
                    ++cursor.offset;
                }
                const bool finished = cursor.offset == waiting.neurons.size();
                if (!portion.sites.empty())
                    portions.push_back(std::move(portion));
                if (!finished)
                    break;
                cursor = {cursor.queue + 1, 0};
                first = false;
            }
        }
        return portions;
    }

    /// The nets that a filling of a chip makes.
    MergerChoice nets_of(const Room& room, const std::vector<Portion>& portions) const
    {
        std::array<BlockDemand, NeuronBlock::count> demand;
        for (const Portion& portion : portions) {
            BlockDemand& block = demand[portion.block.value()];
            block.population = block.sources > 0 && block.population != portion.population ? -2 : static_cast<std::int64_t>(portion.population);
            block.sources += static_cast<int>(portion.sites.size());
            block.kinds |= kinds_[portion.population];
            block.width = std::min(block.width, widths_[portion.population]);
        }
        return choose_mergers(demand, room.tree, options_.nets == NetForming::one_per_population);
    }

    /// A chip with several populations gets its blocks in the order that makes the fewest nets.
    std::vector<Portion> fill_well(const Room& room, Cursor& cursor, const Filling& filling) const
    {
        const auto orders = block_orders(filling.free_blocks);
        Cursor after = cursor;
        std::vector<Portion> best = fill(room, after, filling, orders.front());
        if (after.queue == cursor.queue || best.empty() || best.front().population == best.back().population) {
            cursor = after;
            return best;
        }
        auto least = nets_of(room, best).cost;
        for (std::size_t k = 1; k < orders.size(); ++k) {
            Cursor end = cursor;
            auto portions = fill(room, end, filling, orders[k]);
            if (end < after)
                continue;
            if (const auto other = nets_of(room, portions).cost; end > after || other < least) {
                best = std::move(portions);
                least = other;
                after = end;
            }
        }
        cursor = after;
        return best;
    }

    /// On a chip with defective mergers: leaves blocks empty whose neurons would find no way to Layer 1 together with the others.
    std::vector<Portion> fill_connected(Room room, Cursor& cursor, const Filling& filling) const
    {
        while (true) {
            Cursor end = cursor;
            auto portions = fill_well(room, end, filling);
            bool connected = true;
            if (!room.tree.whole()) {
                const MergerChoice choice = nets_of(room, portions);
                for (const Portion& portion : portions)
                    if (!choice.merger[portion.block.value()]) {
                        room.disconnect(portion.block);
                        connected = false;
                    }
            }
            if (connected) {
                cursor = end;
                return portions;
            }
        }
    }

    static std::vector<std::vector<NeuronBlock>> block_orders(int free_blocks)
    {
        std::vector<std::vector<NeuronBlock>> orders;
        for (const auto& order : {std::array{0, 1, 2, 3, 4, 5, 6, 7}, std::array{7, 6, 5, 4, 3, 2, 1, 0}, std::array{4, 5, 6, 7, 0, 1, 2, 3}, std::array{6, 7, 4, 5, 0, 1, 2, 3},
                                  std::array{2, 3, 0, 1, 4, 5, 6, 7}, std::array{0, 1, 4, 5, 6, 7, 2, 3}}) {
            auto& blocks = orders.emplace_back();
            for (const int b : order)
                if (b < NeuronBlock::count - free_blocks)       // the rightmost ones reach a DNC merger of their own
                    blocks.emplace_back(b);
        }
        return orders;
    }

    // ---- which chips ------------------------------------------------------------------------------------------------

    /// Rooms of a wafer from its centre outwards; the seed decides between equals.
    std::vector<std::size_t> from_the_centre(std::uint16_t wafer) const
    {
        constexpr int centre_x = 18, centre_y = 7;
        std::vector<std::size_t> order;
        for (std::size_t k = 0; k < rooms_.size(); ++k)
            if (rooms_[k].chip.wafer == wafer)
                order.push_back(k);
        const auto key = [&](std::size_t k) {
            const Chip chip = rooms_[k].chip;
            const int dx = chip.hicann.x() - centre_x, dy = chip.hicann.y() - centre_y;
            return std::tuple(dx * dx + dy * dy, random_words(options_.seed, Purpose::mapping, 0, chip.wafer, chip.hicann.value(), 0)[0], chip);
        };
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
        return order;
    }

    /// Bands of rows from end to end, column by column, every other one backwards. With bands of four what is consecutive lies in a small square, so that nets
    /// share the load between H and V lines; where everything is joined with everything single rows do as well. The seed decides where it starts.
    void snake(std::vector<std::size_t>& region) const
    {
        const int band_height = densely_coupled_ ? 1 : 4;
        const auto coin = random_words(options_.seed, Purpose::mapping, 1, 0, 0, 0);
        const bool upwards = coin[0] % 2, westwards = coin[1] % 2;
        const auto key = [&](std::size_t k) {
            const Chip chip = rooms_[k].chip;
            const int y = upwards ? 15 - chip.hicann.y() : chip.hicann.y(), band = y / band_height;
            const int x = (band % 2 == 1) != westwards ? -chip.hicann.x() : chip.hicann.x();
            return std::tuple(band, x, x % 2 == 0 ? y : -y);
        };
        std::sort(region.begin(), region.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    }

    /// Chips that a filling takes, in the order given; nothing if they are more than `most`.
    std::optional<std::size_t> chips_needed(const Filling& filling, const std::vector<std::size_t>& order, std::size_t most)
    {
        counts_.clear();
        for (const Waiting& waiting : queue_)
            counts_.push_back(block_counts(options_.neuron_size, width(waiting.population, filling), filling));
        const auto blocks = block_orders(filling.free_blocks).front();
        std::size_t chips = 0;
        for (Cursor cursor; cursor != end_of_queue(); ++chips) {
            if (chips == most) {
                reached_ = std::max(reached_, cursor);
                return std::nullopt;
            }
            fill(rooms_[order[chips]], cursor, filling, blocks);
        }
        return chips;
    }

    Cursor end_of_queue() const { return {queue_.size(), 0}; }

    bool try_filling(const Filling& filling, const std::vector<std::size_t>& order, std::size_t most_chips)
    {
        const auto least = chips_needed(filling, order, most_chips);
        for (std::size_t chips = least.value_or(most_chips + 1); chips <= most_chips; ++chips) {
            std::vector<std::size_t> region(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(chips));
            snake(region);
            Cursor cursor;
            std::vector<Portion> placed;
            for (const std::size_t k : region)
                for (Portion& portion : fill_connected(rooms_[k], cursor, filling))
                    placed.push_back(std::move(portion));
            if (cursor == end_of_queue()) {
                accept(placed);
                return true;
            }
        }
        return false;
    }

    void accept(const std::vector<Portion>& placed)
    {
        std::vector<const Waiting*> waiting(network_.populations.size());
        for (const Waiting& w : queue_)
            waiting[w.population] = &w;
        for (const Portion& portion : placed)
            for (std::size_t k = 0; k < portion.sites.size(); ++k)
                placement_.sites[portion.population][waiting[portion.population]->neurons[portion.first + k]] = portion.sites[k];
    }

    /// Nets that meet several populations on a chip need the sum of their drivers there; but a network that spreads too far loses in Layer 1.
    bool worth_own_chips(const Filling& alone, const std::vector<std::size_t>& order, std::size_t most_chips)
    {
        constexpr double spread = 1.5;
        constexpr std::size_t few = 16;
        Filling shared = alone;
        shared.own_chips = false;
        const auto chips = chips_needed(alone, order, most_chips), fewest = chips_needed(shared, order, most_chips);
        return chips && fewest && (*chips <= few || static_cast<double>(*chips) <= spread * static_cast<double>(*fewest));
    }

    // ---- which wafers -----------------------------------------------------------------------------------------------

    /// On several wafers: as few as there is room on. A wafer that proves too small for its share, or for the sources that enter it, is given less.
    void place_automatically(const std::vector<Waiting>& waiting)
    {
        const std::size_t wafers = machine_.defects.size();
        if (wafers == 1) {
            if (!place_on(0, waiting, input_demand(network_, widths_, machine_, senders_to_only_wafer())))
                does_not_fit();
            return;
        }
        constexpr int most_rounds = 8;
        constexpr double less = 0.96;
        const Placement before = placement_;
        const auto [chips_a_neuron, all_room] = chips_wanted(waiting);
        std::vector<double> room = all_room;
        for (int round = 0; round < most_rounds; ++round) {
            placement_ = before;
            const auto shares = partition(network_, waiting, chips_a_neuron, room);
            const auto senders = senders_to_wafers(shares);
            bool fits = true;
            for (std::uint16_t w = 0; w < wafers && fits; ++w) {
                const InputDemand inputs = input_demand(network_, widths_, machine_, senders[w]);
                double wanted = inputs.chips;
                for (const Waiting& share : shares[w])
                    wanted += static_cast<double>(share.neurons.size()) * chips_a_neuron[share.population];
                const bool crowded = wanted > all_room[w] && round + 1 < most_rounds;
                fits = shares[w].empty() || (!crowded && place_on(w, shares[w], inputs));
                if (!fits)
                    room[w] = crowded ? room[w] - (wanted - all_room[w]) : less * room[w];
            }
            if (fits)
                return;
        }
        does_not_fit();
    }

    /// [population] the part of a chip that a neuron takes, and [wafer] the chips that have room for them.
    std::pair<std::vector<double>, std::vector<double>> chips_wanted(const std::vector<Waiting>& waiting)
    {
        const int size = options_.neuron_size;
        std::vector<double> room(machine_.defects.size(), 0.0), each(network_.populations.size(), 0.0);
        const auto sum = [](const BlockCounts& counts) { return std::accumulate(counts.begin(), counts.end(), 0.0); };
        const double sound = sum(block_counts(size, usable_addresses, {0, true, false, false}));
        for (const Room& chip : rooms_) {
            int neurons = 0;
            Room copy = chip;
            for (const NeuronBlock block : all<NeuronBlock>())
                while (copy.take(block, size))
                    ++neurons;
            room[chip.chip.wafer] += neurons / sound;
        }
        double wanted = 0;
        for (const Waiting& w : waiting) {
            each[w.population] = 1 / sum(block_counts(size, width(w.population, {1, false, false, true}), {1, false, false, true}));
            wanted += static_cast<double>(w.neurons.size()) * each[w.population];
        }
        constexpr double fill = 0.97;       // whole nets seldom come out even
        const double available = fill * std::accumulate(room.begin(), room.end(), 0.0);
        for (double& chips : each)          // no room for generous fillings: as much as there is
            chips *= std::min(1.0, available / wanted) / fill;
        return {each, room};
    }

    /// Sources of each population, none of whose neurons can be on another wafer than their targets.
    std::vector<std::uint32_t> senders_to_only_wafer() const
    {
        std::vector<std::uint32_t> senders;
        for (const Population& p : network_.populations)
            senders.push_back(is_source(p.cell) ? p.size : 0);
        return senders;
    }

    /// [wafer][population] how many of its sources, or of its neurons on other wafers, have targets on a wafer.
    std::vector<std::vector<std::uint32_t>> senders_to_wafers(const std::vector<std::vector<Waiting>>& shares) const
    {
        constexpr std::uint16_t none = 0xffff;
        std::vector<std::vector<std::uint16_t>> wafer_of;
        for (std::size_t p = 0; p < network_.populations.size(); ++p) {
            wafer_of.emplace_back(network_.populations[p].size, none);
            for (std::size_t n = 0; n < placement_.sites[p].size(); ++n)
                if (placement_.sites[p][n].size > 0)
                    wafer_of[p][n] = placement_.sites[p][n].chip.wafer;
        }
        for (std::uint16_t w = 0; w < shares.size(); ++w)
            for (const Waiting& share : shares[w])
                for (const std::uint32_t n : share.neurons)
                    wafer_of[share.population][n] = w;
        std::vector<std::vector<bool>> sends(network_.populations.size());      // [population][neuron · wafers + wafer]
        for (const Projection& p : network_.projections) {
            auto& flags = sends[p.pre];
            flags.resize(network_.populations[p.pre].size * shares.size());
            for (std::size_t k = 0; k < p.size(); ++k)
                if (const auto to = wafer_of[p.post][p.post_neuron[k]]; to != wafer_of[p.pre][p.pre_neuron[k]])
                    flags[p.pre_neuron[k] * shares.size() + to] = true;
        }
        std::vector<std::vector<std::uint32_t>> senders(shares.size(), std::vector<std::uint32_t>(network_.populations.size(), 0));
        for (std::size_t p = 0; p < sends.size(); ++p)
            for (std::size_t k = 0; k < sends[p].size(); ++k)
                senders[k % shares.size()][p] += sends[p][k];
        return senders;
    }

    /// Fills the queue and places it on a wafer. @return false where it does not fit
    bool place_on(std::uint16_t wafer, const std::vector<Waiting>& waiting, const InputDemand& inputs)
    {
        fill_queue(waiting);
        const auto order = from_the_centre(wafer);
        const auto chips = static_cast<int>(order.size());
        const auto chips_for_sources = static_cast<int>(std::min<double>(chips, std::ceil(inputs.chips)));
        const auto blocks_for_sources = static_cast<int>(std::min<double>(NeuronBlock::count - 1, std::ceil(inputs.nets / std::max(chips, 1))));
        std::vector<Filling> fillings;
        const auto with_room = [&](int net_width, bool dense, bool mixed) {
            fillings.push_back({net_width, dense, mixed, true});
            if (inputs.nets > 0)
                fillings.push_back({net_width, dense, mixed, false, blocks_for_sources});
        };
        const bool may_mix = options_.nets != NetForming::one_per_population;
        if (const Filling alone{1, false, false, true, 0, true}; worth_own_chips(alone, order, static_cast<std::size_t>(chips - chips_for_sources)))
            fillings.push_back(alone);
        for (const int net_width : {1, 2, 4, 0})
            with_room(net_width, false, false);
        with_room(0, true, false);
        if (may_mix)
            with_room(0, true, true);
        if (inputs.nets > 0) {
            fillings.push_back({0, false, false, false});
            fillings.push_back({0, true, false, false});
            if (may_mix)
                fillings.push_back({0, true, true, false});
        }
        return std::any_of(fillings.begin(), fillings.end(), [&](const Filling& filling) {
            return try_filling(filling, order, static_cast<std::size_t>(filling.free_chips ? chips - chips_for_sources : chips));
        });
    }

    [[noreturn]] void does_not_fit() const
    {
        const Waiting& stuck = queue_[std::min(reached_.queue, queue_.size() - 1)];
        const std::string& name = network_.populations[stuck.population].name;
        if (machine_.defects.size() > 1)
            throw InputError(fmt::format("population \"{}\": its neurons of {} denmems do not fit on {} wafers with {} usable HICANNs together with the others", name,
                                         options_.neuron_size, machine_.defects.size(), rooms_.size()));
        throw InputError(fmt::format("population \"{}\": {} neurons of {} denmems do not fit: {} of them do, on {} usable HICANN(s)", name, stuck.neurons.size(), options_.neuron_size,
                                     reached_.offset, rooms_.size()));
    }

    const Network& network_;
    const Machine& machine_;
    const MappingOptions& options_;
    std::vector<std::uint8_t> kinds_;
    std::vector<int> widths_;
    std::vector<Room> rooms_;
    std::vector<Waiting> queue_;            ///< what is placed on the wafer at hand
    std::vector<BlockCounts> counts_;       ///< [queue] neurons for each block in the filling that is tried
    bool densely_coupled_ = false;
    Cursor reached_;                        ///< best so far
    Placement placement_;
};

}   // namespace

Placement place(const Network& network, const Machine& machine, const MappingOptions& options)
{
    return Placer(network, machine, options).run();
}

}   // namespace bss
