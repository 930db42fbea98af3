#include "kernels/membrane_traces.hpp"

#include <algorithm>

#include "floating_point.hpp"

namespace bss {

void MembraneTraces::resize(std::size_t neurons, std::int64_t count)
{
    samples = count;
    if (const std::size_t wanted = neurons * static_cast<std::size_t>(rows_of_neuron()); rows.size() < wanted)
        rows.resize(wanted);
    spikes.resize(neurons);
    for (auto& times : spikes)
        times.clear();
}

void record_traces(const MembraneExperiment& experiment, MembraneTraces& traces)
{
    const KeepFloatingPoint keep;
    flush_denormals();
    Membranes state(experiment.neurons, experiment.settings);
    traces.resize(experiment.neurons.size(), experiment.samples);
    std::vector<std::array<int, 2>> slots;          // of each denmem; its number among all
    for (std::size_t n = 0; n < experiment.neurons.size(); ++n)
        for (std::size_t k = 0; k < experiment.neurons[n].denmems.size(); ++k)
            slots.push_back({state.slot(static_cast<int>(n), static_cast<int>(k)), static_cast<int>(slots.size())});
    WindowInput input(WindowInput::longest_window, state.slots());
    std::vector<MembraneSpike> fired;
    auto event = experiment.events.begin();
    auto current = experiment.currents.begin();
    std::int64_t begin = -experiment.settle;
    while (begin < experiment.samples) {
        for (; current != experiment.currents.end() && current->step <= begin; ++current)
            state.set_current(static_cast<int>(current->neuron), current->ampere);
        std::int64_t end = std::min(begin + WindowInput::longest_window, begin < 0 ? 0 : experiment.samples);
        if (current != experiment.currents.end())
            end = std::min(end, current->step);
        input.begin(state.slots());
        for (; event != experiment.events.end() && *event < end; ++event)
            for (const int which : {0, 1}) {
                std::int32_t* const to = input.at(static_cast<int>(*event - begin), which);
                for (const auto& [slot, denmem] : slots)
                    to[slot] += experiment.quanta[static_cast<std::size_t>(denmem)][static_cast<std::size_t>(which)];
            }
        fired.clear();
        const int steps = static_cast<int>(end - begin);
        if (begin < 0)
            state.run(begin + experiment.settle, steps, input, fired);
        else
            state.record(begin + experiment.settle, steps, input, fired, traces.volt(0) + begin, traces.rows_of_neuron() * lanes);
        for (const MembraneSpike& spike : fired)
            if (begin >= 0)
                traces.spikes[spike.neuron].push_back(static_cast<double>(spike.step - experiment.settle) + spike.fraction);
        begin = end;
    }
}

}   // namespace bss
