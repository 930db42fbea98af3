"""bss-report --ablation: what imperfections do, beside the network in ideal mode."""

import csv

import pytest

from conftest import config
from test_report import is_picture

LISTED = [
    {"run.mode": "ideal"},
    {"run.mode": "ideal", "network.seed": 9},
    {"wafer.imperfections": "none"},
    {"wafer.imperfections": ["route_delay"]},
    {"wafer.imperfections": {"fixed_pattern": False}},
    {"wafer.imperfections": {"fixed_pattern": False, "readout": False}},
    {"wafer.imperfections": "all", "run.duration": 100.0},
]


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    from conftest import Commands

    return Commands(tmp_path_factory.mktemp("ablation")).checked(config(wafer={"calibration": "oracle"}, run={"duration": 300.0}, sweep=LISTED))


def rows(folder):
    with open(folder / "ablation.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_table_and_picture(bss, batch):
    done = bss.say("bss-report", "--ablation", batch.folder, "--skip", "50")
    assert done.returncode == 0, done.stderr
    assert is_picture(batch.folder / "ablation.png")
    lines = done.stdout.splitlines()
    names = ["ideal", "ideal, network.seed 9", "none", "only route_delay", "all but fixed_pattern"]
    assert [line.split("|")[1].strip() for line in lines[2:7]] == names
    assert "only" not in lines[7].split("|")[1] and lines[8].startswith("| all |")
    table = rows(batch.folder)
    assert {row["population"] for row in table} == {"E", "silent"}
    by_name = {(row["run"], row["population"]): row for row in table}
    ideal, none = by_name["ideal", "E"], by_name["none", "E"]
    assert float(ideal["distance"]) == 0 and float(none["distance"]) < 0.11, "the wafer without imperfections is the ideal network"
    assert float(ideal["rate_hz"]) > 5 and abs(float(none["rate_hz"]) / float(ideal["rate_hz"]) - 1) < 0.02
    assert max(float(row["distance"]) for row in table) > float(none["distance"])


def test_what_cannot_be_compared_is_said(bss, batch):
    done = bss.say("bss-report", "--ablation", batch.folder, "--skip", "100")
    assert done.returncode == 2 and "run-0006: expected a run of more than 100 ms (--skip), found 100 ms" in done.stderr
    without = bss.checked(config(run={"duration": 20.0}, sweep=LISTED[2:4]))
    done = bss.say("bss-report", "--ablation", without.folder)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    done = bss.say("bss-report", "--ablation", without.folder, "--skip", "5")
    assert done.returncode == 2 and "expected a run in ideal mode" in done.stderr and not (without.folder / "ablation.png").exists()
