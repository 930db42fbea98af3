#include "packing.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace bss {

namespace {

constexpr int cells = 56;                   ///< drivers of a quadrant
constexpr int most_sweeps = 8;

using Gains = std::vector<std::uint32_t>;

/// One quadrant: primaries at fixed cells, and the best lengths of their chains.
///
/// left_[i][x] is the most that the chains up to the i-th can realise if the i-th grows upwards by at most x cells; right_ the same from the other end.
/// Chains compete only for the cells between neighbouring primaries, so this is exact.
class Quadrant {
public:
    struct Primary {
        int cell;
        int request;
        const Gains* gain;
    };

    explicit Quadrant(const std::array<bool, cells>& usable) : usable_(usable)
    {
        for (int q = 0; q < cells; ++q)
            below_[q] = q > 0 && usable[q - 1] ? below_[q - 1] + 1 : 0;
        for (int q = cells - 1; q >= 0; --q)
            above_[q] = q + 1 < cells && usable[q + 1] ? above_[q + 1] + 1 : 0;
    }

    const std::vector<Primary>& primaries() const { return primaries_; }
    std::uint32_t total() const { return primaries_.empty() ? 0 : left_.back().back(); }

    void insert(Primary p)
    {
        primaries_.insert(primaries_.begin() + static_cast<std::ptrdiff_t>(rank(p.cell)), p);
        rebuild();
    }
    void remove(int cell)
    {
        primaries_.erase(primaries_.begin() + static_cast<std::ptrdiff_t>(rank(cell)));
        rebuild();
    }

    /// total() with a primary that is not there yet; one that has its cell goes.
    std::uint32_t total_with(const Primary& p) const
    {
        const auto [left, right] = beside(p.cell);
        const int longest = static_cast<int>(p.gain->size());
        const int down_room = left ? p.cell - primaries_[*left].cell - 1 : cells;
        const int up_room = right ? primaries_[*right].cell - p.cell - 1 : cells;
        std::uint32_t best = 0;
        for (int d = 0; d <= std::min({down_room, below_[p.cell], longest - 1}); ++d) {
            const std::uint32_t lower = left ? clipped(left_[*left], down_room - d) : 0;
            for (int u = 0; u <= std::min({up_room, above_[p.cell], longest - 1 - d}); ++u)
                best = std::max(best, (*p.gain)[d + u] + lower + (right ? clipped(right_[*right], up_room - u) : 0));
        }
        return best;
    }

    /// total() without the primary of a cell.
    std::uint32_t total_without(int cell) const
    {
        const auto [left, right] = beside(cell);
        if (!left || !right)
            return left ? left_[*left].back() : right ? right_[*right].back() : 0;
        const int room = primaries_[*right].cell - primaries_[*left].cell - 1;
        std::uint32_t best = 0;
        for (int x = 0; x <= std::min<int>(room, static_cast<int>(left_[*left].size()) - 1); ++x)
            best = std::max(best, left_[*left][x] + clipped(right_[*right], room - x));
        return best;
    }

    /// Cells [low, high] of each primary's chain in a best solution.
    std::vector<std::array<int, 2>> chains() const
    {
        std::vector<std::array<int, 2>> result(primaries_.size());
        int room = cells;
        for (std::size_t i = primaries_.size(); i-- > 0;) {
            const Primary& p = primaries_[i];
            const int longest = static_cast<int>(p.gain->size());
            const int down_room = i > 0 ? p.cell - primaries_[i - 1].cell - 1 : cells;
            std::uint32_t best = 0;
            int up = 0, down = 0;
            bool found = false;
            for (int length = 1; length <= longest; ++length)           // of equal ones the shortest
                for (int u = 0; u < length; ++u) {
                    const int d = length - 1 - u;
                    if (u > std::min(room, above_[p.cell]) || d > std::min(down_room, below_[p.cell]))
                        continue;
                    const std::uint32_t value = (*p.gain)[length - 1] + (i > 0 ? clipped(left_[i - 1], down_room - d) : 0);
                    if (!found || value > best) {
                        best = value;
                        up = u;
                        down = d;
                        found = true;
                    }
                }
            result[i] = {p.cell - down, p.cell + up};
            room = down_room - down;
        }
        return result;
    }

private:
    using Table = std::vector<std::uint32_t>;

    static std::uint32_t clipped(const Table& table, int x) { return table[std::min<std::size_t>(x, table.size() - 1)]; }

    std::size_t rank(int cell) const
    {
        return static_cast<std::size_t>(std::lower_bound(primaries_.begin(), primaries_.end(), cell, [](const Primary& p, int c) { return p.cell < c; }) - primaries_.begin());
    }

