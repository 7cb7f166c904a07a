"""Small simulated factories, made once: without faults, with every fault, and with the plainest faults."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aponta.lab.folder import Simulation, simulate_factory

SMALL: dict[str, Any] = {"machines": 4, "days": 3, "seed": 7, "items_per_hour": 600}


@pytest.fixture(scope="session")
def small() -> dict[str, Any]:
    """The simulation of both, without the faults."""
    return SMALL


@pytest.fixture(scope="session")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate_factory(tmp_path_factory.mktemp("lab") / "faultless", Simulation(**SMALL)).folder


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate_factory(tmp_path_factory.mktemp("lab") / "faulty", Simulation(**SMALL, faults=["all"])).folder


@pytest.fixture(scope="session")
def plain_faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A factory with faults that a plain reading of the text can cope with."""
    names = (
        "corrected_version", "counter_restart", "cumulative", "duplicate", "garbage_rows", "late_hour", "lying_trailer",
        "renamed_copy", "swapped_names", "truncated_row",
    )  # fmt: skip
    simulation = Simulation(**(SMALL | {"days": 1}), faults=names)
    return simulate_factory(tmp_path_factory.mktemp("lab") / "plain", simulation).folder


@pytest.fixture(scope="session")
def truth_of() -> Callable[[Path], dict[str, Any]]:
    return lambda folder: json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def records() -> Callable[[Path], list[list[str]]]:
    """The records of a press_v1 file, by the plainest of readings."""

    def read(path: Path) -> list[list[str]]:
        with path.open(encoding="cp1252", errors="replace", newline="") as file:
            return [row for row in csv.reader(file, delimiter=";") if not row[0].startswith("#")]

    return read
