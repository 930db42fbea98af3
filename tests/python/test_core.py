"""bss._core, the compiled core: networks as arrays, sessions that map once, run on and take changes over."""

import json

import numpy as np
import pytest

from bss import _core

LIF = {"cm": 0.25, "tau_m": 10.0, "tau_refrac": 2.0, "tau_syn_E": 3.0, "tau_syn_I": 3.0, "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -80.0}
FIRING = {**LIF, "v_rest": -45.0}
IDEAL = {"run": {"mode": "ideal"}}
FOUR_CHIPS = {"wafer": {"hicanns": {"x": [16, 17], "y": [7, 8]}, "calibration": "oracle"}, "mapping": {"neuron_size": 4}}


def session(network, settings=IDEAL, **options):
    return _core.Session(network, json.dumps(settings), **{"backend": "cpu", **options})


def small(seed=1, size=40, **weights):
    """Neurons that fire by themselves and inhibit each other."""
    network = _core.Network(seed)
    cells = network.population("E", size, "IF_cond_exp", FIRING)
    network.connect("E -> E", cells, cells, "inhibitory", "FixedProbability", {"p_connect": 0.2}, weight=weights.get("weight", 0.002), delay=1.5)
    return network


# ---- networks


def test_parameters_are_one_value_or_one_a_neuron_and_members_change_alone():
    network = _core.Network()
    cells = network.population("E", 4, "IF_cond_exp", {"tau_m": [10, 11, 12, 13], "cm": 0.5})
    network.set_parameters(cells, {"tau_m": 20.0}, [3, 1])
    network.set_parameters(cells, {"v_thresh": [-40.0, -41.0]}, [2, 0])
    assert network.parameter(cells, "tau_m").tolist() == [10, 20, 12, 20]
    assert network.parameter(cells, "v_thresh").tolist() == [-41, -50, -40, -50]
    assert network.parameter(cells, "cm").tolist() == [0.5] * 4
    taken = network.parameter(cells, "tau_m")
    taken *= 2  # arrays that come out are the caller's own
    assert network.parameter(cells, "tau_m")[0] == 10


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda n: n.population("A", 3, "IF_cond_exp", {"tau_m": -1}), "A: tau_m: expected a time > 0 \\(ms\\), found -1"),
        (lambda n: n.population("A", 3, "IF_cond_exp", {"tau_m": [1, 2]}), "tau_m: expected one value, or 3 values"),
        (lambda n: n.population("A", 3, "IF_cond_exp", {"tau_mm": 1}), "did you mean tau_m"),
        (lambda n: n.population("A", 3, "IF_cond_exp", {"v_reset": -40}), "expected v_reset < v_thresh"),
        (lambda n: n.population("A", 3, "IF_cond_exp", {"cm": float("nan")}), "cm: .*found nan"),
        (lambda n: n.population("A", -3, "IF_cond_exp"), "size: .*found -3"),
        (lambda n: n.population("A", 3, "IF_cond"), 'found "IF_cond"'),
        (lambda n: n.population("E", 3, "IF_cond_exp"), "not taken yet"),
        (lambda n: n.population("a/b", 3, "IF_cond_exp"), 'without "/"'),
        (lambda n: n.population("A", 1, "SpikeSourceArray", spike_times=[3, 1]), "spike_times: .*sorted"),
        (lambda n: n.population("A", 1, "SpikeSourceArray", spike_times=[-1.0]), "spike_times: .*found -1"),
        (lambda n: n.population("A", 2, "SpikeSourceArray", spike_times=([1.0], [0, 2, 1])), "begin"),
        (lambda n: n.connect("p", 0, 1, "excitatory", "AllToAll"), "receives no synapses"),
        (lambda n: n.connect("p", 0, 0, "other", "AllToAll"), 'found "other"'),
        (lambda n: n.connect("p", 0, 0, "excitatory", "AllToNone"), "AllToNone"),
        (lambda n: n.connect("p", 0, 0, "excitatory", "AllToAll", {"p": 1}), "unknown argument"),
        (lambda n: n.connect("p", 0, 0, "excitatory", "FixedProbability"), "p_connect"),
        (lambda n: n.connect("p", 0, 0, "excitatory", "FixedProbability", {"p_connect": 2.0}), "from 0 to 1, found 2"),
        (lambda n: n.connect("p", 0, 0, "excitatory", "FixedNumberPre", {"n": 41}), "n <= 40"),
        (lambda n: n.connect("p", 0, 0, "excitatory", "AllToAll", weight=-1), "weight: .*found -1"),
        (lambda n: n.connect("p", 7, 0, "excitatory", "AllToAll"), "below 2, found 7"),
        (lambda n: n.connect("p", [(0, [40])], 0, "excitatory", "AllToAll"), "neurons below 40, found 40"),
        (lambda n: n.projection("p", 0, 0, "excitatory", [0, 40], [0, 0]), "found 40 -> 0"),
        (lambda n: n.projection("p", 0, 0, "excitatory", [0, -1], [0, 0]), "found -1"),
        (lambda n: n.projection("p", 0, 0, "excitatory", [0, 1], [0]), "2 and 1"),
        (lambda n: n.projection("p", 0, 0, "excitatory", [0.5], [0]), "whole numbers"),
        (lambda n: n.set_weights(0, [1.0]), "one a synapse, found 1"),
        (lambda n: n.set_weights(5, 1.0), "projection below 1, found 5"),
    ],
)
def test_mistakes_are_input_errors_and_change_nothing(wrong, said):
    network = small()
    network.population("S", 2, "SpikeSourcePoisson")
    before = network.size(0), network.weights(0), network.parameter(0, "tau_m").tolist()
    with pytest.raises(_core.InputError, match=said) as raised:
        wrong(network)
    assert isinstance(raised.value, ValueError)
    assert (network.size(0), network.weights(0), network.parameter(0, "tau_m").tolist()) == before


