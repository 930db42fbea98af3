"""Chooses what runs a network: the wafer model wherever it can, the plain simulator for what no chip has (ideal mode only)."""
from .exceptions import NotOnHardware
from .plain import PlainSimulation
from .session import CELLS, SYNAPSES, WaferSession
from .simulation import Description


def describe(state):
    """The network as it is now."""
    return Description([p.describe_cells() for p in state.populations], [p.describe_synapses() for p in state.projections], state.currents, state.dt, state.settings.seed)


def build(state):
    description = describe(state)
    missing = not_on_chips(description, state.hardware)
    if not missing:
        return WaferSession(description, state.settings, state.places)
    if state.hardware:
        raise NotOnHardware("in hardware mode there is no " + "; no ".join(missing) + '. mode="ideal" runs it, without a wafer')
    return PlainSimulation(description)


def not_on_chips(description, hardware):
    """What the wafer model has not, a line each."""
    missing = []
    for cells in description.cells:
        if cells.model not in CELLS or any("." in name for name in cells.parameters):
            missing.append(f'{cells.model} (population "{cells.label}")' + (": its receptors have names" if cells.model in ("LIF", "AdExp") else ""))
        elif cells.model == "HardwareNeuron" and not hardware:
            missing.append(f'HICANNNeuron (population "{cells.label}") without a wafer')
        others = [] if hardware else [name for name in cells.initial_given if name != "v" and (cells.initial[name] != 0).any()]
        if others:
            missing.append(f'initial {", ".join(others)} (population "{cells.label}")')
    for synapses in description.synapses:
        if synapses.model not in SYNAPSES:
            later = ": the plasticity of the chips is not modelled yet" if synapses.model == "STDPMechanism" else ""
            missing.append(f'{synapses.model} (projection "{synapses.label}"){later}')
    if not hardware and any(current.targets for current in description.currents):
        missing.append("current source without a wafer")
    return missing
