"""BrainScaleS-1 in software: the compiled core (bss._core), the PyNN backend (bss.pynn), result folders and what can be made of them."""

import importlib

from .results import NoResult, ResultFolder

__all__ = ["InputError", "NoResult", "ResultFolder", "RunError", "StrictError", "SynapseLossError", "load"]

_WHERE = {"__version__": "_core", "InputError": "_core", "RunError": "_core", "StrictError": "_core", "SynapseLossError": "_core", "load": "blocks"}


def __getattr__(name):
    """What takes a moment to import is imported when somebody wants it."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("." + _WHERE[name], __name__), name)
