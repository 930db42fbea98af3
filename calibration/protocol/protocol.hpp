/// A calibration is a list of protocols, each of the same four verbs: what to sweep, how to set the chip up, what to make of a trace, how to fit.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "calibration/bench.hpp"
#include "calibration/table.hpp"

namespace bss {

/// What a protocol works with: the chip on the bench, what is known of every chip, and what was found out so far about this one.
struct Lab {
    Bench& bench;
    const Datasheet& datasheet;
    ChipTable& table;
    double adc_rate_hz = 96e6;                      ///< measured
};

/// What one trace says.
struct Estimate {
    double value = 0, sigma = 0;                    ///< sigma: standard error by what the trace itself shows; 0: unknown
    double extra = 0, extra_sigma = 0;              ///< a second number, of the protocol's own meaning
    Reason reason = Reason::no_signal;              ///< none: good
    bool good() const { return reason == Reason::none; }
};

/// What is swept, step by step.
struct Step {
    double value = 0;                               ///< unit of the protocol's own choice
    int kind = 0;                                   ///< reference steps and the like
};

/// How a step is set up and recorded.
struct Setup {
    HicannConfig config;
    Acquisition acquisition;
    Stimulation stimulation;
    std::optional<std::vector<NeuronFg>> rows;      ///< only these rows are written, switches apart; nothing: the whole chip
    std::vector<SharedFg> shared;                   ///< and these of the shared cells
};

/// All estimates of a sweep: [step][denmem], and the DACs of the swept cell.
struct Observations {
    std::vector<Step> steps;
    std::vector<std::array<Estimate, Denmem::count>> estimates;
    std::vector<std::array<double, Denmem::count>> dac;
};

class Protocol {
public:
    virtual ~Protocol() = default;
    virtual Quantity quantity() const = 0;
    virtual std::vector<Step> sweep(const Lab& lab) const = 0;
    /// @param seen  what the steps before have shown: designs may adapt
    virtual Setup prepare(const Lab& lab, const Step& step, const Observations& seen) const = 0;
    virtual Estimate observe(const Lab& lab, const Step& step, Denmem denmem, const BenchTrace& trace) const = 0;
    virtual void fit(Lab& lab, const Observations& seen) const = 0;
};
void run(const Protocol& protocol, Lab& lab);

/// The protocols of a mode in the order in which they build on each other (calibration.md §1; docs/calibration.md).
std::vector<std::unique_ptr<Protocol>> lab_protocols();
/// @param adaptive  exponential and adaptation too
std::vector<std::unique_ptr<Protocol>> fast_protocols(bool adaptive);

// ---- setting a chip up ---------------------------------------------------------------------------------------------

/// Base values of cake's protocols (calibration.md §0), in the data sheet's capacitor and gear; nothing fires into any synapse. I_conv is calibtic's
/// constant, as networks have it: technical cells must be the same in both (calibration.md §0).
HicannConfig base_configuration(const Datasheet& datasheet);
void set_dac(HicannConfig& config, NeuronFg cell, double dac);
/// By the nominal cell, 1.8 V or 2.5 uA at the top, as cake does with a value that is not to be calibrated.
void set_volt(HicannConfig& config, NeuronFg cell, double volt);
void set_nanoampere(HicannConfig& config, NeuronFg cell, double nanoampere);
/// By each circuit's transform, or by the nominal curve where it has none; rounded and clipped.
void set_calibrated(const Lab& lab, HicannConfig& config, NeuronFg cell, double value);
void set_v_reset_volt(HicannConfig& config, double volt);
void set_calibrated_v_reset(const Lab& lab, HicannConfig& config, double volt);

/// Times in µs of HICANN v4, stretched to the circuits at hand; samples are taken so much more rarely.
Acquisition acquire(const Lab& lab, double settle_us, double duration_us, int every = 1, int averages = 1);
/// PLL clocks in so many µs of HICANN v4, stretched likewise.
int clocks(const Lab& lab, double us);
/// Interval of the samples of an acquisition by the measured clock of the ADC.
double sample_s(const Lab& lab, const Acquisition& acquisition);
/// A row of synapses that act alike on one of the inputs: every `stride`-th column from `first_column` on.
struct StimulatedRow {
    SynapseDriver driver;
    int which = 0;                                  ///< of the driver's two rows
    SynapticInput input = SynapticInput::excitatory;
    int gmax_div = 30, weight = 15;
    int first_column = 0, stride = 1;
};
/// One more row that the stimulation fires, whose address is set.
void stimulate(Setup& setup, const StimulatedRow& row);
/// Fires every synapse of one driver in each half onto one of the inputs, at full weight (calibration.md §1.3: drivers 23 and 136).
void connect_stimulation(Setup& setup, SynapticInput input, int period_clocks, double v_gmax_dac, int gmax_div, int weight = 15);

/// Lines through (DAC, volt), one a circuit, and the test that catches dead circuits (calibration.md §1.1).
/// @param tolerance  of the slope
void fit_lines(Lab& lab, Quantity quantity, const Observations& seen, double tolerance);

/// Leak for a time constant in µs of HICANN v4, or for the nearest that the mode has, by the nominal curve.
void set_time_constant(const Lab& lab, HicannConfig& config, double us);
/// No synaptic input acts, nor leaks.
void disconnect_inputs(HicannConfig& config);
/// The same, and E_l for a rest at `volt` without them: the transform of the fast mode has what they leak in it.
void rest_without_inputs(const Lab& lab, HicannConfig& config, double volt);

/// Time constant of a strong leak, after which potentials are soon over, s: 0.8 µs on HICANN v4, or nearly the shortest that the mode has.
double short_tau_m_s(const Lab& lab);

/// V_convoff: what is left of an input's pull is said for this leak, of the big capacitor's normal gear at 200 nA (calibration.md §6) or the strongest that the
/// mode has, DAC of I_gl; and for this distance of its reversal potential.
inline constexpr double convoff_leak_siemens = 1.08e-6;
double convoff_leak_dac(const Lab& lab);
inline constexpr double convoff_distance_volt = 0.4;

/// Buffer offset found by readout_shift, volts.
double readout_shift(const Lab& lab, Denmem denmem);

}   // namespace bss
