"""Neurons that sample: noise from Poisson sources, and a state that is 1 while a neuron is refractory. Two neurons that like or dislike each other.

    python sampling.py [ideal | hardware]
"""
import sys

import numpy as np
import pyNN.brainscales as sim

REFRACTORY, TIME = 10.0, 4000.0

sim.setup(timestep=0.1, mode=sys.argv[1] if len(sys.argv) > 1 else "ideal")
pair = sim.Population(2, sim.IF_cond_exp(cm=0.2, tau_m=6.0, tau_refrac=REFRACTORY, tau_syn_E=10.0, tau_syn_I=10.0, v_rest=-53.0, v_reset=-53.0, v_thresh=-52.0, e_rev_E=0.0, e_rev_I=-100.0), label="pair")
for receptor in ("excitatory", "inhibitory"):
    noise = sim.Population(10, sim.SpikeSourcePoisson(rate=100.0), label=f"noise {receptor}")
    own = sim.FromListConnector([(k, k % 2) for k in range(10)])        # each neuron has noise of its own
    sim.Projection(noise, pair, own, sim.StaticSynapse(weight=0.001), receptor_type=receptor)
likes = sim.Projection(pair, pair, sim.AllToAllConnector(allow_self_connections=False), sim.StaticSynapse(weight=0.0), receptor_type="excitatory")
dislikes = sim.Projection(pair, pair, sim.AllToAllConnector(allow_self_connections=False), sim.StaticSynapse(weight=0.0), receptor_type="inhibitory")
pair.record("spikes")

print("coupling  p(00)  p(01)  p(10)  p(11)")
for coupling in (-0.01, 0.0, 0.01):
    likes.set(weight=max(coupling, 0.0))
    dislikes.set(weight=max(-coupling, 0.0))
    sim.run(TIME)
    neurons, times = pair.get_spikes()
    grid = np.arange(100.0, TIME, 1.0)
    state = [np.searchsorted(times[neurons == k], grid) > np.searchsorted(times[neurons == k], grid - REFRACTORY) for k in (0, 1)]
    joint = np.bincount(2 * state[0] + state[1], minlength=4) / len(grid)
    print(f"{coupling:8.3f}  " + "  ".join(f"{p:5.2f}" for p in joint))
    sim.reset()
