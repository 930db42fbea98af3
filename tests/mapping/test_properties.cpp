// What holds for every mapping, over random small networks × defects × options. A failing trial is told by its number and runs alone with
// BSS_TRIAL=<number> test_mapping_properties.
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "pipeline.hpp"
#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

using namespace bss;
using synthetic::Scene;

namespace {

constexpr std::uint32_t shards = 8, trials_a_shard = 132;       ///< 1056 trials

/// Numbers that belong to a trial.
class Draw {
public:
    explicit Draw(std::uint32_t trial) : trial_(trial) {}
    double operator()(double low, double high) { return low + (high - low) * random_uniform(15, Purpose::test, trial_, 0, 0, n_++); }
    bool chance(double p) { return (*this)(0, 1) < p; }
    int whole(int low, int high) { return std::min(high, static_cast<int>((*this)(low, high + 1))); }

private:
    std::uint32_t trial_, n_ = 0;
};

void add_network(Scene& scene, Draw& draw)
{
    const int populations = draw.whole(1, 5);
    for (int p = 0; p < populations; ++p) {
        const bool source = p > 0 && draw.chance(0.3);
        scene.add_population(static_cast<std::uint32_t>(draw.whole(1, 60)), !source ? CellType::IF_cond_exp : draw.chance(0.5) ? CellType::SpikeSourcePoisson : CellType::SpikeSourceArray);
    }
    for (int k = draw.whole(0, 6); k > 0; --k) {
        int post = draw.whole(0, populations - 1);
        while (is_source(scene.network.populations[static_cast<std::size_t>(post)].cell))
            --post;
        std::optional<ShortTermPlasticity> stp;
        if (draw.chance(0.25))
            stp = draw.chance(0.5) ? ShortTermPlasticity{0.5, 100, 0} : ShortTermPlasticity{0.5, 0, 100};
        scene.connect(static_cast<std::uint32_t>(draw.whole(0, populations - 1)), static_cast<std::uint32_t>(post), draw.chance(0.25) ? 1.0 : draw(0, 0.5),
                      draw.chance(0.5) ? Receptor::excitatory : Receptor::inhibitory, stp);
    }
    for (Population& population : scene.network.populations)
        if (population.cell == CellType::SpikeSourceArray)
            population.spike_times.resize(population.size);
}

void add_options(MappingOptions& options, Draw& draw)
{
    constexpr std::array sizes{1, 2, 4, 6, 8, 8, 8, 16, 64};
    options.neuron_size = sizes[static_cast<std::size_t>(draw.whole(0, sizes.size() - 1))];
    options.driver_chain_length = draw.whole(1, 6);
    options.crossbar_limit = draw.chance(0.2) ? draw.whole(2, 8) : 1;
    options.synapse_switch_limit = draw.chance(0.2) ? draw.whole(2, 16) : 1;
    options.nets = draw.chance(0.2) ? NetForming::one_per_population : NetForming::automatic;
    options.seed = static_cast<std::uint64_t>(draw.whole(0, 1000));
}

/// Every kind that users can name, each in half of the trials.
Defects draw_defects(Draw& draw, int neuron_size)
{
    std::map<std::string, double> fractions;
    for (const DefectKind& kind : defect_kinds())
        if (draw.chance(0.5))
            fractions[std::string(kind.name)] = draw(0, kind.name.ends_with("repeaters") ? 0.01 : 0.05);
    if (fractions.contains("neurons"))
        fractions["neurons"] /= neuron_size;
    return derived(random_defects(fractions, static_cast<std::uint64_t>(draw(0, 1e9))));
}

Scene random_scene(std::uint32_t trial)
{
    Draw draw(trial);
    Scene scene;
    scene.network.seed = trial;
    add_options(scene.options, draw);
    add_network(scene, draw);
    const int wafers = draw.chance(0.25) ? draw.whole(2, 3) : 1;
    const int first_x = draw.whole(4, 16), width = draw.whole(4, 12), first_y = draw.whole(0, 8), height = draw.whole(4, 8);
    scene.machine.defects.clear();
    scene.machine.chips.clear();
    for (std::uint16_t w = 0; w < wafers; ++w) {
        scene.machine.defects.push_back(draw.chance(0.2) ? Defects{} : draw_defects(draw, scene.options.neuron_size));
        for (const Hicann h : all<Hicann>())
            if (scene.machine.defects[w].usable(h) && h.x() >= first_x && h.x() < first_x + width && h.y() >= first_y && h.y() < first_y + height)
                scene.machine.chips.push_back({w, h});
    }
    if (draw.chance(0.2) && !scene.machine.chips.empty()) {
        PlaceRequest request{.population = 0, .first = 0, .last = 0, .chips = {}, .size = draw.chance(0.5) ? 4 : 0};
        request.chips.push_back(scene.machine.chips[static_cast<std::size_t>(draw(0, static_cast<double>(scene.machine.chips.size())))]);
        scene.options.place.push_back(request);
    }
    return scene;
}

/// Rules with the limits that were asked for: no error, and no warning that a limit is exceeded.
void expect_rules(const Scene& scene, const Mapping& mapping)
{
    const Limits limits{.crossbar_limit = scene.options.crossbar_limit, .synapse_switch_limit = scene.options.synapse_switch_limit, .driver_chain_length = scene.options.driver_chain_length};
    for (std::size_t w = 0; w < mapping.wafers.size(); ++w)
        for (const Violation& violation : check(mapping.wafers[w], scene.machine.defects[w], limits))
            if (violation.severity == Severity::error || (violation.severity == Severity::warning && violation.rule != "M4")) {    // M4: an input that found no way
                ADD_FAILURE() << "wafer " << w << " " << violation.rule << " HICANN " << violation.where.value() << ": " << violation.what;
                return;
            }
}

std::size_t realised(const Mapping& mapping)
{
    std::size_t sum = 0;
    for (const auto& projection : mapping.synapses)
        sum += static_cast<std::size_t>(std::count_if(projection.begin(), projection.end(), [](const RealisedSynapse& s) { return s.realised(); }));
    return sum;
}

/// Every synapse has a chip of the machine, or a cause that there is.
void expect_accounted(const Scene& scene, const Mapping& mapping)
{
    ASSERT_EQ(mapping.synapses.size(), scene.network.projections.size());
    for (std::size_t k = 0; k < mapping.synapses.size(); ++k) {
        ASSERT_EQ(mapping.synapses[k].size(), scene.network.projections[k].size());
        for (const RealisedSynapse& synapse : mapping.synapses[k]) {
            ASSERT_TRUE(std::binary_search(scene.machine.chips.begin(), scene.machine.chips.end(), synapse.chip));
            ASSERT_LT(static_cast<std::size_t>(synapse.cause), loss_cause_names.size());
        }
    }
}

/// @return whether the network found room
bool try_trial(std::uint32_t trial)
{
    SCOPED_TRACE("trial " + std::to_string(trial));
    Scene scene = random_scene(trial);
    Mapping mapping;
    try {
        set_threads(1);
        mapping = synthetic::connect_all(scene);
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("population"), std::string::npos) << error.what();
        return false;
    }
    expect_rules(scene, mapping);
    expect_accounted(scene, mapping);
    EXPECT_TRUE(rebuilt_equals(mapping, scene.network));
    EXPECT_EQ(rebuild(mapping.wafers, mapping.stimulus).size(), realised(mapping));
    if (trial % 4 == 0)
        for (const int threads : {2, 4}) {
            set_threads(threads);
            Scene same = random_scene(trial);
            EXPECT_EQ(synthetic::connect_all(same).wafers, mapping.wafers) << threads << " threads";
        }
    set_threads(0);
    return true;
}

class Properties : public testing::TestWithParam<std::uint32_t> {};

}   // namespace

TEST_P(Properties, HoldForRandomNetworks)
{
    if (const char* one = std::getenv("BSS_TRIAL")) {
        try_trial(static_cast<std::uint32_t>(std::atoi(one)));
        return;
    }
    std::uint32_t mapped = 0;
    for (std::uint32_t k = 0; k < trials_a_shard; ++k)
        mapped += try_trial(GetParam() + shards * k);
    EXPECT_GT(mapped, trials_a_shard * 3 / 4) << "most networks must find room";
}

INSTANTIATE_TEST_SUITE_P(Shard, Properties, testing::Range(0u, shards));
