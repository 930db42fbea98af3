"""The door between PyNN's objects and what runs them: the wafer model (session.py) or the plain simulator (plain/).

Everything crosses it as arrays: one call hands over the network, results come back as arrays. A value is one float for
all, or an array with one element a neuron (or synapse); units are PyNN's (ms, mV, nF, nA, µS, Hz; `a` in nS).
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

Value = float | np.ndarray


@dataclass
class Trains:
    """Spike times (ms, ascending within a neuron) of a population: those of neuron n are times[offsets[n]:offsets[n + 1]]."""
    offsets: np.ndarray             # int64, size + 1
    times: np.ndarray               # float64

    @property
    def neurons(self) -> np.ndarray:
        """The neuron of each time."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass
class Cells:
    """One population."""
    label: str
    size: int
    model: str                      # PyNN's name of the cell type; of a PointNeuron its neuron's: LIF, AdExp
    parameters: dict[str, Value]    # PyNN's names; receptors of a PointNeuron as "AMPA.tau_syn"
    initial: dict[str, Value]       # state variables: v, w, …
    initial_given: bool = False     # the user set them (the machine cannot)
    receptors: dict[str, str] = field(default_factory=dict)    # name -> CondExp, CondAlpha, CondBeta, CurrExp, CurrAlpha, CurrDelta, in PyNN's order
    trains: Trains | None = None    # SpikeSourceArray


@dataclass
class Synapses:
    """One projection between two populations, in the order of PyNN's `connections`: by target, then as they were made."""
    label: str
    pre: int                        # number of the population
    post: int
    receptor: str
    pre_index: np.ndarray           # uint32, one a synapse: neuron within its population
    post_index: np.ndarray
    model: str                      # StaticSynapse, TsodyksMarkramSynapse, SimpleStochasticSynapse, STDPMechanism
    parameters: dict[str, Value]    # weight, delay and the model's own
    delay_given: bool = True
    rules: tuple[str, str] | None = None        # STDPMechanism: names of the timing and of the weight dependence


class Current(Protocol):
    """A current source, as an electrode of standardmodels/electrodes.py offers it."""
    targets: list[tuple[int, np.ndarray]]       # population, neurons

    def amplitude(self, first: int, count: int) -> np.ndarray:
        """nA over each of `count` steps from step `first` on; step k covers [k dt, (k + 1) dt)."""


@dataclass
class Description:
    """A network, ready to be run."""
    cells: list[Cells]
    synapses: list[Synapses]
    currents: list[Current]
    timestep: float                 # ms
    seed: int                       # of the trial


class Simulation(Protocol):
    """A network in time. Populations and projections are numbered as in its Description."""

    @property
    def now(self) -> float:
        """ms since the start or the last reset."""

    def record(self, population: int, variable: str, neurons: np.ndarray, interval: float, through: str = "probe") -> None:
        """From now on, and instead of what was asked before, samples of a variable of these neurons (ascending; none: nothing).
        Spikes need not be asked for: they are always there."""

    def run(self, until: float) -> None:
        """Goes on to a time. KeyboardInterrupt leaves everything up to `now` intact."""

    def take_spikes(self, population: int) -> tuple[np.ndarray, np.ndarray]:
        """(neuron, time) since the last take, int64 and float64."""

    def take_samples(self, population: int, variable: str) -> np.ndarray:
        """float64[time, neuron] since the last take: at time 0 (or of the call of `record`) and at every interval since, up to and including now."""

    def set_parameters(self, population: int, parameters: dict[str, Value]) -> None:
        """New values from now on; the state is kept."""

    def set_trains(self, population: int, trains: Trains) -> None:
        """Other spike times of a SpikeSourceArray; those before now are past."""

    def set_synapses(self, projection: int, parameters: dict[str, Value]) -> None:
        """New weights, delays, … of every synapse of a projection."""

    def get_synapses(self, projection: int, name: str) -> Value:
        """What they are now: plastic weights move."""

    def reset(self) -> None:
        """Back to time zero: initial state and initial weights; parameters stay as they were set."""

    def set_initial(self, population: int, initial: dict[str, Value]) -> None:
        """State variables at time zero, for the next reset or the first run."""
