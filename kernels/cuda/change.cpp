// Another program in the middle of a run: it is loaded beside the one that runs, and takes over its state, which the host reads and writes.

#include <unordered_map>
#include <utility>

#include "engine.hpp"
#include "kernels/change.hpp"
#include "kernels/cpu/floating_point.hpp"
#include "kernels/model/change.hpp"
#include "kernels/model/current_stimulus.hpp"

namespace bss {
namespace cuda {
namespace {

template <class T>
void copy(T* to, const T* from, std::size_t count)
{
    check(cudaMemcpy(to, from, count * sizeof(T), cudaMemcpyDeviceToDevice), "taking over the state");
}

/// Membranes and denmems of a chip with the state that they had before.
void inherit(ReadChip& chip, const ReadChip& before, std::size_t neurons)
{
    const ChipParameters &p = chip.parameters, &was = before.parameters;
    for (std::size_t n = 0; n < neurons; ++n) {
        const float4& membrane = before.state.membrane[n];
        chip.state.membrane[n] = {model::potential_under(membrane.x, was.threshold_volt[n], p.threshold_volt[n]), membrane.y, membrane.z, 0};
        chip.state.spike_count[n] = before.state.spike_count[n];
        for (std::uint32_t k = p.first[n], last = k + std::uint32_t{p.count[n]} * p.apart[n]; k < last; k += p.apart[n]) {
            const float4& denmem = before.state.denmem[k];
            float4& mine = chip.state.denmem[k];
            mine.x = model::quanta_of(denmem.x, was.quantum_siemens[0][n], p.quantum_siemens[0][n]);
            mine.y = model::quanta_of(denmem.y, was.quantum_siemens[1][n], p.quantum_siemens[1][n]);
            if (p.rate[k] == 0)
                continue;
            const model::Adaptation adaptation = model::adaptation_under({was.scale[n], was.gain[k], denmem.z, denmem.w}, membrane.y, p.scale[n], p.gain[k]);
            mine.z = adaptation.w;
            mine.w = adaptation.carry;
        }
    }
}

/// The stimulus at a step.
void set_currents(ReadChip& chip, const ChipProgram& program, std::int64_t step, double timestep_s)
{
    for (const CurrentProgram& current : program.currents) {
        const double dac = model::waveform_dac(current.dac.data(), static_cast<std::int64_t>(current.dac.size()), current.continuous, model::waveform_sample(step, timestep_s, current.sample_s));
        for (std::size_t k = 0; k < current.neurons.size(); ++k)
            chip.state.membrane[current.neurons[k]].w = static_cast<float>(dac * current.ampere_per_dac[k] * chip.parameters.scale[current.neurons[k]]);
    }
}

}   // namespace

void LoadedProgram::take_over(const LoadedProgram& before, const Program& program_before, const Program& program, std::int64_t now)
{
    const Machine &m = machine_, &was = before.machine_;
    take_over_arrivals(before, program, now);
    take_over_plasticity(before, program_before, program);
    take_over_membranes(before, program, now);
    copy(m.counters, was.counters, m.chips);
    if (m.link_bandwidth) {
        copy(m.links, was.links, m.chips);
        for (const int turn : {0, 1})
            copy(m.held[turn], was.held[turn], std::size_t{m.chips} * m.room.passing);
    }
    check(cudaDeviceSynchronize(), "taking over the state");        // our streams do not wait for what has none
}

/// Events that wait at their targets, with the lists of now.
void LoadedProgram::take_over_arrivals(const LoadedProgram& before, const Program& program, std::int64_t now)
{
    const Machine &m = machine_, &was = before.machine_;
    const std::size_t list_count = program.routes.size() * L1Address::count;
    const auto lists_before = read(was.lists, list_count), lists = read(m.lists, list_count);
    std::vector<std::unordered_map<std::uint32_t, SynapseList>> successors(m.chips);
    for (std::size_t k = 0; k < list_count; ++k) {
        if ((lists_before[k] == no_list) != (lists[k] == no_list))
            refuse_other_rows();
        successors[program.routes[k / L1Address::count].target][lists_before[k].place] = lists[k];
    }
    const std::size_t slots_before = std::size_t{was.ring_mask} + 1, slots = std::size_t{m.ring_mask} + 1, room = m.room.arrivals;
    const auto counts_before = read(was.arrival_counts, m.chips * slots_before);
    const auto arrivals_before = list_count > 0 ? read(was.arrivals, counts_before.size() * room) : std::vector<Arrival>();
    std::vector<std::uint32_t> counts(m.chips * slots);
    std::vector<Arrival> arrivals(list_count > 0 ? counts.size() * room : 0);
    for (std::size_t from = 0; from < counts_before.size(); ++from) {
        const std::size_t chip = from / slots_before, later = (from % slots_before - static_cast<std::size_t>(now)) & was.ring_mask;
        const std::size_t to = chip * slots + ((static_cast<std::size_t>(now) + later) & m.ring_mask);
        for (std::size_t k = 0; k < counts_before[from]; ++k) {
            Arrival& arrival = arrivals[to * room + counts[to]++];
            arrival = arrivals_before[from * room + k];
            arrival.list = successors[chip].at(arrival.list.place);
        }
    }
    load(m.arrival_counts, counts);
    load(m.arrivals, arrivals);
}

/// Of drivers and of ideal lines.
void LoadedProgram::take_over_plasticity(const LoadedProgram& before, const Program& program_before, const Program& program)
{
    const Machine &m = machine_, &was = before.machine_;
    std::size_t driver_before = 0, driver = 0;
    for (std::size_t c = 0; c < program.chips.size(); ++c) {
        const std::size_t count_before = program_before.chips[c].plastic_drivers.size(), count = program.chips[c].plastic_drivers.size();
        if (count_before == count)
            copy(m.plastic_states + driver, was.plastic_states + driver_before, count);
        driver_before += count_before;
        driver += count;
    }
    const auto states_before = read(was.ideal_states, before.ideal_plastic_);
    auto states = read(m.ideal_states, ideal_plastic_);
    auto from = states_before.begin();
    auto to = states.begin();
    for (std::size_t l = 0; l < program.ideal.lines.size(); ++l) {
        const bool was_plastic = program_before.ideal.lines[l].plasticity.has_value(), plastic = program.ideal.lines[l].plasticity.has_value();
        if (was_plastic && plastic)
            *to = with_state_of(*from, *to);
        from += was_plastic;
        to += plastic;
    }
    load(m.ideal_states, states);
}

/// And what waits for them in the ring of ideal synapses.
void LoadedProgram::take_over_membranes(const LoadedProgram& before, const Program& program, std::int64_t now)
{
    const Machine &m = machine_, &was = before.machine_;
    const std::size_t row = 2 * std::size_t{m.ideal_neurons};
    const auto ring_before = read(was.ideal_ring, before.ideal_rows_ * row);
    std::vector<std::int32_t> ring(ideal_rows_ * row);
    for (std::size_t c = 0; c < program.chips.size(); ++c) {
        const ChipProgram& made = program.chips[c];
        const auto chip_before = before.read_chip(c), chip = read_chip(c);
        inherit(*chip, *chip_before, made.neurons.size());
        set_currents(*chip, made, now, program.timestep_s);
        load(m.state + c, &chip->state, 1);
        for (std::size_t input = 0; input < 2; ++input)
            for (std::size_t n = 0; n < made.neurons.size(); ++n) {
                const std::size_t column = input * m.ideal_neurons + made.first_neuron + n;
                const double siemens_before = chip_before->parameters.quantum_siemens[input][n], siemens = chip->parameters.quantum_siemens[input][n];
                for (std::size_t step = static_cast<std::size_t>(now), end = step + before.ideal_rows_; step < end; ++step)
                    ring[(step & m.ideal_mask) * row + column] = model::quanta_of(ring_before[(step & was.ideal_mask) * row + column], siemens_before, siemens);
            }
    }
    load(m.ideal_ring, ring);
}

}   // namespace cuda

void CudaEngine::change(Program program, Stimulus stimulus)
{
    require_same_shape(program_, program);
    const KeepFloatingPoint keep;
    flush_denormals();
    auto loaded = std::make_unique<cuda::LoadedProgram>(program, piece_.device(), report_.device(), loaded_.get());
    loaded->take_over(*loaded_, program_, program, now_);
    // Up to here the run could go on as it was.
    loaded_ = std::move(loaded);
    const Program program_before = std::exchange(program_, std::move(program));
    const Stimulus stimulus_before = std::exchange(stimulus_, std::move(stimulus));
    const auto playback_before = std::exchange(playback_, std::make_unique<Playback>(program_, stimulus_));
    playback_->take_over(*playback_before, stimulus_before, stimulus_, static_cast<double>(now_) * program_.timestep_s);
    const auto lines_before = source_lines_;
    get_ready();
    for (std::size_t l = 0; l < source_lines_.size(); ++l)
        if (program_before.ideal.lines[l].plasticity && program_.ideal.lines[l].plasticity)
            source_lines_[l] = with_state_of(lines_before[l], source_lines_[l]);
}

}   // namespace bss
