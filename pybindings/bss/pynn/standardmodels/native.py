"""Models whose native parameters are PyNN's."""
from pyNN.standardmodels import build_translations
from pyNN.standardmodels.base import ModelNotAvailable


def native(cls):
    """Gives a model translations that change nothing."""
    cls.translations = build_translations(*((name, name) for name in cls.default_parameters))
    cls.__doc__ = cls.__doc__ or cls.__mro__[1].__doc__
    return cls


class NotHere(ModelNotAvailable):
    """A model that this backend has not, in either mode."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(f"{type(self).__name__}: neither the hardware nor the plain simulator of this backend has it (docs/pynn.md lists what there is)")
