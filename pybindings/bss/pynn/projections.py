"""Projection: the synapses of one kind between two populations, views or assemblies, as arrays."""
from copy import copy, deepcopy
from functools import cached_property

import numpy as np
from pyNN import common, errors
from pyNN.core import IndexBasedExpression
from pyNN.parameters import LazyArray, ParameterSpace
from pyNN.space import Space
from pyNN.standardmodels.base import excitatory_receptor_types, inhibitory_receptor_types

from . import connectors, simulator
from .simulation import Synapses
from .standardmodels.synapses import StaticSynapse

MOST_CELLS = 1 << 28        # of a matrix that get(format="array") makes (2 GiB)


class Connection(common.Connection):
    """One synapse. Its attributes are those of the synapse type; setting one sets it in the projection."""

    def __init__(self, projection, number):
        self.__dict__.update(_projection=projection, _number=number)

    @property
    def presynaptic_index(self):
        return int(self._projection.pre_index[self._number])

    @property
    def postsynaptic_index(self):
        return int(self._projection.post_index[self._number])

    def __getattr__(self, name):
        try:
            values = self._projection._current(name)
        except KeyError:
            raise AttributeError(name) from None
        return values if np.ndim(values) == 0 else float(values[self._number])

    def __setattr__(self, name, value):
        if name not in self._projection.values:
            raise AttributeError(name)
        self._projection._set_some(name, self._number, value)

    def as_tuple(self, *attribute_names):
        return tuple(getattr(self, name) for name in attribute_names)