def test_given_synapses_stand_by_target_and_source_with_what_belongs_to_them():
    network = _core.Network()
    cells = network.population("E", 4, "IF_cond_exp")
    p = network.projection("p", cells, cells, "excitatory", [3, 0, 2, 0], [1, 1, 0, 1], weight=[4.0, 1.0, 3.0, 2.0], delay=1.0)
    pre, post = network.pairs(p)
    assert (pre.tolist(), post.tolist()) == ([2, 0, 0, 3], [0, 1, 1, 1])
    assert network.weights(p).tolist() == [3, 1, 2, 4]  # two synapses of a pair keep their order
    assert network.delays(p) == 1.0
    network.set_weights(p, [7.0, 8.0], [3, 0])
    assert network.weights(p).tolist() == [8, 1, 2, 7]


@pytest.mark.parametrize("connector, arguments", [("FixedProbability", {"p_connect": 0.3}), ("FixedNumberPre", {"n": 5}), ("FixedNumberPost", {"n": 5}), ("FixedTotalNumber", {"n": 99, "with_replacement": False}), ("AllToAll", {})])
def test_native_connectors_draw_the_same_at_any_number_of_threads(connector, arguments):
    def pairs(threads, seed=3):
        _core.set_threads(threads)
        network = _core.Network(seed)
        cells = network.population("E", 60, "IF_cond_exp")
        p = network.connect("p", cells, cells, "excitatory", connector, {**arguments, "allow_self_connections": False}, weight={"uniform": {"low": 1, "high": 2}})
        pre, post = network.pairs(p)
        assert (pre != post).all()
        return np.stack([pre, post, network.weights(p)])

    try:
        one, two = pairs(1), pairs(2)
        assert np.array_equal(one, two)
        assert connector == "AllToAll" or not np.array_equal(one[:2], pairs(2, seed=4)[:2])
    finally:
        _core.set_threads(0)


def test_a_probability_of_every_pair_is_asked_for_in_blocks():
    network = _core.Network(5)
    cells = network.population("E", 300, "IF_cond_exp")
    asked = []

    def probability(first, last):
        asked.append((first, last))
        return np.where(np.arange(300)[None, :] < 150, 0.5, 0.0) * np.ones((last - first, 1))

    p = network.connect("p", cells, cells, "excitatory", "Probability", {"probability": probability})
    pre, post = network.pairs(p)
    assert asked[0][0] == 0 and asked[-1][1] == 300 and pre.max() < 150
    assert abs(len(pre) - 0.5 * 150 * 300) < 5 * np.sqrt(0.25 * 150 * 300)


def test_ends_may_be_views_and_assemblies():
    network = _core.Network()
    a, b = network.population("A", 5, "IF_cond_exp", FIRING), network.population("B", 3, "IF_cond_exp", FIRING)
    p = network.connect("p", [(a, [4, 2]), (b, None)], [(b, [1]), (a, [2, 0])], "excitatory", "AllToAll", {"allow_self_connections": False}, weight=1e-3, delay=1.0)
    pre, post = network.pairs(p)
    ends = np.array([("A", 4), ("A", 2), ("B", 0), ("B", 1), ("B", 2)]), np.array([("B", 1), ("A", 2), ("A", 0)])
    joined = {(tuple(ends[0][i]), tuple(ends[1][j])) for i, j in zip(pre, post)}
    assert len(pre) == 13 and all(source != target for source, target in joined)
    network.set_weights(p, np.arange(13) * 1e-3)
    s = session(network)
    s.map()
    assert np.allclose(s.realised_weights(p), np.arange(13) * 1e-3)
    assert s.losses()[p]["requested"] == 13


