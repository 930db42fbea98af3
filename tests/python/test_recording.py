"""What comes back: neo objects with units and annotations, segments, arrays, files."""

import warnings

import numpy as np
import pytest
from conftest import FIRING, LIF

MODES = pytest.mark.parametrize("mode", ["ideal", "exact"])


@pytest.fixture
def backend(request, mode):
    return request.getfixturevalue(mode)


def driven(sim, n=3, **record):
    """Neurons that fire by themselves, and one that is driven by a source."""
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0, 6.0, 7.0]), label="source")
    p = sim.Population(n, sim.IF_cond_exp(**FIRING), label="cells")
    prj = sim.Projection(source, p, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.01, delay=1.0))
    p.record(["spikes", "v", "gsyn_exc"], **record)
    source.record("spikes")
    return source, p, prj


@MODES
def test_units_and_annotations(backend):
    source, p, _ = driven(backend)
    p.annotate(layer=4)
    backend.run(20.0)
    block = p.get_data(annotations={"experiment": "one"})
    assert block.name == "cells" and block.annotations["layer"] == 4 and block.annotations["experiment"] == "one" and block.annotations["dt"] == 0.1
    assert block.annotations["simulator"] == "BrainScaleS-1" and block.annotations["mpi_processes"] == 1
    (segment,) = block.segments
    v, g = (segment.filter(name=name)[0] for name in ("v", "gsyn_exc"))
    assert v.shape == g.shape == (201, 3) and str(v.units.dimensionality) == "mV" and str(g.units.dimensionality) == "uS"
    assert v.sampling_period == 0.1 * v.times.units and v.t_start == 0 and float(v.t_stop.magnitude) == pytest.approx(20.1)
    assert v.array_annotations["channel_index"].tolist() == [0, 1, 2] and v.annotations["channel_ids"].tolist() == [int(cell) for cell in p] and v.annotations["source_population"] == "cells"
    assert v.annotations["through"] == "probe"
    assert len(segment.spiketrains) == 3 and all(len(train) > 0 for train in segment.spiketrains)
    assert source.get_data().segments[0].spiketrains[0].magnitude.tolist() == [5.0, 6.0, 7.0]
    assert g.magnitude.max() > 0.009 and (g.magnitude[:55] == 0).all()


@MODES
def test_runs_in_pieces_are_one_run(backend):
    _, p, _ = driven(backend)
    backend.run(20.0)
    whole = p.get_data().segments[0]
    backend.reset()
    for _ in range(4):
        backend.run(5.0)
    pieces = p.get_data().segments[1]
    assert np.array_equal(whole.analogsignals[0].magnitude, pieces.analogsignals[0].magnitude)
    assert [t.magnitude.tolist() for t in whole.spiketrains] == [t.magnitude.tolist() for t in pieces.spiketrains]


@MODES
def test_clear(backend):
    _, p, _ = driven(backend)
    backend.run(10.0)
    first = p.get_data(clear=True).segments[0]
    backend.run(10.0)
    second = p.get_data().segments[0]
    assert first.analogsignals[0].shape == second.analogsignals[0].shape == (101, 3)
    assert np.array_equal(first.analogsignals[0].magnitude[-1], second.analogsignals[0].magnitude[0]) and second.analogsignals[0].t_start == 10.0 * second.analogsignals[0].times.units
    assert all((train.magnitude > 10.0).all() for train in second.spiketrains)


@MODES
def test_arrays_and_counts(backend):
    _, p, _ = driven(backend)
    backend.run(50.0)
    neurons, times = p.get_spikes()
    assert (np.diff(times) >= 0).all()
    counts = p.get_spike_counts()
    assert [counts[int(cell)] for cell in p] == np.bincount(neurons, minlength=3).tolist() and p.mean_spike_count() == len(times) / 3
    here, when = p[1:].get_spikes()
    assert set(here.tolist()) == {0, 1} and np.array_equal(when, times[neurons > 0])
    of_both, _ = (p[2:] + p[:1]).get_spikes()
    assert np.bincount(of_both).tolist() == [counts[int(p[2])], counts[int(p[0])]]


