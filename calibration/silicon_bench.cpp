#include "silicon_bench.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/simd.hpp"
#include "kernels/model/short_term_plasticity.hpp"
#include "wafer/parallel.hpp"
#include "wafer/random.hpp"
#include "wafer/technology_impl.hpp"

namespace bss {
namespace {

/// What the lab needs for one denmem of a recording besides the recording itself: switching the output, arming, storing (calibration.md §4.5: about a
/// minute for all 512), and for a row of floating gates in two passes (calibration.md §4.3).
constexpr double seconds_a_trace = 0.11, seconds_a_row = 0.3, seconds_adc_clock = 20.0;
constexpr int rows_of_a_block = 24;

constexpr int stimulus_samples = 129;
std::int64_t steps_of(double duration_s, double step_s) { return static_cast<std::int64_t>(std::ceil(duration_s / step_s)); }
constexpr float infinity = std::numeric_limits<float>::infinity();

/// Firing that is switched off is a threshold that no membrane reaches.
constexpr double no_threshold_volt = 4.0;

/// A membrane: one denmem, or several shorted ones.
struct Wired {
    std::vector<Denmem> denmems;
    int firing = -1;                                ///< index into denmems; -1: none
};

std::vector<Wired> wired(const HicannConfig& config)
{
    const bool joined = std::any_of(config.quads.begin(), config.quads.end(), [](const QuadConfig& q) { return q != QuadConfig(); }) ||
                        std::any_of(config.denmems.begin(), config.denmems.end(), [](const DenmemConfig& d) { return d.enable_fire_input; });
    std::vector<Wired> membranes;
    std::vector<bool> taken(Denmem::count);
    for (const Denmem d : all<Denmem>()) {
        if (taken[d.value()])
            continue;
        Wired membrane{joined ? joined_denmems(config, d) : std::vector<Denmem>{d}, -1};
        for (std::size_t k = 0; k < membrane.denmems.size(); ++k) {
            taken[membrane.denmems[k].value()] = true;
            if (config.denmems[membrane.denmems[k].value()].activate_firing && membrane.firing < 0)
                membrane.firing = static_cast<int>(k);
        }
        membranes.push_back(std::move(membrane));
    }
    return membranes;
}

class SiliconBench final : public Bench
{
public:
    SiliconBench(std::shared_ptr<const Silicon> silicon, Hicann hicann, std::uint64_t seed, const TraceRecorder& recorder)
        : silicon_(std::move(silicon)), recorder_(recorder), hicann_(hicann), seed_(seed + 0x9E3779B97F4A7C15ull * silicon_->wafer_id()),
          adc_hz_(silicon_->technology().adc.sample_rate_hz *
                  (1 + clock_spread() * random_normal(silicon_->wafer_id(), Purpose::readout_offset, static_cast<std::uint32_t>(hicann.reticle().adc_group()), 0, 1)))
    {
    }

    void write(const HicannConfig& config) override
    {
        config_ = config;
        stale_ = true;
        ++writes_;
        for (int p = 0; p < neuron_fg_count; ++p)
            write_row(static_cast<NeuronFg>(p));
        for (int p = 0; p < shared_fg_count; ++p)
            write_row(static_cast<SharedFg>(p));
        seconds_ += rows_of_a_block * seconds_a_row;
    }

    void write_rows(const HicannConfig& config, std::span<const NeuronFg> rows, std::span<const SharedFg> shared) override
    {
        config_ = config;
        stale_ |= !rows.empty() || std::find(shared.begin(), shared.end(), SharedFg::V_reset) != shared.end(); // denmems depend on no other shared cell
        ++writes_;
        for (const NeuronFg p : rows)
            write_row(p);
        for (const SharedFg p : shared)
            write_row(p);
        seconds_ += static_cast<double>(rows.size() + shared.size()) * seconds_a_row;
    }

    double adc_rate_hz() override
    {
        // A line through some 2000 background spikes, each placed to a small part of a sample (calibration.md §0).
        constexpr double precision = 1e-6;
        seconds_ += seconds_adc_clock;
        return adc_hz_ * (1 + precision * random_normal(seed_, Purpose::bench_noise, hicann_.value(), 0, 0xffffffff));
    }

    double lab_seconds() const override { return seconds_; }

