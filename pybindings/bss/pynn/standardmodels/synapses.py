"""Synapse types."""
from pyNN.standardmodels import build_translations, synapses

from ..simulator import state
from .native import NotHere, native


class _Delayed:
    """A synapse that knows whether the user gave its delay: on the wafer it is that of the route."""

    def __init__(self, *args, **parameters):
        self.delay_given = parameters.get("delay") is not None
        super().__init__(*args, **parameters)

    def _get_minimum_delay(self):
        return state.smallest_delay


@native
class StaticSynapse(_Delayed, synapses.StaticSynapse):
    __doc__ = synapses.StaticSynapse.__doc__


@native
class TsodyksMarkramSynapse(_Delayed, synapses.TsodyksMarkramSynapse):
    __doc__ = synapses.TsodyksMarkramSynapse.__doc__


@native
class SimpleStochasticSynapse(_Delayed, synapses.SimpleStochasticSynapse):
    __doc__ = synapses.SimpleStochasticSynapse.__doc__


class STDPMechanism(_Delayed, synapses.STDPMechanism):
    __doc__ = synapses.STDPMechanism.__doc__
    base_translations = build_translations(*((name, name) for name in ("weight", "delay", "dendritic_delay_fraction")))

    def _build_translations(self):
        parts = (self.timing_dependence, self.weight_dependence, self.voltage_dependence)
        self.translations = {**self.base_translations, **{name: text for part in parts if part for name, text in part.translations.items()}}

    @property
    def rules(self):
        return type(self.timing_dependence).__name__, type(self.weight_dependence).__name__


@native
class AdditiveWeightDependence(synapses.AdditiveWeightDependence):
    __doc__ = synapses.AdditiveWeightDependence.__doc__
    possible_models = {"pair"}


@native
class MultiplicativeWeightDependence(synapses.MultiplicativeWeightDependence):
    __doc__ = synapses.MultiplicativeWeightDependence.__doc__
    possible_models = {"pair"}


@native
class AdditivePotentiationMultiplicativeDepression(synapses.AdditivePotentiationMultiplicativeDepression):
    __doc__ = synapses.AdditivePotentiationMultiplicativeDepression.__doc__
    possible_models = {"pair"}


@native
class GutigWeightDependence(synapses.GutigWeightDependence):
    __doc__ = synapses.GutigWeightDependence.__doc__
    possible_models = {"pair"}


@native
class SpikePairRule(synapses.SpikePairRule):
    __doc__ = synapses.SpikePairRule.__doc__
    possible_models = {"pair"}


class ElectricalSynapse(NotHere):
    pass


class StochasticTsodyksMarkramSynapse(NotHere):
    pass


class MultiQuantalSynapse(NotHere):
    pass


class Vogels2011Rule(NotHere):
    pass
