"""A synfire chain with feed-forward inhibition after Kremkow et al. (2010): does a packet of spikes reach the end?

    python synfire_chain.py [ideal | hardware]
"""
import sys

import numpy as np
import pyNN.brainscales as sim
from pyNN.parameters import Sequence

GROUPS, EXC, INH = 6, 100, 25
CELL = dict(cm=0.29, tau_m=10.0, tau_refrac=2.0, tau_syn_E=1.3, tau_syn_I=10.0, v_rest=-70.0, v_reset=-70.0, v_thresh=-57.0, e_rev_E=0.0, e_rev_I=-75.0)

sim.setup(timestep=0.1, mode=sys.argv[1] if len(sys.argv) > 1 else "ideal")
jitter = np.random.default_rng(1)
packet = sim.Population(EXC, sim.SpikeSourceArray(spike_times=[Sequence([t]) for t in jitter.normal(50.0, 1.0, EXC)]), label="packet")
before, groups = packet, []
for k in range(GROUPS):
    exc = sim.Population(EXC, sim.IF_cond_exp(**CELL), initial_values={"v": -70.0}, label=f"exc {k}")
    inh = sim.Population(INH, sim.IF_cond_exp(**CELL), initial_values={"v": -70.0}, label=f"inh {k}")
    sim.Projection(before, exc, sim.FixedNumberPreConnector(60), sim.StaticSynapse(weight=0.0022, delay=20.0))
    sim.Projection(before, inh, sim.FixedNumberPreConnector(60), sim.StaticSynapse(weight=0.0035, delay=20.0))
    sim.Projection(inh, exc, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.0035, delay=4.0), receptor_type="inhibitory")
    exc.record("spikes")
    groups.append(exc)
    before = exc
sim.run(300.0)
print("group  spikes a neuron  mean (ms)  spread (ms)")
for k, group in enumerate(groups):
    _, times = group.get_spikes()
    print(f"{k:5d}  {len(times) / EXC:15.2f}  {times.mean() if len(times) else np.nan:9.1f}  {times.std() if len(times) else np.nan:11.2f}")
