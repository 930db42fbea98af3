#!/usr/bin/env python3
"""The tables of docs/calibration.md: what a calibration reaches on two chips, and what networks have of it.

  benchmarks/calibration_table.py BIN     BIN: the folder of bss-run and bss-calibrate
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

CHIPS = "wafer.hicanns=[174,297]"
CELL = {"v_rest": -43.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -70.0, "cm": 1.0, "tau_m": 10.0, "tau_refrac": 3.0, "tau_syn_E": 5.0, "tau_syn_I": 5.0}


def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL)


def quality(bin_folder, folder):
    accounts = {}
    for mode in ("lab", "fast"):
        run(bin_folder / "bss-calibrate", "--config", "configs/brunel.yaml", "--set", CHIPS, "--mode", mode, "--output", folder / f"{mode}.h5", "--quiet")
        accounts[mode] = json.loads((folder / f"{mode}.json").read_text())
    print("| quantity | uncalibrated | lab σ | yield | fast σ | yield | oracle | regret | within 1 σ | within 2 σ |\n|---|---|---|---|---|---|---|---|---|---|")
    for name, fast in accounts["fast"]["parameters"].items():
        lab = accounts["lab"]["parameters"].get(name)
        of_lab = f"{lab['sigma']:.1f} | {lab['yield']:.1%}" if lab else "- | -"
        regret = f"{fast['sigma'] / fast['oracle_sigma']:.1f}" if fast["oracle_sigma"] > 0 else "-"
        print(f"| {name} ({fast['unit']}) | {fast['sigma_uncalibrated']:.1f} | {of_lab} | {fast['sigma']:.1f} | {fast['yield']:.1%} | {fast['oracle_sigma']:.1f} | {regret} | "
              f"{fast['within_1_sigma']:.0%} | {fast['within_2_sigma']:.0%} |")
    print(f"\nlab: {accounts['lab']['lab_seconds'] / 7200:.1f} h a chip on the real bench; fast: {accounts['fast']['lab_seconds'] / 7200:.1f} h")


def spikes(result, population):
    with h5py.File(result / "spikes.h5") as file:
        return file["spikes"][population]["timestamps"][...], file["spikes"][population]["node_ids"][...].astype(int)


def intervals(bin_folder, folder):
    """Leak-driven equal cells on two chips: spread of their mean intervals. They fire more than the links carry, so every spike is recorded only without that limit."""
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


def rates(bin_folder, folder):
    """The random network: spread of firing rates over its excitatory neurons, and their mean."""
    for name in ("ideal", "auto", "oracle"):
        run(bin_folder / "bss-run", "--config", "configs/brunel.yaml", "--set", "run.duration=2000 ms", "--set", f"wafer.calibration={name}", "--output", folder / f"brunel-{name}", "--quiet")
        size = json.loads((folder / f"brunel-{name}" / "summary.json").read_text())["populations"]["E"]["neurons"]
        _, ids = spikes(folder / f"brunel-{name}", "E")
        each = np.bincount(ids, minlength=size) / 2.0
        print(f"| {name} | {each.mean():.1f} Hz | {each.std():.1f} Hz |")


with tempfile.TemporaryDirectory() as scratch:
    binaries, place = pathlib.Path(sys.argv[1]), pathlib.Path(scratch)
    quality(binaries, place)
    print("\n| calibration | spread of intervals | cells that fire |\n|---|---|---|")
    intervals(binaries, place)
    print("\n| calibration | mean rate | spread of rates |\n|---|---|---|")
    rates(binaries, place)
