#include "engine.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/cpu/floating_point.hpp"
#include "observed.hpp"
#include "upload.hpp"

namespace bss {

using namespace cuda;

namespace {

/// Windows of a piece: enough that launching and reading back do not show.
constexpr std::int64_t most_windows = 256;
/// Samples of a piece, so that their buffers stay small.
constexpr std::int64_t most_values = 1 << 24;

}   // namespace

CudaEngine::CudaEngine(Program program, Stimulus stimulus)
{
    report_.resize(1);
    piece_.resize(1);
    for (Slot& slot : slots_)
        slot.piece.resize(1);
    restart(std::move(program), std::move(stimulus));
}

void CudaEngine::restart(Program program, Stimulus stimulus)
{
    playback_.reset();
    graph_.reset();
    loaded_.reset();
    program_ = std::move(program);
    stimulus_ = std::move(stimulus);
    now_ = taken_ = 0;
    recorded_ = {};
    inputs_.assign(program_.chips.size(), {});
    const KeepFloatingPoint keep;
    flush_denormals();
    loaded_ = std::make_unique<LoadedProgram>(program_, piece_.device(), report_.device());
    playback_ = std::make_unique<Playback>(program_, stimulus_);
    get_ready();
}

/// To run the program that is loaded.
void CudaEngine::get_ready()
{
    ideal_senders_ = IdealSenders(program_, stimulus_);
    source_lines_.clear();
    for (const IdealLine& line : program_.ideal.lines)
        source_lines_.push_back({line.plasticity.value_or(TsodyksMarkram{})});
    background_.clear();
    for (const ChipProgram& chip : program_.chips) {
        auto& trains = background_.emplace_back();
        for (const BackgroundProgram& background : chip.background)
            trains.emplace_back(background.config, chip.pll_hz).begin_at(static_cast<double>(now_) * program_.timestep_s);
    }
    recorded_.traces.assign(program_.traces.size(), {});
    choose_pace();
}

void CudaEngine::choose_pace()
{
    const Machine& m = loaded_->machine();
    graph_.reset();
    kernel_ = run_windows_for(loaded_->needs());
    check(cudaFuncSetAttribute(kernel_.function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(kernel_.shared_bytes)), "asking for shared memory");
    int device = 0, cooperative = 0, multiprocessors = 0, blocks = 0;
    check(cudaGetDevice(&device), "finding the device");
    check(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device), "asking the device");
    check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device), "asking the device");
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel_.function, cuda::threads, kernel_.shared_bytes), "asking the device");
    const bool resident = m.chips <= static_cast<std::uint32_t>(blocks * multiprocessors);
    pace_ = !loaded_->exchanges() ? Pace::alone : cooperative != 0 && resident ? Pace::together : Pace::stepwise;

    std::int64_t values_a_step = 1;
    for (const TraceProgram& trace : program_.traces)
        values_a_step += (static_cast<std::int64_t>(trace.neurons.size()) + trace.interval_steps - 1) / trace.interval_steps;
    piece_steps_ = std::clamp<std::int64_t>(most_values / values_a_step / m.window_steps, 1, most_windows) * m.window_steps;
    if (m.relay_way == RelayWay::host)              // what other wafers send must be known before
        piece_steps_ = std::min(piece_steps_, Playback::longest_piece(program_));
}

void CudaEngine::advance(std::int64_t steps)
{
    if (steps <= 0)
        return;
    const KeepFloatingPoint keep;
    flush_denormals();
    const std::int64_t end = now_ + steps;
    const bool relays = loaded_->machine().relay_way == RelayWay::host;
    prepare(slots_[turn_], now_, end);
    while (now_ < end) {
        Slot &slot = slots_[turn_], &other = slots_[turn_ ^ 1];
        launch(slot);
        take_in(other);
        const std::int64_t next = slot.piece.host()->last;
        if (!relays && next < end)
            prepare(other, next, end);
        finish(slot);
        now_ = next;
        if (relays)
            relay(slot);
        if (relays && next < end)
            prepare(other, next, end);
        turn_ ^= 1;
    }
    take_in(slots_[turn_ ^ 1]);
}

