/// The end of a window: its spikes go into the recording, and through encoders and mergers to the chips that listen (cpu/chip_output.cpp).
#pragma once

#include "synapses.cuh"

namespace bss::cuda {

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
    std::uint32_t window;

    __device__ Passing* unsorted() const { return m.passing + 2 * std::size_t{blockIdx.x} * m.room.passing; }
    __device__ Passing* sorted() const { return unsorted() + m.room.passing; }
    __device__ void add(const Passing& event)
    {
        const std::uint32_t at = atomicAdd(&block.passing, 1u);
        if (at < m.room.passing)
            unsorted()[at] = event;
        else
            does_not_fit(m, window, &Room::passing, at + 1);
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

/// Without limits of bandwidth nothing waits: each event goes its way by itself.
__device__ inline void send_freely(const Machine& m, Block& block, const ChipData& chip, const Crossed* crossed, std::uint32_t count, std::uint32_t window, std::int64_t last)
{
    const ChipParameters& p = m.parameters[blockIdx.x];
    const std::uint32_t warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (std::uint32_t k = warp; k < count; k += threads / 32) {
        const Crossed one = crossed[k];
        if (lane == 0)
            record(m, chip, block.first_record + k, one, p.flags[one.neuron] & recorded);
        if (p.flags[one.neuron] & sends)
            into_nets(m, chip, p, one.neuron, one.time_s, one.number, last, [&](const Passing& event) { file(m, block, chip, event, window, lane); });
    }
    const Inputs inputs = inputs_of(*m.piece, window);
    for (std::uint32_t k = warp; k < inputs.count; k += threads / 32) {
        Passing event = inputs.first[k];
        event.earliest = last;
        file(m, block, chip, event, window, lane);
    }
}

/// Events that wait in a merger beyond the end of the next window stay with the chip: the rings of their targets may be too short for them.
__device__ inline void file_or_hold(const Machine& m, Block& block, const ChipData& chip, const Passing* events, std::uint32_t count, Passing* held, double soon_s, std::uint32_t window)
{
    const std::uint32_t lane = threadIdx.x % 32;
    for (std::uint32_t k = threadIdx.x / 32; k < count; k += threads / 32) {
        const Passing event = events[k];
        if (event.time_s < soon_s) {
            file(m, block, chip, event, window, lane);
        } else if (lane == 0) {
            const std::uint32_t at = atomicAdd(&block.held, 1u);
            if (at < m.room.passing)
                held[at] = event;
            else
                does_not_fit(m, window, &Room::passing, at + 1);
        }
    }
}

/// Through priority encoders and mergers, with all that is due before the end of the window.
__device__ inline void send_in_order(const Machine& m, Block& block, const ChipData& chip, Crossed* unsorted, std::uint32_t count, std::uint32_t window, std::int64_t last)
{
    const ChipParameters& p = m.parameters[blockIdx.x];
    ChipLinks& links = m.links[blockIdx.x];
    const std::uint32_t t = threadIdx.x;
    const double end_s = static_cast<double>(last) * m.timestep_s;
    PassingList passing{m, block, window};

    Crossed* const crossed = unsorted + m.room.crossings;
    sort_few(unsorted, crossed, count, [](const Crossed& a, const Crossed& b) { return a.time_s != b.time_s ? a.time_s < b.time_s : a.neuron < b.neuron; });
    if (t % 32 == 0 && t / 32 < NeuronBlock::count) {
        const int b = static_cast<int>(t / 32);
        PriorityEncoder& encoder = links.encoders[b];
        Served served{passing, chip, p, last};
        for (std::uint32_t k = 0; k < count; ++k) {
            Crossed& one = crossed[k];
            if (p.block[one.neuron] == b && p.flags[one.neuron] & sends)
                one.lost = !encoder.push(p.encoder_input[one.neuron], {one.time_s, one.neuron, one.number}, served);
        }
        encoder.serve(end_s, served);
    }
    const Inputs inputs = inputs_of(*m.piece, window);
    for (std::uint32_t k = t; k < inputs.count; k += threads) {
        Passing event = inputs.first[k];
        event.earliest = last;
        passing.add(event);
    }
    __syncthreads();

    const std::uint32_t events = min(block.passing, m.room.passing);
    if (t == threads - 1)
        for (std::uint32_t k = 0; k < count; ++k) {
            const std::uint8_t flags = p.flags[crossed[k].neuron];
            const bool lost = crossed[k].lost, full = !lost && flags & through_link && !links.up.push(crossed[k].time_s);
            block.counters.l1_neuron_lost += lost;
            block.counters.l2_up_lost += full;
            record(m, chip, block.first_record + k, crossed[k], !lost && !full && flags & recorded);
        }
    sort_few(passing.unsorted(), passing.sorted(), events, [](const Passing& a, const Passing& b) {
        if (a.time_s != b.time_s)
            return a.time_s < b.time_s;
        if (a.kind != b.kind)
            return a.kind < b.kind;
        if (a.sender != b.sender)
            return a.sender < b.sender;
        return a.number != b.number ? a.number < b.number : a.net < b.net;
    });
    if (t % 32 == 0 && t / 32 < chip.nets)
        for (std::uint32_t k = 0; k < events; ++k) {
            Passing& event = passing.sorted()[k];
            if (event.net == chip.first_net + t / 32)
                event.time_s = *links.mergers[t / 32].push(event.time_s);
        }
    __syncthreads();

    const double soon_s = end_s + m.window_steps * m.timestep_s;
    const std::uint32_t turn = links.turn, waiting = links.held;
    Passing* const held = m.held[turn ^ 1] + std::size_t{blockIdx.x} * m.room.passing;
    file_or_hold(m, block, chip, m.held[turn] + std::size_t{blockIdx.x} * m.room.passing, waiting, held, soon_s, window);
    file_or_hold(m, block, chip, passing.sorted(), events, held, soon_s, window);
    __syncthreads();
    if (t == 0) {
        links.turn = turn ^ 1;
        links.held = block.held;
    }
}

/// All threads.
__device__ __forceinline__ void send(std::uint32_t window, std::int64_t last)
{
    Block& block = shared_block();
    const Machine& m = block.machine;
    const ChipData& chip = m.chip[blockIdx.x];
    const std::uint32_t fired = block.crossings, count = min(fired, m.room.crossings);
    if (threadIdx.x == 0) {
        block.passing = block.held = 0;
        if (fired > m.room.crossings)
            does_not_fit(m, window, &Room::crossings, fired);
        block.first_record = fired > 0 ? atomicAdd(&m.report->records, fired) : 0;
        if (block.first_record + fired > m.room.records)
            does_not_fit(m, window, &Room::records, block.first_record + fired);
    }
    __syncthreads();
    Crossed* const crossed = m.crossed + 2 * std::size_t{blockIdx.x} * m.room.crossings;
    if (m.link_bandwidth)
        send_in_order(m, block, chip, crossed, count, window, last);
    else
        send_freely(m, block, chip, crossed, count, window, last);
}

}   // namespace bss::cuda
