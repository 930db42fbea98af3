"""Post-synaptic responses of a PointNeuron."""
from pyNN.standardmodels import receptors

from .native import native


@native
class CurrExpPostSynapticResponse(receptors.CurrExpPostSynapticResponse):
    kind = "CurrExp"
    recordable = ["isyn"]
    scale_factors = {"isyn": 1}


@native
class CondExpPostSynapticResponse(receptors.CondExpPostSynapticResponse):
    kind = "CondExp"
    recordable = ["gsyn"]
    scale_factors = {"gsyn": 1}


@native
class CondAlphaPostSynapticResponse(receptors.CondAlphaPostSynapticResponse):
    kind = "CondAlpha"
    recordable = ["gsyn"]
    scale_factors = {"gsyn": 1}


@native
class CondBetaPostSynapticResponse(receptors.CondBetaPostSynapticResponse):
    kind = "CondBeta"
    recordable = ["gsyn"]
    scale_factors = {"gsyn": 1}


ExpPSR = CondExpPostSynapticResponse
AlphaPSR = CondAlphaPostSynapticResponse
BetaPSR = CondBetaPostSynapticResponse
