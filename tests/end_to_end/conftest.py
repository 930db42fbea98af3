"""Starts the commands as a user does, on networks that take a moment, and reads what they leave behind."""

import dataclasses
import json
import os
import pathlib
import subprocess

import h5py
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("BSS_BIN", ROOT / "build" / "release" / "bin"))

LIF = {
    "cm": 0.25,
    "tau_m": 10.0,
    "tau_refrac": 2.0,
    "tau_syn_E": 3.0,
    "tau_syn_I": 3.0,
    "v_rest": -65.0,
    "v_reset": -65.0,
    "v_thresh": -50.0,
    "e_rev_E": 0.0,
    "e_rev_I": -80.0,
}


def config(network=None, **blocks):
    """A small network driven by sources, every imperfection off; `blocks` update or replace the others."""
    result = {
        "network": network or small_network(),
        "wafer": {"technology": "hicann-x1000", "calibration": "ideal", "imperfections": "none"},
        "mapping": {"neuron_size": 4},
        "run": {"duration": 50.0, "timestep": 0.1, "speedup": 1000},
    }
    for key, value in blocks.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = {**result[key], **value}
        else:
            result[key] = value
    return result


def small_network():
    return {
        "populations": {
            "S": {"size": 20, "cell": "SpikeSourcePoisson", "parameters": {"rate": 100.0}},
            "E": {"size": 20, "cell": "IF_cond_exp", "parameters": {**LIF, "v_rest": -52.0}},
            "silent": {"size": 3, "cell": "IF_cond_exp", "parameters": LIF},
        },
        "projections": [
            {"pre": "S", "post": "E", "connector": {"AllToAll": {}}, "receptor": "excitatory", "weight": 0.002, "delay": 1.0},
            {"pre": "E", "post": "E", "connector": {"FixedNumberPre": {"n": 3}}, "receptor": "inhibitory", "weight": 0.001, "delay": 1.0},
        ],
        "seed": 3,
    }


@dataclasses.dataclass
class Result:
    folder: pathlib.Path
    code: int
    stdout: str
    stderr: str

    @property
    def summary(self):
        return json.loads((self.folder / "summary.json").read_text())

    def spikes(self, population):
        with h5py.File(self.folder / "spikes.h5") as file:
            group = file["spikes"][population]
            return group["timestamps"][...], group["node_ids"][...]

    def all_spikes(self):
        """Every spike, in a form that can be compared."""
        with h5py.File(self.folder / "spikes.h5") as file:
            return {name: (group["timestamps"][...].tobytes(), group["node_ids"][...].tobytes()) for name, group in file["spikes"].items()}


class Commands:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def write(self, configuration):
        """Path of a file with this configuration (a dict, or the text itself)."""
        self.count += 1
        path = self.folder / f"config{self.count}.yaml"
        path.write_text(configuration if isinstance(configuration, str) else yaml.safe_dump(configuration, sort_keys=False))
        return path

    def say(self, command, *arguments, **options):
        return subprocess.run([BIN / command, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder, timeout=120, **options)

    def run(self, configuration, *arguments, command="bss-run", **options):
        """Runs a command into a folder of its own."""
        path = self.write(configuration)
        output = self.folder / f"out{self.count}"
        done = self.say(command, "--config", path, "--output", output, *arguments, **options)
        return Result(output, done.returncode, done.stdout, done.stderr)

    def checked(self, configuration, *arguments, **options):
        result = self.run(configuration, *arguments, **options)
        assert result.code == 0, f"exit code {result.code}: {result.stderr[-500:]}"
        return result


@pytest.fixture
def bss(tmp_path):
    return Commands(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """One run with traces, for tests that only look."""
    record = [
        {"variable": "v", "population": "E", "neurons": "0-4", "interval": 0.2, "through": "probe"},
        {"variable": "v", "population": "silent", "neurons": [2], "interval": 0.5},
        {"variable": "gsyn_exc", "population": "E", "neurons": "1-2", "interval": 0.1},
    ]
    return Commands(tmp_path_factory.mktemp("finished")).checked(config(record=record))


def account(summary):
    """realised + lost = requested, everywhere; no rule broken; the bits say the same."""
    network, mapping = summary["network"], summary["mapping"]
    assert mapping["synapses_realised"] + mapping["synapses_lost"] == network["synapses"]
    assert sum(mapping["lost_by_cause"].values()) == mapping["synapses_lost"]
    for key, total in (("requested", network["synapses"]), ("realised", mapping["synapses_realised"]), ("lost", mapping["synapses_lost"])):
        assert sum(p[key] for p in mapping["projections"]) == total
    for p in mapping["projections"]:
        assert p["realised"] + p["lost"] == p["requested"] and sum(p["lost_by_cause"].values()) == p["lost"]
    assert mapping["design_rules"]["errors"] == 0 and mapping["rebuilt_from_bits"] is True
