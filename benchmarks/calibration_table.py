#!/usr/bin/env python3
"""The tables of docs/calibration.md: what a calibration reaches on two chips, in other capacitors and gears, and what networks have of it.

  benchmarks/calibration_table.py BIN [TABLE...]     BIN: the folder of bss-run and bss-calibrate; TABLE: quality modes cells random microcircuit (default: all)
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import yaml

CHIPS = "wafer.hicanns=[174,297]"
CELL = {"v_rest": -43.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -70.0, "cm": 1.0, "tau_m": 10.0, "tau_refrac": 3.0, "tau_syn_E": 5.0, "tau_syn_I": 5.0}


def block(width):
    """Chips in the middle of the wafer's four longest rows."""
    return [120 + (36 - width) // 2 + 36 * y + x for y in range(4) for x in range(width)]


def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL)


def calibrate(bin_folder, config, table, *words):
    run(bin_folder / "bss-calibrate", "--config", config, "--output", table, "--quiet", *words)
    return json.loads(table.with_suffix(".json").read_text())


def quality(bin_folder, folder):
    accounts = {mode: calibrate(bin_folder, "configs/brunel.yaml", folder / f"{mode}.h5", "--set", CHIPS, "--mode", mode) for mode in ("lab", "fast")}
    print("| quantity | uncalibrated | lab σ | yield | fast σ | yield | oracle | regret | within 1 σ | within 2 σ |\n|---|---|---|---|---|---|---|---|---|---|")
    for name, fast in accounts["fast"]["parameters"].items():
        lab = accounts["lab"]["parameters"].get(name)
        of_lab = f"{lab['sigma']:.1f} | {lab['yield']:.1%}" if lab else "- | -"
        regret = f"{fast['sigma'] / fast['oracle_sigma']:.1f}" if fast["oracle_sigma"] > 0 else "-"
        print(f"| {name} ({fast['unit']}) | {fast['sigma_uncalibrated']:.1f} | {of_lab} | {fast['sigma']:.1f} | {fast['yield']:.1%} | {fast['oracle_sigma']:.1f} | {regret} | "
              f"{fast['within_1_sigma']:.0%} | {fast['within_2_sigma']:.0%} |")
    print(f"\nlab: {accounts['lab']['lab_seconds'] / 7200:.1f} h a chip on the real bench; fast: {accounts['fast']['lab_seconds'] / 7200:.1f} h")


