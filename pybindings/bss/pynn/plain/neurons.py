"""Populations of neurons, all of one at a time: potentials in mV, currents in nA, conductances in µS, capacitances in nF."""
import numpy as np

from ..exceptions import InputError
from ..simulation import Cells
from .receptors import KINDS, CurrDelta

POSITIVE = ("tau_m", "cm", "tau_syn", "tau_syn_E", "tau_syn_I", "tau_w", "tau_rise", "tau_decay")
NOT_NEGATIVE = ("tau_refrac", "delta_T", "gbar_Na", "gbar_K", "g_leak")


class Neurons:
    """A population. Subclasses advance the potential by a step and say who fired."""
    variables = ("v",)

    def __init__(self, cells: Cells, dt):
        self.label, self.size, self.dt = cells.label, cells.size, dt
        self.kinds = cells.receptors
        self.parameters, self.initial = {}, {}
        self.set(cells.parameters)
        self.set_initial(cells.initial)
        self.reset()

    def set(self, parameters):
        """New values; the state is kept."""
        for name, value in parameters.items():
            value = np.array(np.broadcast_to(np.asarray(value, dtype=float), (self.size,)))
            short = name.rsplit(".")[-1]
            expected = "> 0" if short in POSITIVE else ">= 0" if short in NOT_NEGATIVE else "finite"
            bad = ~np.isfinite(value) | (value <= 0 if expected == "> 0" else value < 0 if expected == ">= 0" else False)
            if bad.any():
                raise InputError(f'population "{self.label}": {name}: expected a number {expected}, found {value[np.argmax(bad)]} (neuron {np.argmax(bad)})')
            self.parameters[name] = value
        for name, receptor in getattr(self, "receptors", {}).items():
            receptor.set(self._of_receptor(name))
        self.prepare(self.parameters)

    def _of_receptor(self, name):
        """A receptor's parameters by their short names: of a standard cell they end in _E or _I, of a PointNeuron they begin with its name."""
        standard = {"tau_syn": "tau_syn_", "e_syn": "e_rev_"}
        letter = "E" if name == "excitatory" else "I"

        def parameter(short):
            dotted = f"{name}.{short}"
            return self.parameters[dotted if dotted in self.parameters else standard[short] + letter]
        return parameter

    def set_initial(self, initial):
        """State variables at time 0."""
        self.initial.update({name: np.array(np.broadcast_to(np.asarray(value, dtype=float), (self.size,))) for name, value in initial.items()})

    def reset(self):
        self.v = self.initial.get("v", np.full(self.size, -65.0)).copy()
        self.refractory = np.zeros(self.size, dtype=np.int64)      # steps left
        self.receptors = {name: KINDS[kind](self._of_receptor(name), self.size, self.dt) for name, kind in self.kinds.items()}
        for name, receptor in self.receptors.items():
            suffix = {"excitatory": "exc", "inhibitory": "inh"}.get(name)
            for key in (f"gsyn_{suffix}", f"isyn_{suffix}", f"{name}.gsyn", f"{name}.isyn"):
                if key in self.initial:
                    receptor.value = self.initial[key].copy()

    def read(self, variable):
        """A recordable variable."""
        if variable in self.variables:
            return getattr(self, variable)
        if "." in variable:
            return self.receptors[variable.split(".")[0]].value
        return self.receptors[{"gsyn_exc": "excitatory", "gsyn_inh": "inhibitory"}[variable]].value

    def step(self, current):
        """Goes on by a step with a current (nA) from outside; which neurons fired."""
        for receptor in self.receptors.values():
            receptor.advance()
        conducting = [r for r in self.receptors.values() if r.conductance]
        driving = current + self.i_offset + sum(r.mean for r in self.receptors.values() if not r.conductance)
        fired = self.advance(conducting, driving)
        return np.flatnonzero(fired)

    def _clamp(self, v, held):
        """Who is refractory stays at the reset potential."""
        self.v = np.where(held, self.v_reset, v)
        self.refractory -= held

    def _fire(self, fired):
        self.v = np.where(fired, self.v_reset, self.v)
        self.refractory[fired] = self.refractory_steps[fired]
        return fired

    def prepare(self, p):
        """What follows from the parameters."""
        self.i_offset = p["i_offset"]
        if "tau_refrac" in p:
            self.v_reset = p["v_reset"]
            self.refractory_steps = np.rint(p["tau_refrac"] / self.dt).astype(np.int64)


class LIF(Neurons):
    """Leaky integrate-and-fire: exact for the mean conductances and currents of the step."""

    def prepare(self, p):
        super().prepare(p)
        self.leak = p["cm"] / p["tau_m"]
        self.v_rest, self.cm, self.v_thresh = p["v_rest"], p["cm"], p["v_thresh"]

    def advance(self, conducting, driving):
        total, pull = self.leak, self.leak * self.v_rest + driving
        for r in conducting:
            g = r.mean
            total, pull = total + g, pull + g * r.reversal
        rest = pull / total
        held = self.refractory > 0
        v = rest + (self.v - rest) * np.exp(-self.dt * total / self.cm)
        for r in self.receptors.values():
            if isinstance(r, CurrDelta):
                v = v + r.take_jump()
        self._clamp(v, held)
        return self._fire(~held & (self.v >= self.v_thresh))


