#include "chip.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

#include "kernels/model/current_stimulus.hpp"
#include "kernels/model/delay.hpp"
#include "wafer/random.hpp"

namespace bss {

std::vector<NeuronCircuit> neuron_circuits(const ChipProgram& chip)
{
    std::vector<NeuronCircuit> neurons;
    for (const NeuronProgram& neuron : chip.neurons) {
        const auto first = chip.circuits.begin() + neuron.first_denmem;
        neurons.push_back({{first, first + neuron.denmem_count}, neuron.firing_index, neuron.initial_volt, static_cast<std::uint32_t>(neuron.firing.value()), neuron.quantum_siemens});
    }
    return neurons;
}

MembraneSettings membrane_settings(const Program& program, const ChipProgram& chip)
{
    return {program.timestep_s, chip.quantum_siemens, program.trial, chip.chip.wafer, static_cast<std::uint32_t>(chip.chip.hicann.value())};
}

Membranes membranes_of(const Program& program, const ChipProgram& chip, std::pmr::memory_resource* memory)
{
    return {neuron_circuits(chip), membrane_settings(program, chip), memory};
}

std::vector<int> slots_of(const ChipProgram& chip, const Membranes& membranes)
{
    std::vector<int> slots;
    for (int n = 0; n < static_cast<int>(chip.neurons.size()); ++n)
        for (int k = 0; k < chip.neurons[n].denmem_count; ++k)
            slots.push_back(membranes.slot(n, k));
    return slots;
}

ChipRun::ChipRun(const Program& program, std::uint32_t index, std::span<const std::uint32_t> routes, std::shared_ptr<NearMemory> memory)
    : memory_(std::move(memory)), program_(&program), chip_(&program.chips[index]), timestep_s_(program.timestep_s), membranes_(membranes_of(program, *chip_, memory_.get())),
      synapses_(program, index, routes, slots_of(*chip_, membranes_), membranes_.slots(), memory_.get()), spike_counts_(chip_->neurons.size()),
      wired_(!std::all_of(chip_->neurons.begin(), chip_->neurons.end(), [](const NeuronProgram& n) { return n.recorded && !n.sends && !n.through_link; }))
{
    const double clock_s = 1 / chip_->pll_hz;
    const auto own = std::lower_bound(program.nets.begin(), program.nets.end(), chip_->chip, [](const NetProgram& net, Chip chip) { return net.chip < chip; });
    first_net_ = static_cast<std::uint32_t>(own - program.nets.begin());
    for (auto net = own; net != program.nets.end() && net->chip == chip_->chip; ++net)
        mergers_.emplace_back(program.link_bandwidth ? (net->slow ? program.timing.merger_clocks : 1) * clock_s : 0.0);
    encoders_.assign(NeuronBlock::count, PriorityEncoder(program.timing.encoder_clocks * clock_s));
    link_up_ = program.link_bandwidth ? Queue::with_buffer(program.timing.link_up_spacing_s, program.timing.link_up_buffer) : Queue();
    for (const BackgroundProgram& background : chip_->background)
        background_.emplace_back(background.config, chip_->pll_hz);

    for (std::uint32_t t = 0; t < program.traces.size(); ++t) {
        Probe probe{t, {}, {}};
        for (std::uint32_t k = 0; k < program.traces[t].neurons.size(); ++k) {
            const std::uint32_t neuron = program.traces[t].neurons[k];
            if (neuron >= chip_->first_neuron && neuron < chip_->first_neuron + chip_->neurons.size())
                probe.positions.push_back(k);
        }
        if (!probe.positions.empty())
            probes_.push_back(std::move(probe));
    }
}

void ChipRun::run(std::int64_t first, std::int64_t last, std::span<const Arrival> arrivals, WindowInput& window, const ChipRun* next)
{
    crossings_.clear();
    window.begin(membranes_.slots());
    if (ideal_)
        for (std::int64_t step = first; step < last; ++step)
            if (ideal_->anything_at(step))
                ideal_->take(step, own_ideal_, static_cast<int>(step - first), window);
    constexpr std::size_t soon = 14;        // lists on their way into the first-level cache, which can wait for 16 lines
    for (std::size_t k = 0; k < arrivals.size() + soon; ++k) {
        if (k < arrivals.size())
            synapses_.prefetch(arrivals[k].list);
        if (k < soon)
            continue;
        const Arrival& arrival = arrivals[k - soon];
        const int step = arrival.since(first);
        synapses_.deliver(arrival.list, model::seconds(first + step, arrival.late, timestep_s_), window.at(step, 0));
    }
    // Membranes go through the window at once, except where something happens to them in between.
    std::int64_t begin = first;
    const auto run_until = [&](std::int64_t end) {
        if (begin < end)
            membranes_.run(begin, static_cast<int>(end - begin), window, crossings_, end == last && next != nullptr ? &next->membranes_ : nullptr);
        begin = end;
    };
    for (std::int64_t step = first; interrupted() && step < last; ++step)
        if (const bool drive_now = driven(step), sample_now = sampled(step); drive_now || sample_now) {
            run_until(step);
            if (drive_now)
                drive(step);
            if (sample_now)
                sample(step, window);       // conductances hold what arrives at this very moment
        }
    run_until(last);
    steps_ += last - first;

    firings_.clear();
    for (const MembraneSpike& spike : crossings_) {
        firings_.push_back({(static_cast<double>(spike.step) + spike.fraction) * timestep_s_, spike.neuron});
        __builtin_prefetch(&chip_->neurons[spike.neuron]);
        __builtin_prefetch(&spike_counts_[spike.neuron], 1);
    }
}

void ChipRun::join(const IdealSenders& senders, IdealInput& input, std::size_t own)
{
    ideal_senders_ = &senders;
    ideal_ = &input;
    own_ideal_ = own;
}

void ChipRun::prefetch() const
{
    for (const char* line = reinterpret_cast<const char*>(this); line < reinterpret_cast<const char*>(this + 1); line += 64)
        __builtin_prefetch(line, 0, 2);
}

bool ChipRun::sampled(std::int64_t step) const
{
    return std::any_of(probes_.begin(), probes_.end(), [&](const Probe& probe) { return step % program_->traces[probe.trace].interval_steps == 0; });
}

void ChipRun::sample(std::int64_t step, WindowInput& window)
{
    for (Probe& probe : probes_) {
        const TraceProgram& trace = program_->traces[probe.trace];
        if (step % trace.interval_steps != 0)
            continue;
        for (const std::uint32_t position : probe.positions)
            probe.values.push_back(sampled_value(trace, position, step, {window.arrived(0), window.arrived(1)}));
    }
}

float ChipRun::sampled_value(const TraceProgram& trace, std::uint32_t position, std::int64_t step, const std::array<std::span<const std::int32_t>, 2>& arrived) const
{
    const int neuron = static_cast<int>(trace.neurons[position] - chip_->first_neuron);
    float value = 0;
    switch (trace.variable) {
    case Variable::v: value = membranes_.v_volt(neuron); break;
    case Variable::w: value = membranes_.w_ampere(neuron); break;
    case Variable::gsyn_exc: value = membranes_.g_siemens(neuron, 0, arrived[0]); break;
    case Variable::gsyn_inh: value = membranes_.g_siemens(neuron, 1, arrived[1]); break;
    }
    return trace.readout.empty() ? value : read_out(value, *program_, trace, position, step);
}

void ChipRun::present(std::int64_t step, std::vector<std::vector<float>>& values) const
{
    for (const Probe& probe : probes_)
        for (const std::uint32_t position : probe.positions)
            values[probe.trace][position] = sampled_value(program_->traces[probe.trace], position, step, {});
}

bool ChipRun::driven(std::int64_t step) const
{
    return drive_anew_ || std::any_of(chip_->currents.begin(), chip_->currents.end(), [&](const CurrentProgram& c) { return model::waveform_changes(step, timestep_s_, c.sample_s); });
}

void ChipRun::drive(std::int64_t step)
{
    for (const CurrentProgram& current : chip_->currents) {
        if (!drive_anew_ && !model::waveform_changes(step, timestep_s_, current.sample_s))
            continue;
        const double dac = model::waveform_dac(current.dac.data(), static_cast<std::int64_t>(current.dac.size()), current.continuous,
                                               model::waveform_sample(step, timestep_s_, current.sample_s));
        for (std::size_t k = 0; k < current.neurons.size(); ++k)
            membranes_.set_current(static_cast<int>(current.neurons[k]), dac * current.ampere_per_dac[k]);
    }
    drive_anew_ = false;
}

void ChipRun::take(Recording& recording)
{
    recording.spikes.insert(recording.spikes.end(), spikes_.begin(), spikes_.end());
    spikes_.clear();
    for (Probe& probe : probes_) {
        auto& values = recording.traces[probe.trace].values;
        const std::size_t width = program_->traces[probe.trace].neurons.size();
        for (std::size_t k = 0; k < probe.values.size(); ++k)
            values[k / probe.positions.size() * width + probe.positions[k % probe.positions.size()]] = probe.values[k];
        probe.values.clear();
    }
}

void ChipRun::count(Counters& counters) const
{
    counters.membranes += static_cast<std::int64_t>(chip_->neurons.size());
    counters.denmem_steps += static_cast<std::int64_t>(chip_->denmems.size()) * steps_;
    counters.l1_neuron_lost += l1_lost_;
    counters.l2_up_lost += up_lost_;
    counters.relayed += relayed_count_;
    counters.row_events += synapses_.row_events();
    counters.synaptic_events += synapses_.synaptic_events();
}

}   // namespace bss
