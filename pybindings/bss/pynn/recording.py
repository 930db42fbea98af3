"""What was recorded, as neo objects.

The simulation keeps spikes and samples since time 0; reset() puts them aside as arrays. neo objects are made anew each time that somebody asks, so that nobody's filter
or merge can spoil what another one gets later.
"""
from dataclasses import dataclass, field
from datetime import datetime

import neo
import numpy as np
import quantities as pq
from neo.core.spiketrainlist import SpikeTrainList
from pyNN import errors, recording

from . import simulator


@dataclass
class Samples:
    values: np.ndarray              # [time, neuron]
    start: float                    # ms
    interval: float
    neurons: np.ndarray
    through: str


@dataclass
class Snapshot:
    """Recorded data of some neurons of one population, over one segment's time."""
    number: int                     # of the segment
    start: float                    # ms
    stop: float
    when: datetime
    neurons: np.ndarray | None = None           # whose spikes were recorded; None: nobody's
    spikes: tuple[np.ndarray, np.ndarray] | None = None
    samples: dict[str, Samples] = field(default_factory=dict)
    annotations: dict = field(default_factory=dict)

    def filtered(self, names, members):
        """Only variables of these names and neurons of these (None: all)."""
        part = Snapshot(self.number, self.start, self.stop, self.when, annotations=self.annotations)
        if self.neurons is not None and (names is None or "spikes" in names):
            part.neurons, part.spikes = self.neurons, self.spikes
            if members is not None:
                part.neurons = np.intersect1d(self.neurons, members)
                here = np.isin(self.spikes[0], part.neurons)
                part.spikes = self.spikes[0][here], self.spikes[1][here]
        for name, samples in self.samples.items():
            if names is None or name in names:
                columns = np.arange(len(samples.neurons)) if members is None else np.flatnonzero(np.isin(samples.neurons, members))
                if len(columns):
                    part.samples[name] = Samples(samples.values[:, columns], samples.start, samples.interval, samples.neurons[columns], samples.through)
        return part


