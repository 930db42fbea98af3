"""Trials and sweeps: every run is the single run, and a batch goes on where it was broken off."""

import csv
import json
import signal
import subprocess
import time

import pytest

from conftest import BIN, Result, config


def imperfect(**run):
    return config(wafer={"imperfections": "all", "calibration": "oracle"}, run={"duration": 30.0, **run})


def rows(folder):
    with open(folder / "runs.csv", newline="") as file:
        return list(csv.DictReader(file))


def runs(batch):
    return [Result(folder, 0, "", "") for folder in sorted(batch.folder.glob("run-*"))]


def ages(batch):
    return {run.folder.name: (run.folder / "summary.json").stat().st_mtime_ns for run in runs(batch) if (run.folder / "summary.json").exists()}


def test_trials_are_single_runs(bss):
    batch = bss.checked(imperfect(seed=5), "--set", "run.trials=3", "--quiet")
    assert batch.stdout == "" and not (batch.folder / "summary.json").exists()
    assert [run.folder.name for run in runs(batch)] == ["run-0000", "run-0001", "run-0002"]
    for k, inside in enumerate(runs(batch)):
        alone = bss.checked(imperfect(seed=5 + k))
        assert inside.summary["provenance"]["seeds"]["run"] == 5 + k
        for file in ("spikes.h5", "mapping.h5"):
            assert (inside.folder / file).read_bytes() == (alone.folder / file).read_bytes(), f"{file} of trial {k} differs"
    assert len({json.dumps(str(run.all_spikes())) for run in runs(batch)}) == 3
    table = rows(batch.folder)
    assert [row["run.seed"] for row in table] == ["5", "6", "7"] and {row["state"] for row in table} == {"done"}
    for row, inside in zip(table, runs(batch)):
        assert float(row["rate_hz.E"]) == inside.summary["populations"]["E"]["rate_hz"]
        assert int(row["synapses_lost"]) == inside.summary["mapping"]["synapses_lost"]


def test_a_sweep_is_single_runs_too(bss):
    batch = bss.checked({**imperfect(), "sweep": {"wafer.id": [1, 2], "run.duration": [20, "30 ms"], "network.populations.E.size": [10, 20]}}, "--json")
    summaries = json.loads(batch.stdout)
    assert len(summaries) == 8 and summaries == [run.summary for run in runs(batch)]
    for k in (3, 6):
        settings = runs(batch)[k].summary["provenance"]["settings"]
        assert set(settings) == {"wafer.id", "run.duration", "network.populations.E.size"}
        alone = bss.checked(imperfect(), *(part for key, value in settings.items() for part in ("--set", f"{key}={value}")))
        for file in ("spikes.h5", "mapping.h5"):
            assert (runs(batch)[k].folder / file).read_bytes() == (alone.folder / file).read_bytes()
    assert [row["wafer.id"] for row in rows(batch.folder)] == ["1"] * 4 + ["2"] * 4


def test_a_batch_goes_on(bss):
    path, out = bss.write({**config(), "sweep": {"wafer.id": [1, 2], "run.seed": [1, 2]}}), bss.folder / "out"

    def go(*arguments):
        before = ages(batch) if out.exists() else {}
        done = bss.say("bss-run", "--config", path, "--output", out, *arguments)
        assert done.returncode == 0, done.stderr
        return sorted(name for name, age in ages(batch).items() if before.get(name) != age)

    batch = Result(out, 0, "", "")
    assert go() == ["run-0000", "run-0001", "run-0002", "run-0003"]
    assert go() == []
    for file in (out / "run-0002").iterdir():
        file.unlink()
    (out / "run-0001" / "notes.txt").write_text("of the user")
    assert go() == ["run-0002"] and len(rows(out)) == 4
    assert go("--set", "run.duration=20") == ["run-0000", "run-0001", "run-0002", "run-0003"]
    assert go("--set", "run.duration=20", "--set", "sweep.run.seed=[1, 3]") == ["run-0001", "run-0003"]
    assert go("--set", "run.duration=20", "--set", "sweep={wafer.id: [1]}") == []  # its seed is 1, and the others go
    assert [run.folder.name for run in runs(batch)] == ["run-0000", "run-0001"] and len(rows(out)) == 1
    assert [file.name for file in (out / "run-0001").iterdir()] == ["notes.txt"], "our files go, the user's stay"


