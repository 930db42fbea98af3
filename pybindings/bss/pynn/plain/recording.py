"""What the plain simulator keeps of spikes and state variables."""
import numpy as np


class SpikeLog:
    """Spikes of a population, of those neurons that are recorded."""

    def __init__(self, size):
        self.mask = np.zeros(size, dtype=bool)
        self.clear()

    def clear(self):
        self.neurons, self.times = [], []

    def add(self, neurons, times):
        keep = self.mask[neurons]
        if keep.any():
            self.neurons.append(neurons[keep])
            self.times.append(np.broadcast_to(times, neurons.shape)[keep])

    def read(self):
        if not self.times:
            return np.array([], dtype=np.int64), np.array([])
        neurons, times = np.concatenate(self.neurons), np.concatenate(self.times)
        order = np.lexsort((neurons, times))
        return neurons[order], times[order]


class SampleLog:
    """Samples of a variable of a population: pieces, each of some neurons."""

    def __init__(self):
        self.neurons = np.array([], dtype=np.int64)
        self.pieces, self.rows = [], []         # (neurons, rows) before, and the rows since the neurons were chosen
        self.start = self.every = None          # steps

    def record(self, neurons, every, now):
        """Other neurons from step `now` on."""
        if every != self.every:
            self.start, self.every, self.pieces, self.rows = now, every, [], []
        self._close()
        self.neurons = neurons

    def _close(self):
        if self.rows:
            self.pieces.append((self.neurons, np.array(self.rows)))
            self.rows = []

    def due(self, now):
        return self.every is not None and len(self.neurons) and (now - self.start) % self.every == 0

    def add(self, values):
        self.rows.append(values[self.neurons])

    def clear(self, now):
        self.pieces, self.rows, self.start = [], [], now

    def read(self, neurons, values, now):
        """samples[time, neuron], with the present one at the end (or not, between samples)."""
        pieces = [*self.pieces, (self.neurons, np.array([*self.rows, *([values[self.neurons]] if self.due(now) else [])]).reshape(-1, len(self.neurons)))]
        columns = []
        for members, rows in pieces:
            table = np.full((len(rows), len(neurons)), np.nan)
            place = np.searchsorted(members, neurons)
            there = (place < len(members)) & (members[np.minimum(place, len(members) - 1)] == neurons) if len(members) else np.zeros(len(neurons), dtype=bool)
            table[:, there] = rows[:, place[there]]
            columns.append(table)
        return np.concatenate(columns)
