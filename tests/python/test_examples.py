"""Every example runs, as its first lines say."""

import pathlib
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
CALLS = {
    "single_neuron": [["ideal"], ["hardware"]],
    "sweeps": [[]],
    "firing_patterns": [["ideal"], ["hardware"]],
    "synapse_loss": [["loss.png"]],
    "mapping_intro": [["report.html"]],
    "synfire_chain": [["ideal"], ["hardware"]],
    "balanced_network": [["ideal"], ["hardware"]],
    "sampling": [["ideal"], ["hardware"]],
    "training_in_the_loop": [["ideal"], ["hardware"]],
    "closed_loop": [["ideal"], ["hardware"]],
    "microcircuit": [["--scale", "0.05", "--duration", "50"], ["--scale", "0.02", "--duration", "20", "--ablation"]],
}


@pytest.mark.parametrize("name, arguments", [(name, call) for name, calls in CALLS.items() for call in calls], ids=lambda x: x if isinstance(x, str) else " ".join(x))
def test_the_example_runs(name, arguments, tmp_path):
    done = subprocess.run([sys.executable, "-W", "ignore", EXAMPLES / f"{name}.py", *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and len(done.stdout.splitlines()) > 0, done.stderr[-2000:]
    for argument in arguments:
        if "." in argument and not argument[0].isdigit():
            assert (tmp_path / argument).stat().st_size > 1000


def test_every_example_is_run():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(CALLS)


def test_a_training_learns():
    done = subprocess.run([sys.executable, "-W", "ignore", EXAMPLES / "training_in_the_loop.py", "ideal"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1].endswith("[0, 0]") and done.stdout.splitlines()[-1].endswith("[0, 2]")
