"""Runs a case of peers.py in Brian2 (C++ standalone): peers_brian2.py FOLDER THREADS. Prints its times as JSON; spikes go to FOLDER/brian2.npz.

The program is made once for each case; afterwards it is only run again.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import time

import brian2 as b2
import numpy as np
from brian2 import ms, mV, nF, uS

LIF = """
dv/dt = (g_leak * (v_rest - v) + ge * (v_exc - v) + gi * (v_inh - v)) / c : volt (unless refractory)
dge/dt = -ge / tau_exc : siemens
dgi/dt = -gi / tau_inh : siemens
"""
ADEX = """
dv/dt = (g_leak * (v_rest - v) + g_leak * delta * exp((v - v_exp) / delta) + ge * (v_exc - v) + gi * (v_inh - v) - w) / c : volt (unless refractory)
dw/dt = (a * (v - v_rest) - w) / tau_w : amp
dge/dt = -ge / tau_exc : siemens
dgi/dt = -gi / tau_inh : siemens
"""


def build(folder, project, threads):
    case, arrays = json.loads((folder / "case.json").read_text()), np.load(folder / "arrays.npz")
    b2.set_device("cpp_standalone", directory=str(project), build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    b2.defaultclock.dt = case["step_ms"] * ms
    p, adex = case["parameters"], "v_spike" in case["parameters"]
    names = {"c": p["cm"] * nF, "g_leak": p["cm"] * nF / (p["tau_m"] * ms), "v_rest": p["v_rest"] * mV, "v_exc": p["e_rev_E"] * mV, "v_inh": p["e_rev_I"] * mV,
             "tau_exc": p["tau_syn_E"] * ms, "tau_inh": p["tau_syn_I"] * ms, "v_reset": p["v_reset"] * mV, "v_exp": p["v_thresh"] * mV}
    if adex:
        names |= {"v_cut": p["v_spike"] * mV, "delta": p["delta_T"] * mV, "a": p["a"] * b2.nS, "b": p["b"] * b2.nA, "tau_w": p["tau_w"] * ms}
    else:
        names["v_cut"] = names["v_exp"]
    neurons = b2.NeuronGroup(case["size"], ADEX if adex else LIF, threshold="v > v_cut", reset="v = v_reset; w += b" if adex else "v = v_reset",
                             refractory=p["tau_refrac"] * ms, method="euler", namespace=names)
    neurons.v = arrays["v"] * mV
    sources = b2.SpikeGeneratorGroup(case["sources"], arrays["source"], arrays["time_ms"] * ms)
    network = b2.Network(neurons, sources)
    for kind, senders in (("edges", neurons), ("inputs", sources)):
        for receptor, weight in case["weights_us"][kind].items():
            synapses = b2.Synapses(senders, neurons, on_pre="ge += weight" if receptor == "excitatory" else "gi += weight",
                                   namespace={"weight": weight * uS}, delay=case["step_ms"] * ms)
            synapses.connect(i=arrays[f"{kind}.{receptor}.pre"], j=arrays[f"{kind}.{receptor}.post"])
            network.add(synapses)
    monitor = b2.SpikeMonitor(neurons)
    network.add(monitor)
    network.run(case["duration_ms"] * ms)
    b2.device.build(directory=str(project), compile=True, run=False, debug=False)
    return case, monitor


def main():
    folder, threads = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    digest = hashlib.sha256((folder / "case.json").read_bytes() + (folder / "arrays.npz").read_bytes() + pathlib.Path(__file__).read_bytes()).hexdigest()
    project, begin = folder / f"brian2-{threads}", time.perf_counter()
    made = project / "made.json"
    known = json.loads(made.read_text()) if made.exists() else {}
    if known.get("digest") != digest:
        build(folder, project, threads)
        known = {"digest": digest, "make_s": time.perf_counter() - begin}
        made.write_text(json.dumps(known))
    begin = time.perf_counter()
    subprocess.run([project / "main"], cwd=project, check=True, stdout=subprocess.DEVNULL)
    wall_s = time.perf_counter() - begin
    results = project / "results"
    run_s = float((results / "last_run_info.txt").read_text().split()[0])
    (neuron,), (time_s,) = (results.glob(f"_dynamic_array_spikemonitor_{name}_*") for name in ("i", "t"))
    np.savez(folder / "brian2.npz", neuron=np.fromfile(neuron, np.int32), time_ms=np.fromfile(time_s) * 1e3)
    print(json.dumps({"run_s": run_s, "setup_s": known["make_s"] + wall_s - run_s}))


main()
