"""Connectors: natively made ones by their laws, those with a generator of the user's by PyNN's own stream (pyNN.mock runs the stock code)."""

import numpy as np
import pyNN.mock as mock
import pytest
from pyNN import connectors as stock
from pyNN.core import IndexBasedExpression
from pyNN.random import NumpyRNG, RandomDistribution
from pyNN.space import Grid2D, Line, Space


class Near(IndexBasedExpression):
    def __call__(self, i, j):
        return 0.8 * (np.abs(np.asarray(i) - np.asarray(j)) < 4)


CONNECTORS = {
    "FixedProbability": lambda sim, rng: sim.FixedProbabilityConnector(0.3, rng=rng),
    "FixedProbability without self": lambda sim, rng: sim.FixedProbabilityConnector(0.3, allow_self_connections=False, rng=rng),
    "FixedProbability NoMutual": lambda sim, rng: sim.FixedProbabilityConnector(0.5, allow_self_connections="NoMutual", rng=rng),
    "DistanceDependent": lambda sim, rng: sim.DistanceDependentProbabilityConnector("exp(-d/3.0)", rng=rng),
    "DistanceDependent near": lambda sim, rng: sim.DistanceDependentProbabilityConnector("0.7*(d<2.5)", allow_self_connections=False, rng=rng),
    "IndexBased": lambda sim, rng: sim.IndexBasedProbabilityConnector(Near(), rng=rng),
    "Displacement": lambda sim, rng: sim.DisplacementDependentProbabilityConnector(lambda d: 0.5 * (np.abs(d[0]) < 3), rng=rng),
    "FixedNumberPre": lambda sim, rng: sim.FixedNumberPreConnector(5, rng=rng),
    "FixedNumberPre without self": lambda sim, rng: sim.FixedNumberPreConnector(5, allow_self_connections=False, rng=rng),
    "FixedNumberPost": lambda sim, rng: sim.FixedNumberPostConnector(5, with_replacement=True, rng=rng),
    "FixedTotalNumber": lambda sim, rng: sim.FixedTotalNumberConnector(40, rng=rng),
}
WEIGHTS = {
    "one": lambda: 0.25,
    "drawn": lambda: RandomDistribution("normal", mu=1.0, sigma=0.1, rng=NumpyRNG(5)),
    "drawn again": lambda: RandomDistribution("normal_clipped", mu=1.0, sigma=0.5, low=0.5, high=1.5, rng=NumpyRNG(5)),
    "by distance": lambda: lambda d: 0.1 + d,
}


def made(sim, connector, weight, space=Space(), structure=None):
    sim.setup()
    p = sim.Population(15, sim.IF_cond_exp(), structure=structure or Line())
    prj = sim.Projection(p, p, connector(sim, NumpyRNG(7)), sim.StaticSynapse(weight=weight(), delay="0.5+d"), space=space)
    return sorted(tuple(float(x) for x in row) for row in ((c.presynaptic_index, c.postsynaptic_index, c.weight if hasattr(c, "weight") else c.WEIGHT, c.delay if hasattr(c, "delay") else c.DELAY) for c in prj.connections))


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_generator_gives_pynns_network(ideal, connector, weight):
    theirs, ours = (made(sim, CONNECTORS[connector], WEIGHTS[weight]) for sim in (mock, ideal))
    assert len(ours) > 10
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("space", [Space(axes="xy"), Space(periodic_boundaries=((0, 5), (0, 3), None)), Space(scale_factor=2.0, offset=0.5)], ids=["xy", "periodic", "scaled"])
def test_distances_are_pynns(ideal, space):
    theirs, ours = (made(sim, lambda sim, rng: sim.AllToAllConnector(), WEIGHTS["by distance"], space, Grid2D(5 / 3)) for sim in (mock, ideal))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_plain_connectors_of_pynn_are_taken(ideal):
    p = ideal.Population(15, ideal.IF_cond_exp())
    prj = ideal.Projection(p, p, stock.FixedProbabilityConnector(0.3, rng=NumpyRNG(7)))
    ours = ideal.Projection(p, p, ideal.FixedProbabilityConnector(0.3, rng=NumpyRNG(7)))
    assert np.array_equal(prj.pre_index, ours.pre_index) and len(prj) > 10
    assert isinstance(ideal.FixedProbabilityConnector(0.1), stock.FixedProbabilityConnector)


