"""Connectors, and how a projection gets its synapses.

Three ways. Without a random number generator of the user's (or with a NativeRNG) the compiled core or NumPy makes all synapses at once, the same for a seed on any
machine. With one, PyNN's stream is reproduced, so that the network equals the one that another simulator gets: at once where that can be, else by PyNN's own loop over
the target neurons, which is also the way of connectors that nobody here knows. PyNN's own connector objects are taken as well; theirs always count as having an RNG.
"""
from contextlib import contextmanager

import numpy as np
from pyNN import connectors, errors
from pyNN.random import AbstractRNG, RandomDistribution

from .. import _core
from .random import NativeRNG

PAIRS_AT_ONCE = 1 << 22     # pairs that are looked at together


def _own(base):
    """A connector of PyNN that notes whether it got an RNG."""
    def __init__(self, *args, rng=None, **kwargs):
        rng = rng if rng is not None else next((a for a in args if isinstance(a, AbstractRNG)), None)
        base.__init__(self, *args, **({} if any(a is rng for a in args) or rng is None else {"rng": rng}), **kwargs)
        self.native = rng is None or isinstance(rng, NativeRNG)
    return type(base.__name__, (base,), {"__init__": __init__, "__doc__": base.__doc__, "__module__": __name__})


FixedProbabilityConnector = _own(connectors.FixedProbabilityConnector)
DistanceDependentProbabilityConnector = _own(connectors.DistanceDependentProbabilityConnector)
IndexBasedProbabilityConnector = _own(connectors.IndexBasedProbabilityConnector)
DisplacementDependentProbabilityConnector = _own(connectors.DisplacementDependentProbabilityConnector)
FixedNumberPreConnector = _own(connectors.FixedNumberPreConnector)
FixedNumberPostConnector = _own(connectors.FixedNumberPostConnector)
FixedTotalNumberConnector = _own(connectors.FixedTotalNumberConnector)
AllToAllConnector = connectors.AllToAllConnector
OneToOneConnector = connectors.OneToOneConnector
FromListConnector = connectors.FromListConnector
FromFileConnector = connectors.FromFileConnector
ArrayConnector = connectors.ArrayConnector
CloneConnector = connectors.CloneConnector
SmallWorldConnector = connectors.SmallWorldConnector
CSAConnector = connectors.CSAConnector


def connect(connector, projection):
    """Makes the synapses of a projection."""
    for base in type(connector).__mro__:
        if base in _RULES and type(connector).connect is base.connect:
            pairs = _RULES[base](connector, projection)
            if pairs is not None:
                projection.take(*pairs, check=connector.safe)
                if connector.callback:
                    connector.callback(1.0)
                return
            break
    with _all_local(connector):
        connector.connect(projection)
    projection.gather()


@contextmanager
def _all_local(connector):
    """All neurons are on this process, so that an RNG need not be `parallel_safe`; PyNN's loops for those that are not fail for some connectors."""
    rng = getattr(connector, "rng", None)
    before = getattr(rng, "parallel_safe", None)
    if before is False:
        rng.parallel_safe = True
    try:
        yield
    finally:
        if before is False:
            rng.parallel_safe = before


# ---- synapses at once: functions of (connector, projection) -> pre, post, parameters (None: the synapse type's); None: PyNN has to do it


def _sizes(projection):
    return projection.pre.size, projection.post.size


def _without_self(connector, projection, pre, post):
    """Drops what connects a neuron with itself (or, NoMutual, all but one direction), where that is not allowed."""
    if connector.allow_self_connections is True:
        return pre, post
    if connector.allow_self_connections == "NoMutual":
        keep = pre > post
    else:
        keep = projection.pre_ids[pre] != projection.post_ids[post]
    return pre[keep], post[keep]


def _all_to_all(connector, projection):
    n, m = _sizes(projection)
    pre, post = np.tile(np.arange(n, dtype=np.uint32), m), np.repeat(np.arange(m, dtype=np.uint32), n)
    return *_without_self(connector, projection, pre, post), None


def _one_to_one(connector, projection):
    both = np.arange(min(_sizes(projection)), dtype=np.uint32)
    return both, both.copy(), None


def _array(connector, projection):
    array = np.asarray(connector.array)
    if array.shape != projection.shape:
        raise errors.InvalidDimensionsError(f"ArrayConnector: expected an array of shape {projection.shape}, found {array.shape}")
    post, pre = np.nonzero(array.astype(bool).T)
    return pre, post, None


def _clone(connector, projection):
    other = connector.reference_projection
    if projection.pre != other.pre or projection.post != other.post:
        raise errors.ConnectionError("CloneConnector: expected the populations of the projection that is cloned, found others")
    return other.pre_index.copy(), other.post_index.copy(), None


def _from_list(connector, projection):
    table = np.asarray(connector.conn_list, dtype=float)
    names = list(connector.column_names)
    known = projection.synapse_type.get_parameter_names()
    for name in names:
        if name not in known:
            raise ValueError(f"{name} is not a valid parameter for {type(projection.synapse_type).__name__}")
    if table.size == 0:
        return np.array([], dtype=np.uint32), np.array([], dtype=np.uint32), None
    for column, (end, size) in enumerate((("pre", projection.pre.size), ("post", projection.post.size))):
        index = table[:, column]
        bad = np.flatnonzero((index < 0) | (index >= size) | (index != np.floor(index)))
        if bad.size:
            raise errors.ConnectionError(
                f"{type(connector).__name__}: entry {bad[0]}: {end} index: expected an integer from 0 to {size - 1}, found {index[bad[0]]:g} ({bad.size} such entries)")
    return table[:, 0].astype(np.uint32), table[:, 1].astype(np.uint32), {name: table[:, column] for column, name in enumerate(names, 2)}


