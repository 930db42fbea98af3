"""Synaptic input of a population: a conductance or a current for each receptor, advanced exactly over a step."""
import numpy as np


class Receptor:
    """One receptor of all neurons. `value` is the conductance (µS) or current (nA) at the end of the last step, `mean` over the step."""
    conductance = True

    def __init__(self, parameter, size, dt):
        self.size, self.dt = size, dt
        self.value = np.zeros(size)
        self.before = self.value
        self.set(parameter)

    def set(self, parameter):
        """Takes parameters, by their short names: tau_syn, e_syn, …"""
        self.decay = np.exp(-self.dt / parameter("tau_syn"))
        self.tau = parameter("tau_syn")
        self.reversal = parameter("e_syn") if self.conductance else None

    def arrive(self, weights):
        """Events of a total weight for each neuron, at the beginning of a step."""
        self.value = self.value + weights

    def advance(self):
        self.before, self.value = self.value, self.value * self.decay

    @property
    def mean(self):
        return 0.5 * (self.before + self.value)


class CondExp(Receptor):
    pass


class CurrExp(Receptor):
    conductance = False


class CondAlpha(Receptor):
    """g(t) = w (t / tau) exp(1 - t / tau): its peak is the weight."""

    def __init__(self, parameter, size, dt):
        self.rise = np.zeros(size)
        super().__init__(parameter, size, dt)

    def arrive(self, weights):
        self.rise = self.rise + weights * np.e / self.tau

    def advance(self):
        self.before = self.value
        self.value = (self.value + self.rise * self.dt) * self.decay
        self.rise = self.rise * self.decay


class CurrAlpha(CondAlpha):
    conductance = False


class CondBeta(Receptor):
    """The difference of two exponentials, its peak the weight."""

    def set(self, parameter):
        rise, decay = parameter("tau_rise"), parameter("tau_decay")
        decay = np.where(np.isclose(rise, decay), decay * (1 + 1e-6), decay)
        peak = rise * decay / (decay - rise) * np.log(decay / rise)
        self.scale = 1.0 / (np.exp(-peak / decay) - np.exp(-peak / rise))
        self.decays = np.array([np.exp(-self.dt / decay), np.exp(-self.dt / rise)])
        self.parts = getattr(self, "parts", np.zeros((2, self.size)))
        self.reversal = parameter("e_syn")

    def arrive(self, weights):
        self.parts = self.parts + weights * self.scale

    def advance(self):
        self.before = self.value
        self.parts = self.parts * self.decays
        self.value = self.parts[0] - self.parts[1]


class CurrDelta(Receptor):
    """The potential jumps by the weight (mV), after the step in which the event arrives has decayed."""
    conductance = False

    def set(self, parameter):
        self.decay = 0.0
        self.jump = np.zeros(self.size)

    def arrive(self, weights):
        self.jump = self.jump + weights

    def advance(self):
        self.before = self.value = np.zeros(self.size)

    def take_jump(self):
        jump, self.jump = self.jump, np.zeros(self.size)
        return jump


KINDS = {cls.__name__: cls for cls in (CondExp, CondAlpha, CondBeta, CurrExp, CurrAlpha, CurrDelta)}
