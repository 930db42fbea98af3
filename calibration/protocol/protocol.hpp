/// A calibration is a list of protocols, each of the same four verbs: what to sweep, how to set the chip up, what to make of a trace, how to fit.
#pragma once

#include <memory>
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
    double extra = 0;                               ///< a second number, of the protocol's own meaning
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
    std::vector<NeuronFg> rows;                     ///< only these rows are written; empty: the whole chip
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
    virtual Estimate observe(const Lab& lab, const Step& step, Denmem denmem, const Trace& trace) const = 0;
    virtual void fit(Lab& lab, const Observations& seen) const = 0;
};
void run(const Protocol& protocol, Lab& lab);

/// The protocols of a mode in the order in which they build on each other (calibration.md §1; docs/calibration.md).
std::vector<std::unique_ptr<Protocol>> lab_protocols();
std::vector<std::unique_ptr<Protocol>> fast_protocols();

// ---- setting a chip up ---------------------------------------------------------------------------------------------

/// Base values of cake's protocols (calibration.md §0), in the data sheet's capacitor and gear; nothing fires into any synapse.
HicannConfig base_configuration(const Datasheet& datasheet);
void set_dac(HicannConfig& config, NeuronFg cell, double dac);
/// By the nominal cell, 1.8 V or 2.5 uA at the top, as cake does with a value that is not to be calibrated.
void set_volt(HicannConfig& config, NeuronFg cell, double volt);
void set_nanoampere(HicannConfig& config, NeuronFg cell, double nanoampere);
/// By each circuit's transform, or by the nominal curve where it has none; rounded and clipped.
void set_calibrated(const Lab& lab, HicannConfig& config, NeuronFg cell, double value);
void set_v_reset_volt(HicannConfig& config, double volt);
void set_calibrated_v_reset(const Lab& lab, HicannConfig& config, double volt);

/// Buffer offset found by readout_shift, volts.
double readout_shift(const Lab& lab, Denmem denmem);

}   // namespace bss
