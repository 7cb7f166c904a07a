"""Weeks of a factory as it lives them: files come as they came, and passes follow each other the whole time."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from verification import differences_of, run_and_verify

from aponta.config import load
from aponta.lab import folder as lab
from aponta.ops.memory import resident_bytes
from aponta.pipeline.report import PassOptions
from aponta.pipeline.run import run_pass

STEP = timedelta(hours=4)
SEEN = timedelta(days=1)  # after a file came: some rows are written ahead of their time
MACHINES, DAYS = 12, 20


def came(path: Path) -> float:
    """Seconds since 1970. A file whose computer's clock was wrong comes with the last."""
    at = path.stat().st_mtime
    return at if at > datetime(2026, 1, 1, tzinfo=UTC).timestamp() else datetime(2026, 5, 1, tzinfo=UTC).timestamp()


@pytest.mark.search
@pytest.mark.timeout(36_000)
def test_weeks_of_passes_leave_no_difference_and_take_no_more_each_day(tmp_path: Path) -> None:
    seed = int(os.environ.get("APONTA_SEED", time.time_ns() % 1_000_000))
    print(f"APONTA_SEED={seed}")  # noqa: T201
    simulation = lab.Simulation(
        machines=MACHINES, days=DAYS, items_per_hour=60, seed=seed, layouts=["all"], faults=["all"], as_fits=True
    )
    made = lab.simulate_factory(tmp_path / "weeks", simulation)
    factory, landing, to_come = load(made.folder), made.folder / "landing", made.folder / "to_come"
    landing.rename(to_come)
    files = sorted((came(path), path) for path in to_come.rglob("*") if path.is_file())
    now = datetime.fromtimestamp(files[0][0], UTC)
    seconds, resident = [], []
    while files:
        now = max(now + STEP, datetime.fromtimestamp(files[0][0], UTC))  # what is late is weeks late
        while files and files[0][0] <= now.timestamp():
            _, path = files.pop(0)
            landed = landing / path.relative_to(to_come)
            landed.parent.mkdir(parents=True, exist_ok=True)
            path.rename(landed)
        began = time.process_time()
        run_pass(factory, PassOptions(wait_for_young=False), clock=lambda at=now: at + SEEN)
        seconds.append(time.process_time() - began)
        resident.append(resident_bytes() or 0)
    _, compared = run_and_verify(made.folder)
    assert differences_of(compared) == {}
    fifth = len(seconds) // 5
    assert sum(seconds[-fifth:]) < 1.5 * sum(seconds[fifth : 2 * fifth]), "passes take longer and longer"
    assert max(resident[-fifth:]) < 1.5 * max(resident[fifth : 2 * fifth]), "memory grows"
