"""The wafer model as a Simulation: the compiled core's network and session, with PyNN's objects as arrays."""

from .. import _core
from .currents import Stimulus
from .simulation import Description

CELLS = ("IF_cond_exp", "EIF_cond_exp_isfa_ista", "SpikeSourceArray", "SpikeSourcePoisson", "HardwareNeuron")
SYNAPSES = ("StaticSynapse", "TsodyksMarkramSynapse")
PLASTICITY = ("U", "tau_rec", "tau_facil")


class WaferSession:
    def __init__(self, description: Description, settings, places=()):
        _core.set_threads(settings.threads)
        self.hardware = settings.mode == "hardware"
        self.network = _core.Network()
        self.names = []
        for cells in description.cells:
            initial = cells.initial["v"] if "v" in cells.initial_given or not self.hardware and "v" in cells.initial else None
            spikes = (cells.trains.times, cells.trains.begin) if cells.trains is not None else None
            self.names.append(unique(cells.label, self.names))
            self.network.population(self.names[-1], cells.size, cells.model, cells.parameters, initial_v=initial, spike_times=spikes)
        self._parameters = [synapses.parameters for synapses in description.synapses]
        for s in description.synapses:
            stp = {name: s.parameters[name] for name in PLASTICITY} if s.model == "TsodyksMarkramSynapse" else None
            self.network.projection(s.label, s.pre, s.post, s.receptor, s.pre_index, s.post_index, s.parameters["weight"], self._delay(s.parameters["delay"], s.delay_given), stp)
        self.core = _core.Session(self.network, settings.json([self._place(*place) for place in places]), name="setup()", backend=settings.backend)
        self.currents = description.currents
        self._stimulus = Stimulus(self.currents, [cells.size for cells in description.cells], description.timestep, self.core.stimulus_sample_ms)
        self._warned = set()
        for name in ("record_spikes", "record", "spikes", "samples", "clear", "realised_parameters", "realised_weights"):
            setattr(self, name, getattr(self.core, name))

    def _place(self, population, neurons, hicanns, size):
        """An entry of mapping.place."""
        entry = {"population": self.names[population.number], "hicanns": hicanns}
        if neurons is not None:
            entry["neurons"] = neurons
        if size is not None:
            entry["size"] = size
        return entry

    def _delay(self, delay, given):
        """On the wafer a delay that nobody asked for is nothing to warn about."""
        return delay if given or not self.hardware else None

    def map(self):
        self._write_currents(self.now_ms)
        self.core.map()

    def run(self, until_ms, progress=None):
        self._write_currents(until_ms)
        self.core.run(until_ms, progress)

    def reset(self):
        for current in self.currents:
            current.rewind()
        self.core.reset()

    def _write_currents(self, until_ms):
        for population, neurons, waveform in self._stimulus.changes(self.now_ms, until_ms):
            if waveform is None:
                self.network.set_current(population, None, members=neurons)
            else:
                self.network.set_current(population, waveform.nanoampere, waveform.pulse_length, waveform.continuous, neurons)

    @property
    def now_ms(self):
        return self.core.now_ms

    def new_warnings(self):
        if not self.hardware:
            return []
        new = [(w["code"], w["message"]) for w in self.core.summary()["warnings"] if (w["code"], w["message"]) not in self._warned]
        self._warned.update(new)
        return new

    def set_parameters(self, population, parameters):
        self.network.set_parameters(population, parameters)

    def set_initial(self, population, initial):
        if "v" in initial:
            self.network.set_initial_v(population, initial["v"])

    def set_trains(self, population, trains):
        self.network.set_spike_times(population, (trains.times, trains.begin))

    def set_synapses(self, projection, parameters):
        if "weight" in parameters:
            self.network.set_weights(projection, parameters["weight"])
        if "delay" in parameters:
            self.network.set_delays(projection, parameters["delay"])
        self._parameters[projection].update(parameters)
        if any(name in parameters for name in PLASTICITY):
            self.network.set_stp(projection, {name: self._parameters[projection][name] for name in PLASTICITY})

    def get_synapses(self, projection, name):
        return self._parameters[projection][name]


def unique(label, taken):
    """A name for a population that no other has: results are stored under it."""
    name, number = label.replace("/", "_"), 2
    while name in taken:
        name, number = f"{label.replace('/', '_')} ({number})", number + 1
    return name