    void record(const Acquisition& acquisition, const Stimulation& stimulation, const std::function<void(Denmem, const BenchTrace&)>& seen) override
    {
        ++records_;
        const double repeat_s = std::max(acquisition.settle_s + acquisition.duration_s, stimulation.period_clocks / config_.pll_hz);
        seconds_ += Denmem::count * (seconds_a_trace + acquisition.averages * repeat_s);
        const std::vector<Wired> membranes = wired(config_);
        if (stale_) {
            parallel_for(Denmem::count, [&](std::size_t k) { circuits_[k] = circuit(Denmem(static_cast<int>(k))); }, 32);
            stale_ = false;
        }
        std::array<DenmemCircuit, Denmem::count> circuits = circuits_;
        for (const Denmem d : all<Denmem>()) {
            DenmemCircuit& c = circuits[d.value()];
            c.noise_volt_per_sqrt_s /= std::sqrt(static_cast<double>(acquisition.averages));
            if (!config_.denmems[d.value()].activate_firing)
                c.v_threshold_volt = no_threshold_volt;
        }
        const Events events = events_of(stimulation);
        std::array<Waveform, FgBlock::count> waveforms;
        const double step_s = acquisition.every / adc_hz_;
        for (std::size_t b = 0; b < waveforms.size(); ++b)
            waveforms[b] = waveform(config_.stimulus[b], step_s, steps_of(acquisition.settle_s, step_s), steps_of(acquisition.duration_s, step_s));

        std::vector<std::pair<std::size_t, std::size_t>> batches;
        std::size_t most = 1;
        for (const Wired& w : membranes)
            most = std::max(most, w.denmems.size());
        const std::size_t size = std::max<std::size_t>(1, recorder_.membranes / most);
        for (std::size_t first = 0; first < membranes.size(); first += size)
            batches.emplace_back(first, std::min(size, membranes.size() - first));
        parallel_for(batches.size(), [&](std::size_t b) {
            run(std::span(membranes).subspan(batches[b].first, batches[b].second), circuits, acquisition, events, waveforms, seen);
        });
    }

private:
    /// Conductances of the synapses that a stimulation fires: [input][denmem].
    struct Events {
        double period_s = 0, quantum_siemens = 1e-9;
        std::array<std::vector<float>, 2> siemens;
    };

    std::shared_ptr<const Silicon> silicon_;
    TraceRecorder recorder_;
    Hicann hicann_;
    std::uint64_t seed_;
    double adc_hz_;
    Simd simd_ = choose_simd();
    HicannConfig config_;
    std::array<std::array<float, Denmem::count>, neuron_fg_count> held_{};
    std::array<std::array<double, FgBlock::count>, shared_fg_count> held_shared_{};
    std::array<double, neuron_fg_count> written_at_{};              ///< lab seconds
    std::array<double, shared_fg_count> shared_written_at_{};
    std::array<std::uint32_t, neuron_fg_count> written_as_{};       ///< number of the write
    std::array<std::uint32_t, shared_fg_count> shared_written_as_{};
    std::uint32_t writes_ = 0, records_ = 0;
    double seconds_ = 0;
    std::array<DenmemCircuit, Denmem::count> circuits_{};           ///< of what the cells hold; drift counts to the first recording after a write
    bool stale_ = true;

    double clock_spread() const { return silicon_->imperfections().readout ? silicon_->technology().impl().adc_clock_spread : 0.0; }

    /// A cell's error: addressed by place, parameter and number of the write.
    double after_write(double dac, bool current, int place, std::uint32_t parameter) const
    {
        if (!silicon_->imperfections().rewrite || (current && dac == 0.0))
            return dac;
        return dac + silicon_->write_sigma(dac, current) * random_normal(seed_, Purpose::bench_write, static_cast<std::uint32_t>(hicann_.value()), static_cast<std::uint32_t>(place), parameter, writes_);
    }
    double drifted(double dac, bool current, double seconds, int place, std::uint32_t parameter, std::uint32_t write) const
    {
        if (!silicon_->imperfections().rewrite || (current && dac == 0.0) || seconds <= 0)
            return dac;
        const auto& impl = silicon_->technology().impl();
        const double t = seconds / impl.drift_seconds;
        const double now = dac + impl.drift_mean[current] * t +
               impl.drift_sigma[current] * std::sqrt(t) * random_normal(seed_, Purpose::bench_drift, static_cast<std::uint32_t>(hicann_.value()), static_cast<std::uint32_t>(place), parameter, write);
        return current ? std::max(now, 0.05 * dac) : now; // no current flows backward
    }

