// Whole runs of the shipped networks beside their floor, both measured in this process: what their denmem-steps and row events cost when one chip of the
// same network does nothing else and stays in the cache. Usage: whole_run [milliseconds of biology]
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "cli/configuration.hpp"
#include "kernels/cpu/floating_point.hpp"
#include "kernels/cpu/membranes.hpp"
#include "kernels/cpu/synapses.hpp"
#include "kernels/engine.hpp"
#include "wafer/parallel.hpp"

namespace {

using namespace bss;

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Costs {
    double denmem_step_ns, row_event_ns;
};

/// The chip with the most denmems, alone: its membranes with input in every step, then its synapses fired one after the other.
Costs hot_costs(const Program& program)
{
    std::uint32_t index = 0;
    for (std::uint32_t c = 0; c < program.chips.size(); ++c)
        if (program.chips[c].denmems.size() > program.chips[index].denmems.size())
            index = c;
    const ChipProgram& chip = program.chips[index];
    std::vector<NeuronCircuit> circuits;
    for (const NeuronProgram& n : chip.neurons)
        circuits.push_back({{chip.circuits.begin() + n.first_denmem, chip.circuits.begin() + n.first_denmem + n.denmem_count}, n.firing_index, n.initial_volt,
                            static_cast<std::uint32_t>(n.firing.value())});
    Membranes membranes(circuits, {program.timestep_s, chip.quantum_siemens, program.trial, 0, 0});
    std::vector<int> slots;
    for (std::size_t n = 0; n < chip.neurons.size(); ++n)
        for (int k = 0; k < chip.neurons[n].denmem_count; ++k)
            slots.push_back(membranes.slot(static_cast<int>(n), k));

    std::vector<MembraneSpike> spikes;
    double best_step = HUGE_VAL, best_event = HUGE_VAL;
    std::int64_t step = 0;
    WindowInput window(program.window_steps, membranes.slots());
    for (int repeat = 0; repeat < 5; ++repeat) {
        const int steps = 4000 / program.window_steps * program.window_steps;
        const double begin = seconds();
        for (int k = 0; k < steps; k += program.window_steps) {
            window.begin(membranes.slots());
            for (int i = 0; i < program.window_steps; ++i)
                window.at(i, 0);
            spikes.clear();
            membranes.run(step, program.window_steps, window, spikes);
            step += program.window_steps;
        }
        best_step = std::min(best_step, (seconds() - begin) * 1e9 / steps / static_cast<double>(chip.denmems.size()));
    }

    std::vector<std::uint32_t> routes;
    for (std::uint32_t r = 0; r < program.routes.size(); ++r)
        if (program.routes[r].target == index)
            routes.push_back(r);
    Synapses synapses(program, index, routes, slots, membranes.slots());
    std::vector<SynapseList> events;
    for (const RouteLists& route : synapses.take_routes())
        for (const SynapseList list : route.lists)
            if (list != no_list)
                events.push_back(list);
    window.begin(membranes.slots());
    std::int32_t* const sums = window.at(0, 0);
    for (int repeat = 0; repeat < 5 && !events.empty(); ++repeat) {
        const std::int64_t before = synapses.row_events();
        const double begin = seconds();
        for (int k = 0; k < 20; ++k)
            for (const SynapseList list : events)
                synapses.deliver(list, 0.0, sums);
        best_event = std::min(best_event, (seconds() - begin) * 1e9 / static_cast<double>(std::max<std::int64_t>(1, synapses.row_events() - before)));
    }
    return {best_step, events.empty() ? 0.0 : best_event};
}

void measure(const std::string& name, double duration_ms)
{
    const Configuration configuration = read_configuration(BSS_SOURCE_DIR "/configs/" + name + ".yaml");
    const auto silicon = std::make_shared<const Silicon>(Technology::load(configuration.wafer.technology), configuration.wafer.imperfections, configuration.wafer.ids.front());
    Machine machine{{silicon}, defects_of(configuration), {oracle_calibration(*silicon)}, {}, configuration.run.speedup};
    machine.chips = configuration.wafer.chips;
    const Network network = expand_network(configuration);
    const Mapping mapping = map(network, machine, configuration.mapping, configuration.wafer.imperfections);
    const RunSettings settings{.timestep_s = mapping.scale.seconds(configuration.run.timestep_ms), .trial = configuration.run.seed, .traces = {}};
    const auto steps = static_cast<std::int64_t>(duration_ms / configuration.run.timestep_ms);
    const Costs costs = hot_costs(elaborate(mapping.wafers, std::span(silicon.get(), 1), settings));

    for (const int threads : {1, bss::threads()}) {
        const auto engine = make_engine(elaborate(mapping.wafers, std::span(silicon.get(), 1), settings), mapping.stimulus, {.threads = threads});
        const double begin = seconds();
        engine->advance(steps);
        const double wall = seconds() - begin;
        const Counters counters = engine->counters();
        const double floor = (static_cast<double>(counters.denmem_steps) * costs.denmem_step_ns + static_cast<double>(counters.row_events) * costs.row_event_ns) * 1e-9 / engine->threads();
        std::printf("%-10s %8.2f %8d %10.3f %10.2f %10.2f %10.3f %8.2f\n", name.c_str(), mapping.seconds, engine->threads(), wall / duration_ms * 1e3, costs.denmem_step_ns,
                    costs.row_event_ns, duration_ms * 1e-3 / wall, wall / floor);
        std::fflush(stdout);
    }
}

}   // namespace

int main(int argc, char** argv)
{
    const double duration_ms = argc > 1 ? std::atof(argv[1]) : 500.0;
    std::printf("%-10s %8s %8s %10s %10s %10s %10s %8s\n", "network", "map/s", "threads", "s/bio-s", "step/ns", "event/ns", "real time", "/ floor");
    for (const char* name : {"brunel", "wafer-30", "wafer"})
        measure(name, duration_ms);
}