def test_a_connector_that_nobody_knows_is_asked_as_pynn_would(ideal):
    class Ring(stock.MapConnector):
        def connect(self, projection):
            from pyNN.parameters import LazyArray

            self._connect_with_map(projection, LazyArray(lambda i, j: (i + 1) % 4 == j, shape=projection.shape))

    p = ideal.Population(4, ideal.IF_cond_exp())
    prj = ideal.Projection(p, p, Ring(), ideal.StaticSynapse(weight=0.5))
    assert sorted(prj.get("weight", format="list")) == [(0, 1, 0.5), (1, 2, 0.5), (2, 3, 0.5), (3, 0, 0.5)]


# ---- natively made


def native(sim, connector, n=60, **arguments):
    p = sim.Population(n, sim.IF_cond_exp())
    return sim.Projection(p, p, connector(sim, None), **arguments)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_native_networks_are_the_same_each_time_and_differ_between_projections(ideal, connector):
    first = native(ideal, CONNECTORS[connector])
    second = native(ideal, CONNECTORS[connector])
    ideal.setup(mode="ideal")
    again = native(ideal, CONNECTORS[connector])
    assert len(first) > 30
    assert np.array_equal(first.pre_index, again.pre_index) and np.array_equal(first.post_index, again.post_index)
    assert not (np.array_equal(first.pre_index, second.pre_index) and np.array_equal(first.post_index, second.post_index))


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_native_generator_has_a_seed(ideal, connector):
    def once(seed):
        ideal.setup(mode="ideal")
        p = ideal.Population(60, ideal.IF_cond_exp())
        prj = ideal.Projection(p, p, CONNECTORS[connector](ideal, ideal.NativeRNG(seed)))
        return prj.pre_index.tolist(), prj.post_index.tolist()

    assert once(1) == once(1) != once(2)


def test_native_probability(ideal):
    prj = native(ideal, CONNECTORS["FixedProbability"], n=300)
    assert abs(len(prj) - 27000) < 5 * np.sqrt(27000 * 0.7)
    none = native(ideal, CONNECTORS["FixedProbability without self"], n=300)
    assert not (none.pre_index == none.post_index).any() and len(none) > 26000


def test_native_numbers(ideal):
    assert (np.bincount(native(ideal, CONNECTORS["FixedNumberPre"]).post_index) == 5).all()
    none = native(ideal, CONNECTORS["FixedNumberPre without self"])
    assert (np.bincount(none.post_index) == 5).all() and not (none.pre_index == none.post_index).any()
    assert (np.bincount(native(ideal, CONNECTORS["FixedNumberPost"]).pre_index) == 5).all()
    assert len(native(ideal, CONNECTORS["FixedTotalNumber"])) == 40


def test_native_distance(ideal):
    prj = native(ideal, CONNECTORS["DistanceDependent"], n=400)
    d = np.abs(prj.pre_index.astype(int) - prj.post_index.astype(int))
    for distance in (0, 2, 5):
        pairs = 400 if distance == 0 else 2 * (400 - distance)
        assert abs(np.sum(d == distance) / pairs - np.exp(-distance / 3)) < 0.08


def test_self_connections_of_views_and_assemblies_are_those_of_neurons(ideal):
    p = ideal.Population(10, ideal.IF_cond_exp())
    prj = ideal.Projection(p[2:6], p[4:8] + p[0:3], ideal.FixedProbabilityConnector(1.0, allow_self_connections=False))
    pairs = {(int(a) + 2, [4, 5, 6, 7, 0, 1, 2][b]) for a, b in zip(prj.pre_index, prj.post_index)}
    assert pairs == {(a, b) for a in range(2, 6) for b in (4, 5, 6, 7, 0, 1, 2) if a != b}