    /// What an emptied cell of I_gl still holds.
    double left_over(Denmem d) const
    {
        if (!silicon_->imperfections().rewrite)
            return 0.0;
        return silicon_->technology().impl().empty_current *
               std::abs(random_normal(seed_, Purpose::bench_write, static_cast<std::uint32_t>(hicann_.value()), static_cast<std::uint32_t>(d.value()), static_cast<std::uint32_t>(NeuronFg::I_gl), writes_));
    }

    void write_row(NeuronFg p)
    {
        const int k = static_cast<int>(p);
        for (const Denmem d : all<Denmem>())
            held_[k][d.value()] = static_cast<float>(p == NeuronFg::I_gl && config_.fg.at(d, p) == 0.0 ? left_over(d) : after_write(config_.fg.at(d, p), cell(p).current(), d.value(), static_cast<std::uint32_t>(k)));
        written_at_[k] = seconds_;
        written_as_[k] = writes_;
    }
    void write_row(SharedFg p)
    {
        const int k = static_cast<int>(p);
        for (const FgBlock b : all<FgBlock>())
            held_shared_[k][b.value()] = after_write(config_.fg.at(b, p), cell(p).current(), b.value(), static_cast<std::uint32_t>(neuron_fg_count + k));
        shared_written_at_[k] = seconds_;
        shared_written_as_[k] = writes_;
    }
    double shared(FgBlock b, SharedFg p) const
    {
        const int k = static_cast<int>(p);
        return drifted(held_shared_[k][b.value()], cell(p).current(), seconds_ - shared_written_at_[k], b.value(), static_cast<std::uint32_t>(neuron_fg_count + k), shared_written_as_[k]);
    }

    DenmemCircuit circuit(Denmem d) const
    {
        HeldCells held{};
        for (int k = 0; k < neuron_fg_count; ++k)
            held.neuron[k] = drifted(held_[k][d.value()], cell(static_cast<NeuronFg>(k)).current(), seconds_ - written_at_[k], d.value(), static_cast<std::uint32_t>(k), written_as_[k]);
        held.v_reset = shared(d.shared_fg_block(), SharedFg::V_reset);
        return silicon_->circuit(hicann_, d, config_, held);
    }

    /// What a plastic driver makes of each event of a long regular train.
    double plastic_share(SynapseDriver driver, double period_s) const
    {
        constexpr int events = 256; // the weakest utilisation forgets a sixth an event
        const StpCircuit circuit = silicon_->stp_holding(hicann_, driver, config_, [&](SharedFg p) { return shared(driver.fg_block(), p); });
        StpState state;
        std::uint32_t factor = 0;
        for (int n = 0; n < events; ++n)
            factor = stp_event(state, circuit, n * period_s);
        return static_cast<double>(factor) / (1 << stp_factor_bits);
    }

    Events events_of(const Stimulation& stimulation) const
    {
        Events events;
        if (stimulation.period_clocks <= 0)
            return events;
        events.period_s = stimulation.period_clocks / config_.pll_hz;
        for (auto& s : events.siemens)
            s.assign(Denmem::count, 0.0f);
        for (const SynapseDriver driver : stimulation.drivers) {
            const DriverConfig& bits = config_.drivers[driver.value()];
            const double plastic = bits.stp_enable ? plastic_share(driver, events.period_s) : 1.0;
            for (int which = 0; which < 2; ++which) {
                const SynapseRow row(driver, which);
                const RowConfig& setting = bits.rows[which];
                if (!setting.syn_in_left && !setting.syn_in_right)
                    continue;
                const auto v_gmax = static_cast<SharedFg>(static_cast<int>(SharedFg::V_gmax0) + setting.select_gmax);
                const RowCircuit circuit = silicon_->row_holding(hicann_, row, config_, shared(driver.fg_block(), v_gmax));
                std::array<float, Column::count> factors;
                silicon_->synapse_factors(hicann_, row, factors);
                for (const Column column : all<Column>()) {
                    const std::size_t at = SynapseArrays::at(row, column);
                    if ((setting.decoder[column.odd()] << 4 | config_.synapses.decoder[at]) != stimulation.address.value())
                        continue;
                    const auto siemens = static_cast<float>(circuit.conductance_siemens[config_.synapses.weight[at]] * factors[column.value()] * plastic);
                    for (const int input : {0, 1})
                        if (input == 0 ? setting.syn_in_left : setting.syn_in_right)
                            events.siemens[input][row.denmem(column).value()] += siemens;
                }
            }
        }
        double largest = 0;
        for (const auto& input : events.siemens)
            largest = std::max<double>(largest, *std::max_element(input.begin(), input.end()));
        if (largest > 0)
            events.quantum_siemens = largest / 65536;
        return events;
    }