class Recorder(recording.Recorder):
    """Records variables of one population."""
    _simulator = simulator
    through = "probe"

    def __init__(self, population, file=None):
        super().__init__(population, file)
        self.asked = {}             # variable -> which neurons, as a mask
        self._through = {}
        self._past = []             # snapshots of earlier segments
        self._simulation = None     # which ran the population; its data can be read after the next setup()
        self._number = 0            # of the present segment
        self._changed = set()

    # ---- what to record

    def record(self, variables, ids, sampling_interval=None, locations=None):
        self._check_sampling_interval(sampling_interval)
        members = self._places(ids)
        for variable in self._localize_variables(variables, locations):
            if not self.population.can_record(variable.name, variable.location):
                raise errors.RecordingError(variable.name, self.population.celltype)
            mask = self.asked.setdefault(variable.name, np.zeros(self.population.size, dtype=bool))
            mask[members] = True
            self._through[variable.name] = self.through
            self._changed.add(variable.name)
        if sampling_interval is not None:
            self.sampling_interval = sampling_interval

    def _check_sampling_interval(self, interval):
        dt = self._simulator.state.dt
        if interval is None:
            return
        if interval <= 0 or abs(round(interval / dt) - interval / dt) > 1e-6:
            raise ValueError(f"sampling_interval: expected a multiple of the time step ({dt} ms), found {interval}")
        if interval != self.sampling_interval and any(name != "spikes" for name in self.asked):
            raise ValueError("All neurons in a population must be recorded with the same sampling interval.")

    def reset(self):
        """Nothing is recorded from now on."""
        self._changed.update(self.asked)
        self.asked = {}
        self.sampling_interval = self._simulator.state.dt

    def _places(self, ids):
        return slice(None) if ids is self.population.all_cells else np.asarray(ids, dtype=np.int64) - int(self.population.first_id)

    def _neurons(self, name):
        return np.flatnonzero(self.asked[name]) if name in self.asked else np.array([], dtype=np.int64)

    def push(self, simulation):
        """Tells the simulation (simulator.State)."""
        new = simulation is not self._simulation
        self._simulation, self._number = simulation, self._simulator.state.segment_counter
        for name in [*self.asked] if new else self._changed:
            if name == "spikes":
                simulation.record_spikes(self.population.number, self._neurons(name))
            else:
                simulation.record(name, self.population.number, self._neurons(name), self.sampling_interval, self._through[name])
        self._changed = set()

    # ---- what was recorded

    def spikes(self):
        """(neurons, times) since time 0 or the last clear."""
        if self._simulation is None:
            return np.array([], dtype=np.int64), np.array([])
        neurons, times = self._simulation.spikes(self.population.number)
        return neurons.astype(np.int64), times

    def now(self, names=None):
        """The present segment; only these variables are fetched."""
        number = self.population.number
        shot = Snapshot(self._number, float(self._recording_start_time.magnitude), self._simulation.now_ms, datetime.now())
        for name in self.asked:
            if names is not None and name not in names:
                continue
            neurons = self._neurons(name)
            if name == "spikes":
                shot.neurons, shot.spikes = neurons, self.spikes()
            else:
                values, start, interval = self._simulation.samples(name, number, neurons)
                shot.samples[name] = Samples(values, start, interval, neurons, self._through[name])
        return shot

    def snapshots(self, names=None):
        """Every segment so far."""
        if self._simulation is not None and self._simulation.now_ms > 0:
            return [*self._past, self.now(names)]
        return list(self._past)

    def store_to_cache(self, annotations=None):
        if self._simulation is not None and self._simulation.now_ms > 0 and not self.clear_flag:
            shot = self.now()
            shot.annotations = dict(annotations or {})
            self._past.append(shot)
        self.clear_flag = False
        self._recording_start_time = 0.0 * pq.ms

    def clear(self):
        self._past = []
        self.clear_flag = True
        self._recording_start_time = self._simulator.state.t * pq.ms
        if self._simulation is not None:
            self._simulation.clear(self.population.number)

    def get(self, variables, gather=False, filter_ids=None, clear=False, annotations=None, locations=None):
        """The recorded data as a neo Block."""
        data = block([(self.population, snapshots(self, variables, filter_ids))], self.population, annotations)
        if clear:
            self.clear()
        return data

    def count(self, variable, gather=True, filter_ids=None):
        if variable != "spikes":
            raise errors.RecordingError(variable, self.population.celltype)
        neurons = self._neurons("spikes")
        if filter_ids is not None:
            neurons = np.intersect1d(neurons, self._places(filter_ids))
        counts = np.bincount(self.spikes()[0], minlength=self.population.size)[neurons]
        return dict(zip((neurons + int(self.population.first_id)).tolist(), counts.tolist()))


def snapshots(recorder, variables, filter_ids):
    """The recorder's segments, with some variables ("all", a name, or names) of some neurons (None: all) only."""
    names = None if isinstance(variables, str) and variables == "all" else {variables} if isinstance(variables, str) else set(variables)
    members = None if filter_ids is None else recorder._places(filter_ids)
    return [shot.filtered(names, members) for shot in recorder.snapshots(names)]


class SpikeTrains(SpikeTrainList):
    """neo's list, split into trains in one go: neo itself searches through all spikes for every train."""

    def _spiketrains_from_array(self):
        if self._spike_time_array is None:
            self._items = []
            return
        order = np.argsort(self._channel_id_array, kind="stable")
        times = self._spike_time_array[order]
        channels = np.asarray(self._all_channel_ids)
        first = np.searchsorted(self._channel_id_array[order], channels, side="left")
        last = np.searchsorted(self._channel_id_array[order], channels, side="right")
        arrays = {name: value for name, value in self._annotations.items() if not isinstance(value, str) and hasattr(value, "__len__")}
        same = {name: value for name, value in self._annotations.items() if name not in arrays}
        self._items = []
        for k, channel in enumerate(channels):
            train = neo.SpikeTrain(times[first[k]:last[k]], **self._spiketrain_metadata)
            train.annotate(channel_id=channel, **same, **{name: value[k] for name, value in arrays.items()})
            train.segment = self.segment
            self._items.append(train)