std::int64_t CudaEngine::end_of_window(const Piece& piece, std::uint32_t window) const
{
    return std::min(piece.last, piece.first + static_cast<std::int64_t>(window + 1) * loaded_->machine().window_steps);
}

/// Input and tables of the next piece, on their way to the device.
void CudaEngine::prepare(Slot& slot, std::int64_t first, std::int64_t end)
{
    const std::int64_t window = loaded_->machine().window_steps;
    Piece& piece = *slot.piece.host();
    piece.first = first;
    piece.last = std::min(end, (first / piece_steps_ + 1) * piece_steps_);
    piece.windows = static_cast<std::uint32_t>((piece.last - first + window - 1) / window);
    Barrier alone(1);
    playback_->advance(static_cast<double>(piece.last) * program_.timestep_s, inputs_, {0, 1}, alone);
    prepare_inputs(slot, piece);
    prepare_ideal(slot, piece);
    prepare_traces(slot, piece);
    hand_over(slot);
}

/// Room for what the device tells of the piece, which goes on its way there.
void CudaEngine::hand_over(Slot& slot)
{
    const Machine& m = loaded_->machine();
    slot.records.resize(m.room.records);
    slot.relayed.resize(m.relay_way == RelayWay::host ? m.room.relayed : 0);
    slot.piece.host()->records = slot.records.device();
    slot.piece.host()->relayed = slot.relayed.device();
    slot.piece.to_device(copies_);
    slot.prepared.record(copies_);
}

/// Events of the host and of background generators, window by window.
void CudaEngine::prepare_inputs(Slot& slot, const Piece& piece)
{
    slot.first_input.resize(program_.chips.size() * piece.windows + 1);
    std::vector<Passing> events;
    std::uint32_t* begin = slot.first_input.host();
    for (std::size_t c = 0; c < program_.chips.size(); ++c) {
        auto& inputs = inputs_[c];
        auto input = inputs.begin();
        for (std::uint32_t w = 0; w < piece.windows; ++w) {
            *begin++ = static_cast<std::uint32_t>(events.size());
            const double end_s = static_cast<double>(end_of_window(piece, w)) * program_.timestep_s;
            for (; input != inputs.end() && input->time_s < end_s; ++input)
                events.push_back({input->time_s, input->net, input->number, input->source, static_cast<std::uint8_t>(Sender::Kind::source), static_cast<std::uint8_t>(input->address.value()), 0});
            for (std::size_t b = 0; b < background_[c].size(); ++b) {
                const BackgroundProgram& background = program_.chips[c].background[b];
                for (BackgroundTrain& train = background_[c][b]; train.next_s() < end_s; train.pop())
                    for (const std::uint32_t net : background.nets)
                        events.push_back({train.next_s(), net, train.count(), static_cast<std::uint32_t>(background.generator.value()), static_cast<std::uint8_t>(Sender::Kind::background),
                                          static_cast<std::uint8_t>(background.config.address.value()), 0});
            }
        }
        inputs.erase(inputs.begin(), input);
    }
    *begin = static_cast<std::uint32_t>(events.size());
    slot.inputs.resize(events.size());
    std::copy(events.begin(), events.end(), slot.inputs.host());
    slot.inputs.to_device(copies_);
    slot.first_input.to_device(copies_);
    slot.piece.host()->inputs = slot.inputs.device();
    slot.piece.host()->first_input = slot.first_input.device();
}

