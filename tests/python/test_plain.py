"""The plain simulator against what can be written down."""

import numpy as np
import pytest

QUIET = {"v_rest": -65.0, "v_thresh": 1000.0, "tau_m": 10.0, "cm": 0.5}


def trace(sim, cell, weight, variable="v", receptor="excitatory", time=40.0, dt=0.02, initial={}):
    """A variable after one event at 5 ms."""
    sim.setup(timestep=dt, mode="ideal")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[4.0]))
    p = sim.Population(1, cell(sim), initial_values=initial)
    sim.Projection(source, p, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight, delay=1.0), receptor_type=receptor)
    p.record(variable)
    sim.run(time)
    assert type(sim.state.simulation).__name__ == "PlainSimulation"
    (signal,) = p.get_data().segments[0].analogsignals
    return signal.times.magnitude, signal.magnitude[:, 0]


def test_an_exponential_current(sim):
    t, v = trace(sim, lambda sim: sim.IF_curr_exp(tau_syn_E=4.0, **QUIET), 0.7)
    s = np.maximum(t - 5.0, 0.0)
    expected = -65.0 + 0.7 / 0.5 * (4.0 * 10.0 / (10.0 - 4.0)) * (np.exp(-s / 10.0) - np.exp(-s / 4.0))
    assert np.abs(v - expected).max() < 1e-4


def test_an_alpha_current(sim):
    t, v = trace(sim, lambda sim: sim.IF_curr_alpha(tau_syn_E=4.0, **QUIET), 0.7)
    s, k = np.maximum(t - 5.0, 0.0), 1 / 4.0 - 1 / 10.0
    expected = -65.0 + 0.7 / 0.5 * np.e / 4.0 * np.exp(-s / 10.0) * (1 / k**2 - np.exp(-k * s) * (s / k + 1 / k**2))
    assert np.abs(v - expected).max() < 1e-3


def test_a_jump(sim):
    t, v = trace(sim, lambda sim: sim.IF_curr_delta(**QUIET), 3.0)
    after = t > 5.01
    assert np.abs(v[after] - (-65.0 + 3.0 * np.exp(-(t[after] - 5.02) / 10.0))).max() < 1e-9 and (v[t < 5.01] == -65.0).all()


@pytest.mark.parametrize("kind, peak", [("CondExpPostSynapticResponse", 0.0), ("CondAlphaPostSynapticResponse", 3.0), ("CondBetaPostSynapticResponse", None)])
def test_the_peak_of_a_conductance_is_its_weight(sim, kind, peak):
    parameters = {"tau_rise": 0.5, "tau_decay": 3.0} if "Beta" in kind else {"tau_syn": 3.0}
    t, g = trace(sim, lambda sim: sim.PointNeuron(sim.LIF(v_thresh=1000.0), X=getattr(sim, kind)(e_syn=0.0, **parameters)), 0.02, "X.gsyn", "X")
    peak = 0.5 * 3.0 / 2.5 * np.log(6.0) if peak is None else peak
    assert g.max() == pytest.approx(0.02, rel=1e-4) and t[np.argmax(g)] == pytest.approx(5.0 + peak, abs=0.03)


def test_a_conductance_pulls_towards_its_reversal_potential(sim):
    """Against a fine solution of the same equation."""
    t, v = trace(sim, lambda sim: sim.IF_cond_alpha(tau_syn_E=2.0, e_rev_E=0.0, **QUIET), 0.05, dt=0.1)
    fine, x = 0.0005, -65.0
    values = []
    for k in range(int(40.0 / fine) + 1):
        values.append(x)
        s = max(k * fine - 5.0, 0.0)
        x += fine * ((-65.0 - x) / 10.0 + 0.05 * s / 2.0 * np.exp(1 - s / 2.0) * (0.0 - x) / 0.5)
    assert np.abs(v - np.array(values)[:: round(0.1 / fine)]).max() < 0.02 and v.max() > -60


def test_rates_of_neurons_with_a_current(sim):
    sim.setup(timestep=0.01, mode="ideal")
    p = sim.Population(2, sim.IF_curr_exp(tau_m=20.0, cm=1.0, tau_refrac=3.0, i_offset=[1.0, 0.5]))
    p.record("spikes")
    sim.run(500.0)
    first, second = p.get_data().segments[0].spiketrains
    period = 3.0 + 20.0 * np.log(20.0 / (20.0 - 15.0))
    assert np.diff(first.magnitude) == pytest.approx(period, abs=0.03) and len(second) == 0


def test_an_adaptive_neuron_fires_ever_more_slowly(sim):
    sim.setup(timestep=0.05, mode="ideal")
    p = sim.Population(1, sim.EIF_cond_alpha_isfa_ista(i_offset=1.0, b=0.2))
    p.record(["spikes", "w"])
    sim.run(300.0)
    segment = p.get_data().segments[0]
    gaps = np.diff(segment.spiketrains[0].magnitude)
    assert (np.diff(gaps) > 0).all() and len(gaps) > 3 and segment.analogsignals[0].magnitude.max() > 0.3


