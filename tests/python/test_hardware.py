"""The mapping from Python: requested and realised, losses, what maps anew and what does not, placement, bits."""

import warnings

import numpy as np
import pytest
from conftest import FIRING, LIF, SMALL


def recurrent(sim, n=60, p=0.2, weight=0.004):
    cells = sim.Population(n, sim.IF_cond_exp(**{**LIF, "v_rest": -48.0, "tau_refrac": 1.0}), label="cells")
    prj = sim.Projection(cells, cells, sim.FixedProbabilityConnector(p), sim.StaticSynapse(weight=weight, delay=1.0))
    cells.record("spikes")
    return cells, prj


def test_requested_and_realised(hardware):
    cells, prj = recurrent(hardware)
    asked, got = prj.get("weight", format="array"), prj.get_realised("weight", format="array")
    assert asked.shape == got.shape == (60, 60) and set(asked[np.isfinite(asked)]) == {0.004}
    there = np.isfinite(got)
    assert (np.isfinite(asked) | ~there).all() and len(set(got[there].tolist())) > 1 and abs(got[there].mean() - 0.004) < 0.002
    tau = cells.get_realised("tau_m")
    assert tau.shape == (60,) and np.std(tau) > 0 and abs(tau.mean() - 10.0) < 2.0 and cells.get("tau_m") == 10.0
    assert np.array_equal(cells[10:20].get_realised("tau_m"), tau[10:20])
    assert [len(x) for x in (cells[:3] + cells[5:7]).get_realised(["tau_m", "v_rest"])] == [5, 5]
    with pytest.raises(KeyError, match="nothing"):
        cells.get_realised("nothing")


def test_exact_is_realised_as_asked(exact):
    cells, prj = recurrent(exact, n=30)
    got = prj.get_realised("weight", format="coo")
    assert np.allclose(got[2], 0.004, rtol=1e-5) and np.allclose(cells.get_realised("tau_m"), 10.0, rtol=1e-5)


def test_ideal_mode_realises_everything(ideal):
    cells, prj = recurrent(ideal)
    ideal.run(1.0)
    assert (prj.get_realised("weight", format="coo")[2] == 0.004).all() and (cells.get_realised("tau_m") == 10.0).all()
    with pytest.raises(ideal.InputError, match="ideal mode"):
        ideal.mapping()


def test_losses_are_told_by_projection_and_cause(sim):
    sim.setup(mode="hardware", **{**SMALL, "hicanns": [180], "neuron_size": 4})
    cells, prj = recurrent(sim, n=100, p=1.0)
    other = sim.Projection(cells[:10], cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.002), receptor_type="inhibitory")
    m = sim.mapping()
    for p in (prj, other):
        lost = np.isnan(p.get_realised("weight", format="coo")[2])
        assert lost.sum() == m.synapse_loss(p) == (m.causes(p) != "").sum()
        assert np.array_equal(lost, m.routes(p)["row"] < 0)
    rows = list(m.losses())
    assert [row["requested"] for row in rows] == [len(prj), len(other)] and sum(row["lost"] for row in rows) == m.synapse_loss() > 0
    assert sum(rows[0]["lost_by_cause"].values()) == rows[0]["lost"] and "requested" in repr(m.losses())
    placement = m.placement(cells)
    assert sorted(placement["id"]) == list(range(100)) and set(placement["hicann"]) == {180} and len(m.placement(cells[5:8])) == 3


def test_too_much_loss_stops_after_the_mapping(sim):
    sim.setup(mode="hardware", max_synapse_loss=0.01, **{**SMALL, "hicanns": [180]})
    recurrent(sim, n=100, p=1.0)
    with pytest.raises(sim.SynapseLossError) as raised:
        sim.run(1.0)
    assert isinstance(raised.value, sim.errors.ConnectionError)


def test_a_strict_run_raises(sim):
    sim.setup(mode="hardware", strict=True, **SMALL)
    sim.Population(1, sim.IF_cond_exp(**{**LIF, "tau_refrac": 0.0}))
    with pytest.raises(sim.StrictError):
        sim.run(1.0)


