"""State of the backend: what was built, and what runs it."""
import sys
import time
import warnings

import numpy as np
from pyNN import common

from .exceptions import as_pynn
from .settings import Settings

name = "BrainScaleS-1"


class ID(int, common.IDMixin):
    """A neuron."""


class State(common.control.BaseState):
    mpi_rank = 0
    num_processes = 1

    def __init__(self):
        super().__init__()
        self.setup(Settings())

    def setup(self, settings, min_delay="auto", max_delay="auto"):
        """Forgets everything, and starts with these settings."""
        self.settings = settings
        self.dt = settings.timestep
        self._min_delay, self._max_delay = min_delay, max_delay
        self.recorders = set()
        self.write_on_end = []
        self.populations, self.projections, self.currents = [], [], []
        self.places = []
        self.simulation = None
        self._built = None      # how many populations and projections it has, and whether currents flow that no chip gives
        self.id_counter = 0
        self.segment_counter = 0
        self.running = False
        self.t = self.t_start = 0.0

    @property
    def hardware(self):
        return self.settings.mode == "hardware"

    @property
    def min_delay(self):
        return self._delay(self._min_delay, np.min)

    @property
    def max_delay(self):
        return self._delay(self._max_delay, np.max)

    def _delay(self, asked, of):
        """The delay given to setup(); `auto`: that of the network, once it has run."""
        if asked != "auto" or not self.running:
            return asked
        delays = [of(projection.values["delay"]) for projection in self.projections if len(projection) and "delay" in projection.values]
        return float(of(delays)) if delays else self.dt

    @property
    def smallest_delay(self):
        """Of a synapse whose user gave none."""
        return self.dt if self._min_delay == "auto" else self._min_delay

    def place(self, population, neurons, hicanns, size):
        """A placement by hand (hardware.place); the network is mapped anew."""
        self.places.append((population, neurons, hicanns, size))
        self._built = None

    def use_mapping(self, path):
        self.settings.keys["mapping.file"] = str(path)
        self._built = None

    # ---- running

    def build(self):
        """Hands the network over, when it is new or has got new parts."""
        parts = (len(self.populations), len(self.projections), not self.hardware and any(current.targets for current in self.currents))
        if self.simulation is not None and parts == self._built:
            return
        if self.t > 0:
            raise RuntimeError(f"the network's structure and placement can change at time 0 only, now is {self.t} ms: call reset() first")
        from .build import build    # it needs the classes that need this module
        self.simulation = build(self)
        self._built = parts

    def push(self):
        """Hands over what changed since the last run."""
        for part in (*self.populations, *self.projections):
            part.push(self.simulation)
        for recorder in self.recorders:
            recorder.push(self.simulation)

    def map(self):
        if not self.populations:
            return
        with as_pynn():
            self.build()
            self.push()
            self.draw(0.0)
            self.simulation.map()
        self._warn()

    def built(self):
        """What runs the network, mapped."""
        self.map()
        return self.simulation

    def draw(self, until):
        """Spikes of sources that Python draws (sources.py), up to a time."""
        for population in self.populations:
            population.draw(self.simulation, self.t, until)

    def run_until(self, tstop):
        if not self.populations:        # nothing but time
            self.t, self.running = tstop, True
            return
        with as_pynn():
            self.build()
            self.push()
            self.draw(tstop)
            try:
                self.simulation.run(tstop, self._progress(tstop))
            finally:
                self.t = self.simulation.now_ms
                self.running = self.running or self.t > 0
                self._erase_progress()
        self._warn()

    def run(self, simtime):
        self.run_until(self.t + simtime)

    def reset(self):
        """Time 0 again, and a new segment."""
        if self.running:
            self.segment_counter += 1
        self.running = False
        self.t = self.t_start = 0.0
        if self.simulation is not None:
            self.push()
            self.simulation.reset()
        for population in self.populations:
            population.rewind()

    def _warn(self):
        """What the mapping and the run had to change, once for each kind."""
        for code, text in self.simulation.new_warnings():
            warnings.warn(f"{code}: {text}", stacklevel=4)

    def _progress(self, tstop):
        """A line on terminals, for runs that take longer than two seconds."""
        self._line = False
        if not sys.stderr.isatty():
            return None
        begin, first = time.monotonic(), self.t

        def show(now):
            if time.monotonic() - begin > 2:
                self._line = True
                print(f"\r{now:.0f} of {tstop:.0f} ms ({100 * (now - first) / (tstop - first):.0f} %)", end="", file=sys.stderr, flush=True)
        return show

    def _erase_progress(self):
        if self._line:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


state = State()
