#include "placement.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "demand.hpp"
#include "mergers.hpp"
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

constexpr int columns_a_block = Column::count / NeuronBlock::count;
constexpr int denmems_a_block = Denmem::count / NeuronBlock::count;
using BlockCounts = std::array<int, NeuronBlock::count>;

/// Neurons that a sound, empty block holds.
int block_capacity(int size)
{
    return size == 1 ? usable_addresses : columns_a_block / (size / 2);
}

/// The denmems of one chip that are still free.
class Room {
public:
    Room(Chip chip, const HicannDefects& defects, const BlockCounts& usual) : chip(chip), tree(defects)
    {
        for (const Denmem d : all<Denmem>())
            if (defects.neurons.test(d.value()))
                mark(d);
        std::array<BlockDemand, NeuronBlock::count> demand;
        for (const NeuronBlock b : all<NeuronBlock>())
            demand[b.value()].sources = usual[b.value()];
        const MergerChoice choice = choose_mergers(demand, tree, false);
        for (const NeuronBlock b : all<NeuronBlock>())
            connected_[b.value()] = choice.merger[b.value()].has_value();
    }

    /// Blocks without a way to Layer 1 hold no neurons.
    bool usable(NeuronBlock block) const { return connected_[block.value()]; }
    void disconnect(NeuronBlock block) { connected_[block.value()] = false; }
    int neurons(NeuronBlock block) const { return neurons_[block.value()]; }
    bool empty() const { return std::all_of(neurons_.begin(), neurons_.end(), [](int n) { return n == 0; }); }

    /// Places a neuron in the leftmost gap; nothing when there is none.
    std::optional<NeuronSite> take(NeuronBlock block, int size, bool top_row_only = false)
    {
        if (!usable(block) || neurons_[block.value()] >= usable_addresses)
            return std::nullopt;
        const auto& [top, bottom] = taken_[block.value()];
        std::optional<Denmem> first;
        const int x0 = columns_a_block * block.value();
        if (size == 1) {
            if (~top)
                first = Denmem(Column(x0 + std::countr_one(top)), Half::top);
            else if (~bottom && !top_row_only)
                first = Denmem(Column(x0 + std::countr_one(bottom)), Half::bottom);
        } else {
            const std::uint32_t free = ~(top | bottom);
            std::uint32_t gaps = free;                  // bit x: columns x, x + 1, … are free; nothing beyond the block
            for (int k = 1; k < size / 2; ++k)
                gaps &= free >> k;
            if (gaps)
                first = Denmem(Column(x0 + std::countr_zero(gaps)), Half::top);
        }
        if (!first)
            return std::nullopt;
        const NeuronSite site{chip, *first, static_cast<std::uint8_t>(size)};
        for (const Denmem d : denmems_of(site))
            mark(d);
        ++neurons_[block.value()];
        return site;
    }

    Chip chip;
    MergerTree tree;

private:
    void mark(Denmem d) { taken_[d.block().value()][static_cast<int>(d.half())] |= 1u << d.x() % columns_a_block; }

    std::array<std::array<std::uint32_t, 2>, NeuronBlock::count> taken_{};      ///< [block][half], a bit a column
    BlockCounts neurons_{};
    std::bitset<NeuronBlock::count> connected_;
};

/// How generously chips are filled; the first way that fits is taken.
struct Filling {
    int net_width;              ///< 1: as narrow as net_widths() wants them, in blocks that leave room for that; 2: twice that, …; 0: 59 sources
    bool dense;                 ///< every denmem; otherwise only as many neurons as fill whole nets
    bool mixed_blocks;          ///< populations may share a neuron block
    bool free_chips;            ///< leaves chips for sources to enter
    int free_blocks = 0;        ///< leaves blocks of every chip for sources to enter
    bool own_chips = false;     ///< every population starts on a new chip
};

