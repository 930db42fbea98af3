/// Events at their target: arrivals become row events, and the owners of columns add what their synapses give.
#pragma once

#include "block.cuh"
#include "kernels/model/delay.hpp"

namespace bss::cuda {

/// Files an event with the targets of its net, a warp at a time. Called by whole warps.
__device__ inline void file(const Machine& m, Block& block, const ChipData& from, const Passing& event, std::uint32_t window, std::uint32_t lane)
{
    const NetData net = m.nets[event.net];
    const model::GridTime sent = model::grid_time(event.time_s, m.timestep_s);
    for (std::uint32_t r = lane; r < net.route_count; r += 32) {
        const std::uint32_t number = net.first_route + r;
        const RouteData& route = m.routes[number];
        const std::uint32_t upper = 2 * (event.address >> 4);
        if (route.first_row[upper] == route.first_row[upper + 2])
            continue;                               // no row listens to such addresses
        const std::uint32_t who = sender_address({static_cast<Sender::Kind>(event.kind), event.sender, event.number}, from.address);
        const model::Travel travel = model::travel(sent.fraction, route.delay, m.jitter.sigma, m.jitter.shortest, m.jitter_key, who, route.to, event.number, event.kind);
        std::int64_t step = sent.step + travel.steps;
        if (step < event.earliest) {
            step = event.earliest;
            atomicAdd(&block.counters.delays_to_count, 1ull);
        }
        const std::size_t slot = std::size_t{route.target} * (m.ring_mask + 1) + (static_cast<std::uint32_t>(step) & m.ring_mask);
        const std::uint32_t at = atomicAdd(m.arrival_counts + slot, 1u);
        if (at < m.room.arrivals)
            m.arrivals[slot * m.room.arrivals + at] = {model::seconds(step, model::lateness(sent, travel.delay, step), m.timestep_s), number, event.address};
        else
            does_not_fit(m, window, &Room::arrivals, at + 1);
    }
}

__device__ inline Arrival* arrivals_at(const Machine& m, std::int64_t step)
{
    return m.arrivals + (std::size_t{blockIdx.x} * (m.ring_mask + 1) + (static_cast<std::uint32_t>(step) & m.ring_mask)) * m.room.arrivals;
}

/// Events of a driver are taken in the order of their arrival; sums do not depend on it.
__device__ inline void sort_arrivals(const Machine& m, Block& block, std::int64_t first, int steps)
{
    Arrival* const sorted = m.sorted_arrivals + std::size_t{blockIdx.x} * m.room.arrivals;
    for (int s = 0; s < steps; ++s) {
        const std::uint32_t count = block.arrivals_before[s + 1] - block.arrivals_before[s];
        if (count < 2)
            continue;
        Arrival* const arrivals = arrivals_at(m, first + s);
        sort_few(arrivals, sorted, count, [&](const Arrival& a, const Arrival& b) {
            if (a.time_s != b.time_s)
                return a.time_s < b.time_s;
            const std::uint32_t of_a = m.routes[a.route].own, of_b = m.routes[b.route].own;
            return of_a != of_b ? of_a < of_b : a.address < b.address;
        });
        for (std::uint32_t k = threadIdx.x; k < count; k += threads)
            arrivals[k] = sorted[k];
        __syncthreads();
    }
}

/// Factors of the plastic rows at hand: a thread takes a driver, event by event.
__device__ inline void find_factors(const Machine& m, Block& block, const ChipData& chip, const std::uint32_t (&count)[2])
{
    for (std::uint32_t driver = threadIdx.x; driver < chip.plastic_drivers; driver += threads)
        for (int half = 0; half < 2; ++half) {
            std::uint32_t last = nobody, factor = 0;
            for (std::uint32_t k = 0; k < count[half]; ++k) {
                RowEvent& event = block.row_events[half][k];
                if (!(event.what & 0x80) || m.rows[chip.first_row + (event.what >> 16)].plastic_driver != static_cast<int>(driver))
                    continue;
                if (event.factor != last) {         // both rows of a driver share the factor
                    last = event.factor;
                    const std::uint32_t plastic = chip.first_plastic_driver + driver;
                    factor = stp_event(m.plastic_states[plastic][event.what & 63], m.plastic_drivers[plastic], block.at_hand.times_s[last]);
                }
                event.factor = factor;
            }
        }
    __syncthreads();
}

/// Makes row events of the window's next arrivals, as many as there is room for. All threads.
__device__ __forceinline__ void take_arrivals()
{
    Block& block = shared_block();
    const std::int64_t first = block.first_step;
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const std::uint32_t next = block.next_arrival, mine = next + threadIdx.x;
    const std::uint32_t* rows = nullptr;
    std::uint32_t address = 0;
    std::uint64_t count = 0;
    if (mine < block.arrivals_before[most_window_steps]) {
        int step = 0;
        while (block.arrivals_before[step + 1] <= mine)
            ++step;
        const Arrival* const arrival = arrivals_at(m, first + step) + (mine - block.arrivals_before[step]);
        address = __ldcg(&arrival->address);
        rows = m.routes[__ldcg(&arrival->route)].first_row + 2 * (address >> 4);
        count = std::uint64_t{rows[2] - rows[1]} << 32 | (rows[1] - rows[0]);
        if (chip.plastic_drivers > 0)
            block.at_hand.times_s[threadIdx.x] = __ldcg(&arrival->time_s);
    }
    std::uint64_t before;
    Scan(block.scan).ExclusiveSum(count, before);
    const std::uint64_t after = before + count;
    const bool fits = rows != nullptr && static_cast<std::uint32_t>(after) <= rows_at_once && after >> 32 <= rows_at_once;
    const int taken = __syncthreads_count(fits);
    if (fits) {
        block.at_hand.rows_after[threadIdx.x] = static_cast<std::uint32_t>(after | after >> 16);
        for (int half = 0; half < 2; ++half) {
            RowEvent* event = block.row_events[half] + static_cast<std::uint32_t>(before >> (32 * half));
            for (std::uint32_t r = rows[half]; r < rows[half + 1]; ++r) {
                const std::uint32_t row = m.route_rows[r];
                const RowData data = m.rows[chip.first_row + row];
                *event++ = {row << 16 | static_cast<std::uint32_t>(data.shift) << 8 | (data.plastic_driver < 0 ? 0u : 0x80u) | static_cast<std::uint32_t>(data.input) << 6 | address,
                            threadIdx.x};
            }
        }
    }
    __syncthreads();
    if (threadIdx.x < most_window_steps) {
        const std::uint32_t end = min(block.arrivals_before[threadIdx.x + 1], next + taken);
        const std::uint32_t until = end > next ? block.at_hand.rows_after[end - next - 1] : 0;
        block.row_events_until[0][threadIdx.x] = until & 0xffff;
        block.row_events_until[1][threadIdx.x] = until >> 16;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        block.next_arrival = next + taken;
        block.counters.row_events += block.row_events_until[0][most_window_steps - 1] + block.row_events_until[1][most_window_steps - 1];
    }
    if (chip.plastic_drivers > 0) {
        const std::uint32_t counts[2] = {block.row_events_until[0][most_window_steps - 1], block.row_events_until[1][most_window_steps - 1]};
        find_factors(m, block, chip, counts);
    }
    __syncthreads();
}

/// What the synapses of a denmem give in a step: its column answers the row events of its half, from number `next` on.
__device__ inline void ask_synapses(const Machine& m, Block& block, std::uint32_t place, std::uint32_t next, std::uint32_t end, std::int32_t (&quanta)[2])
{
    const std::size_t corner = std::size_t{m.chip[blockIdx.x].first_row} * Column::count + place % Column::count;
    const std::uint8_t* const addresses = m.addresses + corner;
    std::uint32_t answers = 0;
    for (; next < end; ++next) {
        const RowEvent event = block.row_events[place / Column::count][next];
        const std::uint32_t at = (event.what >> 16) * Column::count;
        if (__ldg(addresses + at) != (event.what & 63))
            continue;
        std::uint32_t increment = static_cast<std::uint32_t>(__ldg(m.increments + corner + at)) << (event.what >> 8 & 31);
        if (event.what & 0x80)
            increment = static_cast<std::uint32_t>(static_cast<std::uint64_t>(increment) * event.factor >> stp_factor_bits);
        quanta[event.what >> 6 & 1] += static_cast<std::int32_t>(increment);
        ++answers;
    }
    if (answers > 0)
        atomicAdd(&block.counters.synaptic_events, static_cast<unsigned long long>(answers));
}

}   // namespace bss::cuda
