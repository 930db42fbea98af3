"""Current sources.

A source's current over the step [t, t + dt) is its value at t; it flows while start <= t < stop. What it was before its parameters were changed is kept, so that the
recorded current is the one that flowed.
"""
import numpy as np
from pyNN.parameters import ParameterSpace, Sequence
from pyNN.standardmodels import electrodes
from pyNN.standardmodels.base import StandardCurrentSource

from .. import simulator
from .native import native


class _Source(StandardCurrentSource):
    def __init__(self, **parameters):
        super().__init__(**parameters)
        self._native = {}
        self._past = np.array([])           # nA over each step before the last change
        self._number = len(simulator.state.currents)
        self.targets = []
        space = ParameterSpace(self.default_parameters, self.get_schema(), shape=(1,))
        space.update(**parameters)
        self.set_native_parameters(self.translate(space))
        simulator.state.currents.append(self)

    def inject_into(self, cells, location=None):
        """Lets the current flow into cells: a Population, PopulationView, Assembly or a list of them or of IDs."""
        pieces = [cells] if hasattr(cells, "end") else [cell.as_view() if isinstance(cell, simulator.ID) else cell for cell in cells]
        for piece in pieces:
            if not piece.injectable:
                raise TypeError("Can't inject current into a spike source.")
        self.targets += [end for piece in pieces for end in piece.end]

    def get_native_parameters(self):
        return ParameterSpace(dict(self._native))

    def set_native_parameters(self, parameters):
        parameters.evaluate(simplify=True)
        new = {name: value.value if isinstance(value, Sequence) else value for name, value in parameters.as_dict().items()}
        now = int(round(simulator.state.t / simulator.state.dt))
        if now > len(self._past):
            self._past = self.flow(0, now)
        self._native.update(self._checked({**self._native, **new}))

    def _checked(self, parameters):
        return parameters

    def flow(self, first, count):
        """nA over each of count steps."""
        past = self._past[first:first + count]
        steps = np.arange(first + len(past), first + count)
        return np.concatenate([past, self._current(steps * simulator.state.dt)])

    def _flows(self, t):
        half = 1e-6 * simulator.state.dt
        return (t >= self._native["start"] - half) & (t < self._native["stop"] - half)

    def rewind(self):
        """Time 0 again."""
        self._past = np.array([])

    def record(self):
        """Every source's current can be read at any time; nothing to do."""

    def _get_data(self):
        count = int(round(simulator.state.t / simulator.state.dt)) + 1
        return np.arange(count) * simulator.state.dt, self.flow(0, count)


@native
class DCSource(_Source, electrodes.DCSource):
    __doc__ = electrodes.DCSource.__doc__

    def _current(self, t):
        return np.where(self._flows(t), self._native["amplitude"], 0.0)


@native
class ACSource(_Source, electrodes.ACSource):
    __doc__ = electrodes.ACSource.__doc__

    def _current(self, t):
        p = self._native
        phase = 2 * np.pi * (p["frequency"] * (t - p["start"]) / 1000.0 + p["phase"] / 360.0)
        return np.where(self._flows(t), p["offset"] + p["amplitude"] * np.sin(phase), 0.0)


@native
class StepCurrentSource(_Source, electrodes.StepCurrentSource):
    __doc__ = electrodes.StepCurrentSource.__doc__

    def _checked(self, p):
        times, amplitudes = np.atleast_1d(p["times"]).astype(float), np.atleast_1d(p["amplitudes"]).astype(float)
        if len(times) != len(amplitudes):
            raise ValueError(f"StepCurrentSource: expected as many amplitudes as times ({len(times)}), found {len(amplitudes)}")
        if (times < 0).any():
            raise ValueError("Step current cannot accept negative timestamps.")
        if (np.diff(times) <= 0).any():
            raise ValueError("Step current timestamps should be monotonically increasing.")
        times = self._round_timestamp(times, simulator.state.dt)
        last = np.append(np.diff(times) > 0, True)[:len(times)]     # of several in one step the last one holds
        return {"times": times[last], "amplitudes": amplitudes[last]}

    def _current(self, t):
        p = self._native
        step = np.searchsorted(p["times"], t + 1e-6 * simulator.state.dt) - 1
        return np.where(step >= 0, np.append(p["amplitudes"], 0.0)[step], 0.0)


@native
class NoisyCurrentSource(_Source, electrodes.NoisyCurrentSource):
    __doc__ = electrodes.NoisyCurrentSource.__doc__

    def __init__(self, **parameters):
        self._draws = np.array([])
        self._random = np.random.Generator(np.random.Philox(key=np.array([simulator.state.settings.seed, len(simulator.state.currents)], dtype=np.uint64)))
        self._rng = parameters.pop("rng", None)
        super().__init__(**parameters)

    def _current(self, t):
        p = self._native
        period = np.floor((t - p["start"]) / p["dt"] + 1e-6).astype(int)
        missing = int(period.max(initial=-1)) + 1 - len(self._draws)
        if missing > 0:
            new = self._rng.next(missing, "normal", {"mu": 0.0, "sigma": 1.0}) if self._rng else self._random.standard_normal(missing)
            self._draws = np.concatenate([self._draws, new])
        flows = self._flows(t)
        return np.where(flows, p["mean"] + p["stdev"] * np.append(self._draws, 0.0)[np.where(flows, period, -1)], 0.0)
