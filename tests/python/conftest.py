"""import pyNN.brainscales, as a user's script does, in one process. `ideal` and `hardware` are the backend after setup() in that mode."""

import os
import warnings

import pytest

# BSS_MODE sets the default mode: what a script that calls setup() without a mode gets; here each test says what it means.
os.environ.pop("BSS_MODE", None)

LIF = {"cm": 0.25, "tau_m": 10.0, "tau_refrac": 2.0, "tau_syn_E": 3.0, "tau_syn_I": 3.0, "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -80.0}
FIRING = {**LIF, "v_rest": -45.0}       # by itself
SMALL = {"hicanns": {"x": [16, 17], "y": [7, 8]}, "neuron_size": 4, "calibration": "oracle"}        # four chips: mapped in a moment


@pytest.fixture
def sim():
    import pyNN.brainscales as backend

    yield backend
    backend.setup(mode="ideal")         # lets go of the session


@pytest.fixture
def ideal(sim):
    sim.setup(timestep=0.1, mode="ideal")
    return sim


@pytest.fixture
def hardware(sim):
    """A wafer with every imperfection, of which four chips are used."""
    sim.setup(timestep=0.1, mode="hardware", **SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield sim


@pytest.fixture
def exact(sim):
    """A wafer without imperfections."""
    sim.setup(timestep=0.1, mode="hardware", imperfections="none", **{**SMALL, "calibration": "ideal"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield sim
