"""Cell types.

`model` names what the simulation runs, `receptors` says what kind of synaptic input each receptor is (simulation.Cells), `process` draws the spikes of a source that
Python draws (sources.py).
"""
from functools import cached_property

from pyNN.parameters import ParameterSpace
from pyNN.standardmodels import StandardCellType, build_translations, cells

from ... import _core
from .. import sources
from .native import NotHere, native


def _cell(*kinds):
    """Decorator of a cell type whose receptors are of these kinds."""
    def decorate(cls):
        native(cls)
        cls.model = cls.__name__
        cls.receptors = dict(zip(cls.receptor_types, kinds))
        cls.process = None
        return cls
    return decorate


def _source(process=None):
    """Decorator of a spike source."""
    def decorate(cls):
        _cell()(cls)
        cls.process = process
        return cls
    return decorate


@_cell("CondExp", "CondExp")
class IF_cond_exp(cells.IF_cond_exp):
    """A membrane of the hardware: denmems with the exponential term and the adaptation switched off."""


@_cell("CondExp", "CondExp")
class EIF_cond_exp_isfa_ista(cells.EIF_cond_exp_isfa_ista):
    """The AdEx membrane of the hardware."""


@_cell("CondAlpha", "CondAlpha")
class IF_cond_alpha(cells.IF_cond_alpha):
    pass


@_cell("CondAlpha", "CondAlpha")
class EIF_cond_alpha_isfa_ista(cells.EIF_cond_alpha_isfa_ista):
    pass


@_cell("CurrExp", "CurrExp")
class IF_curr_exp(cells.IF_curr_exp):
    pass


@_cell("CurrAlpha", "CurrAlpha")
class IF_curr_alpha(cells.IF_curr_alpha):
    pass


@_cell("CurrDelta", "CurrDelta")
class IF_curr_delta(cells.IF_curr_delta):
    pass


@_cell("CondExp", "CondExp")
class HH_cond_exp(cells.HH_cond_exp):
    receptor_types = ("excitatory", "inhibitory")


class HICANNNeuron(StandardCellType):
    """A denmem by its own floating gates: parameters are DAC values (0-1023), one a neuron; hardware mode only."""
    model = "HardwareNeuron"
    receptors = {"excitatory": "CondExp", "inhibitory": "CondExp"}
    process = None
    default_parameters = {name: value for name, (value, _, _) in _core.cell_parameters("HardwareNeuron").items()}
    translations = build_translations(*((name, name) for name in default_parameters))
    default_initial_values = {"v": -65.0}
    recordable = ["spikes", "v", "w", "gsyn_exc", "gsyn_inh"]
    units = {"v": "mV", "w": "nA", "gsyn_exc": "uS", "gsyn_inh": "uS", **{name: "dimensionless" for name in default_parameters}}


@native
class LIF(cells.LIF):
    scale_factors = {"v": 1}


@native
class AdExp(cells.AdExp):
    scale_factors = {"v": 1, "w": 1}


class PointNeuron(cells.PointNeuron):
    __doc__ = """A neuron model (LIF, AdExp) with receptors by name. Parameters of a receptor are named like "AMPA.tau_syn"."""
    process = None

    def __init__(self, neuron, **post_synaptic_receptors):
        super().__init__(neuron, **post_synaptic_receptors)
        components = {"": neuron, **{f"{name}.": self.post_synaptic_receptors[name] for name in self.receptor_types}}
        flat = {prefix + name: value for prefix, part in components.items() for name, value in part.parameter_space.items() if name != "locations"}
        self.parameter_space = ParameterSpace(flat, self.get_schema())
        self.translations = build_translations(*((name, name) for name in flat))

    @property
    def model(self):
        return type(self.neuron).__name__

    @property
    def receptors(self):
        return {name: self.post_synaptic_receptors[name].kind for name in self.receptor_types}

    @cached_property
    def default_parameters(self):
        receptors = {f"{name}.{key}": value for name in self.receptor_types for key, value in self.post_synaptic_receptors[name].default_parameters.items() if key != "locations"}
        return {**self.neuron.default_parameters, **receptors}

    def get_schema(self):
        return dict.fromkeys(self.default_parameters, float)

    def get_parameter_names(self):
        return list(self.default_parameters)

    def has_parameter(self, name):
        return name in self.default_parameters

    def translate(self, parameters, copy=True):
        return parameters

    @property
    def native_parameters(self):
        return ParameterSpace(dict(self.parameter_space.items()), self.get_schema())

    def get_native_names(self, *names):
        return list(names or self.default_parameters)

    def reverse_translate(self, native_parameters):
        return native_parameters

    def simple_parameters(self):
        return list(self.default_parameters)

    def scaled_parameters(self):
        return []

    computed_parameters = scaled_parameters

    def computed_parameters_include(self, parameter_names):
        return False


@_source()
class SpikeSourceArray(cells.SpikeSourceArray):
    pass


@_source()
class SpikeSourcePoisson(cells.SpikeSourcePoisson):
    pass


@_source(sources.PoissonRefractory)
class SpikeSourcePoissonRefractory(cells.SpikeSourcePoissonRefractory):
    pass


@_source(sources.Gamma)
class SpikeSourceGamma(cells.SpikeSourceGamma):
    pass


class IF_cond_exp_gsfa_grr(NotHere):
    pass


class IF_facets_hardware1(NotHere):
    pass


class Izhikevich(NotHere):
    pass


class GIF_cond_exp(NotHere):
    pass


class SpikeSourceInhGamma(NotHere):
    pass


class MultiCompartmentNeuron(NotHere):
    pass
