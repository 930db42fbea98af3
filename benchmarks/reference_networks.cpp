#include "reference_networks.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace bss {
namespace {

constexpr auto adex = CellType::EIF_cond_exp_isfa_ista;

std::uint32_t add(NetworkSpec& network, std::uint32_t size, CellType cell = CellType::IF_cond_exp)
{
    Population p;
    p.name = std::to_string(network.populations.size());
    p.size = size;
    p.cell = cell;
    for (const CellParameter& parameter : parameters_of(cell))
        p.parameters.push_back({{parameter.standard}});
    p.initial_v.values = {-65};
    network.populations.push_back(std::move(p));
    return static_cast<std::uint32_t>(network.populations.size() - 1);
}

void join(NetworkSpec& network, std::uint32_t pre, std::uint32_t post, const Connector& connector, Receptor receptor = Receptor::excitatory)
{
    ProjectionSpec p;
    p.pre = pre;
    p.post = post;
    p.receptor = receptor;
    p.connector = connector;
    p.weight = 0.003;
    network.projections.push_back(std::move(p));
}
void join_both(NetworkSpec& network, std::uint32_t pre, std::uint32_t post, const Connector& connector)
{
    join(network, pre, post, connector);
    join(network, pre, post, connector, Receptor::inhibitory);
}

NetworkSpec random_network(std::uint32_t neurons, double p)
{
    NetworkSpec network;
    const auto all = add(network, neurons, adex);
    join(network, all, all, FixedProbability{p});
    return network;
}

NetworkSpec boltzmann_machine(std::uint32_t neurons)
{
    NetworkSpec network;
    const auto all = add(network, neurons, adex);
    join_both(network, all, all, AllToAll{false});
    return network;
}

NetworkSpec restricted_boltzmann_machine(std::uint32_t neurons)
{
    NetworkSpec network;
    const auto visible = add(network, neurons, adex), hidden = add(network, neurons, adex);
    join_both(network, visible, hidden, AllToAll{});
    join_both(network, hidden, visible, AllToAll{});
    return network;
}

/// n × n visible neurons, a hidden one for each 8 × 8 field, 10 label neurons; visible and hidden neurons are populations of their own.
NetworkSpec local_receptive_fields(std::uint32_t n)
{
    constexpr std::uint32_t field = 8;
    NetworkSpec network;
    for (std::uint32_t k = 0; k < n * n; ++k)
        add(network, 1, adex);
    const std::uint32_t fields = n - field + 1;
    for (std::uint32_t k = 0; k < fields * fields; ++k)
        add(network, 1, adex);
    const auto label = add(network, 10, adex);
    for (std::uint32_t k = 0; k < fields * fields; ++k) {
        const std::uint32_t hidden = n * n + k;
        for (std::uint32_t pixel = 0; pixel < field * field; ++pixel) {
            const std::uint32_t visible = (k / fields + pixel / field) * n + k % fields + pixel % field;
            join_both(network, visible, hidden, OneToOne{});
            join_both(network, hidden, visible, OneToOne{});
        }
        join_both(network, label, hidden, AllToAll{});
        join_both(network, hidden, label, AllToAll{});
    }
    return network;
}

/// side × side spins on a torus, populations of their own, with noise from 500 neurons and one that biases all.
NetworkSpec ising(std::uint32_t side)
{
    NetworkSpec network;
    for (std::uint32_t k = 0; k < side * side; ++k)
        add(network, 1);
    const auto noise = add(network, 500), bias = add(network, 1);
    join(network, noise, noise, FixedNumberPre{30}, Receptor::inhibitory);
    for (std::uint32_t y = 0; y < side; ++y)
        for (std::uint32_t x = 0; x < side; ++x) {
            const std::uint32_t spin = y * side + x;
            for (const std::uint32_t neighbour : {y * side + (x + 1) % side, y * side + (x + side - 1) % side, (y + 1) % side * side + x, (y + side - 1) % side * side + x})
                join(network, neighbour, spin, OneToOne{});
            join_both(network, noise, spin, FixedNumberPre{5});
            join(network, bias, spin, OneToOne{}, Receptor::inhibitory);
        }
    return network;
}

NetworkSpec noise_network(std::uint32_t neurons)
{
    NetworkSpec network;
    const auto all = add(network, neurons, adex);
    join(network, all, all, FixedNumberPre{.n = std::min(20u, neurons - 1), .with_replacement = false, .allow_self_connections = false});
    return network;
}

}   // namespace

