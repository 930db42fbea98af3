"""Python side of the BrainScaleS-1 software model: result folders and what can be made of them."""

from .results import NoResult, ResultFolder

__all__ = ["NoResult", "ResultFolder"]
__version__ = "0.1.0"
