"""What PyNN has no word for: the mapping, placement by hand, the bits and DACs of the wafer."""
import tempfile
from pathlib import Path

import numpy as np

from .. import _core
from .exceptions import InputError, as_pynn
from .settings import Settings
from .simulator import state


def _session():
    """The mapped session of hardware mode."""
    if not state.hardware:
        raise InputError('there is no mapping in ideal mode: expected setup(mode="hardware")')
    if not state.populations:
        raise InputError("there is no mapping: the network has no population")
    return state.built()


class Mapping:
    """What became of the network on the wafer."""

    def __init__(self, session):
        self._session = session
        self.id = session.core.mapping_id

    def __eq__(self, other):
        return isinstance(other, Mapping) and self.id == other.id

    def __hash__(self):
        return hash(self.id)

    def synapse_loss(self, projection=None):
        """Number of lost synapses of a projection, or of all."""
        rows = self._session.core.losses()
        return sum(row["lost"] for row in rows) if projection is None else rows[projection.number]["lost"]

    def losses(self):
        """A row a projection: label, requested, realised, lost, clipped_weights, lost_by_cause."""
        return Table(self._session.core.losses())

    def causes(self, projection):
        """Why each synapse of a projection was lost, by name; "" where it was not. In the order of get(format="coo")."""
        names = np.array([*self._session.core.loss_causes, ""])
        return names[self._session.core.lost_causes(projection.number)]

    def placement(self, population):
        """Columns id, wafer, hicann, denmem, size, merger, address as arrays; a row a neuron, of a view's only its own."""
        columns = self._session.core.placement(population.root.number)
        if population.index is not None:
            here = np.isin(columns["id"], population.index)
            columns = {name: values[here] for name, values in columns.items()}
        return Table(columns)

    def routes(self, projection):
        """Where each synapse lies: columns wafer, hicann, row, column, code, -1 where lost, in the order of get(format="coo")."""
        return Table(self._session.core.synapse_places(projection.number))

    def clipped(self, population):
        """Neurons whose value was out of the hardware's range, by parameter."""
        return self._session.core.clipped_parameters(population.root.number)

    def usage(self):
        """Chips, denmems, drivers, synapses in use, and the choices that were made: the mapping's part of summary.json."""
        return self._session.core.summary()["mapping"]

    def report(self, path):
        """Writes one self-contained HTML page (bss-report's)."""
        from ..report import make_report
        with tempfile.TemporaryDirectory() as folder, as_pynn():
            self._session.core.write(folder)
            *_, page = make_report(folder)
            Path(path).write_bytes(Path(page).read_bytes())

    def plot(self):
        """The wafer, as sim.plot.wafer()."""
        from .plot import wafer
        return wafer()

    def save(self, path, list_synapses=False):
        """Stores it for load_mapping(), or the key mapping.file."""
        with as_pynn():
            self._session.core.save_mapping(str(path), list_synapses)

    def __repr__(self):
        usage = self.usage()
        return (f"<mapping {self.id[:12]}: {usage['hicanns']} HICANNs on {usage['wafers']} wafer(s), {usage['synapses_realised']} synapses realised, "
                f"{usage['synapses_lost']} lost>")


class Table:
    """Rows or columns, shown as a table: indexed by a row's number, or by a column's name."""

    def __init__(self, data):
        self._columns = data if isinstance(data, dict) else {name: [row[name] for row in data] for name in (data[0] if data else ())}

    def __getitem__(self, key):
        if isinstance(key, str):
            return self._columns[key]
        return {name: values[key] for name, values in self._columns.items()}

    def keys(self):
        return self._columns.keys()

    def __len__(self):
        return len(next(iter(self._columns.values()), ()))

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __repr__(self):
        most = 40
        rows = [[str(name) for name in self.keys()]] + [[str(value) for value in row.values()] for row, _ in zip(self, range(most))]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = ["  ".join(text.rjust(width) for text, width in zip(row, widths)) for row in rows]
        return "\n".join(lines + ([f"… {len(self)} rows"] if len(self) > most else []))

    def _repr_html_(self):
        return f"<pre>{self}</pre>"


def mapping():
    """The mapping of the network; maps it if that has not been done."""
    return Mapping(_session())


def place(population, hicanns, size=None):
    """Puts a population or view onto HICANNs (an enum, or a list of them), with `size` denmems a neuron. Later calls override earlier ones."""
    hicanns = [hicanns] if np.ndim(hicanns) == 0 and not isinstance(hicanns, dict) else hicanns
    state.place(population.root, None if population.index is None else population.index, hicanns, size)


def save_mapping(path, list_synapses=False):
    """Stores the mapping as mapping.h5 (docs/file-formats.md)."""
    mapping().save(path, list_synapses)


def load_mapping(path):
    """Takes up a stored mapping, of the same network, in place of making one."""
    state.use_mapping(path)


class Wafer:
    """Bits and DACs: wafer()[hicann]["V_t"] is an array; assigning to it rewrites the configuration, which the next run takes over."""

    def __init__(self, session):
        self._core = session.core

    @property
    def hicanns(self):
        """Enums of those that are configured."""
        return self._core.hicanns()

    def __getitem__(self, hicann):
        return Chip(self._core, int(hicann))


class Chip:
    def __init__(self, core, hicann):
        object.__setattr__(self, "_core", core)
        object.__setattr__(self, "hicann", hicann)

    def keys(self):
        """Names of the kinds of bits: floating gates, weights, decoders, drivers, …"""
        return self._core.bit_names().keys()

    def __getitem__(self, name):
        with as_pynn():
            return self._core.bits(self.hicann, name)

    def __setitem__(self, name, values):
        with as_pynn():
            self._core.set_bits(self.hicann, name, values)

    def __repr__(self):
        return f"<HICANN {self.hicann}: {', '.join(self.keys())}>"


def wafer():
    """The configuration of the wafer, to be read and edited; maps the network if that has not been done."""
    return Wafer(_session())


def statistics():
    """Where the time went (seconds) and what was counted, so far; {} for the plain simulator."""
    core = getattr(state.built(), "core", None)
    return core.statistics() if core else {}


def hardware_time():
    """Seconds that the machine would have taken for what was run so far."""
    return state.t / 1000.0 / float(state.settings.keys.get("run.speedup", 1000.0))


def parameter_ranges(celltype):
    """What the chips can realise of each parameter of a cell type that is not a potential, {name: (lowest, highest)}: found by asking for far too little and far too much.

    Potentials have no range of their own: the network's extremes are fitted into that of the chip. Technology, speed-up, capacitor and leak are those of setup().
    """
    model = celltype.model
    names = [name for name in _core.cell_parameters(model) if not name.startswith(("v_", "e_rev")) and name not in ("cm", "i_offset")]
    network = _core.Network()
    for name in names:
        network.population(name, 2, model, {name: [1e-6, 1e6]})
    switches = {"fixed_pattern": False, "rewrite": False, "temporal_noise": False}
    keys = {key: value for key, value in state.settings.keys.items() if key in ("run.speedup", "wafer.technology", "mapping.capacitor", "mapping.leak", "mapping.neuron_size")}
    settings = Settings(state.settings.timestep, {**keys, "run.mode": "hardware", "wafer.calibration": "ideal", "wafer.imperfections": switches})
    with as_pynn():
        session = _core.Session(network, settings.json(), name="parameter_ranges()")
        session.map()
    return {name: tuple(session.realised_parameters(number)[name].tolist()) for number, name in enumerate(names)}
