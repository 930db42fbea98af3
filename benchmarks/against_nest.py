"""The same PyNN script here and on NEST: mean rates of four reference networks, as a table for docs/pynn.md.

    python benchmarks/against_nest.py --nest PYTHON         # an interpreter with nest-simulator and PyNN
    python benchmarks/against_nest.py --nest PYTHON --timestep 0.025 --modes ideal -- ai      # NEST in smaller steps, which its spikes are rounded up to
    python benchmarks/against_nest.py --run brainscales --modes hardware -- coba     # one network, as JSON

Connections, initial potentials and the spikes of the kick come from PyNN's generators with a fixed seed: both simulators get the same network. What follows is chaotic,
so rates are means over trials of different networks. The networks are those of reference-networks.md §2.3, §3.5, §5 and §6.2.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings
from importlib import import_module

import numpy as np


def coba(sim, seed):
    """Vogels and Abbott's balanced network (PyNN's VAbenchmarks.py: 4 and 51 nS)."""
    from pyNN.random import NumpyRNG, RandomDistribution

    cell = sim.IF_cond_exp(cm=0.2, tau_m=20.0, tau_refrac=5.0, tau_syn_E=5.0, tau_syn_I=10.0, v_rest=-60.0, v_reset=-60.0, v_thresh=-50.0, e_rev_E=0.0, e_rev_I=-80.0)
    rng = NumpyRNG(seed)
    exc, inh = sim.Population(3200, cell, label="E"), sim.Population(800, cell, label="I")
    for cells in (exc, inh):
        cells.initialize(v=RandomDistribution("uniform", low=-60.0, high=-50.0, rng=NumpyRNG(rng.rng.randint(1 << 30))))
    kick = sim.Population(20, sim.SpikeSourceArray(spike_times=trains(rng, 20, 100.0, 0.0, 50.0)), label="kick")
    for pre, weight, receptor in ((exc, 0.004, "excitatory"), (inh, 0.051, "inhibitory"), (kick, 0.1, "excitatory")):
        for post in (exc, inh):
            p = 0.01 if pre is kick else 0.02
            sim.Projection(pre, post, sim.FixedProbabilityConnector(p, rng=rng), sim.StaticSynapse(weight=weight, delay=0.2), receptor_type=receptor)
    return {"E": exc, "I": inh}, 2000.0


def brunel(sim, seed):
    """Brunel's network in the size and units of its run on a wafer, g 8 and eta 1.2."""
    from pyNN.random import NumpyRNG

    cell = sim.IF_cond_exp(cm=1.0, tau_m=10.0, tau_refrac=2.0, tau_syn_E=3.0, tau_syn_I=3.0, v_rest=0.0, v_reset=10.0, v_thresh=20.0, e_rev_E=140.0, e_rev_I=-140.0)
    rng = NumpyRNG(seed)
    exc, inh = sim.Population(1666, cell, label="E"), sim.Population(417, cell, label="I")
    outside = sim.Population(2083, sim.SpikeSourceArray(spike_times=trains(rng, 2083, 20.0, 0.0, 2000.0)), label="ext")
    for cells in (exc, inh):
        cells.initialize(v=0.0)
    for pre, n, weight, receptor in ((outside, 200, 0.001714, "excitatory"), (exc, 166, 0.001714, "excitatory"), (inh, 41, 0.013712, "inhibitory")):
        for post in (exc, inh):
            sim.Projection(pre, post, sim.FixedNumberPreConnector(n, rng=rng), sim.StaticSynapse(weight=weight, delay=1.5), receptor_type=receptor)
    return {"E": exc, "I": inh}, 2000.0


def ai(sim, seed):
    """Self-sustained irregular states of 2000 adaptive neurons after Destexhe (2009), 9 and 67 nS, where they last."""
    from pyNN.random import NumpyRNG

    common = dict(cm=0.2, tau_m=20.0, v_rest=-60.0, v_reset=-60.0, v_thresh=-50.0, v_spike=-40.0, delta_T=2.5, tau_refrac=2.5, tau_w=600.0, a=1.0, tau_syn_E=5.0, tau_syn_I=10.0, e_rev_E=0.0, e_rev_I=-80.0)
    rng = NumpyRNG(seed)
    exc = sim.Population(1600, sim.EIF_cond_exp_isfa_ista(b=0.005, **common), initial_values={"v": -60.0}, label="RS")
    inh = sim.Population(400, sim.EIF_cond_exp_isfa_ista(b=0.0, **common), initial_values={"v": -60.0}, label="FS")
    kick = sim.Population(400, sim.SpikeSourceArray(spike_times=trains(rng, 400, 1000 / 14.0, 0.0, 50.0)), label="kick")
    sim.Projection(kick, exc, sim.FromListConnector([(k, k, 0.018, 0.1) for k in range(400)]), receptor_type="excitatory")
    for pre, n, weight, receptor in ((exc, 32, 0.009, "excitatory"), (inh, 8, 0.067, "inhibitory")):
        for post in (exc, inh):
            sim.Projection(pre, post, sim.FixedNumberPreConnector(n, rng=rng), sim.StaticSynapse(weight=weight, delay=0.1), receptor_type=receptor)
    return {"RS": exc, "FS": inh}, 3000.0


