"""Keywords of setup(): names of the configuration's keys (docs/configuration.md), read by the same reader as a file's."""
import json
import os
import warnings
from dataclasses import dataclass, field

import numpy as np

from .. import _core
from .exceptions import InputError, as_pynn

KEYS = {
    **{name: f"run.{name}" for name in ("mode", "speedup", "seed")},
    "wafer_id": "wafer.id",
    **{name: f"wafer.{name}" for name in ("technology", "hicanns", "defects", "calibration", "imperfections")},
    **{name: f"mapping.{name}" for name in ("neuron_size", "potentials", "capacitor", "leak", "driver_chain_length", "max_synapse_loss")},
    "mapping_seed": "mapping.seed",
    "mapping_file": "mapping.file",
    "strict": "strict",
}
# what portable scripts pass to other simulators, and PyNN's own: taken without a word
OTHERS = {
    "max_delay", "spike_precision", "recording_precision", "verbosity", "rng_seed", "rng_seeds", "grng_seed", "rng_seeds_seed", "t_flush", "use_cvode", "allow_offgrid_spikes",
    "num_processes", "rank", "debug", "log_file",
}


@dataclass
class Settings:
    """What setup() was asked for."""
    timestep: float = 0.1
    keys: dict = field(default_factory=dict)        # dotted key -> value
    backend: str = "auto"
    threads: int = 0

    @property
    def mode(self):
        return self.keys.get("run.mode") or os.environ.get("BSS_MODE") or "hardware"

    @property
    def seed(self):
        return int(self.keys.get("run.seed", 1))

    @property
    def strict(self):
        return bool(self.keys.get("strict", False))

    def json(self, places=()):
        """As the compiled core reads them, with entries of mapping.place."""
        tree = {}
        for key, value in {**self.keys, "run.mode": self.mode, "run.timestep": self.timestep}.items():
            *blocks, name = key.split(".")
            here = tree
            for block in blocks:
                here = here.setdefault(block, {})
            here[name] = value
        if places:
            tree.setdefault("mapping", {})["place"] = places
        return json.dumps(tree, default=_plain)


def _plain(value):
    """NumPy's and pathlib's values as JSON's."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return os.fspath(value)


def read(timestep, keywords):
    """Settings from the keywords of setup(), checked."""
    settings = Settings(timestep=timestep)
    unknown = []
    for name, value in keywords.items():
        if name in KEYS:
            settings.keys[KEYS[name]] = value
        elif name == "backend":
            settings.backend = value
        elif name == "threads":
            settings.threads = value
        elif name not in OTHERS:
            near = _core.closest(name, [*KEYS, "backend", "threads"])
            unknown.append(f"unknown keyword {name!r}" + (f", did you mean {near!r}?" if near else ""))
    if unknown and settings.strict:
        raise InputError("setup(): " + "; ".join(unknown))
    for text in unknown:
        warnings.warn(f"setup(): {text}", stacklevel=3)
    with as_pynn():
        _core.check_settings(settings.json(), "setup()")
    return settings
