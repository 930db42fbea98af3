/// Independent answers for neurons: adaptive integration in double precision (Dormand-Prince 5(4)), crossings located by Hénon's change of variable.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/cpu/membranes.hpp"

namespace bss::test {

using Vector = std::vector<double>;
using Slope = std::function<void(const Vector& y, Vector& dy)>;

/// One Dormand-Prince step of size h. @return error estimate in units of the tolerance
inline double dormand_prince(const Slope& slope, const Vector& y, double h, Vector& out, double tolerance)
{
    static constexpr double a[7][6] = {{},
                                       {1.0 / 5},
                                       {3.0 / 40, 9.0 / 40},
                                       {44.0 / 45, -56.0 / 15, 32.0 / 9},
                                       {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
                                       {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
                                       {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
    static constexpr double e[7] = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40};
    std::array<Vector, 7> k;
    for (int stage = 0; stage < 7; ++stage) {
        out = y;
        for (int j = 0; j < stage; ++j) {
            for (std::size_t i = 0; i < y.size(); ++i) {
                out[i] += h * a[stage][j] * k[j][i];
            }
        }
        k[stage].resize(y.size());
        slope(out, k[stage]);
    }
    double worst = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        double error = 0;
        for (int j = 0; j < 7; ++j) {
            error += h * e[j] * k[j][i];
        }
        worst = std::max(worst, std::abs(error) / (tolerance * (1e-3 + std::abs(y[i]))));
    }
    return worst;
}

/// A jump of the conductance of denmem `denmem`.
struct InputEvent {
    double time_s;
    int denmem, input;
    double siemens;
};

/// The equations of hardware.md §7.1 for one membrane; no limits, no noise. State in scaled units so that one tolerance fits all: time in µs,
/// conductances in µS, w in µA, capacitance in pF, so currents are in µA and dV/dt in V/µs.
class ReferenceNeuron {
public:
    explicit ReferenceNeuron(NeuronCircuit neuron, double tolerance = 1e-10) : neuron_(std::move(neuron)), tolerance_(tolerance)
    {
        y_.assign(1 + 3 * neuron_.denmems.size(), 0.0);
        y_[0] = neuron_.initial_volt;
    }

    /// @return spike times in seconds up to `end_s`; calls sample(k) when time k * interval is reached (no samples for interval 0)
    Vector run(double end_s, std::vector<InputEvent> events = {}, double interval_s = 0, const std::function<void(double)>& sample = {})
    {
        const auto& firing = neuron_.denmems[static_cast<std::size_t>(neuron_.firing)];
        const double end = end_s * 1e6, interval = interval_s * 1e6;
        Vector spikes, next;
        std::size_t event = 0;
        std::int64_t samples = 0;
        double h = 1e-4;
        for (;;) {
            while (event < events.size() && events[event].time_s * 1e6 <= time_ + 1e-12) {
                const auto& e = events[event++];
                y_[index(e.denmem, 1 + e.input)] += e.siemens * 1e6;
            }
            if (interval > 0 && static_cast<double>(samples) * interval <= time_ + 1e-12) {
                sample(y_[0]);
                ++samples;
            }
            if (time_ >= end - 1e-12) {
                return spikes;
            }
            refractory_ = time_ < free_at_ - 1e-12;
            double stop = end;
            if (event < events.size()) { stop = std::min(stop, events[event].time_s * 1e6); }
            if (refractory_) { stop = std::min(stop, free_at_); }
            if (interval > 0) { stop = std::min(stop, static_cast<double>(samples) * interval); }
            const double step = std::min(h, stop - time_);
            const double error = dormand_prince([this](const Vector& y, Vector& dy) { slope(y, dy); }, y_, step, next, tolerance_);
            if (!(error <= 1)) {
                h = step * 0.3;
                continue;
            }
            const double grown = step * std::clamp(0.9 * std::pow(error + 1e-12, -0.2), 0.3, 3.0);
            h = step < h ? std::max(h, grown) : grown;
            if (!refractory_ && next[0] >= firing.v_threshold_volt) {
                land(firing.v_threshold_volt);
                spikes.push_back(time_ * 1e-6);
                y_[0] = firing.v_reset_volt;
                free_at_ = time_ + firing.tau_refrac_s * 1e6;
                for (std::size_t k = 0; k < neuron_.denmems.size(); ++k) {
                    y_[index(static_cast<int>(k), 0)] += neuron_.denmems[k].b_ampere * 1e6;
                }
                h = 1e-4;
            } else {
                y_ = next;
                time_ += step;
            }
        }
    }

    double w_ampere() const
    {
        double sum = 0;
        for (std::size_t k = 0; k < neuron_.denmems.size(); ++k) {
            sum += y_[index(static_cast<int>(k), 0)] * 1e-6;
        }
        return sum;
    }

private:
    static std::size_t index(int denmem, int quantity) { return 1 + 3 * static_cast<std::size_t>(denmem) + static_cast<std::size_t>(quantity); }

    void slope(const Vector& y, Vector& dy) const
    {
        const auto& firing = neuron_.denmems[static_cast<std::size_t>(neuron_.firing)];
        double current = 0, capacitance = 0;
        for (std::size_t k = 0; k < neuron_.denmems.size(); ++k) {
            const auto& c = neuron_.denmems[k];
            const auto at = index(static_cast<int>(k), 0);
            const double w = y[at], ge = y[at + 1], gi = y[at + 2], v = y[0];
            current += c.g_leak_siemens * 1e6 * (c.e_leak_volt - v) + ge * (c.e_rev_volt[0] - v) + gi * (c.e_rev_volt[1] - v) - w;
            if (c.exponential) {
                current += c.g_leak_siemens * 1e6 * c.delta_t_volt * std::exp((std::min(v, firing.v_threshold_volt) - c.v_exp_volt) / c.delta_t_volt);
            }
            const bool adapts = c.a_siemens != 0 || c.b_ampere != 0;
            dy[at] = adapts ? (c.a_siemens * 1e6 * (v - c.e_leak_volt) - w) / (c.tau_w_s * 1e6) : 0;
            dy[at + 1] = -ge / (c.tau_syn_s[0] * 1e6);
            dy[at + 2] = -gi / (c.tau_syn_s[1] * 1e6);
            capacitance += c.capacitance_farad * 1e12;
        }
        dy[0] = refractory_ ? 0 : current / capacitance;
    }

    /// Integrates with V as the independent variable until V = threshold: many small steps, so that the upstroke is as exact as the rest.
    void land(double threshold)
    {
        const double from = y_[0];
        Vector state = y_, next;
        state[0] = time_;
        double v = from;
        constexpr int steps = 64;
        for (int i = 0; i < steps; ++i) {
            const double h = (threshold - from) / steps;
            // state[0] holds the time here; V runs along with the independent variable, which the slope takes from an extra entry.
            Vector extended = state;
            extended.push_back(v);
            dormand_prince(
                [this](const Vector& s, Vector& ds) {
                    Vector y(s.begin(), s.end() - 1), dy(y.size());
                    y[0] = s.back();
                    slope(y, dy);
                    for (std::size_t j = 1; j < y.size(); ++j) {
                        ds[j] = dy[j] / dy[0];
                    }
                    ds[0] = 1 / dy[0];
                    ds.back() = 1;
                },
                extended, h, next, tolerance_);
            v = next.back();
            state.assign(next.begin(), next.end() - 1);
        }
        time_ = state[0];
        y_ = state;
        y_[0] = threshold;
    }

    NeuronCircuit neuron_;
    double tolerance_;
    Vector y_;
    double time_ = 0, free_at_ = -1;
    bool refractory_ = false;
};

/// PyNN's cell parameters (ms, mV, nF, nS for a, nA for b).
struct Cell {
    double cm = 0.25, tau_m = 10, tau_refrac = 2, tau_syn_e = 3, tau_syn_i = 3, v_rest = -65, v_reset = -65, v_thresh = -50, e_rev_e = 0, e_rev_i = -80;
    bool adex = false;
    double v_spike = -42, delta_t = 1, a = 4, b = 0.05, tau_w = 100;
};

/// Regular, no subthreshold adaptation, strong and slow adaptation, fast, sharp and soft onset.
inline std::vector<Cell> adex_sets()
{
    const Cell regular{.tau_m = 15, .v_rest = -44, .v_reset = -60, .adex = true};
    std::vector<Cell> sets(6, regular);
    sets[1].a = 0, sets[1].b = 0.02;
    sets[2].b = 0.15, sets[2].tau_w = 150;
    sets[3].v_rest = -40, sets[3].tau_m = 8;
    sets[4].delta_t = 0.5, sets[4].v_spike = -45;
    sets[5].delta_t = 1.3, sets[5].v_spike = -40;
    return sets;
}

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// A neuron of `size` equal denmems that does in hardware what the cell does in biology (scaling of hardware.md §7.2), without limits and noise.
inline NeuronCircuit circuit(const Cell& cell, int size, double speedup, double initial_mv, double alpha = 5, double shift_volt = 1.2)
{
    const double capacitance = 2.16e-12;
    const auto volt = [&](double mv) { return mv * 1e-3 * alpha + shift_volt; };
    const double conductance = speedup * capacitance / (cell.cm * 1e-9);
    DenmemCircuit c{};
    c.capacitance_farad = capacitance;
    c.g_leak_siemens = capacitance / (cell.tau_m * 1e-3 / speedup);
    c.e_leak_volt = volt(cell.v_rest);
    c.leak_linear_volt = no_limit;
    c.e_rev_volt = {volt(cell.e_rev_e), volt(cell.e_rev_i)};
    c.tau_syn_s = {cell.tau_syn_e * 1e-3 / speedup, cell.tau_syn_i * 1e-3 / speedup};
    c.synaptic_limit_siemens = {no_limit, no_limit};
    c.exponential = cell.adex;
    c.v_exp_volt = volt(cell.v_thresh);
    c.delta_t_volt = cell.delta_t * 1e-3 * alpha;
    c.v_threshold_volt = volt(cell.adex ? cell.v_spike : cell.v_thresh);
    c.v_reset_volt = volt(cell.v_reset);
    c.tau_refrac_s = cell.tau_refrac * 1e-3 / speedup;
    c.tau_w_s = cell.tau_w * 1e-3 / speedup;
    if (cell.adex) {
        c.a_siemens = cell.a * 1e-9 * conductance;
        c.b_ampere = cell.b * 1e-9 * conductance * alpha;
    }
    NeuronCircuit neuron;
    neuron.denmems.assign(static_cast<std::size_t>(size), c);
    neuron.initial_volt = volt(initial_mv);
    return neuron;
}

}   // namespace bss::test
