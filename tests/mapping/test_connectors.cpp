// Connectors: counts, order, distribution and determinism of what they expand to.
#include "mapping/connectors.hpp"

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

using namespace bss;

namespace {

std::vector<Population> two(std::uint32_t pre, std::uint32_t post)
{
    Population a, b;
    a.name = "a";
    a.size = pre;
    b.name = "b";
    b.size = post;
    return {a, b};
}

Projection join(Connector connector, std::uint32_t pre, std::uint32_t post, bool onto_itself = false, std::uint64_t seed = 42, std::uint32_t index = 0)
{
    ProjectionSpec spec;
    spec.label = onto_itself ? "a -> a" : "a -> b";
    spec.post = onto_itself ? 0 : 1;
    spec.connector = std::move(connector);
    spec.weight = 0.001;
    return expand(spec, two(pre, post), seed, index);
}

bool sorted(const Projection& p)
{
    for (std::size_t k = 1; k < p.size(); ++k)
        if (std::pair(p.post_neuron[k - 1], p.pre_neuron[k - 1]) > std::pair(p.post_neuron[k], p.pre_neuron[k]))
            return false;
    return true;
}

std::size_t distinct(const Projection& p)
{
    std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (std::size_t k = 0; k < p.size(); ++k)
        pairs.emplace(p.pre_neuron[k], p.post_neuron[k]);
    return pairs.size();
}

bool has_self(const Projection& p)
{
    for (std::size_t k = 0; k < p.size(); ++k)
        if (p.pre_neuron[k] == p.post_neuron[k])
            return true;
    return false;
}

std::map<std::uint32_t, int> degree(const std::vector<std::uint32_t>& ends)
{
    std::map<std::uint32_t, int> count;
    for (const auto e : ends)
        ++count[e];
    return count;
}

/// Every connector with random parts, so that properties are checked on all of them.
std::vector<Connector> random_connectors()
{
    return {FixedProbability{0.13},       FixedProbability{0.9, false}, FixedNumberPre{17},     FixedNumberPre{40, true, false},
            FixedNumberPost{12},          FixedNumberPost{90, true},    FixedTotalNumber{1234}, FixedTotalNumber{1234, false, false},
            FixedTotalNumber{2200, false}};
}

}   // namespace

TEST(Connectors, all_to_all_and_one_to_one)
{
    const auto all = join(AllToAll{}, 7, 5);
    EXPECT_EQ(all.size(), 35u);
    EXPECT_EQ(distinct(all), 35u);
    EXPECT_TRUE(sorted(all));
    EXPECT_EQ(join(AllToAll{false}, 7, 0, true).size(), 42u);
    EXPECT_FALSE(has_self(join(AllToAll{false}, 7, 0, true)));
    EXPECT_EQ(join(AllToAll{false}, 7, 5).size(), 35u) << "self-connections exist only within a population";
    const auto one = join(OneToOne{}, 4, 6);
    EXPECT_EQ(one.pre_neuron, (std::vector<std::uint32_t>{0, 1, 2, 3}));
    EXPECT_EQ(one.post_neuron, one.pre_neuron);
}

TEST(Connectors, fixed_numbers_are_exact)
{
    const auto pre = join(FixedNumberPre{17}, 50, 60);
    EXPECT_EQ(pre.size(), 17u * 60);
    EXPECT_EQ(distinct(pre), pre.size());
    for (const auto& [post, n] : degree(pre.post_neuron))
        EXPECT_EQ(n, 17) << post;
    const auto post = join(FixedNumberPost{12}, 50, 60);
    EXPECT_EQ(distinct(post), 12u * 50);
    for (const auto& [source, n] : degree(post.pre_neuron))
        EXPECT_EQ(n, 12) << source;
    EXPECT_EQ(distinct(join(FixedNumberPre{49, false, false}, 50, 0, true)), 49u * 50);
    EXPECT_EQ(join(FixedNumberPre{300, true}, 50, 60).size(), 300u * 60);
    EXPECT_EQ(join(FixedNumberPost{0}, 50, 60).size(), 0u);
}

TEST(Connectors, fixed_total_number)
{
    const auto multapses = join(FixedTotalNumber{3000}, 50, 60);
    EXPECT_EQ(multapses.size(), 3000u);
    // 3000 draws of 3000 pairs leave 1/e of them out
    EXPECT_NEAR(static_cast<double>(distinct(multapses)), 3000 * (1 - std::exp(-1.0)), 100);
    for (const std::uint64_t n : {1u, 1400u, 1600u, 3000u}) {
        const auto p = join(FixedTotalNumber{n, false}, 50, 60);
        EXPECT_EQ(p.size(), n);
        EXPECT_EQ(distinct(p), n);
    }
    EXPECT_EQ(distinct(join(FixedTotalNumber{2450, false, false}, 50, 0, true)), 2450u);
}

