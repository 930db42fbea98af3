"""Sources of the plain simulator: spikes that are known beforehand."""
import numpy as np

from ..simulation import Trains
from ..sources import Poisson


class Source:
    """Given spike times. An event acts at the first step that does not lie before it."""

    def __init__(self, cells, dt, seed):
        self.size, self.dt = cells.size, dt
        self.neurons, self.times, self.steps = np.array([], dtype=np.int64), np.array([]), np.array([], dtype=np.int64)
        self.load(cells.trains or Trains(np.array([]), np.zeros(cells.size + 1, dtype=np.int64)), -1.0)

    def load(self, trains, now):
        """Other times; those before now are past, and those that have come and not acted yet stay."""
        step = int(round(now / self.dt))
        waiting = (self.times <= now) & (self.steps >= step)
        coming = trains.times > now
        neurons = np.repeat(np.arange(self.size), np.diff(trains.begin))
        self.neurons = np.concatenate([self.neurons[waiting], neurons[coming]])
        self.times = np.concatenate([self.times[waiting], trains.times[coming]])
        order = np.lexsort((self.neurons, self.times))
        self.neurons, self.times = self.neurons[order], self.times[order]
        self.steps = np.ceil(self.times / self.dt - 1e-6).astype(np.int64)
        self.trains = trains

    def extend(self, now, until):
        """Draws what will be needed."""

    def rewind(self):
        self.times = np.array([])
        self.neurons = self.steps = np.array([], dtype=np.int64)
        self.load(self.trains, -1.0)

    def between(self, after, until):
        """(neurons, times) of spikes after a time, up to another."""
        first, last = np.searchsorted(self.times, [after, until], side="right")
        return self.neurons[first:last], self.times[first:last]

    def at(self, step):
        """Neurons whose spikes act at a step."""
        first, last = np.searchsorted(self.steps, [step, step + 1])
        return self.neurons[first:last]


class PoissonSource(Source):
    """A Poisson process for each neuron, drawn as it is needed."""

    def __init__(self, cells, dt, seed):
        self.seed = seed
        self.parameters = {name: np.array(np.broadcast_to(np.asarray(value, dtype=float), (cells.size,))) for name, value in cells.parameters.items()}
        self.process = None
        super().__init__(cells, dt, seed)

    def set(self, parameters):
        self.parameters.update({name: np.array(np.broadcast_to(np.asarray(value, dtype=float), (self.size,))) for name, value in parameters.items()})
        self.process = None

    def extend(self, now, until):
        if self.process is None:
            self.process = Poisson(self.parameters, self.size, self.seed, now)
        if self.process.extend(until):
            self.load(self.process.trains(), now if now > 0 else -1.0)

    def rewind(self):
        self.process = None
        self.trains = Trains(np.array([]), np.zeros(self.size + 1, dtype=np.int64))
        super().rewind()
