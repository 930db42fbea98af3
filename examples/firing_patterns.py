"""The adaptive exponential neuron of the chips: a leak above threshold drives it, adaptation slows it down.

    python firing_patterns.py [ideal | hardware]
"""
import sys

import numpy as np
import pyNN.brainscales as sim

COMMON = dict(cm=0.2, tau_m=20.0, v_rest=-45.0, v_thresh=-50.0, v_spike=-40.0, delta_T=1.0, tau_refrac=1.0)
PATTERNS = {
    "tonic": dict(a=0.0, b=0.0, tau_w=100.0, v_reset=-58.0),
    "adapting": dict(a=1.0, b=0.01, tau_w=200.0, v_reset=-58.0),
    "strongly adapting": dict(a=2.0, b=0.03, tau_w=300.0, v_reset=-58.0),
    "initial burst": dict(a=1.0, b=0.02, tau_w=100.0, v_reset=-49.0),
}

sim.setup(timestep=0.05, mode=sys.argv[1] if len(sys.argv) > 1 else "ideal")
cells = {name: sim.Population(1, sim.EIF_cond_exp_isfa_ista(**COMMON, **parameters), label=name) for name, parameters in PATTERNS.items()}
for population in cells.values():
    population.record(["spikes", "v", "w"])
sim.run(400.0)
for name, population in cells.items():
    gaps = np.diff(population.get_data().segments[0].spiketrains[0].magnitude)
    print(f"{name:>18}: {len(gaps) + 1:3d} spikes; first gaps {np.round(gaps[:4], 1)}, last {np.round(gaps[-2:], 1)} ms")