TEST(Connectors, always_sorted_and_without_forbidden_selves)
{
    for (const auto& connector : random_connectors())
        EXPECT_TRUE(sorted(join(connector, 50, 0, true))) << connector.index();
    for (const Connector& connector :
         {Connector(FixedProbability{0.5, false}), Connector(FixedProbability{1.0, false}), Connector(FixedNumberPre{30, false, false}),
          Connector(FixedNumberPost{30, true, false}), Connector(FixedTotalNumber{900, true, false}), Connector(FixedTotalNumber{900, false, false})})
        EXPECT_FALSE(has_self(join(connector, 50, 0, true))) << connector.index();
}

TEST(Connectors, probability_has_the_moments_of_a_binomial)
{
    for (const double p : {0.001, 0.1, 0.5, 0.97}) {
        const auto projection = join(FixedProbability{p}, 1000, 2000);
        const double pairs = 2e6, mean = p * pairs;
        EXPECT_NEAR(static_cast<double>(projection.size()), mean, 5 * std::sqrt(mean * (1 - p)));
        EXPECT_EQ(distinct(projection), projection.size());
        double squares = 0;
        auto counts = degree(projection.post_neuron);
        for (std::uint32_t post = 0; post < 2000; ++post)
            squares += std::pow(counts[post] - 1000 * p, 2);
        EXPECT_NEAR(squares / 2000 / (1000 * p * (1 - p)), 1, 0.16) << p;      // σ of a variance of 2000 numbers: 3.2 %
    }
    EXPECT_EQ(join(FixedProbability{0}, 10, 10).size(), 0u);
    EXPECT_EQ(join(FixedProbability{1}, 10, 10).size(), 100u);
}

