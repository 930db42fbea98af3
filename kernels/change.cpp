#include "change.hpp"

#include <algorithm>

#include "wafer/error.hpp"

namespace bss {
namespace {

bool same_shape(const Program& a, const Program& b)
{
    const auto equal = [](const auto& x, const auto& y, auto same) { return std::equal(x.begin(), x.end(), y.begin(), y.end(), same); };
    const auto same_neuron = [](const NeuronProgram& x, const NeuronProgram& y) { return x.firing == y.firing && x.denmem_count == y.denmem_count && x.firing_index == y.firing_index; };
    const auto same_chip = [&](const ChipProgram& x, const ChipProgram& y) {
        return x.chip == y.chip && x.denmems == y.denmems && x.background.size() == y.background.size() && equal(x.neurons, y.neurons, same_neuron);
    };
    const auto same_net = [](const NetProgram& x, const NetProgram& y) { return x.chip == y.chip && x.merger == y.merger; };
    const auto same_route = [](const RouteProgram& x, const RouteProgram& y) { return x.net == y.net && x.target == y.target && x.hops == y.hops; };
    const auto same_line = [](const IdealLine& x, const IdealLine& y) { return x.from_host == y.from_host && x.sender == y.sender; };
    const auto same_relay = [](const RelayProgram& x, const RelayProgram& y) { return x.chip == y.chip && x.net == y.net; };
    return a.timestep_s == b.timestep_s && a.link_bandwidth == b.link_bandwidth && equal(a.chips, b.chips, same_chip) && equal(a.nets, b.nets, same_net) &&
           equal(a.routes, b.routes, same_route) && equal(a.ideal.lines, b.ideal.lines, same_line) && equal(a.relays, b.relays, same_relay);
}

}   // namespace

void require_same_shape(const Program& before, const Program& after)
{
    if (!same_shape(before, after))
        throw InputError("what was changed gives the chips other neurons, ways or synapses, which only time 0 allows: reset first");
}

void refuse_other_rows() { throw InputError("what was changed lets other rows listen, which only time 0 allows: reset first"); }

}   // namespace bss
