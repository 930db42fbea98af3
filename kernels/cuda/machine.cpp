#include "machine.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include <fmt/format.h>

#include "kernels/cpu/membranes.hpp"
#include "kernels/model/delay.hpp"
#include "upload.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss::cuda {

void Arena::place(const DeviceMemory& memory) const
{
    for (const Part& part : parts_)
        *part.array = memory.data() + part.offset;
}

void Arena::copy_rows(const DeviceMemory& to, const Arena& old, const DeviceMemory& from) const
{
    for (std::size_t k = 0; k < parts_.size(); ++k) {
        const Part &a = parts_[k], &b = old.parts_[k];
        if (a.rows > 0 && b.row_bytes > 0)
            check(cudaMemcpy2D(to.data() + a.offset, a.row_bytes, from.data() + b.offset, b.row_bytes, std::min(a.row_bytes, b.row_bytes), a.rows, cudaMemcpyDeviceToDevice), "making room");
    }
}

LoadedProgram::LoadedProgram(Program& program, const Piece* piece, Report* report, const LoadedProgram* before)
{
    Machine& m = machine_;
    m.timestep_s = program.timestep_s;
    m.window_steps = std::min(program.window_steps, most_window_steps);
    m.chips = static_cast<std::uint32_t>(program.chips.size());
    m.link_bandwidth = program.link_bandwidth;
    m.jitter = model::jitter_in_steps(program.jitter_s, program.shortest_delay_s, program.timestep_s);
    random_key(program.trial, Purpose::membrane_noise, m.noise_key);
    random_key(program.trial, Purpose::route_jitter, m.jitter_key);
    m.piece = piece;
    m.report = report;
    m.ideal_lines = static_cast<std::uint32_t>(program.ideal.lines.size());
    m.ideal_neurons = static_cast<std::uint32_t>(program.neurons.size());

    double longest_s = 0;
    for (const RouteProgram& route : program.routes) {
        longest_s = std::max(longest_s, route.delay_s + model::largest_jitter * program.jitter_s);
        exchanges_ |= program.chips[route.target].chip != program.nets[route.net].chip;
    }
    m.relay_way = program.relays.empty() ? RelayWay::none : program.relay_delay_s > 0 ? RelayWay::host : RelayWay::direct;
    exchanges_ |= m.ideal_lines > 0 || m.relay_way == RelayWay::direct;
    // A slot may still be read in one window when the next but one is filed for.
    m.ring_mask = program.routes.empty() ? 0 : static_cast<std::uint32_t>(std::bit_ceil(static_cast<std::size_t>(longest_s / program.timestep_s) + 3 * static_cast<std::size_t>(m.window_steps) + 2)) - 1;
    if (before != nullptr) {
        m.room = before->machine_.room;
        m.ring_mask = std::max(m.ring_mask, before->machine_.ring_mask);
        ideal_rows_ = before->ideal_rows_;
    }

    Tables tables(program);
    plastic_drivers_ = tables.plastic_drivers.size();
    ideal_plastic_ = tables.ideal_states.size();
    if (m.ideal_lines > 0) {
        if (2 * program.neurons.size() > std::size_t{1} << 25)
            throw RunError("the ideal fabric: more neurons than a CUDA device can take");
        std::size_t longest = 1;
        for (const IdealSynapse& synapse : program.ideal.synapses)
            longest = std::max<std::size_t>(longest, synapse.delay_steps);
        ideal_rows_ = std::max(ideal_rows_, std::bit_ceil(longest + static_cast<std::size_t>(m.window_steps) + 2));
        m.ideal_mask = static_cast<std::uint32_t>(ideal_rows_ - 1);
    }

    constant_arrays_.want(m.chip, m.chips);
    constant_arrays_.want(m.parameters, m.chips);
    tables.want(constant_arrays_, m);
    want_state();
    want_scratch();
    // All at once, before anything is allocated: a run that does not fit says so in one line.
    const std::size_t all = constant_arrays_.bytes() + 2 * state_arrays_.bytes() + scratch_arrays_.bytes();
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "asking for memory");
    if (all > free)
        throw RunError(fmt::format("CUDA: the run needs {} bytes of device memory, {} are free", all, free));
    constants_ = DeviceMemory(constant_arrays_.bytes());
    constant_arrays_.place(constants_);
    state_ = DeviceMemory(state_arrays_.bytes());
    backup_ = DeviceMemory(state_arrays_.bytes());
    scratch_ = DeviceMemory(scratch_arrays_.bytes());
    place();
    check(cudaMemset(state_.data(), 0, state_.bytes()), "clearing the state");
    tables.upload(m);
    needs_ = upload_chips(program, tables, m);
    upload_ideal(program, tables, m);
    check(cudaDeviceSynchronize(), "loading the program");  // our streams do not wait for what has none
}

