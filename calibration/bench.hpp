/// The lab bench: everything that a calibration can do with a chip, and nothing else (docs/calibration.md).
///
/// A protocol writes floating gates and switches, stimulates, and looks at a membrane through its output buffer and the ADC or at its spikes. What a
/// circuit really is stays behind this door: the library of the protocols links none of the silicon.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "wafer/curve.hpp"
#include "wafer/hicann_config.hpp"

namespace bss {

/// What data sheets say of every chip of a kind: population means, not this chip. In the capacitor and gear that are calibrated.
struct Datasheet {
    OperatingMode mode;
    double analog_scale = 1;                        ///< time constants of the circuits are 1 / this times those of HICANN v4 (docs/silicon.md)
    double capacitance_farad = 0;
    std::array<Transfer, neuron_fg_count> neuron;   ///< nominal transfers
    Transfer v_reset;
    std::function<double(double dac, bool current)> write_sigma;                            ///< DACs, published (hardware.md §6.5)
    std::function<double(int weight, double v_gmax_dac, int gmax_div)> synapse_siemens;     ///< published (hardware.md §3.5)
    std::function<double(int cap)> stp_utilisation;                                         ///< published (hardware.md §3.6)
    std::function<double(double v_dtc_dac)> stp_tau_rec_s;
    double stimulus_ampere_per_dac = 0;
    double adc_rate_hz = 96e6;                      ///< nominal
    double pll_hz = 125e6;
    std::shared_ptr<const void> owner;              ///< of the curves

    const Transfer& nominal(NeuronFg p) const { return neuron[static_cast<int>(p)]; }
};

/// How a trace is taken. Times are hardware seconds.
struct Acquisition {
    double settle_s = 0;                            ///< between switching everything on and the first sample
    double duration_s = 0;
    int every = 1;                                  ///< keeps every so manyth sample of the ADC
    int averages = 1;                               ///< repeats, in phase with the stimulus, averaged sample by sample; spikes are those of one of them
};

/// Spikes of a background generator into synapse drivers, at an exact period and for long: plastic drivers are in their steady state. One comes with the
/// first sample of a trace.
struct Stimulation {
    std::vector<SynapseDriver> drivers;
    L1Address address = L1Address(63);
    int period_clocks = 0;                          ///< of the PLL; 0: none
};

/// What is seen of one denmem.
struct BenchTrace {
    std::span<const float> volt;                    ///< ADC samples
    std::span<const double> spikes_s;               ///< spikes that left the chip, since the first sample
};

/// One HICANN on the bench.
class Bench {
public:
    virtual ~Bench() = default;

    /// Configures the whole chip. Every cell is written, in one coarse and one fine pass: its error is drawn anew.
    virtual void write(const HicannConfig& config) = 0;
    /// Configures the switches and writes these rows only: all other cells keep what they hold, error included.
    virtual void write_rows(const HicannConfig& config, std::span<const NeuronFg> rows, std::span<const SharedFg> shared = {}) = 0;

    /// Takes a trace of every denmem, one after the other as the lab does; `seen` is called once for each, from any thread.
    virtual void record(const Acquisition& acquisition, const Stimulation& stimulation, const std::function<void(Denmem, const BenchTrace&)>& seen) = 0;

    /// Rate of the ADC as measured against the chip's clock (calibration.md §0).
    virtual double adc_rate_hz() = 0;

    /// Time that the real lab would have needed so far.
    virtual double lab_seconds() const = 0;
};

}   // namespace bss
