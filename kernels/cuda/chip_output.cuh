/// The end of a window: its spikes go into the recording, and through encoders and mergers to the chips that listen (cpu/chip_output.cpp).
#pragma once

#include "synapses.cuh"

namespace bss::cuda {

/// The crossings of this window, as many as there was room for.
__device__ inline Crossed* crossings_of(const Machine& m) { return m.crossed + 2 * std::size_t{blockIdx.x} * m.room.crossings; }
__device__ inline std::uint32_t crossings_in(const Block& block) { return min(block.crossings, block.machine.room.crossings); }

/// The host's events of this window.
struct Inputs {
    const Passing* first;
    std::uint32_t count;
};
__device__ inline Inputs inputs_of(const Piece& piece, std::uint32_t window)
{
    const std::uint32_t* const at = piece.first_input + std::size_t{blockIdx.x} * piece.windows + window;
    return {piece.inputs + at[0], at[1] - at[0]};
}

/// Calls work(event) for what a neuron's spike is in each net of its block.
template <class Work>
__device__ void into_nets(const Machine& m, const ChipData& chip, const ChipParameters& p, std::uint32_t neuron, double time_s, std::uint32_t number, std::int64_t earliest, Work&& work)
{
    const int b = p.block[neuron];
    for (std::uint32_t k = chip.block_nets[b]; k < chip.block_nets[b + 1]; ++k)
        work(Passing{time_s, m.block_nets[k], number, p.firing[neuron], static_cast<std::uint8_t>(Sender::Kind::neuron), p.address[neuron], earliest});
}

/// Adds to the events that pass this window.
struct PassingList {
    const Machine& m;
    Block& block;

    __device__ Passing* unsorted() const { return m.passing + 2 * std::size_t{blockIdx.x} * m.room.passing; }
    __device__ Passing* sorted() const { return unsorted() + m.room.passing; }
    __device__ void add(const Passing& event)
    {
        const std::uint32_t at = atomicAdd(&block.passing, 1u);
        if (at < m.room.passing)
            unsorted()[at] = event;
        else
            does_not_fit(block, &Room::passing, at + 1);
    }
};

/// Takes what leaves a priority encoder.
struct Served {
    PassingList& list;
    const ChipData& chip;
    const ChipParameters& p;
    std::int64_t earliest;

    __device__ void push_back(const EncodedSpike& spike)
    {
        into_nets(list.m, chip, p, spike.neuron, spike.time_s, spike.number, earliest, [&](const Passing& event) { list.add(event); });
    }
};

__device__ inline void record(const Machine& m, const ChipData& chip, std::uint32_t at, const Crossed& crossed, bool recorded)
{
    if (at < m.room.records)
        m.piece->records[at] = {crossed.time_s, chip.first_neuron + crossed.neuron, recorded};
}

/// A spike that has left its chip's link goes on to the other wafers that want it. A whole warp.
__device__ __noinline__ inline void relay(const Crossed& spike, double left_s)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const std::uint32_t first = m.first_relay[chip.first_neuron + spike.neuron], last = m.first_relay[chip.first_neuron + spike.neuron + 1];
    if (first == last)
        return;
    if (threadIdx.x % 32 == 0)
        atomicAdd(&block.counters.relayed, static_cast<unsigned long long>(last - first));
    if (m.relay_way == RelayWay::direct) {
        for (std::uint32_t r = first; r < last; ++r)
            file({spike.time_s, m.relays[r].net, spike.number, m.parameters[blockIdx.x].firing[spike.neuron], static_cast<std::uint8_t>(Sender::Kind::neuron),
                  static_cast<std::uint8_t>(m.relays[r].address), end_of_window(block)});
    } else if (threadIdx.x % 32 == 0) {
        const std::uint32_t at = atomicAdd(&m.report->relayed, 1u);
        if (at < m.room.relayed)
            m.piece->relayed[at] = {left_s, first, last - first, spike.number};
        else
            does_not_fit(block, &Room::relayed, at + 1);
    }
}

