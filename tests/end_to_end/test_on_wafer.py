"""Poisson sources from background generators of the chips."""

import h5py
import numpy
import pytest

from conftest import LIF, account, config

CLOCK_MS = 1 / 125e6 * 1e4 * 1e3  # of biology


def network(rates, on_wafer=True):
    """A source for each rate, each with a neuron of its own that never fires."""
    populations, projections = {}, []
    for k, rate in enumerate(rates):
        populations[f"S{k}"] = {"size": 1, "cell": "SpikeSourcePoisson", "on_wafer": on_wafer, "parameters": {"rate": rate}}
        populations[f"E{k}"] = {"size": 1, "cell": "IF_cond_exp", "parameters": {**LIF, "v_thresh": -20.0}}
        projections.append({"pre": f"S{k}", "post": f"E{k}", "connector": {"AllToAll": {}}, "receptor": "excitatory", "weight": 0.002})
    return {"populations": populations, "projections": projections}


def settings(rates, duration=20000.0, **more):
    return config(network(rates), wafer={"technology": "hicann-v4"}, run={"duration": duration, "speedup": 10000, "timestep": 0.5, **more})


def test_rates_intervals_and_independence(bss):
    result = bss.checked(settings([20.0, 100.0, 100.0]))
    account(result.summary)
    trains = [result.spikes(f"S{k}")[0] for k in range(3)]
    for times, rate in zip(trains, [20.0, 100.0, 100.0]):
        assert len(times) / 20.0 == pytest.approx(rate, rel=0.03)
        intervals = numpy.diff(times)
        assert intervals.min() > 1.99 * CLOCK_MS
        assert numpy.std(intervals) / numpy.mean(intervals) == pytest.approx(1, abs=0.25)
        assert times[times < 5000] + 65535 * CLOCK_MS == pytest.approx(times[(times > 65535 * CLOCK_MS)][: (times < 5000).sum()], abs=1e-6)
    counts = [numpy.histogram(times, bins=numpy.arange(0, 65535 * CLOCK_MS, 20))[0] for times in trains]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert abs(numpy.corrcoef(counts[a], counts[b])[0, 1]) < 4 / numpy.sqrt(len(counts[0]))
    assert [result.summary["populations"][f"S{k}"]["spikes_fired"] for k in range(3)] == [len(times) for times in trains]


@pytest.mark.parametrize("imperfections, earliest, latest", [("none", 0.0, 0.2), ("all", 0.5, 1.5)])
def test_psps_follow_the_spikes(bss, imperfections, earliest, latest):
    """After a step of the grid, or after a route of 64 ns and more of the circuit."""
    configuration = settings([5.0], duration=2000.0, timestep=0.1)
    configuration["wafer"]["imperfections"] = imperfections
    configuration["record"] = [{"variable": "gsyn_exc", "population": "E0", "neurons": "0-0", "interval": 0.1}]
    result = bss.checked(configuration)
    times, _ = result.spikes("S0")
    with h5py.File(result.folder / "gsyn_exc.h5") as file:
        conductance = file["report/E0/data"][:, 0]
    onsets = 0.1 * (numpy.flatnonzero(numpy.diff(conductance) > 1e-9) + 1)
    assert len(times) >= 5
    delays = [(onsets[onsets > t] - t).min() for t in times if t < 1990]
    assert len(onsets) == len(times) and max(delays) < latest and min(delays) > earliest


def test_ideal_mode_has_plain_poisson_sources(bss):
    configuration = settings([20.0], mode="ideal")
    inside = bss.checked(configuration)
    configuration["network"] = network([20.0], on_wafer=False)
    assert inside.all_spikes() == bss.checked(configuration).all_spikes()
    assert len(inside.spikes("S0")[0]) == pytest.approx(400, abs=80)


@pytest.mark.parametrize(
    "parameter, value, said",
    [("rate", 5000.0, "expected 0.381 to 3125 Hz"), ("start", 3.0, "start: expected 0"), ("duration", 30.0, "duration: expected at least run.duration")],
)
def test_what_generators_cannot_do(bss, parameter, value, said):
    configuration = settings([20.0], duration=50.0)
    configuration["network"]["populations"]["S0"]["parameters"][parameter] = value
    result = bss.run(configuration)
    assert result.code == 2 and said in result.stderr and "S0" in result.stderr
