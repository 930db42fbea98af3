"""One neuron on the wafer, one synapse: how high are the post-synaptic potentials of weights from 0 to 15 digital steps, and what did the chip make of each?

    python single_neuron.py [ideal | hardware]
"""
import sys

import numpy as np
import pyNN.brainscales as sim

sim.setup(timestep=0.1, mode=sys.argv[1] if len(sys.argv) > 1 else "hardware", hicanns=[180], imperfections={"temporal_noise": False})
source = sim.Population(1, sim.SpikeSourceArray(spike_times=[50.0]))
neuron = sim.Population(1, sim.IF_cond_exp(tau_m=10.0, tau_refrac=1.0, v_rest=-65.0, v_thresh=-45.0), label="neuron")
synapse = sim.Projection(source, neuron, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.001))
neuron.record("v")

print("asked (nS)  realised (nS)  height (mV)")
for weight in np.arange(0, 16) * 0.0005:
    synapse.set(weight=weight)      # the network stays mapped: only the weight is rewritten
    sim.run(100.0)
    v = neuron.get_data().segments[-1].analogsignals[0].magnitude[:, 0]
    realised = synapse.get_realised("weight", format="list", with_address=False)[0]
    print(f"{1000 * weight:10.2f}  {1000 * realised:13.2f}  {v[500:].max() - v[400:500].mean():11.2f}")
    sim.reset()
