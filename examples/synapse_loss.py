"""A recurrent network that grows on four chips, until synapses get lost: how many, where, and why.

    python synapse_loss.py [picture.png]
"""
import sys

import pyNN.brainscales as sim

print("neurons  synapses     lost  causes")
for size in (50, 100, 200, 400):
    sim.setup(mode="hardware", hicanns={"x": [16, 17], "y": [7, 8]}, neuron_size=4, max_synapse_loss=1.0)
    cells = sim.Population(size, sim.IF_cond_exp(tau_refrac=1.0), label="cells")
    projection = sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.5), sim.StaticSynapse(weight=0.002))
    sim.run(None)
    mapping = sim.mapping()
    (row,) = mapping.losses()
    causes = ", ".join(f"{cause} {count}" for cause, count in row["lost_by_cause"].items() if count)
    print(f"{size:7d}  {len(projection):8d}  {100 * mapping.synapse_loss(projection) / len(projection):5.1f} %  {causes}")
print(mapping)
if len(sys.argv) > 1:
    sim.plot.loss().save(sys.argv[1])