/// Without limits of bandwidth nothing waits: each event goes its way by itself.
__device__ __noinline__ inline void send_freely()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const ChipParameters& p = m.parameters[blockIdx.x];
    const std::uint32_t warp = threadIdx.x / 32, lane = threadIdx.x % 32, count = crossings_in(block);
    for (std::uint32_t k = warp; k < count; k += threads / 32) {
        const Crossed one = crossings_of(m)[k];
        if (lane == 0)
            record(m, chip, block.first_record + k, one, p.flags[one.neuron] & recorded);
        if (p.flags[one.neuron] & sends)
            into_nets(m, chip, p, one.neuron, one.time_s, one.number, end_of_window(block), [&](const Passing& event) { file(event); });
        if (m.relay_way != RelayWay::none && p.flags[one.neuron] & through_link)
            relay(one, one.time_s);
    }
    const Inputs inputs = inputs_of(*m.piece, block.window);
    for (std::uint32_t k = warp; k < inputs.count; k += threads / 32) {
        Passing event = inputs.first[k];
        event.earliest = end_of_window(block);
        file(event);
    }
}

// With them the block takes one stage after the other, with a barrier in between.

/// Crossings in order of time.
__device__ __noinline__ inline void sort_crossings()
{
    const Block& block = shared_block();
    Crossed* const unsorted = crossings_of(block.machine);
    sort_few(unsorted, unsorted + block.machine.room.crossings, crossings_in(block), [](const Crossed& a, const Crossed& b) { return a.time_s != b.time_s ? a.time_s < b.time_s : a.neuron < b.neuron; });
}

/// Through the priority encoders, one a warp, with all that is due before the end of the window; the host's events beside them.
__device__ __noinline__ inline void encode()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const ChipParameters& p = m.parameters[blockIdx.x];
    PassingList passing{m, block};
    const std::uint32_t t = threadIdx.x, count = crossings_in(block);
    if (t % 32 == 0 && t / 32 < NeuronBlock::count) {
        const int b = static_cast<int>(t / 32);
        PriorityEncoder& encoder = m.links[blockIdx.x].encoders[b];
        Served served{passing, chip, p, end_of_window(block)};
        for (std::uint32_t k = 0; k < count; ++k) {
            Crossed& one = crossings_of(m)[m.room.crossings + k];
            if (p.block[one.neuron] == b && p.flags[one.neuron] & sends)
                one.lost = !encoder.push(p.encoder_input[one.neuron], {one.time_s, one.neuron, one.number}, served);
        }
        encoder.serve(static_cast<double>(end_of_window(block)) * m.timestep_s, served);
    }
    const Inputs inputs = inputs_of(*m.piece, block.window);
    for (std::uint32_t k = t; k < inputs.count; k += threads) {
        Passing event = inputs.first[k];
        event.earliest = end_of_window(block);
        passing.add(event);
    }
}

/// Up to the host, by one thread; the others put what has left the encoders in order of time.
__device__ __noinline__ inline void record_and_sort()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const ChipParameters& p = m.parameters[blockIdx.x];
    const std::uint32_t count = crossings_in(block);
    if (threadIdx.x == threads - 1)
        for (std::uint32_t k = 0; k < count; ++k) {
            Crossed& one = crossings_of(m)[m.room.crossings + k];
            const std::uint8_t flags = p.flags[one.neuron];
            const bool leaves = !one.lost && flags & through_link;
            const auto left_s = leaves ? m.links[blockIdx.x].up.push(one.time_s) : std::nullopt;
            one.left_s = left_s ? *left_s : never;
            block.counters.l1_neuron_lost += one.lost;
            block.counters.l2_up_lost += leaves && !left_s;
            record(m, chip, block.first_record + k, one, !one.lost && (!leaves || left_s) && flags & recorded);
        }
    const PassingList passing{m, block};
    sort_few(passing.unsorted(), passing.sorted(), min(block.passing, m.room.passing), [](const Passing& a, const Passing& b) {
        if (a.time_s != b.time_s)
            return a.time_s < b.time_s;
        if (a.kind != b.kind)
            return a.kind < b.kind;
        if (a.sender != b.sender)
            return a.sender < b.sender;
        return a.number != b.number ? a.number < b.number : a.net < b.net;
    });
}