# ---- running


def test_a_run_in_pieces_gives_the_same_as_in_one():
    def spikes(pieces):
        s = session(small())
        s.record_spikes(0)
        s.record("v", 0, [0, 3])
        s.record("gsyn_inh", 0, [0, 3], interval_ms=0.5)
        for until in pieces:
            s.run(until)
        assert s.now_ms == 60
        return [*s.spikes(0), s.samples("v", 0)[0], s.samples("gsyn_inh", 0)[0]]

    whole, pieces = spikes([60.0]), spikes([0.1, 12.7, 12.7, 30.0, 60.0])
    assert len(whole[0]) > 40 and whole[2].shape == (601, 2) and whole[3].shape == (121, 2)
    for a, b in zip(whole[:3], pieces):
        assert np.array_equal(a, b)
    assert np.array_equal(whole[3][:-1], pieces[3][:-1])


def test_recording_changes_nothing_and_can_change_in_the_middle():
    def spikes(change):
        s = session(small())
        s.record_spikes(0)
        s.run(20.0)
        if change:
            s.record("v", 0, [1, 5])
            s.record("gsyn_inh", 0, interval_ms=1.0)
        s.run(40.0)
        if change:
            s.record("v", 0, [5, 7])
        s.run(60.0)
        return s

    plain, probed = spikes(False), spikes(True)
    for a, b in zip(plain.spikes(0), probed.spikes(0)):
        assert np.array_equal(a, b)
    values, first, interval = probed.samples("v", 0, [1, 5, 7])
    assert (first, interval, values.shape) == (20.0, 0.1, (401, 3))
    assert np.isnan(values[200:, 0]).all() and np.isfinite(values[:, 1]).all() and np.isnan(values[:199, 2]).all() and np.isfinite(values[200:, 2]).all()


def test_weights_change_in_the_middle_and_state_is_kept():
    def spikes(weight):
        network = small()
        s = session(network)
        s.record_spikes(0)
        s.record("v", 0)
        s.run(31.3)
        network.set_weights(0, weight)
        s.run(60.0)
        return s

    same, other = spikes(0.002), spikes(0.0)
    whole = session(small())
    whole.record_spikes(0)
    whole.record("v", 0)
    whole.run(60.0)
    assert np.array_equal(same.samples("v", 0)[0], whole.samples("v", 0)[0]), "the same weights change no bit"
    before, after = same.samples("v", 0)[0], other.samples("v", 0)[0]
    assert np.array_equal(before[:314], after[:314]) and not np.array_equal(before, after)
    assert len(other.spikes(0)[0]) > len(same.spikes(0)[0]), "without inhibition they fire more"


def test_parameters_and_sources_change_in_the_middle():
    network = _core.Network()
    source = network.population("S", 1, "SpikeSourceArray", spike_times=[5.0, 35.0])
    poisson = network.population("P", 50, "SpikeSourcePoisson", {"rate": 10.0})
    cells = network.population("E", 2, "IF_cond_exp", LIF)
    network.connect("p", source, cells, "excitatory", "AllToAll", weight=0.05, delay=1.0)
    s = session(network)
    for population in (source, poisson, cells):
        s.record_spikes(population)
    s.record("v", cells)
    s.run(20.0)
    network.set_spike_times(source, [1.0, 25.0, 33.3])
    network.set_parameters(poisson, {"rate": 1000.0})
    network.set_parameters(cells, {"v_rest": -60.0, "v_thresh": -30.0}, [1])
    s.run(120.0)
    assert s.spikes(source)[1].tolist() == [5.0, 25.0, 33.3], "to the last bit"
    early = (s.spikes(poisson)[1] < 20).sum()
    assert early < 30 and 4000 < len(s.spikes(poisson)[1]) - early < 6000
    v = s.samples("v", cells)[0]
    assert abs(v[199, 1] - v[201, 1]) < 1.0 and abs(v[-1, 0] + 65) < 0.1 and abs(v[-1, 1] + 60) < 0.1


