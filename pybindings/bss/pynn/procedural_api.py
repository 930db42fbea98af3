"""PyNN's procedural functions."""
from pyNN import common

from . import simulator
from .connectors import FixedProbabilityConnector
from .populations import Population
from .projections import Projection
from .standardmodels.synapses import StaticSynapse

create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, StaticSynapse)
set = common.set
record = common.build_record(simulator)


def record_v(source, filename):
    """Records the membrane potential to a file."""
    record(["v"], source, filename)


def record_gsyn(source, filename):
    """Records the synaptic conductances to a file."""
    record(["gsyn_exc", "gsyn_inh"], source, filename)
