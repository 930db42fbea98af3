"""The files of a result folder and the account in it."""

import h5py
import numpy as np
import pytest

from conftest import LIF, account, config, small_network

SUMMARY = {
    "version": None,
    "config": None,
    "config_sha256": None,
    "network": {"neurons", "sources", "synapses"},
    "mapping": {
        "synapses_realised",
        "synapses_lost",
        "synapses_kept_ideal",
        "lost_by_cause",
        "projections",
        "wafers",
        "hicanns",
        "denmems",
        "drivers",
        "synapses_used",
        "neuron_size",
        "capacitor",
        "leak",
        "potentials",
        "design_rules",
        "rebuilt_from_bits",
        "clipped_parameters",
        "clipped_weights",
        "seconds",
    },
    "calibration": {"kind", "table", "seconds"},
    "run": {
        "backend",
        "backend_reason",
        "threads",
        "simd",
        "duration_ms",
        "completed_ms",
        "timestep_ms",
        "speedup",
        "window_steps",
        "seconds",
        "times_real_time",
        "slower_than_hardware",
        "membranes",
        "denmem_steps",
        "row_events",
        "synaptic_events",
    },
    "populations": None,
    "spikes_lost": {"l2_down_dropped_before_sim", "l2_down_lost", "l2_up_lost", "l1_neuron_lost"},
    "imperfections": None,
    "warnings": None,
    "provenance": {"wafer_id", "seeds", "technology_sha256", "mapping_sha256", "libraries"},
}


def test_summary_has_every_key_and_adds_up(finished):
    summary = finished.summary
    account(summary)
    for key, inner in SUMMARY.items():
        assert key in summary
        assert inner is None or inner <= set(summary[key]), f"{key} lacks {inner - set(summary[key])}"
    assert summary["network"] == {"neurons": 23, "sources": 20, "synapses": 460}
    assert summary["run"]["completed_ms"] == summary["run"]["duration_ms"] == 50.0
    assert len(summary["imperfections"]) == 11 and not any(summary["imperfections"].values())
    assert summary["provenance"]["seeds"] == {"run": 1, "mapping": 1, "network": 3}


def test_spike_file_agrees_with_the_summary(finished):
    populations = finished.summary["populations"]
    assert list(populations) == ["S", "E", "silent"]
    for name, p in populations.items():
        times, ids = finished.spikes(name)
        assert len(times) == len(ids) == p["spikes"] and times.dtype == np.float64 and ids.dtype == np.uint64
        assert (len(times) == 0) == (name == "silent")
        assert np.all(np.diff(times) >= 0) and np.all((times >= 0) & (times < 50.0)) and np.all(ids < p["neurons"])
        assert p["rate_hz"] == pytest.approx(p["spikes_fired"] / p["neurons"] / 0.05)


def test_spike_times_are_not_rounded_to_the_step(finished):
    for name in ("S", "E"):
        times, _ = finished.spikes(name)
        assert np.mean(np.abs(times / 0.1 - np.round(times / 0.1)) < 0.01) < 0.2


def test_reports_have_the_samples_asked_for(finished):
    with h5py.File(finished.folder / "v.h5") as file:
        e, silent = file["report/E"], file["report/silent"]
        assert e["data"].shape == (250, 5) and silent["data"].shape == (100, 1) and e["data"].dtype == np.float32
        assert e["mapping/node_ids"][...].tolist() == [0, 1, 2, 3, 4] and silent["mapping/node_ids"][...].tolist() == [2]
        assert e["mapping/time"][...].tolist() == pytest.approx([0.0, 50.0, 0.2])
        assert silent["data"][...] == pytest.approx(-65.0, abs=0.01), "rests at v_rest"
    with h5py.File(finished.folder / "gsyn_exc.h5") as file:
        assert file["report/E/data"].shape == (500, 2) and file["report/E/data"][...].max() > 0.001, "synapses of 2 nS act"


def test_libsonata_reads_spikes_and_reports(finished):
    libsonata = pytest.importorskip("libsonata")
    spikes = libsonata.SpikeReader(str(finished.folder / "spikes.h5"))
    assert sorted(spikes.get_population_names()) == ["E", "S", "silent"]
    assert len(spikes["E"].get()) == finished.summary["populations"]["E"]["spikes"]
    report = libsonata.SomaReportReader(str(finished.folder / "v.h5"))["E"]
    assert report.get().data.shape == (250, 5) and (report.time_units, report.data_units) == ("ms", "mV")


def test_conductance_follows_the_spike(bss):
    """One spike of 2 nS at 10 ms: the conductance jumps to the weight and decays with tau_syn."""
    populations = {
        "S": {"size": 1, "cell": "SpikeSourceArray", "parameters": {"spike_times": [10.0]}},
        "E": {"size": 1, "cell": "IF_cond_exp", "parameters": LIF},
    }
    network = {
        "populations": populations,
        "projections": [{"pre": "S", "post": "E", "connector": {"AllToAll": {}}, "receptor": "excitatory", "weight": 0.002, "delay": 1.0}],
    }
    result = bss.checked(config(network, record=[{"variable": "gsyn_exc", "population": "E", "interval": 0.1}]))
    with h5py.File(result.folder / "gsyn_exc.h5") as file:
        g = file["report/E/data"][:, 0]
    start = np.flatnonzero(g > 0)[0]
    assert 10.0 <= start * 0.1 <= 11.3 and g.max() == pytest.approx(0.002, rel=0.05)
    assert g[start + 60] / g[start + 30] == pytest.approx(np.exp(-1.0), rel=0.01), "decays by 1/e in 3 ms"


