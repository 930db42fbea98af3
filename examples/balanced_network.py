"""A balanced random network after Brunel (2000), and how its rate and irregularity depend on inhibition.

    python balanced_network.py [ideal | hardware]
"""
import sys

import numpy as np
import pyNN.brainscales as sim

CELL = dict(cm=1.0, tau_m=10.0, tau_refrac=2.0, tau_syn_E=3.0, tau_syn_I=3.0, v_rest=0.0, v_reset=10.0, v_thresh=20.0, e_rev_E=140.0, e_rev_I=-140.0)
WEIGHT = 0.0034     # µS

sim.setup(timestep=0.1, mode=sys.argv[1] if len(sys.argv) > 1 else "ideal")
exc = sim.Population(400, sim.IF_cond_exp(**CELL), initial_values={"v": 0.0}, label="exc")
inh = sim.Population(100, sim.IF_cond_exp(**CELL), initial_values={"v": 0.0}, label="inh")
outside = sim.Population(200, sim.SpikeSourcePoisson(rate=20.0), label="outside")
both = exc + inh
sim.Projection(outside, both, sim.FixedNumberPreConnector(100), sim.StaticSynapse(weight=WEIGHT, delay=1.5))
sim.Projection(exc, both, sim.FixedNumberPreConnector(80), sim.StaticSynapse(weight=WEIGHT, delay=1.5))
inhibition = sim.Projection(inh, both, sim.FixedNumberPreConnector(20), sim.StaticSynapse(weight=WEIGHT, delay=1.5), receptor_type="inhibitory")
both.record("spikes")

print("  g  rate (Hz)  CV of intervals")
for g in (4, 6, 8, 10):
    inhibition.set(weight=g * WEIGHT)
    sim.run(500.0)
    neurons, times = both.get_spikes()
    order = np.lexsort((times, neurons))
    gaps, same = np.diff(times[order]), np.diff(neurons[order]) == 0
    of = neurons[order][1:][same]
    counts = np.bincount(of, minlength=500)
    mean = np.bincount(of, gaps[same], 500) / np.maximum(counts, 1)
    spread = np.sqrt(np.maximum(np.bincount(of, gaps[same] ** 2, 500) / np.maximum(counts, 1) - mean**2, 0.0))
    print(f"{g:3d}  {len(times) / 500 / 0.5:9.1f}  {np.mean(spread[counts > 5] / mean[counts > 5]) if (counts > 5).any() else np.nan:15.2f}")
    sim.reset()
