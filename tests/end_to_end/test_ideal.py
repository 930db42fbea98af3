"""The ideal fabric: run.mode: ideal, and lost synapses that a wafer keeps."""

import h5py
import numpy as np

from conftest import LIF, config, small_network


def test_no_wafer_and_no_mapping(bss):
    record = [{"variable": "v", "population": "E", "through": "adc"}]
    result = bss.checked(config(wafer={"imperfections": "all", "hicanns": [174]}, run={"mode": "ideal"}, record=record, strict=True))
    summary, run = result.summary, result.summary["run"]
    assert summary["mapping"] is None and summary["calibration"]["kind"] is None and not any(summary["imperfections"].values()) and summary["warnings"] == []
    assert run["membranes"] == 23 and run["window_steps"] == 10 and run["row_events"] == 0
    assert sorted(p.name for p in result.folder.iterdir()) == ["spikes.h5", "summary.json", "v.h5"]
    assert summary["populations"]["E"]["spikes"] > 0 and summary["populations"]["silent"]["spikes"] == 0


def test_same_spikes_as_the_wafer_without_imperfections(bss):
    wafer, ideal = bss.checked(config()), bss.checked(config(run={"mode": "ideal"}))
    assert wafer.summary["mapping"]["synapses_lost"] == 0
    for population in ("S", "E"):
        (times, neurons), (expected, expected_neurons) = ideal.spikes(population), wafer.spikes(population)
        assert len(times) == len(expected) > 0
        order, expected_order = np.lexsort((times, neurons)), np.lexsort((expected, expected_neurons))
        assert (neurons[order] == expected_neurons[expected_order]).all() and np.allclose(times[order], expected[expected_order], atol=0.02)


def test_more_neurons_than_a_wafer_has_denmems(bss):
    network = {"populations": {"E": {"size": 200_000, "cell": "IF_cond_exp", "parameters": LIF}}, "projections": []}
    assert bss.checked(config(network, run={"mode": "ideal", "duration": 1.0})).summary["run"]["membranes"] == 200_000


def test_every_synapse_has_its_own_delay(bss):
    delays = [0.0, 0.1, 0.14, 0.16, 7.3, 40.0]
    network = {
        "populations": {
            "S": {"size": 1, "cell": "SpikeSourceArray", "parameters": {"spike_times": [5.0]}},
            "E": {"size": len(delays), "cell": "IF_cond_exp", "parameters": LIF},
        },
        "projections": [
            {"pre": "S", "post": "E", "connector": {"FromList": {"conn_list": [[0, k, 0.001, d] for k, d in enumerate(delays)]}}, "receptor": "excitatory"}
        ],
    }
    result = bss.checked(config(network, run={"mode": "ideal"}, record=[{"variable": "v", "population": "E"}]))
    with h5py.File(result.folder / "v.h5") as file:
        v = file["report/E/data"][...]
    # The potential moves from the sample after the event's on.
    onsets = [int(np.argmax(v[:, k] > v[0, k] + 1e-4)) for k in range(len(delays))]
    assert onsets == [50 + steps + 1 for steps in (1, 1, 1, 2, 73, 400)]


def test_plasticity_that_no_driver_has(bss):
    network = small_network()
    network["projections"][0]["synapse"] = {"TsodyksMarkram": {"U": 0.3, "tau_rec": 100.0, "tau_facil": 50.0}}
    refused = bss.run(config(network))
    assert refused.code == 2 and "a driver either depresses or facilitates" in refused.stderr
    assert bss.checked(config(network, run={"mode": "ideal"})).summary["run"]["synaptic_events"] > 0


def test_lost_synapses_are_kept(bss):
    network = {
        "populations": {
            "S": {"size": 300, "cell": "SpikeSourcePoisson", "parameters": {"rate": 20.0}},
            "E": {"size": 20, "cell": "IF_cond_exp", "parameters": LIF},
        },
        "projections": [{"pre": "S", "post": "E", "connector": {"AllToAll": {}}, "receptor": "excitatory", "weight": 0.0004, "delay": 1.0}],
    }
    settings = config(network, mapping={"neuron_size": 1}, run={"duration": 200.0})
    kept = bss.checked(settings)
    mapping = kept.summary["mapping"]
    assert mapping["synapses_lost"] > 0 and mapping["synapses_kept_ideal"] == mapping["synapses_lost"] and mapping["rebuilt_from_bits"]
    with h5py.File(kept.folder / "mapping.h5") as file:
        assert len(file["wafer/0/ideals/kept/siemens"]) == mapping["synapses_lost"]
    ideal = bss.checked({**settings, "run": {**settings["run"], "mode": "ideal"}}).summary
    assert abs(kept.summary["populations"]["E"]["spikes"] - ideal["populations"]["E"]["spikes"]) <= 0.02 * ideal["populations"]["E"]["spikes"] > 0

    # The stored mapping runs again, and without the switch its lost synapses are silent.
    again = bss.checked({**settings, "mapping": {"neuron_size": 1, "file": str(kept.folder / "mapping.h5")}})
    assert again.all_spikes() == kept.all_spikes()
    only_loss = {name: name == "synapse_loss" for name in ideal["imperfections"]}
    lost = bss.checked({**settings, "wafer": {**settings["wafer"], "imperfections": only_loss}})
    assert lost.summary["mapping"]["synapses_kept_ideal"] == 0 and lost.summary["populations"]["E"]["spikes"] < kept.summary["populations"]["E"]["spikes"]
