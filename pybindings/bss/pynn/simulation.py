"""The door between PyNN's objects and what runs them: the wafer model (session.py) or the plain simulator (plain/).

Everything crosses it as arrays, in the units and by the names of PyNN (ms, mV, nF, nA, µS, Hz; `a` in nS); the calls for time and
recording are those of the compiled core (_core.pyi). A value is one float for all, or an array with one element a neuron or synapse.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

Value = float | np.ndarray
End = list[tuple[int, np.ndarray | None]]
"""One end of a projection: populations by number, each with its members (None: all), one after the other."""


@dataclass
class Trains:
    """Spike times (ms, ascending within a neuron) of a population: those of neuron n are times[begin[n]:begin[n + 1]]."""
    times: np.ndarray               # float64
    begin: np.ndarray               # int64, size + 1


@dataclass
class Cells:
    """One population."""
    label: str
    size: int
    model: str                      # PyNN's name of the cell type; of a PointNeuron its neuron's: LIF, AdExp
    parameters: dict[str, Value]    # PyNN's names; receptors of a PointNeuron as "AMPA.tau_syn"
    initial: dict[str, Value]       # state variables: v, w, …
    initial_given: set[str] = field(default_factory=set)       # those that the user set
    receptors: dict[str, str] = field(default_factory=dict)    # name -> CondExp, CondAlpha, CondBeta, CurrExp, CurrAlpha, CurrDelta, in PyNN's order
    trains: Trains | None = None    # SpikeSourceArray


@dataclass
class Synapses:
    """One projection. Synapses stand ascending by (post, pre), those of one pair as they were made."""
    label: str
    pre: End
    post: End
    receptor: str
    pre_index: np.ndarray           # uint32, one a synapse, counted through the end
    post_index: np.ndarray
    model: str                      # StaticSynapse, TsodyksMarkramSynapse, SimpleStochasticSynapse, STDPMechanism
    parameters: dict[str, Value]    # weight, delay and the model's own
    delay_given: bool = True
    rules: tuple[str, str] | None = None        # STDPMechanism: names of the timing and of the weight dependence


class Current(Protocol):
    """A current source (standardmodels/electrodes.py)."""
    targets: End                    # neurons that it flows into

    def flow(self, first: int, count: int) -> np.ndarray:
        """nA over each of `count` steps from step `first` on; step k covers [k dt, (k + 1) dt)."""


@dataclass
class Description:
    """A network, ready to be run."""
    cells: list[Cells]
    synapses: list[Synapses]
    currents: list[Current]         # more may come
    timestep: float                 # ms
    seed: int                       # of the trial


class Simulation(Protocol):
    """A network in time. Populations and projections are numbered as in its Description."""
    now_ms: float                   # since the start or the last reset

    def map(self) -> None:
        """Prepares the run; on a wafer this maps the network, if it is not mapped yet."""

    def new_warnings(self) -> list[tuple[str, str]]:
        """(code, message) of what had to be changed, since the last call."""

    def run(self, until_ms: float, progress: Callable[[float], None] | None = None) -> None:
        """Goes on to a time. KeyboardInterrupt, and what progress raises, leave everything up to now_ms intact."""

    def reset(self) -> None:
        """Back to time 0: initial state and weights, the same random numbers; parameters stay as they were set. Drops what was recorded."""

    # recording: neurons ascending, empty: none; from now on

    def record_spikes(self, population: int, neurons: np.ndarray) -> None:
        """Which neurons' spikes are kept."""

    def record(self, variable: str, population: int, neurons: np.ndarray, interval_ms: float, through: str = "probe") -> None:
        """Which neurons are sampled, in place of those that were."""

    def spikes(self, population: int) -> tuple[np.ndarray, np.ndarray]:
        """(neurons, times) kept since time 0 or the last clear, ascending by time, then neuron."""

    def samples(self, variable: str, population: int, neurons: np.ndarray) -> tuple[np.ndarray, float, float]:
        """(values[time, neuron], time of the first, interval) since time 0 or the last clear, both ends included; NaN where a neuron was not sampled."""

    def clear(self, population: int) -> None:
        """Drops the population's spikes and samples; the next samples begin with the present one."""

    # changes, in force from now on; the state is kept

    def set_parameters(self, population: int, parameters: dict[str, Value]) -> None: ...

    def set_initial(self, population: int, initial: dict[str, Value]) -> None:
        """State variables at the next time 0."""

    def set_trains(self, population: int, trains: Trains) -> None:
        """Other spike times of a SpikeSourceArray; those before now are past."""

    def set_synapses(self, projection: int, parameters: dict[str, Value]) -> None:
        """New weights, delays, … of every synapse."""

    def get_synapses(self, projection: int, name: str) -> Value:
        """What they are now: plastic weights move."""

    # what became of the network: as expected by the calibration on a wafer, as it was asked for without one

    def realised_parameters(self, population: int) -> dict[str, np.ndarray]:
        """By PyNN's name, one value a neuron."""

    def realised_weights(self, projection: int) -> np.ndarray:
        """One value a synapse; NaN: lost."""
