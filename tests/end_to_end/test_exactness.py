"""What was asked for is what runs and what is recorded, to the last spike and sample."""

import json
import os
import subprocess

import h5py
import numpy as np
import pytest

from conftest import BIN, LIF, config

REST = {**LIF, "v_rest": -60.0}


def driven(times, weight=0.001, **projection):
    """One source with these spike times and one resting cell."""
    return {
        "populations": {
            "S": {"size": 1, "cell": "SpikeSourceArray", "parameters": {"spike_times": times}},
            "E": {"size": 1, "cell": "IF_cond_exp", "parameters": REST, "initial": {"v": -60.0}},
        },
        "projections": [
            {"pre": "S", "post": "E", "connector": {"AllToAll": {}}, "receptor": "excitatory", "weight": weight, "delay": 1.0, **projection}
        ],
    }


def trace(result, variable):
    with h5py.File(result.folder / f"{variable}.h5") as file:
        return file["report/E/data"][:, 0]


def test_no_spike_is_lost_between_chunks_of_a_run(bss):
    """Spikes on every grid point, hence at every end of a chunk whose length depends on the machine; one at the end itself is beyond it."""
    times = [k * 0.1 for k in range(10001)]
    got, _ = bss.checked(config(driven(times, 1e-6), run={"duration": 1000.0})).spikes("S")
    assert len(got) == 10000 and np.abs(got - times[:-1]).max() < 1e-9


def test_conductance_jumps_at_the_moment_of_arrival(bss):
    result = bss.checked(config(driven([20.0, 22.0], 0.002), record=[{"variable": "gsyn_exc", "population": "E", "interval": 0.1}]))
    g, t = trace(result, "gsyn_exc"), np.arange(500) * 0.1
    truth = sum(np.where(t > on - 0.05, 0.002 * np.exp(-(t - on) / 3.0), 0.0) for on in (21.0, 23.0))
    assert np.abs(g - truth).max() < 1e-4 * 0.002


@pytest.mark.parametrize("tsodyks_markram", [{"U": 0.2929, "tau_rec": 60.0, "tau_facil": 0.0}, {"U": 0.2929, "tau_rec": 0.0, "tau_facil": 100.0}])
def test_short_term_plasticity_of_a_single_synapse(bss, tsodyks_markram):
    """Utilisations that a driver has (0.25 to 0.40 in eight steps)."""
    times = [10.0 + 20.0 * k for k in range(6)]
    network = driven(times, synapse={"TsodyksMarkram": tsodyks_markram})
    result = bss.checked(config(network, run={"duration": 150.0}, record=[{"variable": "gsyn_exc", "population": "E", "interval": 0.1}]))
    g = trace(result, "gsyn_exc")
    jumps = [(g[k] - g[k - 1] * np.exp(-0.1 / 3.0)) / 0.001 for k in (round((t + 1.0) / 0.1) for t in times)]
    expected, u, resource = [], 0.0, 1.0
    for k in range(len(times)):
        if tsodyks_markram["tau_facil"]:
            u = tsodyks_markram["U"] + u * (1 - tsodyks_markram["U"]) * np.exp(-20.0 / tsodyks_markram["tau_facil"])
            expected.append(u)
        else:
            expected.append(tsodyks_markram["U"] * resource)
            resource = 1 - (1 - resource * (1 - tsodyks_markram["U"])) * np.exp(-20.0 / tsodyks_markram["tau_rec"])
    assert jumps == pytest.approx(expected, rel=0.01)


def test_what_does_not_fit_names_the_file(bss):
    network = {"populations": {"Amber": {"size": 512, "cell": "IF_cond_exp"}}, "projections": []}
    result = bss.run(config(network, wafer={"hicanns": [200]}, mapping={"neuron_size": 1}))
    assert result.code == 2 and "config1.yaml: " in result.stderr and '"Amber"' in result.stderr and not result.folder.exists()


def test_names_that_are_not_utf8_and_outputs_that_are_full(bss):
    path = bss.write(config())
    odd = path.rename(path.parent / os.fsdecode(b"odd\xff.yaml"))
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN / "bss-run", "--config", odd, "--output", bss.folder / "out", "--json"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"standard output" in done.stderr
    assert json.loads((bss.folder / "out" / "summary.json").read_text(encoding="utf-8"))["config"].endswith("odd\ufffd.yaml")
