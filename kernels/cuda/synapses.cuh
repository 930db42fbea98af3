/// Events at their target: what answers an event is listed (cpu/synapses.hpp), and warps add it to the sums of the denmems.
#pragma once

#include "block.cuh"
#include "kernels/cpu/synapses.hpp"
#include "kernels/model/delay.hpp"

namespace bss::cuda {

/// Files an event with the targets of its net, a warp at a time.
__device__ __noinline__ inline void file(const Passing& event)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const NetData net = m.nets[event.net];
    const model::GridTime sent = model::grid_time(event.time_s, m.timestep_s);
    for (std::uint32_t r = threadIdx.x % 32; r < net.route_count; r += 32) {
        const std::uint32_t number = net.first_route + r;
        const SynapseList list = m.lists[std::size_t{number} * L1Address::count + event.address];
        if (list.place == no_list.place)
            continue;                               // no row listens to such addresses
        const RouteData route = m.routes[number];
        const std::uint32_t who = sender_address({static_cast<Sender::Kind>(event.kind), event.sender, event.number}, net.from);
        const model::Travel travel = model::travel(sent.fraction, route.delay, m.jitter.sigma, m.jitter.shortest, m.jitter_key, who, route.to, event.number, event.kind);
        std::int64_t step = sent.step + travel.steps;
        if (step < event.earliest) {
            step = event.earliest;
            atomicAdd(&block.counters.delays_to_count, 1ull);
        }
        const std::size_t slot = std::size_t{route.target} * (m.ring_mask + 1) + (static_cast<std::uint32_t>(step) & m.ring_mask);
        const std::uint32_t at = atomicAdd(m.arrival_counts + slot, 1u);
        if (at < m.room.arrivals)
            m.arrivals[slot * m.room.arrivals + at] = {model::seconds(step, model::lateness(sent, travel.delay, step), m.timestep_s), list, event.address};
        else
            does_not_fit(block, &Room::arrivals, at + 1);
    }
}

__device__ inline Arrival* arrivals_at(const Machine& m, std::int64_t step)
{
    return m.arrivals + (std::size_t{blockIdx.x} * (m.ring_mask + 1) + (static_cast<std::uint32_t>(step) & m.ring_mask)) * m.room.arrivals;
}

/// The arrivals of a step into the order of time: [step of the window]. All threads; a barrier in between.
__device__ __noinline__ inline void sort_step(int s, bool back)
{
    const Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t count = block.arrivals_before[s + 1] - block.arrivals_before[s];
    Arrival* const arrivals = arrivals_at(m, block.first_step + s);
    Arrival* const sorted = m.sorted_arrivals + std::size_t{blockIdx.x} * m.room.arrivals;
    if (back)
        for (std::uint32_t k = threadIdx.x; k < count; k += threads)
            arrivals[k] = sorted[k];
    else
        sort_few(arrivals, sorted, count, [](const Arrival& a, const Arrival& b) { return a.time_s != b.time_s ? a.time_s < b.time_s : a.list.place < b.list.place; });
}

/// Events of a driver are taken in the order of their arrival; sums do not depend on it. All threads.
__device__ __forceinline__ void sort_arrivals(const Block& block)
{
    for (int s = 0; s < block.steps; ++s)
        if (block.arrivals_before[s + 1] - block.arrivals_before[s] > 1) {
            sort_step(s, false);
            __syncthreads();
            sort_step(s, true);
            __syncthreads();
        }
}

/// An event that comes to a driver at `state` (driver of the chip * addresses + address). @return the factor of its synapses
__device__ __noinline__ inline std::uint32_t plastic_factor(std::uint32_t state, double time_s)
{
    const Machine& m = shared_block().machine;
    const std::uint32_t driver = m.chip[blockIdx.x].first_plastic_driver + state / L1Address::count;
    return stp_event(m.plastic_states[driver][state % L1Address::count], m.plastic_drivers[driver], time_s);
}

/// Adds a segment of a list to the denmems' quanta, a warp at a time. @return the next segment; null: this was the last
/// @param factor   of a plastic one
/// @param quanta   [input * threads + denmem]
__device__ __noinline__ inline const std::uint32_t* add_segment(const std::uint32_t* word, std::uint32_t factor, std::int32_t* quanta)
{
    const std::uint32_t header = __ldg(word), rows = header >> Synapses::count_bits & Synapses::rows_mask, count = header & Synapses::count_mask, lane = threadIdx.x % 32;
    if (lane == 0) {
        Block& block = shared_block();
        atomicAdd(&block.row_events, rows);
        atomicAdd(&block.synaptic_events, count);
    }
    const bool plastic = header & Synapses::plastic_bit;
    word += plastic ? 2 : 1;
    for (std::uint32_t k = lane; k < count; k += 32) {
        const std::uint32_t synapse = __ldg(word + k);
        std::uint32_t given = synapse >> Synapses::slot_bits;
        if (plastic)
            given = static_cast<std::uint32_t>(static_cast<std::uint64_t>(given) * factor >> stp_factor_bits);
        atomicAdd(quanta + (synapse & Synapses::slot_mask), static_cast<std::int32_t>(given));
    }
    return header & Synapses::more_bit ? word + (count + Synapses::group - 1) / Synapses::group * Synapses::group : nullptr;
}

/// What the arrivals of a step give to denmems. All threads.
__device__ __noinline__ inline void deliver(int s, std::int32_t* quanta)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t count = block.arrivals_before[s + 1] - block.arrivals_before[s];
    const Arrival* const arrivals = arrivals_at(m, block.first_step + s);
    for (std::uint32_t k = threadIdx.x / 32; k < count; k += threads / 32)
        for (const std::uint32_t* word = m.words + m.chip[blockIdx.x].first_word + SynapseList{__ldcg(&arrivals[k].list.place)}.first(); word != nullptr;)
            word = add_segment(word, 0, quanta);
}

/// The same where drivers are plastic: a warp takes all of an address, so that each state meets its events in their order.
__device__ __forceinline__ void deliver_in_order(int s, std::int32_t* quanta)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t count = block.arrivals_before[s + 1] - block.arrivals_before[s];
    const Arrival* const arrivals = arrivals_at(m, block.first_step + s);
    for (std::uint32_t k = 0; k < count; ++k) {
        if (__ldcg(&arrivals[k].address) % (threads / 32) != threadIdx.x / 32)
            continue;
        for (const std::uint32_t* word = m.words + m.chip[blockIdx.x].first_word + SynapseList{__ldcg(&arrivals[k].list.place)}.first(); word != nullptr;) {
            std::uint32_t factor = 0;
            if (threadIdx.x % 32 == 0 && __ldg(word) & Synapses::plastic_bit)
                factor = plastic_factor(__ldg(word + 1), __ldcg(&arrivals[k].time_s));
            word = add_segment(word, __shfl_sync(~0u, factor, 0), quanta);
        }
    }
}

}   // namespace bss::cuda
