#!/usr/bin/env python3
"""The Vogels-Abbott network (COBA: Brette et al. 2007, benchmark 1) in ideal mode beside NEST and Brian2: the very same neurons, synapses and initial
potentials in each. Speed (simulation alone, set-up apart), rates side by side, and the accuracy of spike times at the same time step.

    benchmarks/peers.py [--build build/release] [--sizes 4000 40000] [--models LIF AdEx] [--rounds 5] [--peers ours brian2 nest]

The peers come from PyPI into a virtual environment of their own (--folder, which may be thrown away). Brian2 generates C++ (standalone, its default
-O3 -ffast-math -march=native; forward Euler, its fastest scheme), NEST integrates adaptively. All are run with one and two threads in turn, again and
again; each one's minimum counts, with the number of threads that suits it best. A peer that takes more than a minute is not run again. Long measurements
can be done piece by piece: what --peers leaves out is taken from where it was measured last, if the network is still the same.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import subprocess
import sys
import time
import venv

try:
    import h5py
    import numpy as np
except ModuleNotFoundError:                     # they come with the peers: main() starts again in their environment
    pass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PACKAGES = ["brian2==2.9.0", "nest-simulator==3.10.0", "numpy<2", "setuptools<81", "h5py"]

# ---- the network ----------------------------------------------------------------------------------------------------

STEP_MS = 0.1
NEURON = {"cm": 0.2, "tau_m": 20.0, "tau_refrac": 5.0, "tau_syn_E": 5.0, "tau_syn_I": 10.0, "v_rest": -60.0, "v_reset": -60.0, "v_thresh": -50.0,
          "e_rev_E": 0.0, "e_rev_I": -80.0}
ADAPTATION = {"delta_T": 2.5, "v_spike": -40.0, "a": 1.0, "b": 0.005, "tau_w": 600.0}   # Destexhe (2009), regular spiking
MODELS = {"LIF": ("IF_cond_exp", NEURON), "AdEx": ("EIF_cond_exp_isfa_ista", {**NEURON, **ADAPTATION})}
WEIGHT_US = {"excitatory": 0.006, "inhibitory": 0.067}
INPUTS = 80                                     # a neuron, on average; a fifth of all neurons inhibit
KICK = {"sources": 20, "rate_hz": 100.0, "until_ms": 50.0, "probability": 0.01, "weight_us": 0.1}


def bernoulli_trains(generator, count, rate_hz, duration_ms):
    """Poisson-like trains on grid points, at most one spike each, so that every simulator can play them as they are."""
    steps = int(round(duration_ms / STEP_MS))
    return [(1 + generator.random(steps - 1).__lt__(rate_hz * STEP_MS * 1e-3).nonzero()[0]) * STEP_MS for _ in range(count)]


def network_case(folder, model, size, duration_ms, seed):
    """`size` neurons that excite or inhibit each other, kicked off by some sources."""
    generator = np.random.default_rng(seed)
    edges, excitatory = {}, size * 4 // 5
    for receptor, first, last in (("excitatory", 0, excitatory), ("inhibitory", excitatory, size)):
        counts = generator.binomial(last - first, INPUTS / size, size)
        post = np.repeat(np.arange(size), counts)
        pre = np.concatenate([generator.choice(last - first, n, replace=False) for n in counts]) + first
        edges[receptor] = (pre, post, WEIGHT_US[receptor])
    pairs = generator.random((KICK["sources"], size)) < KICK["probability"]
    kick = (*np.nonzero(pairs), KICK["weight_us"])
    trains = bernoulli_trains(generator, KICK["sources"], KICK["rate_hz"], KICK["until_ms"])
    write_case(folder, model, duration_ms, v=generator.uniform(-60, -50, size), edges=edges, trains=trains, inputs={"excitatory": kick})


def driven_case(folder, model, size, duration_ms, seed):
    """Neurons that only listen: each has a source of excitation and one of inhibition, as busy as the network at 20 Hz."""
    generator = np.random.default_rng(seed)
    counts = {"excitatory": INPUTS * 4 // 5, "inhibitory": INPUTS // 5}
    trains = [train for n in counts.values() for train in bernoulli_trains(generator, size, 20.0 * n, duration_ms)]
    each = np.arange(size)
    inputs = {receptor: (each + k * size, each, WEIGHT_US[receptor]) for k, receptor in enumerate(counts)}
    write_case(folder, model, duration_ms, v=np.full(size, -60.0), edges={}, trains=trains, inputs=inputs)


def write_case(folder, model, duration_ms, v, edges, trains, inputs):
    """case.json and arrays.npz for the peers, a configuration for us. `edges` and `inputs`: receptor -> pre, post, weight."""
    folder.mkdir(parents=True, exist_ok=True)
    known = digest(folder)
    cell, parameters = MODELS[model]
    kinds = {"edges": edges, "inputs": inputs}
    case = {"model": model, "parameters": parameters, "size": len(v), "step_ms": STEP_MS, "duration_ms": duration_ms, "sources": len(trains),
            "weights_us": {kind: {receptor: weight for receptor, (_, _, weight) in table.items()} for kind, table in kinds.items()}}
    (folder / "case.json").write_text(json.dumps(case))
    arrays = {f"{kind}.{receptor}.{end}": ids.astype(np.int64) for kind, table in kinds.items()
              for receptor, (pre, post, _) in table.items() for end, ids in (("pre", pre), ("post", post))}
    lengths = [len(train) for train in trains]
    np.savez(folder / "arrays.npz", v=v, source=np.repeat(np.arange(len(trains)), lengths), time_ms=np.concatenate(trains), **arrays)

    projections = []
    for kind, table in kinds.items():
        pre_population = "neurons" if kind == "edges" else "sources"
        for receptor, (pre, post, weight) in table.items():
            file = f"{kind}-{receptor}.h5"
            with h5py.File(folder / file, "w") as h5:
                group = h5.create_group(f"edges/{pre_population}_neurons")
                for end, population, ids in (("source", pre_population, pre), ("target", "neurons", post)):
                    group.create_dataset(f"{end}_node_id", data=ids).attrs["node_population"] = population
            projections.append({"pre": pre_population, "post": "neurons", "connector": {"FromFile": {"file": file}}, "receptor": receptor,
                                "weight": weight, "delay": STEP_MS})
    trains = [[round(float(t), 6) for t in train] for train in trains]
    populations = {"neurons": {"size": len(v), "cell": cell, "parameters": parameters, "initial": {"v": list(map(float, v))}},
                   "sources": {"size": len(trains), "cell": "SpikeSourceArray", "parameters": {"spike_times": trains}}}
    config = {"network": {"populations": populations, "projections": projections},
              "run": {"mode": "ideal", "duration": duration_ms, "timestep": STEP_MS}}
    (folder / "config.yaml").write_text(json.dumps(config))     # JSON is YAML
    if digest(folder) != known:
        for of_another in ("runs.json", "reference.npz"):
            (folder / of_another).unlink(missing_ok=True)


def digest(folder):
    """Of the case that stands there, or None."""
    files = [folder / "case.json", folder / "arrays.npz"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() if all(file.exists() for file in files) else None


# ---- the simulators: each says how long it took, and leaves its spikes in <name>.npz (neuron, time_ms) ------------------


def output_of(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr[-2000:]}")
    return done.stdout


def run_ours(folder, threads, arguments):
    out = folder / "ours"
    begin = time.perf_counter()
    command = [arguments.build / "bin" / "bss-run", "--config", folder / "config.yaml", "--output", out, "--threads", str(threads), "--json"]
    summary = json.loads(output_of(command))
    wall_s = time.perf_counter() - begin
    with h5py.File(out / "spikes.h5") as file:
        np.savez(folder / "ours.npz", neuron=file["spikes/neurons/node_ids"][...].astype(np.int64), time_ms=file["spikes/neurons/timestamps"][...])
    return {"run_s": summary["run"]["seconds"], "setup_s": wall_s - summary["run"]["seconds"]}


def run_peer(name):
    def run(folder, threads, arguments):
        return json.loads(output_of([sys.executable, HERE / f"peers_{name}.py", folder, str(threads)]).splitlines()[-1])
    return run


SIMULATORS = {"ours": ("ours (ideal mode)", run_ours), "brian2": ("Brian2 2.9, C++ standalone", run_peer("brian2")), "nest": ("NEST 3.10", run_peer("nest"))}


def alternate(folder, arguments):
    """The simulators in turn. name -> {"threads", "run_s", "setup_s"} of the fastest run, also of those that were measured before."""
    file = folder / "runs.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    runs = {name: [r for r in of_one if name not in arguments.peers or r["threads"] not in arguments.threads] for name, of_one in known.items()}
    for round_ in range(arguments.rounds):
        for name in arguments.peers:
            for threads in arguments.threads:
                before = [r for r in runs.get(name, []) if r["threads"] == threads]
                if before and before[0]["run_s"] > 60:
                    continue
                runs.setdefault(name, []).append({"threads": threads, **SIMULATORS[name][1](folder, threads, arguments)})
                print(f"  {folder.name}: round {round_ + 1}, {name}, {threads} thread(s): {runs[name][-1]['run_s']:.3f} s", file=sys.stderr)
                file.write_text(json.dumps(runs))
    return {name: min(runs[name], key=lambda r: r["run_s"]) for name in SIMULATORS if runs.get(name)}


# ---- what came out ------------------------------------------------------------------------------------------------------


def activity(folder, name, size, duration_ms):
    """Rates of both kinds of neurons after the kick (Hz), mean CV of the intervals of neurons with at least five spikes."""
    spikes = np.load(folder / f"{name}.npz")
    begin_ms = 2 * KICK["until_ms"]
    neuron, time_ms = spikes["neuron"][spikes["time_ms"] > begin_ms], spikes["time_ms"][spikes["time_ms"] > begin_ms]
    counts, excitatory = np.bincount(neuron, minlength=size), size * 4 // 5
    rates = [float(c.mean() / (duration_ms - begin_ms) * 1e3) for c in (counts[:excitatory], counts[excitatory:])]
    order = np.lexsort((time_ms, neuron))
    of_neuron = np.split(time_ms[order], np.cumsum(counts)[:-1])
    intervals = [np.diff(t) for t in of_neuron if len(t) >= 5]
    return (*rates, float(np.mean([i.std() / i.mean() for i in intervals])) if intervals else math.nan)


def reference_spikes(folder, fine=50):
    """Classical Runge-Kutta in double precision with steps `fine` times as short, crossings by interpolation: neuron, time_ms. Kept in reference.npz."""
    file = folder / "reference.npz"
    if file.exists():
        return tuple(np.load(file)[key] for key in ("neuron", "time_ms"))
    case, arrays = json.loads((folder / "case.json").read_text()), np.load(folder / "arrays.npz")
    p = {**ADAPTATION, **case["parameters"]}
    adex = "v_spike" in case["parameters"]
    threshold, g_leak, h = p["v_spike"] if adex else p["v_thresh"], p["cm"] / p["tau_m"], STEP_MS / fine
    steps, size = int(round(case["duration_ms"] / STEP_MS)), case["size"]
    jumps = np.zeros((2, steps + 2, size))
    step = np.rint(arrays["time_ms"] / STEP_MS).astype(int) + 1        # a delay of one step
    for k, receptor in enumerate(("excitatory", "inhibitory")):
        post_of = dict(zip(arrays[f"inputs.{receptor}.pre"], arrays[f"inputs.{receptor}.post"]))
        for source, at in zip(arrays["source"], step):
            if source in post_of:
                jumps[k, at, post_of[source]] += case["weights_us"]["inputs"][receptor]
    decay = np.exp(-h / 2 / np.array([p["tau_syn_E"], p["tau_syn_I"]]))[:, None]

    def slope(v, w, g):
        current = g_leak * (p["v_rest"] - v) + g[0] * (p["e_rev_E"] - v) + g[1] * (p["e_rev_I"] - v)
        if adex:
            current += g_leak * p["delta_T"] * np.exp(np.minimum((v - p["v_thresh"]) / p["delta_T"], 10)) - w
        return current / p["cm"], (p["a"] * 1e-3 * (v - p["v_rest"]) - w) / p["tau_w"]

    v, w, g, free_at = arrays["v"].copy(), np.zeros(size), np.zeros((2, size)), np.full(size, -1.0)
    spikes = []
    for coarse in range(steps):
        g = g + jumps[:, coarse]
        for k in range(fine):
            now = (coarse + k / fine) * STEP_MS
            held = free_at >= now + h
            part = np.clip((now + h - free_at) / h, 0, 1)               # of this short step that is free
            middle, end = g * decay, g * decay * decay
            a, b = slope(v, w, g), None
            b = slope(v + h / 2 * a[0], w + h / 2 * a[1], middle)
            c = slope(v + h / 2 * b[0], w + h / 2 * b[1], middle)
            d = slope(v + h * c[0], w + h * c[1], end)
            dv, dw = [h / 6 * (a[i] + 2 * b[i] + 2 * c[i] + d[i]) for i in (0, 1)]
            next_v = np.where(held, v, v + part * dv)
            w = w + (np.where(held, h * (p["a"] * 1e-3 * (v - p["v_rest"]) - w) / p["tau_w"], dw) if adex else 0)
            for n in np.nonzero(next_v >= threshold)[0]:
                at = now + h * ((1 - part[n]) + part[n] * (threshold - v[n]) / (next_v[n] - v[n]))
                spikes.append((n, at))
                next_v[n], free_at[n] = p["v_reset"], at + p["tau_refrac"]
                w[n] += p["b"] if adex else 0
            v, g = next_v, end
    neuron, time_ms = np.array([n for n, _ in spikes]), np.array([t for _, t in spikes])
    np.savez(file, neuron=neuron, time_ms=time_ms)
    return neuron, time_ms


def accuracy(folder, name, reference):
    """Each expected spike with the nearest one of its neuron within 1 ms. Mean distance (ms) after removing the simulator's own constant lag (a matter of
    its conventions about grid points), and how many spikes in a thousand have no partner, on either side."""
    spikes = np.load(folder / f"{name}.npz")
    distances, alone, total = [], 0, 0
    for n in np.unique(reference[0]):
        expected, found = np.sort(reference[1][reference[0] == n]), np.sort(spikes["time_ms"][spikes["neuron"] == n])
        total += len(expected)
        near = [found[np.argmin(abs(found - t))] - t if len(found) else np.inf for t in expected]
        partners = [d for d in near if abs(d) < 1]
        distances += partners
        alone += len(expected) - len(partners) + max(0, len(found) - len(partners))
    lag = float(np.median(distances))
    return {"lag_ms": lag, "error_ms": float(np.mean(np.abs(np.array(distances) - lag))), "unmatched_permille": 1e3 * alone / total, "spikes": total}


def table(rows):
    widths = [max(len(str(row[k])) for row in rows) for k in range(len(rows[0]))]
    for i, row in enumerate(rows):
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
        if i == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def measure(arguments):
    rows = [("network", "simulator", "threads", "exc / inh Hz", "CV", "s / biological s", "ours is faster by", "set-up s")]
    for model in arguments.models:
        for size in arguments.sizes:
            folder, duration_ms = arguments.folder / f"{model}-{size}", arguments.duration * min(1.0, (8000 / size))
            network_case(folder, model, size, duration_ms, arguments.seed)
            best = alternate(folder, arguments)
            for name, result in best.items():
                exc, inh, cv = activity(folder, name, size, duration_ms)
                ratio = result["run_s"] / best["ours"]["run_s"] if "ours" in best else math.nan
                rows.append((f"{model}, {size}", SIMULATORS[name][0], result["threads"], f"{exc:.2f} / {inh:.2f}", f"{cv:.2f}",
                             f"{result['run_s'] / (duration_ms * 1e-3):.4g}", "" if name == "ours" else f"{ratio:.1f}", f"{result['setup_s']:.2f}"))
    table(rows)
    print()
    rows = [("driven neurons", "simulator", "reference spikes", "mean error, ms", "constant lag, ms", "unmatched, per mille")]
    for model in arguments.models:
        folder = arguments.folder / f"{model}-driven"
        driven_case(folder, model, 50, 1000.0, arguments.seed)
        reference = reference_spikes(folder)
        for name in arguments.peers:
            title, run = SIMULATORS[name]
            run(folder, 1, arguments)
            a = accuracy(folder, name, reference)
            rows.append((model, title, a["spikes"], f"{a['error_ms']:.4f}", f"{a['lag_ms']:+.3f}", f"{a['unmatched_permille']:.1f}"))
    table(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="our build folder")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "peers", help="for the peers' environment, networks and results")
    parser.add_argument("--sizes", type=int, nargs="*", default=[4000, 40000], help="none: only driven neurons")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--peers", nargs="+", choices=SIMULATORS, default=list(SIMULATORS), help="who runs now")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--duration", type=float, default=1000.0, help="biological ms; less for networks of more than 8000 neurons, in proportion")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.build, arguments.folder = arguments.build.resolve(), arguments.folder.resolve()
    environment = arguments.folder / "venv"
    python = environment / "bin" / "python"
    if not (environment / "complete").exists():
        print(f"installing {', '.join(PACKAGES)} into {environment}", file=sys.stderr)
        venv.create(environment, clear=True, symlinks=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        (environment / "complete").touch()
    if pathlib.Path(sys.prefix).resolve() != environment.resolve():
        os.execv(python, [python, *sys.argv])
    measure(arguments)


if __name__ == "__main__":
    main()