# ---- lists, arrays, clones


def test_lists(ideal):
    p, q = ideal.Population(3, ideal.IF_cond_exp()), ideal.Population(2, ideal.IF_cond_exp())
    prj = ideal.Projection(p, q, ideal.FromListConnector([(2, 0, 0.1, 1.0), (0, 1, 0.2, 2.0), (2, 0, 0.3, 3.0)]))
    assert prj.get(["weight", "delay"], format="list") == [(2, 0, 0.1, 1.0), (2, 0, 0.3, 3.0), (0, 1, 0.2, 2.0)]
    assert prj.get("weight", format="array", multiple_synapses="first")[2, 0] == 0.1 and prj.get("weight", format="array", multiple_synapses="last")[2, 0] == 0.3
    assert prj.get("weight", format="array")[2, 0] == pytest.approx(0.4)
    clone = ideal.Projection(p, q, ideal.CloneConnector(prj), ideal.StaticSynapse(weight=0.7))
    assert clone.get("weight", format="list") == [(2, 0, 0.7), (2, 0, 0.7), (0, 1, 0.7)]
    array = ideal.Projection(p, q, ideal.ArrayConnector(np.array([[True, False], [False, False], [False, True]])))
    assert array.get("weight", format="list") == [(0, 0, 0.0), (2, 1, 0.0)]
    assert len(ideal.Projection(p, q, ideal.FromListConnector([]))) == 0
    assert len(ideal.Projection(p, q, ideal.OneToOneConnector())) == 2
    with pytest.raises(ValueError, match="U is not a valid parameter"):
        ideal.Projection(p, q, ideal.FromListConnector([(0, 0, 0.5)], column_names=["U"]))


def test_lists_in_files(ideal, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text('# columns = ["i", "j", "weight", "delay"]\n0 1 0.5 1.5\n1 0 0.25 2.5\n')
    p = ideal.Population(2, ideal.IF_cond_exp())
    prj = ideal.Projection(p, p, ideal.FromFileConnector(str(path)))
    assert prj.get(["weight", "delay"], format="list") == [(1, 0, 0.25, 2.5), (0, 1, 0.5, 1.5)]


def test_reading_sparsely(ideal):
    p = ideal.Population(40000, ideal.IF_cond_exp())
    prj = ideal.Projection(p, p, ideal.OneToOneConnector(), ideal.StaticSynapse(weight=0.5))
    pre, post, weight, delay = prj.get(["weight", "delay"], format="coo")
    assert pre.tolist() == post.tolist() == list(range(40000)) and (weight == 0.5).all() and (delay == 0.1).all()
    with pytest.raises(MemoryError, match="coo"):
        prj.get("weight", format="array")


def test_setting_values(ideal):
    p = ideal.Population(3, ideal.IF_cond_exp())
    prj = ideal.Projection(p, p, ideal.FromListConnector([(0, 1), (2, 1), (1, 0)]), ideal.StaticSynapse(weight=1.0))
    prj.set(weight=[0.1, 0.2, 0.3])     # source by source
    assert prj.get("weight", format="list") == [(1, 0, 0.2), (0, 1, 0.1), (2, 1, 0.3)]
    prj.set(weight=lambda d: 10 * d)
    assert prj.get("weight", format="list", with_address=False) == [10.0, 10.0, 10.0]
    prj[1].weight = 7.0
    assert [c.weight for c in prj.connections] == [10.0, 7.0, 10.0] and [c.weight for c in prj[1:]] == [7.0, 10.0]
    with pytest.raises(ValueError, match="each of 3 connected pairs, found 2"):
        prj.set(weight=[1.0, 2.0])
    drawn = RandomDistribution("uniform", low=1.0, high=2.0, rng=NumpyRNG(1))
    prj.set(weight=drawn)
    assert len(set(prj.get("weight", format="list", with_address=False))) == 3