    /// DACs of a current stimulus from step to step, where they change: (step, mean over the step, as it may turn within).
    using Waveform = std::vector<std::pair<std::int64_t, double>>;
    Waveform waveform(const CurrentStimulus& stimulus, double step_s, std::int64_t settle, std::int64_t samples) const
    {
        Waveform changes;
        if (!stimulus.enable)
            return changes;
        const double sample_s = (stimulus.pulse_length + 1) * 4 / config_.pll_hz;
        const auto dac = [&](std::int64_t n) { return stimulus.dac[static_cast<std::size_t>((n % stimulus_samples + stimulus_samples) % stimulus_samples)]; };
        double last = 0;
        for (std::int64_t step = -settle; step < samples; ++step) {
            const double begin = static_cast<double>(step) * step_s, end = begin + step_s;
            const auto first = static_cast<std::int64_t>(std::floor(begin / sample_s));
            double mean = dac(first);
            for (std::int64_t n = first + 1; static_cast<double>(n) * sample_s < end; ++n)
                mean += (dac(n) - dac(n - 1)) * (end - static_cast<double>(n) * sample_s) / step_s;
            if (mean != last)
                changes.emplace_back(step, mean);
            last = mean;
        }
        return changes;
    }

    /// Current into a membrane: that of all its denmems that take one.
    void add_currents(const Wired& membrane, std::uint32_t neuron, const std::array<DenmemCircuit, Denmem::count>& circuits, const std::array<Waveform, FgBlock::count>& waveforms,
                      MembraneExperiment& experiment) const
    {
        std::array<double, FgBlock::count> ampere_per_dac{}, dac{};
        for (const Denmem d : membrane.denmems)
            if (config_.denmems[d.value()].enable_current_input)
                ampere_per_dac[d.shared_fg_block().value()] += circuits[d.value()].stimulus_ampere_per_dac;
        std::array<std::size_t, FgBlock::count> next{};
        for (;;) {
            std::int64_t step = experiment.samples;
            for (std::size_t b = 0; b < next.size(); ++b)
                if (ampere_per_dac[b] > 0 && next[b] < waveforms[b].size())
                    step = std::min(step, waveforms[b][next[b]].first);
            if (step == experiment.samples)
                return;
            double sum = 0;
            for (std::size_t b = 0; b < next.size(); ++b) {
                if (next[b] < waveforms[b].size() && waveforms[b][next[b]].first == step)
                    dac[b] = waveforms[b][next[b]++].second;
                sum += dac[b] * ampere_per_dac[b];
            }
            experiment.currents.push_back({step, neuron, sum});
        }
    }

