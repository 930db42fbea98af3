/// The neurons of one chip on a CPU: state, parameters and the step that runs them fast (docs/model.md has equations and scheme).
///
/// Layout: blocks of 16 membranes with equally many denmems, one membrane a vector lane: [block][denmem of the membrane][lane]. A sum over a
/// membrane's denmems is therefore vertical and its order fixed; a lane's bits depend on nothing but its own neuron.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "wafer/silicon.hpp"
#include "window_input.hpp"

namespace bss {

/// Denmems joined to one membrane, at least one.
struct NeuronCircuit {
    std::vector<DenmemCircuit> denmems;
    int firing = 0;                         ///< index into denmems: the one whose comparator decides; threshold, reset and refractory time are its own
    double initial_volt = 0;                ///< V at step 0; w = g = 0
    std::uint32_t place = 0;                ///< addresses its noise on the chip: the firing denmem's index
    std::array<double, 2> quantum_siemens{};///< of its own synaptic inputs; 0: MembraneSettings'
};

struct MembraneSettings {
    double timestep_s = 0;
    double quantum_siemens = 0;             ///< conductance of a quantum of input
    std::uint64_t trial = 1;                ///< these three address the membrane noise
    std::uint32_t wafer = 0, hicann = 0;
};

/// A threshold crossing at (step + fraction) dt.
struct MembraneSpike {
    std::uint32_t neuron;                   ///< index into the neurons given at construction
    float fraction;                         ///< in [0, 1]
    std::int64_t step;
};

/// @throws InputError where a circuit is not usable (no denmem, a capacitance or time constant that is not positive)
void check_circuits(std::span<const NeuronCircuit> neurons, const MembraneSettings& settings);

class Membranes {
public:
    /// @param memory  for what every step reads
    /// @throws InputError as check_circuits() does
    Membranes(std::span<const NeuronCircuit> neurons, const MembraneSettings& settings, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    ~Membranes();
    Membranes(Membranes&&) noexcept;
    Membranes& operator=(Membranes&&) noexcept;

    int neurons() const;
    /// Accumulators of an input: one slot a denmem, padding included (never more than 16 x denmems).
    int slots() const;
    /// Where denmem k of a neuron lies.
    int slot(int neuron, int k) const;

    /// Current into a neuron's membrane from now on (the stimulus of hardware.md §2.5), amperes.
    void set_current(int neuron, double ampere);

    /// Integrates steps [first, first + steps): from first dt to (first + steps) dt. `input` is consumed. Crossings are appended, in no order.
    /// @param next  whose data is wanted in the cache afterwards
    void run(std::int64_t first, int steps, WindowInput& input, std::vector<MembraneSpike>& spikes, const Membranes* next = nullptr);

    /// The same, with each membrane's potential at the beginning of each step to volt[neuron * stride + step - first]. At most WindowInput::longest_window steps.
    void record(std::int64_t first, int steps, WindowInput& input, std::vector<MembraneSpike>& spikes, float* volt, std::ptrdiff_t stride);

    /// State at the grid point that was reached. Sums over the neuron's denmems.
    float v_volt(int neuron) const;
    float w_ampere(int neuron) const;
    /// @param arrived  [slot] what acts at that very moment, in quanta; empty: nothing
    float g_siemens(int neuron, int synaptic_input, std::span<const std::int32_t> arrived = {}) const;

    /// Goes on from the state of `before`: the same neurons with other parameters. Potentials and currents stay what they are; what is equal keeps its bits.
    void take_over(const Membranes& before);

    /// Instruction set in use: "avx512", "avx2" or "baseline": the best of the machine, or what the environment's BSS_SIMD says.
    std::string_view simd() const;

private:
    struct Data;
    std::unique_ptr<Data> data_;
};

}   // namespace bss