NetworkSpec microcircuit(double scale)
{
    constexpr std::array<double, 8> sizes{20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948};
    constexpr double probability[8][8] = {{.1009, .1689, .0437, .0818, .0323, 0, .0076, 0},     {.1346, .1371, .0316, .0515, .0755, 0, .0042, 0},
                                          {.0077, .0059, .0497, .1350, .0067, .0003, .0453, 0}, {.0691, .0029, .0794, .1597, .0033, 0, .1057, 0},
                                          {.1004, .0622, .0505, .0057, .0831, .3726, .0204, 0}, {.0548, .0269, .0257, .0022, .0600, .3158, .0086, 0},
                                          {.0156, .0066, .0211, .0166, .0572, .0197, .0396, .2252}, {.0364, .0010, .0034, .0005, .0277, .0080, .0658, .1443}};
    NetworkSpec network;
    for (const double size : sizes)
        add(network, static_cast<std::uint32_t>(size * scale));
    for (std::uint32_t post = 0; post < 8; ++post)
        for (std::uint32_t pre = 0; pre < 8; ++pre)
            if (const double p = probability[post][pre]; p > 0) {
                const double synapses = std::log(1 - p) / std::log(1 - 1 / (sizes[pre] * sizes[post])) * scale * scale;
                join(network, pre, post, FixedTotalNumber{static_cast<std::uint64_t>(synapses)}, pre % 2 ? Receptor::inhibitory : Receptor::excitatory);
            }
    return network;
}

NetworkSpec brunel_demo()
{
    NetworkSpec network;
    const auto exc = add(network, 1666), inh = add(network, 417), external = add(network, 2083, CellType::SpikeSourcePoisson);
    for (const auto post : {exc, inh}) {
        join(network, exc, post, FixedNumberPre{166});
        join(network, inh, post, FixedNumberPre{41}, Receptor::inhibitory);
        join(network, external, post, FixedNumberPre{200});
    }
    return network;
}

NetworkSpec guide_example()
{
    NetworkSpec network;
    const auto sources = add(network, 50, CellType::SpikeSourcePoisson), neurons = add(network, 50);
    join(network, sources, neurons, FixedProbability{0.5});
    join(network, neurons, neurons, FixedProbability{0.5});
    return network;
}

NetworkSpec feed_forward(int layers, std::uint32_t neurons)
{
    NetworkSpec network;
    for (int k = 0; k < layers; ++k)
        add(network, neurons, adex);
    for (int k = 1; k < layers; ++k)
        join(network, static_cast<std::uint32_t>(k - 1), static_cast<std::uint32_t>(k), AllToAll{});
    return network;
}

NetworkSpec ring_of_groups(int groups, double p)
{
    NetworkSpec network;
    for (int g = 0; g < groups; ++g)
        add(network, 200);
    for (int g = 0; g < groups; ++g)
        for (const int d : {-2, -1, 0, 1, 2})
            join(network, static_cast<std::uint32_t>(g), static_cast<std::uint32_t>((g + d + groups) % groups), FixedProbability{p});
    return network;
}

std::vector<Family> families()
{
    std::vector<Family> all;
    const auto family = [&](std::string name) { all.push_back({std::move(name), {}}); };
    const auto member = [&](auto size, std::function<NetworkSpec()> network, int neuron_size = 8) { all.back().members.push_back({fmt::format("{}", size), std::move(network), neuron_size}); };
    for (const double p : {0.1, 0.3}) {
        family(fmt::format("random{}", static_cast<int>(std::lround(100 * p))));
        for (const std::uint32_t n : {100, 200, 400, 800, 1600, 3200})
            member(n, [=] { return random_network(n, p); });
    }
    for (const int neuron_size : {8, 16}) {
        family(fmt::format("cortical, {} denmems", neuron_size));
        for (const double scale : {.005, .01, .02, .04, .06, .08, .10})
            member(scale, [=] { return microcircuit(scale); }, neuron_size);
    }
    for (const int layers : {2, 3}) {
        family(fmt::format("{}-layer feedforward", layers));
        for (const std::uint32_t n : {5, 10, 15, 20, 30, 50, 100})
            member(n, [=] { return feed_forward(layers, n); });
    }
    family("rbm");
    for (const std::uint32_t n : {10, 100, 200, 500, 750, 1000, 1250})
        member(n, [=] { return restricted_boltzmann_machine(n); });
    family("fullyVisibleBM");
    for (const std::uint32_t n : {10, 100, 200, 500, 750, 1000, 1500, 2000})
        member(n, [=] { return boltzmann_machine(n); });
    family("rbmLocalReceptive");
    for (const std::uint32_t n : {10, 12, 14, 18, 22, 26, 28, 30, 35, 40, 45})
        member(n, [=] { return local_receptive_fields(n); });
    family("ising2d");
    for (const std::uint32_t side : {20, 40, 60, 70, 72, 74, 76, 78, 80, 100, 120, 140, 150, 160})
        member(side, [=] { return ising(side); }, side > 130 ? 4 : 8);      // 8 denmems a neuron do not fit any more
    family("pfeilsNoise");
    for (const std::uint32_t n : {10, 50, 100, 200, 500, 750, 1000, 1250})
        member(n, [=] { return noise_network(n); });
    return all;
}

}   // namespace bss
