"""A simulated factory in the middle of a shift: the files that came by then have gone through the pipeline."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aponta.config import Factory, load
from aponta.lab.folder import Simulation, simulate_factory
from aponta.pipeline.report import PassOptions
from aponta.pipeline.run import run_pass

NOW = datetime(2026, 3, 3, 17, 40, tzinfo=UTC)  # Tuesday, 14:40 in São Paulo: the second day of two
FAULTS = (  # they leave something to see within few hours
    "corrected_version", "counter_restart", "cumulative", "duplicate", "garbage_rows", "late_hour", "lying_trailer",
    "renamed_copy", "swapped_names", "truncated_row",
)  # fmt: skip
PASSES = (datetime(2026, 3, 2, 22, 5, tzinfo=UTC), datetime(2026, 3, 3, 17, 1, tzinfo=UTC), NOW)


def make(folder: Path, **simulation: Any) -> Factory:
    """Writes the factory folder, with some faults of the lab."""
    simulate_factory(folder, Simulation(days=2, faults=FAULTS, **simulation))
    return load(folder)


def work(factory: Factory) -> None:
    """A pass at the end of the first day, one after the last full hour, one at NOW, each with the files that
    came by then.
    """
    landing, ahead = factory.folder / "landing", factory.folder / "ahead"
    landing.rename(ahead)
    for now in PASSES:
        for path in [file for file in ahead.rglob("*.txt") if file.stat().st_mtime <= now.timestamp()]:
            landed = landing / path.relative_to(ahead)
            landed.parent.mkdir(parents=True, exist_ok=True)
            path.rename(landed)
        run_pass(factory, PassOptions(wait_for_young=False), clock=lambda now=now: now)  # type: ignore[misc]
    shutil.rmtree(ahead)
