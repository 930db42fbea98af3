"""Faults of PyNN's own base classes that users would take for ours: each is mended here, and each test fails on the stock code."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from conftest import FIRING, LIF
from pyNN.random import NumpyRNG
from pyNN.space import Line


def fresh_segments(sim, population, runs=2):
    """Two segments of 20 ms with v and spikes."""
    population.record(["v", "spikes"])
    for _ in range(runs):
        sim.run(20.0)
        sim.reset()


def test_structure_may_be_the_third_argument(ideal):
    p = ideal.Population(3, ideal.IF_cond_exp(**LIF), Line(dx=7.0))
    assert p.positions[0].tolist() == [0.0, 7.0, 14.0]
    q = ideal.Population(3, ideal.IF_cond_exp, Line(dx=2.0))
    assert q.positions[0].tolist() == [0.0, 2.0, 4.0]
    assert ideal.Population(2, ideal.IF_cond_exp(), structure=Line(dx=3.0)).positions[0].tolist() == [0.0, 3.0]


def test_run_none_maps_and_does_not_run(ideal):
    p = ideal.Population(3, ideal.IF_cond_exp(**LIF))
    p.record("v")
    assert ideal.run(None) == 0.0 and ideal.get_current_time() == 0.0


def test_views_can_be_initialised(ideal):
    p = ideal.Population(4, ideal.IF_cond_exp(**LIF))
    p[1:3].initialize(v=-55.0)
    p[[0]].initialize(v=lambda i: -61.0 - i)
    assert p.initial_values["v"].evaluate().tolist() == [-61.0, -55.0, -55.0, -65.0]
    assert p[2:].initial_values["v"].evaluate().tolist() == [-55.0, -65.0]
    p.record("v")
    ideal.run(1.0)
    assert p.get_data().segments[0].analogsignals[0].magnitude[0] == pytest.approx([-61.0, -55.0, -55.0, -65.0], abs=1e-4)


def test_the_units_of_a_variable_by_its_name(ideal):
    p = ideal.Population(1, ideal.IF_cond_exp())
    assert p.find_units("v") == "mV" and p.find_units("gsyn_exc") == "uS"


def test_callbacks_of_connectors_to_assemblies(ideal):
    p = ideal.Population(3, ideal.IF_cond_exp()) + ideal.Population(2, ideal.IF_cond_exp())
    seen = []
    ideal.Projection(p, p, ideal.FixedNumberPreConnector(2, rng=NumpyRNG(1), callback=seen.append))
    ideal.Projection(p, p, ideal.AllToAllConnector(callback=seen.append))
    assert p.local_size == 5 and len(seen) == 6 and seen[-1] == 1.0


@pytest.mark.parametrize("hash_seed", ["0", "1", "2", "3"])
def test_the_default_receptor_of_an_assembly_is_the_excitatory_one(hash_seed):
    script = """
        import pyNN.brainscales as sim
        sim.setup(mode="ideal")
        both = sim.Population(2, sim.IF_cond_exp()) + sim.Population(2, sim.EIF_cond_exp_isfa_ista())
        source = sim.Population(1, sim.SpikeSourceArray())
        print(list(both.receptor_types), sim.Projection(source, both, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.1)).receptor_type)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], env={**__import__("os").environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["['excitatory',", "'inhibitory']", "excitatory"]


def test_filters_do_not_destroy_what_others_read_later(ideal):
    p = ideal.Population(2, ideal.IF_cond_exp(**FIRING))
    fresh_segments(ideal, p)
    for _ in range(2):
        assert [len(s.analogsignals) for s in p.get_data("v").segments] == [1, 1]
        assert [len(s.spiketrains) for s in p.get_data("v").segments] == [0, 0]
        assert [len(s.spiketrains) for s in p.get_data("spikes").segments] == [2, 2]
        assert [len(s.analogsignals) for s in p.get_data("spikes").segments] == [0, 0]
        assert [(len(s.analogsignals), len(s.spiketrains)) for s in p.get_data().segments] == [(1, 2), (1, 2)]


def test_the_data_of_an_assembly_do_not_grow(ideal):
    p, q = ideal.Population(5, ideal.IF_cond_exp(**FIRING)), ideal.Population(3, ideal.IF_cond_exp(**FIRING))
    both = p + q
    fresh_segments(ideal, both)
    for _ in range(3):
        for segment in both.get_data().segments:
            (signal,) = segment.analogsignals
            assert signal.shape == (201, 8) and signal.array_annotations["channel_index"].tolist() == list(range(8)) and len(segment.spiketrains) == 8
        assert [s.analogsignals[0].array_annotations["channel_index"].tolist() for s in q.get_data().segments] == [[0, 1, 2]] * 2


def test_segments_are_not_shared(ideal):
    p = ideal.Population(1, ideal.IF_cond_exp(**FIRING))
    fresh_segments(ideal, p)
    first, second = p.get_data(), p.get_data()
    first.segments[0].analogsignals[0][:] *= 0
    assert first.segments[0] is not second.segments[0] and (second.segments[0].analogsignals[0].magnitude < 0).all()


def test_a_view_gets_its_own_data_of_earlier_segments(ideal):
    p = ideal.Population(4, ideal.IF_cond_exp(**FIRING))
    fresh_segments(ideal, p)
    for segment in p[1:3].get_data().segments:
        assert segment.analogsignals[0].shape == (201, 2) and len(segment.spiketrains) == 2
        assert [train.annotations["source_index"] for train in segment.spiketrains] == [1, 2]


def test_data_before_any_run_are_an_empty_block(ideal):
    p = ideal.Population(1, ideal.IF_cond_exp())
    p.record("v")
    assert len(p.get_data().segments) == 0 and p.get_data("v").name == p.label
    assert len((p + ideal.Population(1, ideal.IF_cond_exp())).get_data().segments) == 0


@pytest.mark.parametrize("connector", ["FixedTotalNumberConnector", "FixedNumberPostConnector", "FixedNumberPreConnector"])
def test_fixed_numbers_with_a_generator_that_is_not_parallel_safe(ideal, connector):
    p = ideal.Population(6, ideal.IF_cond_exp())
    rng = NumpyRNG(3, parallel_safe=False)
    prj = ideal.Projection(p, p, getattr(ideal, connector)(2, rng=rng))
    assert len(prj) == (2 if connector == "FixedTotalNumberConnector" else 12) and rng.parallel_safe is False


@pytest.mark.parametrize("entry, index", [((0, 3), "post index"), ((3, 0), "pre index"), ((-1, 0), "pre index"), ((0, -2), "post index"), ((0.5, 0), "pre index")])
def test_lists_with_pairs_out_of_range(ideal, entry, index):
    p = ideal.Population(3, ideal.IF_cond_exp())
    with pytest.raises(ideal.errors.ConnectionError, match=f"entry 1: {index}: expected an integer from 0 to 2"):
        ideal.Projection(p, p, ideal.FromListConnector([(0, 1), entry]))


def test_touching_every_train_does_not_search_all_spikes(ideal):
    p = ideal.Population(3, ideal.SpikeSourceArray(spike_times=[[1.0, 5.0], [], [2.0, 3.0, 4.0]]))
    p.record("spikes")
    ideal.run(10.0)
    trains = p.get_data().segments[0].spiketrains
    assert [train.magnitude.tolist() for train in trains] == [[1.0, 5.0], [], [2.0, 3.0, 4.0]]
    assert [train.annotations["channel_id"] for train in trains] == [int(cell) for cell in p] and trains[0].annotations["source_population"] == p.label
    ids, times = trains.multiplexed
    assert np.asarray(ids).tolist() == [int(p[0]), int(p[2]), int(p[2]), int(p[2]), int(p[0])] and times.magnitude.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_stdp_translations_are_not_shared_between_mechanisms(ideal):
    one = ideal.STDPMechanism(ideal.SpikePairRule(), ideal.AdditiveWeightDependence())
    two = ideal.STDPMechanism(ideal.SpikePairRule(), ideal.GutigWeightDependence())
    assert "mu_plus" in two.translations and "mu_plus" not in one.translations and "mu_plus" not in ideal.STDPMechanism.base_translations