def test_adaptation_jumps_by_b_at_each_spike(bss):
    cell = {**LIF, "v_rest": -44.0, "v_reset": -60.0, "v_spike": -42.0, "delta_T": 1.0, "a": 0.0, "b": 0.05, "tau_w": 100.0}
    network = {"populations": {"A": {"size": 1, "cell": "EIF_cond_exp_isfa_ista", "parameters": cell}}, "projections": []}
    result = bss.checked(config(network, record=[{"variable": "w", "population": "A", "interval": 0.1}]))
    times, _ = result.spikes("A")
    with h5py.File(result.folder / "w.h5") as file:
        assert file["report/A/data"].attrs["units"] in ("nA", b"nA")
        w = file["report/A/data"][:, 0]
    first = int(np.ceil(times[0] / 0.1))
    assert np.all(w[:first] == 0) and w[first + 1] == pytest.approx(0.05, rel=0.01)


def test_mapping_file_lists_every_neuron_and_source(finished):
    with h5py.File(finished.folder / "mapping.h5") as file:
        for name, size in (("E", 20), ("silent", 3)):
            placed = file[f"placement/{name}"]
            assert placed["id"][...].tolist() == list(range(size)) and np.all(placed["size"][...] == 4)
            assert len(set(zip(placed["hicann"][...].tolist(), placed["denmem"][...].tolist()))) == size
        assert set(file["placement/S/id"][...].tolist()) == set(range(20)) and np.all(file["placement/S/denmem"][...] == -1)
        assert file["chips/denmems"][...].sum() == 23 * 4
        assert file["chips/synapses_realised"][...].sum() == finished.summary["mapping"]["synapses_realised"]
        for k, count in enumerate((400, 60)):
            assert file[f"weights/{k}"].shape == (count,)


def test_synapses_are_listed_when_asked_for(bss):
    result = bss.checked(config(mapping={"list_synapses": True}), "--map-only")
    with h5py.File(result.folder / "mapping.h5") as file:
        pairs = set(zip(file["synapses/0/pre"][...].tolist(), file["synapses/0/post"][...].tolist())) | set(
            zip(file["lost/0/pre"][...].tolist(), file["lost/0/post"][...].tolist())
        )
        assert pairs == {(i, j) for i in range(20) for j in range(20)}
        assert len(file["synapses/1/pre"]) + len(file["lost/1/pre"]) == 60


def test_an_interval_longer_than_a_step_samples_the_same_membrane(bss):
    traces = []
    for interval in (0.1, 0.5):
        result = bss.checked(config(record=[{"variable": "v", "population": "E", "neurons": "0-1", "interval": interval}]))
        with h5py.File(result.folder / "v.h5") as file:
            traces.append(file["report/E/data"][...])
    assert np.array_equal(traces[0][::5], traces[1])


def test_membranes_through_the_adc_agree_with_the_probe_when_readout_is_off(bss):
    both = []
    for through in ("probe", "adc"):
        result = bss.checked(config(record=[{"variable": "v", "population": "E", "neurons": "0-1", "interval": 0.1, "through": through}]))
        with h5py.File(result.folder / "v.h5") as file:
            both.append(file["report/E/data"][...])
    assert np.abs(both[0] - both[1]).max() < 0.1


def test_equal_results_on_any_number_of_threads(bss):
    first = bss.checked(config(wafer={"imperfections": "all"}), "--threads", 1)
    for threads in (2, 3):
        other = bss.checked(config(wafer={"imperfections": "all"}), "--threads", threads)
        assert other.all_spikes() == first.all_spikes()
        assert other.summary["provenance"]["mapping_sha256"] == first.summary["provenance"]["mapping_sha256"]


def test_an_existing_folder_is_taken_over(bss):
    first = bss.checked(config(record=[{"variable": "v", "population": "E", "neurons": "0-1", "interval": 0.1}]))
    (first.folder / "notes.txt").write_text("mine")
    (first.folder / "raster.png").write_text("old")
    again = bss.say("bss-run", "--config", bss.write(config()), "--output", first.folder)
    assert again.returncode == 0, again.stderr
    left = {path.name for path in first.folder.iterdir()}
    assert left == {"summary.json", "spikes.h5", "mapping.h5", "notes.txt"}


def test_a_silent_network_leaves_whole_files(bss):
    network = small_network()
    network["populations"].pop("S"), network["populations"].pop("E")
    result = bss.checked(config({**network, "projections": []}))
    assert result.summary["populations"]["silent"]["spikes"] == 0 and len(result.spikes("silent")[0]) == 0


def test_a_stored_mapping_runs_again(bss):
    """Also where other membranes are read through the ADC than before."""
    record = [{"variable": "v", "population": "E", "neurons": "0-1", "interval": 0.1, "through": "adc"}]
    first = bss.checked(config(wafer={"imperfections": "all"}, record=record))
    again = bss.checked(config(wafer={"imperfections": "all"}, mapping={"file": str(first.folder / "mapping.h5")}))
    assert again.all_spikes() == first.all_spikes()
    with h5py.File(again.folder / "mapping.h5") as file:
        assert np.all(file["wafer/0/analog/output"][...] == 15), "nothing is read out now"
    other = small_network()
    other["populations"]["E"]["size"] = 21
    assert bss.run(config(other, mapping={"file": str(first.folder / "mapping.h5")})).code == 2