    struct Neighbours {
        std::optional<std::size_t> left, right;
    };
    /// Primaries next to a cell, not counting the cell's own.
    Neighbours beside(int cell) const
    {
        const std::size_t at = rank(cell), next = at < primaries_.size() && primaries_[at].cell == cell ? at + 1 : at;
        return {at > 0 ? std::optional(at - 1) : std::nullopt, next < primaries_.size() ? std::optional(next) : std::nullopt};
    }

    /// Most that a primary and all those on its far side realise if it takes x cells of its near side.
    static void fill(Table& table, const Gains& gain, int near_room, int far_room, const Table* far, int far_gap)
    {
        const int longest = static_cast<int>(gain.size());
        table.assign(std::min(near_room, longest - 1) + 1, 0);
        for (int x = 0; x < static_cast<int>(table.size()); ++x) {
            for (int y = 0; y <= std::min({far_room, far_gap, longest - 1 - x}); ++y)
                table[x] = std::max(table[x], gain[x + y] + (far ? clipped(*far, far_gap - y) : 0));
            if (x > 0)
                table[x] = std::max(table[x], table[x - 1]);
        }
    }

    void rebuild()
    {
        const std::size_t n = primaries_.size();
        left_.resize(n);
        right_.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            const Primary& p = primaries_[i];
            fill(left_[i], *p.gain, above_[p.cell], below_[p.cell], i > 0 ? &left_[i - 1] : nullptr, i > 0 ? p.cell - primaries_[i - 1].cell - 1 : cells);
        }
        for (std::size_t i = n; i-- > 0;) {
            const Primary& p = primaries_[i];
            fill(right_[i], *p.gain, below_[p.cell], above_[p.cell], i + 1 < n ? &right_[i + 1] : nullptr, i + 1 < n ? primaries_[i + 1].cell - p.cell - 1 : cells);
        }
    }

    std::array<bool, cells> usable_;
    std::array<int, cells> below_{}, above_{};          ///< usable cells next to a cell, until the first that is not
    std::vector<Primary> primaries_;                    ///< ascending by cell
    std::vector<Table> left_, right_;
};

class Packer {
public:
    Packer(const std::vector<ChainRequest>& requests, const std::bitset<SynapseDriver::count>& usable) : requests_(requests), place_(requests.size(), nowhere)
    {
        taken_.fill(nowhere);
        for (const Half half : {Half::top, Half::bottom}) {
            std::array<bool, cells> free{};
            for (const ChainRequest& request : requests)
                if (!request.primaries.empty()) {
                    const Side side = request.primaries.front().side();
                    for (const SynapseDriver y : all<SynapseDriver>())
                        if (y.side() == side && y.half() == half)
                            free[y.quadrant_index()] = usable.test(y.value());
                    break;
                }
            quadrants_.emplace_back(free);
        }
        order_.resize(requests.size());
        std::iota(order_.begin(), order_.end(), 0);
        std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return best_gain(a) > best_gain(b); });
    }

    std::vector<PlacedChain> pack()
    {
        for (const int r : order_)
            if (best_gain(r) > 0 && !settle(r)) {
                std::vector<bool> seen(SynapseDriver::count, false);
                augment(r, seen);
            }
        for (int sweep = 0; sweep < most_sweeps; ++sweep) {
            bool better = false;
            for (const int r : order_)
                if (place_[r] != nowhere)
                    better |= improve(r) || displace(r);
            if (!better)
                break;
        }
        return result();
    }

