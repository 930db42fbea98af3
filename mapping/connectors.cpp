#include "connectors.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>

#include <fmt/format.h>

#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

namespace bss {

namespace {

constexpr int most_redraws = 10'000;

[[noreturn]] void fail(const ProjectionSpec& spec, std::string_view what)
{
    throw InputError(fmt::format("projection {}: {}", spec.label, what));
}

double normal_at(const DrawAddress& at, std::uint32_t redraw)
{
    return random_normal(at.seed, at.purpose, at.a, at.b, at.c, at.first + redraw * at.stride);
}

}   // namespace

double draw(const ValueSpec& spec, const DrawAddress& at)
{
    if (const auto* value = std::get_if<double>(&spec))
        return *value;
    if (const auto* u = std::get_if<Uniform>(&spec))
        return u->low + (u->high - u->low) * random_uniform(at.seed, at.purpose, at.a, at.b, at.c, at.first);
    if (const auto* n = std::get_if<Normal>(&spec))
        return n->mu + n->sigma * normal_at(at, 0);
    const auto& n = std::get<NormalClipped>(spec);
    for (std::uint32_t redraw = 0; redraw < most_redraws; ++redraw)
        if (const double value = n.mu + n.sigma * normal_at(at, redraw); value >= n.low && value <= n.high)
            return value;
    throw InputError(
        fmt::format("normal_clipped: expected bounds that the distribution reaches, found mu {}, sigma {}, low {}, high {}", n.mu, n.sigma, n.low, n.high));
}

Values draw_parameter(const ValueSpec& spec, std::uint32_t size, std::uint64_t network_seed, std::uint32_t population, std::uint32_t parameter)
{
    if (const auto* value = std::get_if<double>(&spec))
        return {{*value}};
    if (const auto* list = std::get_if<std::vector<double>>(&spec)) {
        if (list->size() != size)
            throw InputError(fmt::format("expected {} values, one a neuron, found {}", size, list->size()));
        return {*list};
    }
    Values drawn{std::vector<double>(size)};
    for (std::uint32_t neuron = 0; neuron < size; ++neuron)
        drawn.values[neuron] = draw(spec, {network_seed, Purpose::parameters, population, neuron, parameter});
    return drawn;
}

// ---- expansion -------------------------------------------------------------------------------------------------------

namespace {

/// Random whole numbers of one stream: (network seed, connectivity, projection, element), counted up.
class Stream {
public:
    Stream(std::uint64_t seed, std::uint32_t projection, std::uint32_t element) : seed_(seed), projection_(projection), element_(element) {}
    std::uint64_t word()
    {
        if (left_ == 0) {
            words_ = random_words(seed_, Purpose::connectivity, projection_, element_, counter_++, 0);
            left_ = 2;
        }
        --left_;
        return static_cast<std::uint64_t>(words_[2 * left_]) << 32 | words_[2 * left_ + 1];
    }
    /// 0..n-1; the bias of at most n / 2^64 cannot be seen.
    std::uint64_t below(std::uint64_t n) { return static_cast<std::uint64_t>(static_cast<__uint128_t>(word()) * n >> 64); }
    double uniform()
    {
        const auto w = word();
        return bss::uniform(static_cast<std::uint32_t>(w >> 32), static_cast<std::uint32_t>(w));
    }

private:
    std::uint64_t seed_;
    std::uint32_t projection_, element_, counter_ = 0;
    std::array<std::uint32_t, 4> words_{};
    unsigned left_ = 0;
};

/// What an expansion needs to know of its projection.
struct Ends {
    std::uint32_t pre_size, post_size;
    bool same;                                  ///< one population onto itself
    std::uint64_t seed;
    std::uint32_t index;
    bool excludes_self(bool allow_self_connections) const { return same && !allow_self_connections; }
};

/// Pre neurons row by row; begin[post] .. begin[post + 1] are those of a post neuron.
struct Rows {
    std::vector<std::uint64_t> begin;
    std::vector<std::uint32_t> pre;
};

constexpr std::size_t pairs_at_a_time = 65536;

/// Calls body(post) for every target neuron, over several threads.
template <class Body>
void for_each_post(std::uint32_t post_size, Body body)
{
    parallel_for(post_size, [&](std::size_t post) { body(static_cast<std::uint32_t>(post)); }, 64);
}

/// Two passes over the target neurons, which need no memory beyond the result: the first counts, the second writes.
/// @param visit  visit(post, emit) calls emit(pre) in ascending order, the same both times
template <class Visit>
Rows fill_rows(std::uint32_t post_size, Visit visit)
{
    Rows rows;
    rows.begin.assign(post_size + std::size_t{1}, 0);
    for_each_post(post_size, [&](std::uint32_t post) {
        std::uint64_t count = 0;
        visit(post, [&](std::uint32_t) { ++count; });
        rows.begin[post + 1] = count;
    });
    std::partial_sum(rows.begin.begin(), rows.begin.end(), rows.begin.begin());
    rows.pre.resize(rows.begin.back());
    for_each_post(post_size, [&](std::uint32_t post) {
        auto* out = rows.pre.data() + rows.begin[post];
        visit(post, [&](std::uint32_t pre) { *out++ = pre; });
    });
    return rows;
}

/// Rows of equal length n, written by write(post, out).
template <class Write>
Rows equal_rows(std::uint32_t post_size, std::uint64_t n, Write write)
{
    Rows rows;
    rows.begin.resize(post_size + std::size_t{1});
    for (std::size_t post = 0; post < rows.begin.size(); ++post)
        rows.begin[post] = n * post;
    rows.pre.resize(rows.begin.back());
    for_each_post(post_size, [&](std::uint32_t post) { write(post, rows.pre.data() + rows.begin[post]); });
    return rows;
}

/// n of `size` elements, ascending, written to out; without replacement by Floyd's method, which takes n draws.
/// @param excluded  an element that is never chosen, or nothing
void choose(Stream stream, std::uint32_t n, std::uint32_t size, std::optional<std::uint32_t> excluded, bool with_replacement, std::uint32_t* out)
{
    const std::uint32_t choices = size - (excluded ? 1 : 0);
    if (with_replacement) {
        for (std::uint32_t k = 0; k < n; ++k)
            out[k] = static_cast<std::uint32_t>(stream.below(choices));
        std::sort(out, out + n);
    } else {
        thread_local std::vector<bool> taken;
        taken.resize(std::max<std::size_t>(taken.size(), size));
        for (std::uint32_t k = 0, last = choices - n; k < n; ++k, ++last) {
            const auto candidate = static_cast<std::uint32_t>(stream.below(std::uint64_t{last} + 1));
            out[k] = taken[candidate] ? last : candidate;
            taken[out[k]] = true;
        }
        for (std::uint32_t k = 0; k < n; ++k)
            taken[out[k]] = false;
        std::sort(out, out + n);
    }
    if (excluded)
        for (std::uint32_t k = 0; k < n; ++k)
            out[k] += out[k] >= *excluded ? 1 : 0;
}

/// Turns pairs in any order into rows. Equal pairs keep their order; `order` (if given) becomes the pair's place before.
Rows rows_of(const std::vector<std::uint32_t>& pre, const std::vector<std::uint32_t>& post, std::uint32_t post_size,
             std::vector<std::uint32_t>* order = nullptr)
{
    Rows rows;
    rows.begin.assign(post_size + std::size_t{1}, 0);
    for (const auto p : post)
        ++rows.begin[p + std::size_t{1}];
    std::partial_sum(rows.begin.begin(), rows.begin.end(), rows.begin.begin());
    std::vector<std::uint64_t> next(rows.begin.begin(), rows.begin.end() - 1);
    if (!order) {
        rows.pre.resize(pre.size());
        for (std::size_t k = 0; k < pre.size(); ++k)
            rows.pre[next[post[k]]++] = pre[k];
        for_each_post(post_size, [&](std::uint32_t p) {
            std::sort(rows.pre.begin() + static_cast<std::ptrdiff_t>(rows.begin[p]), rows.pre.begin() + static_cast<std::ptrdiff_t>(rows.begin[p + 1]));
        });
        return rows;
    }
    order->resize(pre.size());
    for (std::size_t k = 0; k < pre.size(); ++k)
        (*order)[next[post[k]]++] = static_cast<std::uint32_t>(k);
    for (std::uint32_t p = 0; p < post_size; ++p)
        std::stable_sort(order->begin() + static_cast<std::ptrdiff_t>(rows.begin[p]), order->begin() + static_cast<std::ptrdiff_t>(rows.begin[p + 1]),
                         [&](auto x, auto y) { return pre[x] < pre[y]; });
    rows.pre.resize(pre.size());
    for (std::size_t k = 0; k < pre.size(); ++k)
        rows.pre[k] = pre[(*order)[k]];
    return rows;
}

Rows rows(const AllToAll& connector, const Ends& ends)
{
    const bool no_self = ends.excludes_self(connector.allow_self_connections);
    return equal_rows(ends.post_size, ends.pre_size - (no_self ? 1 : 0), [&](std::uint32_t post, std::uint32_t* out) {
        for (std::uint32_t pre = 0; pre < ends.pre_size; ++pre)
            if (!no_self || pre != post)
                *out++ = pre;
    });
}

Rows rows(const OneToOne&, const Ends& ends)
{
    return fill_rows(ends.post_size, [&](std::uint32_t post, auto emit) {
        if (post < ends.pre_size)
            emit(post);
    });
}

/// The gaps between connected neurons are geometric: as many draws as synapses, not as pairs.
Rows rows(const FixedProbability& connector, const Ends& ends)
{
    if (connector.p_connect >= 1)
        return rows(AllToAll{connector.allow_self_connections}, ends);
    const bool no_self = ends.excludes_self(connector.allow_self_connections);
    const double scale = connector.p_connect > 0 ? 1 / std::log1p(-connector.p_connect) : 0;
    return fill_rows(ends.post_size, [&](std::uint32_t post, auto emit) {
        if (scale == 0)
            return;
        Stream stream(ends.seed, ends.index, post);
        for (double pre = std::floor(std::log(stream.uniform()) * scale); pre < ends.pre_size; pre += 1 + std::floor(std::log(stream.uniform()) * scale))
            if (const auto neuron = static_cast<std::uint32_t>(pre); !no_self || neuron != post)
                emit(neuron);
    });
}

Rows rows(const FixedNumberPre& connector, const Ends& ends)
{
    const bool no_self = ends.excludes_self(connector.allow_self_connections);
    return equal_rows(ends.post_size, connector.n, [&](std::uint32_t post, std::uint32_t* out) {
        choose(Stream(ends.seed, ends.index, post), connector.n, ends.pre_size, no_self ? std::optional(post) : std::nullopt, connector.with_replacement, out);
    });
}

Rows rows(const FixedNumberPost& connector, const Ends& ends)
{
    const bool no_self = ends.excludes_self(connector.allow_self_connections);
    const auto targets = equal_rows(ends.pre_size, connector.n, [&](std::uint32_t pre, std::uint32_t* out) {
        choose(Stream(ends.seed, ends.index, pre), connector.n, ends.post_size, no_self ? std::optional(pre) : std::nullopt, connector.with_replacement, out);
    });
    Rows rows;                                  // the transposed table: sources come in ascending order by themselves
    rows.begin.assign(ends.post_size + std::size_t{1}, 0);
    for (const auto post : targets.pre)
        ++rows.begin[post + std::size_t{1}];
    std::partial_sum(rows.begin.begin(), rows.begin.end(), rows.begin.begin());
    std::vector<std::uint64_t> next(rows.begin.begin(), rows.begin.end() - 1);
    rows.pre.resize(targets.pre.size());
    for (std::size_t k = 0; k < targets.pre.size(); ++k)
        rows.pre[next[targets.pre[k]]++] = static_cast<std::uint32_t>(k / connector.n);
    return rows;
}

Rows rows(const FixedTotalNumber& connector, const Ends& ends)
{
    const bool no_self = ends.excludes_self(connector.allow_self_connections);
    const std::uint64_t choices = ends.pre_size - (no_self ? 1u : 0u), pairs = choices * ends.post_size;
    const auto pair_at = [&](std::uint64_t k) {
        Stream stream(ends.seed, ends.index, static_cast<std::uint32_t>(k));    // a stream a pair, so that threads can share the work
        return stream.below(pairs);
    };
    std::vector<std::uint64_t> drawn;
    if (connector.with_replacement) {
        drawn.resize(connector.n);
        parallel_for(connector.n, [&](std::size_t k) { drawn[k] = pair_at(k); }, pairs_at_a_time);
    } else {
        // Draw until that many are distinct; of more than half of all pairs it is quicker to draw those that are left out.
        const bool left_out = connector.n > pairs / 2;
        const std::uint64_t wanted = left_out ? pairs - connector.n : connector.n;
        for (std::uint64_t k = 0; drawn.size() < wanted;) {
            const auto before = static_cast<std::ptrdiff_t>(drawn.size());
            for (const std::uint64_t end = k + wanted - drawn.size(); k < end; ++k)
                drawn.push_back(pair_at(k));
            std::sort(drawn.begin() + before, drawn.end());
            std::inplace_merge(drawn.begin(), drawn.begin() + before, drawn.end());
            drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
        }
        if (left_out) {
            std::vector<std::uint64_t> kept;
            kept.reserve(connector.n);
            auto next = drawn.begin();
            for (std::uint64_t pair = 0; pair < pairs; ++pair)
                if (next != drawn.end() && *next == pair)
                    ++next;
                else
                    kept.push_back(pair);
            drawn = std::move(kept);
        }
    }
    std::vector<std::uint32_t> pre(drawn.size()), post(drawn.size());
    parallel_for(
        drawn.size(),
        [&](std::size_t k) {
            post[k] = static_cast<std::uint32_t>(drawn[k] / choices);
            pre[k] = static_cast<std::uint32_t>(drawn[k] % choices);
            pre[k] += no_self && pre[k] >= post[k] ? 1 : 0;
        },
        pairs_at_a_time);
    drawn = {};
    return rows_of(pre, post, ends.post_size);
}

Rows rows(const ConnectionList& list, const Ends& ends) { return rows_of(list.pre, list.post, ends.post_size); }

/// @throws InputError for what cannot be joined that way
void check(const ProjectionSpec& spec, const Ends& ends, std::string_view pre_name, std::string_view post_name)
{
    const auto at_most = [&](std::uint64_t n, std::uint64_t available, std::string_view what) {
        if (n > available)
            fail(spec, fmt::format("expected n <= {} ({}) unless with_replacement, found {}", available, what, n));
    };
    const auto choices = [&](std::uint32_t size, bool allow_self) { return size - (ends.excludes_self(allow_self) ? 1u : 0u); };
    if (const auto* c = std::get_if<FixedProbability>(&spec.connector)) {
        if (!(c->p_connect >= 0 && c->p_connect <= 1))
            fail(spec, fmt::format("expected p_connect from 0 to 1, found {}", c->p_connect));
    } else if (const auto* pre = std::get_if<FixedNumberPre>(&spec.connector)) {
        const auto available = choices(ends.pre_size, pre->allow_self_connections);
        at_most(pre->n, pre->with_replacement && available > 0 ? pre->n : available, fmt::format("sources in {}", pre_name));
    } else if (const auto* post = std::get_if<FixedNumberPost>(&spec.connector)) {
        const auto available = choices(ends.post_size, post->allow_self_connections);
        at_most(post->n, post->with_replacement && available > 0 ? post->n : available, fmt::format("targets in {}", post_name));
    } else if (const auto* total = std::get_if<FixedTotalNumber>(&spec.connector)) {
        const auto available = std::uint64_t{choices(ends.pre_size, total->allow_self_connections)} * ends.post_size;
        at_most(total->n, total->with_replacement && available > 0 ? total->n : available, "pairs");
    } else if (const auto* list = std::get_if<ConnectionList>(&spec.connector)) {
        if (list->pre.size() != list->post.size() || (!list->weight.empty() && list->weight.size() != list->pre.size()) ||
            (!list->delay_ms.empty() && list->delay_ms.size() != list->pre.size()))
            fail(spec, "expected columns of equal length");
        for (std::size_t k = 0; k < list->pre.size(); ++k)
            if (list->pre[k] >= ends.pre_size || list->post[k] >= ends.post_size)
                fail(spec, fmt::format("expected neurons below {} and {}, found {} -> {} (synapse {} of the list)", ends.pre_size, ends.post_size, list->pre[k],
                                       list->post[k], k));
    }
    if (const double n = expected_synapses(spec.connector, ends.pre_size, ends.post_size, ends.same); n > most_synapses)
        fail(spec, fmt::format("expected at most {:.0f} synapses, found about {:.3g}", most_synapses, n));
}

/// A value of every synapse.
/// @param begin  [post] its first synapse, and one more
Values values(const ValueSpec& spec, const std::vector<std::uint64_t>& begin, std::uint64_t seed, std::uint32_t index, SynapseColumn column, std::string_view label)
{
    const std::string_view name = column == SynapseColumn::weight ? "weight" : "delay";
    const auto refuse = [&](const std::string& what) { throw InputError(fmt::format("projection {}: {}: {}", label, name, what)); };
    const std::size_t synapses = begin.back();
    Values result;
    if (const auto* value = std::get_if<double>(&spec)) {
        result.values = {*value};
    } else if (const auto* list = std::get_if<std::vector<double>>(&spec)) {
        if (list->size() != synapses)
            refuse(fmt::format("expected {} values, one a synapse, found {}", synapses, list->size()));
        result.values = *list;
    } else {
        result.values.resize(synapses);
        try {
            for_each_post(static_cast<std::uint32_t>(begin.size() - 1), [&](std::uint32_t post) {
                for (auto k = begin[post]; k < begin[post + 1]; ++k)
                    result.values[k] = draw(spec, {seed, Purpose::connectivity, index, post, static_cast<std::uint32_t>(k - begin[post]),
                                                   1 + static_cast<std::uint32_t>(column), 2});
            });
        } catch (const InputError&) {
            refuse("expected normal_clipped bounds that the distribution reaches");
        }
    }
    for (const double value : result.values)
        if (!(value >= 0 && std::isfinite(value)))
            refuse(fmt::format("expected finite values of at least 0, found {}{}", value,
                               std::holds_alternative<Normal>(spec) ? " (drawn; normal_clipped has bounds)" : ""));
    return result;
}

/// A list's own column, brought into the order of the synapses.
std::vector<double> reordered(const std::vector<double>& column, const std::vector<std::uint32_t>& order)
{
    std::vector<double> result(column.size());
    for (std::size_t k = 0; k < column.size(); ++k)
        result[k] = column[order[k]];
    return result;
}

}   // namespace

double expected_synapses(const Connector& connector, std::uint32_t pre_size, std::uint32_t post_size, bool same_population)
{
    struct Count {
        double pre, post;
        bool same;
        double pairs(bool allow_self) const { return pre * post - (same && !allow_self ? pre : 0); }
        double operator()(const AllToAll& c) const { return pairs(c.allow_self_connections); }
        double operator()(const OneToOne&) const { return std::min(pre, post); }
        double operator()(const FixedProbability& c) const { return c.p_connect * pairs(c.allow_self_connections); }
        double operator()(const FixedNumberPre& c) const { return post * c.n; }
        double operator()(const FixedNumberPost& c) const { return pre * c.n; }
        double operator()(const FixedTotalNumber& c) const { return static_cast<double>(c.n); }
        double operator()(const ConnectionList& c) const { return static_cast<double>(c.pre.size()); }
    };
    return std::visit(Count{static_cast<double>(pre_size), static_cast<double>(post_size), same_population}, connector);
}

Projection expand(const ProjectionSpec& spec, const std::vector<Population>& populations, std::uint64_t network_seed, std::uint32_t index)
{
    const Ends ends{populations.at(spec.pre).size, populations.at(spec.post).size, spec.pre == spec.post, network_seed, index};
    check(spec, ends, populations[spec.pre].name, populations[spec.post].name);

    Projection result;
    result.label = spec.label;
    result.pre = spec.pre;
    result.post = spec.post;
    result.receptor = spec.receptor;
    result.stp = spec.stp;
    result.delay_given = spec.delay_given;

    const auto* list = std::get_if<ConnectionList>(&spec.connector);
    std::vector<std::uint32_t> order;
    ValueSpec weight = spec.weight, delay = spec.delay_ms;
    Rows made;
    if (list && !(list->weight.empty() && list->delay_ms.empty())) {
        made = rows_of(list->pre, list->post, ends.post_size, &order);
        if (!list->weight.empty())
            weight = reordered(list->weight, order);
        if (!list->delay_ms.empty()) {
            delay = reordered(list->delay_ms, order);
            result.delay_given = true;
        }
    } else {
        made = std::visit([&](const auto& connector) { return rows(connector, ends); }, spec.connector);
    }
    result.weight = values(weight, made.begin, network_seed, index, SynapseColumn::weight, spec.label);
    result.delay_ms = values(delay, made.begin, network_seed, index, SynapseColumn::delay, spec.label);
    result.pre_neuron = std::move(made.pre);
    result.post_neuron.resize(result.pre_neuron.size());
    for_each_post(ends.post_size, [&](std::uint32_t post) {
        std::fill(result.post_neuron.begin() + static_cast<std::ptrdiff_t>(made.begin[post]),
                  result.post_neuron.begin() + static_cast<std::ptrdiff_t>(made.begin[post + 1]), post);
    });
    return result;
}

Values draw_synapses(const ValueSpec& spec, const Projection& projection, std::uint32_t post_size, std::uint64_t network_seed, std::uint32_t index, SynapseColumn column)
{
    std::vector<std::uint64_t> begin(post_size + std::size_t{1});
    for (const auto post : projection.post_neuron)
        ++begin[post + std::size_t{1}];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    return values(spec, begin, network_seed, index, column, projection.label);
}

Network expand(NetworkSpec spec)
{
    Network network;
    network.seed = spec.seed;
    network.populations = std::move(spec.populations);
    double total = 0;
    for (const auto& p : spec.projections) {
        total += expected_synapses(p.connector, network.populations.at(p.pre).size, network.populations.at(p.post).size, p.pre == p.post);
        if (total > most_synapses)
            throw InputError(
                fmt::format("projection {}: expected a network of at most {:.0f} synapses, found about {:.3g} so far", p.label, most_synapses, total));
    }
    // Threads share the small projections among them, and each large one within it.
    const auto count = static_cast<std::uint32_t>(spec.projections.size());
    network.projections.resize(count);
    std::vector<std::exception_ptr> errors(count);
    const auto expand_if = [&](std::uint32_t k, bool large) {
        const auto& p = spec.projections[k];
        if (large != (expected_synapses(p.connector, network.populations[p.pre].size, network.populations[p.post].size, p.pre == p.post) > 100'000))
            return;
        try {
            network.projections[k] = expand(p, network.populations, network.seed, k);
        } catch (...) {
            errors[k] = std::current_exception();   // the first projection's error counts, not the quickest thread's
        }
    };
    parallel_for(count, [&](std::size_t k) { expand_if(static_cast<std::uint32_t>(k), false); });
    for (std::uint32_t k = 0; k < count; ++k)
        expand_if(k, true);
    for (const auto& error : errors)
        if (error)
            std::rethrow_exception(error);
    return network;
}

}   // namespace bss