class Projection(common.Projection):
    __doc__ = common.Projection.__doc__
    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(self, presynaptic_population, postsynaptic_population, connector, synapse_type=None, source=None, receptor_type=None, space=Space(), label=None):
        if hasattr(postsynaptic_population, "receptor_types") and not postsynaptic_population.receptor_types:
            kind = getattr(getattr(postsynaptic_population, "celltype", None), "__class__", type(postsynaptic_population)).__name__
            raise errors.ConnectionError(f"{kind} \"{postsynaptic_population.label}\" receives no synapses: it has no receptor")
        super().__init__(presynaptic_population, postsynaptic_population, connector, synapse_type, source, receptor_type, space, label)
        self.number = len(simulator.state.projections)
        self.values = {}                        # parameter -> one for all, or one a synapse
        self.delay_given = getattr(self.synapse_type, "delay_given", True)
        self._pieces = []
        self._changed = set()
        self._simulation = None
        connectors.connect(connector, self)
        simulator.state.projections.append(self)

    # ---- synapses: ascending by (post, pre); those of one pair as they were made

    def take(self, pre, post, given=None, check=True):
        """Takes synapses. Those that come with parameters (`given`; the others are the synapse type's) may stand in any order."""
        pre, post = np.asarray(pre, dtype=np.uint32), np.asarray(post, dtype=np.uint32)
        values = connectors.values_of(self, pre, post, given)
        if check and not given:
            self._check_weights(values["weight"])
        if given and "delay" in given:
            self.delay_given = True
        if given is not None:
            order = np.lexsort((pre, post))
            pre, post = pre[order], post[order]
            values = {name: value if np.ndim(value) == 0 else value[order] for name, value in values.items()}
        self.pre_index, self.post_index, self.values = pre, post, values

    def _convergent_connect(self, presynaptic_indices, postsynaptic_index, location_selector=None, **connection_parameters):
        """What PyNN's own connectors call for every target neuron; gather() comes afterwards."""
        if location_selector is not None:
            raise NotImplementedError("location_selector: cells here have no compartments")
        self._pieces.append((np.atleast_1d(presynaptic_indices).astype(np.uint32), postsynaptic_index, connection_parameters))

    def gather(self):
        """Takes what _convergent_connect() collected."""
        pieces, self._pieces = self._pieces, []
        lengths = [len(pre) for pre, _, _ in pieces]
        pre = np.concatenate([p for p, _, _ in pieces]) if pieces else np.array([], dtype=np.uint32)
        post = np.repeat(np.array([int(p) for _, p, _ in pieces], dtype=np.uint32), lengths)
        names = list(pieces[0][2]) if pieces else self.synapse_type.get_parameter_names()
        given = {}
        for name in names:
            values = [p[name] for _, _, p in pieces]
            if values and all(np.ndim(v) == 0 and v == values[0] for v in values):
                given[name] = values[0]
            else:
                given[name] = np.concatenate([np.broadcast_to(v, (n,)) for v, n in zip(values, lengths)]) if values else np.array([])
        before = self.delay_given
        self.take(pre, post, given, check=False)    # PyNN's loop has checked
        self.delay_given = before

    def _check_weights(self, weights):
        """Signs that the receptor allows: PyNN's rule, with numbers in its message."""
        receptor = "excitatory" if self.receptor_type in excitatory_receptor_types else "inhibitory" if self.receptor_type in inhibitory_receptor_types else None
        conductance = self.post.conductance_based
        low, high = (np.min(weights), np.max(weights)) if np.size(weights) else (0.0, 0.0)
        if not np.isfinite([low, high]).all():
            raise errors.ConnectionError(f"projection {self.label}: weight: expected finite numbers, found {low if not np.isfinite(low) else high}")
        if (conductance or receptor == "excitatory") and low < 0:
            raise errors.ConnectionError(f"projection {self.label}: weight: expected at least 0 for conductances and for excitatory synapses, found {low}")
        if not conductance and receptor == "inhibitory" and high > 0:
            raise errors.ConnectionError(f"projection {self.label}: weight: expected at most 0 for an inhibitory current, found {high}")

    def _guess_receptor_type(self):
        """Excitatory unless the weight is negative."""
        weight = self.expressions(copy(self.synapse_type.native_parameters))["weight"]
        weight.shape = self.shape
        sign = weight.evaluate(simplify=True) if weight.is_homogeneous else self._one(weight)
        self.receptor_type = self.post.receptor_types[1 if sign < 0 and len(self.post.receptor_types) > 1 else 0]

    def _one(self, weight):
        """A value of a weight that differs between synapses, without a draw from the user's generator: a distribution's sign is that of a draw from a copy."""
        return float(np.ravel(deepcopy(weight)[self.pre.size - 1, self.post.size - 1])[0])

    @cached_property
    def pre_ids(self):
        return self.pre.all_cells.astype(np.int64)

    @cached_property
    def post_ids(self):
        return self.post.all_cells.astype(np.int64)

    @property
    def recurrent(self):
        """Both ends are the same neurons."""
        return self.pre.size == self.post.size and np.array_equal(self.pre_ids, self.post_ids)

    def __len__(self):
        return len(self.pre_index)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [Connection(self, k) for k in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(f"projection {self.label} has {len(self)} connections, none with number {i}")
        return Connection(self, i % len(self))

    @property
    def connections(self):
        return (Connection(self, k) for k in range(len(self)))

    # ---- distances

    def distances(self, i, j):
        """Between sources i and targets j, element by element, in this projection's space."""
        space = self.space
        source, target = self._positions
        total = 0.0
        for axis in space.axes:
            apart = source[axis][i] - space.scale_factor * (target[axis] + np.broadcast_to(space.offset, 3)[axis])[j]
            boundaries = space.periodic_boundaries[axis] if space.periodic_boundaries is not None else None
            if boundaries is not None:
                apart = np.minimum(abs(apart), boundaries[1] - boundaries[0] - abs(apart))
            total = total + apart**2
        return np.sqrt(total)

    @cached_property
    def _positions(self):
        return self.pre.positions, self.post.positions

    def expressions(self, space):
        """Functions of the distance or of the indices in a parameter space, bound to this projection."""
        distance = LazyArray(lambda i, j: self.distances(i, j), shape=self.shape)      # a function: lazy arrays are copied, what it is bound to must not be
        for name, lazy in space.items():
            if isinstance(lazy.base_value, IndexBasedExpression):
                bound = copy(lazy)
                bound.base_value = copy(lazy.base_value)
                bound.base_value.projection = self
                space[name] = bound
            elif callable(lazy.base_value):
                space[name] = lazy(distance)
        return space

    _handle_distance_expressions = expressions

    # ---- reading and setting

    def _current(self, name):
        """Values of a parameter as they are now: plastic weights move."""
        if name == "weight" and self._simulation is not None and self.synapse_type.__class__.__name__ == "STDPMechanism":
            return self._simulation.get_synapses(self.number, name)
        return self.values[name]

    def get(self, attribute_names, format, gather=True, with_address=True, multiple_synapses="sum"):
        """As PyNN's; and format="coo": arrays (pre, post, values of each attribute), a number where it is the same for all. It is the one for large projections."""
        if format == "coo":
            names = [attribute_names] if isinstance(attribute_names, str) else list(attribute_names)
            return self.pre_index.copy(), self.post_index.copy(), *(np.array(np.broadcast_to(self._named(name), (len(self),))) for name in names)
        if format == "array" and self.pre.size * self.post.size > MOST_CELLS:
            raise MemoryError(f'{self.pre.size} × {self.post.size} numbers are too many for format="array": format="coo" gives (pre, post, values) of the {len(self)} synapses')
        return super().get(attribute_names, format, gather, with_address, multiple_synapses)

    get.__doc__ += common.Projection.get.__doc__

    def _named(self, name):
        if name in ("presynaptic_index", "postsynaptic_index"):
            return self.pre_index if name == "presynaptic_index" else self.post_index
        try:
            return self._current(name)
        except KeyError:
            raise errors.NonExistentParameterError(name, type(self.synapse_type).__name__, self.synapse_type.get_parameter_names()) from None

    def _get_attributes_as_list(self, names):
        return [*zip(*(np.broadcast_to(self._named(name), (len(self),)).tolist() for name in names))]

    def _get_attributes_as_arrays(self, names, multiple_synapses="sum"):
        return [self._matrix(self._named(name), multiple_synapses) for name in names]

    def _matrix(self, values, multiple_synapses):
        """pre × post, NaN where there is no synapse."""
        matrix = np.full(self.shape, np.nan)
        if len(self) == 0:
            return matrix
        values = np.broadcast_to(values, (len(self),))
        first = np.flatnonzero(np.append(True, (self.pre_index[1:] != self.pre_index[:-1]) | (self.post_index[1:] != self.post_index[:-1])))
        if multiple_synapses == "first":
            of_pairs = values[first]
        elif multiple_synapses == "last":
            of_pairs = values[np.append(first[1:], len(self)) - 1]
        else:
            of_pairs = {"sum": np.add, "min": np.minimum, "max": np.maximum}[multiple_synapses].reduceat(values, first)
        matrix[self.pre_index[first], self.post_index[first]] = of_pairs
        return matrix

    def get_realised(self, attribute_names, format, gather=True, with_address=True, multiple_synapses="sum"):
        """As get(), what the hardware made of it as the calibration expects it; NaN: lost. Only weights differ from what was asked for."""
        weights = simulator.state.built().realised_weights(self.number)
        shown = copy(self)
        shown.values = {**self.values, "weight": weights}
        shown._simulation = None
        return Projection.get(shown, attribute_names, format, gather, with_address, multiple_synapses)

    def set(self, **attributes):
        of_pairs = {name: value for name, value in attributes.items() if isinstance(value, list) or isinstance(value, np.ndarray) and value.ndim == 1}
        space = ParameterSpace({name: value for name, value in attributes.items() if name not in of_pairs}, self.synapse_type.get_schema(), self.shape)
        self._set_attributes(self.expressions(space))
        for name, value in of_pairs.items():
            self._set_values(name, self._by_pair(name, value))

    set.__doc__ = common.Projection.set.__doc__

    def _by_pair(self, name, values):
        """A list has one value for each connected pair, source by source."""
        key = self.pre_index.astype(np.uint64) << np.uint64(32) | self.post_index
        pairs, of_pair = np.unique(key, return_inverse=True)
        if len(values) != len(pairs):
            raise errors.InvalidDimensionsError(f"projection {self.label}: {name}: expected a value for each of {len(pairs)} connected pairs, found {len(values)}")
        return np.asarray(values, dtype=float)[of_pair]

    def _set_attributes(self, parameter_space):
        for name, lazy in parameter_space.items():
            lazy.shape = self.shape
            self._set_values(name, connectors.evaluated(lazy, self.pre_index, self.post_index))

    def _set_values(self, name, values):
        if name not in self.values:
            raise errors.NonExistentParameterError(name, type(self.synapse_type).__name__, self.synapse_type.get_parameter_names())
        self.values[name] = values
        self._changed.add(name)
        if name == "delay":
            self.delay_given = True

    def _set_some(self, name, places, value):
        values = np.array(np.broadcast_to(self._current(name), (len(self),)), dtype=float)
        values[places] = value
        self._set_values(name, values)

    def _set_initial_value_array(self, variable, initial_value):
        raise NotImplementedError(f"projection {self.label}: synapses here have no state variable {variable} to initialise")

    # ---- handing over (simulator.State)

    def describe_synapses(self):
        """The projection as it is handed over whole."""
        self._changed = set()
        return Synapses(self.label or f"projection{self.number}", self.pre.end, self.post.end, self.receptor_type, self.pre_index, self.post_index,
                        type(self.synapse_type).__name__, dict(self.values), self.delay_given, getattr(self.synapse_type, "rules", None))

    def push(self, simulation):
        """Hands over what was set since the last time."""
        self._simulation = simulation
        if self._changed:
            simulation.set_synapses(self.number, {name: self.values[name] for name in self._changed})
        self._changed = set()