def synfire(sim, seed):
    """A synfire chain with feed-forward inhibition, 8 groups of 100 + 25, and a packet of one spike a source with a jitter of 1 ms."""
    from pyNN.random import NumpyRNG

    cell = sim.IF_cond_exp(cm=0.29, tau_m=10.0, tau_refrac=2.0, tau_syn_E=1.0, tau_syn_I=10.0, v_rest=-70.0, v_reset=-70.0, v_thresh=-57.0, e_rev_E=0.0, e_rev_I=-75.0)
    rng = NumpyRNG(seed)
    times = [sorted(t + rng.rng.normal(0.0, 1.0) for t in range(50, 1000, 200)) for _ in range(100)]
    before = sim.Population(100, sim.SpikeSourceArray(spike_times=sequences(times)), label="packet")
    groups = {}
    for k in range(8):
        exc, inh = sim.Population(100, cell, label=f"E{k}"), sim.Population(25, cell, label=f"I{k}")
        for cells in (exc, inh):
            cells.initialize(v=-70.0)
        for post, weight in ((exc, 0.0022), (inh, 0.0035)):
            sim.Projection(before, post, sim.FixedNumberPreConnector(60, rng=rng), sim.StaticSynapse(weight=weight, delay=20.0), receptor_type="excitatory")
        sim.Projection(inh, exc, sim.FixedNumberPreConnector(25, rng=rng), sim.StaticSynapse(weight=0.0035, delay=4.0), receptor_type="inhibitory")
        groups.update({f"E{k}": exc, f"I{k}": inh})
        before = exc
    return groups, 1000.0


def sequences(times):
    from pyNN.parameters import Sequence

    return [Sequence(train) for train in times]


def trains(rng, n, rate, start, stop):
    """Poisson trains on the grid of 0.1 ms that both simulators share."""
    return sequences([np.unique(np.ceil(np.sort(rng.rng.uniform(start, stop, rng.rng.poisson(rate * (stop - start) / 1000.0))) * 10) / 10 + 0.1) for _ in range(n)])


NETWORKS = {"coba": (coba, 6), "brunel": (brunel, 3), "ai": (ai, 6), "synfire": (synfire, 3)}   # and trials


def run(backend, network, mode, trials, timestep):
    """Mean rate of each population, Hz: a list of trials. NEST alone takes another step than 0.1 ms."""
    sim = import_module(f"pyNN.{backend}")
    build, count = NETWORKS[network]
    rates, losses, seconds = [], [], 0.0
    for seed in range(1, (trials or count) + 1):
        own = {"timestep": 0.1, "mode": mode, "calibration": "oracle"} if backend == "brainscales" else {"timestep": timestep}
        sim.setup(min_delay=0.1, max_delay=25.0, **own)
        populations, duration = build(sim, seed)
        for p in populations.values():
            p.record("spikes")
        begin = time.monotonic()
        sim.run(duration)
        seconds += time.monotonic() - begin
        rates.append({name: p.mean_spike_count() / duration * 1000.0 for name, p in populations.items()})
        if backend == "brainscales" and mode == "hardware":
            usage = sim.mapping().usage()
            losses.append(usage["synapses_lost"] / max(1, usage["synapses_lost"] + usage["synapses_realised"]))
        sim.end()
    return {"rates": rates, "loss": float(np.mean(losses)) if losses else 0.0, "seconds": seconds}


def pooled(result):
    """(mean over trials, its standard error) for each kind of population (E0, E1, … count as E)."""
    kinds = {}
    for trial in result["rates"]:
        of = {}
        for name, rate in trial.items():
            of.setdefault(name.rstrip("0123456789"), []).append(rate)
        for name, rates in of.items():
            kinds.setdefault(name, []).append(np.mean(rates))
    return {name: (float(np.mean(means)), float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else np.nan) for name, means in kinds.items()}


def table(given):
    print("| network | population | NEST (Hz) | " + " | ".join(f"{mode} (Hz) | difference" for mode in given.modes) + " | synapses lost |\n" + "|---" * (4 + 2 * len(given.modes)) + "|")
    worst = 0.0
    for network in [given.network] if given.network else NETWORKS:
        def start(python, *arguments):
            done = subprocess.run([python, __file__, "--trials", str(given.trials), "--timestep", str(given.timestep), "--run", *arguments, network], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{arguments}: {done.stderr[-2000:]}")
            return json.loads(done.stdout.splitlines()[-1])

        there = pooled(start(given.nest, "nest"))
        here = {mode: start(sys.executable, "brainscales", "--modes", mode, "--") for mode in given.modes}
        lost = max(result["loss"] for result in here.values())
        here = {mode: pooled(result) for mode, result in here.items()}
        for name, (rate, error) in there.items():
            cells = []
            for mode, result in here.items():
                difference = result[name][0] / rate - 1
                cells += [f"{result[name][0]:.2f} ± {result[name][1]:.2f}", f"{100 * difference:+.1f} %"]
                if mode == "ideal":
                    worst = max(worst, abs(difference))
            print(f"| {network} | {name} | {rate:.2f} ± {error:.2f} | {' | '.join(cells)} | {100 * lost:.1f} % |", flush=True)
    return worst


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--nest", help="interpreter with nest-simulator and PyNN", default=sys.executable)
    arguments.add_argument("--run", help="run one network on one backend", metavar="BACKEND")
    arguments.add_argument("--modes", nargs="+", choices=["ideal", "hardware"], default=["ideal", "hardware"])
    arguments.add_argument("network", nargs="?", choices=NETWORKS)
    arguments.add_argument("--trials", type=int, default=0, help="instead of each network's own number")
    arguments.add_argument("--timestep", type=float, default=0.1, help="of NEST, ms")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    if given.run:
        print(json.dumps(run(given.run, given.network, given.modes[0], given.trials, given.timestep)))
    else:
        sys.exit(0 if table(given) <= 0.02 else "the rates differ by more than 2 %")
