"""The package in environments of its own, as users install it: `make test-install`. Takes a minute or two and asks the package index, so it is no part of `make test`."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYNN = "PyNN>=0.13,<0.14"


def say(*command, cwd=None):
    """Runs a command without the variables that would lead it back to the checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BSS_", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Made with the release build: compiling all of it again would show nothing more."""
    folder = tmp_path_factory.mktemp("wheel")
    defines = [f"--config-settings=cmake.define.{name}=ON" for name in ("BSS_TESTS", "BSS_BENCHMARKS")]
    say(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--config-settings=build-dir=build/release", *defines, "-w", folder, ROOT, cwd=ROOT)
    return next(folder.glob("*.whl"))


class Environment:
    def __init__(self, folder):
        self.bin = folder / "bin"
        say(sys.executable, "-m", "venv", folder)

    def install(self, *what):
        say(self.bin / "pip", "install", "--disable-pip-version-check", *what)

    def works(self, tmp_path):
        """Every way to import the backend, and a command, away from the checkout."""
        script = tmp_path / "script.py"
        script.write_text(
            "import pyNN.brainscales as sim, bss, bss.pynn, pyNN\n"
            "from pyNN.utility import get_simulator\n"
            "assert sim is bss.pynn and pyNN.__version__.startswith('0.13')\n"
            "assert bss.__version__ and bss.InputError\n"
            "for mode in ('ideal', 'hardware'):\n"
            "    sim.setup(mode=mode, hicanns=[174, 175])\n"
            "    p = sim.Population(3, sim.IF_cond_exp(v_rest=-45.0, tau_refrac=2.0)); p.record('spikes'); sim.run(100.0)\n"
            "    assert sum(map(len, p.get_data().segments[0].spiketrains)) > 3\n"
        )
        say(self.bin / "python", script, cwd=tmp_path)
        (tmp_path / "c.yaml").write_text("network: {populations: {E: {size: 2, cell: IF_cond_exp}}}\nrun: {duration: 10 ms}\nwafer: {hicanns: [174]}\n")
        say(self.bin / "bss-run", "--config", tmp_path / "c.yaml", "--output", tmp_path / "out", cwd=tmp_path)
        say(self.bin / "bss-report", tmp_path / "out", cwd=tmp_path)


def test_with_its_dependencies_and_pynn_installed_again(wheel, tmp_path):
    environment = Environment(tmp_path / "venv")
    environment.install(wheel)
    environment.works(tmp_path)
    environment.install("--force-reinstall", "--no-deps", PYNN)
    environment.works(tmp_path)
    say(environment.bin / "pip", "uninstall", "--yes", "brainscales1")
    say(environment.bin / "python", "-c", "import pyNN.mock")
    left = [path for name in ("bss*", "brainscales1*", "pyNN/brainscales.py") for path in (tmp_path / "venv").glob(f"**/site-packages/{name}")]
    assert not left and shutil.which("bss-run", path=environment.bin) is None


def test_before_pynn(wheel, tmp_path):
    environment = Environment(tmp_path / "venv")
    environment.install("--no-deps", wheel)
    environment.install(PYNN, "h5py", "matplotlib")
    environment.works(tmp_path)
