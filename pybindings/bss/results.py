"""Reads what a run or a mapping left behind (docs/file-formats.md)."""

import csv
import json
import pathlib

import h5py
import numpy as np

VARIABLES = ("v", "w", "gsyn_exc", "gsyn_inh")


class NoResult(Exception):
    """The folder does not hold a result, or one that cannot be read. The text says what was expected and found."""


def is_batch(path):
    """Whether a folder holds many runs."""
    return (pathlib.Path(path) / "runs.csv").is_file() and not (pathlib.Path(path) / "summary.json").exists()


class Runs:
    """The folder of a batch: its runs.csv, a dictionary a run."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        try:
            with open(self.path / "runs.csv", newline="") as file:
                reader = csv.DictReader(file)
                self.runs, self.columns = list(reader), reader.fieldnames
            self.varied = self.columns[1 : self.columns.index("state")]
        except (OSError, ValueError, TypeError, csv.Error) as error:
            raise NoResult(f"{self.path / 'runs.csv'}: expected the table of a batch of runs, found {error}") from None

    @property
    def populations(self):
        """Names of all populations that have a rate."""
        return [name.removeprefix("rate_hz.") for name in self.columns if name.startswith("rate_hz.")]

    def rates(self, population):
        """Rate (Hz) in each run; NaN where it is not known."""
        return np.array([float(run[f"rate_hz.{population}"] or "nan") for run in self.runs])

    def label(self, run):
        """What sets a run apart: its values of the keys that vary."""
        return ", ".join(f"{key.rpartition('.')[2]} {run[key]}" for key in self.varied)


class ResultFolder:
    """A result folder: its summary, and its files where they exist."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        if not self.path.is_dir():
            raise NoResult(f"{self.path}: expected a result folder, found {'a file' if self.path.exists() else 'nothing'}")
        file = self.path / "summary.json"
        if not file.is_file():
            hint = "; its runs lie in the folders below it" if is_batch(self.path) else ""
            raise NoResult(f"{self.path}: expected a result folder, found no summary.json in it{hint}")
        try:
            self.summary = json.loads(file.read_text())
            self.summary["network"], self.summary["populations"]
        except (ValueError, KeyError, TypeError) as error:
            raise NoResult(f"{file}: expected the summary of a run, found {error}") from None

    @property
    def ran(self):
        """Whether there was a run, not only a mapping."""
        return self.summary.get("run") is not None

    @property
    def populations(self):
        """Names of all populations, in the order of the network."""
        return list(self.summary["populations"])

    def spikes(self, population):
        """(times in ms, neuron numbers) in the order of time; empty arrays without a spikes.h5."""
        file = self.path / "spikes.h5"
        if not file.exists():
            return np.empty(0), np.empty(0, dtype=np.int64)
        with h5py.File(file) as spikes:
            group = spikes["spikes"].get(population)
            if group is None:
                return np.empty(0), np.empty(0, dtype=np.int64)
            return group["timestamps"][...], group["node_ids"][...].astype(np.int64)

    def trace(self, variable, population):
        """(times in ms, array time × neuron, neuron numbers, unit) of a report; KeyError where it was not recorded."""
        file = self.path / f"{variable}.h5"
        if not file.exists():
            raise KeyError(f"{variable} was not recorded")
        with h5py.File(file) as report:
            group = report["report"][population]
            start, _, step = group["mapping/time"][...]
            data = group["data"]
            unit = data.attrs["units"]
            unit = unit.decode() if isinstance(unit, bytes) else unit
            return start + step * np.arange(data.shape[0]), data[...], group["mapping/node_ids"][...].astype(np.int64), unit

    def recorded(self):
        """[(variable, population)] of all reports, in the order of the network."""
        found = []
        for variable in VARIABLES:
            file = self.path / f"{variable}.h5"
            if file.exists():
                with h5py.File(file) as report:
                    found += [(variable, name) for name in self.populations if name in report["report"]]
        return found

    def placement(self):
        """{population: structured rows of /placement} (a row a neuron, for a source a row an entry point); empty without a mapping."""
        return self._tables("placement")

    def chips(self):
        """Columns of /chips: wafer, hicann, denmems, drivers, synapses_realised, synapses_lost; None without a mapping."""
        file = self.path / "mapping.h5"
        if not file.exists():
            return None
        with h5py.File(file) as mapping:
            if "chips" not in mapping:
                return None
            return {name: column[...] for name, column in mapping["chips"].items()}

    def _tables(self, name):
        file = self.path / "mapping.h5"
        if not file.exists():
            return {}
        with h5py.File(file) as mapping:
            if name not in mapping:
                return {}
            return {key: {column: data[...] for column, data in group.items()} for key, group in mapping[name].items()}
