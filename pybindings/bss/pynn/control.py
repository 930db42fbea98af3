"""Set-up and control of a simulation."""
from pyNN import common
from pyNN.common.control import DEFAULT_MAX_DELAY, DEFAULT_MIN_DELAY, DEFAULT_TIMESTEP
from pyNN.recording import get_io

from . import settings, simulator
from .exceptions import InputError

state = simulator.state


def setup(timestep=DEFAULT_TIMESTEP, min_delay=DEFAULT_MIN_DELAY, **keywords):
    """Starts anew. Keywords are the keys of the configuration (docs/configuration.md) by their own name:

    mode ("hardware" | "ideal"), speedup, seed; wafer_id, technology, hicanns, defects, calibration, imperfections; neuron_size, potentials, capacitor, leak,
    driver_chain_length, max_synapse_loss, mapping_seed, mapping_file; strict; backend ("auto" | "cpu" | "cuda"), threads. Those that nobody knows are warned
    about; with strict=True they are errors.
    """
    if isinstance(min_delay, (int, float)) and min_delay < timestep and min_delay > 0:
        raise InputError(f"setup(): min_delay: expected at least the timestep ({timestep} ms), found {min_delay}")
    read = settings.read(timestep, keywords)
    common.setup(timestep, min_delay, **keywords)
    state.setup(read, min_delay, keywords.get("max_delay", DEFAULT_MAX_DELAY))
    return rank()


def end(compatible_output=True):
    """Writes the files that record(…, to_file) asked for. What was recorded can still be read."""
    for population, variables, filename in state.write_on_end:
        population.write_data(get_io(filename), variables)
    state.write_on_end = []


_run, run_until = common.build_run(simulator)


def run(simtime, callbacks=None):
    """Goes on by simtime ms; None: only maps the network. Returns the time."""
    if simtime is None:
        state.map()
        return state.t
    return _run(simtime, callbacks)


run.__doc__ += _run.__doc__
run_for = run
reset = common.build_reset(simulator)
initialize = common.initialize
get_current_time, get_time_step, get_min_delay, get_max_delay, num_processes, rank = common.build_state_queries(simulator)
