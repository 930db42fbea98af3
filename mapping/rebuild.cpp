#include "rebuild.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "wafer/fabric.hpp"

namespace bss {
namespace {

constexpr std::int16_t nobody = -1;

/// One chip as its bits make it.
struct ChipView {
    const HicannConfig* config = nullptr;
    std::array<std::int16_t, Denmem::count> firing;         ///< [denmem] firing denmem of its neuron; nobody: no neuron
    std::array<std::uint8_t, Denmem::count> size{};         ///< [firing denmem] denmems of its neuron

    explicit ChipView(const HicannConfig& chip) : config(&chip)
    {
        firing.fill(nobody);
        for (const Compound& compound : compounds(chip)) {
            for (const Denmem d : compound.denmems)
                firing[d.value()] = static_cast<std::int16_t>(compound.firing.value());
            size[compound.firing.value()] = static_cast<std::uint8_t>(compound.denmems.size());
        }
    }
};

using ChipViews = std::array<std::unique_ptr<ChipView>, Hicann::count>;

ChipViews view(const WaferConfig& wafer)
{
    ChipViews views;
    for (const auto& [hicann, config] : wafer.hicanns)
        views[hicann.value()] = std::make_unique<ChipView>(config);
    return views;
}

/// Where events enter Layer 1.
struct Entry {
    Chip chip;
    DncMerger merger;
    L1Address address;
    auto operator<=>(const Entry&) const = default;
};

/// Addresses that can occur at each DNC merger: of firing denmems with output, of background generators, of sources, of other wafers.
using Occurring = std::map<std::pair<Chip, DncMerger>, std::bitset<L1Address::count>>;
/// Where the events come from that enter through a relay.
using Origins = std::map<Entry, Entry>;

Origins origins_of(const std::vector<WaferConfig>& configs)
{
    Origins origins;
    for (std::uint16_t w = 0; w < configs.size(); ++w)
        for (const auto& [fpga, settings] : configs[w].fpgas)
            for (const Relay& relay : settings.relays)
                origins[{relay.to, relay.to_merger, relay.to_address}] = {{w, relay.hicann}, relay.merger, relay.address};
    return origins;
}

Occurring addresses_of_inputs(const Stimulus& inputs, const Origins& origins)
{
    Occurring addresses;
    for (const SpikeSource& source : inputs.sources)
        for (const SpikeSource::Entry& entry : source.entries)
            addresses[{entry.chip, entry.merger}].set(static_cast<std::size_t>(entry.address.value()));
    for (const auto& [entry, origin] : origins)
        addresses[{entry.chip, entry.merger}].set(static_cast<std::size_t>(entry.address.value()));
    return addresses;
}

std::bitset<L1Address::count> occurring(const HicannConfig& config, Chip chip, DncMerger merger, const Occurring& inputs)
{
    std::bitset<L1Address::count> addresses;
    const MergerInputs in = merger_inputs(config, merger);
    std::bitset<NeuronBlock::count> blocks;
    for (const NeuronBlock block : in.blocks)
        blocks.set(static_cast<std::size_t>(block.value()));
    for (const Denmem d : all<Denmem>())
        if (const DenmemConfig& denmem = config.denmems[d.value()]; denmem.activate_firing && denmem.enable_spl1_output && blocks.test(static_cast<std::size_t>(d.block().value())))
            addresses.set(static_cast<std::size_t>(denmem.address.value()));
    for (const BackgroundGenerator g : in.background)
        addresses.set(static_cast<std::size_t>(config.background[g.value()].address.value()));
    if (in.layer2)
        if (const auto at = inputs.find({chip, merger}); at != inputs.end())
            addresses |= at->second;
    return addresses;
}

/// Calls f(source, target chip, row, column) for every synapse of a wafer that an occurring address fires; an event from another wafer has its source there.
template <class F>
void for_each_connection(const std::vector<WaferConfig>& configs, std::uint16_t wafer, const Occurring& inputs, const Origins& origins, F&& f)
{
    const WaferConfig& config = configs[wafer];
    for (const Net& net : trace_all(config)) {
        const Chip source{wafer, net.hicann};
        const auto addresses = occurring(config.hicanns.at(net.hicann), source, net.merger, inputs);
        std::array<Entry, L1Address::count> entries;
        for (const L1Address address : all<L1Address>()) {
            const Entry entry{source, net.merger, address};
            const auto origin = origins.find(entry);
            entries[address.value()] = origin == origins.end() ? entry : origin->second;
        }
        for (const ReachedChain& chain : net.chains) {
            const HicannConfig& chip = config.hicanns.at(chain.hicann);
            for (const SynapseDriver driver : chain.drivers)
                for (int which = 0; which < 2 && driver.exists(); ++which) {
                    const SynapseRow row(driver, which);
                    const RowConfig& settings = chip.drivers[driver.value()].rows[which];
                    const std::uint8_t* decoders = &chip.synapses.decoder[SynapseArrays::at(row, Column(0))];
                    for (int x = 0; x < Column::count; ++x)
                        if (const int address = 16 * settings.decoder[x % 2] + decoders[x]; addresses.test(static_cast<std::size_t>(address)))
                            f(entries[address], Chip{wafer, chain.hicann}, row, Column(x));
                }
        }
    }
}

/// Entries of every neuron and source of every population.
std::vector<std::vector<std::vector<Entry>>> entries_of(const Mapping& mapping, const Network& network)
{
    std::vector<std::vector<std::vector<Entry>>> entries;
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        entries.emplace_back(network.populations[p].size);
        for (const PlacedNeuron& placed : mapping.placement[p])
            if (placed.connected)
                entries[p][placed.id].push_back({placed.chip, placed.merger, placed.address});
    }
    return entries;
}

/// Which synapse of the network each hardware synapse of a chip is said to be: projection and number in it, packed; 0: none.
using Owners = std::map<Hicann, std::vector<std::uint64_t>>;
constexpr std::uint64_t pack(std::size_t projection, std::size_t synapse) { return (static_cast<std::uint64_t>(projection) << 40 | synapse) + 1; }

}   // namespace

