"""What PyNN's scenarios check, said in terms that the hardware can meet (docs/pynn.md, scenarios.py): cells that it has, tolerances of its noise."""

import pickle

import numpy as np
import pytest
from conftest import FIRING, LIF, SMALL
from pyNN.parameters import Sequence
from pyNN.random import NumpyRNG, RandomDistribution

NOISE = 8.0     # mV: of a trace on a wafer with every imperfection, against the same run


def voltages(population):
    return [segment.filter(name="v")[0].magnitude for segment in population.get_data().segments]


def test_hw_reset(hardware):
    """The same run again and again: the same trial noise, the same trace."""
    p = hardware.Population(1, hardware.IF_cond_exp(**FIRING))
    p.record("v")
    for _ in range(3):
        hardware.run(10.0)
        hardware.reset()
    traces = voltages(p)
    assert len(traces) == 3 and np.ptp(traces[0]) > 1.0
    for trace in traces[1:]:
        np.testing.assert_array_equal(trace, traces[0])


def test_hw_reset_with_clear(hardware):
    p = hardware.Population(1, hardware.IF_cond_exp(**FIRING))
    p.record("v")
    blocks = []
    for _ in range(3):
        hardware.run(10.0)
        blocks.append(p.get_data(clear=True))
        hardware.reset()
    assert [len(block.segments) for block in blocks] == [1, 1, 1]
    for block in blocks[1:]:
        np.testing.assert_array_equal(block.segments[0].analogsignals[0].magnitude, blocks[0].segments[0].analogsignals[0].magnitude)


def test_hw_reset_with_spikes(hardware):
    """Input spikes are replayed exactly."""
    source = hardware.Population(2, hardware.SpikeSourceArray(spike_times=[[1.2, 3.8, 9.2], [1.5, 1.9, 2.7, 4.8, 6.8]]))
    p = hardware.Population(2, hardware.IF_cond_exp(**LIF))
    source.record("spikes")
    p.record("v")
    hardware.Projection(source, p, hardware.AllToAllConnector(), hardware.StaticSynapse(weight=0.01))
    for _ in range(3):
        hardware.run(20.0)
        hardware.reset()
    traces = voltages(p)
    assert traces[0].max() - traces[0][0].mean() > 1.0
    for trace in traces[1:]:
        np.testing.assert_array_equal(trace, traces[0])
    for segment in source.get_data().segments:
        assert [train.magnitude.tolist() for train in segment.spiketrains] == [[1.2, 3.8, 9.2], [1.5, 1.9, 2.7, 4.8, 6.8]]


def test_hw_setup(sim):
    """A network that is built anew is the same one, on the same wafer with the same seeds; another trial is not."""
    traces = []
    for seed in (1, 1, 2):
        sim.setup(mode="hardware", seed=seed, **SMALL)
        p = sim.Population(1, sim.IF_cond_exp(**FIRING))
        p.record("v")
        sim.run(10.0)
        traces += voltages(p)
        sim.end()
    np.testing.assert_array_equal(traces[0], traces[1])
    assert not np.array_equal(traces[0], traces[2])


def test_hw_adaptation(exact):
    """An adaptive neuron that a rest above threshold keeps firing: ever more slowly."""
    p = exact.Population(1, exact.EIF_cond_exp_isfa_ista(v_rest=-45.0, v_reset=-65.0, v_thresh=-50.0, delta_T=1.0, tau_refrac=2.0, a=1.0, b=0.02, tau_w=100.0))
    p.record("spikes")
    exact.run(500.0)
    gaps = np.diff(p.get_data().segments[0].spiketrains[0].magnitude)
    assert len(gaps) > 5 and gaps[-1] > 1.2 * gaps[0]


def test_hw_procedural(exact):
    """connect() of two views."""
    source = exact.Population(10, exact.SpikeSourceArray(spike_times=[*range(1, 10)]))
    p = exact.Population(10, exact.IF_cond_exp(**LIF))
    with pytest.warns(DeprecationWarning):
        prj = exact.connect(source[0:1], p[0:1], weight=0.01, delay=0.5)
    p.record("spikes")
    exact.run(50.0)
    trains = p.get_data().segments[0].spiketrains
    assert len(trains[0]) > 0 and not any(len(train) for train in trains[1:]) and len(prj) == 1