/// Neurons for each block such that blocks of 1, 2, 4 or 8 make up a net of at most `width` (mapping.md §1.1: for 8 denmems 59 of 64, one net a chip).
BlockCounts block_counts(int size, int width, const Filling& filling)
{
    BlockCounts counts;
    const int most = size == 1 && !filling.dense ? columns_a_block : block_capacity(size);
    counts.fill(most);
    if (filling.dense)
        return counts;
    const double worth = filling.net_width ? 0.6 : 0.9;   // part of the denmems that must be in use for a wide net to be worth it
    int group = NeuronBlock::count;
    while (group > 1 && width < worth * group * most)
        group /= 2;
    const int net = std::min(width, group * most);
    for (int b = 0; b < NeuronBlock::count; ++b)
        counts[b] = net / group + (b % group * (net % group) % group < net % group);
    return counts;
}

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
        fill_queue();
        if (!queue_.empty())
            place_automatically();
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

    /// Whether most populations are joined with most: then they gain nothing from their neighbours.
    bool densely_coupled() const
    {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
        for (const Projection& p : network_.projections)
            if (p.size() > 0 && !is_source(network_.populations[p.pre].cell))
                pairs.emplace_back(p.pre, p.post);
        std::sort(pairs.begin(), pairs.end());
        pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
        return pairs.size() > queue_.size() * queue_.size() / 4;
    }

    void fill_queue()
    {
        for (std::uint32_t p = 0; p < network_.populations.size(); ++p) {
            Waiting waiting{p, {}};
            for (std::uint32_t n = 0; n < placement_.sites[p].size(); ++n)
                if (placement_.sites[p][n].size == 0)
                    waiting.neurons.push_back(n);
            if (!waiting.neurons.empty())
                queue_.push_back(std::move(waiting));
        }
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

    /// Rooms from the wafer's centre outwards, wafer by wafer; the seed decides between equals.
    std::vector<std::size_t> from_the_centre() const
    {
        constexpr int centre_x = 18, centre_y = 7;
        std::vector<std::size_t> order(rooms_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto key = [&](std::size_t k) {
            const Chip chip = rooms_[k].chip;
            const int dx = chip.hicann.x() - centre_x, dy = chip.hicann.y() - centre_y;
            return std::tuple(chip.wafer, dx * dx + dy * dy, random_words(options_.seed, Purpose::mapping, 0, chip.wafer, chip.hicann.value(), 0)[0], chip);
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
            return std::tuple(chip.wafer, band, x, x % 2 == 0 ? y : -y);
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

    void place_automatically()
    {
        const auto chips = static_cast<int>(rooms_.size());
        const InputDemand inputs = input_demand(network_, widths_, machine_);
        const auto chips_for_sources = static_cast<int>(std::min<double>(chips, std::ceil(inputs.chips)));
        const auto blocks_for_sources = static_cast<int>(std::min<double>(NeuronBlock::count - 1, std::ceil(inputs.nets / std::max(chips, 1))));
        const auto order = from_the_centre();
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
        for (const Filling& filling : fillings)
            if (try_filling(filling, order, static_cast<std::size_t>(filling.free_chips ? chips - chips_for_sources : chips)))
                return;
        const Population& p = network_.populations[queue_[reached_.queue].population];
        throw InputError(fmt::format("population \"{}\": {} neurons of {} denmems do not fit: {} of them do, on {} usable HICANN(s)", p.name, queue_[reached_.queue].neurons.size(),
                                     options_.neuron_size, reached_.offset, chips));
    }

    /// Neurons of a population that nobody has asked to be anywhere.
    struct Waiting {
        std::uint32_t population;
        std::vector<std::uint32_t> neurons;
    };

    const Network& network_;
    const Machine& machine_;
    const MappingOptions& options_;
    std::vector<std::uint8_t> kinds_;
    std::vector<int> widths_;
    std::vector<Room> rooms_;
    std::vector<Waiting> queue_;
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
