"""The compiled core: networks as arrays, and sessions that map and run them.

A Network is data: it keeps what was asked for. A Session has a network, maps it when it first must, runs it, and holds what was recorded. Before each run it looks at
what changed in the network since the last one; changed weights, delays, parameters, spike times and rates are taken over without mapping again, and the state of every
neuron and synapse is kept. New populations or projections are mapped anew, which only time 0 allows.

Units are PyNN's: ms, mV, nF, nA, µS (a: nS), Hz. Arrays go in as anything that NumPy can convert and are copied once; arrays that come out are fresh, writable and the
caller's own: float64 for values, uint32 for indices. Neurons count from 0 within their population, synapses from 0 within their projection.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str

class InputError(ValueError):
    """Input that cannot be used; the message names what, what was expected and what was found."""

class RunError(RuntimeError):
    """A run that failed for no fault of the input: out of memory, device lost, disk full."""

class SynapseLossError(RuntimeError):
    """More synapses were lost than mapping.max_synapse_loss allows. The mapping is there all the same, to be looked at."""

class StrictError(RuntimeError):
    """`strict` found warnings, clipped values or losses; the message has a line for each."""

Cell = Literal["IF_cond_exp", "EIF_cond_exp_isfa_ista", "SpikeSourceArray", "SpikeSourcePoisson", "HardwareNeuron"]
Receptor = Literal["excitatory", "inhibitory"]
Variable = Literal["v", "w", "gsyn_exc", "gsyn_inh"]

# One end of a projection: a whole population, or pieces of populations one after the other (None: all of its neurons). An end's indices count through its pieces.
# A view is [(population, members)], an assembly [(p1, None), (p2, members), …].
End = int | Sequence[tuple[int, ArrayLike | None]]

# A number for all, one for each (in the order of pairs()), or a distribution that is drawn natively, by PyNN's names and arguments:
# {"uniform": {"low", "high"}}, {"normal": {"mu", "sigma"}}, {"normal_clipped": {"mu", "sigma", "low", "high"}}.
Values = float | ArrayLike | Mapping[str, Mapping[str, float]]

def cell_parameters(cell: Cell) -> dict[str, tuple[float, str, str]]:
    """Numeric parameters of a cell: name -> (default, unit, what it must be, as "a time > 0 (ms)"). on_wafer and spike_times are none of them."""

def setting_keys() -> dict[str, str]:
    """Every key that a session's settings may have, dotted ("run.timestep") -> what it takes."""

def check_settings(settings: str, name: str = "settings") -> None:
    """Reads settings as Session does, but for entries that need the network (mapping.place).

    name stands in front of each message: "setup(): run.mode: expected hardware | ideal, found "quantum"". Raises InputError with all mistakes, at most ten, a line each.
    """

def set_threads(count: int) -> None:
    """Threads that building, mapping and running may use from now on; 0: all cores."""

def closest(word: str, known: Sequence[str]) -> str:
    """The one of known that a misspelt word means; "" if none is near. The same rule as in messages on misspelt keys."""