# ---- short-term and long-term plasticity, and chance


def test_depression(sim):
    """Releases of a synapse that depresses: U x, with x = 1 - (1 - x (1 - U)) exp(-dt / tau)."""
    sim.setup(timestep=0.1, mode="ideal")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0, 30.0, 50.0]))
    p = sim.Population(1, sim.IF_curr_exp(tau_syn_E=0.5))
    q = sim.Population(1, sim.PointNeuron(sim.LIF(), X=sim.ExpPSR(tau_syn=0.5)))
    sim.Projection(source, q, sim.AllToAllConnector(), sim.TsodyksMarkramSynapse(weight=0.1, delay=1.0, U=0.4, tau_rec=50.0, tau_facil=0.0), receptor_type="X")
    q.record("X.gsyn")
    p.record("v")
    sim.run(60.0)
    g = q.get_data().segments[0].analogsignals[0].magnitude[:, 0]
    x, expected = 1.0, []
    for _ in range(3):
        expected.append(0.1 * 0.4 * x)
        x = 1 - (1 - x * 0.6) * np.exp(-20.0 / 50.0)
    assert g[[110, 310, 510]] == pytest.approx(expected, rel=1e-9)


def pairs(sim, rule, pre, post, share=1.0, delay=1.0, weight=0.5, A_plus=0.1, A_minus=0.2):
    """The weight after these spikes; the target fires when it is told to."""
    sim.setup(timestep=0.1, mode="ideal")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=pre))
    teacher = sim.Population(1, sim.SpikeSourceArray(spike_times=post))
    target = sim.Population(1, sim.IF_curr_delta(tau_refrac=0.1))
    sim.Projection(teacher, target, sim.AllToAllConnector(), sim.StaticSynapse(weight=100.0, delay=0.1))
    stdp = sim.STDPMechanism(sim.SpikePairRule(tau_plus=20.0, tau_minus=30.0, A_plus=A_plus, A_minus=A_minus), rule(sim), weight=weight, delay=delay, dendritic_delay_fraction=share)
    prj = sim.Projection(source, target, sim.AllToAllConnector(), stdp)
    target.record("spikes")
    sim.run(200.0)
    return prj.get("weight", format="list", with_address=False)[0], target.get_data().segments[0].spiketrains[0].magnitude


ADDITIVE = lambda sim: sim.AdditiveWeightDependence(w_min=0.0, w_max=2.0)
MULTIPLICATIVE = lambda sim: sim.MultiplicativeWeightDependence(w_min=0.1, w_max=2.0)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_before_is_strengthened_and_after_weakened(sim, share):
    seen = 1.0 * (1 - 2 * share)        # how much later the synapse sees the source than the target, against their spikes
    w, fired = pairs(sim, ADDITIVE, [50.0], [60.0], share)
    assert w == pytest.approx(0.5 + 0.1 * 2.0 * np.exp(-(fired[0] - 50.0 - seen) / 20.0), rel=1e-9) and len(fired) == 1
    w, fired = pairs(sim, ADDITIVE, [60.0], [50.0], share)
    assert w == pytest.approx(0.5 - 0.2 * 2.0 * np.exp(-(60.0 - fired[0] + seen) / 30.0), rel=1e-9)


def test_multiplicative_rule(sim):
    w, fired = pairs(sim, MULTIPLICATIVE, [50.0], [60.0])
    assert w == pytest.approx(0.5 + 0.1 * (2.0 - 0.5) * np.exp(-(fired[0] + 1.0 - 50.0) / 20.0), rel=1e-9)
    w, fired = pairs(sim, MULTIPLICATIVE, [60.0], [50.0])
    assert w == pytest.approx(0.5 - 0.2 * (0.5 - 0.1) * np.exp(-(60.0 - fired[0] - 1.0) / 30.0), rel=1e-9)


def test_weights_stay_between_their_limits(sim):
    assert pairs(sim, ADDITIVE, [10.0, 50.0, 90.0], [11.0, 51.0, 91.0], A_plus=1.0)[0] == 2.0
    assert pairs(sim, ADDITIVE, [12.0, 52.0, 92.0], [10.0, 50.0, 90.0], A_minus=1.0, A_plus=0.0)[0] == 0.0


def test_all_pairs_count(sim):
    w, fired = pairs(sim, ADDITIVE, [50.0, 55.0], [60.0], A_plus=0.01)
    assert w == pytest.approx(0.5 + 0.01 * 2.0 * sum(np.exp(-(fired[0] + 1.0 - t) / 20.0) for t in (50.0, 55.0)), rel=1e-9)


def test_reset_brings_plastic_weights_back(sim):
    w, _ = pairs(sim, ADDITIVE, [50.0], [60.0])
    prj = sim.state.projections[-1]
    sim.reset()
    assert prj.get("weight", format="list", with_address=False) == [0.5]
    sim.run(200.0)
    assert prj.get("weight", format="list", with_address=False)[0] == w != 0.5


