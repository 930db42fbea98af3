"""Mistakes of a user: one exception each, of PyNN's kind, that names the thing."""

import warnings

import pytest


def population(sim, **parameters):
    return sim.Population(3, sim.IF_cond_exp(**parameters), label="cells")


def run(sim, *_):
    sim.run(1.0)


def project(sim, post=None, **arguments):
    p = population(sim)
    return sim.Projection(p, post or p, sim.AllToAllConnector(), **arguments)


MISTAKES = {
    "a time constant": (lambda sim: run(sim, population(sim, tau_m=-1.0)), ValueError, "tau_m"),
    "a size": (lambda sim: sim.Population(-3, sim.IF_cond_exp()), ValueError, "size: expected an integer from 1 to 100000000, found -3"),
    "a huge size": (lambda sim: sim.Population(10**9, sim.IF_cond_exp()), ValueError, "size: .* found 1000000000"),
    "a size that is none": (lambda sim: sim.Population("many", sim.IF_cond_exp()), ValueError, "size"),
    "a parameter": (lambda sim: population(sim, tau_mm=1.0), KeyError, "tau_mm"),
    "unsorted spikes": (lambda sim: sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0, 1.0])), ValueError, "spike_times: expected ascending times .ms., found 1.0 after 3.0"),
    "unsorted spikes later": (lambda sim: sim.Population(2, sim.SpikeSourceArray()).set(spike_times=[3.0, 1.0]), ValueError, "spike_times"),
    "not a number": (lambda sim: run(sim, population(sim).set(v_rest=float("nan"))), ValueError, "v_rest"),
    "a negative weight": (lambda sim: project(sim, synapse_type=sim.StaticSynapse(weight=-1.0)), Exception, "weight: expected at least 0 for conductances.*-1.0"),
    "an infinite weight": (lambda sim: project(sim, synapse_type=sim.StaticSynapse(weight=float("inf"))), Exception, "weight"),
    "a source as target": (lambda sim: project(sim, sim.Population(3, sim.SpikeSourcePoisson())), Exception, "SpikeSourcePoisson .* receives no synapses"),
    "a variable": (lambda sim: population(sim).record("nothing"), Exception, "nothing"),
    "the past": (lambda sim: (sim.run(10.0), sim.run_until(5.0)), ValueError, "past"),
    "the past without a network": (lambda sim: (population(sim), sim.run(10.0), sim.run_until(5.0)), ValueError, "past"),
    "a receptor": (lambda sim: project(sim, receptor_type="other"), Exception, "other"),
    "a mode": (lambda sim: sim.setup(mode="quantum"), ValueError, "quantum"),
    "a time step": (lambda sim: sim.setup(timestep=0.0), ValueError, "timestep"),
    "a file": (lambda sim: (sim.setup(mode="hardware", defects="no-such-file.yaml"), run(sim, population(sim))), ValueError, "no-such-file"),
    "no chips": (lambda sim: (sim.setup(mode="hardware", hicanns=[]), run(sim, population(sim))), ValueError, "hicann|HICANN"),
    "a sampling interval": (lambda sim: population(sim).record("v", sampling_interval=0.25), ValueError, "sampling_interval: expected a multiple of the time step"),
    "a parameter of a synapse": (lambda sim: project(sim).set(U=0.5), KeyError, "U"),
    "a strange keyword": (lambda sim: sim.setup(strict=True, neuron_siz=4), ValueError, "'neuron_siz', did you mean 'neuron_size'"),
    "a late population": (lambda sim: (population(sim), sim.run(1.0), population(sim), sim.run(1.0)), RuntimeError, "time 0 only"),
    "a current into a source": (lambda sim: sim.Population(1, sim.SpikeSourceArray()).inject(sim.DCSource()), TypeError, "spike source"),
    "a model that is nowhere": (lambda sim: sim.Izhikevich(), NotImplementedError, "Izhikevich"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(ideal, name):
    script, kind, text = MISTAKES[name]
    with warnings.catch_warnings(), pytest.raises(kind, match=text):
        warnings.simplefilter("ignore")
        script(ideal)


def test_a_keyword_that_nobody_knows_is_warned_about(sim):
    with pytest.warns(UserWarning, match="unknown keyword 'neuron_siz', did you mean 'neuron_size'"):
        sim.setup(mode="ideal", neuron_siz=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.setup(mode="ideal", spike_precision="off_grid", verbosity="error", t_flush=10.0, rng_seed=1, threads=1)


@pytest.mark.parametrize(
    "model, build",
    [
        ("IF_curr_exp", lambda sim: sim.Population(1, sim.IF_curr_exp())),
        ("HH_cond_exp", lambda sim: sim.Population(1, sim.HH_cond_exp())),
        ("LIF", lambda sim: sim.Population(1, sim.PointNeuron(sim.LIF(), AMPA=sim.AlphaPSR()))),
        ("SimpleStochasticSynapse", lambda sim: project(sim, synapse_type=sim.SimpleStochasticSynapse())),
        ("the plasticity of the chips is not modelled yet", lambda sim: project(sim, synapse_type=sim.STDPMechanism(sim.SpikePairRule(), sim.AdditiveWeightDependence()))),
    ],
)
def test_what_the_hardware_has_not_exists_and_says_so(hardware, model, build):
    build(hardware)
    with pytest.raises(hardware.errors.InvalidModelError, match=model) as raised:
        hardware.run(1.0)
    assert isinstance(raised.value, hardware.NotOnHardware) and 'mode="ideal"' in str(raised.value)