class AdExp(Neurons):
    """Adaptive exponential integrate-and-fire, by the classic Runge-Kutta scheme; w in nA."""
    variables = ("v", "w")

    def prepare(self, p):
        super().prepare(p)
        self.leak = p["cm"] / p["tau_m"]
        self.cm, self.v_rest, self.v_thresh, self.tau_w = p["cm"], p["v_rest"], p["v_thresh"], p["tau_w"]
        self.a, self.b = 1e-3 * p["a"], p["b"]
        self.delta = np.maximum(p["delta_T"], 1e-9)
        self.exponential = np.where(p["delta_T"] > 0, self.leak * p["delta_T"], 0.0)
        self.v_spike = np.where(p["delta_T"] > 0, p["v_spike"], p["v_thresh"])

    def reset(self):
        super().reset()
        self.w = self.initial.get("w", np.zeros(self.size)).copy()

    def advance(self, conducting, driving):
        held = self.refractory > 0
        before = [(r.before, r.value, r.reversal) for r in conducting]

        def change(v, w, part):
            v = np.where(held, self.v_reset, np.minimum(v, self.v_spike))
            current = self.leak * (self.v_rest - v) + self.exponential * np.exp(np.minimum((v - self.v_thresh) / self.delta, 50.0)) - w + driving
            for first, last, reversal in before:
                current = current + (first + part * (last - first)) * (reversal - v)
            return np.where(held, 0.0, current / self.cm), (self.a * (v - self.v_rest) - w) / self.tau_w

        h, v, w = self.dt, self.v, self.w
        v1, w1 = change(v, w, 0.0)
        v2, w2 = change(v + h / 2 * v1, w + h / 2 * w1, 0.5)
        v3, w3 = change(v + h / 2 * v2, w + h / 2 * w2, 0.5)
        v4, w4 = change(v + h * v3, w + h * w3, 1.0)
        self.w = w + h / 6 * (w1 + 2 * w2 + 2 * w3 + w4)
        self._clamp(v + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4), held)
        fired = ~held & (self.v >= self.v_spike)
        self.w = self.w + self.b * fired
        return self._fire(fired)


class HodgkinHuxley(Neurons):
    """Traub and Miles (1991): gates exactly for the potential of a part of the step, of at most 0.01 ms; a spike is a crossing of 30 mV above v_offset."""
    variables = ("v", "m", "h", "n")

    def prepare(self, p):
        super().prepare(p)
        self.p = p
        self.parts = int(np.ceil(self.dt / 0.01 - 1e-9))

    def reset(self):
        super().reset()
        self.m, self.h, self.n = (self.initial.get(name, np.full(self.size, value)).copy() for name, value in (("m", 0.0), ("h", 1.0), ("n", 0.0)))

    def advance(self, conducting, driving):
        p, h, v = self.p, self.dt / self.parts, self.v
        for _ in range(self.parts):
            u = v - p["v_offset"]
            rates = {
                "m": (0.32 * 4 * _linoid((13 - u) / 4), 0.28 * 5 * _linoid((u - 40) / 5)),
                "h": (0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5))),
                "n": (0.032 * 5 * _linoid((15 - u) / 5), 0.5 * np.exp((10 - u) / 40)),
            }
            for gate, (alpha, beta) in rates.items():
                rest = alpha / (alpha + beta)
                setattr(self, gate, rest + (getattr(self, gate) - rest) * np.exp(-h * (alpha + beta)))
            sodium, potassium = p["gbar_Na"] * self.m**3 * self.h, p["gbar_K"] * self.n**4
            total = p["g_leak"] + sodium + potassium
            pull = p["g_leak"] * p["e_rev_leak"] + sodium * p["e_rev_Na"] + potassium * p["e_rev_K"] + driving
            for r in conducting:
                g = r.mean
                total, pull = total + g, pull + g * r.reversal
            rest = pull / total
            v = rest + (v - rest) * np.exp(-h * total / p["cm"])
        level = p["v_offset"] + 30.0
        fired = (self.v < level) & (v >= level)
        self.v = v
        return fired


def _linoid(x):
    """x / (exp(x) - 1)."""
    near = np.abs(x) < 1e-6
    return np.where(near, 1 - x / 2, x / np.expm1(np.where(near, 1.0, x)))


MODELS = {
    **{name: LIF for name in ("IF_cond_exp", "IF_cond_alpha", "IF_curr_exp", "IF_curr_alpha", "IF_curr_delta", "LIF")},
    **{name: AdExp for name in ("EIF_cond_exp_isfa_ista", "EIF_cond_alpha_isfa_ista", "AdExp")},
    "HH_cond_exp": HodgkinHuxley,
}