def test_what_was_changed_is_warned_about_once(sim):
    sim.setup(mode="hardware", **SMALL)
    _, _ = recurrent(sim, n=10)
    with pytest.warns(UserWarning, match="delay_ignored"):
        sim.run(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.run(1.0)


def test_what_does_not_map_anew(hardware):
    cells, prj = recurrent(hardware)
    source = hardware.Population(3, hardware.SpikeSourceArray(spike_times=[5.0]))
    hardware.Projection(source, cells, hardware.AllToAllConnector(), hardware.StaticSynapse(weight=0.002))
    assert hardware.run(None) == 0.0
    first = hardware.mapping()
    hardware.run(100.0)
    strong = cells.mean_spike_count()
    hardware.reset()
    prj.set(weight=0.0)
    cells[:30].set(v_rest=-70.0)
    source.set(spike_times=[50.0])
    cells[:5].record("v")
    hardware.run(100.0)
    assert hardware.mapping() == first and hardware.mapping().id == first.id
    counts = np.array([*cells.get_spike_counts().values()])
    assert counts[:30].mean() < 0.3 * strong and len(cells.get_data().segments) == 2
    assert (prj.get_realised("weight", format="coo")[2] < 0.001).all() or np.isnan(prj.get_realised("weight", format="coo")[2]).any()
    hardware.reset()
    hardware.Projection(source, cells, hardware.OneToOneConnector(), hardware.StaticSynapse(weight=0.002))
    assert hardware.mapping().id != first.id


def test_weights_that_change_in_the_middle_act_from_then_on(exact):
    source = exact.Population(1, exact.SpikeSourceArray(spike_times=[10.0, 60.0]))
    p = exact.Population(1, exact.IF_cond_exp(**LIF))
    prj = exact.Projection(source, p, exact.AllToAllConnector(), exact.StaticSynapse(weight=0.002))
    p.record("gsyn_exc")
    exact.run(50.0)
    prj.set(weight=0.004)
    exact.run(50.0)
    g = p.get_data().segments[0].analogsignals[0].magnitude[:, 0]
    assert g[:500].max() == pytest.approx(0.002, rel=0.05) and g[500:].max() == pytest.approx(0.004, rel=0.05)


def test_placement_by_hand(hardware):
    cells, _ = recurrent(hardware, n=40)
    chip, other = hardware.mapping().placement(cells)["hicann"][0], None
    hardware.setup(mode="hardware", **SMALL)
    cells, _ = recurrent(hardware, n=40)
    used = sorted({int(h) for h in hardware.wafer().hicanns})
    other = next(h for h in used if h != chip) if len(used) > 1 else chip
    hardware.place(cells[:10], hicanns=other, size=8)
    placement = hardware.mapping().placement(cells[:10])
    assert set(placement["hicann"]) == {other} and set(placement["size"]) == {8}


def test_bits_and_dacs(hardware):
    cells, _ = recurrent(hardware, n=20)
    hardware.run(50.0)
    before = cells.mean_spike_count()
    chip = hardware.wafer()[int(hardware.mapping().placement(cells)["hicann"][0])]
    assert "E_l" in chip.keys() and chip["E_l"].shape == (512,) and chip["weights"].shape == (448, 256)
    hardware.reset()
    for hicann in hardware.wafer().hicanns:
        hardware.wafer()[hicann]["E_l"] = 0
    hardware.run(50.0)
    assert before > 1 and cells.mean_spike_count() == 0
    with pytest.raises(hardware.InputError, match="nothing"):
        chip["nothing"]


def test_a_mapping_is_stored_and_taken_up(sim, tmp_path):
    spikes = []
    for taken in (False, True):
        sim.setup(mode="hardware", **SMALL)
        cells, prj = recurrent(sim)
        if taken:
            sim.load_mapping(tmp_path / "mapping.h5")
        sim.run(50.0)
        if not taken:
            sim.save_mapping(tmp_path / "mapping.h5")
        spikes.append(cells.get_spikes())
    assert len(spikes[0][0]) > 0 and np.array_equal(spikes[0][0], spikes[1][0]) and np.array_equal(spikes[0][1], spikes[1][1])


def test_seeds(sim):
    """Equal seeds, equal spikes; another wafer or another trial, other ones."""
    def once(**settings):
        sim.setup(mode="hardware", **{**SMALL, **settings})
        cells, _ = recurrent(sim, n=20)
        sim.run(100.0)
        return [x.tolist() for x in cells.get_spikes()]

    first = once()
    assert first == once() == once(threads=1) and first != once(seed=2) and first != once(wafer_id=2)


def test_ablation(sim):
    """One imperfection at a time."""
    def rate(**off):
        sim.setup(mode="hardware", imperfections=off or "all", **SMALL)
        cells, _ = recurrent(sim, n=20)
        sim.run(100.0)
        return cells.get_realised("tau_m").std(), cells.mean_spike_count()

    with_mismatch, without = rate(temporal_noise=False), rate(fixed_pattern=False, rewrite=False, parameter_quantisation=False)
    assert with_mismatch[0] > 0 and without[0] < 1e-6 * 10


def test_the_raw_neuron(hardware):
    """A neuron by its floating gates."""
    p = hardware.Population(2, hardware.HICANNNeuron())
    p.record(["spikes", "v"])
    hardware.run(20.0)
    assert p.get_data().segments[0].analogsignals[0].shape == (201, 2)
    assert np.ndim(p.get("E_l")) == 0


def test_ranges_of_parameters(hardware):
    ranges = hardware.parameter_ranges(hardware.IF_cond_exp)
    assert 0 < ranges["tau_m"][0] < 10 < ranges["tau_m"][1] < 10000 and 0 < ranges["tau_refrac"][0] < 2 < ranges["tau_refrac"][1]
    p = hardware.Population(2, hardware.IF_cond_exp(**{**LIF, "tau_refrac": [0.0, 5.0]}))
    assert hardware.mapping().clipped(p).get("tau_refrac", 0) == 1


def test_pictures(hardware, tmp_path):
    cells, _ = recurrent(hardware, n=20)
    hardware.run(20.0)
    for picture in (hardware.plot.wafer(), hardware.plot.raster(), hardware.plot.loss()):
        assert picture._repr_png_().startswith(b"\x89PNG")
        picture.save(tmp_path / "picture.png")
    hardware.mapping().report(tmp_path / "report.html")
    assert "<html" in (tmp_path / "report.html").read_text()


def test_statistics_and_times(hardware):
    recurrent(hardware, n=20)
    hardware.run(50.0)
    assert hardware.statistics()["run_s"] > 0 and hardware.hardware_time() == pytest.approx(50e-6)