    void run(std::span<const Wired> membranes, const std::array<DenmemCircuit, Denmem::count>& circuits, const Acquisition& acquisition, const Events& events,
             const std::array<Waveform, FgBlock::count>& waveforms, const std::function<void(Denmem, const BenchTrace&)>& seen) const
    {
        const double step_s = acquisition.every / adc_hz_;
        MembraneExperiment experiment{.settle = steps_of(acquisition.settle_s, step_s), .samples = steps_of(acquisition.duration_s, step_s)};
        for (const Wired& membrane : membranes) {
            NeuronCircuit neuron;
            for (const Denmem d : membrane.denmems)
                neuron.denmems.push_back(circuits[d.value()]);
            neuron.firing = std::max(0, membrane.firing);
            neuron.initial_volt = neuron.denmems[static_cast<std::size_t>(neuron.firing)].e_leak_volt;
            neuron.place = static_cast<std::uint32_t>(membrane.denmems[static_cast<std::size_t>(neuron.firing)].value());
            add_currents(membrane, static_cast<std::uint32_t>(experiment.neurons.size()), circuits, waveforms, experiment);
            experiment.neurons.push_back(std::move(neuron));
        }
        std::stable_sort(experiment.currents.begin(), experiment.currents.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
        if (events.period_s > 0) {
            const auto quanta = [&](int input, Denmem d) {
                return static_cast<std::int32_t>(std::lround(events.siemens[static_cast<std::size_t>(input)][static_cast<std::size_t>(d.value())] / events.quantum_siemens));
            };
            for (const Wired& membrane : membranes)
                for (const Denmem d : membrane.denmems)
                    experiment.quanta.push_back({quanta(0, d), quanta(1, d)});
            // The step whose middle comes after the event.
            for (auto n = -static_cast<std::int64_t>(std::floor(static_cast<double>(experiment.settle) * step_s / events.period_s));; ++n) {
                const auto step = std::max(-experiment.settle, static_cast<std::int64_t>(std::floor(static_cast<double>(n) * events.period_s / step_s - 0.5)) + 1);
                if (step >= experiment.samples)
                    break;
                experiment.events.push_back(step);
            }
        }
        experiment.settings = {.timestep_s = step_s,
                               .quantum_siemens = events.quantum_siemens,
                               .trial = seed_ ^ (0xD1B54A32D192ED03ull * records_),
                               .wafer = static_cast<std::uint32_t>(silicon_->wafer_id()),
                               .hicann = static_cast<std::uint32_t>(hicann_.value())};

        thread_local MembraneTraces traces;
        recorder_.record(experiment, traces);
        thread_local std::vector<Row> seen_rows;
        seen_rows.resize(std::max(seen_rows.size(), static_cast<std::size_t>(traces.rows_of_neuron())));
        float* const seen_volt = seen_rows.data()->of;
        for (std::size_t n = 0; n < membranes.size(); ++n) {
            for (double& spike : traces.spikes[n])
                spike *= step_s;
            for (const Denmem d : membranes[n].denmems) {
                read_out(d, traces.volt(n), traces.samples, acquisition.averages, seen_volt);
                seen(d, {{seen_volt, static_cast<std::size_t>(traces.samples)}, traces.spikes[n]});
            }
        }
    }

    /// Output buffer and ADC: offset, noise, 12 bits. The noise is uniform.
    void read_out(Denmem d, const float* volt, std::int64_t samples, int averages, float* seen) const
    {
        const ReadoutCircuit buffer = silicon_->readout(hicann_, d);
        const Adc& adc = silicon_->technology().adc;
        const auto step = static_cast<float>(adc.full_scale_volt / (1 << adc.bits));
        const bool real = silicon_->imperfections().readout;
        ReadoutArguments arguments{.volt = volt,
                                   .seen = seen,
                                   .samples = samples,
                                   .offset = static_cast<float>(buffer.offset_volt),
                                   .noise = static_cast<float>(buffer.noise_volt * std::sqrt(12.0 / averages)),
                                   .bottom = real ? 0.0f : -infinity,
                                   .top = real ? static_cast<float>(adc.full_scale_volt) - step : infinity,
                                   .step = real && averages == 1 ? step : 0.0f, // the noise of the repeats averages the rounding away
                                   .place = static_cast<std::uint32_t>(hicann_.value()) * Denmem::count + static_cast<std::uint32_t>(d.value()),
                                   .record = records_};
        random_key(seed_, Purpose::bench_noise, arguments.key);
        simd_.read_out(arguments);
    }
};

}   // namespace

Datasheet datasheet_of(const Silicon& silicon, OperatingMode mode)
{
    // The technology's curves live as long as the silicon does.
    const auto technology = std::make_shared<const Technology>(silicon.technology());
    const bool saturation = silicon.imperfections().saturation;
    Datasheet sheet;
    sheet.mode = mode;
    sheet.analog_scale = technology->impl().analog_scale;
    sheet.capacitance_farad = technology->capacitance_farad(mode.big_capacitor);
    for (int p = 0; p < neuron_fg_count; ++p)
        sheet.neuron[p] = technology->nominal(static_cast<NeuronFg>(p), mode, saturation);
    sheet.v_reset = technology->nominal_v_reset(saturation);
    sheet.write_sigma = [technology, on = silicon.imperfections().rewrite](double dac, bool current) {
        return on ? technology->write_sigma(dac, current) : 0.0;
    };
    sheet.synapse_siemens = [technology](int weight, double v_gmax_dac, int gmax_div) { return technology->synapse_conductance(weight, v_gmax_dac, gmax_div); };
    sheet.stp_utilisation = [technology](int cap) { return technology->stp_utilisation(cap); };
    sheet.stp_tau_rec_s = [technology](double v_dtc_dac) { return technology->stp_tau_rec_s(v_dtc_dac); };
    sheet.stimulus_ampere_per_dac = technology->stimulus_full_scale_ampere() / dac_max;
    sheet.adc_rate_hz = technology->adc.sample_rate_hz;
    sheet.owner = technology;
    return sheet;
}

std::unique_ptr<Bench> silicon_bench(std::shared_ptr<const Silicon> silicon, Hicann hicann, std::uint64_t seed, const TraceRecorder& recorder)
{
    return std::make_unique<SiliconBench>(std::move(silicon), hicann, seed, recorder);
}

}   // namespace bss