def test_hw_changed_spike_times(hardware):
    """Spike times set in the middle of a simulation."""
    source = hardware.Population(2, hardware.SpikeSourceArray())
    p = hardware.Population(2, hardware.IF_cond_exp(**LIF))
    p.record("v")
    hardware.Projection(source, p, hardware.OneToOneConnector(), hardware.StaticSynapse(weight=0.005))
    first = np.arange(2.0, 50.0, 5.0)
    source[0].spike_times = first
    source[1].spike_times = first + 3.0
    hardware.run(50.0)
    hardware.run(100.0)
    source[0].spike_times = first + 150.0
    mapped = hardware.mapping().id
    hardware.run(50.0)
    (v,) = voltages(p)
    rest = v[1400:1500].mean(axis=0)
    assert v[400:500, 0].mean() > rest[0] + 1.0 and v[400:500, 1].mean() > rest[1] + 1.0
    assert v[1900:, 0].mean() > rest[0] + 1.0 and abs(v[1900:, 1].mean() - rest[1]) < NOISE / 4 and hardware.mapping().id == mapped


def test_hw_updated_sources(hardware):
    source = hardware.Population(2, hardware.SpikeSourceArray(spike_times=[]))
    source.record("spikes")
    hardware.run(10.0)
    source.set(spike_times=[Sequence([12, 15, 18]), Sequence([17, 19])])
    hardware.run(10.0)
    source.set(spike_times=[Sequence([22, 25]), Sequence([23, 27, 29])])
    hardware.run(10.0)
    trains = source.get_data().segments[0].spiketrains
    assert [train.magnitude.tolist() for train in trains] == [[12, 15, 18, 22, 25], [17, 19, 23, 27, 29]]


def test_hw_reset_recording(hardware):
    p = hardware.Population(7, hardware.IF_cond_exp(**FIRING))
    p[3:4].record("v")
    hardware.run(10.0)
    hardware.reset()
    p.record(None)
    p[4:5].record("v")
    hardware.run(10.0)
    first, second = (segment.analogsignals[0] for segment in p.get_data().segments)
    assert first.array_annotations["channel_index"].tolist() == [3] and second.array_annotations["channel_index"].tolist() == [4]
    assert first.shape == second.shape == (101, 1) and not (first.magnitude[1:] == second.magnitude[1:]).all()


def test_hw_probes_of_an_assembly(hardware):
    """v, w and conductances of as many neurons as one likes: a model can do what an ADC cannot."""
    cells = hardware.Population(5, hardware.IF_cond_exp(**LIF)) + hardware.Population(6, hardware.EIF_cond_exp_isfa_ista(delta_T=1.0, tau_refrac=1.0))
    inputs = hardware.Population(5, hardware.SpikeSourcePoisson(rate=50.0))
    for receptor in ("inhibitory", "excitatory"):
        hardware.Projection(inputs, cells, hardware.AllToAllConnector(), hardware.StaticSynapse(weight=0.01), receptor_type=receptor)
    cells.record("v")
    cells[2:9].record(["gsyn_exc", "gsyn_inh"])
    cells.populations[1].record("w")
    hardware.run(100.0)
    first, second, both = (x.get_data().segments[0] for x in (*cells.populations, cells))
    assert both.filter(name="v")[0].shape == (1001, 11) and both.filter(name="gsyn_exc")[0].shape == (1001, 7)
    assert first.filter(name="gsyn_exc")[0].array_annotations["channel_index"].tolist() == [2, 3, 4] and second.filter(name="w")[0].shape == (1001, 6)
    np.testing.assert_array_equal(both.filter(name="v")[0].magnitude[:, 8], second.filter(name="v")[0].magnitude[:, 3])
    assert first.filter(name="gsyn_exc")[0].magnitude.max() > 0.001


def test_hw_clear_and_exact_times(hardware):
    p = hardware.Population(1, hardware.SpikeSourceArray(spike_times=[0.075, 10.025, 12.34, 1000.025]))
    p.record("spikes")
    trains = []
    for _ in range(3):
        hardware.run(10.0)
        trains.append(p.get_data("spikes", clear=True).segments[0].spiketrains[0].magnitude.tolist())
    assert trains == [[0.075], [10.025, 12.34], []]