def _from_file(connector, projection):
    columns = connector.file.get_metadata().get("columns", ("weight", "delay"))
    connector.column_names = [name for name in columns if name not in ("i", "j")]
    connector.conn_list = connector.file.read()
    return _from_list(connector, projection)


def _seed(connector, projection):
    """Every projection has numbers of its own, and the same ones each time."""
    given = getattr(connector.rng, "seed", None) if isinstance(connector.rng, NativeRNG) else None
    return (42 if given is None else given, projection.number)


def _core_pairs(name, arguments):
    """A connector that the compiled core has."""
    def rule(connector, projection):
        if not getattr(connector, "native", False) or any(isinstance(getattr(connector, a), RandomDistribution) for a in arguments):
            return None
        if connector.allow_self_connections is not True and name != "FixedProbability" and not projection.recurrent:
            return None             # PyNN compares indices there, and only between equal populations
        no_self = name != "FixedProbability" and connector.allow_self_connections is not True
        seed, number = _seed(connector, projection)
        network = _core.Network(seed=int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> 1))
        post = network.population("post", projection.post.size, "IF_cond_exp")
        pre = post if no_self else network.population("pre", projection.pre.size, "IF_cond_exp")
        made = network.connect("", pre, post, "excitatory", name, {**{a: getattr(connector, a) for a in arguments}, "allow_self_connections": not no_self})
        pairs = network.pairs(made)
        if name == "FixedProbability":
            pairs = _without_self(connector, projection, *pairs)
        return *pairs, None
    return rule


def _fixed_probability(connector, projection):
    native = _core_pairs("FixedProbability", ("p_connect",))(connector, projection)
    if native is not None or not _streams_are_apart(connector, projection):
        return native
    return _by_blocks(connector, projection, lambda first, last: connector.p_connect)


def _distance_dependent(connector, projection):
    if not getattr(connector, "native", False) and not _streams_are_apart(connector, projection):
        return None
    sources = np.arange(projection.pre.size)
    return _by_blocks(connector, projection, lambda first, last: connector.distance_function(projection.distances(sources[None, :], np.arange(first, last)[:, None])))


def _index_based(connector, projection):
    if not getattr(connector, "native", False) and not _streams_are_apart(connector, projection):
        return None
    expression = type(connector.index_expression).__new__(type(connector.index_expression))
    expression.__dict__.update(connector.index_expression.__dict__)
    expression.projection = projection
    n = projection.pre.size

    def probability(first, last):
        values = expression(np.tile(np.arange(n), last - first), np.repeat(np.arange(first, last), n))
        return np.reshape(values, (last - first, n)) if np.ndim(values) else values
    return _by_blocks(connector, projection, probability)


def _by_blocks(connector, projection, probability):
    """Each pair with a probability: uniform numbers in PyNN's order (target by target, in each one source by source), many targets at a time."""
    n, m = _sizes(projection)
    random = np.random.Generator(np.random.Philox(_seed(connector, projection))).random if getattr(connector, "native", False) else connector.rng.next
    pres, posts = [], []
    step = max(1, PAIRS_AT_ONCE // n)
    for first in range(0, m, step):
        last = min(first + step, m)
        drawn = random(n * (last - first)).reshape(last - first, n)
        post, pre = np.nonzero(drawn < probability(first, last))
        pres.append(pre.astype(np.uint32))
        posts.append((post + first).astype(np.uint32))
    return *_without_self(connector, projection, np.concatenate(pres), np.concatenate(posts)), None


def _streams_are_apart(connector, projection):
    """Whether drawing all pairs first and then all parameters gives PyNN's numbers, which come target by target: when no two of them share a generator, and none draws again."""
    seen = [connector.rng]
    for value in projection.synapse_type.parameter_space._parameters.values():
        base = value.base_value
        if isinstance(base, RandomDistribution):
            if base.name == "normal_clipped" or any(base.rng is rng for rng in seen):
                return False
            seen.append(base.rng)
    return True


_RULES = {
    connectors.AllToAllConnector: _all_to_all,
    connectors.OneToOneConnector: _one_to_one,
    connectors.ArrayConnector: _array,
    connectors.CloneConnector: _clone,
    connectors.FromListConnector: _from_list,
    connectors.FromFileConnector: _from_file,
    connectors.FixedProbabilityConnector: _fixed_probability,
    connectors.DistanceDependentProbabilityConnector: _distance_dependent,
    connectors.IndexBasedProbabilityConnector: _index_based,
    connectors.FixedNumberPreConnector: _core_pairs("FixedNumberPre", ("n", "with_replacement")),
    connectors.FixedNumberPostConnector: _core_pairs("FixedNumberPost", ("n", "with_replacement")),
    connectors.FixedTotalNumberConnector: _core_pairs("FixedTotalNumber", ("n", "with_replacement")),
}


def values_of(projection, pre, post, given):
    """Parameters of synapses: those given with them, else the synapse type's, evaluated for every synapse at once."""
    space = projection.expressions(projection.synapse_type.native_parameters)
    values = {}
    for name, lazy in space.items():
        if given and name in given:
            values[name] = given[name]
        else:
            lazy.shape = projection.shape
            values[name] = evaluated(lazy, pre, post)
    return values


def evaluated(lazy, pre, post):
    """A LazyArray over (source, target) at these pairs: one number where it is the same for all."""
    if lazy.is_homogeneous:
        return lazy.evaluate(simplify=True)
    if len(pre) == 0:
        return np.array([])
    value = lazy[(np.asarray(pre, dtype=np.int64), np.asarray(post, dtype=np.int64))]
    return np.array(np.broadcast_to(value, (len(pre),)), dtype=float)