void LoadedProgram::want_state()
{
    Machine& m = machine_;
    state_arrays_ = {};
    state_arrays_.want(m.state, m.chips);
    state_arrays_.want(m.counters, m.chips);
    const std::size_t slots = std::size_t{m.chips} * (m.ring_mask + 1);
    state_arrays_.want(m.arrival_counts, slots);
    state_arrays_.want(m.arrivals, slots, m.ring_mask > 0 ? m.room.arrivals : 0);
    state_arrays_.want(m.plastic_states, plastic_drivers_);
    const std::size_t linked = m.link_bandwidth ? m.chips : 0;
    state_arrays_.want(m.links, linked);
    for (Passing*& held : m.held)
        state_arrays_.want(held, linked, m.room.passing);
    state_arrays_.want(m.ideal_states, ideal_plastic_);
    state_arrays_.want(m.ideal_ring, ideal_rows_, 2 * std::size_t{m.ideal_neurons});
}

void LoadedProgram::want_scratch()
{
    Machine& m = machine_;
    scratch_arrays_ = {};
    scratch_arrays_.want(m.noise_words, m.chips);
    scratch_arrays_.want(m.crossed, m.chips, 2 * std::size_t{m.room.crossings});
    scratch_arrays_.want(m.passing, m.link_bandwidth ? m.chips : 0, 2 * std::size_t{m.room.passing});
    scratch_arrays_.want(m.sorted_arrivals, plastic_drivers_ > 0 ? m.chips : 0, m.room.arrivals);
}

void LoadedProgram::place()
{
    state_arrays_.place(state_);
    scratch_arrays_.place(scratch_);
}

void LoadedProgram::back_up(cudaStream_t stream)
{
    check(cudaMemcpyAsync(backup_.data(), state_.data(), state_.bytes(), cudaMemcpyDeviceToDevice, stream), "keeping the state");
}

void LoadedProgram::restore(const Room& needed, cudaStream_t stream)
{
    Machine& m = machine_;
    const auto roomy = [](std::uint32_t& room, std::uint32_t needed) {
        if (needed > room)
            room = needed + needed / 2;
    };
    roomy(m.room.crossings, needed.crossings);
    roomy(m.room.arrivals, needed.arrivals);
    roomy(m.room.passing, needed.passing);
    roomy(m.room.records, needed.records);
    roomy(m.room.relayed, needed.relayed);
    const Arena old = state_arrays_;
    want_state();
    want_scratch();
    if (scratch_arrays_.bytes() > scratch_.bytes()) {
        scratch_ = DeviceMemory();
        scratch_ = DeviceMemory(scratch_arrays_.bytes());
    }
    if (state_arrays_.bytes() == old.bytes()) {
        place();
        check(cudaMemcpyAsync(state_.data(), backup_.data(), state_.bytes(), cudaMemcpyDeviceToDevice, stream), "going back");
        return;
    }
    state_ = DeviceMemory();
    state_ = DeviceMemory(state_arrays_.bytes());
    place();
    check(cudaMemset(state_.data(), 0, state_.bytes()), "clearing the state");
    check(cudaDeviceSynchronize(), "clearing the state");
    state_arrays_.copy_rows(state_, old, backup_);
    check(cudaDeviceSynchronize(), "making room");
    backup_ = DeviceMemory();
    backup_ = DeviceMemory(state_arrays_.bytes());
    back_up(stream);
}

std::unique_ptr<ReadChip> LoadedProgram::read_chip(std::size_t chip) const
{
    auto result = std::make_unique<ReadChip>();
    read(&result->parameters, machine_.parameters + chip, 1);
    read(&result->state, machine_.state + chip, 1);
    return result;
}

Counters LoadedProgram::counters(const Program& program, std::int64_t steps) const
{
    Counters counters;
    for (const ChipCounters& chip : read(machine_.counters, machine_.chips)) {
        counters.row_events += static_cast<std::int64_t>(chip.row_events);
        counters.synaptic_events += static_cast<std::int64_t>(chip.synaptic_events);
        counters.l1_neuron_lost += static_cast<std::int64_t>(chip.l1_neuron_lost);
        counters.l2_up_lost += static_cast<std::int64_t>(chip.l2_up_lost);
        counters.relayed += static_cast<std::int64_t>(chip.relayed);
        counters.delays_below_timestep += static_cast<std::int64_t>(chip.delays_below_timestep);
    }
    for (const ChipProgram& chip : program.chips) {
        counters.membranes += static_cast<std::int64_t>(chip.neurons.size());
        counters.denmem_steps += static_cast<std::int64_t>(chip.denmems.size()) * steps;
    }
    return counters;
}

}   // namespace bss::cuda
