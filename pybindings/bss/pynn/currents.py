"""Current sources as what a chip has for them: waveforms of 129 samples, which repeat or end (hardware.md §2.5).

A waveform keeps to a current if, at every time step, it gives a value that the current has within one sample of that time.
"""
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .exceptions import NotOnHardware

SAMPLES = 129
PULSE_LENGTHS = 16
STEPS_AT_ONCE = 10_000          # compared together; most waveforms that do not fit are told from their current in the first ones


@dataclass
class Waveform:
    pulse_length: int
    continuous: bool
    nanoampere: np.ndarray      # SAMPLES

    def at(self, sample):
        """nA that flow at samples counted from time 0."""
        current = self.nanoampere[sample % SAMPLES]
        return current if self.continuous else np.where(sample < SAMPLES, current, 0.0)


class Stimulus:
    """The currents of a network, and the waveforms that give them."""

    def __init__(self, sources, sizes, timestep, shortest_sample):
        self._sources = sources                 # all there are; more may come
        self._sizes = sizes                     # of populations
        self._timestep, self._shortest_sample = timestep, shortest_sample
        self._waveforms = {}                    # sources that flow together -> Waveform
        self._written = {}                      # (population, neuron) -> Waveform

    def changes(self, now, until):
        """(population, neurons, waveform) of those whose waveform has to change for the time from now to until (ms); raises NotOnHardware where none keeps to a current."""
        now, until = (int(round(t / self._timestep)) for t in (now, until))
        listeners = self._listeners()
        self._waveforms = {together: self._waveform(together, now, until) for together in set(listeners.values())}
        wanted = {listener: self._waveforms[together] for listener, together in listeners.items()}
        changed = defaultdict(list)
        for listener in wanted.keys() | self._written.keys():
            if wanted.get(listener) is not self._written.get(listener):
                waveform = wanted.get(listener)
                changed[listener[0], id(waveform)].append((listener[1], waveform))
        self._written = wanted
        return [(population, np.array(sorted(neuron for neuron, _ in neurons)), neurons[0][1]) for (population, _), neurons in changed.items()]

    def _listeners(self):
        """(population, neuron) -> numbers of the sources that flow into it."""
        listeners = defaultdict(tuple)
        for number, source in enumerate(self._sources):
            for population, members in source.targets:
                for neuron in range(self._sizes[population]) if members is None else members:
                    listeners[population, int(neuron)] += (number,)
        return listeners

    def _waveform(self, together, now, until):
        present = self._waveforms.get(together)
        horizon = max(until, now + self._steps(PULSE_LENGTHS * SAMPLES * self._shortest_sample))
        flow = sum(self._sources[number].flow(now, horizon - now) for number in together)
        if present is not None and self._kept_to(present, flow, now) >= until:
            return present
        best, longest = None, -1
        for pulse_length in range(PULSE_LENGTHS):
            for continuous in (True, False):
                waveform = Waveform(pulse_length, continuous, self._samples(flow, now, pulse_length, continuous))
                kept = self._kept_to(waveform, flow, now)
                if kept == horizon:
                    return waveform
                if kept > longest:
                    best, longest = waveform, kept
        if longest < until:
            shortest, sample = SAMPLES * self._shortest_sample, self._shortest_sample
            raise NotOnHardware(f"current source: expected what a chip's stimulus can give: {SAMPLES} samples of {sample:.3g} to {PULSE_LENGTHS * sample:.3g} ms, which repeat after "
                                f"{shortest:.3g} to {PULSE_LENGTHS * shortest:.3g} ms or end; found a current that the best of them keeps to until {longest * self._timestep:g} ms only. "
                                'mode="ideal" runs it, without a wafer')
        return best

    def _steps(self, ms):
        return int(np.ceil(ms / self._timestep - 1e-9))

    def _sample_ms(self, pulse_length):
        return (pulse_length + 1) * self._shortest_sample

    def _samples(self, flow, now, pulse_length, continuous):
        """The current in the middle of each sample, the next time that it comes."""
        sample_ms = self._sample_ms(pulse_length)
        first = int(now * self._timestep / sample_ms)
        number = np.arange(SAMPLES)
        if continuous:
            number = number + SAMPLES * ((first - number + SAMPLES - 1) // SAMPLES)
        step = ((number + 0.5) * sample_ms / self._timestep).astype(int) - now
        return np.where((step >= 0) & (step < len(flow)), flow[np.clip(step, 0, len(flow) - 1)], 0.0)

    def _kept_to(self, waveform, flow, now):
        """The step up to which a waveform keeps to what flows from now on."""
        sample_ms = self._sample_ms(waveform.pulse_length)
        near = self._steps(sample_ms)
        padded = np.pad(flow, near, mode="edge")
        tolerance = np.abs(flow).max(initial=0.0) / 1023        # about a DAC's step
        for begin in range(0, len(flow), STEPS_AT_ONCE):
            steps = np.arange(begin, min(begin + STEPS_AT_ONCE, len(flow)))
            given = waveform.at(((steps + now + 0.5) * self._timestep / sample_ms).astype(int))
            around = np.lib.stride_tricks.sliding_window_view(padded[begin:steps[-1] + 2 * near + 1], 2 * near + 1)
            wrong = (given < around.min(axis=1) - tolerance) | (given > around.max(axis=1) + tolerance)
            if wrong.any():
                return now + begin + int(wrong.argmax())
        return now + len(flow)
