"""PyNN's own system scenarios, unedited, on this backend: in both modes, with a reason for each one that does not pass.

    python tests/python/scenarios.py            # prints the table of docs/pynn.md

The tests are in PyNN's source distribution, which pip fetches (into $BSS_CACHE or a temporary folder); they are not ours to copy. Their decorator runs a test only for
the simulators it names: a conftest.py beside the unpacked tests asks for ours instead.
"""

import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

VERSION = "0.13.0"

CONFTEST = """
def pytest_configure(config):
    import system.scenarios.fixtures as fixtures
    original = fixtures.run_with_simulators
    fixtures.run_with_simulators = lambda *names: original("brainscales")
"""

OFFSET = "i_offset beyond what a chip's stimulus gives"
IF_CURR = "synaptic input that is a current"
# why a scenario does not pass in hardware mode, and which of our tests does the same on legal terms
REASONS = {
    "test_reset": (IF_CURR, "test_hw_reset"),
    "test_reset_with_clear": (IF_CURR, "test_hw_reset_with_clear"),
    "test_reset_with_spikes": (IF_CURR, "test_hw_reset_with_spikes"),
    "test_setup": (IF_CURR, "test_hw_setup"),
    "test_EIF_cond_alpha_isfa_ista": ("alpha-shaped synapses", "test_hw_adaptation"),
    "test_HH_cond_exp": ("no Hodgkin-Huxley neuron on a chip", None),
    "test_composed_neuron_model_homogeneous_receptors": ("alpha-shaped synapses and currents, receptors with names", None),
    "test_changing_electrode": (IF_CURR, None),
    "test_ticket226": (IF_CURR, None),
    "test_issue165": ("potentials of 10 bits", "test_steps"),
    "test_issue321": (IF_CURR, None),
    "test_issue437": (IF_CURR, None),
    "test_issue442": (IF_CURR, None),
    "test_issue445": (IF_CURR, None),
    "test_issue451": (IF_CURR, None),
    "test_issue483": (IF_CURR, None),
    "test_issue487": (IF_CURR, None),
    "test_issue_465_474_630": (IF_CURR, None),
    "test_issue497": (IF_CURR, None),
    "test_issue631": (IF_CURR, None),
    "test_issue759": (IF_CURR, None),
    "test_ticket195": ("the synapse is weaker than asked for, or lost", "test_hw_procedural"),
    "test_mix_procedural_and_oo": (OFFSET, "test_hw_files"),
    "test_record_with_filename": (IF_CURR, "test_hw_files"),
    "test_issue499": (IF_CURR, "test_hw_data_after_end"),
    "test_scenario1a": ("alpha-shaped synapses", "test_hw_balanced"),
    "test_scenario2": (IF_CURR, "test_hw_thresholds"),
    "test_scenario3": ("the plasticity of the chips is not modelled yet", None),
    "test_scenario4": ("a facilitating synapse with tau_rec and tau_facil", "test_hw_plasticity"),
    "test_scenario5": ("multi-compartment neurons; PyNN skips it without morphio", None),
    "test_simple_stochastic_synapse": ("no stochastic synapse on a chip", None),
    "test_ticket166": ("it wants the rest to 0.01 mV, a calibrated circuit is a few tenths off", "test_hw_changed_spike_times"),
}


def source(folder):
    """The unpacked test/ folder of PyNN's source distribution; None where it cannot be fetched."""
    if not any(folder.glob("*.tar.gz")):
        done = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "PyNN", f"PyNN=={VERSION}", "-d", folder], capture_output=True, text=True)
        if done.returncode:
            return None
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    tests = next(folder.glob("*/test"))
    (tests / "conftest.py").write_text(CONFTEST)
    return tests


def outcomes(tests, mode):
    """{name: passed | failed | skipped} in a mode, and what pytest said."""
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-W", "ignore", "--rootdir", tests, tests / "system" / "scenarios"]
    path = os.pathsep.join([str(tests), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory() as folder:       # they write files where they run
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": path, "BSS_MODE": mode})
    found = {}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)\[", done.stdout, re.M):
        found[name] = "passed" if outcome == "PASSED" else "failed"
    for file in re.findall(r"^SKIPPED \[\d+\] \S*?(test_scenario\d+)\.py", done.stdout, re.M):
        found[file] = "skipped"
    return found, done.stdout


def table(tests):
    results = {mode: outcomes(tests, mode)[0] for mode in ("ideal", "hardware")}
    lines = ["| scenario | ideal | hardware | why not | our twin on legal terms |", "|---|---|---|---|---|"]
    for name in results["ideal"]:
        ideal, hardware = (results[mode].get(name, "failed") for mode in ("ideal", "hardware"))
        reason, twin = REASONS.get(name, ("", None)) if (ideal, hardware) != ("passed", "passed") else ("", None)
        lines.append(f"| {name} | {ideal} | {hardware if hardware != 'failed' else '–'} | {reason} | {f'`{twin}`' if twin else ''} |")
    passes = {mode: sum(outcome == "passed" for outcome in found.values()) for mode, found in results.items()}
    return "\n".join([*lines, "", f"{passes['ideal']} of {len(results['ideal'])} pass in ideal mode, {passes['hardware']} in hardware mode."])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(os.environ.get("BSS_CACHE", temporary)) / "pynn-source"
        folder.mkdir(parents=True, exist_ok=True)
        unpacked = source(folder)
        print(table(unpacked) if unpacked else "PyNN's source distribution cannot be fetched")