private:
    static constexpr int nowhere = -1;

    std::uint32_t best_gain(int r) const { return std::max(last(requests_[r].gain[0]), last(requests_[r].gain[1])); }
    static std::uint32_t last(const Gains& gain) { return gain.empty() ? 0 : gain.back(); }

    Quadrant& quadrant(SynapseDriver y) { return quadrants_[static_cast<int>(y.half())]; }
    Quadrant::Primary primary(int r, SynapseDriver y) const { return {y.quadrant_index(), r, &requests_[r].gain[static_cast<int>(y.half())]}; }
    bool serves(int r, SynapseDriver y) const { return !requests_[r].gain[static_cast<int>(y.half())].empty(); }

    void put(int r, SynapseDriver y)
    {
        quadrant(y).insert(primary(r, y));
        taken_[y.value()] = r;
        place_[r] = y.value();
    }
    void lift(int r)
    {
        const SynapseDriver y(place_[r]);
        quadrant(y).remove(y.quadrant_index());
        taken_[y.value()] = nowhere;
        place_[r] = nowhere;
    }

    /// What total() would gain by a primary at a driver, and lose with the one that is there now.
    std::int64_t change_with(int r, SynapseDriver y) const { return change(y, quadrants_[static_cast<int>(y.half())].total_with(primary(r, y))); }
    std::int64_t change_without(SynapseDriver y) const { return change(y, quadrants_[static_cast<int>(y.half())].total_without(y.quadrant_index())); }
    std::int64_t change(SynapseDriver y, std::uint32_t total) const { return static_cast<std::int64_t>(total) - quadrants_[static_cast<int>(y.half())].total(); }

    struct Choice {
        int driver = nowhere;
        std::int64_t change = 0;
    };
    /// The free primary that adds most.
    Choice best_place(int r) const
    {
        Choice best;
        for (const SynapseDriver y : requests_[r].primaries)
            if (taken_[y.value()] == nowhere && serves(r, y))
                if (const std::int64_t change = change_with(r, y); best.driver == nowhere || change > best.change)
                    best = {y.value(), change};
        return best;
    }

    bool settle(int r)
    {
        const int y = best_place(r).driver;
        if (y == nowhere)
            return false;
        put(r, SynapseDriver(y));
        return true;
    }

    /// Finds a primary for r by moving others of its group (augmenting path).
    bool augment(int r, std::vector<bool>& seen)
    {
        for (const SynapseDriver y : requests_[r].primaries) {
            if (seen[y.value()] || !serves(r, y))
                continue;
            seen[y.value()] = true;
            const int other = taken_[y.value()];
            if (other != nowhere) {
                lift(other);
                if (!augment(other, seen)) {
                    put(other, y);
                    continue;
                }
            }
            put(r, y);
            return true;
        }
        return false;
    }

    /// Moves the primary of r to where it adds most.
    bool improve(int r)
    {
        const SynapseDriver old(place_[r]);
        const std::uint32_t before = total();
        lift(r);
        put(r, SynapseDriver(best_place(r).driver));
        if (total() > before)
            return true;
        if (place_[r] != old.value()) {
            lift(r);
            put(r, old);
        }
        return false;
    }

    std::uint32_t total() const { return quadrants_[0].total() + quadrants_[1].total(); }

    /// Moves the primary of r to where another one is, and that one to the place of r or to its best free one. Changes are judged one by one, which is
    /// inexact only where they lie close together, so a promising move is tried.
    bool displace(int r)
    {
        const SynapseDriver old(place_[r]);
        const std::uint32_t before = total();
        for (const SynapseDriver y : requests_[r].primaries) {
            const int other = taken_[y.value()];
            if (other == nowhere || other == r || !serves(r, y))
                continue;
            Choice choice = best_place(other);
            if (choice.driver != nowhere)
                choice.change += change_without(old);
            if (serves(other, old) && may_have(other, old))
                if (const std::int64_t change = change_with(other, old); choice.driver == nowhere || change > choice.change)
                    choice = {old.value(), change};
            if (choice.driver == nowhere || change_with(r, y) + choice.change <= 0)
                continue;
            lift(r);
            lift(other);
            put(r, y);
            put(other, SynapseDriver(choice.driver));
            if (total() > before)
                return true;
            lift(r);
            lift(other);
            put(r, old);
            put(other, y);
        }
        return false;
    }

    bool may_have(int r, SynapseDriver y) const
    {
        const auto& primaries = requests_[r].primaries;
        return std::find(primaries.begin(), primaries.end(), y) != primaries.end();
    }

    std::vector<PlacedChain> result() const
    {
        std::vector<PlacedChain> chains(requests_.size());
        for (const Quadrant& q : quadrants_) {
            const auto spans = q.chains();
            for (std::size_t i = 0; i < spans.size(); ++i) {
                const int r = q.primaries()[i].request;
                const SynapseDriver y(place_[r]);
                chains[r].primary = y;
                for (int cell = spans[i][0]; cell <= spans[i][1]; ++cell)
                    chains[r].drivers.push_back(SynapseDriver(y.value() + 2 * (cell - y.quadrant_index())));
            }
        }
        return chains;
    }

    const std::vector<ChainRequest>& requests_;
    std::vector<Quadrant> quadrants_;
    std::vector<int> order_;                                ///< requests, most valuable first
    std::vector<int> place_;                                ///< [request] its primary
    std::array<int, SynapseDriver::count> taken_{};         ///< [driver] request whose primary it is
};

}   // namespace

std::vector<PlacedChain> pack_chains(const std::vector<ChainRequest>& requests, const std::bitset<SynapseDriver::count>& usable)
{
    return Packer(requests, usable).pack();
}

}   // namespace bss
