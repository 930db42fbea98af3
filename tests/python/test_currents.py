"""Current sources in hardware mode: the waveforms of the chips' stimuli (currents.py), and what they do to a membrane."""

import numpy as np
import pytest
from conftest import LIF

SAMPLE_MS = 0.032       # the shortest: 4 clocks of 125 MHz at a speed-up of 1000
SILENT = {**LIF, "v_thresh": 0.0}


def charge(sim, source, until):
    """v (mV, a sample a step) of a neuron under a current."""
    cells = sim.Population(1, sim.IF_cond_exp(**SILENT), initial_values={"v": LIF["v_rest"]})
    cells.record("v")
    cells.inject(source)
    sim.run(until)
    return cells.get_data().segments[0].analogsignals[0].magnitude[:, 0]


def expected(current, dt=0.1):
    """The membrane's exact answer to a current that is constant over each step."""
    decay, resistance = np.exp(-dt / LIF["tau_m"]), LIF["tau_m"] / LIF["cm"]
    v = [LIF["v_rest"]]
    for i in current:
        v.append(LIF["v_rest"] + resistance * i + (v[-1] - LIF["v_rest"] - resistance * i) * decay)
    return np.array(v)


def test_a_constant_current(exact):
    v = charge(exact, exact.DCSource(amplitude=0.2), 100.0)
    assert np.allclose(v, expected(np.full(1000, 0.2)), atol=0.01)


def test_a_pulse_ends(exact):
    v = charge(exact, exact.DCSource(amplitude=0.2, start=10.0, stop=25.0), 60.0)
    t = np.arange(600) * 0.1
    assert np.allclose(v, expected(np.where((t >= 10) & (t < 25), 0.2, 0.0)), atol=0.25)        # edges lie on the grid of samples
    assert v[100:250].max() > -60 and abs(v[-1] - LIF["v_rest"]) < 0.5


def test_steps(exact):
    times, amplitudes = [5.0, 12.0, 31.0, 44.0], [0.1, 0.3, 0.05, 0.2]
    source = exact.StepCurrentSource(times=times, amplitudes=amplitudes)
    v = charge(exact, source, 60.0)
    t = np.arange(600) * 0.1
    flow = np.append(0.0, amplitudes)[np.searchsorted(times, t + 1e-9, side="right")]
    assert np.allclose(v, expected(flow), atol=0.4)


def test_a_wave_that_fits_the_memory_repeats(exact):
    period = 129 * 4 * SAMPLE_MS
    source = exact.ACSource(amplitude=0.1, offset=0.15, frequency=1000 / period, stop=1e9)
    v = charge(exact, source, 200.0)
    assert np.allclose(v, expected(source.flow(0, 2000)), atol=0.1)


def test_one_that_does_not_is_refused(exact):
    with pytest.raises(exact.errors.InvalidModelError, match=r"129 samples of 0.032 to 0.512 ms, .* until .* ms only"):
        charge(exact, exact.DCSource(amplitude=0.2, start=150.0), 300.0)


def test_sources_add_up_and_change_between_runs(exact):
    cells = exact.Population(2, exact.IF_cond_exp(**SILENT), initial_values={"v": LIF["v_rest"]})
    cells.record("v")
    one, both = exact.DCSource(amplitude=0.1), exact.DCSource(amplitude=0.2)
    cells.inject(both)
    cells[:1].inject(one)
    exact.run(100.0)
    one.amplitude = 0.3
    exact.run(100.0)
    v = cells.get_data().segments[0].analogsignals[0].magnitude
    assert np.allclose(v[:, 0], expected(np.repeat([0.3, 0.5], 1000)), atol=0.02)
    assert np.allclose(v[:, 1], expected(np.full(2000, 0.2)), atol=0.02)


def test_what_is_drawn_out_is_refused(hardware):
    with pytest.raises(hardware.InputError, match="current source: .* a negative current"):
        charge(hardware, hardware.DCSource(amplitude=-0.2), 10.0)


def test_sources_begin_anew_after_a_reset(exact):
    cells = exact.Population(1, exact.IF_cond_exp(**SILENT), initial_values={"v": LIF["v_rest"]})
    cells.record("v")
    cells.inject(exact.DCSource(amplitude=0.2, start=10.0, stop=25.0))
    exact.run(40.0)
    exact.reset()
    exact.run(40.0)
    first, second = (segment.analogsignals[0].magnitude for segment in cells.get_data().segments)
    assert (first == second).all() and first.max() > -60


def test_a_fifth_waveform_on_a_chip_is_refused(exact):
    cells = exact.Population(5, exact.IF_cond_exp(**SILENT))
    for k, cell in enumerate(cells):
        cell.inject(exact.DCSource(amplitude=0.1 * (k + 1)))
    with pytest.raises(exact.InputError, match="a fifth different current on one chip"):
        exact.run(10.0)