def test_hw_sampling_interval(hardware):
    p, q = hardware.Population(3, hardware.IF_cond_exp(**LIF)), hardware.Population(4, hardware.IF_cond_exp(**LIF))
    p.record("v", sampling_interval=1.0)
    q.record("v", sampling_interval=0.5)
    hardware.run(10.0)
    assert voltages(p)[0].shape == (11, 3) and voltages(q)[0].shape == (21, 4)


def test_hw_files(hardware, tmp_path):
    p = hardware.Population(2, hardware.IF_cond_exp(**FIRING))
    p.record(["spikes", "v"], to_file=str(tmp_path / "end.pkl"))
    hardware.run(20.0)
    p.write_data(str(tmp_path / "now.pkl"), annotations={"script": "twin"})
    hardware.end()
    end, now = (pickle.loads((tmp_path / name).read_bytes()) for name in ("end.pkl", "now.pkl"))
    np.testing.assert_array_equal(end.segments[0].analogsignals[0].magnitude, now.segments[0].analogsignals[0].magnitude)
    assert len(end.segments[0].spiketrains) == 2 and now.annotations["script"] == "twin"


def test_hw_data_after_end(hardware):
    p = hardware.Population(1, hardware.IF_cond_exp(**LIF))
    p.record("v")
    hardware.run(50.0)
    hardware.end()
    assert voltages(p)[0].shape == (501, 1)


def test_hw_thresholds(exact):
    """Neurons by their rest above threshold: periods of the closed form (scenario 2 with what the hardware has in place of a current)."""
    rest = np.linspace(-48.0, -40.0, 9)
    p = exact.Population(10, exact.IF_cond_exp(**{**LIF, "v_rest": np.append(-51.0, rest)}))
    p.record("spikes")
    exact.run(300.0)
    trains = p.get_data().segments[0].spiketrains
    assert len(trains[0]) == 0
    periods = [np.diff(train.magnitude).mean() for train in trains[1:]]
    expected = LIF["tau_refrac"] + LIF["tau_m"] * np.log((rest - LIF["v_reset"]) / (rest - LIF["v_thresh"]))
    np.testing.assert_allclose(periods, expected, rtol=0.01)


def test_hw_balanced(hardware):
    """A balanced network of views with PyNN's random numbers: it fires, and what was lost is known."""
    rng = NumpyRNG(seed=98765)
    cells = hardware.Population(100, hardware.IF_cond_exp(**{**LIF, "v_rest": -52.0, "tau_syn_I": 5.0}), label="cells")
    inputs = hardware.Population(20, hardware.SpikeSourcePoisson(rate=100.0, duration=200.0), label="input")
    cells.initialize(v=RandomDistribution("uniform", low=-65.0, high=-50.0, rng=rng))
    projections = [
        hardware.Projection(pre, cells, hardware.FixedProbabilityConnector(0.1, rng=rng), hardware.StaticSynapse(weight=weight, delay=0.5), receptor_type=receptor)
        for pre, weight, receptor in ((cells[:80], 0.002, "excitatory"), (cells[80:], 0.01, "inhibitory"), (inputs, 0.004, "excitatory"))
    ]
    cells.record("spikes")
    hardware.run(300.0)
    assert 1.0 < cells.mean_spike_count() / 0.3 < 200.0
    for prj in projections:
        lost = int(np.isnan(prj.get_realised("weight", format="coo")[2]).sum())
        assert lost == hardware.mapping().synapse_loss(prj)


def test_hw_plasticity(exact):
    """Synapses in 3-D space, of which some depress and some facilitate, as the drivers can: one time constant each."""
    source = exact.Population(10, exact.SpikeSourceArray(spike_times=np.arange(10.0, 60.0, 10.0)))
    p = exact.Population(2, exact.IF_cond_exp(**LIF))
    for k, synapse in enumerate((exact.TsodyksMarkramSynapse(weight=0.004, U=0.4, tau_rec=100.0, tau_facil=0.0), exact.TsodyksMarkramSynapse(weight=0.004, U=0.2, tau_rec=0.0, tau_facil=100.0))):
        exact.Projection(source, p[k:k + 1], exact.AllToAllConnector(), synapse)
    p.record("gsyn_exc")
    exact.run(70.0)
    g = p.get_data().segments[0].analogsignals[0].magnitude
    peaks = np.array([g[100 * k:100 * (k + 1)].max(axis=0) for k in range(1, 6)])
    assert (np.diff(peaks[:, 0]) < 0).all() and (np.diff(peaks[:, 1]) > 0).all()
