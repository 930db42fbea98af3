#include "partition.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <tuple>

namespace bss {
namespace {

constexpr double pieces_a_wafer = 64;       ///< a population is cut into pieces of at most that part of a wafer
constexpr int most_sweeps = 4;
constexpr std::uint32_t nowhere = 0xffffffff;

/// Consecutive neurons of a population that stay together.
struct Piece {
    std::size_t waiting;                    ///< into the list
    std::uint32_t first, last;              ///< positions [first, last) among its neurons
    double chips;
};

/// Pieces, and how many synapses join each two of them.
struct PieceGraph {
    struct Edge {
        std::uint32_t to;
        std::uint64_t synapses;
    };
    std::vector<Piece> pieces;
    std::vector<std::vector<Edge>> edges;
    std::vector<std::uint64_t> total;       ///< [piece] synapses to all others
};

std::vector<Piece> cut(const std::vector<Waiting>& waiting, const std::vector<double>& chips_a_neuron, double largest)
{
    std::vector<Piece> pieces;
    for (std::size_t k = 0; k < waiting.size(); ++k) {
        const auto neurons = static_cast<std::uint32_t>(waiting[k].neurons.size());
        const double each = chips_a_neuron[waiting[k].population];
        const double whole_chips = std::max(1.0, std::floor(largest));
        const auto most = static_cast<std::uint32_t>(std::max(1.0, whole_chips / each));
        for (std::uint32_t first = 0; first < neurons; first += most) {
            const std::uint32_t last = std::min(neurons, first + most);
            pieces.push_back({k, first, last, (last - first) * each});
        }
    }
    return pieces;
}

PieceGraph graph_of(const Network& network, const std::vector<Waiting>& waiting, std::vector<Piece> pieces)
{
    std::vector<std::vector<std::uint32_t>> piece_of(network.populations.size());      // [population][neuron]
    std::vector<std::pair<std::uint32_t, std::uint32_t>> range(network.populations.size(), {0, 0});
    for (std::uint32_t k = 0; k < pieces.size(); ++k) {
        const Waiting& w = waiting[pieces[k].waiting];
        auto& of = piece_of[w.population];
        if (of.empty()) {
            of.assign(network.populations[w.population].size, nowhere);
            range[w.population].first = k;
        }
        range[w.population].second = k + 1;
        for (std::uint32_t n = pieces[k].first; n < pieces[k].last; ++n)
            of[w.neurons[n]] = k;
    }
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> joined;
    for (const Projection& p : network.projections) {
        const auto &pre = piece_of[p.pre], &post = piece_of[p.post];
        if (pre.empty() || post.empty())
            continue;
        const auto [pre_first, pre_last] = range[p.pre];
        const auto [post_first, post_last] = range[p.post];
        std::vector<std::uint64_t> count((pre_last - pre_first) * (post_last - post_first), 0);
        for (std::size_t s = 0; s < p.size(); ++s)
            if (const auto a = pre[p.pre_neuron[s]], b = post[p.post_neuron[s]]; a != nowhere && b != nowhere)
                ++count[(a - pre_first) * (post_last - post_first) + b - post_first];
        for (std::uint32_t a = pre_first; a < pre_last; ++a)
            for (std::uint32_t b = post_first; b < post_last; ++b)
                if (const auto n = count[(a - pre_first) * (post_last - post_first) + b - post_first]; n > 0 && a != b)
                    joined[std::minmax(a, b)] += n;
    }
    PieceGraph graph{std::move(pieces), {}, {}};
    graph.edges.resize(graph.pieces.size());
    graph.total.resize(graph.pieces.size(), 0);
    for (const auto& [pair, synapses] : joined)
        for (const auto& [from, to] : {pair, std::pair(pair.second, pair.first)}) {
            graph.edges[from].push_back({to, synapses});
            graph.total[from] += synapses;
        }
    return graph;
}

/// Fills a wafer with pieces that cut the fewest synapses, beginning with the first one that is left.
void grow(std::uint32_t wafer, double room, const PieceGraph& graph, std::vector<std::uint32_t>& wafer_of)
{
    using Candidate = std::tuple<std::int64_t, std::int64_t, std::uint32_t>;      // synapses inside minus outside, - number (the first of equals), piece
    std::vector<std::uint64_t> inside(graph.pieces.size(), 0);
    std::priority_queue<Candidate> candidates;
    const auto offer = [&](std::uint32_t k) {
        candidates.emplace(2 * static_cast<std::int64_t>(inside[k]) - static_cast<std::int64_t>(graph.total[k]), -static_cast<std::int64_t>(k), k);
    };
    std::uint32_t next = 0;                 // seeds are taken from here
    while (room > 0) {
        if (candidates.empty()) {
            while (next < graph.pieces.size() && (wafer_of[next] != nowhere || graph.pieces[next].chips > room))
                ++next;
            if (next == graph.pieces.size())
                return;
            offer(next);
        }
        const auto [gain, order, k] = candidates.top();
        candidates.pop();
        if (wafer_of[k] != nowhere || graph.pieces[k].chips > room)
            continue;
        wafer_of[k] = wafer;
        room -= graph.pieces[k].chips;
        for (const auto& edge : graph.edges[k])
            if (wafer_of[edge.to] == nowhere) {
                inside[edge.to] += edge.synapses;
                offer(edge.to);             // earlier offers of the same piece are worth less and come too late
            }
    }
}

/// Moves pieces to the wafer with which they share most synapses, while there is room.
void improve(const PieceGraph& graph, std::vector<double>& room, std::vector<std::uint32_t>& wafer_of)
{
    std::vector<std::uint64_t> shared(room.size());
    for (int sweep = 0, moved = 1; sweep < most_sweeps && moved > 0; ++sweep) {
        moved = 0;
        for (std::uint32_t k = 0; k < graph.pieces.size(); ++k) {
            std::fill(shared.begin(), shared.end(), 0);
            for (const auto& edge : graph.edges[k])
                shared[wafer_of[edge.to]] += edge.synapses;
            std::uint32_t best = wafer_of[k];
            for (std::uint32_t w = 0; w < room.size(); ++w)
                if (room[w] >= graph.pieces[k].chips && shared[w] > shared[best])
                    best = w;
            if (best == wafer_of[k])
                continue;
            room[wafer_of[k]] += graph.pieces[k].chips;
            room[best] -= graph.pieces[k].chips;
            wafer_of[k] = best;
            ++moved;
        }
    }
}

}   // namespace

std::vector<std::vector<Waiting>> partition(const Network& network, const std::vector<Waiting>& waiting, const std::vector<double>& chips_a_neuron, const std::vector<double>& room)
{
    const double largest = *std::max_element(room.begin(), room.end()) / pieces_a_wafer;
    const PieceGraph graph = graph_of(network, waiting, cut(waiting, chips_a_neuron, largest));
    std::vector<std::uint32_t> wafer_of(graph.pieces.size(), nowhere);
    std::vector<double> left = room;
    std::uint32_t used = 0;
    for (; used < room.size() && std::find(wafer_of.begin(), wafer_of.end(), nowhere) != wafer_of.end(); ++used) {
        grow(used, room[used], graph, wafer_of);
        for (std::uint32_t k = 0; k < wafer_of.size(); ++k)
            left[used] -= wafer_of[k] == used ? graph.pieces[k].chips : 0;
    }
    for (std::uint32_t k = 0; k < wafer_of.size(); ++k)
        if (wafer_of[k] == nowhere) {
            wafer_of[k] = static_cast<std::uint32_t>(std::max_element(left.begin(), left.end()) - left.begin());
            left[wafer_of[k]] -= graph.pieces[k].chips;
        }
    left.resize(used);                      // no further wafer for a few synapses
    improve(graph, left, wafer_of);

    std::vector<std::vector<Waiting>> shares(room.size());
    for (std::uint32_t k = 0; k < graph.pieces.size(); ++k) {
        const Piece& piece = graph.pieces[k];
        const Waiting& from = waiting[piece.waiting];
        auto& share = shares[wafer_of[k]];
        if (share.empty() || share.back().population != from.population)
            share.push_back({from.population, {}});
        share.back().neurons.insert(share.back().neurons.end(), from.neurons.begin() + piece.first, from.neurons.begin() + piece.last);
    }
    return shares;
}

}   // namespace bss
