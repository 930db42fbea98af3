"""Runs a case of peers.py in NEST: peers_nest.py FOLDER THREADS. Prints its times as JSON; spikes go to FOLDER/nest.npz."""
import json
import pathlib
import sys
import time

import nest
import numpy as np

folder, threads = pathlib.Path(sys.argv[1]), int(sys.argv[2])
case, arrays = json.loads((folder / "case.json").read_text()), np.load(folder / "arrays.npz")
p = case["parameters"]
begin = time.perf_counter()
nest.ResetKernel()
nest.set(resolution=case["step_ms"], local_num_threads=threads, print_time=False)
parameters = {"C_m": 1e3 * p["cm"], "g_L": 1e3 * p["cm"] / p["tau_m"], "E_L": p["v_rest"], "V_reset": p["v_reset"], "V_th": p["v_thresh"], "t_ref": p["tau_refrac"],
              "tau_syn_ex": p["tau_syn_E"], "tau_syn_in": p["tau_syn_I"], "E_ex": p["e_rev_E"], "E_in": p["e_rev_I"]}
adex = "v_spike" in p
if adex:
    parameters |= {"Delta_T": p["delta_T"], "V_peak": p["v_spike"], "a": p["a"], "b": 1e3 * p["b"], "tau_w": p["tau_w"]}
neurons = nest.Create("aeif_cond_exp" if adex else "iaf_cond_exp", case["size"], params=parameters)
neurons.V_m = arrays["v"]
sources = nest.Create("spike_generator", case["sources"])
for k, source in enumerate(sources):
    source.spike_times = np.round(arrays["time_ms"][arrays["source"] == k], 6)
recorder = nest.Create("spike_recorder")
for kind, senders in (("edges", neurons), ("inputs", sources)):
    for receptor, weight in case["weights_us"][kind].items():
        pre, post = (arrays[f"{kind}.{receptor}.{end}"] for end in ("pre", "post"))
        nanosiemens = np.full(len(pre), 1e3 * weight if receptor == "excitatory" else -1e3 * weight)
        nest.Connect(pre + senders[0].global_id, post + neurons[0].global_id, "one_to_one",
                     {"weight": nanosiemens, "delay": np.full(len(pre), case["step_ms"])})
nest.Connect(neurons, recorder)
nest.Prepare()
ready = time.perf_counter()
nest.Run(case["duration_ms"])
run_s = time.perf_counter() - ready
nest.Cleanup()
np.savez(folder / "nest.npz", neuron=recorder.events["senders"] - neurons[0].global_id, time_ms=recorder.events["times"])
print(json.dumps({"run_s": run_s, "setup_s": ready - begin}))
