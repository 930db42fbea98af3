"""A callback closes a loop: the rate of a source follows the rate of a population that it drives.

    python closed_loop.py [ideal | hardware]
"""
import sys

import pyNN.brainscales as sim

WANTED, EVERY = 20.0, 100.0     # Hz, ms

sim.setup(timestep=0.1, mode=sys.argv[1] if len(sys.argv) > 1 else "ideal")
source = sim.Population(20, sim.SpikeSourcePoissonRefractory(rate=10.0, tau_refrac=1.0), label="source")
cells = sim.Population(50, sim.IF_cond_exp(tau_m=10.0, tau_refrac=1.0), label="cells")
sim.Projection(source, cells, sim.FixedProbabilityConnector(0.5), sim.StaticSynapse(weight=0.004, delay=1.0))
cells.record("spikes")


def regulate(now):
    if now > 0:
        _, times = cells.get_spikes()
        rate = (times > now - EVERY).sum() / len(cells) / EVERY * 1000.0
        drive = source.get("rate")
        source.set(rate=max(1.0, drive + 1.5 * (WANTED - rate)))
        print(f"{now:6.0f} ms: {rate:5.1f} Hz at a drive of {drive:5.1f} Hz")
    return now + EVERY


sim.run(1000.0, callbacks=[regulate])