/// Through the mergers, one a warp.
__device__ __noinline__ inline void merge()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const std::uint32_t merger = threadIdx.x / 32, events = min(block.passing, m.room.passing);
    if (threadIdx.x % 32 != 0 || merger >= chip.nets)
        return;
    Passing* const sorted = PassingList{m, block}.sorted();
    for (std::uint32_t k = 0; k < events; ++k)
        if (sorted[k].net == chip.first_net + merger)
            sorted[k].time_s = *m.links[blockIdx.x].mergers[merger].push(sorted[k].time_s);
}

/// Events that wait in a merger beyond the end of the next window stay with the chip: the rings of their targets may be too short for them.
/// @param waited  since the window before; or those of this window
__device__ __noinline__ inline void file_or_hold(bool waited)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipLinks& links = m.links[blockIdx.x];
    const std::size_t own = std::size_t{blockIdx.x} * m.room.passing;
    const Passing* const events = waited ? m.held[links.turn] + own : PassingList{m, block}.sorted();
    const std::uint32_t count = waited ? links.held : min(block.passing, m.room.passing);
    const double soon_s = static_cast<double>(end_of_window(block)) * m.timestep_s + m.window_steps * m.timestep_s;
    for (std::uint32_t k = threadIdx.x / 32; k < count; k += threads / 32) {
        const Passing event = events[k];
        if (event.time_s < soon_s) {
            file(event);
        } else if (threadIdx.x % 32 == 0) {
            const std::uint32_t at = atomicAdd(&block.held, 1u);
            if (at < m.room.passing)
                m.held[links.turn ^ 1][own + at] = event;
            else
                does_not_fit(block, &Room::passing, at + 1);
        }
    }
}

/// What has left the link in this window, to other wafers.
__device__ __noinline__ inline void relay_all()
{
    const Block& block = shared_block();
    const Crossed* const sorted = crossings_of(block.machine) + block.machine.room.crossings;
    for (std::uint32_t k = threadIdx.x / 32; k < crossings_in(block); k += threads / 32)
        if (sorted[k].left_s != never)
            relay(sorted[k], sorted[k].left_s);
}

/// Places for the window's crossings in the recording.
__device__ __noinline__ inline void begin_sending()
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const std::uint32_t fired = block.crossings;
    block.passing = block.held = 0;
    if (fired > m.room.crossings)
        does_not_fit(block, &Room::crossings, fired);
    block.first_record = fired > 0 ? atomicAdd(&m.report->records, fired) : 0;
    if (block.first_record + fired > m.room.records)
        does_not_fit(block, &Room::records, block.first_record + fired);
}

/// All threads.
__device__ __forceinline__ void send()
{
    Block& block = shared_block();
    if (threadIdx.x == 0)
        begin_sending();
    __syncthreads();
    if (!block.machine.link_bandwidth) {
        send_freely();
        return;
    }
    sort_crossings();
    __syncthreads();
    encode();
    __syncthreads();
    record_and_sort();
    __syncthreads();
    merge();
    __syncthreads();
    file_or_hold(true);
    file_or_hold(false);
    if (block.machine.relay_way != RelayWay::none)
        relay_all();
    __syncthreads();
    if (threadIdx.x == 0) {
        ChipLinks& links = block.machine.links[blockIdx.x];
        links.turn ^= 1;
        links.held = block.held;
    }
}

}   // namespace bss::cuda
