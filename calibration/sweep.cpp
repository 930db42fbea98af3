#include "sweep.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "estimators.hpp"
#include "protocol/protocols.hpp"

namespace bss {
namespace {

constexpr double nothing_seen = std::numeric_limits<double>::quiet_NaN();

std::unique_ptr<Protocol> tau_syn_excitatory() { return lab_tau_syn(SynapticInput::excitatory); }
std::unique_ptr<Protocol> tau_syn_inhibitory() { return lab_tau_syn(SynapticInput::inhibitory); }

/// The set-up of a protocol's last step, everything written anew.
template <std::unique_ptr<Protocol> protocol()>
Setup prepare(const Lab& lab)
{
    const auto made = protocol();
    Setup setup = made->prepare(lab, made->sweep(lab).back(), {});
    setup.rows.reset();
    return setup;
}

/// What a protocol of voltages sees, without the buffer's offset.
template <std::unique_ptr<Protocol> protocol()>
double volts_mv(const Lab& lab, const Setup&, Denmem denmem, const BenchTrace& trace)
{
    const Estimate seen = protocol()->observe(lab, {}, denmem, trace);
    return seen.good() ? 1e3 * (seen.value - readout_shift(lab, denmem)) : nothing_seen;
}
double deviation_mv(const Lab&, const Setup&, Denmem, const BenchTrace& trace) { return 1e3 * mean_of(trace.volt).deviation; }
double rate_khz(const Lab&, const Setup& setup, Denmem, const BenchTrace& trace) { return 1e-3 * static_cast<double>(trace.spikes_s.size()) / setup.acquisition.duration_s; }
double interval_us(const Lab&, const Setup&, Denmem, const BenchTrace& trace)
{
    const auto found = intervals(trace.spikes_s);
    return found ? 1e6 * found->mean : nothing_seen;
}

std::optional<Psp> psp(const Lab& lab, const Setup& setup, const BenchTrace& trace, bool rising)
{
    return trace.spikes_s.empty() ? fit_psp(trace.volt, sample_s(lab, setup.acquisition), rising) : std::nullopt;
}
template <bool rising>
double slow_us(const Lab& lab, const Setup& setup, Denmem, const BenchTrace& trace)
{
    const auto found = psp(lab, setup, trace, rising);
    return found ? 1e6 * found->slow : nothing_seen;
}
template <bool rising>
double fast_us(const Lab& lab, const Setup& setup, Denmem, const BenchTrace& trace)
{
    const auto found = psp(lab, setup, trace, rising);
    return found ? 1e6 * found->fast : nothing_seen;
}
/// Highest point above the offset: where slow and fast part decay equally.
template <bool rising>
double height_mv(const Lab& lab, const Setup& setup, Denmem, const BenchTrace& trace)
{
    const auto found = psp(lab, setup, trace, rising);
    if (!found || !(found->fast > 0) || !(found->slow > found->fast))
        return nothing_seen;
    const double at = std::log(found->slow / found->fast) * found->slow * found->fast / (found->slow - found->fast);
    return 1e3 * found->height * (std::exp(-at / found->slow) - std::exp(-at / found->fast));
}

constexpr std::array all_observables{
    Observable{"v_mean", "mV", "mean of a quiet membrane (protocol of E_l)", prepare<lab_e_l>, volts_mv<lab_e_l>},
    Observable{"v_deviation", "mV", "standard deviation of a quiet membrane (protocol of E_l)", prepare<lab_e_l>, deviation_mv},
    Observable{"v_peak", "mV", "mean peak of a neuron that fires by itself (protocol of V_t)", prepare<lab_v_t>, volts_mv<lab_v_t>},
    Observable{"v_baseline", "mV", "flat part after its spikes (protocol of V_reset)", prepare<lab_v_reset>, volts_mv<lab_v_reset>},
    Observable{"rate", "kHz", "its rate (protocol of tau_ref)", prepare<lab_tau_ref>, rate_khz},
    Observable{"interval", "us", "mean interval between its spikes (protocol of tau_ref)", prepare<lab_tau_ref>, interval_us},
    Observable{"tau_m", "us", "larger time constant of averaged EPSPs (protocol of tau_m)", prepare<lab_tau_m>, slow_us<true>},
    Observable{"tau_syn_E", "us", "smaller time constant of averaged EPSPs (protocol of tau_syn_E)", prepare<tau_syn_excitatory>, fast_us<true>},
    Observable{"tau_syn_I", "us", "smaller time constant of averaged IPSPs (protocol of tau_syn_I)", prepare<tau_syn_inhibitory>, fast_us<false>},
    Observable{"epsp", "mV", "height of averaged EPSPs (protocol of tau_syn_E)", prepare<tau_syn_excitatory>, height_mv<true>},
    Observable{"ipsp", "mV", "height of averaged IPSPs, negative (protocol of tau_syn_I)", prepare<tau_syn_inhibitory>, height_mv<false>},
};

void set(HicannConfig& config, Swept what, double value)
{
    if (const auto* neuron = std::get_if<NeuronFg>(&what)) {
        set_dac(config, *neuron, value);
    } else if (const auto* shared = std::get_if<SharedFg>(&what)) {
        for (const FgBlock block : all<FgBlock>())
            config.fg.at(block, *shared) = value;
    } else {
        for (std::uint8_t& weight : config.synapses.weight)
            weight = weight != 0 ? static_cast<std::uint8_t>(value) : weight;
    }
}

}   // namespace

std::span<const Observable> observables() { return all_observables; }

std::optional<Swept> swept_by_name(std::string_view name)
{
    for (int p = 0; p < neuron_fg_count; ++p)
        if (cell(static_cast<NeuronFg>(p)).name == name)
            return static_cast<NeuronFg>(p);
    for (int p = 0; p < shared_fg_count; ++p)
        if (cell(static_cast<SharedFg>(p)).name == name)
            return static_cast<SharedFg>(p);
    if (name == "weight")
        return SynapseWeight{};
    return std::nullopt;
}

std::vector<std::string> swept_names()
{
    std::vector<std::string> names{"weight"};
    for (int p = 0; p < neuron_fg_count; ++p)
        names.emplace_back(cell(static_cast<NeuronFg>(p)).name);
    for (int p = 0; p < shared_fg_count; ++p)
        names.emplace_back(cell(static_cast<SharedFg>(p)).name);
    return names;
}

std::vector<Observed> sweep(Lab& lab, Swept what, std::span<const double> values, int repetitions, const Observable& observable, std::span<const Denmem> denmems,
                            const std::function<void(double)>& progress)
{
    const Setup base = observable.prepare(lab);
    // [value][repetition][denmem]
    std::vector<Observed> rows(values.size() * static_cast<std::size_t>(repetitions) * denmems.size());
    std::vector<std::size_t> place(Denmem::count, denmems.size());
    for (std::size_t k = 0; k < denmems.size(); ++k)
        place[denmems[k].value()] = k;
    for (int repetition = 0; repetition < repetitions; ++repetition)
        for (std::size_t v = 0; v < values.size(); ++v) {
            Setup setup = base;
            set(setup.config, what, values[v]);
            lab.bench.write(setup.config);
            const auto row = rows.begin() + static_cast<std::ptrdiff_t>((v * repetitions + repetition) * denmems.size());
            lab.bench.record(setup.acquisition, setup.stimulation, [&](Denmem denmem, const BenchTrace& trace) {
                if (const std::size_t k = place[denmem.value()]; k < denmems.size())
                    row[static_cast<std::ptrdiff_t>(k)] = {denmem, values[v], repetition, observable.observe(lab, setup, denmem, trace)};
            });
            if (progress)
                progress(static_cast<double>(repetition * values.size() + v + 1) / static_cast<double>(repetitions * values.size()));
        }
    return rows;
}

}   // namespace bss
