"""The cortical microcircuit at 10 % on one wafer, and which imperfection moves its rates how far.

    python microcircuit.py [--mode ideal] [--duration 1000] [--scale 1.0] [--ablation]

The network is that of configs/networks/cortical-microcircuit.yaml; a smaller scale takes that part of all neurons and of each one's inputs.
"""
import argparse
import pathlib

import pyNN.brainscales as sim
import yaml

NETWORK = pathlib.Path(__file__).parents[1] / "configs/networks/cortical-microcircuit.yaml"
WAFER = dict(technology="hicann-x1000", calibration="oracle", neuron_size=8, capacitor="small", leak="slow", potentials={"biological": [-150, 50], "hardware": [0.4, 1.3]})


def build(scale):
    network = yaml.safe_load(NETWORK.read_text())
    populations = {name: sim.Population(max(1, int(scale * p["size"])), sim.IF_cond_exp(**p["parameters"]), label=name) for name, p in network["populations"].items()}
    for name, p in network["populations"].items():
        for variable, value in p["initial"].items():
            (law, arguments), = value.items() if isinstance(value, dict) else ((None, value),)
            populations[name].initialize(**{variable: sim.RandomDistribution(law, rng=sim.NativeRNG(42), **arguments) if law else arguments})
    for p in network["projections"]:
        pre, post = populations[p["pre"]], populations[p["post"]]
        number = int(scale**2 * p["connector"]["FixedTotalNumber"]["n"])
        sim.Projection(pre, post, sim.FixedTotalNumberConnector(number), sim.StaticSynapse(weight=p["weight"] / scale, delay=p["delay"]), receptor_type=p["receptor"])
    return populations


def rates(arguments, **settings):
    sim.setup(timestep=0.1, **settings, **(WAFER if settings["mode"] == "hardware" else {}))
    populations = build(arguments.scale)
    for p in populations.values():
        p.record("spikes")
    sim.run(arguments.duration)
    return {name: p.mean_spike_count() / arguments.duration * 1000.0 for name, p in populations.items()}


def show(title, values):
    print(f"{title:>22}: " + "  ".join(f"{name} {rate:6.2f}" for name, rate in values.items()), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", default="hardware")
    parser.add_argument("--duration", type=float, default=1000.0)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--ablation", action="store_true", help="one imperfection after the other, alone")
    arguments = parser.parse_args()
    if arguments.ablation:
        switches = "fixed_pattern rewrite temporal_noise parameter_quantisation weight_quantisation weight_mismatch saturation route_delay synapse_loss link_bandwidth".split()
        show("ideal", rates(arguments, mode="ideal"))
        for switch in switches:
            show(switch, rates(arguments, mode="hardware", imperfections={other: other == switch for other in switches}))
        show("all", rates(arguments, mode="hardware"))
    else:
        show(arguments.mode, rates(arguments, mode=arguments.mode))
