// Traces of membranes on a device (kernels/membrane_traces.hpp): there and back.

#include "record.hpp"

#include <algorithm>
#include <tuple>

#include "kernels/backend.hpp"
#include "kernels/model/parameters.hpp"
#include "runtime.hpp"
#include "wafer/random.hpp"

namespace bss::cuda {
namespace {

/// The experiment in the kernel's own terms.
struct Loaded {
    std::vector<RecordedMembrane> membranes;
    std::vector<RecordedDenmem> denmems;
    std::vector<RecordedChange> changes;
    std::vector<std::int64_t> events;
};

Loaded loaded(const MembraneExperiment& experiment)
{
    const MembraneSettings& settings = experiment.settings;
    Loaded all;
    std::vector<MembraneExperiment::Current> currents = experiment.currents;
    std::ranges::stable_sort(currents, {}, &MembraneExperiment::Current::neuron);
    auto current = currents.begin();
    for (std::uint32_t n = 0; n < experiment.neurons.size(); ++n) {
        const NeuronCircuit& neuron = experiment.neurons[n];
        const model::MembraneParameters m = model::membrane_parameters(neuron.denmems, static_cast<std::size_t>(neuron.firing), neuron.initial_volt, settings.timestep_s);
        std::array<double, 2> quantum{};
        for (std::size_t i = 0; i < 2; ++i)
            quantum[i] = model::own_or_chip_quantum(neuron.quantum_siemens[i], settings.quantum_siemens);
        const auto first_denmem = static_cast<std::uint32_t>(all.denmems.size()), first_change = static_cast<std::uint32_t>(all.changes.size());
        for (const DenmemCircuit& circuit : neuron.denmems) {
            const model::DenmemParameters p = model::denmem_parameters(circuit, m, settings.timestep_s, quantum);
            RecordedDenmem d{.e_leak = p.e_leak, .leak_per_end = p.leak_per_end, .leak_strength = p.leak_strength, .slope = p.slope, .intercept = p.intercept, .rate = p.rate,
                             .gain = p.gain, .jump = p.jump};
            for (std::size_t i = 0; i < 2; ++i) {
                d.quanta[i] = experiment.quanta.empty() ? 0 : experiment.quanta[all.denmems.size()][i];
                d.e_rev[i] = p.e_rev[i], d.decay[i] = p.decay[i], d.limit_share[i] = p.limit_share[i], d.limit_scale[i] = p.limit_scale[i];
            }
            all.denmems.push_back(d);
        }
        for (; current != currents.end() && current->neuron == n; ++current)
            all.changes.push_back({current->step + experiment.settle, static_cast<float>(current->ampere * m.scale)});
        all.membranes.push_back({m.threshold_volt, m.v, m.v_reset, m.tau_refrac, m.noise, neuron.place, first_denmem, static_cast<std::uint32_t>(neuron.denmems.size()), first_change,
                                 static_cast<std::uint32_t>(all.changes.size())});
    }
    for (const std::int64_t step : experiment.events)
        all.events.push_back(step + experiment.settle);
    return all;
}

/// An array on the device.
template <class T>
class Array
{
public:
    explicit Array(std::size_t count) : memory_(count * sizeof(T)) {}
    explicit Array(const std::vector<T>& from) : Array(from.size()) { load(data(), from); }
    T* data() const { return reinterpret_cast<T*>(memory_.data()); }

private:
    DeviceMemory memory_;
};

}   // namespace

void record_traces(const MembraneExperiment& experiment, MembraneTraces& traces)
{
    check_circuits(experiment.neurons, experiment.settings);
    const Loaded host = loaded(experiment);
    traces.resize(experiment.neurons.size(), experiment.samples);
    const std::size_t numbers = experiment.neurons.size() * static_cast<std::size_t>(traces.rows_of_neuron()) * lanes;
    const Array membranes(host.membranes);
    const Array denmems(host.denmems);
    const Array changes(host.changes);
    const Array events(host.events);
    const Array<float> volt(numbers);
    const Array<std::uint32_t> count(1);
    const Stream stream;
    RecordArguments arguments{.membranes = membranes.data(),
                              .denmems = denmems.data(),
                              .changes = changes.data(),
                              .events = events.data(),
                              .membrane_count = static_cast<std::uint32_t>(host.membranes.size()),
                              .event_count = static_cast<std::uint32_t>(host.events.size()),
                              .settle = experiment.settle,
                              .samples = experiment.samples,
                              .wafer = experiment.settings.wafer,
                              .hicann = experiment.settings.hicann,
                              .volt = volt.data(),
                              .stride = traces.rows_of_neuron() * lanes,
                              .spike_count = count.data()};
    random_key(experiment.settings.trial, Purpose::membrane_noise, arguments.noise_key);
    std::vector<RecordedSpike> spikes;
    for (std::uint32_t found = 256 * arguments.membrane_count; found > arguments.room;) {
        const Array<RecordedSpike> room(arguments.room = found);
        arguments.spikes = room.data();
        load(denmems.data(), host.denmems);
        load(count.data(), std::vector<std::uint32_t>{0});
        launch_record(arguments, stream);
        stream.wait();
        found = read(count.data(), 1).front();
        if (found <= arguments.room)
            spikes = read(room.data(), found);
    }
    read(traces.volt(0), volt.data(), numbers);
    std::sort(spikes.begin(), spikes.end(), [](const RecordedSpike& a, const RecordedSpike& b) { return std::tie(a.step, a.fraction) < std::tie(b.step, b.fraction); });
    for (const RecordedSpike& spike : spikes)
        traces.spikes[spike.neuron].push_back(static_cast<double>(spike.step - experiment.settle) + spike.fraction);
}

}   // namespace bss::cuda

void bss_record_traces(const bss::MembraneExperiment* experiment, bss::MembraneTraces* traces) { bss::cuda::record_traces(*experiment, *traces); }