/// Spikes of sources on ideal lines, with the factors of plastic ones.
void CudaEngine::prepare_ideal(Slot& slot, const Piece& piece)
{
    if (program_.ideal.lines.empty())
        return;
    std::vector<IdealSpike> spikes;
    slot.first_ideal_spike.resize(piece.windows + 1);
    if (ideal_senders_.any_source())
        ideal_senders_.gather(playback_->fresh(), piece.first, piece.last);
    std::int64_t step = piece.first;
    for (std::uint32_t w = 0; w < piece.windows; ++w) {
        slot.first_ideal_spike.host()[w] = static_cast<std::uint32_t>(spikes.size());
        const std::int64_t last = end_of_window(piece, w);
        if (ideal_senders_.any_source())
            for (const IdealSenders::Spike& spike : ideal_senders_.spikes(step, last))
                for (std::uint32_t line = spike.lines.first; line < spike.lines.last; ++line)
                    spikes.push_back({line, program_.ideal.lines[line].plasticity ? tsodyks_markram_event(source_lines_[line], spike.time_s) : 0, spike.step});
        step = last;
    }
    slot.first_ideal_spike.host()[piece.windows] = static_cast<std::uint32_t>(spikes.size());
    slot.ideal_spikes.resize(spikes.size());
    std::copy(spikes.begin(), spikes.end(), slot.ideal_spikes.host());
    slot.ideal_spikes.to_device(copies_);
    slot.first_ideal_spike.to_device(copies_);
    slot.piece.host()->ideal_spikes = slot.ideal_spikes.device();
    slot.piece.host()->first_ideal_spike = slot.first_ideal_spike.device();
}

void CudaEngine::prepare_traces(Slot& slot, Piece& piece)
{
    slot.traces.resize(program_.traces.size());
    std::uint64_t values = 0;
    for (std::size_t t = 0; t < program_.traces.size(); ++t) {
        const TraceProgram& trace = program_.traces[t];
        const auto samples_before = [&](std::int64_t step) { return (step + trace.interval_steps - 1) / trace.interval_steps; };
        slot.traces.host()[t] = {trace.interval_steps, samples_before(piece.first), values, static_cast<std::uint32_t>(trace.neurons.size()), static_cast<std::uint8_t>(trace.variable)};
        values += static_cast<std::uint64_t>(samples_before(piece.last) - samples_before(piece.first)) * trace.neurons.size();
    }
    slot.values.resize(values);
    slot.traces.to_device(copies_);
    piece.traces = slot.traces.device();
    piece.values = slot.values.device();
}

void CudaEngine::launch(const Slot& slot)
{
    slot.prepared.hold(work_);
    loaded_->back_up(work_);
    check(cudaMemcpyAsync(piece_.device(), slot.piece.device(), sizeof(Piece), cudaMemcpyDeviceToDevice, work_), "beginning a piece");
    *report_.host() = {nobody, {0, 0, 0, 0, 0}, 0, 0};
    report_.to_device(work_);
    const std::uint32_t windows = slot.piece.host()->windows;
    const auto whole_piece = static_cast<std::uint32_t>((piece_steps_ + loaded_->machine().window_steps - 1) / loaded_->machine().window_steps);
    if (program_.chips.empty())
        return;
    if (pace_ != Pace::stepwise) {
        launch_window(0);
    } else if (windows < whole_piece) {
        for (std::uint32_t window = 0; window < windows; ++window)
            launch_window(window);
    } else {
        if (!graph_)
            graph_ = std::make_unique<Graph>(work_, [&] {
                for (std::uint32_t window = 0; window < whole_piece; ++window)
                    launch_window(window);
            });
        graph_->launch(work_);
    }
    report_.to_host(work_, 1);
}

/// From this window on as far as the pace goes.
void CudaEngine::launch_window(std::uint32_t window)
{
    Machine machine = loaded_->machine();
    void* arguments[] = {&machine, &pace_, &window};
    const dim3 grid(machine.chips), block(cuda::threads);
    check(pace_ == Pace::together ? cudaLaunchCooperativeKernel(kernel_.function, grid, block, arguments, kernel_.shared_bytes, work_)
                                  : cudaLaunchKernel(kernel_.function, grid, block, arguments, kernel_.shared_bytes, work_),
          "launching the kernel");
}

