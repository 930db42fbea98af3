"""Population, PopulationView and Assembly. They keep what the user asked for; what it became on the hardware is get_realised()."""
from functools import cached_property

import numpy as np
from pyNN import common, errors
from pyNN.parameters import LazyArray, ParameterSpace, Sequence, simplify
from pyNN.space import BaseStructure

from . import simulator
from .exceptions import InputError
from .recording import Recorder, block, snapshots
from .simulation import Cells, Trains

MOST_NEURONS = 10**8    # of a population (docs/configuration.md)


class _Neurons:
    """What Population and PopulationView share: neurons of one population, `root`, at the places `index` (None: all)."""
    _simulator = simulator

    def _get_view(self, selector, label=None):
        return PopulationView(self, selector, label)

    def _values(self, name):
        values = self.root._parameters[name]
        return values if self.index is None else values[self.index]

    def _get_parameters(self, *names):
        for name in names:
            if name not in self.root._parameters:
                raise errors.NonExistentParameterError(name, type(self.celltype).__name__, list(self.root._parameters))
        return ParameterSpace({name: simplify(self._values(name)) for name in names}, shape=(self.size,))

    _get_native_parameters = _get_parameters

    def _set_parameters(self, parameter_space):
        parameter_space.evaluate(simplify=False)
        new = {name: _filled(value, self.size) for name, value in parameter_space.as_dict().items()}
        if "spike_times" in new:
            _trains(new["spike_times"], self.label)     # complains
        for name, value in new.items():
            if self.index is None:
                self.root._parameters[name] = value
            else:
                self.root._parameters[name] = self.root._parameters[name].copy()
                self.root._parameters[name][self.index] = value
        self.root._changed.update(new)

    def initialize(self, **initial_values):
        for variable, value in initial_values.items():
            lazy = LazyArray(value, shape=(self.size,), dtype=float)
            self._set_initial_value_array(variable, lazy)

    def _set_initial_value_array(self, variable, initial_values):
        values = _filled(initial_values.evaluate(simplify=False), self.size)
        initial = self.root._initial
        if self.index is None:
            initial[variable] = values
        else:
            initial[variable] = np.array(initial.get(variable, np.zeros(self.root.size)))
            initial[variable][self.index] = values
        self.root._initial_given.add(variable)
        self.root._initial_changed = True

    def record(self, variables, to_file=None, sampling_interval=None, locations=None, through="probe"):
        """Records variables of all neurons here.

        sampling_interval: ms, a multiple of the time step. through: "probe" sees any number of neurons without noise; "adc" is what the real machine has, 12 channels
        a wafer module with noise and rounding (hardware mode, v only).
        """
        self.recorder.through = through
        super().record(variables, to_file, sampling_interval, locations)

    record.__doc__ += common.Population.record.__doc__

    def find_units(self, variable):
        """Units of a variable or parameter."""
        return self.celltype.units[getattr(variable, "name", variable)]

    def get_realised(self, parameter_names):
        """What the hardware made of parameters, one value a neuron, as the calibration expects it; in ideal mode what was asked for."""
        simulation = self._simulator.state.built()
        realised = simulation.realised_parameters(self.root.number)
        single = isinstance(parameter_names, str)
        values = []
        for name in [parameter_names] if single else parameter_names:
            if name not in realised:
                raise errors.NonExistentParameterError(name, type(self.celltype).__name__, list(realised))
            values.append(realised[name] if self.index is None else realised[name][self.index])
        return values[0] if single else values

    def get_spikes(self):
        """(neurons, times in ms) recorded since time 0 or the last clear, as arrays ascending by time; neurons count from 0 here. The fast way."""
        neurons, times = self.recorder.spikes()
        if self.index is None:
            return neurons, times
        place = np.full(self.root.size, -1)
        place[self.index] = np.arange(self.size)
        here = place[neurons] >= 0
        return place[neurons[here]], times[here]

    def get_data(self, variables="all", gather=True, clear=False, annotations=None, locations=None):
        return self.recorder.get(variables, gather, self._record_filter, clear, annotations, locations)

    get_data.__doc__ = common.Population.get_data.__doc__

    @property
    def end(self):
        """As an end of a projection (simulation.py)."""
        return [(self.root.number, self.index)]


