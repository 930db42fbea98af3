"""Spike sources whose spikes Python draws: renewal processes, many neurons at a time."""
import numpy as np

from .simulation import Trains


class Renewal:
    """Spikes of a population whose inter-spike intervals are independent. parameters: start and duration (ms) and those of the intervals, one value a neuron."""

    def __init__(self, parameters, size, seed, now):
        self.p = parameters
        self.size = size
        self.random = np.random.Generator(np.random.Philox(key=np.array(seed, dtype=np.uint64)))
        self.stop = parameters["start"] + parameters["duration"]
        self.next = np.maximum(parameters["start"], now) + self.first()
        self.until = now
        self.neurons, self.times = np.array([], dtype=np.int64), np.array([])

    def first(self):
        """Time from the start to the first spike, ms."""
        return self.intervals(1)[:, 0]

    def extend(self, until):
        """Draws all spikes up to a time; whether there are new ones to hand over. They are drawn at least a second ahead, so that the mapping sees their rates."""
        if until <= self.until:
            return False
        until = max(until, self.until + 1000.0)
        new_neurons, new_times = [], []
        while (active := np.flatnonzero(np.minimum(until, self.stop) > self.next)).size:
            count = int(np.ceil(np.max((until - self.next[active]) / self.mean()[active]))) + 1
            times = np.cumsum(np.column_stack([self.next[active], self.intervals(min(count, 1000), active)]), axis=1)
            taken = (times < np.minimum(until, self.stop[active])[:, None])
            taken[:, -1] = False                            # it is where the next batch begins
            new_neurons.append(np.repeat(active, taken.sum(axis=1)))
            new_times.append(times[taken])
            self.next[active] = times[np.arange(len(active)), taken.sum(axis=1)]
        if new_times:
            self.neurons, self.times = np.concatenate([self.neurons, *new_neurons]), np.concatenate([self.times, *new_times])
            order = np.lexsort((self.times, self.neurons))
            self.neurons, self.times = self.neurons[order], self.times[order]
        self.until = until
        return True

    def trains(self):
        return Trains(self.times, np.concatenate(([0], np.cumsum(np.bincount(self.neurons, minlength=self.size)))))


class Poisson(Renewal):
    def mean(self):
        return 1000.0 / np.maximum(self.p["rate"], 1e-12)

    def intervals(self, count, members=slice(None)):
        mean = self.mean()[members]
        return self.random.exponential(mean[:, None], (len(mean), count))


class PoissonRefractory(Renewal):
    def mean(self):
        return 1000.0 / np.maximum(self.p["rate"], 1e-12)

    def intervals(self, count, members=slice(None)):
        dead = self.p["tau_refrac"][members]
        free = np.maximum(self.mean()[members] - dead, 0.0)
        return dead[:, None] + self.random.exponential(free[:, None], (len(free), count))


class Gamma(Renewal):
    def mean(self):
        return 1000.0 * self.p["alpha"] / self.p["beta"]

    def intervals(self, count, members=slice(None)):
        alpha = self.p["alpha"][members]
        return self.random.gamma(alpha[:, None], 1000.0 / self.p["beta"][members][:, None], (len(alpha), count))
