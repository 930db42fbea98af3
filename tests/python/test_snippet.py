"""The snippet of the people who asked for this, as printed: no setup(), a structure in third place, an assembly."""

import os
import subprocess
import sys

import pytest

SNIPPET = """
from pyNN.space import Line
import pyNN.brainscales as simulator
size1, size2, structure = 40, 10, Line()
cell_type = simulator.IF_cond_exp(v_rest=-45.0, tau_refrac=2.0)
connection_rule, synapse_type = simulator.FixedProbabilityConnector(0.5), simulator.StaticSynapse(weight=0.004, delay=1.0)

p1 = simulator.Population(size1, cell_type, structure)
p2 = simulator.Population(size2, simulator.EIF_cond_exp_isfa_ista(delta_T=1.0, tau_refrac=2.0), structure)

all = p1 + p2
all.record(["spikes", "v"])

connections = simulator.Projection(p1, p2, connection_rule, synapse_type)

simulator.run(1000.)

segment = all.get_data().segments[0]
(signal,) = segment.analogsignals
assert len(segment.spiketrains) == 50 and signal.shape == (10001, 50) and str(signal.units.dimensionality) == "mV"
print(simulator.state.settings.mode, sum(len(train) for train in segment.spiketrains))
"""


@pytest.mark.parametrize("mode", ["ideal", "hardware", None])
def test_the_snippet_runs(mode):
    environment = {name: value for name, value in os.environ.items() if name != "BSS_MODE"} | ({"BSS_MODE": mode} if mode else {})
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SNIPPET], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    ran, spikes = done.stdout.split()
    assert ran == (mode or "hardware") and int(spikes) > 1000


def test_an_unknown_mode_in_the_environment():
    done = subprocess.run([sys.executable, "-c", "import pyNN.brainscales as sim; sim.setup()"], capture_output=True, text=True, env={**os.environ, "BSS_MODE": "quantum"})
    assert done.returncode == 1 and "quantum" in done.stderr.splitlines()[-1]