def test_mapped_runs_are_not_finished_runs(bss):
    path, out = bss.write(config()), bss.folder / "out"
    assert bss.say("bss-map", "--config", path, "--output", out, "--set", "run.trials=2").returncode == 0
    assert json.loads((out / "run-0001" / "summary.json").read_text())["run"] is None
    assert {row["rate_hz.E"] if "rate_hz.E" in row else "" for row in rows(out)} == {""}
    assert bss.say("bss-run", "--config", path, "--output", out, "--set", "run.trials=2").returncode == 0
    assert (out / "run-0001" / "spikes.h5").exists() and float(rows(out)[1]["rate_hz.S"]) > 0


def test_a_run_that_fails_leaves_the_others_alone(bss):
    sweep = {"wafer.hicanns": [[174], [174, 175]], "mapping.neuron_size": [4, 64]}
    big = {"populations": {"E": {"size": 12, "cell": "IF_cond_exp"}}}
    result = bss.run(config(big, run={"duration": 5.0}, sweep=sweep))
    assert result.code == 2 and "run-0001: " in result.stderr and "does not fit" in result.stderr
    assert [row["state"] for row in rows(result.folder)] == ["done", "failed", "done", "done"]
    assert [row["exit_code"] for row in rows(result.folder)] == ["0", "2", "0", "0"]


def test_limits_give_code_3_and_are_kept(bss):
    strict = {**config(wafer={"imperfections": {"route_delay": True}}), "sweep": {"strict": [True, False]}}
    result = bss.run(strict)
    assert result.code == 3 and [row["state"] for row in rows(result.folder)] == ["limit_exceeded", "done"]
    before = ages(result)
    assert bss.say("bss-run", "--config", bss.folder / "config1.yaml", "--output", result.folder).returncode == 3
    assert ages(result) == before


def test_interrupt_ends_the_batch_and_it_goes_on(bss):
    path, out = bss.write({**config(), "sweep": {"run.duration": [20, 1e7, 30]}}), bss.folder / "out"
    process = subprocess.Popen([BIN / "bss-run", "--config", path, "--output", out, "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (out / "run-0001" / "mapping.h5").exists():
        time.sleep(0.01)
    time.sleep(0.8)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130, process.stderr.read()
    assert [row["state"] for row in rows(out)] == ["done", "interrupted"] and not (out / "run-0002").exists()
    done = bss.say("bss-run", "--config", path, "--output", out, "--set", "sweep={run.duration: [20, 25, 30]}")
    assert done.returncode == 0 and "(kept)" in done.stdout.splitlines()[0] and len(done.stdout.splitlines()) == 3, done.stdout
    assert {row["state"] for row in rows(out)} == {"done"}


def test_dry_run_adds_up(bss):
    result = bss.run(config(), "--dry-run", "--set", "run.trials=7")
    assert result.code == 0 and not result.folder.exists() and "7 runs" in result.stdout


@pytest.mark.parametrize("option", ["sweep={wafer.idd: [1]}", "sweep={wafer.id: 1}", "sweep={run.timestep: [0.1, 1e9]}", "run.trials=0"])
def test_mistakes_start_no_run(bss, option):
    result = bss.run(config(), "--set", option)
    assert result.code == 2 and "--set" in result.stderr and not result.folder.exists()


def test_a_report_of_a_batch(bss):
    batch = bss.checked(config(sweep={"wafer.id": [1, 2]}), "--set", "run.trials=2")
    done = bss.say("bss-report", batch.folder / "run-0003")
    assert done.returncode == 0, done.stderr
    done = bss.say("bss-report", batch.folder)
    assert done.returncode == 0, done.stderr
    page = (batch.folder / "report.html").read_text()
    for word in ("wafer.id", "run.seed", "run-0000", "run-0003", "data:image/png", "4 done", 'href="run-0003/report.html"'):
        assert word in page, word
    assert (batch.folder / "runs.png").stat().st_size > 5000