class Assembly(common.Assembly):
    __doc__ = common.Assembly.__doc__
    _simulator = simulator

    @property
    def receptor_types(self):
        """Those that all populations have, in the order of the first one (PyNN's own goes through a set, so that the default receptor depends on the hash seed)."""
        first, *others = (p.celltype.receptor_types for p in self.populations)
        return [receptor for receptor in first if all(receptor in other for other in others)]

    @property
    def local_size(self):
        return self.size

    def record(self, variables, to_file=None, sampling_interval=None, locations=None, through="probe"):
        for p in self.populations:
            p.record(variables, to_file, sampling_interval, locations, through)

    record.__doc__ = _Neurons.record.__doc__

    def get_data(self, variables="all", gather=True, clear=False, annotations=None):
        parts = [(p, snapshots(p.recorder, variables, p._record_filter)) for p in self.populations]
        data = block(parts, self, annotations)
        if clear:
            for p in self.populations:
                p.recorder.clear()
        return data

    get_data.__doc__ = common.Assembly.get_data.__doc__

    def get_realised(self, parameter_names):
        """As Population.get_realised, one population after the other."""
        if isinstance(parameter_names, str):
            return np.concatenate([p.get_realised(parameter_names) for p in self.populations])
        return [self.get_realised(name) for name in parameter_names]

    def get_spikes(self):
        """As Population.get_spikes; neurons count through the assembly."""
        neurons, times, first = [], [], 0
        for p in self.populations:
            n, t = p.get_spikes()
            neurons.append(n + first)
            times.append(t)
            first += p.size
        neurons, times = np.concatenate(neurons), np.concatenate(times)
        order = np.lexsort((neurons, times))
        return neurons[order], times[order]

    @property
    def end(self):
        return [piece for p in self.populations for piece in p.end]


class PopulationView(_Neurons, common.PopulationView):
    __doc__ = common.PopulationView.__doc__
    _assembly_class = Assembly

    @property
    def root(self):
        return self.grandparent

    @cached_property
    def index(self):
        return np.asarray(self.index_in_grandparent(np.arange(self.size)), dtype=np.int64)

    @property
    def initial_values(self):
        return {name: LazyArray(simplify(values[self.index]), shape=(self.size,)) for name, values in self.root._initial.items()}


