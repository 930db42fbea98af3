"""Options of the commands and the exit codes they end with."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import BIN, LIF, ROOT, config


def test_json_prints_the_summary_alone(bss):
    result = bss.checked(config(), "--json")
    assert json.loads(result.stdout) == result.summary and result.stderr == ""


def test_quiet_prints_nothing(bss):
    result = bss.checked(config(), "--quiet")
    assert result.stdout == "" and result.stderr == ""


def test_the_table_names_what_matters(bss):
    out = bss.checked(config(wafer={"calibration": "oracle", "imperfections": "all"})).stdout
    for word in ("20 sources", "HICANNs", "synapses lost", "oracle: reads the true mismatch, no lab could", "rate (Hz)", "silent", "Warnings", "real time"):
        assert word in out, f"{word} is missing in\n{out}"


def test_bss_map_is_map_only(bss):
    one, two = bss.checked(config(), command="bss-map"), bss.checked(config(), "--map-only")
    assert one.summary["run"] is None and two.summary["run"] is None
    assert one.summary["provenance"]["mapping_sha256"] == two.summary["provenance"]["mapping_sha256"]
    assert not (one.folder / "spikes.h5").exists() and (one.folder / "mapping.h5").exists()


def test_set_overrides_the_file(bss):
    result = bss.checked(config(), "--set", "run.duration=20 ms", "--set", "run.seed=7", "--map-only")
    assert result.summary["provenance"]["seeds"]["run"] == 7
    assert bss.checked(config(), "--set", "run.duration=20 ms").summary["run"]["duration_ms"] == 20.0


def test_set_takes_yaml(bss):
    result = bss.checked(config(), "--map-only", "--set", "wafer.defects={random: {neurons: 0.02, drivers: 0.01}}", "--set", "wafer.hicanns=[174, 175]")
    assert result.summary["mapping"]["hicanns"] <= 2


def test_dry_run_writes_nothing(bss):
    result = bss.run(config(), "--dry-run")
    assert result.code == 0 and not result.folder.exists()
    for word in ("HICANNs", "memory", "time", "events/s"):
        assert word in result.stdout
    as_json = json.loads(bss.run(config(), "--dry-run", "--json").stdout)
    assert as_json["network"] == {"neurons": 23, "sources": 20, "synapses": 460} and as_json["hicanns_at_least"] == 1 and as_json["steps"] == 500
    assert as_json["memory_bytes"] > 0 and as_json["all_runs"]["runs"] == 1
    ideal = json.loads(bss.run(config(run={"mode": "ideal"}), "--dry-run", "--json", "--set", "run.trials=3").stdout)
    assert ideal["hicanns_at_least"] is None and ideal["mapping_seconds"] == 0 and ideal["all_runs"]["run_seconds"] == 3 * ideal["run_seconds"]


def test_a_duration_that_is_no_multiple_of_the_step_is_covered(bss):
    result = bss.checked(config(run={"duration": 10.05}))
    assert result.summary["run"]["completed_ms"] == 10.05
    times, _ = result.spikes("S")
    assert times.max() < 10.05


def crowded(**mapping):
    """400 neurons that all want each other, on chips that have no room for it."""
    network = {
        "populations": {"A": {"size": 400, "cell": "IF_cond_exp", "parameters": LIF}},
        "projections": [{"pre": "A", "post": "A", "connector": {"AllToAll": {}}, "receptor": "excitatory", "weight": 0.001, "delay": 1.0}],
    }
    return config(network, wafer={"imperfections": "all"}, mapping={"neuron_size": 1, **mapping}, run={"duration": 1.0})


def test_too_much_loss_stops_after_the_mapping(bss):
    result = bss.run(crowded(max_synapse_loss=0.0))
    assert result.code == 3 and "max_synapse_loss" in result.stderr
    assert result.summary["run"] is None and result.summary["mapping"]["synapses_lost"] > 0
    assert (result.folder / "mapping.h5").exists() and not (result.folder / "spikes.h5").exists()


def test_strict_makes_warnings_an_error(bss):
    result = bss.run(config(wafer={"imperfections": {"route_delay": True}}, strict=True))
    assert result.code == 3 and "delay_ignored" in result.stderr and result.summary["run"] is None


NO_DEVICE = {**os.environ, "BSS_CUDA_BACKEND": "/nowhere/libbss_cuda.so"}


def test_cuda_without_a_device_is_refused(bss):
    result = bss.run(config(), "--backend", "cuda", env=NO_DEVICE)
    assert result.code == 2 and not result.folder.exists()
    assert result.stderr.startswith("backend cuda: ") and "/nowhere/libbss_cuda.so" in result.stderr and len(result.stderr.splitlines()) == 1


def test_auto_says_what_it_took(bss):
    result = bss.checked(config(), env=NO_DEVICE)
    run = result.summary["run"]
    assert run["backend"] == "cpu" and run["backend_reason"].startswith("no CUDA device: ")
    assert result.stderr == f"backend: cpu ({run['backend_reason']})\n"
    asked = bss.checked(config(), "--backend", "cpu")
    assert asked.stderr == "" and asked.summary["run"]["backend_reason"] == "as asked for"
    assert bss.checked(config(), "--map-only").stderr == ""


def test_selftest_compares_every_engine_here(bss):
    cpu = bss.say("bss-run", "--selftest", "--backend", "cpu")
    assert cpu.returncode == 0 and "all equal" in cpu.stdout and "DIFFERENT" not in cpu.stdout and cpu.stderr == ""
    without = bss.say("bss-run", "--selftest", "--quiet", env=NO_DEVICE)
    assert without.returncode == 0 and without.stdout == "" and without.stderr == ""
    refused = bss.say("bss-run", "--selftest", "--backend", "cuda", env=NO_DEVICE)
    assert refused.returncode == 2 and refused.stdout == "" and len(refused.stderr.splitlines()) == 1


def test_help_and_version(bss):
    for command in ("bss-run", "bss-map", "bss-report"):
        done = bss.say(command, "--help")
        assert done.returncode == 0 and command in done.stdout
        assert len(bss.say(command, "--version").stdout.strip().splitlines()) == 1
    assert "bss-run --config" in bss.say("bss-run", "--help").stdout
    keys = bss.say("bss-run", "--help-config").stdout
    for word in ("timestep", "speedup", "neuron_size", "max_synapse_loss", "temporal_noise", "calibration"):
        assert word in keys


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--config"],
        ["--config", "no.yaml"],
        ["--config", "."],
        ["GOOD", "--nonsense"],
        ["GOOD", "--set", "run.nothing=3"],
        ["GOOD", "--set", "run.duration=abc"],
        ["GOOD", "--set", "run"],
        ["GOOD", "--threads", "-1"],
        ["GOOD", "--threads", "0"],
        ["GOOD", "--backend", "tpu"],
        ["GOOD", "--output", "/proc/nowhere"],
        ["--config", "/dev/null"],
        ["--config", BIN / "bss-run"],
        ["GOOD", "--output", "file"],
        ["GOOD", "--output", "file/below"],
        ["GOOD", "surplus"],
    ],
)
def test_wrong_command_lines(bss, arguments):
    good = bss.write(config())
    (bss.folder / "file").write_text("in the way")
    before = sorted(bss.folder.iterdir())
    done = bss.say("bss-run", *[part for a in arguments for part in (["--config", good] if a == "GOOD" else [a])])
    assert done.returncode == 2 and 0 < len(done.stderr.splitlines()) <= 2 and "terminate" not in done.stderr, done.stderr
    assert sorted(bss.folder.iterdir()) == before, "something was left behind"


def test_mistakes_in_the_file_leave_no_folder(bss):
    wrong = config(run={"duration": -5.0})
    result = bss.run(wrong)
    assert result.code == 2 and "duration" in result.stderr and not result.folder.exists()
    result = bss.run(config(record=[{"variable": "v", "population": "E", "interval": 0.15}]))
    assert result.code == 2 and "interval" in result.stderr and not result.folder.exists()


def test_more_membranes_than_channels_are_refused_by_name(bss):
    result = bss.run(config(record=[{"variable": "v", "population": "E", "interval": 0.1, "through": "adc"}]))
    assert result.code == 2 and "neuron 2 of E" in result.stderr and not result.folder.exists()


def test_interrupt_keeps_what_was_recorded(bss):
    path, out = bss.write(config(run={"duration": 1e7})), bss.folder / "out"
    process = subprocess.Popen(
        [BIN / "bss-run", "--config", path, "--output", out, "--quiet"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not (out / "mapping.h5").exists():
        time.sleep(0.01)
    time.sleep(0.8)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130, process.stderr.read()
    summary = json.loads((out / "summary.json").read_text())
    done = summary["run"]["completed_ms"]
    assert 0 < done < 1e7
    import h5py

    with h5py.File(out / "spikes.h5") as file:
        times = file["spikes/S/timestamps"][...]
    assert len(times) == summary["populations"]["S"]["spikes"] and done - 50 < times.max() < done


def test_killed_runs_leave_no_half_file(bss):
    """SIGKILL at six moments: every file that is there can be read whole."""
    import h5py

    path = bss.write(config(run={"duration": 2000.0}, record=[{"variable": "v", "population": "E", "interval": 0.1}]))
    begin = time.time()
    assert bss.say("bss-run", "--config", path, "--output", bss.folder / "whole").returncode == 0
    length = time.time() - begin
    for k in range(6):
        out = bss.folder / f"killed{k}"
        process = subprocess.Popen([BIN / "bss-run", "--config", path, "--output", out, "--quiet"], cwd=bss.folder)
        time.sleep(length * (0.4 + 0.1 * k))
        process.kill()
        process.wait()
        for name in out.glob("*.h5") if out.exists() else []:
            with h5py.File(name) as file:
                file.visititems(lambda _, item: item[...].size if isinstance(item, h5py.Dataset) else None)
        if (out / "summary.json").exists():
            json.loads((out / "summary.json").read_text())
