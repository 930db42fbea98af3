"""Training with the chip in the loop: run, compare, set weights, run again. One neuron learns to prefer the second of two patterns.

    python training_in_the_loop.py [ideal | hardware]
"""
import sys

import numpy as np
import pyNN.brainscales as sim
from pyNN.parameters import Sequence

INPUTS, STEPS, RATE = 20, 12, 0.0006

sim.setup(timestep=0.1, mode=sys.argv[1] if len(sys.argv) > 1 else "hardware", hicanns=[180])
patterns = np.array([np.arange(INPUTS) < 12, np.arange(INPUTS) >= 8])       # they share four inputs
source = sim.Population(INPUTS, sim.SpikeSourceArray(), label="input")
neuron = sim.Population(1, sim.IF_cond_exp(tau_m=10.0, tau_refrac=1.0, v_rest=-65.0), label="neuron")
projection = sim.Projection(source, neuron, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.002))
neuron.record("spikes")
weights, wanted = np.full(INPUTS, 0.002), np.array([0, 2])

print("step  spikes for the first and the second pattern")
for step in range(STEPS):
    counts = []
    projection.set(weight=weights[:, None])
    for pattern in patterns:
        source.set(spike_times=[Sequence([10.0, 15.0, 20.0] if active else []) for active in pattern])
        sim.run(60.0)
        counts.append(int(neuron.mean_spike_count()))
        sim.reset()
    print(f"{step:4d}  {counts}")
    for count, target, pattern in zip(counts, wanted, patterns):
        weights = np.clip(weights + RATE * (target - count) * pattern, 0.0, 0.008)
