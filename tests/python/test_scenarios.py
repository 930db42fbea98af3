"""PyNN's 66 system scenarios (scenarios.py): which pass, and that every other one has a reason."""

import pathlib

import pytest
import scenarios

LEAST = {"ideal": 65, "hardware": 30}


@pytest.fixture(scope="module")
def tests(tmp_path_factory):
    unpacked = scenarios.source(tmp_path_factory.mktemp("pynn"))
    if unpacked is None:
        pytest.skip("PyNN's source distribution cannot be fetched")
    return unpacked


@pytest.mark.parametrize("mode", LEAST)
def test_pynns_scenarios(tests, mode):
    found, said = scenarios.outcomes(tests, mode)
    passed = {name for name, outcome in found.items() if outcome == "passed"}
    assert len(found) == 66 and len(passed) >= LEAST[mode], said[-3000:]
    assert "test_scenario1" in passed
    assert set(found) - passed <= set(scenarios.REASONS), "no reason is given"


def test_the_twins_exist():
    text = "".join(path.read_text() for path in pathlib.Path(__file__).parent.glob("test_*.py"))
    assert all(f"def {twin}(" in text for _, twin in scenarios.REASONS.values() if twin)