TEST(Connectors, every_partner_is_equally_likely)
{
    for (const Connector& connector : {Connector(FixedNumberPre{10}), Connector(FixedNumberPost{500}), Connector(FixedTotalNumber{50'000}),
                                       Connector(FixedProbability{0.1}), Connector(FixedTotalNumber{50'000, false})}) {
        const auto projection = join(connector, 100, 5000);
        double chi2 = 0;
        auto counts = degree(projection.pre_neuron);
        const double expected = static_cast<double>(projection.size()) / 100;
        for (std::uint32_t pre = 0; pre < 100; ++pre)
            chi2 += std::pow(counts[pre] - expected, 2) / expected;
        EXPECT_LT(chi2, 99 + 5 * std::sqrt(2 * 99.0)) << connector.index();
    }
}

TEST(Connectors, same_at_any_number_of_threads_other_with_another_seed_or_place)
{
    for (const auto& connector : random_connectors()) {
        ProjectionSpec spec;
        spec.connector = connector;
        spec.weight = Normal{1, 0.1};
        spec.delay_ms = NormalClipped{1, 1, 0.1, 5};
        spec.post = 1;
        const auto populations = two(50, 600);
        set_threads(1);
        const auto one = expand(spec, populations, 7, 3);
        set_threads(4);
        const auto four = expand(spec, populations, 7, 3);
        set_threads(0);
        EXPECT_EQ(one.pre_neuron, four.pre_neuron);
        EXPECT_EQ(one.post_neuron, four.post_neuron);
        EXPECT_EQ(one.weight.values, four.weight.values);
        EXPECT_EQ(one.delay_ms.values, four.delay_ms.values);
        EXPECT_NE(expand(spec, populations, 8, 3).pre_neuron, one.pre_neuron) << connector.index();
        EXPECT_NE(expand(spec, populations, 7, 4).pre_neuron, one.pre_neuron) << connector.index();
        EXPECT_NE(one.weight.values, one.delay_ms.values);
    }
}

TEST(Connectors, lists_are_sorted_with_their_values)
{
    ConnectionList list{{2, 0, 1, 0}, {1, 1, 0, 1}, {0.2, 0.01, 0.1, 0.02}, {}};
    const auto p = join(list, 3, 2);
    EXPECT_EQ(p.post_neuron, (std::vector<std::uint32_t>{0, 1, 1, 1}));
    EXPECT_EQ(p.pre_neuron, (std::vector<std::uint32_t>{1, 0, 0, 2}));
    EXPECT_EQ(p.weight.values, (std::vector<double>{0.1, 0.01, 0.02, 0.2})) << "equal pairs keep their order";
    EXPECT_FALSE(p.delay_given);
    list.delay_ms = {1, 2, 3, 4};
    const auto with_delay = join(list, 3, 2);
    EXPECT_TRUE(with_delay.delay_given);
    EXPECT_EQ(with_delay.delay_ms.values, (std::vector<double>{3, 2, 4, 1}));
    EXPECT_THROW(join(ConnectionList{{3}, {0}, {}, {}}, 3, 2), InputError);
    EXPECT_THROW(join(ConnectionList{{0}, {0}, {-1}, {}}, 3, 2), InputError);
    EXPECT_THROW(join(ConnectionList{{0}, {0}, {NAN}, {}}, 3, 2), InputError);
}

TEST(Connectors, drawn_values_follow_their_distribution)
{
    ProjectionSpec spec;
    spec.post = 1;
    spec.connector = AllToAll{};
    const auto moments = [&](const ValueSpec& value) {
        spec.weight = value;
        const auto w = expand(spec, two(300, 300), 1, 0).weight.values;
        const double mean = std::accumulate(w.begin(), w.end(), 0.0) / static_cast<double>(w.size());
        double squares = 0;
        for (const double x : w)
            squares += (x - mean) * (x - mean);
        return std::pair(mean, std::sqrt(squares / static_cast<double>(w.size())));
    };
    const auto [normal_mean, normal_sigma] = moments(Normal{10, 1});
    EXPECT_NEAR(normal_mean, 10, 0.02);
    EXPECT_NEAR(normal_sigma, 1, 0.02);
    const auto [uniform_mean, uniform_sigma] = moments(Uniform{2, 4});
    EXPECT_NEAR(uniform_mean, 3, 0.01);
    EXPECT_NEAR(uniform_sigma, 2 / std::sqrt(12.0), 0.01);
    const auto [clipped_mean, clipped_sigma] = moments(NormalClipped{0, 1, 0, 1e9});    // half a normal
    EXPECT_NEAR(clipped_mean, std::sqrt(2 / M_PI), 0.01);
    EXPECT_NEAR(clipped_sigma, std::sqrt(1 - 2 / M_PI), 0.01);
    EXPECT_THROW(moments(Normal{0.1, 1}), InputError) << "negative weights";
    EXPECT_THROW(moments(NormalClipped{0, 1, 50, 51}), InputError) << "never drawn";
}

TEST(Connectors, parameters_are_drawn_per_neuron)
{
    EXPECT_EQ(draw_parameter(3.0, 10, 1, 0, 0).values.size(), 1u);
    const auto a = draw_parameter(Normal{0, 1}, 100, 1, 0, 0).values;
    EXPECT_EQ(a.size(), 100u);
    EXPECT_EQ(a, draw_parameter(Normal{0, 1}, 100, 1, 0, 0).values);
    EXPECT_NE(a, draw_parameter(Normal{0, 1}, 100, 1, 0, 1).values);
    EXPECT_NE(a, draw_parameter(Normal{0, 1}, 100, 1, 1, 0).values);
    EXPECT_THROW(draw_parameter(std::vector<double>{1, 2}, 3, 1, 0, 0), InputError);
}

TEST(Connectors, impossible_requests_name_the_projection)
{
    const auto said = [](auto&& connector, std::uint32_t pre, std::uint32_t post, bool self = false) -> std::string {
        try {
            join(connector, pre, post, self);
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_NE(said(FixedNumberPre{11}, 10, 5).find("a -> b: expected n <= 10 (sources in a) unless with_replacement, found 11"), std::string::npos)
        << said(FixedNumberPre{11}, 10, 5);
    EXPECT_NE(said(FixedNumberPost{6}, 10, 5), "");
    EXPECT_NE(said(FixedNumberPre{10, false, false}, 10, 0, true), "");
    EXPECT_NE(said(FixedTotalNumber{51, false}, 10, 5), "");
    EXPECT_NE(said(FixedNumberPre{1, true, false}, 1, 0, true), "") << "nobody to choose from";
    EXPECT_NE(said(FixedProbability{1.5}, 10, 5), "");
    EXPECT_NE(said(AllToAll{}, 100'000, 100'000).find("at most 2000000000 synapses"), std::string::npos);
    EXPECT_NE(said(FixedTotalNumber{3'000'000'000}, 100'000, 100'000), "");
}

TEST(Connectors, a_network_is_the_sum_of_its_projections)
{
    NetworkSpec spec;
    spec.populations = two(400, 500);
    spec.seed = 5;
    for (int k = 0; k < 20; ++k) {
        ProjectionSpec p;
        p.post = 1;
        p.connector = FixedProbability{k == 3 ? 0.9 : 0.01};                // small ones and a large one go different ways
        spec.projections.push_back(p);
    }
    const auto network = expand(spec);
    std::uint64_t sum = 0;
    for (std::uint32_t k = 0; k < 20; ++k) {
        const auto alone = expand(spec.projections[k], spec.populations, 5, k);
        EXPECT_EQ(network.projections[k].pre_neuron, alone.pre_neuron);
        EXPECT_EQ(network.projections[k].post_neuron, alone.post_neuron);
        sum += alone.size();
    }
    EXPECT_EQ(network.synapses(), sum);
    EXPECT_EQ(network.neurons(), 900u);
    spec.projections[7].weight = -1.0;
    spec.projections[7].label = "seventh";
    spec.projections[9].weight = -1.0;
    try {
        expand(spec);
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("seventh: weight"), std::string::npos) << error.what();
    }
}
