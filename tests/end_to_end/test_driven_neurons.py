"""Neurons in ideal mode that are driven as in a busy network, beside a small-step reference in double precision (benchmarks/peers.py)."""

import argparse
import sys

import numpy as np
import pytest

from conftest import BIN, ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import peers  # noqa: E402


@pytest.mark.parametrize("model", ["LIF", "AdEx"])
def test_spike_times_are_those_of_small_steps(tmp_path, model):
    peers.driven_case(tmp_path, model, 50, 300.0, seed=2)
    expected = peers.reference_spikes(tmp_path, fine=10)
    assert len(expected[0]) > 15 and np.unique(expected[0]).size > 8
    peers.run_ours(tmp_path, 1, argparse.Namespace(build=BIN.parent))
    found = peers.accuracy(tmp_path, "ours", expected)
    assert found["error_ms"] < 0.002 and abs(found["lag_ms"]) < 0.001 and found["unmatched_permille"] == 0