/// Waits until the device is through a piece, and has it run again where something did not fit.
void CudaEngine::finish(Slot& slot)
{
    work_.wait();
    while (report_.host()->failed_window != nobody) {
        loaded_->restore(report_.host()->needed, work_);
        graph_.reset();                             // it has the addresses of before
        hand_over(slot);
        launch(slot);
        work_.wait();
    }
    slot.record_count = report_.host()->records;
    slot.records.to_host(copies_, slot.record_count);
    slot.relayed_count = report_.host()->relayed;
    slot.relayed.to_host(copies_, slot.relayed_count);
    slot.values.to_host(copies_, slot.values.size());
    slot.recorded.record(copies_);
    slot.pending = true;
}

/// Appends what a piece has recorded.
void CudaEngine::take_in(Slot& slot)
{
    if (!std::exchange(slot.pending, false))
        return;
    slot.recorded.wait();
    for (std::uint32_t k = 0; k < slot.record_count; ++k) {
        const SpikeRecord& record = slot.records.host()[k];
        recorded_.spikes.push_back({record.neuron, record.recorded != 0, record.time_s});
    }
    for (std::size_t t = 0; t < program_.traces.size(); ++t) {
        const TraceProgram& trace = program_.traces[t];
        const TraceData& data = slot.traces.host()[t];
        const float* const values = slot.values.host() + data.first_value;
        const std::uint64_t end = t + 1 < program_.traces.size() ? slot.traces.host()[t + 1].first_value : slot.values.size();
        auto& all = recorded_.traces[t].values;
        const std::size_t old = all.size();
        all.insert(all.end(), values, values + (end - data.first_value));
        if (!trace.readout.empty())
            for (std::size_t k = old; k < all.size(); ++k)
                all[k] = read_out(all[k], program_, trace, (k - old) % data.width, (data.first_sample + static_cast<std::int64_t>((k - old) / data.width)) * data.interval_steps);
    }
}

/// What a piece sends to other wafers must be played before the next one can be prepared.
void CudaEngine::relay(const Slot& slot)
{
    slot.recorded.wait();
    playback_->relay({slot.relayed.host(), slot.relayed_count});
}

Recording CudaEngine::take_recording()
{
    Recording recording = std::exchange(recorded_, {});
    recorded_.traces.resize(program_.traces.size());
    recording.first_step = taken_;
    recording.last_step = now_;
    for (std::size_t t = 0; t < program_.traces.size(); ++t) {
        const std::int64_t interval = program_.traces[t].interval_steps;
        recording.traces[t].first_step = (taken_ + interval - 1) / interval * interval;
    }
    sort(recording.spikes);
    recording.source_spikes = playback_->take_spikes();
    taken_ = now_;
    return recording;
}

std::vector<std::vector<float>> CudaEngine::present() const
{
    std::vector<std::unique_ptr<ReadChip>> chips(program_.chips.size());
    std::vector<std::vector<float>> values;
    for (const TraceProgram& trace : program_.traces) {
        auto& of_trace = values.emplace_back();
        for (const std::uint32_t neuron : trace.neurons) {
            const std::size_t c = chip_of(program_, neuron);
            if (chips[c] == nullptr)
                chips[c] = loaded_->read_chip(c);
            const ReadChip& chip = *chips[c];
            const float value = observed(trace.variable, chip.parameters, neuron - program_.chips[c].first_neuron, chip.state.denmem, chip.state.membrane, nullptr);
            of_trace.push_back(trace.readout.empty() ? value : read_out(value, program_, trace, of_trace.size(), now_));
        }
    }
    return values;
}

Counters CudaEngine::counters() const
{
    Counters counters = loaded_->counters(program_, now_);
    counters.l2_down_dropped_before_sim = playback_->dropped_before_sim();
    counters.l2_down_lost = playback_->lost_on_link();
    return counters;
}

}   // namespace bss