def test_reset_goes_back_to_the_beginning():
    network = small()
    s = session(network)
    s.record_spikes(0)
    s.record("v", 0, [0])
    s.run(50.0)
    first = s.spikes(0), s.samples("v", 0)[0]
    s.reset()
    assert s.now_ms == 0 and len(s.spikes(0)[0]) == 0
    s.run(50.0)
    assert np.array_equal(first[0][1], s.spikes(0)[1]) and np.array_equal(first[1], s.samples("v", 0)[0])


def test_clear_begins_with_the_present_again():
    s = session(small())
    s.record_spikes(0)
    s.record("v", 0, [2])
    s.run(10.0)
    last = s.samples("v", 0)[0][-1]
    s.clear(0)
    assert len(s.spikes(0)[0]) == 0 and s.samples("v", 0)[0].tolist() == [last.tolist()]
    s.run(20.0)
    values, first, _ = s.samples("v", 0)
    assert (len(values), first) == (101, 10.0) and values[0] == last


def test_an_exception_between_chunks_keeps_what_was_recorded():
    s = session(small())
    s.record_spikes(0)
    told = []

    def stop(now):
        told.append(now)
        if now > 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        s.run(10000.0, stop)
    stopped = s.now_ms
    assert told == sorted(told) and 1.0 < stopped < 10000.0
    s.run(stopped + 10.0)
    assert s.now_ms == stopped + 10.0 and len(s.spikes(0)[0]) > 0


def test_new_populations_need_time_zero():
    network = small()
    s = session(network)
    s.run(10.0)
    network.population("late", 2, "IF_cond_exp")
    with pytest.raises(_core.InputError, match="added at 10 ms"):
        s.run(20.0)
    s.reset()
    s.run(20.0)


def test_settings_are_read_by_the_table_of_keys():
    keys = _core.setting_keys()
    assert {"run.mode", "wafer.id", "mapping.max_synapse_loss", "strict"} <= set(keys) and "network" not in keys
    for settings, said in [
        ({"run": {"mode": "quantum"}}, 'setup\\(\\): run.mode: expected one of hardware, ideal, found "quantum"'),
        ({"run": {"timestep": 0}}, "run.timestep: expected a time > 0"),
        ({"run": {"timestep": "0.1 mV"}}, "run.timestep"),
        ({"wafer": {"defects": "no-such-file.yaml"}}, "no-such-file"),
        ({"wafer": {"hicanns": []}}, "wafer.hicanns"),
        ({"wafr": {}}, "did you mean wafer"),
    ]:
        with pytest.raises(_core.InputError, match=said):
            _core.check_settings(json.dumps(settings), "setup()")
    _core.check_settings('{"run": {"timestep": "100 us"}}')


# ---- hardware


@pytest.fixture(scope="module")
def mapped():
    network = small()
    s = session(network, FOUR_CHIPS)
    s.map()
    return network, s


def test_what_was_realised_is_parallel_to_what_was_asked(mapped):
    network, s = mapped
    realised, places = s.realised_weights(0), s.synapse_places(0)
    assert len(realised) == network.size(0) == len(places["row"])
    assert np.isnan(realised).sum() == s.losses()[0]["lost"] == (s.lost_causes(0) >= 0).sum()
    assert np.abs(realised / 0.002 - 1).max() < 0.2
    codes = s.bits(int(places["hicann"][0]), "weights")
    assert codes[places["row"][0], places["column"][0]] == places["code"][0]
    parameters = s.realised_parameters(0)
    assert parameters["tau_m"].shape == (40,) and np.abs(parameters["tau_m"] - 10).max() < 0.5
    assert set(s.placement(0)["hicann"]) <= set(s.hicanns())
    assert s.summary()["network"]["neurons"] == 40 and s.summary()["run"] is None


def test_a_run_on_the_wafer_in_pieces_and_with_other_weights(mapped):
    network, s = mapped
    identity = s.mapping_id
    s.record_spikes(0)
    s.run(60.0)
    whole = s.spikes(0)
    s.reset()
    for until in (0.1, 17.3, 60.0):
        s.run(until)
    assert len(whole[1]) > 40 and np.array_equal(whole[1], s.spikes(0)[1])
    s.reset()
    s.run(17.3)
    network.set_weights(0, 0.002)  # as they were
    s.run(60.0)
    assert np.array_equal(whole[1], s.spikes(0)[1]), "the same weights change no bit"
    s.reset()
    network.set_weights(0, 0.0005)
    s.run(60.0)
    assert s.mapping_id == identity and len(s.spikes(0)[1]) > len(whole[1])
    assert np.abs(s.realised_weights(0) / 0.0005 - 1).max() < 0.3
    s.reset()
    network.set_weights(0, 0.002)


