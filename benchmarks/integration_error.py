#!/usr/bin/env python3
"""Draws docs/figures/integration-error.png from what the program integration_error prints: integration_error | integration_error.py OUT.png"""
import csv
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

curves = {}
for row in csv.DictReader(sys.stdin):
    curves.setdefault(row["scheme"], []).append((float(row["step_ms"]), float(row["error_steps"])))

figure, axes = plt.subplots(figsize=(6, 4), constrained_layout=True)
for (scheme, points), marker in zip(curves.items(), "os^"):
    axes.loglog(*zip(*points), marker=marker, label=scheme)
axes.set_xlabel("step (ms of biology)")
axes.set_ylabel("mean spike-time error (steps)")
axes.set_title("Six AdEx neurons over 1 s, against adaptive integration")
axes.grid(alpha=0.3, which="both")
axes.legend()
figure.savefig(sys.argv[1], dpi=130)
