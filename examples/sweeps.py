"""Sweeps without mapping again: a floating gate, spike times, and which neuron is recorded.

    python sweeps.py
"""
import numpy as np
import pyNN.brainscales as sim

sim.setup(timestep=0.1, mode="hardware", hicanns=[180])
source = sim.Population(1, sim.SpikeSourceArray(spike_times=[20.0]))
cells = sim.Population(4, sim.IF_cond_exp(tau_m=10.0, tau_refrac=1.0, v_rest=-65.0, v_thresh=-40.0), label="cells")
sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.004))
cells.record("v")
sim.run(None)                       # maps, and does not run
mapping = sim.mapping()
place = mapping.placement(cells)
print(place)


def mean_potential():
    sim.run(50.0)
    v = cells.get_data(clear=True).segments[-1].analogsignals[0].magnitude
    sim.reset()
    return v[100:200].mean(axis=0), v.argmax(axis=0) * 0.1


chip = sim.wafer()[place["hicann"][0]]
gates = chip["E_l"]
print("\nE_l (DAC)  rest of the four neurons (mV)")
for dac in range(160, 321, 40):
    chip["E_l"] = np.full_like(gates, dac)
    print(f"{dac:9d}  {np.round(mean_potential()[0], 1)}")
chip["E_l"] = gates

print("\nspike (ms)  peak at (ms)")
for time in (15.0, 20.0, 25.0):
    source.set(spike_times=[time])
    print(f"{time:10.1f}  {mean_potential()[1].mean():12.1f}")

for k in range(4):                  # one neuron after the other
    cells.record(None)
    cells[k:k + 1].record("v", through="adc")
    sim.run(20.0)
    signal = cells.get_data().segments[-1].analogsignals[0]
    print(f"neuron {signal.array_annotations['channel_index'][0]} through the ADC: noise {signal.magnitude[100:].std():.2f} mV")
    sim.reset()
assert sim.mapping() == mapping