def test_bits_can_be_edited(mapped):
    _, s = mapped
    s.reset()
    s.record_spikes(0)
    s.run(60.0)
    before = len(s.spikes(0)[1])
    kept = {}
    for hicann in s.hicanns():
        kept[hicann] = s.bits(hicann, "weights")
        s.set_bits(hicann, "weights", 0)
    s.reset()
    s.run(60.0)
    assert len(s.spikes(0)[1]) > before
    for hicann, weights in kept.items():
        s.set_bits(hicann, "weights", weights)
    s.reset()
    s.run(60.0)
    assert len(s.spikes(0)[1]) == before
    for name, values, said in [("weights", 16, "from 0 to 15, found 16"), ("weight", 0, "did you mean weights"), ("E_l", [1.0], "shape \\(512\\)"), ("gmax", 0.5, "whole numbers")]:
        with pytest.raises(_core.InputError, match=said):
            s.set_bits(int(s.hicanns()[0]), name, values)
    for name, shape in s.bit_names().items():
        assert s.bits(int(s.hicanns()[0]), name).shape == shape


def test_a_mapping_is_stored_and_taken_up_again(mapped, tmp_path):
    network, s = mapped
    s.save_mapping(str(tmp_path / "m.h5"))
    again = session(network, {**FOUR_CHIPS, "mapping": {"neuron_size": 4, "file": str(tmp_path / "m.h5")}})
    again.map()
    assert np.array_equal(s.realised_weights(0), again.realised_weights(0)) and s.mapping_id != again.mapping_id


def test_limits_are_errors_with_the_mapping_at_hand():
    network = _core.Network()
    cells = network.population("E", 64, "IF_cond_exp", FIRING)
    for k in range(8):
        network.connect(f"p{k}", cells, cells, "excitatory", "AllToAll", weight=0.001, delay=1.0)
    one_chip = {"wafer": {"hicanns": [174]}, "mapping": {"neuron_size": 2, "max_synapse_loss": 0.0}}
    s = session(network, one_chip)
    for _ in range(2):
        with pytest.raises(_core.SynapseLossError, match="max_synapse_loss: expected at most 0"):
            s.run(1.0)
    assert sum(row["lost"] for row in s.losses()) > 0 and s.now_ms == 0
    with pytest.raises(_core.StrictError, match="strict: "):
        session(network, {**one_chip, "mapping": {"neuron_size": 2}, "strict": True}).map()


def test_neurons_of_given_floating_gates():
    network = _core.Network()
    gates = {name: default for name, (default, _, _) in _core.cell_parameters("HardwareNeuron").items()}
    assert len(gates) == 25 and gates["E_l"] == 455
    cells = network.population("raw", 3, "HardwareNeuron", {"E_l": [700.0, 650.0, 600.0], "V_t": 1000.0, "V_reset": 250.0})
    s = session(network, {**FOUR_CHIPS, "run": {"speedup": 1000}})
    s.record("v", cells)
    s.run(300.0)
    assert s.realised_parameters(cells)["E_l"].tolist() == [700, 650, 600]
    placed = s.placement(cells)
    for k, dac in enumerate([700, 650, 600]):
        assert s.bits(int(placed["hicann"][k]), "E_l")[placed["denmem"][k]] == dac
    rest = s.samples("v", cells)[0][-1]
    assert rest[0] > rest[1] > rest[2], "higher leak potentials"
    with pytest.raises(_core.InputError, match="ideal"):
        session(network).map()
    with pytest.raises(_core.InputError, match="E_l"):
        network.set_parameters(cells, {"E_l": 1024.0})


def test_a_result_folder_and_its_block(mapped, tmp_path):
    import bss

    _, s = mapped
    s.reset()
    s.record_spikes(0)
    s.record("v", 0, [3, 7], interval_ms=0.5)
    s.run(20.0)
    s.write(str(tmp_path / "out"))
    (segment,) = bss.load(tmp_path / "out").segments
    assert len(segment.spiketrains) == 40 and sum(map(len, segment.spiketrains)) == len(s.spikes(0)[1])
    (signal,) = segment.analogsignals
    assert signal.shape == (40, 2) and str(signal.units.dimensionality) == "mV" and signal.array_annotations["channel_index"].tolist() == [3, 7]
    assert np.allclose(signal.magnitude, s.samples("v", 0)[0][:-1])
    assert bss.load(tmp_path / "out").annotations["summary"]["run"]["completed_ms"] == 20.0