def test_hardware_can_build_read_and_set_plastic_synapses(hardware):
    p = hardware.Population(2, hardware.IF_cond_exp())
    stdp = hardware.STDPMechanism(hardware.SpikePairRule(A_plus=0.02), hardware.AdditiveWeightDependence(w_max=0.3), weight=0.1)
    prj = hardware.Projection(p, p, hardware.AllToAllConnector(), stdp)
    prj.set(A_plus=0.03, weight=[0.1, 0.2, 0.3, 0.25])
    assert prj.get(["A_plus", "w_max"], format="list", with_address=False) == [(0.03, 0.3)] * 4
    assert prj.get("weight", format="array").tolist() == [[0.1, 0.2], [0.3, 0.25]]


def test_chance(sim):
    sim.setup(timestep=0.1, mode="ideal")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=np.arange(2.0, 2000.0, 2.0)))
    p = sim.Population(3, sim.IF_cond_exp(tau_syn_E=0.1))
    sim.Projection(source, p, sim.AllToAllConnector(), sim.SimpleStochasticSynapse(weight=0.1, delay=1.0, p=np.array([[0.0, 0.3, 1.0]])))
    p.record("gsyn_exc")
    sim.run(2000.0)
    g = p.get_data().segments[0].analogsignals[0].magnitude
    none, some, all_ = (g > 0.09).sum(axis=0)
    assert none == 0 and all_ == 999 and abs(some - 300) < 60


# ---- changes in the middle, delays, and several ends


def test_parameters_weights_and_delays_change_in_the_middle(sim):
    sim.setup(timestep=0.1, mode="ideal")
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[4.0, 24.0]))
    p = sim.Population(1, sim.IF_curr_delta(**QUIET))
    prj = sim.Projection(source, p, sim.AllToAllConnector(), sim.StaticSynapse(weight=1.0, delay=1.0))
    p.record("v")
    sim.run(20.0)
    prj.set(weight=2.0, delay=8.0)
    p.set(v_rest=-60.0)
    sim.run(20.0)
    v = p.get_data().segments[0].analogsignals[0].magnitude[:, 0]
    jumps = np.flatnonzero(np.diff(v) > 0.9) / 10.0
    assert jumps.tolist() == [5.0, 32.0] and np.diff(v)[320] > 1.9 and v[300] > -64


def test_views_and_assemblies_as_ends(sim):
    sim.setup(timestep=0.1, mode="ideal")
    source = sim.Population(3, sim.SpikeSourceArray(spike_times=[[4.0], [14.0], [24.0]]))
    p, q = sim.Population(2, sim.IF_curr_delta(**QUIET)), sim.Population(3, sim.IF_curr_delta(**QUIET))
    both = p[1:] + q[[0, 2]]
    sim.Projection(source[1:], both, sim.FromListConnector([(0, 0, 1.0, 1.0), (1, 1, 2.0, 1.0), (0, 2, 3.0, 1.0)]))
    (p + q).record("v")
    sim.run(40.0)
    jumps = np.diff((p + q).get_data().segments[0].analogsignals[0].magnitude, axis=0)
    assert [(round(k / 10), n) for k, n in np.argwhere(jumps > 0.5)] == [(15, 1), (15, 4), (25, 2)]


# ---- sources that Python draws


@pytest.mark.parametrize("model, parameters, gap, spread", [
    ("SpikeSourcePoissonRefractory", {"rate": 50.0, "tau_refrac": 5.0}, 20.0, 15.0),
    ("SpikeSourceGamma", {"alpha": 4, "beta": 200.0}, 20.0, 10.0),
])
@pytest.mark.parametrize("mode", ["ideal", "exact"])
def test_renewal_sources(request, mode, model, parameters, gap, spread):
    sim = request.getfixturevalue(mode)
    p = sim.Population(20, getattr(sim, model)(start=100.0, duration=1500.0, **parameters))
    p.record("spikes")
    for _ in range(4):
        sim.run(500.0)
    trains = [train.magnitude for train in p.get_data().segments[0].spiketrains]
    gaps = np.concatenate([np.diff(train) for train in trains])
    assert abs(gaps.mean() - gap) < 5 * spread / np.sqrt(len(gaps)) and gaps.std() == pytest.approx(spread, rel=0.15)
    assert min(train.min() for train in trains) >= 100.0 and 1500.0 < max(train.max() for train in trains) < 1600.0
    if "Refractory" in model:
        assert gaps.min() >= 5.0
    sim.reset()
    sim.run(500.0)
    again = [train.magnitude for train in p.get_data().segments[1].spiketrains]
    assert all(np.array_equal(a, b[b <= 500.0]) for a, b in zip(again, trains))     # the same trial


def test_the_rate_of_a_source_changes_in_the_middle(ideal):
    p = ideal.Population(50, ideal.SpikeSourcePoissonRefractory(rate=20.0))
    p.record("spikes")
    ideal.run(1000.0)
    p.set(rate=80.0)
    ideal.run(1000.0)
    _, times = p.get_spikes()
    assert abs(np.sum(times < 1000) - 1000) < 160 and abs(np.sum(times > 1000) - 4000) < 320