std::vector<RebuiltSynapse> rebuild(const std::vector<WaferConfig>& configs, const Stimulus& inputs)
{
    const Origins origins = origins_of(configs);
    const Occurring addresses = addresses_of_inputs(inputs, origins);
    std::vector<RebuiltSynapse> synapses;
    for (std::uint16_t w = 0; w < configs.size(); ++w) {
        const ChipViews views = view(configs[w]);
        for_each_connection(configs, w, addresses, origins, [&](const Entry& source, Chip target, SynapseRow row, Column column) {
            const ChipView& chip = *views[target.hicann.value()];
            const auto firing = chip.firing[row.denmem(column).value()];
            if (firing == nobody)
                return;
            const RowConfig& settings = chip.config->drivers[row.driver().value()].rows[row.which()];
            const std::uint8_t weight = chip.config->synapses.weight[SynapseArrays::at(row, column)];
            for (const auto& [on, input] : {std::pair(settings.syn_in_left, SynapticInput::excitatory), std::pair(settings.syn_in_right, SynapticInput::inhibitory)})
                if (on)
                    synapses.push_back({source.chip, source.merger, source.address, target, row, column, Denmem(firing), input, weight});
        });
    }
    std::sort(synapses.begin(), synapses.end());
    return synapses;
}

bool rebuilt_equals(const Mapping& mapping, const Network& network)
{
    const auto entries = entries_of(mapping, network);
    const Origins origins = origins_of(mapping.wafers);
    const Occurring addresses = addresses_of_inputs(mapping.stimulus, origins);
    for (std::uint16_t w = 0; w < mapping.wafers.size(); ++w) {     // one after the other, which spares memory
        Owners owners;
        std::uint64_t realised = 0;
        for (std::size_t k = 0; k < network.projections.size(); ++k)
            for (std::size_t s = 0; s < network.projections[k].size(); ++s) {
                const RealisedSynapse& synapse = mapping.synapses[k][s];
                if (!synapse.realised() || synapse.chip.wafer != w)
                    continue;
                auto& places = owners[synapse.chip.hicann];
                places.resize(static_cast<std::size_t>(SynapseRow::count) * Column::count);
                auto& owner = places[SynapseArrays::at(SynapseRow(synapse.row), Column(synapse.column))];
                if (owner != 0)
                    return false;       // one hardware synapse for two (rule Y4)
                owner = pack(k, s);
                ++realised;
            }

        const ChipViews views = view(mapping.wafers[w]);
        const auto belongs = [&](std::uint64_t owner, const Entry& source, Chip target, SynapseRow row, Column column) {
            const Projection& projection = network.projections[(owner - 1) >> 40];
            const std::size_t synapse = (owner - 1) & 0xffffffffff;
            const auto& from = entries[projection.pre][projection.pre_neuron[synapse]];
            const ChipView& chip = *views[target.hicann.value()];
            const PlacedNeuron& post = mapping.placement[projection.post][projection.post_neuron[synapse]];
            const RowConfig& settings = chip.config->drivers[row.driver().value()].rows[row.which()];
            const bool excitatory = projection.receptor == Receptor::excitatory;
            return std::find(from.begin(), from.end(), source) != from.end() && post.chip == target && chip.firing[row.denmem(column).value()] == post.denmem &&
                   chip.size[static_cast<std::size_t>(post.denmem)] == post.size && settings.syn_in_left == excitatory && settings.syn_in_right == !excitatory;
        };
        std::uint64_t found = 0;
        bool equal = true;
        for_each_connection(mapping.wafers, w, addresses, origins, [&](const Entry& source, Chip target, SynapseRow row, Column column) {
            const auto at = owners.find(target.hicann);
            auto* owner = at == owners.end() ? nullptr : &at->second[SynapseArrays::at(row, column)];
            if (!owner || *owner == 0 || !belongs(*owner, source, target, row, column)) {
                equal = false;          // a ghost, or a synapse that is another one than it should be
                return;
            }
            *owner = 0;                 // each counts once
            ++found;
        });
        if (!equal || found != realised)
            return false;
    }
    return true;
}

}   // namespace bss
