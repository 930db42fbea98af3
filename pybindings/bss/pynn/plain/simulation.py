"""The plain simulator as a Simulation."""
import signal
import threading

import numpy as np

from ..simulation import Description
from . import neurons, synapses
from .recording import SampleLog, SpikeLog
from .sources import PoissonSource, Source

STEPS_AT_ONCE = 1000        # whose currents from electrodes are worked out together


class PlainSimulation:
    hardware = False

    def __init__(self, description: Description):
        self.dt = description.timestep
        self.step = 0
        self.cells = description.cells
        self.currents = description.currents
        self.random = np.random.Generator(np.random.Philox(description.seed))
        self.seed = description.seed
        self.populations = []           # Neurons or Source
        for number, cells in enumerate(description.cells):
            if cells.model in neurons.MODELS:
                self.populations.append(neurons.MODELS[cells.model](cells, self.dt))
            else:
                kind = PoissonSource if cells.model == "SpikeSourcePoisson" else Source
                self.populations.append(kind(cells, self.dt, (description.seed, number)))
        self.spike_logs = [SpikeLog(cells.size) for cells in description.cells]
        self.sample_logs = {}           # (population, variable)
        self.values = [{name: np.array(np.broadcast_to(np.asarray(value, dtype=float), (len(s.pre_index),))) for name, value in s.parameters.items()}
                       for s in description.synapses]
        self.weights = [values["weight"].copy() for values in self.values]      # at time 0
        self.blocks = [[] for _ in description.synapses]                        # of each projection
        self.leaving = [[] for _ in description.cells]                          # (block, target, receptor) of each population
        for number, s in enumerate(description.synapses):
            self._join(number, s)
        self._events()

    def _join(self, number, s):
        """The synapses of a projection, by pairs of populations."""
        pre, post = _global(s.pre, self.cells), _global(s.post, self.cells)
        source, target = pre[0][s.pre_index], post[0][s.post_index]
        for i in np.unique(pre[0]):
            for j in np.unique(post[0]):
                place = np.flatnonzero((source == i) & (target == j))
                if len(place):
                    extra = {"rules": s.rules} if s.rules else {}
                    block = synapses.MODELS[s.model](pre[1][s.pre_index[place]], post[1][s.post_index[place]], place, self.cells[i].size, self.values[number], self.dt,
                                                     self.random, **extra)
                    block.target, block.receptor = int(j), s.receptor
                    self.blocks[number].append(block)
                    self.leaving[i].append(block)

    def _events(self):
        """Room for what is on its way: total weights by receptor, for every step up to the longest delay."""
        longest = max((int(block.delay.max()) for blocks in self.blocks for block in blocks), default=1) + 2
        self.coming = [{name: np.zeros((longest, p.size)) for name in p.kinds} if isinstance(p, neurons.Neurons) else {} for p in self.populations]
        self.room = longest

    @property
    def now_ms(self):
        return self.step * self.dt

    def map(self):
        """There is nothing to map."""

    def new_warnings(self):
        return []

    # ---- running

    def run(self, until_ms, progress=None):
        end = int(np.ceil(until_ms / self.dt - 1e-6))
        begun = self.now_ms if self.step else -1.0
        for population in self.populations:
            if isinstance(population, Source):
                population.extend(self.now_ms, end * self.dt)
        interrupted = []
        listens = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, lambda *_: interrupted.append(True)) if listens else None
        try:
            while self.step < end and not interrupted:
                self._steps(min(STEPS_AT_ONCE, end - self.step), interrupted)
                if progress:
                    progress(self.now_ms)
        finally:
            if listens:
                signal.signal(signal.SIGINT, before)
            for population, log in zip(self.populations, self.spike_logs):
                if isinstance(population, Source):
                    log.add(*population.between(begun, self.now_ms))
        if interrupted:
            raise KeyboardInterrupt

    def _steps(self, count, interrupted):
        """Some steps, with currents that are worked out beforehand."""
        first = self.step
        if not any(isinstance(p, neurons.Neurons) for p in self.populations):
            self.step += count
            return
        injected = self._injected(first, count)
        for _ in range(count):
            if interrupted:
                return
            self._step({number: table[self.step - first] for number, table in injected.items()})

    def _injected(self, first, count):
        """nA into each population, by step and neuron, where there is any."""
        tables = {}
        for current in self.currents:
            flow = current.flow(first, count)
            for number, members in current.targets:
                table = tables.setdefault(number, np.zeros((count, self.populations[number].size)))
                table[:, slice(None) if members is None else members] += flow[:, None]
        return tables

    def _step(self, injected):
        """From `step` to the next: what arrives, samples, the membranes, who fired."""
        now = self.step
        for number, population in enumerate(self.populations):
            if isinstance(population, Source):
                self._fire(number, population.at(now), now)
        for blocks in self.blocks:
            for block in blocks:
                if block.plastic:
                    seen, weights, steps = block.see(now)
                    self._send(block, seen, weights, now + steps)
        for number, population in enumerate(self.populations):
            for name, events in self.coming[number].items():
                arriving = events[now % self.room]
                if arriving.any():
                    population.receptors[name].arrive(arriving)
                    arriving[:] = 0.0
        for (number, variable), log in self.sample_logs.items():
            if log.due(now):
                log.add(self.populations[number].read(variable))
        self.step += 1
        for number, population in enumerate(self.populations):
            if isinstance(population, neurons.Neurons):
                fired = population.step(injected.get(number, 0.0))
                if len(fired):
                    self.spike_logs[number].add(fired, self.now_ms)
                    self._fire(number, fired, self.step)

    def _fire(self, number, fired, now):
        if not len(fired):
            return
        for block in self.leaving[number]:
            hit, weights = block.spike(fired, now)
            self._send(block, hit, weights, now + block.delay[hit])
        for blocks in self.blocks:
            for block in blocks:
                if block.plastic and block.target == number:
                    block.fired(fired, now)

    def _send(self, block, hit, weights, when):
        if len(hit):
            np.add.at(self.coming[block.target][block.receptor], (when % self.room, block.post[hit]), weights)

    def reset(self):
        self.step = 0
        self.random = np.random.Generator(np.random.Philox(self.seed))
        for population in self.populations:
            population.rewind() if isinstance(population, Source) else population.reset()
        for values, weights in zip(self.values, self.weights):
            values["weight"][:] = weights
        for blocks in self.blocks:
            for block in blocks:
                block.random = self.random
                block.reset()
        for current in self.currents:
            current.rewind()
        for number in range(len(self.populations)):
            self.clear(number)
        self._events()

    # ---- recording

    def record_spikes(self, population, neurons):
        self.spike_logs[population].mask[:] = False
        self.spike_logs[population].mask[neurons] = True

    def record(self, variable, population, neurons, interval_ms, through="probe"):
        log = self.sample_logs.setdefault((population, variable), SampleLog())
        log.record(np.asarray(neurons, dtype=np.int64), max(1, int(round(interval_ms / self.dt))), self.step)

    def spikes(self, population):
        return self.spike_logs[population].read()

    def samples(self, variable, population, neurons):
        log = self.sample_logs[population, variable]
        values = log.read(np.asarray(neurons, dtype=np.int64), self.populations[population].read(variable), self.step)
        return values, log.start * self.dt, log.every * self.dt

    def clear(self, population):
        self.spike_logs[population].clear()
        for (number, _), log in self.sample_logs.items():
            if number == population:
                log.clear(self.step)

    # ---- changes

    def set_parameters(self, population, parameters):
        self.populations[population].set(parameters)

    def set_initial(self, population, initial):
        p = self.populations[population]
        if isinstance(p, neurons.Neurons):
            p.set_initial(initial)
            if self.step == 0:
                p.reset()

    def set_trains(self, population, trains):
        self.populations[population].load(trains, self.now_ms if self.step else -1.0)

    def set_synapses(self, projection, parameters):
        for name, value in parameters.items():
            self.values[projection][name][:] = value
        if "weight" in parameters:
            self.weights[projection] = self.values[projection]["weight"].copy()
        for block in self.blocks[projection]:
            block.set()
        longest = max((int(block.delay.max()) for block in self.blocks[projection]), default=0) + 2
        if longest > self.room:
            self._make_room(longest)

    def _make_room(self, longest):
        """A longer delay: what is on its way keeps its time."""
        old, room = self.coming, self.room
        self._events()
        for before, after in zip(old, self.coming):
            for name, events in before.items():
                for ahead in range(room):
                    after[name][(self.step + ahead) % self.room] = events[(self.step + ahead) % room]

    def get_synapses(self, projection, name):
        return self.values[projection][name]

    def realised_parameters(self, population):
        p = self.populations[population]
        return dict(p.parameters)

    def realised_weights(self, projection):
        return self.values[projection]["weight"].copy()


def _global(end, cells):
    """(population, neuron) of every neuron of an end."""
    members = [(number, np.arange(cells[number].size) if of is None else of) for number, of in end]
    return np.concatenate([np.full(len(of), number) for number, of in members]), np.concatenate([of for _, of in members])