@MODES
def test_recorded_neurons_change_without_a_trace(backend):
    """Which neurons are recorded changes no result, and may change between segments and in the middle."""
    _, p, _ = driven(backend)
    backend.run(20.0)
    whole = p.get_data().segments[0].filter(name="v")[0].magnitude
    backend.reset()
    p.record(None)
    p[1:2].record("v", sampling_interval=0.5)
    backend.run(20.0)
    segment = p.get_data().segments[1]
    (signal,) = segment.analogsignals
    assert signal.shape == (41, 1) and signal.array_annotations["channel_index"].tolist() == [1] and len(segment.spiketrains) == 0
    assert np.array_equal(signal.magnitude[:, 0], whole[::5, 1])


@MODES
def test_spike_times_are_exact(backend):
    p = backend.Population(1, backend.SpikeSourceArray(spike_times=[0.075, 10.025, 12.34]))
    p.record("spikes")
    backend.run(20.0)
    assert p.get_data().segments[0].spiketrains[0].magnitude.tolist() == [0.075, 10.025, 12.34]


def test_spike_times_of_neurons_are_not_rounded(ideal):
    p = ideal.Population(1, ideal.IF_cond_exp(**FIRING))
    p.record("spikes")
    ideal.run(100.0)
    times = p.get_data().segments[0].spiketrains[0].magnitude
    assert len(times) > 3 and np.abs(times / 0.1 - np.rint(times / 0.1)).max() > 1e-3


def test_callbacks_see_the_time_go_by(ideal):
    p = ideal.Population(1, ideal.IF_cond_exp(**LIF))
    seen = []

    def callback(t):
        seen.append((t, ideal.get_current_time()))
        return t + 2.5

    ideal.run(10.0, callbacks=[callback])
    assert [t for t, _ in seen] == pytest.approx([0.0, 2.5, 5.0, 7.5, 10.0]) and all(a == b for a, b in seen) and p.size == 1


def test_files(ideal, tmp_path):
    import pickle

    p = ideal.Population(2, ideal.IF_cond_exp(**FIRING))
    p.record("v", to_file=str(tmp_path / "v.pkl"))
    ideal.run(5.0)
    ideal.end()
    ideal.setup(mode="ideal")
    block = pickle.loads((tmp_path / "v.pkl").read_bytes())
    assert block.segments[0].analogsignals[0].shape == (51, 2)
    assert p.get_data().segments[0].analogsignals[0].shape == (51, 2)       # those of an earlier network can still be read


def test_ctrl_c_keeps_what_was_recorded(sim):
    for model in (sim.IF_cond_exp, sim.IF_curr_exp):
        sim.setup(mode="ideal")
        p = sim.Population(1, model(i_offset=1.0))
        p.record("v")

        def stop(now):
            if now >= 20.0:
                raise KeyboardInterrupt

        sim.state._progress = lambda tstop: stop
        try:
            with pytest.raises(KeyboardInterrupt):
                sim.run(1e6)
        finally:
            del sim.state._progress
        now = sim.get_current_time()
        assert 20.0 <= now < 1e6
        (signal,) = p.get_data().segments[0].analogsignals
        assert len(signal) == round(now / 0.1) + 1
        sim.run(1.0)
        assert sim.get_current_time() == pytest.approx(now + 1.0)


def test_signals_through_the_real_channels(hardware):
    """Noise and rounding, and no more than the wafer has."""
    p = hardware.Population(4, hardware.IF_cond_exp(**LIF))
    p[:2].record("v")
    hardware.run(20.0)
    free = p.get_data().segments[0].analogsignals[0]
    hardware.reset()
    p.record(None)
    p[:2].record("v", through="adc")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hardware.run(20.0)
    real = p.get_data().segments[1].analogsignals[0]
    assert real.annotations["through"] == "adc" and real.shape == free.shape and not np.array_equal(real.magnitude, free.magnitude)
    assert np.abs(real.magnitude - free.magnitude).mean() < 20.0