def modes(bin_folder, folder):
    """Every capacitor and gear on one chip: spread, yield, and errors within two standard deviations."""
    names = ("V_t", "E_l", "E_synx", "E_syni", "V_convoffx", "tau_ref", "tau_m", "tau_syn_E", "tau_syn_I", "V_exp", "delta_T", "a", "tau_w", "b")
    print("\n| capacitor, gear | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    for capacitor in ("big", "small"):
        for leak in ("normal", "slow", "fast"):
            found = calibrate(bin_folder, "configs/brunel.yaml", folder / f"{capacitor}-{leak}.h5", "--set", "wafer.hicanns=[174]", "--set", f"mapping.capacitor={capacitor}", "--set", f"mapping.leak={leak}")["parameters"]
            print(f"| {capacitor}, {leak} | " + " | ".join(f"{found[n]['sigma']:.1f}, {found[n]['yield']:.1%}, {found[n]['within_2_sigma']:.0%}" for n in names) + " |")


def spikes(result, population):
    with h5py.File(result / "spikes.h5") as file:
        return file["spikes"][population]["timestamps"][...], file["spikes"][population]["node_ids"][...].astype(int)


def intervals(bin_folder, folder):
    """Leak-driven equal cells on two chips: spread of their mean intervals. They fire more than the links carry, so every spike is recorded only without that limit."""
    for mode in ("lab", "fast"):
        if not (folder / f"{mode}.h5").exists():
            calibrate(bin_folder, "configs/brunel.yaml", folder / f"{mode}.h5", "--set", CHIPS, "--mode", mode)
    print("\n| calibration | spread of intervals | cells that fire |\n|---|---|---|")
    network = {"populations": {"cell": {"size": 800, "cell": "IF_cond_exp", "parameters": CELL}}, "projections": []}
    config = {"network": network, "wafer": {"technology": "hicann-v4", "hicanns": [174, 297], "imperfections": {"link_bandwidth": False}}, "mapping": {"neuron_size": 1, "capacitor": "big", "leak": "normal"},
              "run": {"speedup": 10000, "duration": 1000.0}}
    (folder / "cells.yaml").write_text(json.dumps(config))
    for name, calibration in (("ideal", "ideal"), ("lab", folder / "lab.h5"), ("fast", folder / "fast.h5"), ("oracle", "oracle")):
        run(bin_folder / "bss-run", "--config", folder / "cells.yaml", "--set", f"wafer.calibration={calibration}", "--output", folder / name, "--quiet")
        times, ids = spikes(folder / name, "cell")
        means = [np.diff(np.sort(times[ids == n])).mean() for n in range(800) if (ids == n).sum() > 6]
        low, middle, high = np.percentile(means, [16, 50, 84])
        print(f"| {name} | {(high - low) / 2 / middle:.1%} | {len(means)} |")


def shrunk(network, times):
    for population in network["populations"].values():
        population["size"] = max(1, population["size"] // times)
    return network


def compare(bin_folder, folder, config, network, hicanns):
    """A network by calibration: rates by population, and how far neurons are from the ideal run. Both modes calibrate the configuration's chips in its capacitor and gear."""
    sizes = {name: population["size"] for name, population in network["populations"].items() if not population["cell"].startswith("SpikeSource")}
    config["network"] = network
    config["wafer"]["hicanns"] = hicanns
    config["mapping"]["neuron_size"] = 4
    config["run"]["duration"] = "1 s"
    file = folder / "network.yaml"
    file.write_text(json.dumps(config))
    rows = [("ideal run", ["run.mode=ideal"]), ("nominal curves", ["wafer.calibration=ideal"])]
    for mode in ("lab", "fast"):
        table = folder / f"network-{mode}.h5"
        calibrate(bin_folder, file, table, "--mode", mode)
        rows.append((mode, [f"wafer.calibration={table}"]))
    rows.append(("oracle", ["wafer.calibration=oracle"]))
    ideal = None
    for name, settings in rows:
        result = folder / "result"
        run(bin_folder / "bss-run", "--config", file, "--output", result, "--quiet", *(word for s in settings for word in ("--set", s)))
        found = {population: np.bincount(spikes(result, population)[1], minlength=size).astype(float) for population, size in sizes.items()}
        if ideal is None:
            ideal, lost = found, "-"
            print("\n| calibration | synapses lost | " + " | ".join(found) + " | distance to the ideal run |\n|---|---|" + "---|" * len(found) + "---|")
        else:
            account = json.loads((result / "summary.json").read_text())["mapping"]
            lost = f"{account['synapses_lost'] / (account['synapses_lost'] + account['synapses_realised']):.1%}"
        distance = np.sqrt(np.mean(np.concatenate([found[n] - ideal[n] for n in ideal]) ** 2))
        print(f"| {name} | {lost} | " + " | ".join(f"{r.mean():.1f} ± {r.std():.1f}" for r in found.values()) + f" | {distance:.1f} Hz |", flush=True)


def random(bin_folder, folder):
    """A third of the random network's neurons, of half as many denmems, each with its inputs as there, on 12 chips."""
    network = yaml.safe_load(pathlib.Path("configs/networks/brunel.yaml").read_text())
    config = yaml.safe_load(pathlib.Path("configs/brunel.yaml").read_text())
    compare(bin_folder, folder, config, shrunk(network, 3), block(3))


def microcircuit(bin_folder, folder):
    """A sixth of configs/wafer.yaml's neurons, of half as many denmems, each with its inputs as there, on 24 chips."""
    network = yaml.safe_load(pathlib.Path("configs/networks/cortical-microcircuit.yaml").read_text())
    for projection in network["projections"]:
        rule = projection["connector"]["FixedTotalNumber"]
        rule["n"] = max(1, rule["n"] // 6)
    config = yaml.safe_load(pathlib.Path("configs/wafer.yaml").read_text())
    compare(bin_folder, folder, config, shrunk(network, 6), block(6))


TABLES = {"quality": quality, "modes": modes, "cells": intervals, "random": random, "microcircuit": microcircuit}
with tempfile.TemporaryDirectory() as scratch:
    for wanted in sys.argv[2:] or TABLES:
        TABLES[wanted](pathlib.Path(sys.argv[1]), pathlib.Path(scratch))
