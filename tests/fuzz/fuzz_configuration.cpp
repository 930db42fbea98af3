// Configurations and networks (YAML), up to what stands in them; nothing is expanded, mapped or run.
#include <fstream>

#include "cli/configuration.hpp"
#include "target.hpp"

namespace bss::fuzz {

std::vector<std::string> seeds()
{
    const std::string network = R"(network:
  populations:
    E: {size: 20, cell: IF_cond_exp, parameters: {cm: 1, tau_m: 10, v_rest: {normal: {mu: -65, sigma: 2}}, v_thresh: [-50]}, initial: {v: -60}}
    A: {size: 3, cell: EIF_cond_exp_isfa_ista, parameters: {a: 4, b: 0.08, delta_T: 2}}
    P: {size: 5, cell: SpikeSourcePoisson, parameters: {rate: 20, start: 1, duration: 50}}
    T: {size: 2, cell: SpikeSourceArray, parameters: {spike_times: [[1, 2.5], [3]]}}
  projections:
    - {pre: P, post: E, connector: {FixedProbability: {p_connect: 0.2}}, receptor: excitatory, weight: 0.002, delay: 1.5}
    - {pre: E, post: A, connector: {FixedNumberPre: {n: 3, with_replacement: true}}, receptor: inhibitory, weight: {uniform: {low: 0.001, high: 0.002}}}
    - {pre: T, post: E, connector: {FromList: {conn_list: [[0, 1, 0.5, 1], [1, 2, 0.25, 2]]}}, synapse: {TsodyksMarkram: {U: 0.5, tau_rec: 100}}}
  seed: 42
)";
    return {network, network + R"(wafer: {technology: hicann-v4, id: [1, 2], hicanns: ["1/174", "2/175"], calibration: ideal, imperfections: {saturation: false}}
mapping: {neuron_size: auto, potentials: {biological: [-150 mV, 50 mV], hardware: [0.4 V, 1.3 V]}, place: [{population: E, neurons: 0-9, hicanns: ["1/174"]}]}
)",
            network + R"(wafer: {id: 3, hicanns: {x: [16, 19], y: [6, 9]}, defects: {hicanns: [174], neurons: {175: [0, 1]}, h_buses: {3: [7]}}}
run: {duration: 20 ms, timestep: 0.1 ms, speedup: 1e4, seed: 3, trials: 2}
record: [{population: E, variable: v, neurons: [1, 3-5], interval: 0.2 ms, through: adc}]
sweep: {run.timestep: [0.05, 0.1], network.populations.E.size: [10, 20]}
strict: true
)",
            network + "wafer: {defects: {random: {neurons: 0.02, h_repeaters: 0.01}}}\nrun: &run {mode: ideal}\noutput: results/a\nrecord: []\n"};
}

void read(Bytes input, const std::filesystem::path& folder)
{
    const auto file = folder / "config.yaml";
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    fingerprint(read_configuration(file));
}

}   // namespace bss::fuzz
