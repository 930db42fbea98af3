"""Exceptions of this backend: each one is PyNN's where PyNN has one, and the compiled core's at the same time."""
from contextlib import contextmanager

from pyNN import errors

from .. import _core


class InputError(_core.InputError, errors.InvalidParameterValueError):
    """Something that cannot be used; the message names what, what was expected and what was found."""


class SynapseLossError(_core.SynapseLossError, errors.ConnectionError):
    """More synapses were lost in the mapping than max_synapse_loss allows."""


class StrictError(_core.StrictError, errors.InvalidParameterValueError):
    """`strict` found warnings, clipped values or losses."""


class NotOnHardware(errors.InvalidModelError, NotImplementedError):
    """A model or mechanism that the hardware, or this model of it, does not have."""


@contextmanager
def as_pynn():
    """Errors of the compiled core as ours."""
    try:
        yield
    except (_core.InputError, _core.SynapseLossError, _core.StrictError) as error:
        ours = next(c for c in (InputError, SynapseLossError, StrictError) if isinstance(error, c.__bases__[0]))
        raise ours(str(error)) from None