class Network:
    """Populations and projections, added once, with values that can be changed at any time. Every method that takes input raises InputError."""

    def __init__(self, seed: int = 42) -> None:
        """seed: of connectors and distributions that are drawn natively."""
    seed: int

    # ---- populations

    def population(
        self,
        name: str,
        size: int,
        cell: Cell,
        parameters: Mapping[str, float | ArrayLike] = {},
        initial_v: float | ArrayLike | None = None,
        spike_times: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
        on_wafer: bool = False,
    ) -> int:
        """Adds a population and returns its index.

        name: not taken yet, without "/" (it names groups in result files).
        parameters: by PyNN's names, one value or one a neuron; those left out have PyNN's defaults.
        initial_v: None: PyNN's default, and no warning that hardware cannot have it.
        spike_times (SpikeSourceArray): ascending times >= 0 for all neurons alike, or (times, begin): neuron k fires at times[begin[k] : begin[k + 1]],
        begin has size + 1 entries.
        on_wafer (SpikeSourcePoisson): from a background generator of the chip.
        A HardwareNeuron (hardware mode alone) has the 23 floating gates of its denmems and V_reset as parameters, DAC 0 to 1023 with cake's base values, and cm, the nF
        that weights are counted on.
        """

    def set_parameters(self, population: int, parameters: Mapping[str, float | ArrayLike], members: ArrayLike | None = None) -> None:
        """Changes parameters, of all neurons or of members. All are checked together (v_reset < v_thresh), and either all are taken or none."""

    def parameter(self, population: int, name: str) -> NDArray[np.float64]:
        """What was asked for, one value a neuron."""

    def set_initial_v(self, population: int, initial_v: float | ArrayLike, members: ArrayLike | None = None) -> None:
        """Acts at the next time 0: the first run, or the one after reset()."""

    def set_spike_times(self, population: int, spike_times: ArrayLike | tuple[ArrayLike, ArrayLike], members: ArrayLike | None = None) -> None:
        """As in population(); with members, begin has len(members) + 1 entries. In the middle of a simulation times before now have no effect."""

    def set_current(self, population: int, nanoampere: ArrayLike | None, pulse_length: int = 15, continuous: bool = True, members: ArrayLike | None = None) -> None:
        """A current into neurons beside their i_offset, from the waveform memory of the chip's stimulus (hardware mode): 129 samples of (pulse_length + 1) times
        Session.stimulus_sample_ms, which start with time 0 and again after the last one, or end there. None: no current. What a chip cannot give is an InputError
        of map() or run(): a negative current, a fifth waveform on a chip."""

    # ---- projections

    def connect(
        self,
        label: str,
        pre: End,
        post: End,
        receptor: Receptor,
        connector: str,
        arguments: Mapping[str, Any] = {},
        weight: Values = 0.0,
        delay: Values | None = None,
        stp: Mapping[str, float | ArrayLike] | None = None,
        seed: int | None = None,
    ) -> int:
        """Adds a projection whose synapses a native connector makes, and returns its index.

        connector, arguments: "AllToAll" {allow_self_connections=True}, "OneToOne" {}, "FixedProbability" {p_connect, allow_self_connections=True},
        "FixedNumberPre" and "FixedNumberPost" {n, with_replacement=False, allow_self_connections=True},
        "FixedTotalNumber" {n, with_replacement=True, allow_self_connections=True},
        "Probability" {probability, allow_self_connections=True}: probability(first, last) -> array (last - first, size of pre) for the targets [first, last),
        called for blocks of targets.
        allow_self_connections=False compares neurons, not indices, so that views of one population that overlap are right; only the three connectors of fixed numbers
        refuse it (InputError) between ends that overlap and are not equal.
        weight: µS, at least 0. delay: ms, at least 0; None: the user set none (one time step in ideal mode, and no warning that hardware has its own).
        stp: Tsodyks-Markram {"U", "tau_rec", "tau_facil"}, ms, one value or one a synapse; None: static.
        seed: of this projection's draws instead of the network's; its index is part of the key in both cases.
        The same for a seed at any number of threads. Raises InputError for post neurons that are sources, and for more than 2e9 synapses.
        """

    def projection(
        self,
        label: str,
        pre: End,
        post: End,
        receptor: Receptor,
        pre_index: ArrayLike,
        post_index: ArrayLike,
        weight: float | ArrayLike = 0.0,
        delay: float | ArrayLike | None = None,
        stp: Mapping[str, float | ArrayLike] | None = None,
    ) -> int:
        """Adds a projection of given synapses, in any order, multapses included; indices count within the ends. Arrays belong to the synapses as they are given,
        and stand in the order of pairs() afterwards (stable: synapses of one pair stay in order)."""

    def size(self, projection: int) -> int: ...
    def pairs(self, projection: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """(pre, post) of every synapse, indices within the ends, ascending by (post, pre): the order of every array that has a value a synapse."""

    def weights(self, projection: int) -> float | NDArray[np.float64]:
        """What was asked for, µS: a number where all are equal by construction."""
    def delays(self, projection: int) -> float | NDArray[np.float64] | None:
        """Likewise, ms; None where none was set."""
    def stp(self, projection: int) -> dict[str, float | NDArray[np.float64]] | None: ...

    def set_weights(self, projection: int, weight: Values, synapses: ArrayLike | None = None) -> None:
        """Changes the weights of all synapses, or of those at the places `synapses`. Raises InputError (nothing changes) for a negative or not finite one."""
    def set_delays(self, projection: int, delay: Values, synapses: ArrayLike | None = None) -> None: ...
    def set_stp(self, projection: int, stp: Mapping[str, float | ArrayLike]) -> None:
        """Values of a projection that has short-term plasticity; maps anew, which only time 0 allows, unless there is one value for all before and after."""

    def smallest_delay(self) -> float | None:
        """Of all delays that were set, ms."""

class Session:
    """A network on a wafer (or without one: run.mode ideal), in time."""

    def __init__(self, network: Network, settings: str = "{}", *, name: str = "settings", backend: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        """settings: YAML (JSON is YAML) of the keys of docs/configuration.md but network, record, output and sweep; units, ranges and messages are those of bss-run.
        Populations in mapping.place are named as in the network. mapping.file takes a stored mapping up (save_mapping). run.duration does not matter here.
        Raises InputError with all mistakes.
        """

    # ---- running

    def map(self) -> None:
        """Maps if the network has to be mapped; otherwise does nothing. In ideal mode it only numbers neurons.

        Raises InputError (does not fit, or cannot be done in hardware), SynapseLossError, StrictError. KeyboardInterrupt once the mapping is done.
        """

    def run(self, until_ms: float, progress: Callable[[float], None] | None = None) -> None:
        """Maps if needed, takes over what changed, and goes on to until_ms (a whole number of time steps, else the next one).

        The GIL is released; several times a second progress(now_ms) is called and Ctrl-C is heard: KeyboardInterrupt then leaves the session at now_ms, with everything
        that was recorded, and run() can go on. What progress raises does the same.
        """

    def reset(self) -> None:
        """Back to time 0: initial potentials, empty queues, the same noise and Poisson trains. Keeps mapping, values and recorded set; drops what was recorded."""

    now_ms: float
    """Biological time reached (read only)."""
    timestep_ms: float
    """run.timestep (read only)."""
    stimulus_sample_ms: float
    """Biological duration of a sample of a chip's current stimulus at its shortest (read only)."""
    mapped: bool
    """There is a mapping for the network as it is now (read only)."""
    mapping_id: str
    """Differs between any two mappings that were made; "" before the first, and in ideal mode (read only)."""

    # ---- recording: neurons are index arrays within the population; None: all; empty: none. Takes effect from now on; never changes a result.

    def record_spikes(self, population: int, neurons: ArrayLike | None = None) -> None:
        """Which neurons' spikes are kept; none of any population before the first call."""

    def record(
        self, variable: Variable, population: int, neurons: ArrayLike | None = None, interval_ms: float | None = None, through: Literal["probe", "adc"] = "probe"
    ) -> None:
        """Which neurons are sampled, in place of those that were. interval_ms: a multiple of the time step (None: each step); another interval than before drops the
        variable's samples. adc (v in hardware mode): the chips' channels; raises InputError at the next run, naming the neuron that finds none."""

    def spikes(self, population: int) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """(neurons, times in ms) kept since time 0 or the last clear, ascending by time, then neuron."""

    def spike_counts(self, population: int) -> NDArray[np.int64]:
        """How many of them each neuron has, one a neuron."""

    def samples(self, variable: Variable, population: int, neurons: ArrayLike | None = None) -> tuple[NDArray[np.float64], float, float]:
        """(values, time of the first sample, interval): values[sample, k] of neurons[k] (None: those that are sampled now, ascending), mV, nA or µS, since time 0 or
        the last clear, both ends included: a run of n steps gives n + 1 samples. NaN where a neuron was not sampled. The last sample of a conductance lacks what
        arrives at that very moment."""

    def clear(self, population: int) -> None:
        """Drops the population's spikes and samples; the next samples begin with the present one again."""

    # ---- what became of the network (hardware mode; in ideal mode everything is realised as asked for). Raises InputError before map().

    def realised_weights(self, projection: int) -> NDArray[np.float64]:
        """µS expected by the calibration, in the order of pairs(); NaN: lost."""

    def realised_parameters(self, population: int) -> dict[str, NDArray[np.float64]]:
        """By PyNN's name, one value a neuron, after rounding and clipping as expected by the calibration."""

    def clipped_parameters(self, population: int) -> dict[str, int]:
        """Neurons whose value was out of the hardware's range, by parameter; only those with any."""

    def losses(self) -> list[dict[str, Any]]:
        """A row a projection: label, requested, realised, lost, clipped_weights, lost_by_cause {cause: number}."""

    def lost_causes(self, projection: int) -> NDArray[np.int8]:
        """Why each synapse was lost, an index into loss_causes; -1: it was not."""
    loss_causes: tuple[str, ...]

    def placement(self, population: int) -> dict[str, NDArray[np.int64]]:
        """Columns id, wafer, hicann, denmem, size, merger, address: a row a neuron; of sources a row an entry point, with denmem -1 (docs/file-formats.md)."""

    def synapse_places(self, projection: int) -> dict[str, NDArray[np.int64]]:
        """Columns wafer, hicann, row, column, code in the order of pairs(); -1 where lost."""

    def summary(self) -> dict[str, Any]:
        """The account of summary.json (docs/file-formats.md); run is None before the first run. Populations count the spikes that the engine saw since time 0."""

    def write(self, folder: str) -> None:
        """A result folder as bss-run leaves it: spikes.h5 and <variable>.h5 with what was recorded (one interval a variable), mapping.h5, summary.json. What
        bss-report reads."""

    def save_mapping(self, path: str, list_synapses: bool = False) -> None:
        """mapping.h5, to be used again by the setting mapping.file. Raises InputError in ideal mode, RunError when it cannot be written."""

    def statistics(self) -> dict[str, float]:
        """Seconds of the wall so far: map_s, prepare_s (programs and engine), run_s; and bytes and counts worth knowing."""

    # ---- the configuration of the wafer (hardware mode, after map())

    def hicanns(self, wafer: int = 0) -> NDArray[np.int64]:
        """Enums of the configured HICANNs, ascending."""

    def bits(self, hicann: int, name: str, wafer: int = 0) -> NDArray[np.float64] | NDArray[np.int64]:
        """A copy of one kind of bits or DACs of a chip. Names and shapes: bit_names(). Raises InputError for a name or chip that there is not."""

    def set_bits(self, hicann: int, name: str, values: ArrayLike, wafer: int = 0) -> None:
        """Writes them (a number: all of them). The next run takes them over, with the state kept where that can be; weights and parameters that the network gets later
        are written over them. Raises InputError for values that do not fit into the bits."""

    @staticmethod
    def bit_names() -> dict[str, tuple[int, ...]]:
        """Name -> shape: every floating gate by its name (E_l … I_spikeamp: (512,), V_reset … V_ccas: (4,)), weights and decoders (448, 256), gmax, gmax_div,
        excitatory, inhibitory (448,), drivers (224,), and others."""
