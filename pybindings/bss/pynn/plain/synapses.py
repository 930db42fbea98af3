"""Synapses of one projection between two populations, many spikes at a time. Times are steps."""
import numpy as np

from ..exceptions import InputError

# change of a weight for a trace and an amplitude of one, by PyNN's name of the rule
POTENTIATION = {
    "AdditiveWeightDependence": lambda w, low, high, p: high,
    "AdditivePotentiationMultiplicativeDepression": lambda w, low, high, p: high,
    "MultiplicativeWeightDependence": lambda w, low, high, p: high - w,
    "GutigWeightDependence": lambda w, low, high, p: high * (1 - w / high) ** p("mu_plus"),
}
DEPRESSION = {
    "AdditiveWeightDependence": lambda w, low, high, p: high,
    "AdditivePotentiationMultiplicativeDepression": lambda w, low, high, p: w,
    "MultiplicativeWeightDependence": lambda w, low, high, p: w - low,
    "GutigWeightDependence": lambda w, low, high, p: high * (w / high) ** p("mu_minus"),
}


class Static:
    """Synapses by the neuron that they come from. `place` is a synapse's number in its projection, whose values are shared by all its blocks."""
    plastic = False

    def __init__(self, pre, post, place, pre_size, values, dt, random):
        order = np.argsort(pre, kind="stable")
        self.pre, self.post, self.place = pre[order].astype(np.int64), post[order].astype(np.int64), place[order]
        self.first = np.searchsorted(self.pre, np.arange(pre_size + 1))
        self.values, self.dt, self.random = values, dt, random
        self.set()
        self.reset()

    def value(self, name, synapses=slice(None)):
        return self.values[name][self.place[synapses]]

    def set(self):
        """The projection's values have changed."""
        self.delay = np.maximum(1, np.rint(self.values["delay"][self.place] / self.dt)).astype(np.int64)

    def reset(self):
        """Time 0."""

    def of(self, neurons):
        """Numbers of the synapses that these neurons have, neuron by neuron."""
        first, count = self.first[neurons], self.first[neurons + 1] - self.first[neurons]
        return np.repeat(first - np.concatenate(([0], np.cumsum(count)[:-1])), count) + np.arange(count.sum())

    def spike(self, neurons, now):
        """Neurons fire: (synapses, what each one transmits)."""
        synapses = self.of(neurons)
        return synapses, self.value("weight", synapses)


class Stochastic(Static):
    """Each spike is transmitted with a probability."""

    def spike(self, neurons, now):
        synapses = self.of(neurons)
        synapses = synapses[self.random.random(len(synapses)) < self.value("p", synapses)]
        return synapses, self.value("weight", synapses)


class TsodyksMarkram(Static):
    """Tsodyks, Uziel and Markram (2000), without the part of the resource that is still active in the membrane."""

    def reset(self):
        self.u, self.x, self.last = np.zeros(len(self.post)), np.ones(len(self.post)), np.full(len(self.post), -np.inf)

    def spike(self, neurons, now):
        s = self.of(neurons)
        passed = (now - self.last[s]) * self.dt
        U, recovery, facilitation = self.value("U", s), self.value("tau_rec", s), self.value("tau_facil", s)
        left = np.where(facilitation > 0, self.u[s] * np.exp(-passed / np.where(facilitation > 0, facilitation, 1.0)), 0.0)
        x = np.where(recovery > 0, 1 - (1 - self.x[s]) * np.exp(-passed / np.where(recovery > 0, recovery, 1.0)), 1.0)
        u = left + U * (1 - left)
        self.u[s], self.x[s], self.last[s] = u, x * (1 - u), now
        return s, self.value("weight", s) * u * x


class Plastic(Static):
    """Pairs of spikes: a trace of each side for every synapse. Of the delay the dendrite has a share, after which it sees the spikes of its neuron; the rest is the
    axon's, after which the synapse sees those of the source. Spikes seen at the same time do nothing to each other."""
    plastic = True

    def __init__(self, *args, rules):
        self.rules = rules
        super().__init__(*args)

    def set(self):
        super().set()
        share = self.value("dendritic_delay_fraction")
        self.dendrite = np.rint(share * self.delay).astype(np.int64)
        self.axon = self.delay - self.dendrite
        low, high = self.value("w_min"), self.value("w_max")
        if (low > high).any():
            raise InputError(f"STDPMechanism: expected w_min <= w_max, found {low.max()} > {high.min()}")

    def reset(self):
        n = len(self.post)
        self.trace_pre, self.trace_post, self.seen = np.zeros(n), np.zeros(n), np.zeros(n)
        self.coming = {}            # step -> ([synapses that see a spike of their source], [… of their target])

    def _expect(self, side, synapses, when):
        for step in np.unique(when):
            self.coming.setdefault(int(step), ([], []))[side].append(synapses[when == step])

    def spike(self, neurons, now):
        s = self.of(neurons)
        self._expect(0, s, now + self.axon[s])
        return s[:0], np.array([])          # they transmit when the synapse sees them: see()

    def fired(self, neurons, now):
        """Target neurons fire."""
        hit = np.isin(self.post, neurons)
        s = np.flatnonzero(hit)
        self._expect(1, s, now + self.dendrite[s])

    def see(self, now):
        """What the synapses see at a step, and transmit then: (synapses, weights, steps until they arrive)."""
        pre, post = self.coming.pop(now, ([], []))
        pre, post = (np.concatenate(part) if part else np.array([], dtype=np.int64) for part in (pre, post))
        self._decay(pre, now)
        self._decay(post, now)
        self._move(pre, -self.trace_post[pre], "A_minus", DEPRESSION)
        self._move(post, self.trace_pre[post], "A_plus", POTENTIATION)
        np.add.at(self.trace_pre, pre, 1.0)
        np.add.at(self.trace_post, post, 1.0)
        return pre, self.value("weight", pre), self.dendrite[pre]

    def _decay(self, s, now):
        passed = (now - self.seen[s]) * self.dt
        self.trace_pre[s] *= np.exp(-passed / self.value("tau_plus", s))
        self.trace_post[s] *= np.exp(-passed / self.value("tau_minus", s))
        self.seen[s] = now

    def _move(self, s, trace, amplitude, rules):
        w, low, high = (self.value(name, s) for name in ("weight", "w_min", "w_max"))
        change = self.value(amplitude, s) * trace * rules[self.rules[1]](w, low, high, lambda name: self.value(name, s))
        self.values["weight"][self.place[s]] = np.clip(w + change, low, high)


MODELS = {"StaticSynapse": Static, "TsodyksMarkramSynapse": TsodyksMarkram, "SimpleStochasticSynapse": Stochastic, "STDPMechanism": Plastic}
