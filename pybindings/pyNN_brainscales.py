"""`import pyNN.brainscales` is bss.pynn. PyNN looks for its backends as modules of its own; the package itself stays outside, so that PyNN can be installed anew."""

import importlib
import sys

sys.modules[__name__] = importlib.import_module("bss.pynn")