class Population(_Neurons, common.Population):
    __doc__ = common.Population.__doc__
    _recorder_class = Recorder
    _assembly_class = Assembly
    index = None

    def __init__(self, size, cellclass, cellparams=None, structure=None, initial_values={}, label=None):
        if isinstance(cellparams, BaseStructure) and structure is None:     # Population(size, cell_type, structure) is what users write
            cellparams, structure = ({} if isinstance(cellclass, type) else None), cellparams
        number = int(np.prod(size)) if isinstance(size, tuple) else size
        if isinstance(number, (int, np.integer)) and not 1 <= number <= MOST_NEURONS:
            raise InputError(f"Population: size: expected an integer from 1 to {MOST_NEURONS}, found {number}")
        self._initial, self._initial_given = {}, set()
        super().__init__(size, cellclass, cellparams, structure, initial_values, label)
        self._initial_given = set(initial_values)
        self.number = len(simulator.state.populations)
        simulator.state.populations.append(self)

    @property
    def root(self):
        return self

    def _create_cells(self):
        first = simulator.state.id_counter
        cells = [*map(simulator.ID, range(first, first + self.size))]
        for cell in cells:
            cell.__dict__["parent"] = self
        self.all_cells = np.empty(self.size, dtype=object)
        self.all_cells[:] = cells
        self._mask_local = np.ones(self.size, dtype=bool)
        space = self.celltype.native_parameters
        space.shape = (self.size,)
        space.evaluate(simplify=False)
        self._parameters = {name: _filled(value, self.size) for name, value in space.as_dict().items()}
        if "spike_times" in self._parameters:
            _trains(self._parameters["spike_times"], self.label)
        self._changed, self._initial_changed = set(), False
        simulator.state.id_counter += self.size

    @property
    def initial_values(self):
        return {name: LazyArray(simplify(values), shape=(self.size,)) for name, values in self._initial.items()}

    @initial_values.setter
    def initial_values(self, values):
        """Set by PyNN's constructor, to nothing."""

    # ---- handing over (simulator.State)

    def describe_cells(self):
        """The population as it is handed over whole."""
        self._changed, self._initial_changed = set(), False
        model = self.celltype.model
        cells = Cells(self.label, self.size, model, dict(self._numbers()), dict(self._initial), set(self._initial_given), self.celltype.receptors)
        if model == "SpikeSourceArray":
            cells.trains = self.trains()
        elif self.celltype.process:     # drawn by Python: the simulation sees their times
            cells.model, cells.parameters, cells.trains = "SpikeSourceArray", {}, Trains(np.array([]), np.zeros(self.size + 1, dtype=np.int64))
        return cells

    def _numbers(self):
        return {name: simplify(values) for name, values in self._parameters.items() if name != "spike_times"}.items()

    def trains(self):
        return _trains(self._parameters["spike_times"], self.label)

    def push(self, simulation):
        """Hands over what was set since the last time."""
        if self._initial_changed:
            simulation.set_initial(self.number, {name: self._initial[name] for name in self._initial_given})
        if "spike_times" in self._changed:
            simulation.set_trains(self.number, self.trains())
        changed = {name: value for name, value in self._numbers() if name in self._changed}
        if changed and self.celltype.process:
            self._drawn = None
        elif changed:
            simulation.set_parameters(self.number, changed)
        self._changed, self._initial_changed = set(), False

    _drawn = None

    def draw(self, simulation, now, until):
        """Hands over the spikes that a source drawn by Python fires up to a time."""
        process = self.celltype.process
        if process is None:
            return
        if self._drawn is None:
            self._drawn = process(self._parameters, self.size, (simulator.state.settings.seed, self.number), now)
        if self._drawn.extend(until):
            simulation.set_trains(self.number, self._drawn.trains())

    def rewind(self):
        self._drawn = None


def _filled(value, size):
    """One value a neuron."""
    if isinstance(value, Sequence) or isinstance(value, np.ndarray) and value.dtype == object:
        values = np.empty(size, dtype=object)
        values[:] = [value] * size if isinstance(value, Sequence) else list(value)
        return values
    return np.array(np.broadcast_to(np.asarray(value, dtype=float), (size,)))


def _trains(sequences, label):
    """Spike times of PyNN's Sequences as one array, checked."""
    lengths = np.fromiter((len(s.value) for s in sequences), dtype=np.int64, count=len(sequences))
    begin = np.concatenate(([0], np.cumsum(lengths)))
    times = np.concatenate([np.asarray(s.value, dtype=float) for s in sequences]) if len(sequences) else np.array([])
    falls = np.diff(times) < 0
    falls[begin[(begin > 0) & (begin < len(times))] - 1] = False       # from one neuron to the next
    if falls.any() or not np.isfinite(times).all():
        bad = int(np.argmax(falls)) + 1 if falls.any() else int(np.argmin(np.isfinite(times)))
        neuron = int(np.searchsorted(begin, bad, side="right")) - 1
        found = f"{times[bad]} after {times[bad - 1]}" if falls.any() else f"{times[bad]}"
        raise InputError(f'population "{label}", neuron {neuron}: spike_times: expected ascending times (ms), found {found}')
    return Trains(times, begin)