def block(parts, owner, annotations=None):
    """A neo Block of one population or, one after the other, of those of an assembly.

    parts: (population or view, its segments); owner: whose name the block bears.
    """
    data = neo.Block(name=owner.label, description=owner.describe(), rec_datetime=datetime.now())
    data.annotate(**parts[0][0].recorder.metadata)
    data.annotate(**owner.annotations)
    if annotations:
        data.annotate(**annotations)
    numbers = sorted({shot.number for _, shots in parts for shot in shots})
    for number in numbers:
        here, first = [], 0         # (population or view, first index in the owner, snapshot)
        for population, shots in parts:
            here += [(population, first, shot) for shot in shots if shot.number == number]
            first += population.size
        data.segments.append(_segment(here, owner is not parts[0][0]))
        data.segments[-1].block = data
    if data.segments:
        data.rec_datetime = data.segments[0].rec_datetime
    return data


def _segment(parts, of_assembly):
    shots = [shot for _, _, shot in parts]
    segment = neo.Segment(name=f"segment{shots[0].number:03d}", description=parts[0][0].describe(), rec_datetime=shots[0].when)
    segment.annotate(**shots[0].annotations)
    trains = [(p, first, shot) for p, first, shot in parts if shot.neurons is not None]
    if trains:
        segment.spiketrains = _trains(trains, of_assembly)
        segment.spiketrains.segment = segment
    for name in dict.fromkeys(name for shot in shots for name in shot.samples):
        groups = {}                 # signals of one length and rate stand side by side
        for p, first, shot in parts:
            if name in shot.samples:
                s = shot.samples[name]
                groups.setdefault((len(s.values), s.start, s.interval, s.through, p.find_units(name)), []).append((p, first, s))
        for (_, start, interval, through, units), members in groups.items():
            signal = neo.AnalogSignal(
                np.hstack([s.values for _, _, s in members]), units="dimensionless" if units in ("", "unknown") else units, t_start=start * pq.ms, sampling_period=interval * pq.ms,
                name=name, channel_ids=np.concatenate([s.neurons + int(p.recorder.population.first_id) for p, _, s in members]),
                source_population=members[0][0].recorder.population.label, through=through,
                array_annotations={"channel_index": np.concatenate([_index(p, first, s.neurons, of_assembly) for p, first, s in members])})
            segment.analogsignals.append(signal)
            signal.segment = segment
    return segment


def _index(population, first, neurons, of_assembly):
    """Places of neurons (of the root) in what the data belong to: in the population, or in the assembly."""
    if not of_assembly or population.index is None:
        return neurons + first
    return np.searchsorted(population.index, neurons) + first


def _trains(parts, of_assembly):
    ids, times, channels, index, label = [], [], [], [], []
    for p, first, shot in parts:
        root = p.recorder.population
        ids.append(shot.spikes[0] + int(root.first_id))
        times.append(shot.spikes[1])
        channels.append(shot.neurons + int(root.first_id))
        index.append(_index(p, first, shot.neurons, of_assembly))
        label += [root.label] * len(shot.neurons) if of_assembly else []
    shot = parts[0][2]
    return SpikeTrains.from_spike_time_array(
        np.concatenate(times) * pq.ms, np.concatenate(ids), np.concatenate(channels), t_start=shot.start * pq.ms, t_stop=shot.stop * pq.ms,
        source_population=np.array(label) if of_assembly else root.label, source_index=np.concatenate(index))
