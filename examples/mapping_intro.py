"""Placement by hand, and where a neuron and its synapses went.

    python mapping_intro.py [report.html]
"""
import sys

import pyNN.brainscales as sim

sim.setup(mode="hardware", hicanns=[180, 181, 182], neuron_size=4)
stimulus = sim.Population(5, sim.SpikeSourcePoisson(rate=50.0), label="stimulus")
left = sim.Population(20, sim.IF_cond_exp(tau_refrac=1.0), label="left")
right = sim.Population(20, sim.IF_cond_exp(tau_refrac=1.0), label="right")
sim.place(left, hicanns=180)
sim.place(right[:10], hicanns=182, size=8)
sim.Projection(stimulus, left, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.004))
forward = sim.Projection(left, right, sim.FixedProbabilityConnector(0.5), sim.StaticSynapse(weight=0.002))

mapping = sim.mapping()
print(mapping)
for population in (left, right):
    print(f"\n{population.label}:\n{mapping.placement(population[:3])}")
print(f"\nfirst synapses of {forward.label}:")
pre, post, weight = forward.get_realised("weight", format="coo")
routes = mapping.routes(forward)
for k in range(5):
    print(f"{pre[k]} -> {post[k]}: HICANN {routes['hicann'][k]}, row {routes['row'][k]}, column {routes['column'][k]}, {1000 * weight[k]:.2f} nS of {2.0} asked for")
print("\n", mapping.losses(), sep="")
if len(sys.argv) > 1:
    sim.run(200.0)
    mapping.report(sys.argv[1])
