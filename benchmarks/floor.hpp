/// What a run costs beside its floor: the cost of its denmem-steps and row events when one chip of the same program does nothing else and stays in the cache,
/// shared by the threads. The floor knows no way of an event from sender to receiver, no sources, no links, no barrier, and no cache that is too small.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "kernels/cpu/chip.hpp"
#include "kernels/cpu/floating_point.hpp"
#include "kernels/engine.hpp"

namespace bss::benchmark {

inline double wall_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
inline double clock_seconds(clockid_t clock)
{
    timespec t;
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
inline double thread_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }

/// Wall-clock seconds that the older system model of this hardware (ESS) took for a biological second, at least, with a network of 2,673 neurons on 42 HICANNs.
inline constexpr double ess_s = 124, ess_neurons = 2673;

struct Costs {
    double denmem_step_ns = 0, row_event_ns = 0;
};

/// The chip with the most denmems, alone: its membranes in windows as long as the program's, with input in every step; then each list of its synapses fired
/// one after the other. Best of some repetitions.
inline Costs hot_costs(const Program& program)
{
    constexpr int repetitions = 9;
    const KeepFloatingPoint keep;
    flush_denormals();
    std::uint32_t index = 0;
    for (std::uint32_t c = 0; c < program.chips.size(); ++c)
        if (program.chips[c].denmems.size() > program.chips[index].denmems.size())
            index = c;
    const ChipProgram& chip = program.chips[index];
    Membranes membranes = membranes_of(program, chip);
    WindowInput window(program.window_steps, membranes.slots());
    std::vector<MembraneSpike> spikes;
    Costs costs{HUGE_VAL, HUGE_VAL};
    std::int64_t step = 0;
    for (int repetition = 0; repetition < repetitions; ++repetition) {
        constexpr int windows = 300;
        const double begin = thread_seconds();
        for (int k = 0; k < windows; ++k) {
            window.begin(membranes.slots());
            for (int s = 0; s < program.window_steps; ++s)
                window.at(s, 0);
            spikes.clear();
            membranes.run(step, program.window_steps, window, spikes);
            step += program.window_steps;
        }
        costs.denmem_step_ns = std::min(costs.denmem_step_ns, (thread_seconds() - begin) * 1e9 / (windows * program.window_steps) / static_cast<double>(chip.denmems.size()));
    }

    std::vector<std::uint32_t> routes;
    for (std::uint32_t r = 0; r < program.routes.size(); ++r)
        if (program.routes[r].target == index)
            routes.push_back(r);
    Synapses synapses(program, index, routes, slots_of(chip, membranes), membranes.slots());
    std::vector<SynapseList> events;
    for (const RouteLists& route : synapses.take_routes())
        for (const SynapseList list : route.lists)
            if (list != no_list)
                events.push_back(list);
    if (events.empty())
        return {costs.denmem_step_ns, 0};
    window.begin(membranes.slots());
    std::int32_t* const sums = window.at(0, 0);
    for (int repetition = 0; repetition < repetitions; ++repetition) {
        const std::int64_t before = synapses.row_events();
        const double begin = thread_seconds();
        for (int k = 0; k < 5; ++k)
            for (const SynapseList list : events)
                synapses.deliver(list, 0.0, sums);
        costs.row_event_ns = std::min(costs.row_event_ns, (thread_seconds() - begin) * 1e9 / static_cast<double>(synapses.row_events() - before));
    }
    return costs;
}

inline void print_heading()
{
    std::printf("%-16s %4s %8s %8s %10s %10s %10s %10s %8s %12s\n", "network", "W", "threads", "rate/Hz", "s/bio-s", "real time", "step/ns", "event/ns", "/ floor", "cpu / floor");
}

/// Runs a program in ten pieces, of which the best of the second half counts: rates have settled then, and other work on the machine is not the program's. Beside it the same by the time that the
/// processors worked for the program, waiting threads included: the number to look at where a machine is not quiet.
/// @param speedup  biological seconds a hardware second has
/// @return wall-clock seconds a biological second
inline double measure(const std::string& name, Program program, Stimulus stimulus, std::int64_t steps, int threads, double speedup)
{
    const Costs costs = hot_costs(program);
    const double step_s = program.timestep_s * speedup;
    const int window = program.window_steps;
    const auto engine = make_engine(std::move(program), std::move(stimulus), {.backend = "cpu", .threads = threads});
    constexpr int pieces = 10;
    const std::int64_t piece = std::max<std::int64_t>(1, steps / pieces / window) * window;
    double best = HUGE_VAL, best_cpu = HUGE_VAL, seconds = 0, rate_hz = 0;
    for (int p = 0; p < pieces; ++p) {
        const Counters before = engine->counters();
        const double begin = wall_seconds(), begin_cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
        engine->advance(piece);
        const double wall = wall_seconds() - begin, cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu;
        const Counters after = engine->counters();
        const double floor = (static_cast<double>(after.denmem_steps - before.denmem_steps) * costs.denmem_step_ns + static_cast<double>(after.row_events - before.row_events) * costs.row_event_ns) *
                             1e-9 / engine->threads();
        const double spikes = static_cast<double>(engine->take_recording().spikes.size());
        if (p < pieces / 2)
            continue;
        best_cpu = std::min(best_cpu, cpu / engine->threads() / floor);
        if (wall / floor < best) {
            best = wall / floor;
            seconds = wall / (static_cast<double>(piece) * step_s);
            rate_hz = spikes / static_cast<double>(after.membranes) / (static_cast<double>(piece) * step_s);
        }
    }
    std::printf("%-16s %4d %8d %8.2f %10.3f %10.2f %10.2f %10.2f %8.2f %12.2f\n", name.c_str(), window, engine->threads(), rate_hz, seconds, 1 / seconds, costs.denmem_step_ns,
                costs.row_event_ns, best, best_cpu);
    std::fflush(stdout);
    return seconds;
}

}   // namespace bss::benchmark
